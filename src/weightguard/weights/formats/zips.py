"""Zip archives read from their tail: the central directory, and members where they lie.

Source: PKWARE APPNOTE 6.3 sections 4.3 to 4.5. A file of several concatenated archives (a PyTorch distributed
checkpoint shard) shows as a last archive that begins later than the object does.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from weightguard.weights.reader import Damaged, Exhausted, Held, Source, Window

_END = b"PK\x05\x06"
_END64_LOCATOR = b"PK\x06\x07"
_CENTRAL = b"PK\x01\x02"
_MAX_DIRECTORY = 384 << 10
_MAX_ENTRIES = 20_000
_TAIL_STEPS = (4 << 10, (64 << 10) + 22)
_INFLATED = 256 << 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A member: sizes in bytes, `offset` of its local header in the object."""

    name: str
    method: int
    packed: int
    size: int
    offset: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """A central directory. `start` is where the archive begins in the object, 0 for an ordinary one."""

    entries: tuple[Entry, ...]
    start: int
    complete: bool

    def named(self, name: str) -> Entry | None:
        """The member of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def ending(self, suffix: str) -> Entry | None:
        """The first member whose name ends so."""
        return next((entry for entry in self.entries if entry.name.endswith(suffix)), None)


def read_archive(source: Source) -> Archive:
    """Read the central directory.

    Raises:
        Damaged: when there is none (a truncated archive) or it contradicts itself.
    """
    end, tail_at, tail = _find_end(source)
    size, offset = struct.unpack("<II", tail[end + 12 : end + 20])
    position = tail_at + end
    locator = source.at(position - 20, 20) if position >= 20 else b""
    if locator.startswith(_END64_LOCATOR):
        # PyTorch writes 64-bit records whether they are needed or not.
        position, size, offset = _zip64(source, position)
    start = position - size - offset
    if start < 0 or size > position:
        raise Damaged("zip archive's directory lies outside the object")
    complete = size <= _MAX_DIRECTORY
    directory = source.at(position - size, min(size, _MAX_DIRECTORY))
    return Archive(tuple(_entries(directory, start)), start, complete)


def _find_end(source: Source) -> tuple[int, int, bytes]:
    for step in _TAIL_STEPS:
        tail_at = max(0, source.size - step)
        tail = source.at(tail_at, source.size - tail_at)
        end = tail.rfind(_END)
        while end >= 0:
            # The record and its comment end the archive; anything else is the end of another one, cut off behind.
            if len(tail) - end >= 22 and end + 22 + int.from_bytes(
                tail[end + 20 : end + 22], "little"
            ) == len(tail):
                return end, tail_at, tail
            end = tail.rfind(_END, 0, end)
    raise Damaged("zip archive without its directory (truncated)")


def _zip64(source: Source, position: int) -> tuple[int, int, int]:
    # The 64-bit end record is 56 bytes and directly before its locator when nothing is appended to it.
    record_at = position - 20 - 56
    record = source.at(record_at, 56) if record_at >= 0 else b""
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        raise Damaged("zip archive's directory lies outside the object")
    size, offset = struct.unpack("<QQ", record[40:56])
    return record_at, size, offset


def _entries(directory: bytes, start: int) -> list[Entry]:
    entries: list[Entry] = []
    position = 0
    while directory[position : position + 4] == _CENTRAL and len(entries) < _MAX_ENTRIES:
        fixed = directory[position : position + 46]
        if len(fixed) < 46:
            break
        flags, method = struct.unpack("<HH", fixed[8:12])
        packed, size, names, extras, comments = struct.unpack("<IIHHH", fixed[20:34])
        offset = struct.unpack("<I", fixed[42:46])[0]
        after = position + 46
        name = directory[after : after + names].decode("utf-8", "replace")
        extra = directory[after + names : after + names + extras]
        size, packed, offset = _wide(extra, size, packed, offset)
        entries.append(Entry(name, method, packed, size, start + offset, bool(flags & 1)))
        position = after + names + extras + comments
    return entries


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Apply the zip64 extra field, which holds only those values that did not fit."""
    values = [size, packed, offset]
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack("<HH", extra[position : position + 4])
        if kind == 1:
            body = extra[position + 4 : position + 4 + length]
            for index, value in enumerate(values):
                if value == 0xFFFFFFFF and len(body) >= 8:
                    values[index] = int.from_bytes(body[:8], "little")
                    body = body[8:]
        position += 4 + length
    return values[0], values[1], values[2]


def check_members(archive: Archive, source: Source) -> None:
    """Raise `Damaged` when a member is said to lie outside the object."""
    if any(entry.offset + entry.packed > source.size for entry in archive.entries):
        raise Damaged("zip member lies outside the object")


def member(source: Source, entry: Entry) -> Source:
    """A source over a member's content; a compressed one is inflated up to a bound.

    Raises:
        Damaged: when the local header is missing or the member is encrypted or packed in an unknown way.
        Exhausted: when the reading budget does not suffice.
    """
    if entry.encrypted:
        raise Damaged("zip member is encrypted")
    local = source.at(entry.offset, 30)
    if len(local) < 30 or not local.startswith(b"PK\x03\x04"):
        raise Damaged("zip member lies outside the object")
    names, extras = struct.unpack("<HH", local[26:30])
    begin = entry.offset + 30 + names + extras
    if begin + entry.packed > source.size:
        raise Damaged("zip member lies outside the object")
    if entry.method == 0:
        return Window(source, begin, entry.size)
    if entry.method != 8:
        raise Exhausted
    packed = source.at(begin, min(entry.packed, 64 << 10))
    try:
        data = zlib.decompressobj(-15).decompress(packed, _INFLATED)
    except zlib.error as error:
        raise Damaged("zip member cannot be inflated") from error
    return Held(data, size=entry.size, complete=len(data) == entry.size)
