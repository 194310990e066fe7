"""HDF5: Keras weights and models, other libraries' parameters, or a data set."""

from __future__ import annotations

import re
from collections import Counter

from weightguard.weights.formats.hdf5_objects import Contents, Dataset, read_contents
from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Exhausted, Source
from weightguard.weights.sketch import sketch_of
from weightguard.weights.vocabulary import Array, arrays_kind, is_floating

_KERAS_ATTRIBUTES = frozenset({"keras_version", "layer_names", "weight_names", "top_level_model_weights"})
_KERAS_PATH = re.compile(
    r"(?:^|/)(?:model_weights|_layer_checkpoint_dependencies)(?:/|$)|(?:^|/)vars/\d+$"
    r"|/(?:kernel|bias|gamma|beta|moving_mean|moving_variance|embeddings|recurrent_kernel):0$"
)
_OPTIMIZER = re.compile(r"(?:^|/)optimizer(?:_weights)?(?:/|$)")
_MARKERS = (b"layer_names", b"keras_version", b"model_weights", b"_layer_checkpoint_dependencies")


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise an HDF5 file of parameters whatever its name."""
    contents = read_contents(source)
    if contents is None:
        return None
    weights = [dataset for dataset in contents.datasets if not _OPTIMIZER.search(dataset.path)]
    if _is_keras(source, contents):
        if contents.complete and not any(is_floating(dataset.dtype) for dataset in weights):
            traits = frozenset({"optimizer"}) if contents.datasets else frozenset()
            return FileVerdict(None, note="Keras file without weights", traits=traits)
        return _described("keras", contents, weights, None)
    arrays = [Array(dataset.path.replace("/", "."), dataset.dtype, dataset.shape) for dataset in weights]
    if arrays and arrays_kind(arrays, key) == "parameters":
        return _described("other", contents, weights, "HDF5 parameters")
    if not contents.complete and not contents.datasets:
        raise Exhausted
    return FileVerdict(None, note="HDF5 data set")


def _is_keras(source: Source, contents: Contents) -> bool:
    if _KERAS_ATTRIBUTES & contents.attributes.keys():
        return True
    if any(_KERAS_PATH.search(path) for path in contents.paths):
        return True
    return not contents.complete and _has_markers(source)


def _has_markers(source: Source) -> bool:
    """For a structure that could not be followed to its end: names that Keras writes near the beginning."""
    try:
        head = source.at(0, min(source.size, 128 << 10))
    except Exhausted:
        return False
    return any(marker in head for marker in _MARKERS)


def _described(kind: str, contents: Contents, weights: list[Dataset], note: str | None) -> FileVerdict:
    parameters = 0
    for dataset in weights:
        elements = 1
        for size in dataset.shape:
            elements = min(elements * size, 1 << 62)
        parameters += elements if is_floating(dataset.dtype) else 0
    return FileVerdict(
        kind,
        "header",
        parameters=parameters or None if contents.complete else None,
        tensors=len(weights) if contents.complete else None,
        dtypes=dict(Counter(dataset.dtype for dataset in weights)),
        note=note,
        sketch=sketch_of(dataset.path for dataset in weights),
    )
