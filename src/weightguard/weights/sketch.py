"""A small, bounded fingerprint of a file's tensor names, to tell shards of one model from copies of it.

Shards split by tensor hold different names; two checkpoints of one architecture hold the same.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable

SKETCH_SIZE = 64


def sketch_of(names: Iterable[str]) -> frozenset[int]:
    """The smallest `SKETCH_SIZE` CRC-32 values of the names (bottom-k sampling)."""
    return frozenset(
        heapq.nsmallest(SKETCH_SIZE, {zlib.crc32(name.encode("utf-8", "replace")) for name in names})
    )


def disjoint(left: frozenset[int], right: frozenset[int]) -> bool:
    """Whether two files share no tensor name, as far as their samples tell. False when either has no sample."""
    return bool(left) and bool(right) and left.isdisjoint(right)


def within(part: frozenset[int], whole: frozenset[int]) -> bool:
    """Whether the names of `part` are among those of `whole`, as far as their samples tell.

    A full sample of the whole knows nothing of values above its largest.
    """
    known = part if len(whole) < SKETCH_SIZE else {value for value in part if value <= max(whole)}
    return bool(known) and known <= whole
