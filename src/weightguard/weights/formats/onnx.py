"""ONNX: a `ModelProto` without magic bytes, recognised by its fields and its graph.

Source: onnx/onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto) and docs/ExternalData.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from weightguard.weights.formats.protobuf import BYTES, VARINT, Field, fields, text
from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of, stems_of

# field number: wire type
_MODEL = {1: VARINT, 2: BYTES, 3: BYTES, 4: BYTES, 5: VARINT, 6: BYTES, 7: BYTES, 8: BYTES, 14: BYTES, 20: BYTES,
          25: BYTES, 26: BYTES}  # fmt: skip
_GRAPH = {
    1: BYTES,
    2: BYTES,
    5: BYTES,
    10: BYTES,
    11: BYTES,
    12: BYTES,
    13: BYTES,
    14: BYTES,
    15: BYTES,
    16: BYTES,
}
_NODE = {1: BYTES, 2: BYTES, 3: BYTES, 4: BYTES, 5: BYTES, 6: BYTES, 7: BYTES, 8: BYTES, 9: BYTES, 10: BYTES}
_TYPES = {1: "FLOAT", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "STRING", 9: "BOOL",
          10: "FLOAT16", 11: "DOUBLE", 12: "UINT32", 13: "UINT64", 14: "COMPLEX64", 15: "COMPLEX128", 16: "BFLOAT16",
          17: "FLOAT8E4M3FN", 18: "FLOAT8E4M3FNUZ", 19: "FLOAT8E5M2", 20: "FLOAT8E5M2FNUZ", 21: "UINT4",
          22: "INT4", 23: "FLOAT4E2M1"}  # fmt: skip
_MAX_LINKS = 2_000
_ATTRIBUTE_WEIGHTS = 64
_SMALLEST_ATTRIBUTE = 16
_MOST_DEEP = 6
_MIDDLING = 512 << 10
_END = 128 << 10
# StringStringEntryProto {key: "location", value: a name of fewer than 128 bytes}
_LOCATION = re.compile(rb"\x0a\x08location\x12([\x01-\x7f])")
_WHOLE_NUMBERS = frozenset((2, 3, 4, 5, 6, 7, 8, 9, 12, 13))
_SHAPE_CONSTANT = 1_024  # elements up to which whole numbers are taken for shapes, axes and indices


@dataclass(slots=True)
class _Graph:
    nodes: int = 0
    tensors: int = 0
    parameters: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    attribute_bytes: int = 0
    kinds: set[int] = field(default_factory=set)

    def take(self, constant: _Graph) -> None:
        """Count a constant's tensor, unless it is a shape, an axis or an index."""
        if constant.kinds <= _WHOLE_NUMBERS and constant.parameters < _SHAPE_CONSTANT:
            return
        self.tensors += constant.tensors
        self.parameters += constant.parameters
        self.dtypes.update(constant.dtypes)
        self.names += constant.names
        self.links.update(constant.links)


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise an ONNX model whatever its name; a graph that holds no tensor is turned down with a note."""
    if source.at(0, 1) not in (b"\x08", b"\x3a", b"\x42", b"\x12", b"\x1a"):
        return None
    try:
        graph_field = _model(source)
    except Damaged:
        if key.lower().endswith(".onnx"):
            raise
        return None
    if graph_field is None:
        return None
    graph = _Graph()
    complete = True
    try:
        if graph_field.length > _MIDDLING:
            _search_end(source, graph_field, graph)
        known = _walk(source, graph_field, graph)
    except Exhausted:
        known, complete = graph.nodes > 0 or graph.tensors > 0, False
    except Damaged:
        known = False
    return _verdict(graph, complete) if known else None


def _search_end(source: Source, graph_field: Field, graph: _Graph) -> None:
    """Where a graph is longer than what is read: the files of its tensors' data are named behind its nodes."""
    start = max(graph_field.start, graph_field.end - _END)
    data = source.at(start, graph_field.end - start)
    for match in _LOCATION.finditer(data):
        name = data[match.end() : match.end() + match.group(1)[0]].decode("utf-8", "replace")
        if len(graph.links) < _MAX_LINKS and name.isprintable():
            graph.links[name] = None


def _verdict(graph: _Graph, complete: bool) -> FileVerdict | None:
    if complete and not graph.tensors and graph.attribute_bytes < _ATTRIBUTE_WEIGHTS:
        return FileVerdict(None, note="ONNX graph without weights")
    return FileVerdict(
        "onnx",
        "header",
        parameters=graph.parameters if complete and graph.tensors else None,
        tensors=graph.tensors if complete and graph.tensors else None,
        dtypes=dict(graph.dtypes),
        note=None if complete else "header is longer than what is read of an object",
        examined="header" if complete else "partial",
        links=tuple(graph.links),
        sketch=sketch_of(graph.names),
        stems=stems_of(graph.names),
    )


def _model(source: Source) -> Field | None:
    """The graph's field when the top level is a ModelProto."""
    version, graph, opset = 0, None, False
    for item in _leading(source):
        if _MODEL.get(item.number) != item.wire:
            if graph and graph.end * 2 > source.size:
                break
            return None
        if item.number == 1:
            version = item.value
        elif item.number == 7:
            graph = item
        elif item.number == 8:
            opset = True
    return graph if graph and 0 < version < 64 and (opset or version < 3) else None


def _leading(source: Source) -> Iterator[Field]:
    """The message's fields; what lies behind them and is none is passed over where it is less than half of the object."""
    reached = 0
    try:
        for item in fields(source, 0, source.size, limit=2_000):
            reached = max(reached, item.end)
            yield item
    except Damaged:
        if reached * 2 < source.size:
            raise


def _walk(source: Source, graph_field: Field, graph: _Graph, depth: int = 0) -> bool:
    for item in fields(source, graph_field.start, graph_field.end):
        if _GRAPH.get(item.number) != item.wire:
            return False
        if item.number == 1:
            graph.nodes += 1
            if not _node(source, item, graph, depth):
                return False
        elif item.number == 5:
            _tensor(source, item, graph)
        elif item.number == 15:
            graph.tensors += 1
    return graph.nodes > 0 or graph.tensors > 0


def _node(source: Source, node: Field, graph: _Graph, depth: int = 0) -> bool:
    operation = ""
    for item in fields(source, node.start, node.end):
        if _NODE.get(item.number) != item.wire:
            return False
        if item.number == 4:
            operation = text(source, item, 64)
        elif item.number == 5 and item.length > _SMALLEST_ATTRIBUTE:
            _attribute(source, item, graph, depth)
    return bool(operation) and operation.isprintable()


def _attribute(source: Source, attribute: Field, graph: _Graph, depth: int) -> None:
    """A constant's tensors, a subgraph's (the branches of an If, the body of a Loop), a classical model's coefficients and a
    compiled engine in a string are weights too.
    """
    for item in fields(source, attribute.start, attribute.end, limit=50_000):
        if item.number in (5, 10, 22, 23) and item.wire == BYTES:
            inner = _Graph()
            _tensor(source, item, inner)
            graph.take(inner)
        elif item.number in (6, 11) and item.wire == BYTES and depth < _MOST_DEEP:
            _walk(source, item, graph, depth + 1)
        elif item.number == 7:
            graph.attribute_bytes += item.length or 4
        elif item.number == 4 and item.length > _SHAPE_CONSTANT:
            graph.attribute_bytes += item.length


def _tensor(source: Source, tensor: Field, graph: _Graph) -> None:
    elements, kind, name = 1, 0, ""
    for item in fields(source, tensor.start, tensor.end, limit=10_000):
        if item.number == 1:
            for size in _sizes(source, item):
                elements = min(elements * size, 1 << 62)
        elif item.number == 2:
            kind = item.value
        elif item.number == 8:
            name = text(source, item)
        elif item.number == 13:
            _external(source, item, graph)
    graph.tensors += 1
    graph.kinds.add(kind)
    graph.parameters += elements
    graph.dtypes[_TYPES.get(kind, f"type {kind % 1000}")] += 1
    graph.names.append(name)


def _sizes(source: Source, item: Field) -> list[int]:
    if item.wire == VARINT:
        return [item.value]
    cursor = Cursor(source, item.start, item.end)
    sizes: list[int] = []
    while cursor.left and len(sizes) < 64:
        sizes.append(cursor.varint())
    return sizes


def _external(source: Source, entry: Field, graph: _Graph) -> None:
    pair = {item.number: text(source, item) for item in fields(source, entry.start, entry.end, limit=8)}
    if pair.get(1) == "location" and len(graph.links) < _MAX_LINKS:
        graph.links[pair.get(2, "")] = None
