"""The evidence bundle: raw provider answers, every call and its outcome, listed objects; written once, read under suspicion.

`SnapshotWriter` appends while collecting, resumes after a kill, and seals. `open_snapshot` gives a `Snapshot` of a directory or
a ``.tar.zst``. `pack` makes the latter of the former.
"""

from weightguard.snapshot.archive import pack
from weightguard.snapshot.changes import SnapshotChanges, compare
from weightguard.snapshot.limits import Limits
from weightguard.snapshot.model import OUTCOMES, SCHEMA_VERSION, Call, CallGroup, Manifest, Outcome, Record
from weightguard.snapshot.read import Snapshot, open_snapshot
from weightguard.snapshot.recorder import Recorder
from weightguard.snapshot.secrets import scrub, without_secrets
from weightguard.snapshot.writer import SnapshotWriter, utc_now

__all__ = [
    "OUTCOMES",
    "SCHEMA_VERSION",
    "Call",
    "CallGroup",
    "Limits",
    "Manifest",
    "Outcome",
    "Record",
    "Recorder",
    "Snapshot",
    "SnapshotChanges",
    "SnapshotWriter",
    "compare",
    "open_snapshot",
    "pack",
    "scrub",
    "utc_now",
    "without_secrets",
]
