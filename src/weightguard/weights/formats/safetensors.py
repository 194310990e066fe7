"""safetensors: a little-endian u64 length, that many bytes of JSON, then the tensors without a hole.

Source: the "Format" section of the safetensors README. The library itself refuses a file whose offsets overlap, leave a
hole or do not end where the file does; so does this.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import CutOff, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of, stems_of

_PARSED = 900 << 10
_ABSURD = 1 << 48  # eight letters of a text, say, and not a length
_BITS = {
    "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16,
    "U16": 16, "I8": 8, "U8": 8, "BOOL": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
_OPENING = re.compile(rb"\{\s*[\"}]|\{\s+$")
_DTYPE = re.compile(r"^[A-Z][A-Z0-9_]{1,15}$")
_ENTRY = re.compile(rb'(?<!\\)"((?:[^"\\]|\\.){1,512})"\s*:\s*(\{[^{}]{1,2000}\})')


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a safetensors file whatever its name."""
    head = source.at(0, 16)
    if len(head) < 10 or not _OPENING.match(head[8:]):
        return None
    length = int.from_bytes(head[:8], "little")
    if not 2 <= length < _ABSURD:
        return None
    if 8 + length > source.size:
        raise Damaged("safetensors header claims to be longer than the object")
    if length > _PARSED:
        return _partial(source, length)
    try:
        text = source.at(8, length)
    except Exhausted:
        return _partial(source, length)
    tensors = _tensors(text)
    if not tensors:
        return FileVerdict(None, note="safetensors file without tensors")
    note = _check_layout(tensors, source, 8 + length)
    ranks = "rank" if b"DCP_SHARDING_INFO" in text else ""
    return replace(
        _verdict(tensors, complete=True),
        note=note,
        traits=frozenset({ranks} - {""}),
        content=hashlib.sha256(text).hexdigest()[:16],
    )


def _tensors(text: bytes) -> Mapping[str, Any]:
    try:
        header = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise Damaged("safetensors header is not JSON") from error
    if not isinstance(header, dict):
        raise Damaged("safetensors header is not a JSON object")
    return {name: entry for name, entry in header.items() if name != "__metadata__"}


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Damaged("safetensors header names a tensor twice")
    return result


def _entry(entry: object) -> tuple[str, int, int, int]:
    """``(dtype, elements, begin, end)`` of one header entry, checked."""
    if not isinstance(entry, dict):
        raise Damaged("safetensors header describes a tensor wrongly")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if (
        not isinstance(dtype, str)
        or not _DTYPE.match(dtype)
        or not _naturals(shape)
        or not _naturals(offsets)
    ):
        raise Damaged("safetensors header describes a tensor wrongly")
    if len(offsets) != 2 or len(shape) > 64:
        raise Damaged("safetensors header describes a tensor wrongly")
    elements = 1
    for size in shape:
        elements = min(elements * size, 1 << 63)
    begin, end = offsets
    if dtype in _BITS and (elements * _BITS[dtype] + 7) // 8 != end - begin:
        raise Damaged("safetensors offsets do not match a tensor's shape")
    return dtype, elements, begin, end


def _naturals(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 1 << 63 for item in value)


def _check_layout(tensors: Mapping[str, Any], source: Source, data_start: int) -> str | None:
    """Nothing is missing, and nothing lies over another; a note where bytes lie behind the tensors.

    Raises:
        CutOff: the object ends before its tensors do.
        Damaged: the offsets contradict each other, or more lies behind the tensors than in them.
    """
    position = 0
    for begin, end in sorted(_entry(entry)[2:] for entry in tensors.values()):
        if begin != position or end < begin:
            raise Damaged("safetensors offsets overlap or leave a hole")
        position = end
    behind = source.size - data_start - position
    if not source.exact or not behind:
        return None
    if behind < 0:
        raise CutOff("safetensors header describes more than the object holds", data_start + position)
    if behind * 2 > position:
        raise Damaged("safetensors header does not match the object's size")
    return "bytes behind the tensors"


def _verdict(tensors: Mapping[str, Any], *, complete: bool) -> FileVerdict:
    dtypes: Counter[str] = Counter()
    parameters = 0
    for entry in tensors.values():
        dtype, elements, _, _ = _entry(entry)
        dtypes[dtype] += 1
        parameters += elements
    return FileVerdict(
        "safetensors",
        "header",
        parameters=parameters if complete else None,
        tensors=len(tensors) if complete else None,
        dtypes=dict(dtypes),
        note=None if complete else "header is longer than what is read of an object",
        examined="header" if complete else "partial",
        sketch=sketch_of(tensors) if complete else frozenset(),
        stems=stems_of(tensors),
    )


def _partial(source: Source, length: int) -> FileVerdict | None:
    """A header beyond the reading budget: judge its beginning."""
    text = source.at(8, min(length, 128 << 10))
    entries: dict[str, Any] = {}
    for name, body in _ENTRY.findall(text):
        try:
            entries[name.decode("utf-8", "replace")] = json.loads(body)
        except ValueError:
            continue
    entries.pop("__metadata__", None)
    if not entries:
        return None
    furthest = max(_entry(entry)[3] for entry in entries.values())
    if source.exact and 8 + length + furthest > source.size:
        raise Damaged("safetensors header describes more than the object holds")
    return _verdict(entries, complete=False)
