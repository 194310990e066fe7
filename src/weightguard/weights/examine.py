"""One object's verdict: every recogniser in turn over the object's bytes, whatever its name says."""

from __future__ import annotations

import hashlib
import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from weightguard.weights.formats import (
    archives,
    flatbuffers,
    gguf,
    hdf5,
    kinds,
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
from weightguard.weights.formats.parcels import Inner, strong
from weightguard.weights.model import (
    LARGE,
    SMALLEST,
    FileVerdict,
    ListedObject,
    ReadArchived,
    ReadDenied,
    ReadFailed,
    ReadRange,
    ReadSealed,
)
from weightguard.weights.names import part_of, raw_data
from weightguard.weights.reader import FIRST_READ, Damaged, Exhausted, HeaderReader, Source

_MOST_PARAMETERS = 1 << 50

_MOST_LAYERS = 4
_TOO_LONG = "header is longer than what is read of an object"
_UNFORESEEN = (
    ArithmeticError, AttributeError, AssertionError, LookupError, MemoryError, RuntimeError, TypeError, ValueError, OSError,
    struct.error, zlib.error, lzma.LZMAError, EOFError,
)  # fmt: skip

Recogniser = Callable[[Source, str, Inner | None], FileVerdict | None]


def _plain(recogniser: Callable[[Source, str], FileVerdict | None]) -> Recogniser:
    """A recogniser that looks at the object itself and through no layer."""

    def judge(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
        return recogniser(source, key)

    judge.__module__ = recogniser.__module__
    return judge


# Exact magic bytes first, then formats that must be walked to be known.
_PLAIN: tuple[Recogniser, ...] = tuple(
    _plain(recogniser)
    for recogniser in (
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
)
# What is no weights, and what lies behind something else: asked only where no format's own mark was met.
_LAST: tuple[Recogniser, ...] = (_plain(kinds.recognise), archives.recognise_behind)
_LAYERED: tuple[Recogniser, ...] = (
    archives.recognise,
    tars.recognise,
    wrapped.recognise,
    *_LAST,
)


def examine(obj: ListedObject, read: ReadRange) -> FileVerdict:
    """Read an object's header, at most 1 MiB in all, and say what it is.

    Never raises for what an object holds. Where nothing that was read says that the object holds no weights, `examined` is one of
    `UNREAD`: its read was refused (``denied``) or did not work, it contradicts itself, is longer than what is read, is packed,
    sealed or archived, or is large and of no known kind. Grouping then falls back on the name.
    """
    if obj.bytes < SMALLEST:
        return FileVerdict(None, examined="not_needed")
    source = HeaderReader(obj, read)
    try:
        verdict = recognise(source, obj.key) or _unknown(source, obj)
        return _bounded(verdict, source)
    except Damaged as error:
        cut = f"cut:{getattr(error, 'kind', '')}"
        return FileVerdict(None, note=str(error), traits=frozenset({"damaged", cut}), examined="damaged")
    except Exhausted:
        return FileVerdict(None, note=_TOO_LONG, examined="partial")
    except ReadDenied:
        return FileVerdict(None, examined="denied", note="header could not be read: access denied")
    except ReadArchived:
        return FileVerdict(None, examined="archived", note="archived")
    except ReadSealed:
        traits = frozenset({"encrypted", "client"})
        return FileVerdict(None, examined="sealed", note="encrypted before it was stored", traits=traits)
    except ReadFailed:
        return FileVerdict(None, examined="failed", note="header could not be read")
    except _UNFORESEEN:
        # One hostile object must not end the audit of a store; what could not be made sense of is unknown, not harmless.
        return FileVerdict(None, examined="failed", note="header could not be made sense of")


def _bounded(verdict: FileVerdict, source: Source) -> FileVerdict:
    """A header may claim any number of parameters; one that no machine could hold is not passed on."""
    if verdict.parameters is not None and verdict.parameters > _MOST_PARAMETERS:
        verdict = replace(verdict, parameters=None)
    if verdict.format is None or verdict.content is not None:
        return verdict
    head = source.at(0, min(source.size, FIRST_READ))
    return replace(verdict, content=hashlib.sha256(head).hexdigest()[:16])


def _unknown(source: Source, obj: ListedObject) -> FileVerdict:
    """Bytes of no known kind: harmless only where they are few, and no name says otherwise."""
    sealed = wrapped.recognise_sealed(source, obj.key)
    if sealed:
        return sealed
    if obj.bytes >= LARGE:
        return FileVerdict(None, examined="opaque", note="of no known kind")
    if raw_data(obj.key):
        note = "raw data, as its name says, and no description beside it"
        return FileVerdict(None, examined="damaged", note=note, traits=frozenset({"raw"}))
    if part_of(obj.key.rsplit("/", 1)[-1]):
        return FileVerdict(
            None, traits=frozenset({"raw"}), examined="partial" if strong(obj.key) else "header"
        )
    if strong(obj.key):
        note = "is not what its name says, and of no known kind"
        return FileVerdict(None, examined="damaged", note=note, traits=frozenset({"raw"}))
    return FileVerdict(None, traits=frozenset({"raw"}))


class _Looking:
    """Examines what lies inside an archive or a wrapping, a few layers deep."""

    def __init__(self, depth: int) -> None:
        self._depth = depth

    def __call__(self, source: Source, name: str) -> FileVerdict | None:
        return recognise(source, name, depth=self._depth)


def recognise(source: Source, key: str, *, depth: int = 0) -> FileVerdict | None:
    """Recognise what a source holds, looking through a few layers of archive or compression.

    What contradicts itself is told only when nothing else fits: a few bytes may look like another format's beginning.

    Raises:
        Damaged: a header names its format and then contradicts itself or the object's size.
        Exhausted: the budget ended before anything was recognised.
    """
    inner = _Looking(depth + 1) if depth < _MOST_LAYERS else None
    problem: Damaged | Exhausted | None = None
    for recogniser in (*_PLAIN, *_LAYERED):
        if recogniser in _LAST and isinstance(problem, Damaged):
            break
        try:
            verdict = recogniser(source, key, inner)
        except Damaged as error:
            _note(error, recogniser)
            problem = error if problem is None or isinstance(problem, Exhausted) else problem
        except Exhausted as error:
            problem = problem or error
        else:
            if verdict is not None and (verdict.format is not None or problem is None):
                return verdict
    if problem is not None:
        raise problem
    return None


def _note(error: Damaged, recogniser: Recogniser) -> None:
    error.kind = error.kind or recogniser.__module__.rsplit(".", 1)[-1]
