"""Collection: the only code that touches a network. One package a source; `runner` carries out their units of work.

A source yields `weightguard.collect.runner.Unit`s that write to a `weightguard.snapshot.SnapshotWriter`; nothing here judges.
Import from the modules: this package imports nothing, so that naming it costs nothing.
"""
