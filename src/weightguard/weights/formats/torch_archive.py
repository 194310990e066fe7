"""PyTorch's zip archives: `torch.save`, TorchScript, exported programs, and shards of distributed checkpoints.

Sources: torch/serialization.py (`_save`), torch/jit, torch/export/pt2_archive/constants.py,
torch/distributed/checkpoint/filesystem.py (a shard is one `torch.save` stream behind another).
"""

from __future__ import annotations

from dataclasses import replace

from weightguard.weights.formats.torch_pickle import judge_torch
from weightguard.weights.formats.zips import Archive, Entry, check_members, member
from weightguard.weights.model import FileVerdict
from weightguard.weights.pickles import Facts, scan
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source

_TOO_LONG = "header is longer than what is read of an object"
_EXPORTED = ("data/weights/", "weights/", "serialized_state_dict", "data/aotinductor/")


def recognise(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """Recognise an archive whose folder holds a `data.pkl`."""
    entry = next((item for item in archive.entries if _is_object(item)), None)
    if entry is None:
        return None
    check_members(archive, source)
    root = entry.name.removesuffix("data.pkl")
    script = archive.named(f"{root}constants.pkl") is not None
    try:
        facts = scan(Cursor(member(source, entry)))
    except Exhausted:
        return FileVerdict("torchscript" if script else "pytorch", "header", note=_TOO_LONG)
    if script:
        return _script(archive, root, facts)
    _check_storages(archive, root, facts)
    verdict = judge_torch(facts, key, container="PyTorch archive")
    return replace(verdict, traits=verdict.traits | {"torch"})


def _is_object(entry: Entry) -> bool:
    return entry.name.endswith("/data.pkl") and entry.name.count("/") == 1


def _script(archive: Archive, root: str, facts: Facts) -> FileVerdict:
    held = (f"{root}data/", f"{root}constants/")
    if not any(entry.name.startswith(held) and entry.size for entry in archive.entries):
        return FileVerdict(None, note="TorchScript program without tensors")
    verdict = judge_torch(facts, "model", container="TorchScript archive")
    return FileVerdict(
        "torchscript", "header", parameters=verdict.parameters, tensors=verdict.tensors, dtypes=verdict.dtypes,
        sketch=verdict.sketch,
    )  # fmt: skip


def _check_storages(archive: Archive, root: str, facts: Facts) -> None:
    """A `data.pkl` that refers to storages needs at least one of them in the archive."""
    if not facts.storages or not archive.complete:
        return
    names = {entry.name for entry in archive.entries}
    if not any(f"{root}data/{key}" in names for key in facts.storages):
        raise Damaged("PyTorch archive without the storages that it refers to")


def recognise_exported(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """Recognise `torch.export.save`: JSON programs with weights beside them."""
    names = [entry.name.split("/", 1)[-1] for entry in archive.entries]
    if not any(map(_is_program, names)) or not any(name.startswith(_EXPORTED) for name in names):
        return None
    return FileVerdict("pytorch", "header", note="exported program (torch.export)")


def _is_program(name: str) -> bool:
    models = name.startswith("models/") and name.endswith(".json")
    return models or name in ("serialized_exported_program.json", "archive_format")


def recognise_concatenated(source: Source, archive: Archive) -> FileVerdict | None:
    """Recognise several archives one behind another, each a tensor."""
    if b"/data.pkl" in source.at(30, 270) and archive.ending("/data.pkl"):
        return FileVerdict("dcp", "header", traits=frozenset({"dcp.shard"}))
    return None


def recognise_head(source: Source) -> FileVerdict | None:
    """Recognise by the first member, when the archive's end is not in hand (a decompressed stream)."""
    if b"/data.pkl" in source.at(30, 270):
        return FileVerdict("pytorch", "header", note="only the beginning was read")
    return None
