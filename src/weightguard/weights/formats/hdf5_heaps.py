"""Densely stored groups of an HDF5 file: their links lie in the blocks of a fractal heap.

Source: "HDF5 File Format Specification Version 3.0", section III.G (fractal heap: header ``FRHP``, direct blocks ``FHDB``, indirect
blocks ``FHIB`` whose rows double in size) and IV.A.2.g (link message).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from weightguard.weights.reader import Cursor, Damaged

At = Callable[[int, int | None], Cursor]
"""Gives a cursor over the file at an address, of that many bytes."""
_MOST_BLOCKS = 256
_MOST_ROWS = 64
_UNDEFINED = (1 << 64) - 1
_HEADER = struct.Struct("<HHBI12Q HQQHHQH".replace(" ", ""))


@dataclass(frozen=True, slots=True)
class _Heap:
    """What a heap's header says: the sizes of its blocks, and where the first lies."""

    width: int
    start: int
    largest: int
    offset_bytes: int
    checked: bool
    root: int
    rows: int

    def size_of(self, row: int) -> int:
        """Bytes of a block in a row: the first two rows have the starting size, each later one twice that before."""
        return self.start << max(0, row - 1)


def blocks(at: At, address: int) -> Iterator[Cursor]:
    """The contents of a heap's direct blocks, one cursor a block.

    Raises:
        Damaged: the heap is none, or of a kind that is not read (filtered, or with addresses of another size than eight).
    """
    heap = _header(at, address)
    if heap.root == _UNDEFINED:
        return
    if heap.rows == 0:
        yield _direct(at, heap, heap.root, heap.start)
        return
    pending = [(heap.root, heap.rows)]
    for _ in range(_MOST_BLOCKS):
        if not pending:
            return
        place, rows = pending.pop(0)
        for row, child in _children(at, heap, place, rows):
            size = heap.size_of(row)
            if size <= heap.largest:
                yield _direct(at, heap, child, size)
            else:
                pending.append((child, _rows_within(heap, size)))


def _header(at: At, address: int) -> _Heap:
    cursor = at(address, None)
    if cursor.take(4) != b"FRHP" or cursor.u8() != 0:
        raise Damaged("HDF5 fractal heap is missing")
    _, filtered, flags, _, *_rest = fields = _HEADER.unpack(cursor.take(_HEADER.size))
    width, start, largest, bits, _, root, rows = fields[16:23]
    if filtered or not 0 < width <= 1024 or not 0 < start <= largest or rows > _MOST_ROWS:
        raise Damaged("HDF5 fractal heap is of a kind that is not read")
    return _Heap(width, start, largest, -(-bits // 8), bool(flags & 2), root, rows)


def _rows_within(heap: _Heap, size: int) -> int:
    """Rows of an indirect block that covers that many bytes."""
    rows = 1
    while rows < _MOST_ROWS and sum(heap.size_of(row) * heap.width for row in range(rows)) < size:
        rows += 1
    return rows


def _children(at: At, heap: _Heap, place: int, rows: int) -> Iterator[tuple[int, int]]:
    cursor = at(place, None)
    if cursor.take(4) != b"FHIB":
        raise Damaged("HDF5 fractal heap is missing a block")
    cursor.skip(1 + 8 + heap.offset_bytes)
    for index in range(min(rows * heap.width, 4096)):
        child = cursor.u64()
        if child != _UNDEFINED:
            yield index // heap.width, child


def _direct(at: At, heap: _Heap, place: int, size: int) -> Cursor:
    cursor = at(place, size)
    if cursor.take(4) != b"FHDB":
        raise Damaged("HDF5 fractal heap is missing a block")
    cursor.skip(1 + 8 + heap.offset_bytes + (4 if heap.checked else 0))
    return cursor
