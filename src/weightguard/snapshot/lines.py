"""One JSON value a line: written whole, read within limits, tagged by the unit of work that wrote it while collecting."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic_core import from_json, to_json

from weightguard.errors import SnapshotError
from weightguard.json_text import OddJson, loads
from weightguard.snapshot.limits import Limits

_TAG: Final = b',"~unit":['
"""Starts the tag that ends a line while collecting. Unescaped quotes make it impossible inside a string, and ``~`` sorts last."""

OVERSIZED: Final = "a line is longer than {} bytes"


def encode(value: dict[str, Any]) -> bytes:
    """The value as one line without its newline: UTF-8, sorted keys, no spaces.

    Raises:
        ValueError: NaN or an infinity, which JSON cannot hold.
        TypeError: something that JSON cannot hold.
    """
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
    )
    try:
        return text.encode("utf-8")
    except (
        UnicodeEncodeError
    ):  # half a surrogate pair in a provider's string is no text: show that something was there
        return text.encode("utf-8", "replace")


def _plain(value: object) -> Any:
    """Timestamps as ISO-8601, bytes by their length alone, dataclasses and sets never."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return {"redacted": True, "bytes": len(value)}
    raise TypeError(f"{type(value).__name__} has no place in a snapshot")


def tag(line: bytes, unit: str, run: int) -> bytes:
    """The line with the unit (empty outside any) and the run that wrote it, as a last key, and its newline."""
    note = json.dumps([unit, run], separators=(",", ":")).encode()[1:]
    return line[:-1] + _TAG + note + b"}\n"


def untag(
    line: bytes, known: dict[bytes, tuple[str, int] | None] | None = None
) -> tuple[bytes, tuple[str, int] | None]:
    """A working line (no newline) apart: the line to keep, and who wrote it.

    Args:
        known: the tags that were read before, of whoever reads many lines: a unit writes thousands with the same.
    """
    at = line.rfind(_TAG)
    if at < 0 or not line.endswith(b"]}"):
        return line, None
    note = line[at + len(_TAG) - 1 : -1]
    if known is None:
        by = _written_by(note)
    elif note in known:
        by = known[note]
    else:
        by = known[note] = _written_by(note)
    return (line, None) if by is None else (line[:at] + b"}", by)


def _written_by(note: bytes) -> tuple[str, int] | None:
    try:
        found = from_json(note)
    except ValueError:
        return None
    if not isinstance(found, list) or [type(one) for one in found] != [str, int]:
        return None
    unit, run = found
    return unit, run


def decode(line: bytes, where: str, limits: Limits) -> dict[str, Any]:
    """One line as an object.

    Raises:
        SnapshotError: naming `where`: too long, too deep, not JSON, not UTF-8, not finite, not an object.
    """
    if len(line) > limits.line_bytes:
        raise SnapshotError(OVERSIZED.format(limits.line_bytes), where=where)
    try:
        value = parse(line)
    except ValueError as error:
        raise SnapshotError(
            f"a line is not valid JSON, {reason(error)}", where=where, fix="collect again"
        ) from error
    if not isinstance(value, dict):
        raise SnapshotError("a line is not a JSON object", where=where, fix="collect again")
    return value


def parse(text: bytes) -> Any:
    """JSON from an untrusted source: at most 200 levels deep, valid UTF-8, whole surrogate pairs, finite numbers, no key twice.

    Raises:
        ValueError: it is not.
    """
    value = from_json(text, allow_inf_nan=False)
    if (
        to_json(value, inf_nan_mode="constants") != text
    ):  # not as we write it: there may be a key twice, or 1e999
        loads(text)
    return value


def reason(error: ValueError) -> str:
    """Why `parse` refused a text, in words."""
    if isinstance(error, OddJson):
        return f"it {error}"
    return str(error).split("\n", 1)[0][:160]


def open_regular(path: Path, where: str) -> BinaryIO:
    """The file for reading, if it is a plain one; a link or a device is refused."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise SnapshotError(f"a file cannot be read, {error.strerror or error}", where=where) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SnapshotError("not a plain file", where=where)
    return os.fdopen(descriptor, "rb")


def read_lines(path: Path, where: str, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1 and lines without their newline, never more than one line in memory.

    Raises:
        SnapshotError: a line too long, too many lines, or a last line that was cut off.
    """
    with open_regular(path, where) as file:
        number = 0
        while line := file.readline(limits.line_bytes + 2):
            number += 1
            if not line.endswith(b"\n"):
                whole = (
                    OVERSIZED.format(limits.line_bytes)
                    if len(line) > limits.line_bytes
                    else "the last line is cut off"
                )
                raise SnapshotError(whole, where=f"{where}:{number}", fix="collect again")
            if number > limits.lines:
                raise SnapshotError(f"more than {limits.lines} lines", where=where)
            yield number, line[:-1]
