"""CoreWeave Tensorizer: magic, version, a file header, then a table of tensors with the places of their data.

Source: coreweave/tensorizer serialization.py (`_FileHeader`, `_TensorHeaderSerializer`, `TensorEntry`): magic ``|TZR|``, u32
version, 32 bytes of feature flags, u64 bytes of tensors, 8 spare, u64 count; then u64 length of the table; an entry is a name (u16
length), u8 kind, element type (u8 length), dimensions (u8 count, u32 each), u64 header, u64 data, u64 length.
"""

from __future__ import annotations

from collections import Counter

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of

MAGIC = b"|TZR|"
_ENCRYPTED = 3


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a Tensorizer file whatever its name."""
    if source.at(0, len(MAGIC)) != MAGIC:
        return None
    cursor = Cursor(source, len(MAGIC))
    version = cursor.u32()
    cursor.skip(32)
    _, _, count = cursor.unpack("<QQQ")
    if not 1 <= version <= 99 or not 0 < count < 1 << 24:
        raise Damaged("Tensorizer header does not hold what it should")
    table = cursor.u64()
    end = min(cursor.position + table, source.size)
    if cursor.position + table > source.size:
        raise Damaged("Tensorizer header describes more than the object holds")
    note = "encrypted tensors" if version == _ENCRYPTED else None
    try:
        return _table(Cursor(source, cursor.position, end), count, source, note)
    except Exhausted:
        return FileVerdict("tensorizer", "header", tensors=count, note=note)


def _table(cursor: Cursor, count: int, source: Source, note: str | None) -> FileVerdict:
    names: list[str] = []
    dtypes: Counter[str] = Counter()
    parameters = 0
    for _ in range(count):
        names.append(cursor.take(min(cursor.unpack("<H")[0], 4096)).decode("utf-8", "replace"))
        cursor.skip(1)
        dtypes[cursor.take(min(cursor.u8(), 32)).decode("utf-8", "replace")] += 1
        elements = 1
        for _ in range(cursor.u8()):
            elements = min(elements * cursor.u32(), 1 << 62)
        _, begin, length = cursor.unpack("<QQQ")
        if source.exact and begin + length > source.size:
            raise Damaged("Tensorizer header describes more than the object holds")
        parameters += elements
    return FileVerdict(
        "tensorizer", "header", parameters=parameters, tensors=count, dtypes=dict(dtypes), note=note,
        sketch=sketch_of(names),
    )  # fmt: skip
