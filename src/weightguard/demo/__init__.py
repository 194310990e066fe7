"""The demonstration lab: a small frontier lab's AWS organisation on an embedded emulator, weak or hardened.

This is the only room that writes to a cloud interface, and `emulator` refuses any address that is not loopback.
"""
