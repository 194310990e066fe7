"""One object's verdict: every recogniser in turn over the object's bytes, whatever its name says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from weightguard.weights.formats import (
    archives,
    flatbuffers,
    gguf,
    hdf5,
    magic,
    msgpack,
    numpy_arrays,
    onnx,
    protobuf_models,
    safetensors,
    tars,
    tensorflow_index,
    tensorizer,
    texts,
    torch_pickle,
    wrapped,
)
from weightguard.weights.model import SMALLEST, FileVerdict, ListedObject, ReadDenied, ReadFailed, ReadRange
from weightguard.weights.reader import Damaged, Exhausted, HeaderReader, Source

_MOST_PARAMETERS = 1 << 50

Recogniser = Callable[[Source, str], FileVerdict | None]

# Exact magic bytes first, then formats that must be walked to be known.
_PLAIN: tuple[Recogniser, ...] = (
    texts.recognise,
    safetensors.recognise,
    gguf.recognise,
    tensorizer.recognise,
    torch_pickle.recognise_legacy,
    numpy_arrays.recognise_npy,
    hdf5.recognise,
    flatbuffers.recognise,
    magic.recognise,
    tensorflow_index.recognise,
    torch_pickle.recognise_pickle,
    onnx.recognise,
    protobuf_models.recognise,
    msgpack.recognise,
)


def examine(obj: ListedObject, read: ReadRange) -> FileVerdict:
    """Read an object's header, at most 1 MiB in all, and say what it is.

    Never raises for what an object holds. A refused or failed read gives a verdict whose `examined` is ``denied`` or
    ``failed`` and whose format is None; grouping then falls back on the name.
    """
    if obj.bytes < SMALLEST:
        return FileVerdict(None, examined="not_needed")
    try:
        return _bounded(recognise(HeaderReader(obj, read), obj.key) or FileVerdict(None))
    except Damaged as error:
        return FileVerdict(None, note=str(error), traits=frozenset({"damaged"}))
    except Exhausted:
        return FileVerdict(None, note="header is longer than what is read of an object")
    except ReadDenied:
        return FileVerdict(None, examined="denied", note="header could not be read: access denied")
    except ReadFailed:
        return FileVerdict(None, examined="failed", note="header could not be read")
    except (ArithmeticError, LookupError, ValueError, RecursionError):
        # One hostile object must not end the audit of a store; what could not be made sense of is unknown, not harmless.
        return FileVerdict(None, examined="failed", note="header could not be made sense of")


def _bounded(verdict: FileVerdict) -> FileVerdict:
    """A header may claim any number of parameters; one that no machine could hold is not passed on."""
    if verdict.parameters is None or verdict.parameters <= _MOST_PARAMETERS:
        return verdict
    return replace(verdict, parameters=None)


def recognise(source: Source, key: str, *, depth: int = 0) -> FileVerdict | None:
    """Recognise what a source holds, looking through at most two layers of archive or compression."""
    inner = None if depth >= 2 else lambda part, name: recognise(part, name, depth=depth + 1)
    for recogniser in _PLAIN:
        verdict = recogniser(source, key)
        if verdict is not None:
            return verdict
    return (
        archives.recognise(source, key, inner)
        or tars.recognise(source, key, inner)
        or wrapped.recognise(source, key, inner)
    )
