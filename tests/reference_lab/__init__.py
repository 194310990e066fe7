"""A hardened laboratory as a snapshot's raw provider answers, on which every automated control up to SL3 passes.

`Laboratory()` is the laboratory as it is. A control's examples change it (`change`), have operations refused (`deny`), and
`write` puts it down through the real `SnapshotWriter`. Nothing here is a fact of the estate: facts come out of the
estate's reader, as for any snapshot.
"""

from reference_lab.laboratory import Laboratory

__all__ = ["Laboratory"]
