"""What a zip archive is: PyTorch, TorchScript, Keras 3, `.npz`, a distributed shard, or a parcel with a model in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from weightguard.weights.formats.numpy_arrays import recognise_npz
from weightguard.weights.formats.torch_pickle import judge_torch
from weightguard.weights.formats.zips import Archive, Entry, member, read_archive
from weightguard.weights.model import FileVerdict
from weightguard.weights.pickles import scan
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source

Inner = Callable[[Source, str], FileVerdict | None]
_MAX_INNER = 12
_SMALLEST_INNER = 64


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Recognise a zip archive; `inner` examines a member that may be a model (None inside another archive)."""
    if source.at(0, 4) != b"PK\x03\x04":
        return None
    if not source.exact:
        return _by_first_member(source, key)
    archive = read_archive(source)
    if archive.start:
        return _concatenated(source, archive, key)
    for judge in (_torch, _torch_export, _keras, recognise_npz, _torchserve):
        verdict = judge(source, archive, key)
        if verdict is not None:
            return verdict
    return _parcel(source, archive, key, inner) if inner else None


def _torch(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    entry = next(
        (e for e in archive.entries if e.name.endswith("/data.pkl") and e.name.count("/") == 1), None
    )
    if entry is None:
        return None
    root = entry.name.removesuffix("data.pkl")
    script = archive.named(f"{root}constants.pkl") is not None
    _check_members(archive, source)
    stored = [
        e for e in archive.entries if e.name.startswith((f"{root}data/", f"{root}constants/")) and e.size
    ]
    try:
        facts = scan(Cursor(member(source, entry)))
    except Exhausted:
        kind = "torchscript" if script else "pytorch"
        return FileVerdict(kind, "header", note="header is longer than what is read of an object")
    if script:
        if not stored:
            return FileVerdict(None, note="TorchScript program without tensors")
        verdict = judge_torch(facts, "model", container="TorchScript archive")
        return FileVerdict(
            "torchscript", "header", parameters=verdict.parameters, tensors=verdict.tensors, dtypes=verdict.dtypes,
            sketch=verdict.sketch,
        )  # fmt: skip
    verdict = judge_torch(facts, key, container="PyTorch archive")
    return replace(verdict, traits=verdict.traits | {"torch"})


def _check_members(archive: Archive, source: Source) -> None:
    if any(entry.offset + entry.packed > source.size for entry in archive.entries):
        raise Damaged("zip member lies outside the object")


def _torch_export(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """`torch.export.save`: an archive of JSON programs with weights beside them."""
    names = [entry.name.split("/", 1)[-1] for entry in archive.entries]
    program = (
        any(
            name == "serialized_exported_program.json"
            or (name.startswith("models/") and name.endswith(".json"))
            for name in names
        )
        or "archive_format" in names
    )
    held = ("data/weights/", "weights/", "serialized_state_dict", "data/aotinductor/")
    if not program or not any(name.startswith(held) for name in names):
        return None
    return FileVerdict("pytorch", "header", note="exported program (torch.export)")


def _keras(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    if archive.named("config.json") is None:
        return None
    weights = [
        e
        for e in archive.entries
        if e.name in ("model.weights.h5", "model.weights.npz", "model.weights.json")
    ]
    shards = [e for e in archive.entries if e.name.startswith("model_") and e.name.endswith(".weights.h5")]
    if not weights and not shards:
        return None
    _check_members(archive, source)
    return FileVerdict("keras", "header", note=None)


def _torchserve(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    if archive.named("MAR-INF/MANIFEST.json") is None:
        return None
    return FileVerdict("other", "header", note="TorchServe model archive")


def _concatenated(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """Several `torch.save` streams one behind another are a distributed checkpoint's shard."""
    first = source.at(0, 512)
    if b"/data.pkl" in first[:300] and archive.ending("/data.pkl"):
        return FileVerdict("dcp", "header", traits=frozenset({"dcp.shard"}))
    return None


def _by_first_member(source: Source, key: str) -> FileVerdict | None:
    """Only the head is in hand (a decompressed stream): the first local header decides."""
    name = source.at(30, 200)
    if b"/data.pkl" in name:
        return FileVerdict("pytorch", "header", note="only the beginning was read")
    return None


def _parcel(source: Source, archive: Archive, key: str, inner: Inner) -> FileVerdict | None:
    """Look into the largest members of an ordinary archive."""
    members = sorted((e for e in archive.entries if e.size >= _SMALLEST_INNER), key=_largest)[:_MAX_INNER]
    for entry in members:
        verdict = _member_verdict(source, entry, key, inner)
        if verdict is not None and verdict.format in ("safetensors", "pytorch", "torchscript", "gguf", "onnx", "keras",
                                                      "tflite", "flax", "coreml", "tensorizer"):  # fmt: skip
            return FileVerdict(verdict.format, "header", note="inside a zip archive")
    return None


def _largest(entry: Entry) -> int:
    return -entry.size


def _member_verdict(source: Source, entry: Entry, key: str, inner: Inner) -> FileVerdict | None:
    try:
        return inner(member(source, entry), entry.name)
    except (Damaged, Exhausted):
        return None
