"""Pickles, judged by what they would make: PyTorch's legacy files, plain pickles, and a PyTorch archive's `data.pkl`.

Sources: torch/serialization.py (`_legacy_save`: magic number, protocol, system information, the object with storages as
persistent ids, the storages' keys, then each storage behind its element count), joblib/numpy_pickle.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from weightguard.weights.model import FileVerdict
from weightguard.weights.pickles import Facts, scan
from weightguard.weights.pickles.values import Made
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of, stems_of
from weightguard.weights.vocabulary import Array, arrays_kind, is_floating, names_kind, path_kind

LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
_WIDTHS = {"float64": 8, "int64": 8, "complex64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "int16": 2,
           "int8": 1, "uint8": 1, "bool": 1, "complexfloat": 8, "complexdouble": 16}  # fmt: skip
_MODEL_CLASSES = (
    "sklearn.linear_model", "sklearn.ensemble", "sklearn.svm", "sklearn.tree", "sklearn.neural_network",
    "sklearn.naive_bayes", "sklearn.neighbors", "sklearn.cluster", "sklearn.decomposition", "sklearn.mixture",
    "sklearn.gaussian_process", "sklearn.pipeline", "sklearn.discriminant_analysis", "sklearn.calibration",
    "sklearn.multiclass", "sklearn.model_selection._search", "sklearn.cross_decomposition", "sklearn.kernel_ridge",
    "sklearn.isotonic", "sklearn.semi_supervised", "sklearn.multioutput", "sklearn.manifold", "xgboost.", "lightgbm.",
    "catboost.", "keras.", "tensorflow.python.keras", "torch.nn.", "transformers.", "gensim.models", "fastai.",
    "statsmodels.", "hmmlearn.", "implicit.", "surprise.", "lightfm.", "flax.", "haiku.", "equinox.", "sentence_transformers.",
    "pytorch_lightning.", "detectron2.", "ultralytics.", "stable_baselines3.", "paddle.nn",
)  # fmt: skip
_TABLES = (
    "pandas.",
    "polars.",
    "pyarrow.",
    "scipy.sparse",
    "datasets.",
    "sklearn.utils._bunch",
    "xarray.",
    "PIL.",
)
# Protocols 0 and 1 have no mark of their own: they open with a mark, a global, an empty dictionary or an empty list.
_OLD_OPENINGS = (b"(", b"c", b"}", b"]")
_OPTIMISERS = re.compile(
    r"(?:^|[./])(?:optim(?:izers?)?|optimizer_states?|opt_state|lr_schedulers?|schedulers?|param_groups|rng_states?)(?:[./]|$)"
    r"|(?:^|[./])(?:exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|square_avg|grad_avg|acc_delta)$"
)
_OPTIMIZER_KEYS = frozenset({"state", "param_groups"})


def recognise_legacy(source: Source, key: str) -> FileVerdict | None:
    """Recognise a file of `torch.save` before its zip format (or with it turned off)."""
    if source.at(0, len(LEGACY_MAGIC)) != LEGACY_MAGIC:
        return None
    cursor = Cursor(source)
    scan(cursor)
    scan(cursor)
    scan(cursor)
    facts = scan(cursor)
    if facts.complete:
        _check_storages(cursor, facts, source)
    return judge_torch(facts, key, container="legacy PyTorch pickle")


def _check_storages(cursor: Cursor, facts: Facts, source: Source) -> None:
    """The storages follow behind the list of their keys, each with a 64-bit count before it."""
    try:
        scan(cursor)
    except Exhausted:
        return
    needed = sum(8 + storage.count * _WIDTHS.get(storage.dtype, 1) for storage in facts.storages.values())
    if source.exact and cursor.position + needed > source.size:
        raise Damaged("PyTorch pickle describes more than the object holds")


def recognise_pickle(source: Source, key: str) -> FileVerdict | None:
    """Recognise a plain pickle of parameters or of a fitted model; any other pickle is turned down with a note."""
    head = source.at(0, 2)
    binary = len(head) == 2 and head[0] == 0x80 and 2 <= head[1] <= 5
    if not binary and head[:1] not in _OLD_OPENINGS:
        return None
    try:
        facts = scan(Cursor(source))
    except Damaged:
        if binary:
            raise
        return None
    if binary and not facts.complete and not facts.arrays:
        raise Exhausted
    if not facts.globals and not (binary and facts.complete):
        return None
    return judge_pickle(facts, key)


def judge_pickle(facts: Facts, key: str) -> FileVerdict:
    """Decide whether a plain pickle holds a model."""
    if facts.mentions("torch.distributed.checkpoint.metadata"):
        return _checkpoint_metadata(facts)
    if "StructuredToParameterName@@" in facts.top_keys:
        return _described("other", facts, "Paddle parameters")
    if facts.mentions("torch.") and facts.mentions("torch._utils", "torch.nn.", "torch.storage"):
        verdict = judge_torch(facts, key, container="plain pickle of tensors")
        return verdict if verdict.format is None else _described("pickle", facts, "plain pickle of tensors")
    if facts.mentions(*_MODEL_CLASSES):
        return _described("pickle", facts, "pickle of a fitted model")
    if facts.mentions(*_TABLES):
        return FileVerdict(None, note="pickle of a data table")
    arrays = [array for array, _ in facts.arrays]
    if arrays and arrays_kind(arrays, key) == "parameters":
        return _described("pickle", facts, "pickle of parameter arrays")
    return FileVerdict(None, note="pickle of data")


def _checkpoint_metadata(facts: Facts) -> FileVerdict:
    keys = (
        facts.root.state.entries
        if isinstance(facts.root, Made) and isinstance(facts.root.state, Made)
        else {}
    )
    described = keys.get("state_dict_metadata")
    names = list(described.entries) if isinstance(described, Made) else []
    traits = {"dcp.metadata", *(("dcp.moments",) if facts.complete and _moments_alone(names) else ())}
    if "dcp.moments" in traits:
        return FileVerdict(
            None, note="metadata of an optimiser's state alone", traits=frozenset(traits | {"optimizer"})
        )
    return FileVerdict(
        "dcp", "header", tensors=len(names) or None, note="distributed checkpoint's metadata", role="marker",
        traits=frozenset(traits), sketch=sketch_of(names),
    )  # fmt: skip


def _moments_alone(names: list[str]) -> bool:
    """Whether every tensor of a checkpoint is an optimiser's: its moments, its steps, nothing that it optimises."""
    return bool(names) and all(_OPTIMISERS.search(name) for name in names)


def judge_torch(facts: Facts, key: str, *, container: str) -> FileVerdict:
    """Decide what a `torch.save` file holds: a model, an optimiser's state, a data set or no tensor at all."""
    arrays = [array for array, _ in facts.arrays]
    framework = _framework(facts.top_keys)
    if framework == "deepspeed" and not arrays:
        return FileVerdict(framework, "header", role="marker", note="DeepSpeed state without tensors")
    if not arrays and not facts.storages:
        return FileVerdict(None, note=f"{container} without tensors")
    if framework != "pytorch":
        return _described(framework, facts, None)
    if facts.top_keys and _OPTIMIZER_KEYS.issuperset(facts.top_keys):
        return FileVerdict(None, note="optimiser state without parameters", traits=frozenset({"optimizer"}))
    if facts.mentions("torch.nn.modules", "torch.fx", "__torch__", "transformers."):
        return _described("pytorch", facts, None)
    if not _holds_parameters(facts, arrays, key):
        return FileVerdict(None, note=f"{container} of data, not parameters")
    return _described("pytorch", facts, None)


def _named_like_parameters(names: list[str], arrays: list[Array], key: str) -> bool:
    """Whether names say parameters; where they say nothing, floats do, unless the file's own name says data."""
    kind = names_kind(names)
    if kind != "unclear":
        return kind == "parameters"
    floats = any(is_floating(array.dtype) or array.dtype == "unknown" for array in arrays)
    return floats and path_kind(key.rsplit("/", 1)[-1]) != "data"


def _framework(keys: tuple[str, ...]) -> str:
    known = set(keys)
    if known & {"ds_config", "ds_version"}:
        return "deepspeed"
    if "checkpoint_version" in known and known & {"args", "model", "iteration", "optimizer", "model0"}:
        return "megatron"
    return "pytorch"


def _holds_parameters(facts: Facts, arrays: list[Array], key: str) -> bool:
    """A `torch.save` file is a model unless its names, its types or (for bare tensors) its path say data."""
    if not any(is_floating(array.dtype) or array.dtype in ("unknown", "uint8", "int8") for array in arrays):
        return bool(facts.storages) and not arrays
    names = [array.name for array in arrays if array.name]
    if names:
        return _named_like_parameters(names, arrays, key)
    if not facts.complete:
        return path_kind(key) != "data"
    return (len(arrays) > 1 and arrays_kind(arrays, key) == "parameters") or path_kind(key) == "parameters"


def _described(kind: str, facts: Facts, note: str | None) -> FileVerdict:
    dtypes = Counter(array.dtype for array, _ in facts.arrays)
    return FileVerdict(
        kind,
        "header",
        parameters=_parameters(facts, floats_only=kind == "pickle") if facts.complete else None,
        tensors=len(facts.arrays) if facts.complete and facts.arrays else None,
        dtypes=dict(dtypes),
        note=note,
        sketch=sketch_of(array.name for array, _ in facts.arrays) if facts.complete else frozenset(),
        stems=stems_of(array.name for array, _ in facts.arrays),
    )


def _parameters(facts: Facts, *, floats_only: bool) -> int | None:
    """Elements of the arrays, each storage once, without what an optimiser keeps.

    A fitted model keeps class labels and counters as whole numbers; a quantised network keeps its weights so.
    """
    total = 0
    seen: set[str] = set()
    for array, storage in facts.arrays:
        if array.shape is None or storage in seen or "optim" in array.name.split(".", 1)[0]:
            continue
        if floats_only and not is_floating(array.dtype):
            continue
        if storage is not None:
            seen.add(storage)
        total += _elements(array.shape)
    return total or None


def _elements(shape: Iterable[int]) -> int:
    total = 1
    for size in shape:
        total = min(total * size, 1 << 62)
    return total
