"""A small, bounded fingerprint of a file's tensor names, to tell shards of one model from copies of it.

Shards split by tensor hold different names; two checkpoints of one architecture hold the same.
"""

from __future__ import annotations

import heapq
import re
import zlib
from collections.abc import Iterable
from itertools import islice

SKETCH_SIZE = 64
_LOOKED_AT = 2_000
_NUMBER = re.compile(r"\d+")


def sketch_of(names: Iterable[str]) -> frozenset[int]:
    """The smallest `SKETCH_SIZE` CRC-32 values of the names (bottom-k sampling)."""
    return frozenset(
        heapq.nsmallest(SKETCH_SIZE, {zlib.crc32(name.encode("utf-8", "replace")) for name in names})
    )


def stems_of(names: Iterable[str]) -> frozenset[int]:
    """The same sample of the names without their numbers: ``layers.#.weight`` stands for all layers."""
    return sketch_of({_NUMBER.sub("#", name[:300]) for name in islice(names, _LOOKED_AT)})


def disjoint(left: frozenset[int], right: frozenset[int]) -> bool:
    """Whether two files share no tensor name, as far as their samples tell. False when either has no sample."""
    return bool(left) and bool(right) and left.isdisjoint(right)


def within(part: frozenset[int], whole: frozenset[int]) -> bool:
    """Whether the names of `part` are among those of `whole`, as far as their samples tell.

    A full sample of the whole knows nothing of values above its largest.
    """
    known = part if len(whole) < SKETCH_SIZE else {value for value in part if value <= max(whole)}
    return bool(known) and known <= whole


_WRITTEN = 16


def written(sketch: frozenset[int]) -> str | None:
    """A sample as text, short enough for a row: its smallest values, eight hexadecimal digits each."""
    return "".join(f"{value:08x}" for value in sorted(sketch)[:_WRITTEN]) or None


def read(text: str | None) -> frozenset[int]:
    """A sample from its text; empty where the text is none."""
    found = text or ""
    if len(found) > _WRITTEN * 8 or not all(sign in "0123456789abcdef" for sign in found):
        return frozenset()
    return frozenset(int(found[at : at + 8], 16) for at in range(0, len(found) - 7, 8))


def joined(sketches: Iterable[frozenset[int]]) -> frozenset[int]:
    """The sample of several files together, as far as each of them was written."""
    return frozenset(heapq.nsmallest(_WRITTEN, frozenset().union(*sketches)))
