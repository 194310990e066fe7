"""Tar archives: NeMo models, and parcels with a model in them.

Sources: POSIX ustar and pax header blocks ("pax Header Block": size 0 in the old field for members over 8 GiB), GNU tar's
base-256 sizes and long names; NVIDIA NeMo `SaveRestoreConnector` (`model_config.yaml`, `model_weights.ckpt`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weightguard.weights.formats.parcels import Inner, Parcel
from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Exhausted, Source, Window

_BLOCK = 512
_MAX_MEMBERS = 20_000
_MAX_PAX = 64 << 10
_PAX = re.compile(rb"(?:^|\n)\d{1,8} (path|size|GNU\.sparse\.name|GNU\.sparse\.realsize)=([^\n]*)(?=\n|$)")
_FILES = (b"0", b"\0", b"7", b"S")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive: position of its content and its size."""

    name: str
    start: int
    size: int


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Recognise a tar archive; `inner` examines its members (None where too many layers lie around it)."""
    if not _is_header(source.at(0, _BLOCK)):
        return None
    parcel = Parcel("tar archive")
    try:
        for member in _members(source):
            parcel.look(
                inner,
                lambda member=member: Window(source, member.start, member.size),  # type: ignore[misc]
                member.name,
                member.size,
            )
            if member.start + member.size > source.size:
                parcel.leave(member.name, "damaged")
    except Exhausted:
        parcel.leave("", "partial")
    except Damaged:
        parcel.leave("", "damaged")
    return _nemo(parcel) or parcel.verdict()


def _nemo(parcel: Parcel) -> FileVerdict | None:
    bases = {name.rsplit("/", 1)[-1] for name in parcel.names}
    if "model_config.yaml" not in bases or parcel.found is None:
        return None
    return FileVerdict("nemo", "header", parameters=parcel.found.parameters)


def _members(source: Source) -> Iterator[Member]:
    """The archive's files in order.

    Raises:
        Damaged: a block is no header, or the archive ends without its two empty blocks and in the middle of one.
        Exhausted: the budget ends before the archive does.
    """
    position, said = 0, _Said()
    for _ in range(_MAX_MEMBERS):
        if position >= source.size:
            return
        block = source.at(position, _BLOCK)
        if not any(block):
            return
        if not _is_header(block):
            raise Damaged("tar archive ends before its members do")
        size, kind = _size(block[124:136]), block[156:157]
        start = position + _BLOCK
        if kind in (b"L", b"x"):
            said.take(kind, source.at(start, min(size, _MAX_PAX)))
        elif kind in _FILES:
            size = said.size if said.size is not None else size
            yield Member(said.name or _name(block), start, size)
            said = _Said()
        elif kind not in (b"g", b"K"):
            said = _Said()
            size = size if kind == b"V" else 0
        position = start + -(-size // _BLOCK) * _BLOCK
    raise Exhausted


@dataclass(slots=True)
class _Said:
    """What extended headers say of the member behind them."""

    name: str = ""
    size: int | None = None

    def take(self, kind: bytes, data: bytes) -> None:
        if kind == b"L":
            self.name = data.rstrip(b"\0")[:1024].decode("utf-8", "replace")
            return
        for field, value in _PAX.findall(data):
            if field == b"size" and value.isdigit() and len(value) < 20:
                self.size = int(value)
            elif field in (b"path", b"GNU.sparse.name"):
                self.name = value[:1024].decode("utf-8", "replace")


def _is_header(block: bytes) -> bool:
    """Whether a block's checksum is right (the sum of its bytes, its own field counted as blanks)."""
    if len(block) < _BLOCK or not block[0]:
        return False
    wanted = _size(block[148:156])
    total = sum(block) - sum(block[148:156]) + 8 * 32
    return wanted == total or (block[257:262] == b"ustar" and block[148:156].strip(b" \0") == b"")


def _name(block: bytes) -> str:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _size(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if not digits or any(byte not in b"01234567" for byte in digits):
        return 0
    return int(digits, 8)
