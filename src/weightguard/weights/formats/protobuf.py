"""Walking protocol-buffer messages without their schema, skipping what is not asked for.

Source: "Encoding" in the Protocol Buffers documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weightguard.weights.reader import Cursor, Damaged, Source

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `value` of a number, or `start` and `length` of a byte string in the source."""

    number: int
    wire: int
    value: int = 0
    start: int = 0
    length: int = 0

    @property
    def end(self) -> int:
        """Position behind a byte string."""
        return self.start + self.length


def fields(
    source: Source, start: int, end: int, limit: int = 100_000, *, chunk: int = 4 << 10
) -> Iterator[Field]:
    """Yield the fields of the message between two positions.

    Raises:
        Damaged: when the bytes are no message that ends at `end`.
    """
    cursor = Cursor(source, start, end, chunk=chunk)
    for _ in range(limit):
        if not cursor.left:
            return
        yield _field(cursor)


def _field(cursor: Cursor) -> Field:
    tag = cursor.varint()
    number, wire = tag >> 3, tag & 7
    if not 0 < number < 1 << 29:
        raise Damaged("is not a protocol buffer")
    if wire == VARINT:
        return Field(number, wire, value=cursor.varint())
    if wire == BYTES:
        length = cursor.varint()
        start = cursor.position
        cursor.skip(length)
        return Field(number, wire, start=start, length=length)
    if wire in (FIXED64, FIXED32):
        start = cursor.position
        width = 8 if wire == FIXED64 else 4
        return Field(
            number, wire, value=int.from_bytes(cursor.take(width), "little"), start=start, length=width
        )
    raise Damaged("is not a protocol buffer")


def text(source: Source, field: Field, limit: int = 512) -> str:
    """The beginning of a byte string as text."""
    return source.at(field.start, min(field.length, limit)).decode("utf-8", "replace")
