"""GGUF: magic, version, counts, key-value pairs, tensor descriptions, aligned data.

Source: ggml's docs/gguf.md. Version 1 used 32-bit counts; version 3 may be big-endian under the same magic.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Cursor, CutOff, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of, stems_of

_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_MAX_PAIRS, _MAX_TENSORS = 1 << 20, 1 << 24
_MAX_DIMENSIONS = 8
# ggml type: (name, elements in a block, bytes of a block)
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip


@dataclass(slots=True)
class _Header:
    order: str
    version: int
    tensors: int
    pairs: int
    alignment: int = 32
    splits: int = 1

    def number(self, cursor: Cursor, code: str) -> int:
        return cursor.unpack(self.order + code)[0]

    def traits(self) -> frozenset[str]:
        return frozenset({f"split:{self.splits}"}) if self.splits > 1 else frozenset()

    def length(self, cursor: Cursor) -> int:
        return self.number(cursor, "I" if self.version == 1 else "Q")


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a GGUF file whatever its name."""
    if source.at(0, 4) != b"GGUF":
        return None
    cursor = Cursor(source, 4)
    header = _header(cursor)
    try:
        for _ in range(header.pairs):
            _pair(cursor, header)
        if header.tensors == 0:
            return _without_tensors(header)
        return _tensors(cursor, header, source)
    except Exhausted:
        if header.tensors == 0:
            return FileVerdict(None, note="GGUF file without tensors (a vocabulary)")
        note = "header is longer than what is read of an object"
        return FileVerdict(
            "gguf", "header", tensors=header.tensors, note=note, traits=header.traits(), examined="partial"
        )


def _without_tensors(header: _Header) -> FileVerdict:
    """The first part of a split may hold the metadata alone; elsewhere it is a vocabulary."""
    if header.splits > 1:
        return FileVerdict("gguf", "header", tensors=0, parameters=0, traits=header.traits())
    return FileVerdict(None, note="GGUF file without tensors (a vocabulary)")


def _header(cursor: Cursor) -> _Header:
    version = cursor.u32()
    order = "<" if version & 0xFFFF else ">"
    if order == ">":
        version = int.from_bytes(version.to_bytes(4, "little"), "big")
    if not 1 <= version <= 99:
        raise Damaged("GGUF version is not one")
    header = _Header(order, version, 0, 0)
    header.tensors, header.pairs = header.length(cursor), header.length(cursor)
    if header.tensors > _MAX_TENSORS or header.pairs > _MAX_PAIRS:
        raise Damaged("GGUF header counts more than the object could hold")
    return header


def _text(cursor: Cursor, header: _Header) -> str:
    length = header.length(cursor)
    if length > 65_535:
        raise Damaged("GGUF header has a name without an end")
    return cursor.take(length).decode("utf-8", "replace")


def _pair(cursor: Cursor, header: _Header) -> None:
    name = _text(cursor, header)
    kind = header.number(cursor, "I")
    if name == "general.alignment" and kind == 4:
        header.alignment = header.number(cursor, "I") or 32
        return
    if name == "split.count" and kind == 2:
        header.splits = header.number(cursor, "H")
        return
    _value(cursor, header, kind)


def _value(cursor: Cursor, header: _Header, kind: int, depth: int = 0) -> None:
    if kind in _SCALARS:
        cursor.skip(_SCALARS[kind])
    elif kind == _STRING:
        cursor.skip(header.length(cursor))
    elif kind == _ARRAY and depth < 4:
        inner, count = header.number(cursor, "I"), header.length(cursor)
        if inner in _SCALARS:
            cursor.skip(_SCALARS[inner] * count)
            return
        if count > cursor.left:
            raise Damaged("GGUF header counts more than the object could hold")
        for _ in range(count):
            _value(cursor, header, inner, depth + 1)
    else:
        raise Damaged("GGUF header has a value of no known type")


def _tensors(cursor: Cursor, header: _Header, source: Source) -> FileVerdict:
    dtypes: Counter[str] = Counter()
    names: list[str] = []
    parameters, furthest = 0, 0
    for _ in range(header.tensors):
        names.append(_text(cursor, header))
        count = header.number(cursor, "I")
        if count > _MAX_DIMENSIONS:
            raise Damaged("GGUF tensor has too many dimensions")
        elements = 1
        for _ in range(count):
            elements = min(elements * header.length(cursor), 1 << 63)
        kind, offset = struct.unpack(header.order + "IQ", cursor.take(12))
        name, block, width = _TYPES.get(kind, (f"type {kind}", 0, 0))
        dtypes[name] += 1
        parameters += elements
        furthest = max(furthest, offset + (elements // block * width if block else 0))
    start = -(-cursor.position // header.alignment) * header.alignment
    if source.exact and start + furthest > source.size:
        raise CutOff("GGUF header describes more than the object holds", start + furthest)
    return FileVerdict(
        "gguf",
        "header",
        parameters=parameters,
        tensors=header.tensors,
        dtypes=dict(dtypes),
        sketch=sketch_of(names),
        stems=stems_of(names),
        traits=header.traits(),
    )
