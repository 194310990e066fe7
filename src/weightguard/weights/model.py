"""The values that the recogniser takes and gives. Nothing in them holds a byte of an object's content.

`format` is one of `FORMATS` (the report's enumeration), `pointer` for a stand-in such as a git-LFS pointer, or None for what
is not weights. `confidence` is `header` (bytes read and matched), `layout` (known from its neighbours) or `name` (the
bytes could not be read).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from weightguard.errors import WeightguardError

Confidence = Literal["header", "layout", "name"]
Examined = Literal["header", "name", "not_needed", "denied", "failed", "budget"]
Role = Literal["weights", "index", "marker"]

FORMATS = (
    "safetensors", "pytorch", "torchscript", "pickle", "onnx", "tflite", "savedmodel", "keras", "coreml", "gguf",
    "numpy", "flax", "dcp", "deepspeed", "megatron", "nemo", "orbax", "tensorizer", "other",
)  # fmt: skip
POINTER = "pointer"
SMALLEST = 24
"""Objects of fewer bytes hold no weights that a header could tell."""

ReadRange = Callable[[str, int, int], bytes]
"""``read(key, offset, length)`` gives at most `length` bytes of the object from `offset` (fewer at its end), or raises
`ReadDenied` or `ReadFailed`."""


class ReadDenied(WeightguardError):
    """The store refused the ranged read (not authorised, or no use of the key)."""


class ReadFailed(WeightguardError):
    """The ranged read did not work for another reason (archived object, network, throttling given up on)."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One entry of a store's listing. `bytes` is the object's size."""

    key: str
    bytes: int
    last_modified: str | None = None
    storage_class: str | None = None


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What one object's header says.

    Args:
        format: one of `FORMATS`, `pointer`, or None.
        confidence: `header` when bytes were matched, `name` when they could not be read, None when not weights.
        parameters: number of parameters, where the whole header was read.
        tensors: number of tensors, where known.
        dtypes: tensors by element type, as the format spells it.
        note: what a reader should know; for a None format, why a likely name was turned down.
        role: `weights`, or `index`/`marker` for a file that belongs to a set without holding weights.
        examined: how the verdict was reached.
        links: names, relative to the object's folder, of files that the header says belong to the same model.
        traits: small strings for grouping (for example ``dcp.metadata``).
        sketch: a bounded sample of hashed tensor names; two shards of one model share none of them.
    """

    format: str | None
    confidence: Confidence | None = None
    parameters: int | None = None
    tensors: int | None = None
    dtypes: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None
    role: Role = "weights"
    examined: Examined = "header"
    links: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    sketch: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object of a store, classified: a row of the snapshot's `objects/*.parquet`."""

    store: str
    key: str
    bytes: int
    format: str | None
    confidence: Confidence | None
    weight_set: str | None
    parameters: int | None
    note: str | None
    last_modified: str | None
    storage_class: str | None
    examined: Examined


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a weight set."""

    key: str
    bytes: int
    format: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class WeightSet:
    """One model's weights in one store: its shards, indexes and marker files.

    `prefix` is a key prefix ending in ``/`` for a folder (empty for the store's root), the whole key for a single file.
    `shards` counts the files that hold weights, `file_count` and `bytes` all files; `files` are the first 1,000 by key.
    """

    id: str
    name: str
    store: str
    prefix: str
    format: str
    shards: int
    file_count: int
    bytes: int
    parameters: int | None
    confidence: Confidence
    note: str | None
    files: tuple[WeightFile, ...]

    @property
    def files_truncated(self) -> bool:
        """Whether `files` leaves some out."""
        return self.file_count > len(self.files)
