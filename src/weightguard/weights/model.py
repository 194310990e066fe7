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
Examined = Literal[
    "header", "name", "not_needed", "denied", "failed", "budget", "damaged", "partial", "sealed", "archived", "opaque",
    "unfinished", "old_version",
]  # fmt: skip
UNREAD: frozenset[Examined] = frozenset(
    ("denied", "failed", "budget", "damaged", "partial", "sealed", "archived", "opaque", "unfinished", "old_version")
)  # fmt: skip
"""How an object was left that may hold weights: nothing that was read of it says that it holds none."""
Role = Literal["weights", "index", "marker"]

FORMATS = (
    "safetensors", "pytorch", "torchscript", "pickle", "onnx", "tflite", "savedmodel", "keras", "coreml", "gguf",
    "numpy", "flax", "dcp", "deepspeed", "megatron", "nemo", "orbax", "tensorizer", "other",
)  # fmt: skip
POINTER = "pointer"
SMALLEST = 24
"""Objects of fewer bytes hold no weights that a header could tell."""
LARGE = 1_000_000
"""From this many bytes on an object of no recognised kind is opaque: what it holds is not known."""

ReadRange = Callable[[str, int, int], bytes]
"""``read(key, offset, length)`` gives at most `length` bytes of the object from `offset` (fewer at its end), or raises
`ReadDenied` or `ReadFailed`."""


class ReadDenied(WeightguardError):
    """The store refused the ranged read (not authorised, or no use of the key)."""


class ReadFailed(WeightguardError):
    """The ranged read did not work for another reason (network, throttling given up on)."""


class ReadArchived(ReadFailed):
    """The object lies in an archive and would have to be restored first."""


class ReadSealed(ReadFailed):
    """The object was encrypted before it reached the store: what a read gives is ciphertext."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One entry of a store's listing.

    Args:
        bytes: the object's size.
        etag: the store's own mark of the content, without quotes; two objects of one size and mark are copies.
        state: how a row stands that no current object is behind: ``unfinished`` upload, or only an ``old_version``.
    """

    key: str
    bytes: int
    last_modified: str | None = None
    storage_class: str | None = None
    etag: str | None = None
    state: Examined | None = None


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
        stems: the same of the names without their numbers; two shards of one model share some of them.
        content: a digest of the header: equal headers of equal objects are copies of one model.
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
    stems: frozenset[int] = frozenset()
    content: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object of a store, classified: a row of the snapshot's `objects/*.parquet`.

    `etag`, `content` and `sketch` are given for files of a weight set alone, and join copies of one model.
    """

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
    etag: str | None = None
    content: str | None = None
    sketch: str | None = None


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a weight set; `etag` and `content` tell copies of it."""

    key: str
    bytes: int
    format: str
    confidence: Confidence
    etag: str | None = None
    content: str | None = None


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
    sketch: frozenset[int] = frozenset()

    @property
    def files_truncated(self) -> bool:
        """Whether `files` leaves some out."""
        return self.file_count > len(self.files)
