"""What a zip archive is: PyTorch, TorchScript, Keras 3, `.npz`, a distributed shard, or a parcel with a model in it."""

from __future__ import annotations

from dataclasses import replace

from weightguard.weights.formats import hdf5, torch_archive
from weightguard.weights.formats.hdf5_objects import SIGNATURE
from weightguard.weights.formats.numpy_arrays import recognise_npz
from weightguard.weights.formats.parcels import Inner, Parcel
from weightguard.weights.formats.zips import Archive, Entry, check_members, member, read_archive
from weightguard.weights.model import FileVerdict
from weightguard.weights.names import hint
from weightguard.weights.reader import Damaged, Exhausted, Source

_LOCAL = b"PK\x03\x04"
_SPANNED = b"PK\x07\x08"


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Recognise a zip archive; `inner` examines its members (None where too many layers lie around it)."""
    head = source.at(0, 8)
    if not head.startswith((_LOCAL, _SPANNED)):
        return None
    try:
        archive = _directory(source) if source.exact else None
    except Damaged as error:
        if torch_archive.recognise_head(source):
            error.kind = "torch_archive"
        raise
    if archive is None:
        return torch_archive.recognise_head(source) or _beginning()
    if archive.start:
        return torch_archive.recognise_concatenated(source, archive) or _parcel(source, archive, inner)
    return _judged(source, archive, key) or _parcel(source, archive, inner)


def recognise_behind(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Recognise a zip archive behind something else: a llamafile, a self-extracting archive."""
    if not source.exact or source.size < 64:
        return None
    try:
        archive = read_archive(source)
    except (Damaged, Exhausted):
        return None
    if not archive.entries:
        return None
    return _judged(source, archive, key) or _parcel(source, archive, inner)


def _directory(source: Source) -> Archive | None:
    try:
        return read_archive(source)
    except Exhausted:
        return None


def _beginning() -> FileVerdict:
    """An archive whose directory is out of reach."""
    return FileVerdict(None, note="zip archive was not looked through to its end", examined="partial")


def _judged(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """What the archive is as a whole; None for a parcel."""
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
            return _with_tail(verdict, archive)
    return None


def _with_tail(verdict: FileVerdict, archive: Archive) -> FileVerdict:
    if not archive.tail or verdict.format is None:
        return verdict
    return replace(verdict, note=verdict.note or "bytes behind the archive")


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


def _parcel(source: Source, archive: Archive, inner: Inner | None) -> FileVerdict:
    """Look into the members of an ordinary archive: those first whose names say weights, then the largest."""
    parcel = Parcel("zip archive")
    for entry in sorted(archive.entries, key=_telling):
        parcel.look(inner, lambda entry=entry: member(source, entry), entry.name, entry.size)  # type: ignore[misc]
        if parcel.found:
            break
    if not archive.complete:
        parcel.leave("", "partial")
    verdict = parcel.verdict()
    named = [entry.name for entry in archive.entries if entry.name.endswith("model_config.yaml")]
    if named and verdict.format in ("pytorch", "dcp") and verdict.confidence == "header":
        return replace(verdict, format="nemo")
    return verdict


def _telling(entry: Entry) -> tuple[int, int]:
    said = hint(entry.name)
    return 2 if said is None else {"strong": 0, "weak": 1, "marker": 1}[said.strength], -entry.size
