"""Bounded reading: everything that looks at an object's bytes goes through here.

A `HeaderReader` fetches ranges of one object and never more than its budget in total, whatever a parser asks for. A parser
sees a `Source` (bytes at an offset) or walks one with a `Cursor`.
"""

from __future__ import annotations

import struct
from typing import Protocol

from weightguard.weights.model import ListedObject, ReadRange

HEADER_BUDGET = 1 << 20
"""Bytes that may be read of one object (contract: at most 1 MiB)."""
MAX_REQUESTS = 48
"""Ranged requests that may be made of one object."""
FIRST_READ = 16 << 10
_PAGE = 4 << 10
_MOST_AHEAD = 64


MAX_STEPS = 500_000
"""Steps that parsers may make over one object, whatever it is packed in: some half a second."""
MAX_INFLATED = 24 << 20
"""Bytes that may be inflated of one object, all of its layers together."""
MAX_LOOKS = 4_000
"""Members of archives that may be examined in one object, all of its layers together."""


class Exhausted(Exception):
    """The budget of one object is used up; what was learnt so far stands."""


class Damaged(Exception):
    """A header names a format, and then contradicts itself or the object's size. `kind` is the recogniser that found so."""

    kind = ""


class CutOff(Damaged):
    """The object ends before what its header describes does. `whole` is the size that it should have, 0 when not known."""

    def __init__(self, message: str, whole: int = 0) -> None:
        super().__init__(message)
        self.whole = whole


class Work:
    """What may still be spent on one object; every source over it, however deep it is packed, shares one."""

    __slots__ = ("inflated", "looks", "steps")

    def __init__(self) -> None:
        self.steps = MAX_STEPS
        self.inflated = MAX_INFLATED
        self.looks = MAX_LOOKS

    def step(self, count: int = 1) -> None:
        """Note steps of a parser; raise `Exhausted` when there have been enough."""
        self.steps -= count
        if self.steps < 0:
            raise Exhausted

    def look(self) -> None:
        """Note an examined member; raise `Exhausted` when there have been enough."""
        self.looks -= 1
        if self.looks < 0:
            raise Exhausted

    def inflate(self, wanted: int) -> int:
        """How many of the wanted bytes may be inflated; they count as spent until some are given back."""
        granted = min(wanted, self.inflated)
        self.inflated -= granted
        return granted


class Source(Protocol):
    """Bytes at an offset. `size` is the length; when `exact` is false the true end is not known and `size` is a bound."""

    size: int
    exact: bool
    work: Work

    def at(self, offset: int, length: int) -> bytes:
        """Give up to `length` bytes from `offset`, fewer at the end; raise `Exhausted` beyond the budget."""
        ...


class HeaderReader:
    """Ranged reads of one object within a budget. A page is fetched once; reading on in order fetches ever larger runs.

    Args:
        obj: the listing entry.
        read: the collector's ranged read.
        budget: bytes that may be fetched.
        requests: ranged requests that may be made.
    """

    exact = True

    def __init__(
        self, obj: ListedObject, read: ReadRange, *, budget: int = HEADER_BUDGET, requests: int = MAX_REQUESTS
    ) -> None:
        self.size = max(0, obj.bytes)
        self.work = Work()
        self._key = obj.key
        self._read = read
        self._left = budget
        self._requests = requests
        self._pages: dict[int, bytes] = {}
        self._next_page = 0
        self._ahead = FIRST_READ // _PAGE

    def at(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        first, last = offset // _PAGE, (offset + length - 1) // _PAGE
        missing = [page for page in range(first, last + 1) if page not in self._pages]
        if missing:
            self._fetch(missing[0], missing[-1])
        data = b"".join(self._pages[page] for page in range(first, last + 1))
        return data[offset - first * _PAGE :][:length]

    def _fetch(self, first: int, last: int) -> None:
        """Fetch a run of pages in one request, reading ahead when the run continues the one before."""
        needed = (last - first + 1) * _PAGE
        if needed > self._left or not self._requests:
            raise Exhausted
        wanted = needed
        if first == self._next_page:
            wanted = min(max(needed, self._ahead * _PAGE), self._left // _PAGE * _PAGE)
            self._ahead = min(self._ahead * 2, _MOST_AHEAD)
        start = first * _PAGE
        self._requests -= 1
        self._left -= wanted
        data = self._read(self._key, start, min(wanted, self.size - start))[:wanted]
        pages = -(-wanted // _PAGE)
        for index in range(pages):
            self._pages.setdefault(first + index, data[index * _PAGE : (index + 1) * _PAGE])
        self._next_page = first + pages


class Window:
    """A stretch of another source, seen as a source of its own (a member of an archive)."""

    def __init__(self, source: Source, start: int, size: int) -> None:
        self._source = source
        self._start = start
        self.work = source.work
        self.size = max(0, min(size, source.size - start))
        self.exact = source.exact or self.size == size

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0:
            return b""
        return self._source.at(self._start + offset, max(0, min(length, self.size - offset)))


class Held:
    """Bytes already in hand, for example the decompressed head of a stream.

    Args:
        data: the bytes.
        size: length of the whole they begin, when it is known.
        complete: whether `data` is all there is.
        work: what may still be spent on the object that the bytes come from.
    """

    def __init__(
        self, data: bytes, *, size: int | None = None, complete: bool = True, work: Work | None = None
    ) -> None:
        self._data = data
        self.work = work or Work()
        self.exact = complete or size is not None
        self.size = size if size is not None else (len(data) if complete else 1 << 62)

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0 or length <= 0:
            return b""
        if offset + length > len(self._data) and len(self._data) < self.size:
            raise Exhausted
        return self._data[offset : offset + length]


class Cursor:
    """Walks a source from a position to an end, skipping without reading what it skips.

    Every method raises `Damaged` when it would pass the end, and `Exhausted` when the budget is used up.
    """

    def __init__(
        self, source: Source, position: int = 0, end: int | None = None, *, chunk: int = 8 << 10
    ) -> None:
        self._source = source
        self._work = source.work
        self.position = position
        self.end = source.size if end is None else end
        self._chunk = chunk
        self._buffer = b""
        self._buffer_at = position

    @property
    def left(self) -> int:
        """Bytes between the position and the end."""
        return self.end - self.position

    def skip(self, length: int) -> None:
        """Move on by `length` bytes."""
        if length < 0 or length > self.end - self.position:
            raise Damaged("ends before its contents do")
        self.position += length

    def take(self, length: int) -> bytes:
        """Read `length` bytes and move past them."""
        # Written out, not called: parsers spend their time here.
        work = self._work
        work.steps -= 1
        if work.steps < 0:
            raise Exhausted
        start = self.position
        end = start + length
        if length < 0 or end > self.end:
            raise Damaged("ends before its contents do")
        self.position = end
        offset = start - self._buffer_at
        if offset < 0 or offset + length > len(self._buffer):
            self._fill(start, length)
            offset = 0
        data = self._buffer[offset : offset + length]
        if len(data) < length:
            raise Damaged("ends before its contents do")
        return data

    def _fill(self, start: int, length: int) -> None:
        wanted = min(max(length, self._chunk), self.end - start)
        try:
            self._buffer = self._source.at(start, wanted)
        except Exhausted:
            if wanted == length:
                raise
            self._buffer = self._source.at(start, length)
        self._buffer_at = start

    def line(self, limit: int = 4096) -> bytes:
        """Read up to and without the next newline."""
        collected = bytearray()
        while len(collected) < limit:
            byte = self.take(1)
            if byte == b"\n":
                return bytes(collected)
            collected += byte
        raise Damaged("has a line without an end")

    def u8(self) -> int:
        """Read an unsigned byte."""
        return self.take(1)[0]

    def unpack(self, layout: str) -> tuple[int, ...]:
        """Read integers laid out as `struct` describes."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def u32(self) -> int:
        """Read a little-endian unsigned 32-bit integer."""
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        """Read a little-endian unsigned 64-bit integer."""
        return int.from_bytes(self.take(8), "little")

    def varint(self) -> int:
        """Read a base-128 varint of at most ten bytes (protobuf, LevelDB)."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF
        raise Damaged("has a number that does not end")
