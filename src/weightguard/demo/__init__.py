"""The demonstration: a small frontier lab on a cloud's own interface, on loopback, weak or hardened.

Neutral here: what a demonstration is (`demonstration`), which cloud has one (`providers`), the weight files that lie in each
(`models`), what a hardened lab publishes and declares (`published`, `declared`). A package of a cloud's name builds its lab.
This is the only room that writes to a cloud's interface, and no lab is built on an address that is not loopback.
"""
