"""NumPy `.npy` files and the arrays of an `.npz`.

Source: numpy.lib.format ("Format Version 1.0" to 3.0). Arrays of numbers are as often data as parameters;
`weightguard.weights.vocabulary` says how they are told apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from weightguard.weights.formats.torch_pickle import judge_pickle
from weightguard.weights.formats.zips import Archive, member
from weightguard.weights.model import FileVerdict
from weightguard.weights.pickles import scan
from weightguard.weights.reader import Cursor, CutOff, Damaged, Exhausted, Source
from weightguard.weights.sketch import sketch_of
from weightguard.weights.vocabulary import Array, arrays_kind, is_floating, name_kind, path_kind

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 64 << 10
_MAX_MEMBERS = 40
_OBJECTS = re.compile(rb"'descr':\s*'\|O'")
_DESCR = re.compile(r"'descr':\s*(?:'([<>=|]?[a-zA-Z]\d{0,4})'|\()")
_SHAPE = re.compile(r"'shape':\s*\(((?:[0-9]{1,18}L?, ?)*(?:[0-9]{1,18}L?)?)\)")
_LOW_PRECISION = ("f2", "V2", "V1")


def describe(source: Source) -> Array | None:
    """Read an `.npy` header: element type and shape, or None for a structured or foreign one.

    Raises:
        Damaged: when the array does not fill the object.
    """
    head = source.at(0, 12)
    if len(head) < 12 or not head.startswith(MAGIC):
        return None
    begin = 12 if head[6] > 1 else 10
    length = int.from_bytes(head[8:begin], "little")
    if length > _MAX_HEADER or begin + length > source.size:
        raise Damaged("NumPy header claims to be longer than the object")
    text = source.at(begin, length).decode("latin-1")
    descr, shape = _DESCR.search(text), _SHAPE.search(text)
    if not descr or not shape or descr.group(1) is None:
        return None
    sizes = tuple(int(size) for size in re.findall("[0-9]+", shape.group(1)))
    dtype = descr.group(1)
    width = int(dtype.lstrip("<>=|")[1:] or 0)
    if source.exact and dtype[-2:-1] not in "OU" and width:
        _refuse_misfit(source.size, begin + length + _elements(sizes) * width)
    return Array("", dtype, sizes)


def _refuse_misfit(size: int, expected: int) -> None:
    """Raises `Damaged` for an object that its array does not fill; a little behind the array is let be."""
    behind = size - expected
    if behind < 0:
        raise CutOff("NumPy header describes more than the object holds", expected)
    if behind * 2 > expected:
        raise Damaged("NumPy header does not match the object's size")


def _elements(shape: Sequence[int]) -> int:
    total = 1
    for size in shape:
        total = min(total * size, 1 << 62)
    return total


def recognise_npy(source: Source, key: str) -> FileVerdict | None:
    """Recognise a single array, and decide whether it is a parameter."""
    if source.at(0, 6) != MAGIC:
        return None
    array = describe(source)
    if _OBJECTS.search(source.at(0, 256)):
        return _objects(source, key)
    if array is None or array.shape is None or not is_floating(array.dtype):
        return FileVerdict(None, note="NumPy array of data")
    if not _is_parameter(array, key):
        return FileVerdict(None, note="NumPy array that nothing marks as parameters")
    return FileVerdict(
        "numpy", "header", parameters=_elements(array.shape), tensors=1, dtypes={array.dtype: 1},
        traits=frozenset({"npy"}),
    )  # fmt: skip


def _objects(source: Source, key: str) -> FileVerdict | None:
    """An array of objects is a pickle behind the header: a dictionary of parameters, as `numpy.save` keeps one."""
    head = source.at(0, 12)
    begin = (
        12 + int.from_bytes(head[8:12], "little")
        if head[6] > 1
        else 10 + int.from_bytes(head[8:10], "little")
    )
    verdict = judge_pickle(scan(Cursor(source, begin)), key)
    if verdict.format is None:
        return FileVerdict(None, note="NumPy array of data")
    return replace(verdict, format="numpy", note="NumPy array of objects")


def _is_parameter(array: Array, key: str) -> bool:
    """One array has no names to go by: its own name decides, then how it is dressed, then its folders.

    A float array under a foreign name (no extension, or a picture's) is taken for a disguised parameter. Under its own
    extension it needs a name or a folder that says parameters, or a type of low precision that data is not kept in.
    """
    base = key.rsplit("/", 1)[-1]
    stem, dot, extension = base.rpartition(".")
    said = {name_kind(stem if dot else base), path_kind(base)} - {"unclear"}
    if said:
        return "data" not in said
    if extension.lower() != "npy" or array.dtype.lstrip("<>=|") in _LOW_PRECISION:
        return True
    return path_kind(key) == "parameters"


def recognise_npz(source: Source, archive: Archive, key: str) -> FileVerdict | None:
    """Judge a zip archive of `.npy` members."""
    names = [entry for entry in archive.entries if entry.name.endswith(".npy")]
    if not names or len(names) * 2 < len(archive.entries):
        return None
    arrays: list[Array] = []
    for entry in names[:_MAX_MEMBERS]:
        try:
            array = describe(member(source, entry))
        except Exhausted:
            break
        if array is not None:
            arrays.append(Array(entry.name.removesuffix(".npy"), array.dtype, array.shape))
    if not arrays or arrays_kind(arrays, key) != "parameters":
        return FileVerdict(None, note="NumPy archive of data")
    whole = len(arrays) == len(archive.entries)
    return FileVerdict(
        "numpy",
        "header",
        parameters=sum(_elements(array.shape or ()) for array in arrays) if whole else None,
        tensors=len(names),
        dtypes=dict(Counter(array.dtype for array in arrays)),
        sketch=sketch_of(entry.name for entry in names),
    )
