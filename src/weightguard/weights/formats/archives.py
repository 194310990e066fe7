"""What a zip archive is: PyTorch, TorchScript, Keras 3, `.npz`, a distributed shard, or a parcel with a model in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from weightguard.weights.formats import hdf5, torch_archive
from weightguard.weights.formats.hdf5_objects import SIGNATURE
from weightguard.weights.formats.numpy_arrays import recognise_npz
from weightguard.weights.formats.zips import Archive, Entry, check_members, member, read_archive
from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Exhausted, Source

Inner = Callable[[Source, str], FileVerdict | None]
PARCELLED = frozenset(
    ("safetensors", "pytorch", "torchscript", "gguf", "onnx", "keras", "tflite", "flax", "coreml", "tensorizer", "savedmodel",
     "nemo")
)  # fmt: skip
"""Formats that count inside an archive of other things: those that no data set is kept in."""
_MAX_INNER = 12
_SMALLEST_INNER = 64


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Recognise a zip archive; `inner` examines a member that may be a model (None inside another archive)."""
    if source.at(0, 4) != b"PK\x03\x04":
        return None
    try:
        archive = read_archive(source) if source.exact else None
    except Exhausted:
        archive = None
    if archive is None:
        return torch_archive.recognise_head(source)
    if archive.start:
        return torch_archive.recognise_concatenated(source, archive)
    for judge in (
        torch_archive.recognise,
        torch_archive.recognise_exported,
        _keras,
        _skops,
        recognise_npz,
        _torchserve,
    ):
        verdict = judge(source, archive, key)
        if verdict is not None:
            return verdict
    return _parcel(source, archive, inner) if inner else None


def _keras(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """Keras 3: a configuration beside HDF5 weights (or their shards)."""
    if archive.named("config.json") is None:
        return None
    weights = archive.ending(".weights.h5")
    if weights is None:
        return FileVerdict("keras", "header") if archive.named("model.weights.npz") else None
    check_members(archive, source)
    try:
        held = member(source, weights)
        if held.at(0, len(SIGNATURE)) != SIGNATURE:
            return FileVerdict(None, note="Keras archive whose weights are not HDF5")
        verdict = hdf5.recognise(held, weights.name)
    except Exhausted:
        verdict = None
    alone = verdict is not None and verdict.format == "keras" and weights.name == "model.weights.h5"
    return replace(verdict, note=None) if verdict and alone else FileVerdict("keras", "header")


def _skops(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """skops: a fitted scikit-learn model as a schema with its arrays."""
    if archive.named("schema.json") is None or archive.ending(".npy") is None:
        return None
    return FileVerdict("other", "header", note="skops")


def _torchserve(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    if archive.named("MAR-INF/MANIFEST.json") is None:
        return None
    return FileVerdict("other", "header", note="TorchServe model archive")


def _parcel(source: Source, archive: Archive, inner: Inner) -> FileVerdict | None:
    """Look into the largest members of an ordinary archive."""
    members = sorted((entry for entry in archive.entries if entry.size >= _SMALLEST_INNER), key=_largest)
    for entry in members[:_MAX_INNER]:
        verdict = _member_verdict(source, entry, inner)
        if verdict is not None and verdict.format in PARCELLED:
            return FileVerdict(verdict.format, "header", note="inside a zip archive")
    return None


def _largest(entry: Entry) -> int:
    return -entry.size


def _member_verdict(source: Source, entry: Entry, inner: Inner) -> FileVerdict | None:
    try:
        return inner(member(source, entry), entry.name)
    except (Damaged, Exhausted):
        return None
