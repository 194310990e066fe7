"""Weight sets put together again from classified objects, in the collector and from a snapshot's rows alike."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from weightguard.weights.model import Confidence, ObjectRow, Role, WeightFile, WeightSet
from weightguard.weights.sketch import joined, read
from weightguard.weights.vocabulary import words

MAX_FILES = 1_000
_ROLE_NOTES: dict[Role, str] = {"index": "index file of the set", "marker": "marker file of the set"}
_PARAMETERS_ADD_UP = frozenset(
    {"safetensors", "gguf", "pytorch", "torchscript", "numpy", "flax", "onnx", "keras", "pickle"}
)
_GENERIC = words(
    """
    model pytorch_model weights model_weights checkpoint adapter_model diffusion_pytorch_model saved_model
    consolidated flax_model tf_model variables data params state default
    """
)
_BEST: tuple[Confidence, ...] = ("header", "layout", "name")


def row_note(role: Role, note: str | None) -> str | None:
    """The note of a set's file; index and marker files are told by it."""
    return _ROLE_NOTES.get(role, note)


def is_shard(row: ObjectRow) -> bool:
    """Whether a set's file holds weights (and is not its index or a marker)."""
    return row.note not in _ROLE_NOTES.values()


@dataclass(slots=True)
class _Gathered:
    store: str
    format: str
    prefix: str | None = None
    count: int = 0
    shards: int = 0
    bytes: int = 0
    parameters: int | None = 0
    confidence: Confidence = "name"
    note: tuple[str, str] | None = None
    files: list[tuple[_Descending, WeightFile]] = field(default_factory=list)
    sketch: frozenset[int] = frozenset()

    def add(self, row: ObjectRow) -> None:
        self.prefix = row.key if self.prefix is None else _common(self.prefix, row.key)
        self.count += 1
        self.bytes += row.bytes
        confidence = row.confidence or "name"
        self.confidence = min(self.confidence, confidence, key=_BEST.index)
        if is_shard(row):
            self.shards += 1
            known = self.parameters is not None and row.parameters is not None
            self.parameters = self.parameters + row.parameters if known else None  # type: ignore[operator]
            if row.note and (self.note is None or (row.key, row.note) < self.note):
                self.note = (row.key, row.note)
        if row.sketch:
            self.sketch = joined((self.sketch, read(row.sketch)))
        file = WeightFile(row.key, row.bytes, row.format or self.format, confidence, row.etag, row.content)
        entry = (_Descending(row.key), file)
        if len(self.files) < MAX_FILES:
            heapq.heappush(self.files, entry)
        elif entry[0] > self.files[0][0]:
            heapq.heapreplace(self.files, entry)


class _Descending(str):
    """A key that sorts backwards, so that a heap lets go of the last key first."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


def assemble(rows: Iterable[ObjectRow]) -> list[WeightSet]:
    """Gather rows of one or more stores into weight sets, sorted by store and prefix. Rows may come in any order."""
    gathered: dict[str, _Gathered] = {}
    for row in rows:
        if row.weight_set is None:
            continue
        entry = gathered.get(row.weight_set)
        if entry is None:
            entry = gathered[row.weight_set] = _Gathered(row.store, row.format or "other")
        entry.add(row)
    sets = [_finished(set_id, entry) for set_id, entry in gathered.items()]
    return sorted(sets, key=lambda item: (item.store, item.prefix, item.id))


def _finished(set_id: str, entry: _Gathered) -> WeightSet:
    prefix = entry.prefix or ""
    alone = entry.shards == 1
    return WeightSet(
        id=set_id,
        name=_name(prefix, entry.store),
        store=entry.store,
        prefix=prefix,
        format=entry.format,
        shards=max(1, entry.shards),
        file_count=entry.count,
        bytes=entry.bytes,
        parameters=(entry.parameters or None) if alone or entry.format in _PARAMETERS_ADD_UP else None,
        confidence=entry.confidence,
        note=entry.note[1] if entry.note else None,
        files=tuple(sorted((file for _, file in entry.files), key=lambda file: file.key)),
        sketch=entry.sketch,
    )


def _common(prefix: str, key: str) -> str:
    """The longest folder that holds both, empty for the store's root."""
    length = 0
    for left, right in zip(prefix, key, strict=False):
        if left != right:
            break
        length += 1
    return prefix[: prefix.rfind("/", 0, length) + 1]


def _name(prefix: str, store: str) -> str:
    """A model's name: the folder's, or the file's unless that is one that every model has."""
    parts = [part for part in prefix.split("/") if part]
    if parts and not prefix.endswith("/"):
        stem = parts.pop().split(".", 1)[0]
        if stem and stem.lower() not in _GENERIC:
            return stem
    while parts and parts[-1].lower() in _GENERIC and len(parts) > 1:
        parts.pop()
    return parts[-1] if parts else store.rsplit(":", 1)[-1]
