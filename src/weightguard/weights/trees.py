"""Models that are folders: SavedModel, Core ML packages, Orbax, distributed checkpoints, Megatron, DeepSpeed, NeMo, zarr.

Each detector gives the folders it recognises. Where folders nest, the outermost model wins (a NeMo model holds a distributed
checkpoint, which is not a second model).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from weightguard.weights.claims import Candidate, Candidates, Tree, folder, parent
from weightguard.weights.model import Role
from weightguard.weights.vocabulary import names_kind

_ITERATION = re.compile(r"^iter_\d{7}$")
_RANK = re.compile(r"^mp_rank_\d{2}(?:_\d{3}){0,2}$")
_DEEPSPEED = re.compile(
    r"^(?:bf16_)?(?:zero_pp_rank_\d+_)?mp_rank_\d+_(?:model|optim)_states\.pt$|^layer_\d+-model_\d+-model_states\.pt$"
    r"|^(?:layer_\d+_)?expert_\d+_mp_rank_\d+_(?:model|optim)_states\.pt$"
)
_PACKAGE = re.compile(r"^(?:.*/)?[^/]+\.(?:mlpackage|mlmodelc)/")
_OCDBT_PROCESS = re.compile(r"^ocdbt\.process_\d+$")
_SAVED_FILES = frozenset({"saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb", "fingerprint.pb"})
_ORBAX_MARKERS = frozenset({"manifest.ocdbt", "commit_success.txt", "zarr.json"})
_CHECKPOINT_MARKERS = frozenset({".metadata", "metadata.json", "run_config.yaml"})
_MEGATRON_FILES = frozenset({"common.pt", "train_state.pt", "latest_train_state.pt"})


def find_trees(candidates: Candidates, contexts: frozenset[str]) -> list[Tree]:
    """Every folder that is one model, outermost first.

    Args:
        candidates: the interesting objects.
        contexts: folders that have a ``context/`` folder (NeMo 2).
    """
    found = [
        *_nemo(candidates, contexts),
        *_megatron(candidates),
        *_deepspeed(candidates),
        *_orbax(candidates),
        *_saved_models(candidates),
        *_coreml(candidates),
        *_distributed(candidates),
        *_zarr(candidates),
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


def _everything(relative: str) -> Role | None:
    return "weights"


def _saved_models(candidates: Candidates) -> Iterator[Tree]:
    for key, candidate in candidates.items():
        unread = candidate.unread and _base(key) in ("saved_model.pb", "saved_model.pbtxt")
        if candidate.has("savedmodel") or unread:
            yield Tree(folder(key), "savedmodel", _saved_model_role(_base(key)))


def _saved_model_role(graph: str) -> Callable[[str], Role | None]:
    def role(relative: str) -> Role | None:
        if relative.startswith("variables/"):
            return "index" if relative.endswith(".index") else "weights"
        if relative == graph or relative in _SAVED_FILES or relative.startswith(("assets/", "assets.extra/")):
            return "marker"
        return None

    return role


def _coreml(candidates: Candidates) -> Iterator[Tree]:
    for key, candidate in candidates.items():
        if candidate.has("coreml.manifest"):
            yield Tree(folder(key), "coreml", _package_role)
        elif candidate.effective and _part_of_model(candidate, "coreml"):
            package = _PACKAGE.match(key)
            if package:
                yield Tree(package.group(), "coreml", _coreml_role)


def _package_role(relative: str) -> Role | None:
    return _coreml_role(relative) if relative == "Manifest.json" or relative.startswith("Data/") else None


def _coreml_role(relative: str) -> Role | None:
    return (
        "marker" if relative.endswith((".json", ".mil")) or _base(relative) == "coremldata.bin" else "weights"
    )


def _orbax(candidates: Candidates) -> Iterator[Tree]:
    for key, candidate in candidates.items():
        if candidate.has("orbax.metadata"):
            yield Tree(folder(key), "orbax", _orbax_role)
        elif candidate.has("ocdbt.manifest"):
            root = folder(key)
            if _OCDBT_PROCESS.match(_base(root[:-1])):
                root = parent(root)
            yield Tree(root, "orbax", _orbax_role)


def _orbax_role(relative: str) -> Role | None:
    base = _base(relative)
    if base.startswith(("_", ".z")) or base in _ORBAX_MARKERS or "array_metadatas/" in relative:
        return "marker"
    return None if base.startswith("events.out") or base.lower() in ("readme.md", "readme.txt") else "weights"


def _distributed(candidates: Candidates) -> Iterator[Tree]:
    for root in _folders(candidates, _is_distributed):
        megatron = any(
            candidates[key].has("megatron.metadata") for key in (f"{root}metadata.json",) if key in candidates
        )
        if megatron or f"{root}common.pt" in candidates or _ITERATION.match(_base(root[:-1])):
            yield Tree(*_iteration_root(root, candidates), _megatron_role)
        else:
            yield Tree(root, "dcp", _distributed_role)


def _is_distributed(key: str, candidate: Candidate) -> bool:
    return _part_of_model(candidate, "dcp") or (candidate.unread and key.endswith(".distcp"))


def _distributed_role(relative: str) -> Role | None:
    if relative in _CHECKPOINT_MARKERS:
        return "marker"
    return "weights" if relative.endswith(".distcp") and "/" not in relative else None


def _folders(candidates: Candidates, wanted: Callable[[str, Candidate], bool]) -> Iterable[str]:
    return dict.fromkeys(folder(key) for key, candidate in candidates.items() if wanted(key, candidate))


def _megatron(candidates: Candidates) -> Iterator[Tree]:
    for root in _folders(candidates, _is_megatron_rank):
        yield Tree(*_iteration_root(parent(root), candidates), _megatron_role)


def _is_megatron_rank(key: str, candidate: Candidate) -> bool:
    return bool(_RANK.match(_base(folder(key)[:-1]))) and _part_of_model(
        candidate, "pytorch", "megatron", "deepspeed"
    )


def _iteration_root(root: str, candidates: Candidates) -> tuple[str, str]:
    """The folder of one Megatron checkpoint: the run's when it holds a single iteration, else the iteration's own."""
    above = parent(root)
    name = _base(root[:-1])
    if (
        _ITERATION.match(name) or name == "release"
    ) and f"{above}latest_checkpointed_iteration.txt" in candidates:
        siblings = {key[len(above) :].split("/", 1)[0] for key in candidates if key.startswith(above)}
        if sum(bool(_ITERATION.match(sibling)) or sibling == "release" for sibling in siblings) == 1:
            return above, "megatron"
    return root, "megatron"


def _megatron_role(relative: str) -> Role | None:
    first, _, rest = relative.partition("/")
    if rest and (_ITERATION.match(first) or first == "release"):
        return _megatron_role(rest)
    if relative == "latest_checkpointed_iteration.txt" or relative in _CHECKPOINT_MARKERS:
        return "marker"
    if (_RANK.match(first) and rest) or relative in _MEGATRON_FILES or relative.endswith(".distcp"):
        return "weights"
    return None


def _deepspeed(candidates: Candidates) -> Iterator[Tree]:
    for root in _folders(candidates, _is_deepspeed):
        above = parent(root)
        steps = {
            key[len(above) :].split("/", 1)[0]
            for key in candidates
            if key.startswith(above) and _DEEPSPEED.match(_base(key))
        }
        lifted = (
            len(steps) == 1
            and root != above
            and {f"{above}latest", f"{above}zero_to_fp32.py"} & candidates.keys()
        )
        yield Tree(
            above if lifted else root, "deepspeed", _deepspeed_role(_base(root[:-1]) if lifted else "")
        )


def _is_deepspeed(key: str, candidate: Candidate) -> bool:
    return bool(_DEEPSPEED.match(_base(key))) and (
        candidate.effective is not None or _shown_optimizer(candidate)
    )


def _shown_optimizer(candidate: Candidate) -> bool:
    return candidate.verdict is not None and candidate.verdict.note == "optimiser state without parameters"


def _deepspeed_role(step: str) -> Callable[[str], Role | None]:
    def role(relative: str) -> Role | None:
        if relative in ("latest", "zero_to_fp32.py"):
            return "marker"
        expected, _, base = relative.rpartition("/")
        return "weights" if expected == step and (base.endswith("_states.pt") or base == "x") else None

    return role


def _nemo(candidates: Candidates, contexts: frozenset[str]) -> Iterator[Tree]:
    for root in _folders(candidates, _is_distributed):
        above = parent(root)
        if _base(root[:-1]) == "weights" and above in contexts:
            yield Tree(above, "nemo", _nemo_role)
    for key in candidates:
        if _base(key) == "model_config.yaml" and _unpacked_weights(folder(key), candidates):
            yield Tree(folder(key), "nemo", _unpacked_role)


def _unpacked_weights(root: str, candidates: Candidates) -> bool:
    single = candidates.get(f"{root}model_weights.ckpt")
    if single is not None and single.effective is not None:
        return True
    return any(
        key.startswith(f"{root}model_weights/") and _is_distributed(key, candidate)
        for key, candidate in candidates.items()
    )


def _nemo_role(relative: str) -> Role | None:
    if relative.startswith("context/") or relative.endswith((".metadata", "metadata.json")):
        return "marker"
    return "weights" if relative.startswith("weights/") else None


def _unpacked_role(relative: str) -> Role | None:
    if relative == "model_config.yaml":
        return "marker"
    return "weights" if relative.startswith("model_weights") else None


def _zarr(candidates: Candidates) -> Iterator[Tree]:
    """A zarr hierarchy whose arrays are named as parameters are; any other is data."""
    arrays: dict[str, list[str]] = defaultdict(list)
    groups = {folder(key) for key in candidates if _base(key) == ".zgroup"}
    for key, candidate in candidates.items():
        if candidate.has("zarr") and _base(key) in (".zarray", "zarr.json"):
            root = _zarr_root(folder(key), groups)
            arrays[root].append(folder(key)[len(root) :].strip("/").replace("/", "."))
    for root, names in arrays.items():
        if names_kind(name for name in names if name) == "parameters":
            checkpoint = f"{root}checkpoint" in candidates
            yield Tree(root, "orbax" if checkpoint else "other", _everything, None if checkpoint else "zarr")


def _zarr_root(array: str, groups: set[str]) -> str:
    root, above = parent(array), parent(array)
    while above:
        if above in groups:
            root = above
        above = parent(above)
    return root
