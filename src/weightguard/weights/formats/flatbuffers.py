"""TensorFlow Lite, ExecuTorch and ONNX Runtime: FlatBuffers with a four-byte identifier at offset 4.

Sources: "FlatBuffer Internals"; tensorflow/lite/schema/schema.fbs (Model, Buffer); executorch schema/program.fbs and
"ExecuTorch file format"; onnxruntime/core/flatbuffers/schema/ort.fbs (file identifier ORTM).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Exhausted, Source

_SUBGRAPHS, _BUFFERS = 2, 4
_BUFFER_DATA, _BUFFER_OFFSET, _BUFFER_SIZE = 0, 1, 2
_LOOKED_AT = 400
_EXECUTORCH = re.compile(rb"^ET\d\d$")


@dataclass(frozen=True, slots=True)
class _Table:
    source: Source
    at: int

    def slot(self, index: int) -> int | None:
        """Position of a field, None when it is not set."""
        vtable = self.at - _signed(self.source, self.at)
        size = _number(self.source, vtable, 2)
        if 4 + 2 * index + 2 > size:
            return None
        offset = _number(self.source, vtable + 4 + 2 * index, 2)
        return self.at + offset if offset else None

    def vector(self, index: int) -> tuple[int, int] | None:
        """``(position of the first element, length)`` of a vector field."""
        slot = self.slot(index)
        if slot is None:
            return None
        start = slot + _number(self.source, slot, 4)
        return start + 4, _number(self.source, start, 4)


def _number(source: Source, at: int, width: int) -> int:
    data = source.at(at, width) if at >= 0 else b""
    if len(data) < width:
        raise Damaged("FlatBuffer points outside the object")
    return int.from_bytes(data, "little")


def _signed(source: Source, at: int) -> int:
    value: int = struct.unpack("<i", _number(source, at, 4).to_bytes(4, "little"))[0]
    return value


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a TensorFlow Lite or ExecuTorch program whatever its name."""
    identifier = source.at(4, 4)
    if identifier == b"TFL3":
        return _lite(source)
    if _EXECUTORCH.match(identifier):
        root = _Table(source, _number(source, 0, 4))
        root.slot(0)
        return FileVerdict("other", "header", note="ExecuTorch")
    if identifier == b"ORTM":
        root = _Table(source, _number(source, 0, 4))
        root.slot(0)
        return FileVerdict("other", "header", note="ONNX Runtime")
    return None


def _lite(source: Source) -> FileVerdict | None:
    root = _Table(source, _number(source, 0, 4))
    buffers = root.vector(_BUFFERS)
    if root.vector(_SUBGRAPHS) is None or buffers is None:
        raise Damaged("TensorFlow Lite model without a graph")
    start, count = buffers
    if count * 4 > source.size:
        raise Damaged("FlatBuffer points outside the object")
    held, complete = 0, count <= _LOOKED_AT
    try:
        # The largest buffers need not come first, so the last ones are looked at as well.
        for index in dict.fromkeys(
            [*range(min(count, _LOOKED_AT // 2)), *range(max(0, count - _LOOKED_AT // 2), count)]
        ):
            held += _buffer(source, start + 4 * index)
    except Exhausted:
        complete = False
    if complete and not held:
        return FileVerdict(None, note="TensorFlow Lite graph without weights")
    return FileVerdict("tflite", "header")


def _buffer(source: Source, slot: int) -> int:
    """Bytes of one buffer, checked to lie inside the object."""
    table = _Table(source, slot + _number(source, slot, 4))
    outside = table.slot(_BUFFER_OFFSET)
    if outside is not None and _number(source, outside, 8) > 1:
        size_slot = table.slot(_BUFFER_SIZE)
        begin, length = _number(source, outside, 8), _number(source, size_slot, 8) if size_slot else 0
    else:
        vector = table.vector(_BUFFER_DATA)
        if vector is None:
            return 0
        begin, length = vector
    if source.exact and begin + length > source.size:
        raise Damaged("FlatBuffer points outside the object")
    return length
