"""Models that are one protocol-buffer message: TensorFlow SavedModel and frozen graphs, Core ML, Caffe.

Sources: tensorflow/core/protobuf/saved_model.proto, meta_graph.proto, framework/graph.proto and node_def.proto;
coremltools' Model.proto; Caffe's caffe.proto. None has magic bytes, so the message's own fields are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from weightguard.weights.formats.protobuf import BYTES, VARINT, Field, fields, text
from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Exhausted, Source

# Model.proto: the members of the `Type` oneof.
_COREML_KINDS = frozenset(
    (200, 201, 202, 300, 301, 302, 303, 304, 400, 401, 402, 403, 404, 500, 501, 502, 555, 556, 600, 601, 602, 603,
     604, 606, 607, 609, 610, 900, 2000, 2001, 2002, 2003, 2004, 2005, 2006, 3000)
)  # fmt: skip
# Those kinds that hold no learnt number.
_COREML_WEIGHTLESS = frozenset((555, 556, 600, 602, 603, 606, 900, 2002))
_CAFFE_LAYERS = frozenset(
    ("Convolution", "InnerProduct", "BatchNorm", "Scale", "ReLU", "Pooling", "Data", "Input", "Softmax", "Deconvolution",
     "LSTM", "Concat")
)  # fmt: skip
_LOOKED_AT = 4_000


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a SavedModel, a frozen graph, a Core ML model or Caffe weights."""
    first = source.at(0, 1)
    if first == b"\x08":
        named = key.endswith("saved_model.pb")
        return _quietly(source, _named_saved_model if named else _saved_model) or _quietly(source, _coreml)
    if first == b"\x0a":
        return _quietly(source, _frozen_graph) or _quietly(source, _caffe)
    return None


def _quietly(source: Source, judge: Callable[[Source], FileVerdict | None]) -> FileVerdict | None:
    try:
        return judge(source)
    except (Damaged, Exhausted):
        return None


def _inside(source: Source, item: Field, limit: int = 2_000) -> Iterator[Field]:
    return fields(source, item.start, item.end, limit=limit)


def _named_saved_model(source: Source) -> FileVerdict | None:
    return _saved_model(source, named=True)


def _saved_model(source: Source, *, named: bool = False) -> FileVerdict | None:
    """Under its own name a SavedModel need not say which TensorFlow wrote it."""
    graphs = []
    for item in fields(source, 0, source.size, limit=100):
        if (item.number, item.wire) not in ((1, VARINT), (2, BYTES)) or (
            item.number == 1 and item.value != 1
        ):
            return None
        if item.number == 2:
            graphs.append(item)
    if not graphs or not _is_meta_graph(source, graphs[0], named):
        return None
    return FileVerdict("savedmodel", "header", traits=frozenset({"savedmodel"}), role="marker")


def _is_meta_graph(source: Source, graph: Field, named: bool) -> bool:
    """A MetaGraphDef: information with a TensorFlow version (field 5) or tags (field 4), and a graph (field 2)."""
    informed = has_graph = False
    for item in _inside(source, graph):
        if item.wire != BYTES or item.number > 7:
            return False
        if item.number == 1:
            informed = any(inner.number in (4, 5) for inner in _inside(source, item))
        has_graph = has_graph or item.number == 2
    return has_graph and (informed or named)


def _coreml(source: Source) -> FileVerdict | None:
    kinds = []
    version = 0
    for item in fields(source, 0, source.size, limit=64):
        if item.number == 1 and item.wire == VARINT:
            version = item.value
        elif item.number in _COREML_KINDS and item.wire == BYTES:
            kinds.append(item)
        elif item.number not in (2, 10) or item.wire != (BYTES if item.number == 2 else VARINT):
            return None
    if len(kinds) != 1 or not 0 < version < 64:
        return None
    if kinds[0].number in _COREML_WEIGHTLESS:
        return FileVerdict(None, note="Core ML transform without weights")
    return FileVerdict("coreml", "header", traits=frozenset({"coreml.spec"}))


def _frozen_graph(source: Source) -> FileVerdict | None:
    """A GraphDef whose constants hold its weights."""
    constants, others = 0, 0
    try:
        for item in islice(fields(source, 0, source.size), _LOOKED_AT):
            if item.number == 1 and item.wire == BYTES:
                operation = _operation(source, item)
                if not operation:
                    return None
                constants += operation == "Const" and item.length > 128
                others += operation != "Const"
            elif item.number > 5:
                return None
    except Exhausted:
        others += constants > 1
    if not constants or not others:
        return None
    return FileVerdict("savedmodel", "header", note="TensorFlow frozen graph")


def _operation(source: Source, node: Field) -> str:
    found = ""
    for item in _inside(source, node, limit=500):
        if item.number > 8 or (item.number <= 5 and item.wire != BYTES):
            return ""
        if item.number == 2:
            found = text(source, item, 64)
            break
    return found if found.isidentifier() or found.replace(">", "").isidentifier() else ""


def _caffe(source: Source) -> FileVerdict | None:
    """NetParameter: a name, then layers (field 100) with a type among Caffe's and blobs (field 7)."""
    for item in islice(fields(source, 0, source.size), 200):
        if item.number == 100 and item.wire == BYTES:
            inner = {part.number: part for part in _inside(source, item, limit=200)}
            kind = inner.get(2)
            if kind is None or kind.wire != BYTES or text(source, kind, 64) not in _CAFFE_LAYERS:
                return None
            if 7 in inner:
                return FileVerdict("other", "header", note="Caffe")
        elif item.number > 100:
            return None
    return None
