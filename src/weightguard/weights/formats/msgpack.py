"""Flax parameters: a MessagePack map whose arrays are extension values of type 1.

Arrays of msgpack-numpy, which thinc (spaCy) writes, are maps with ``nd``, ``type``, ``shape`` and ``data``.

Sources: the MessagePack specification; msgpack-numpy, `encode`; thinc, `Model.to_dict`; flax/serialization.py
(`_MsgpackExtType`, `_ndarray_to_bytes`: shape, dtype name, buffer, packed as an array of three).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of
from weightguard.weights.vocabulary import is_floating, names_kind

_NDARRAY = 1
_MSGPACK_NUMPY = frozenset({"nd", "type", "shape", "data"})
_THINC = frozenset({"nodes", "params"})
_MAX_VALUES = 100_000
_MAX_DEPTH = 32
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_TEXT = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINARY = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_EXTENSION = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED_EXTENSION = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}


@dataclass(slots=True)
class _Found:
    arrays: list[tuple[str, str, int]] = field(default_factory=list)
    values: int = 0
    plain: bool = False  # arrays as msgpack-numpy writes them
    thinc: bool = False


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a Flax checkpoint whatever its name; MessagePack without arrays is none."""
    first = source.at(0, 1)
    if not first or not (0x81 <= first[0] <= 0x8F or first[0] in _MAPS):
        return None
    found = _Found()
    cursor = Cursor(source)
    complete = True
    try:
        _value(cursor, "", found, 0)
    except Exhausted:
        complete = False
    except Damaged as error:
        if found.arrays:
            raise Damaged("Flax parameters end before their contents do") from error
        return None
    if complete and source.exact and cursor.left > cursor.position // 2:
        return None
    return _verdict(found, complete)


def _verdict(found: _Found, complete: bool) -> FileVerdict | None:
    floats = [(name, dtype, elements) for name, dtype, elements in found.arrays if is_floating(dtype)]
    if not floats:
        return None
    if found.plain:
        return _plain_arrays(found, complete)
    weights = [item for item in floats if not item[0].startswith("opt_state")]
    return FileVerdict(
        "flax",
        "header",
        parameters=sum(elements for _, _, elements in weights) if complete else None,
        tensors=len(weights) if complete else None,
        dtypes=dict(Counter(dtype for _, dtype, _ in weights)),
        sketch=sketch_of(name for name, _, _ in found.arrays) if complete else frozenset(),
    )


def _plain_arrays(found: _Found, complete: bool) -> FileVerdict | None:
    """Arrays in MessagePack of no framework of their own: thinc's networks (spaCy), or whatever the names say."""
    names = [name for name, _, _ in found.arrays]
    if not found.thinc and names_kind(names) != "parameters":
        return FileVerdict(None, note="MessagePack of data")
    return FileVerdict(
        "other",
        "header",
        parameters=sum(elements for _, dtype, elements in found.arrays if is_floating(dtype))
        if complete
        else None,
        tensors=len(names) if complete else None,
        dtypes=dict(Counter(dtype for _, dtype, _ in found.arrays)),
        note="thinc" if found.thinc else "MessagePack of parameter arrays",
        sketch=sketch_of(names) if complete else frozenset(),
    )


def _length(cursor: Cursor, width: int) -> int:
    return int.from_bytes(cursor.take(width), "big")


def _value(cursor: Cursor, path: str, found: _Found, depth: int) -> str:
    """Pass one value, noting arrays; gives the text of a short string, otherwise nothing."""
    found.values += 1
    if found.values > _MAX_VALUES or depth > _MAX_DEPTH:
        raise Damaged("MessagePack with more values than are looked at")
    code = cursor.u8()
    if 0xA0 <= code <= 0xBF:
        return cursor.take(code & 31).decode("utf-8", "replace")
    if code in _TEXT:
        return _text(cursor, _length(cursor, _TEXT[code]))
    if code in _BINARY:
        return _text(cursor, _length(cursor, _BINARY[code]), 16)
    _contents(cursor, code, path, found, depth)
    return ""


def _contents(cursor: Cursor, code: int, path: str, found: _Found, depth: int) -> None:
    """Pass what is no text: a map, an array, an extension, or a value of a width of its own."""
    if 0x80 <= code <= 0x8F or code in _MAPS:
        _map(cursor, code & 15 if code < 0x90 else _length(cursor, _MAPS[code]), path, found, depth)
    elif 0x90 <= code <= 0x9F or code in _ARRAYS:
        for _ in range(code & 15 if code < 0xA0 else _length(cursor, _ARRAYS[code])):
            _value(cursor, path, found, depth + 1)
    elif code in _EXTENSION or code in _FIXED_EXTENSION:
        size = _FIXED_EXTENSION.get(code) or _length(cursor, _EXTENSION[code])
        _extension(cursor, size, path, found)
    elif code == 0xC1:
        raise Damaged("is not MessagePack")
    else:
        cursor.skip(_FIXED.get(code, 0))


def _text(cursor: Cursor, length: int, most: int = 512) -> str:
    if length > most:
        cursor.skip(length)
        return ""
    return cursor.take(length).decode("utf-8", "replace")


def _map(cursor: Cursor, count: int, path: str, found: _Found, depth: int) -> None:
    if count > cursor.left:
        raise Damaged("is not MessagePack")
    names: set[str] = set()
    dtype, elements = "", 0
    for _ in range(count):
        name = _value(cursor, path, found, depth + 1)
        names.add(name) if len(names) < 8 else None
        if name == "shape" and "nd" in names:
            elements = _shape(cursor)
            continue
        value = _value(cursor, f"{path}.{name}"[-300:].strip("."), found, depth + 1)
        dtype = value if name == "type" else dtype
    if names >= _MSGPACK_NUMPY and dtype:
        found.arrays.append((path, dtype, elements))
        found.plain = True
    if not depth and names >= _THINC:
        found.thinc = True


def _extension(cursor: Cursor, size: int, path: str, found: _Found) -> None:
    kind = cursor.u8()
    end = cursor.position + size
    if size > cursor.left:
        raise Damaged("ends before its contents do")
    if kind == _NDARRAY and size >= 4 and cursor.take(1) == b"\x93":
        elements = _shape(cursor)
        dtype = _value(cursor, "", _Found(), 0)
        found.arrays.append((path, dtype, elements))
    cursor.skip(end - cursor.position)


def _shape(cursor: Cursor) -> int:
    code = cursor.u8()
    count = code & 15 if 0x90 <= code <= 0x9F else 0
    elements = 1
    for _ in range(count):
        elements = min(elements * _integer(cursor), 1 << 62)
    return elements


def _integer(cursor: Cursor) -> int:
    code = cursor.u8()
    return code if code < 0x80 else _length(cursor, _FIXED.get(code, 0))
