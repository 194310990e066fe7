"""Reading a pickle's opcodes one by one, skipping over large byte strings instead of reading them.

The opcode table is the standard library's (`pickletools`), so every protocol is covered; arguments longer than
`KEPT_TEXT` are skipped and stand as a `Blob`.
"""

from __future__ import annotations

import pickletools
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from weightguard.weights.reader import Cursor, Damaged, Exhausted

_DECIMAL = re.compile(r"^-?[0-9]{1,38}L?$")
KEPT_TEXT = 512
_LENGTH_WIDTH = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}
_FIXED = {
    "uint1": "<B", "uint2": "<H", "int4": "<i", "uint4": "<I", "uint8": "<Q", "float8": ">d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blob:
    """A byte or text string that was passed over. `length` is in bytes."""

    length: int


Argument = str | int | float | bytes | Blob | None


def _fixed(cursor: Cursor, layout: struct.Struct) -> Argument:
    value: int | float = layout.unpack(cursor.take(layout.size))[0]
    return value


def _sized(cursor: Cursor, name: str, width: int) -> Argument:
    length = int.from_bytes(cursor.take(width), "little")
    if length > KEPT_TEXT:
        cursor.skip(length)
        return Blob(length)
    data = cursor.take(length)
    if name.startswith("long"):
        return int.from_bytes(data, "little", signed=True)
    return data.decode("utf-8", "replace") if "unicode" in name or name.startswith("string") else data


def _line(cursor: Cursor, name: str) -> Argument:
    text = cursor.line().decode("utf-8", "replace")
    if name == "stringnl_noescape_pair":
        return f"{text} {cursor.line().decode('utf-8', 'replace')}"
    if name.startswith("decimal"):
        return int(text.rstrip("L")) if _DECIMAL.match(text) else 0
    return text.strip("'\"") if name == "stringnl" else text


def operations(cursor: Cursor, limit: int) -> Iterator[tuple[str, Argument]]:
    """Yield ``(name, argument)`` up to and with STOP.

    Raises:
        Damaged: for a byte that is no opcode, or an argument beyond the end.
        Exhausted: after `limit` operations, or when the reading budget is used up.
    """
    take = cursor.take
    for _ in range(limit):
        found = _READERS.get(take(1))
        if found is None:
            raise Damaged("is not a pickle")
        name, read = found
        yield name, None if read is None else read(cursor)
        if name == "STOP":
            return
    raise Exhausted


def _reader(argument: pickletools.ArgumentDescriptor | None) -> Callable[[Cursor], Argument] | None:
    """What reads an operation's argument; None for an operation without one."""
    if argument is None:
        return None
    if argument.n in _LENGTH_WIDTH:
        return partial(_sized, name=argument.name, width=_LENGTH_WIDTH[argument.n])
    if argument.n == pickletools.UP_TO_NEWLINE:
        return partial(_line, name=argument.name)
    return partial(_fixed, layout=struct.Struct(_FIXED[argument.name]))


_READERS = {
    opcode.code.encode("latin-1"): (opcode.name, _reader(opcode.arg)) for opcode in pickletools.opcodes
}
