"""What a pickle would make, as inert descriptions, and how tensors and arrays are told among them.

Sources: torch/_utils.py (`_rebuild_*`), numpy/core/multiarray (`_reconstruct` and its state), numpy/_core/numeric
(`_frombuffer`), jax/_src/array.py (`_reconstruct_array`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from weightguard.weights.vocabulary import Array

MAX_ARRAYS = 20_000
_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Global:
    """A class or function that the pickle names."""

    name: str


@dataclass(eq=False, slots=True)
class Made:
    """What calling `maker` with `arguments` would have made; `state` is what BUILD would have set.

    `became` is the array that it turned out to be once its state was set, for whoever got it from the memo.
    """

    maker: str
    arguments: tuple[object, ...] = ()
    state: object = None
    entries: dict[str, object] = field(default_factory=dict)
    items: list[object] = field(default_factory=list)
    became: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array or tensor: `storage` names the storage it views, where it has one."""

    dtype: str
    shape: tuple[int, ...] | None
    storage: str | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """A tensor storage kept outside the pickle: `count` elements of `dtype`."""

    dtype: str
    key: str
    count: int


def as_text(value: object) -> str:
    """A bounded text of a key, empty for what is none."""
    if isinstance(value, bytes):
        return value[:100].decode("utf-8", "replace")
    return str(value)[:200] if isinstance(value, str | int) else ""


def count_of(shape: tuple[int, ...]) -> int:
    """Elements of an array of that shape."""
    total = 1
    for length in shape:
        total *= length
    return total


def width_of(dtype: str) -> int | None:
    """Bytes of an element of a NumPy type such as ``<f4``, None when the type does not say."""
    digits = dtype.lstrip("<>=|")[1:]
    if dtype.lstrip("<>=|")[:1] in ("U", "O", "M", "m", "V"):
        return None
    return int(digits) if digits.isdecimal() and len(digits) < 4 else None


def storage_dtype(name: str) -> str:
    """Element type of a PyTorch storage class such as ``torch.FloatStorage``."""
    kind = name.rsplit(".", 1)[-1].removesuffix("Storage").lower()
    return {"long": "int64", "int": "int32", "short": "int16", "char": "int8", "byte": "uint8", "untyped": "uint8",
            "half": "float16", "float": "float32", "double": "float64"}.get(kind, kind)  # fmt: skip


def shape_of(value: object) -> tuple[int, ...] | None:
    """A shape from a described tuple or ``torch.Size``, None when it is none."""
    if isinstance(value, Made) and value.arguments:
        value = value.arguments[0]
    if not isinstance(value, tuple) or not all(isinstance(n, int) and 0 <= n < 1 << 62 for n in value):
        return None
    return tuple(n for n in value if isinstance(n, int))[:32]


def dtype_of(value: object) -> str:
    """Element type from a described ``numpy.dtype``, a class or a text."""
    if isinstance(value, Made) and value.maker.endswith("dtype") and value.arguments:
        return as_text(value.arguments[0]) or "unknown"
    if isinstance(value, Made | Global):
        name = value.maker if isinstance(value, Made) else value.name
        return name.rsplit(".", 1)[-1]
    return as_text(value) or "unknown"


def tensor_of(maker: str, arguments: tuple[object, ...]) -> Tensor | None:
    """The tensor that a rebuild function would make, None when `maker` is none."""
    if maker.endswith("._frombuffer") and len(arguments) >= 3:
        return Tensor(dtype_of(arguments[1]), shape_of(arguments[2]))
    if maker == "jax._src.array._reconstruct_array" and len(arguments) >= 3:
        return numpy_state("numpy.core.multiarray._reconstruct", arguments[2])
    if not maker.startswith("torch.") or "rebuild" not in maker:
        return None
    if maker.endswith(("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor")):
        return _torch_tensor(arguments)
    inner = _first_tensor(arguments)
    return inner or Tensor("unknown", None)


def _torch_tensor(arguments: tuple[object, ...]) -> Tensor:
    storage = arguments[0] if arguments else None
    shape = shape_of(arguments[2]) if len(arguments) > 2 else None
    if isinstance(storage, Storage):
        return Tensor(storage.dtype, shape, storage.key)
    return Tensor("float32" if isinstance(storage, Made) else "unknown", shape)


def _first_tensor(values: tuple[object, ...], depth: int = 0) -> Tensor | None:
    for value in values[:16]:
        if isinstance(value, Tensor):
            return value
        if isinstance(value, tuple) and depth < 3:
            if len(value) > 2 and isinstance(value[0], Storage):
                return _torch_tensor(value)
            found = _first_tensor(value, depth + 1)
            if found:
                return found
    return None


def numpy_state(maker: str, state: object) -> Tensor | None:
    """The array that NumPy's ``_reconstruct`` becomes when this state is set."""
    if not maker.endswith("multiarray._reconstruct") or not isinstance(state, tuple) or len(state) < 3:
        return None
    dtype = dtype_of(state[2])
    # An array of objects holds them in its state; it is walked like any other container.
    return None if dtype.lstrip("<>=|").startswith("O") else Tensor(dtype, shape_of(state[1]))


def keys_of(root: object) -> Iterator[str]:
    """Keys of a described mapping or object."""
    if isinstance(root, Made):
        yield from root.entries
        if isinstance(root.state, Made):
            yield from root.state.entries


def direct_tensors(value: object) -> Iterator[tuple[str, Tensor]]:
    """Tensors that are values of a described mapping, by key."""
    if isinstance(value, Made):
        for name, entry in value.entries.items():
            if isinstance(entry, Tensor):
                yield name, entry


def named_arrays(root: object) -> Iterator[tuple[Array, str | None]]:
    """Every tensor below `root` with its dotted path; each container is walked once."""
    pending: list[tuple[str, object, int]] = [("", root, 0)]
    seen: set[int] = set()
    found = 0
    while pending and found < MAX_ARRAYS:
        path, value, depth = pending.pop()
        if isinstance(value, Tensor):
            found += 1
            yield Array(path[:300], value.dtype, value.shape), value.storage
        elif depth < _MAX_DEPTH and id(value) not in seen:
            seen.add(id(value))
            children = list(_children(value))
            pending.extend(
                (f"{path}.{name}".strip("."), child, depth + 1) for name, child in reversed(children)
            )


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Made):
        yield from value.entries.items()
        yield from (("", item) for item in value.items)
        yield from (("", argument) for argument in value.arguments)
        if value.state is not None:
            yield "", value.state
    elif isinstance(value, tuple):
        yield from (("", item) for item in value[:1000])
