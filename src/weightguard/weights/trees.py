"""Models that are folders: SavedModel, Core ML packages, Orbax, distributed checkpoints, Megatron, DeepSpeed, NeMo, zarr.

Each detector gives the folders it recognises. Where folders nest, the outermost model wins (a NeMo model holds a distributed
checkpoint, which is not a second model).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from weightguard.weights.claims import Candidate, Shelf, Tree, folder, parent
from weightguard.weights.model import Role
from weightguard.weights.vocabulary import names_kind

RoleOf = Callable[[str], Role | None]

_ITERATION = re.compile(r"^(?:iter_\d{7}|release)$")
_RANK = re.compile(r"^mp_rank_\d{2}(?:_\d{3}){0,2}$")
_DEEPSPEED = re.compile(
    r"^(?:bf16_)?(?:zero_pp_rank_\d+_)?mp_rank_\d+_(?:model|optim)_states\.pt$|^layer_\d+-model_\d+-model_states\.pt$"
    r"|^(?:layer_\d+_)?expert_\d+_mp_rank_\d+_(?:model|optim)_states\.pt$"
)
_PACKAGE = re.compile(r"^(?:.*/)?[^/]+\.(?:mlpackage|mlmodelc)/")
_OCDBT_PROCESS = re.compile(r"^ocdbt\.process_\d+$")
_SAVED_FILES = frozenset({"saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb", "fingerprint.pb"})
_ORBAX_VALUES = frozenset({"manifest.ocdbt", ".zarray", "zarr.json", "checkpoint"})
_ORBAX_MARKERS = frozenset({"manifest.ocdbt", "commit_success.txt", "zarr.json", "orbax.checkpoint"})
_ORBAX_STRANGERS = frozenset({"readme.md", "readme.txt"})
_CHECKPOINT_MARKERS = frozenset({".metadata", "metadata.json", "run_config.yaml"})
_MEGATRON_FILES = frozenset({"common.pt", "train_state.pt", "latest_train_state.pt"})


def find_trees(shelf: Shelf, contexts: frozenset[str]) -> list[Tree]:
    """Every folder that is one model, outermost first.

    Args:
        shelf: the interesting objects.
        contexts: folders that have a ``context/`` folder (NeMo 2).
    """
    found = [
        *_nemo(shelf, contexts),
        *_megatron(shelf),
        *_megatron_arrays(shelf),
        *_universal(shelf),
        *_deepspeed(shelf),
        *_orbax(shelf),
        *_saved_models(shelf),
        *_coreml(shelf),
        *_distributed(shelf),
        *_zarr(shelf),
    ]
    kept: dict[str, Tree] = {}
    for tree in sorted(found, key=_depth):
        if tree.root not in kept and not _inside_another(tree, kept):
            kept[tree.root] = tree
    return list(kept.values())


def _depth(tree: Tree) -> int:
    return tree.root.count("/")


def _inside_another(tree: Tree, kept: dict[str, Tree]) -> bool:
    """Whether an outer model takes everything that lies here."""
    above = tree.root
    while above:
        above = parent(above)
        outer = kept.get(above)
        if outer and outer.accept(tree.root[len(above) :] + "x") is not None:
            return True
    return False


def _part_of_model(candidate: Candidate, *formats: str) -> bool:
    effective = candidate.effective
    return effective is not None and effective.format in formats


def _base(key: str) -> str:
    return key.rsplit("/", 1)[-1]


def _last(place: str) -> str:
    """The name of a folder."""
    return _base(place[:-1])


def _folders(shelf: Shelf, wanted: Callable[[str, Candidate], bool]) -> Iterable[str]:
    return dict.fromkeys(folder(key) for key, candidate in shelf if wanted(key, candidate))


def _everything(relative: str) -> Role | None:
    return "weights"


def _saved_models(shelf: Shelf) -> Iterator[Tree]:
    for key, candidate in shelf:
        unread = candidate.unread and _base(key) in ("saved_model.pb", "saved_model.pbtxt")
        if candidate.has("savedmodel") or unread:
            stored = bool(shelf.files(f"{folder(key)}variables/"))
            yield Tree(
                folder(key), "savedmodel", _saved_model_role(_base(key), "marker" if stored else "weights")
            )


def _saved_model_role(graph: str, graph_role: Role) -> RoleOf:
    """Without a `variables` folder the graph itself holds what weights there are."""

    def role(relative: str) -> Role | None:
        if relative.startswith("variables/"):
            return "index" if relative.endswith(".index") else "weights"
        if relative == graph:
            return graph_role
        known = relative in _SAVED_FILES or relative.startswith(("assets/", "assets.extra/"))
        return "marker" if known else None

    return role


def _coreml(shelf: Shelf) -> Iterator[Tree]:
    for key, candidate in shelf:
        if candidate.has("coreml.manifest"):
            yield Tree(folder(key), "coreml", _package_role)
        elif _part_of_model(candidate, "coreml"):
            package = _PACKAGE.match(key)
            if package:
                yield Tree(package.group(), "coreml", _coreml_role)


def _package_role(relative: str) -> Role | None:
    return _coreml_role(relative) if relative == "Manifest.json" or relative.startswith("Data/") else None


def _coreml_role(relative: str) -> Role | None:
    marker = relative.endswith((".json", ".mil")) or _base(relative) == "coremldata.bin"
    return "marker" if marker else "weights"


def _orbax(shelf: Shelf) -> Iterator[Tree]:
    """Folders with Orbax's metadata or a key-value store's manifest, when something below holds values."""
    holding = _folders_above(key for key, candidate in shelf if _holds_values(key, candidate))
    for key, candidate in shelf:
        root = folder(key)
        if candidate.has("orbax.metadata") and root in holding:
            yield Tree(root, "orbax", _orbax_role)
        elif candidate.has("ocdbt.manifest"):
            inner = _OCDBT_PROCESS.match(_last(root))
            yield Tree(parent(root) if inner else root, "orbax", _orbax_role)


def _holds_values(key: str, candidate: Candidate) -> bool:
    return candidate.has("ocdbt.manifest") or _base(key) in _ORBAX_VALUES


def _folders_above(keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for key in keys:
        above = folder(key)
        while above not in found:
            found.add(above)
            above = parent(above)
    return found


def _orbax_role(relative: str) -> Role | None:
    base = _base(relative)
    if base.startswith(("_", ".z")) or base in _ORBAX_MARKERS or "array_metadatas/" in relative:
        return "marker"
    return None if base.startswith("events.out") or base.lower() in _ORBAX_STRANGERS else "weights"


def _distributed(shelf: Shelf) -> Iterator[Tree]:
    for root in _folders(shelf, _is_distributed):
        if only_moments(root, shelf):
            continue
        described = shelf.get(f"{root}metadata.json")
        megatron = described is not None and described.has("megatron.metadata")
        if megatron or f"{root}common.pt" in shelf or _ITERATION.match(_last(root)):
            yield Tree(_iteration_root(root, shelf), "megatron", _megatron_role)
        else:
            yield Tree(root, "dcp", _distributed_role(root, shelf))


def only_moments(root: str, shelf: Shelf) -> bool:
    """Whether the folder of a distributed checkpoint holds an optimiser's state and no parameter, as its metadata says."""
    return any(candidate.has("dcp.moments") for _, candidate in shelf.files(root))


def _is_distributed(key: str, candidate: Candidate) -> bool:
    """A shard: several archives one behind another, or under a shard's name a single one or bytes that were not read."""
    named = key.endswith(".distcp")
    return candidate.has("dcp.shard") or (named and (candidate.unread or candidate.has("torch")))


def _distributed_role(root: str, shelf: Shelf) -> RoleOf:
    shards = {key[len(root) :] for key, candidate in shelf.files(root) if candidate.has("dcp.shard")}
    markers = {key[len(root) :] for key, candidate in shelf.files(root) if candidate.has("dcp.metadata")}

    def role(relative: str) -> Role | None:
        if relative in _CHECKPOINT_MARKERS or relative in markers:
            return "marker"
        return (
            "weights"
            if relative in shards or (relative.endswith(".distcp") and "/" not in relative)
            else None
        )

    return role


def _megatron(shelf: Shelf) -> Iterator[Tree]:
    for root in _folders(shelf, _is_megatron_rank):
        yield Tree(_iteration_root(parent(root), shelf), "megatron", _megatron_role)


def _megatron_arrays(shelf: Shelf) -> Iterator[Tree]:
    """Megatron's distributed checkpoint with an array store for a backend: a folder a parameter beside ``metadata.json``."""
    for key, candidate in shelf:
        root = folder(key)
        if not candidate.has("megatron.metadata"):
            continue
        if any(inner.has("zarr") for place in shelf.folders(root) for _, inner in shelf.below(place)):
            yield Tree(_iteration_root(root, shelf), "megatron", _array_role)


def _array_role(relative: str) -> Role | None:
    base = _base(relative)
    marker = (
        base.startswith(".z") or base in _CHECKPOINT_MARKERS or base == "latest_checkpointed_iteration.txt"
    )
    return "marker" if marker else "weights"


def _is_megatron_rank(key: str, candidate: Candidate) -> bool:
    return bool(_RANK.match(_last(folder(key)))) and _part_of_model(
        candidate, "pytorch", "megatron", "deepspeed"
    )


def _iteration_root(root: str, shelf: Shelf) -> str:
    """The folder of one Megatron checkpoint: the run's when it holds a single iteration, else the iteration's own."""
    above = parent(root)
    if root and _ITERATION.match(_last(root)) and f"{above}latest_checkpointed_iteration.txt" in shelf:
        siblings = [place for place in shelf.folders(above) if _ITERATION.match(_last(place))]
        if len(siblings) == 1:
            return above
    return root


def _megatron_role(relative: str) -> Role | None:
    first, _, rest = relative.partition("/")
    if rest and _ITERATION.match(first):
        return _megatron_role(rest)
    if relative == "latest_checkpointed_iteration.txt" or relative in _CHECKPOINT_MARKERS:
        return "marker"
    if (rest and _RANK.match(first)) or relative in _MEGATRON_FILES or relative.endswith(".distcp"):
        return "weights"
    return None


def _deepspeed(shelf: Shelf) -> Iterator[Tree]:
    for root in _folders(shelf, _is_deepspeed):
        above = parent(root)
        steps = [place for place in shelf.folders(above) if _has_deepspeed(place, shelf)]
        marked = f"{above}latest" in shelf or f"{above}zero_to_fp32.py" in shelf
        if root and marked and len(steps) == 1:
            yield Tree(above, "deepspeed", _deepspeed_role(_last(root)))
        else:
            yield Tree(root, "deepspeed", _deepspeed_role(""))


def _has_deepspeed(place: str, shelf: Shelf) -> bool:
    return any(_is_deepspeed(key, candidate) for key, candidate in shelf.files(place))


def _is_deepspeed(key: str, candidate: Candidate) -> bool:
    return bool(_DEEPSPEED.match(_base(key))) and (
        candidate.effective is not None or candidate.has("optimizer")
    )


_UNIVERSAL = re.compile(r"^zero/.+/[^/]+\.pt$")
_UNIVERSAL_FILES = frozenset({"latest_universal", "latest"})


def _universal(shelf: Shelf) -> Iterator[Tree]:
    """DeepSpeed's universal checkpoint: ``zero/`` with a folder a parameter, in it ``fp32.pt`` beside its moments."""
    for key, candidate in shelf:
        root, found, _ = key.rpartition("/zero/")
        above = f"{root}/" if found else ""
        if _base(key) == "fp32.pt" and (found or key.startswith("zero/")) and candidate.effective is not None:
            yield Tree(above, "deepspeed", _universal_role)


def _universal_role(relative: str) -> Role | None:
    if relative in _UNIVERSAL_FILES:
        return "marker"
    held = _UNIVERSAL.match(relative) or ("/" not in relative and relative.endswith("_states.pt"))
    return "weights" if held else None


def _deepspeed_role(step: str) -> RoleOf:
    def role(relative: str) -> Role | None:
        if relative in ("latest", "zero_to_fp32.py"):
            return "marker"
        place, _, base = relative.rpartition("/")
        return "weights" if place == step and base.endswith("_states.pt") else None

    return role


def _nemo(shelf: Shelf, contexts: frozenset[str]) -> Iterator[Tree]:
    for root in _folders(shelf, _is_distributed):
        above = parent(root)
        if root and _last(root) == "weights" and above in contexts:
            yield Tree(above, "nemo", _nemo_role)
    for key, _ in shelf:
        if _base(key) == "model_config.yaml" and _unpacked_weights(folder(key), shelf):
            yield Tree(folder(key), "nemo", _unpacked_role)


def _unpacked_weights(root: str, shelf: Shelf) -> bool:
    single = shelf.get(f"{root}model_weights.ckpt")
    if single is not None and single.effective is not None:
        return True
    return any(_is_distributed(key, candidate) for key, candidate in shelf.files(f"{root}model_weights/"))


def _nemo_role(relative: str) -> Role | None:
    if relative.startswith("context/") or relative.endswith((".metadata", "metadata.json")):
        return "marker"
    return "weights" if relative.startswith("weights/") else None


def _unpacked_role(relative: str) -> Role | None:
    if relative == "model_config.yaml":
        return "marker"
    return "weights" if relative.startswith("model_weights") else None


def _zarr(shelf: Shelf) -> Iterator[Tree]:
    """A zarr hierarchy whose arrays are named as parameters are; any other is data."""
    arrays: dict[str, list[str]] = defaultdict(list)
    groups = {folder(key) for key, _ in shelf if _base(key) == ".zgroup"}
    for key, candidate in shelf:
        if candidate.has("zarr") and _base(key) in (".zarray", "zarr.json"):
            root = _zarr_root(folder(key), groups)
            arrays[root].append(folder(key)[len(root) :].strip("/").replace("/", "."))
    for root, names in arrays.items():
        if names_kind(name for name in names if name) == "parameters":
            checkpoint = f"{root}checkpoint" in shelf
            yield Tree(root, "orbax" if checkpoint else "other", _everything, None if checkpoint else "zarr")


def _zarr_root(array: str, groups: set[str]) -> str:
    root, above = parent(array), parent(array)
    while above:
        if above in groups:
            root = above
        above = parent(above)
    return root
