"""Zip archives read from their tail: the central directory, and members where they lie.

Source: PKWARE APPNOTE 6.3 sections 4.3 to 4.5. A file of several concatenated archives (a PyTorch distributed
checkpoint shard) shows as a last archive that begins later than the object does.
"""

from __future__ import annotations

import bz2
import hashlib
import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import zstandard

from weightguard.weights.formats.parcels import Sealed
from weightguard.weights.reader import Damaged, Exhausted, Held, Source, Window

_END = b"PK\x05\x06"
_END64_LOCATOR = b"PK\x06\x07"
_CENTRAL = b"PK\x01\x02"
_MAX_DIRECTORY = 384 << 10
_MAX_ENTRIES = 20_000
_TAIL_STEPS = (4 << 10, (64 << 10) + 22)
_PACKED = 384 << 10
_INFLATED = 1 << 20


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
    """A central directory.

    Args:
        start: where the archive begins in the object, 0 for an ordinary one.
        complete: whether every entry is here.
        tail: bytes behind the archive's end.
        digest: of the directory, which holds a checksum of every member.
    """

    entries: tuple[Entry, ...]
    start: int
    complete: bool
    tail: int = 0
    digest: str = ""

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
    behind = source.size - tail_at - end - 22 - int.from_bytes(tail[end + 20 : end + 22], "little")
    count = int.from_bytes(tail[end + 10 : end + 12], "little")
    size, offset = struct.unpack("<II", tail[end + 12 : end + 20])
    position = tail_at + end
    locator = source.at(position - 20, 20) if position >= 20 else b""
    if locator.startswith(_END64_LOCATOR):
        # PyTorch writes 64-bit records whether they are needed or not.
        position, size, offset = _zip64(source, position)
    start = position - size - offset
    if start < 0 or size > position:
        raise Damaged("zip archive's directory lies outside the object")
    directory = source.at(position - size, min(size, _MAX_DIRECTORY))
    entries = tuple(_entries(directory, start))
    if not entries and (count or behind > 0):
        raise Damaged("zip archive's directory lies outside the object")
    complete = size <= _MAX_DIRECTORY and len(entries) >= min(count, 0xFFFE)
    return Archive(entries, start, complete, max(0, behind), hashlib.sha256(directory).hexdigest()[:16])


def _find_end(source: Source) -> tuple[int, int, bytes]:
    last: tuple[int, int, bytes] | None = None
    for step in _TAIL_STEPS:
        tail_at = max(0, source.size - step)
        tail = source.at(tail_at, source.size - tail_at)
        end = tail.rfind(_END)
        while end >= 0:
            # The record and its comment end the archive; anything else is the end of another one, cut off behind.
            stop = end + 22 + int.from_bytes(tail[end + 20 : end + 22], "little")
            if len(tail) - end >= 22 and stop == len(tail):
                return end, tail_at, tail
            if len(tail) - end >= 22 and stop < len(tail) and last is None and _begins(source, tail, end):
                last = end, tail_at, tail
            end = tail.rfind(_END, 0, end)
    if last:
        return last
    raise Damaged("zip archive without its directory (truncated)")


def _begins(source: Source, tail: bytes, end: int) -> bool:
    """Whether an end record with bytes behind it is that of an archive which begins where the object does."""
    size, offset = struct.unpack("<II", tail[end + 12 : end + 20])
    wide = tail[max(0, end - 20) : end].startswith(_END64_LOCATOR)
    return wide or (size > 0 and source.at(offset, 4) == _CENTRAL)


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
        Damaged: when the local header is missing or what is packed is not what the directory says (`Sealed`: encrypted).
        Exhausted: when the reading budget does not suffice, or the way of packing is not known.
    """
    local = source.at(entry.offset, 30)
    if len(local) < 30 or not local.startswith(b"PK\x03\x04"):
        raise Damaged("zip member lies outside the object")
    names, extras = struct.unpack("<HH", local[26:30])
    begin = entry.offset + 30 + names + extras
    if begin + entry.packed > source.size:
        raise Damaged("zip member lies outside the object")
    if entry.method == 0:
        # Encryption puts bytes of its own before the content: the mark alone, set by hand to hide a member, does not.
        if entry.encrypted and entry.packed != entry.size:
            raise Sealed("zip member is encrypted")
        return Window(source, begin, entry.size)
    if entry.method not in _METHODS:
        raise Sealed("zip member is encrypted") if entry.encrypted else Exhausted
    packed = source.at(begin, min(entry.packed, _PACKED))
    granted = source.work.inflate(_INFLATED)
    try:
        data = _METHODS[entry.method](packed, granted)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, zstandard.ZstdError) as error:
        source.work.inflated += granted
        if entry.encrypted:
            raise Sealed("zip member is encrypted") from error
        raise Damaged("zip member cannot be inflated") from error
    source.work.inflated += granted - len(data)
    if not data and entry.size:
        raise Exhausted
    return Held(data, size=entry.size, complete=len(data) == entry.size, work=source.work)


def _deflated(packed: bytes, limit: int) -> bytes:
    return zlib.decompressobj(-15).decompress(packed, limit)


def _bzipped(packed: bytes, limit: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(packed, limit)


def _lzma(packed: bytes, limit: int) -> bytes:
    """APPNOTE 5.8.8: two bytes of version, two of length, then the properties of an LZMA1 stream."""
    length = int.from_bytes(packed[2:4], "little")
    properties = packed[4 : 4 + length]
    if length != 5 or properties[0] >= 225:
        raise ValueError("LZMA properties are none")
    dictionary = int.from_bytes(properties[1:5], "little")
    if dictionary > 64 << 20:
        return b""
    lc, rest = properties[0] % 9, properties[0] // 9
    chain = [
        {
            "id": lzma.FILTER_LZMA1,
            "lc": lc,
            "lp": rest % 5,
            "pb": rest // 5,
            "dict_size": max(4096, dictionary),
        }
    ]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain).decompress(packed[9:], limit)


def _zstd(packed: bytes, limit: int) -> bytes:
    held = bytearray()
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed) as stream:
        while len(held) < limit:
            piece = stream.read(min(64 << 10, limit - len(held)))
            if not piece:
                break
            held += piece
    return bytes(held)


_METHODS: dict[int, Callable[[bytes, int], bytes]] = {
    8: _deflated,
    12: _bzipped,
    14: _lzma,
    20: _zstd,
    93: _zstd,
}
