"""Tar archives: NeMo models, and parcels with a model in them.

Sources: POSIX pax/ustar header blocks; NVIDIA NeMo `SaveRestoreConnector` (`model_config.yaml`, `model_weights.ckpt`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from weightguard.weights.formats.archives import PARCELLED
from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Exhausted, Source, Window

Inner = Callable[[Source, str], FileVerdict | None]
_BLOCK = 512
_MAX_MEMBERS = 256
_MAX_INNER = 16
_SMALLEST_INNER = 64


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive: position of its content and its size."""

    name: str
    start: int
    size: int


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Recognise a tar archive; `inner` examines its members (None inside another archive)."""
    if source.at(257, 5) != b"ustar":
        return None
    names: list[str] = []
    verdict: FileVerdict | None = None
    examined = 0
    try:
        for member in _members(source):
            names.append(member.name)
            if inner and verdict is None and member.size >= _SMALLEST_INNER and examined < _MAX_INNER:
                examined += 1
                verdict = _examine(source, member, inner)
    except (Exhausted, Damaged):
        if not names:
            return None
    return _nemo(names, verdict) or _parcel(verdict)


def _nemo(names: list[str], verdict: FileVerdict | None) -> FileVerdict | None:
    bases = {name.rsplit("/", 1)[-1] for name in names}
    if "model_config.yaml" not in bases or verdict is None:
        return None
    return FileVerdict("nemo", "header", parameters=verdict.parameters)


def _parcel(verdict: FileVerdict | None) -> FileVerdict | None:
    if verdict is None or verdict.format is None:
        return None
    return FileVerdict(verdict.format, "header", note="inside a tar archive")


def _examine(source: Source, member: Member, inner: Inner) -> FileVerdict | None:
    try:
        verdict = inner(Window(source, member.start, member.size), member.name)
    except (Damaged, Exhausted):
        return None
    return verdict if verdict and _counts(verdict) else None


def _counts(verdict: FileVerdict) -> bool:
    """Whether a member makes its archive a model's: arrays alone are as often a data set's samples."""
    if verdict.format in PARCELLED:
        return verdict.role == "weights" or "savedmodel" in verdict.traits
    return verdict.format in ("pickle", "other", "dcp") and verdict.role == "weights"


def _members(source: Source) -> Iterator[Member]:
    position = 0
    long_name = ""
    for _ in range(_MAX_MEMBERS):
        if position + _BLOCK > source.size:
            return
        block = source.at(position, _BLOCK)
        if len(block) < _BLOCK or block[257:262] != b"ustar":
            return
        size, kind = _size(block[124:136]), block[156:157]
        start = position + _BLOCK
        if kind == b"L":
            long_name = source.at(start, min(size, 1024)).rstrip(b"\0").decode("utf-8", "replace")
        elif kind in (b"0", b"\0", b"7"):
            yield Member(long_name or _name(block), start, size)
            long_name = ""
        position = start + -(-size // _BLOCK) * _BLOCK


def _name(block: bytes) -> str:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _size(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits or any(byte not in b"01234567" for byte in digits):
        return 0
    return int(digits, 8)
