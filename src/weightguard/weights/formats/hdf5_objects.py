"""A reader of HDF5's structure: groups, attribute names, and the type and shape of datasets. Never their contents.

Source: "HDF5 File Format Specification Version 3.0", sections II (superblock), III (B-trees, local heap, symbol table
nodes) and IV (object headers). Groups stored densely are followed through their heaps (`hdf5_heaps`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from weightguard.weights.formats.hdf5_heaps import blocks
from weightguard.weights.reader import Cursor, Damaged, Exhausted, Source

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_OBJECTS = 4_000
_MAX_BLOCKS = 64
_KINDS = {
    0: "int",
    1: "float",
    2: "time",
    3: "string",
    4: "bits",
    5: "opaque",
    6: "compound",
    8: "enum",
    9: "variable",
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset: `dtype` such as ``float32``, or ``compound``, ``string``."""

    path: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(slots=True)
class Contents:
    """What a file holds, as far as it was read. `paths` are all names met, also of objects that were not reached."""

    paths: list[str] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    attributes: dict[str, None] = field(default_factory=dict)
    complete: bool = True


@dataclass(slots=True)
class _Header:
    """One object header's messages, decoded."""

    links: list[tuple[str, int]] = field(default_factory=list)
    table: tuple[int, int] | None = None
    dtype: str | None = None
    shape: tuple[int, ...] | None = None


class _File:
    def __init__(self, source: Source, base: int) -> None:
        self.source = source
        self.base = base
        self.offsets = self.lengths = 8

    def cursor(self, address: int, length: int | None = None) -> Cursor:
        start = self.base + address
        if start >= self.source.size:
            raise Damaged("HDF5 address lies outside the object")
        end = None if length is None else min(self.source.size, start + length)
        return Cursor(self.source, start, end, chunk=512)

    def address(self, cursor: Cursor) -> int:
        return int.from_bytes(cursor.take(self.offsets), "little")

    def length(self, cursor: Cursor) -> int:
        return int.from_bytes(cursor.take(self.lengths), "little")


def read_contents(source: Source) -> Contents | None:
    """Read the structure, None when there is no HDF5 signature at 0, 512, 1024 or 2048.

    Raises:
        Damaged: when the superblock says that the file is longer than the object.
    """
    base = next((at for at in (0, 512, 1024, 2048) if source.at(at, 8) == SIGNATURE), None)
    if base is None:
        return None
    file = _File(source, base)
    root = _superblock(file)
    contents = Contents()
    try:
        _walk(file, root, contents)
    except (Exhausted, Damaged):
        contents.complete = False
    return contents


def _superblock(file: _File) -> int:
    cursor = file.cursor(8)
    version = cursor.u8()
    if version in (0, 1):
        cursor.skip(4)
        file.offsets, file.lengths = cursor.u8(), cursor.u8()
        cursor.skip(9 if version == 0 else 13)
    elif version in (2, 3):
        file.offsets, file.lengths = cursor.u8(), cursor.u8()
        cursor.skip(1)
    else:
        raise Damaged("HDF5 superblock is of no known version")
    if file.offsets not in (2, 4, 8) or file.lengths not in (2, 4, 8):
        raise Damaged("HDF5 superblock has sizes that cannot be")
    cursor.skip(2 * file.offsets)
    end = file.address(cursor)
    if file.source.exact and end > file.source.size:
        raise Damaged("HDF5 superblock says that the file is longer than the object")
    if version < 2:
        cursor.skip(2 * file.offsets)
    return file.address(cursor)


def _walk(file: _File, root: int, contents: Contents) -> None:
    # Depth first: a large file's objects lie far apart, and one path to its end tells more than all beginnings.
    pending: list[tuple[str, int]] = [("", root)]
    seen: set[int] = set()
    while pending:
        path, address = pending.pop()
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > _MAX_OBJECTS:
            contents.complete = False
            return
        header = _object(file, address, contents)
        if header.dtype is not None:
            contents.datasets.append(Dataset(path, header.dtype, header.shape or ()))
            continue
        links = header.links + (list(_table(file, *header.table)) if header.table else [])
        below = [(f"{path}/{name}".lstrip("/"), target) for name, target in links]
        contents.paths += [name for name, _ in below]
        pending += reversed(below)


def _object(file: _File, address: int, contents: Contents) -> _Header:
    header = _Header()
    cursor = file.cursor(address)
    if cursor.take(4) == b"OHDR":
        blocks = [_open_new(file, address)]
        new = True
    else:
        start = file.cursor(address)
        if start.u8() != 1:
            raise Damaged("HDF5 object header is of no known version")
        start.skip(7)
        size = start.u32()
        blocks, new = [(start.position + 4 - file.base, size, 0)], False
    for _ in range(_MAX_BLOCKS):
        if not blocks:
            break
        block = blocks.pop(0)
        for kind, body in _messages(file, block, new):
            if kind == 0x10:
                blocks.append(_continuation(file, body, new, block[2]))
            else:
                _message(file, kind, body, header, contents)
    return header


def _open_new(file: _File, address: int) -> tuple[int, int, int]:
    cursor = file.cursor(address + 5)
    flags = cursor.u8()
    cursor.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size = int.from_bytes(cursor.take(1 << (flags & 3)), "little")
    return cursor.position - file.base, size, flags


def _continuation(file: _File, body: Cursor, new: bool, flags: int) -> tuple[int, int, int]:
    address, length = file.address(body), file.length(body)
    return (address + 4, max(0, length - 8), flags) if new else (address, length, flags)


def _messages(file: _File, block: tuple[int, int, int], new: bool) -> Iterator[tuple[int, Cursor]]:
    address, size, flags = block
    cursor = file.cursor(address, size)
    head = 4 + (2 if flags & 4 else 0) if new else 8
    while cursor.left >= head:
        if new:
            kind, length = cursor.u8(), cursor.unpack("<H")[0]
            cursor.skip(head - 3)
        else:
            kind, length = cursor.unpack("<HH")
            cursor.skip(4)
        start = cursor.position
        cursor.skip(length)
        yield kind, Cursor(file.source, start, start + length, chunk=512)


def _message(file: _File, kind: int, body: Cursor, header: _Header, contents: Contents) -> None:
    if kind == 0x01:
        header.shape = _dataspace(file, body)
    elif kind == 0x03:
        header.dtype = _datatype(body)
    elif kind == 0x06:
        link = _link(file, body)
        if link:
            header.links.append(link)
    elif kind == 0x0C and len(contents.attributes) < 1_000:
        contents.attributes[_attribute_name(body)] = None
    elif kind == 0x11:
        header.table = (file.address(body), file.address(body))
    elif kind == 0x02:
        header.links += _dense(file, body, contents)
    elif kind == 0x15:
        _dense_attributes(file, body, contents)


def _heap_of(file: _File, body: Cursor, width: int) -> int | None:
    """The address of a fractal heap in a link or attribute information message; None where nothing is stored densely."""
    body.skip(1)
    body.skip(width if body.u8() & 1 else 0)
    address = file.address(body)
    return None if address == (1 << 8 * file.offsets) - 1 else address


def _dense(file: _File, body: Cursor, contents: Contents) -> list[tuple[str, int]]:
    """The links of a densely stored group."""
    address = _heap_of(file, body, 8)
    if address is None:
        return []
    links: list[tuple[str, int]] = []
    try:
        if file.offsets != 8 or file.lengths != 8:
            raise Damaged("HDF5 fractal heap is of a kind that is not read")
        for block in blocks(file.cursor, address):
            links += _links_in(file, block)
    except (Damaged, Exhausted):
        contents.complete = False
    return links[:_MAX_OBJECTS]


def _links_in(file: _File, block: Cursor) -> Iterator[tuple[str, int]]:
    """Link messages one behind another; what is no such message ends them."""
    while block.left > 12 and len(head := block.take(1)) and head == b"\x01":
        link = _link_after_version(file, block)
        if link:
            yield link


def _dense_attributes(file: _File, body: Cursor, contents: Contents) -> None:
    """Names of densely stored attributes, as far as they stand in the heap one behind another."""
    address = _heap_of(file, body, 2)
    if address is None:
        return
    try:
        for block in blocks(file.cursor, address):
            if len(contents.attributes) < 1_000 and block.left > 16:
                contents.attributes[_attribute_name(block)] = None
    except (Damaged, Exhausted):
        contents.complete = False


def _dataspace(file: _File, body: Cursor) -> tuple[int, ...]:
    version, rank = body.u8(), body.u8()
    body.skip(6 if version == 1 else 2)
    return tuple(file.length(body) for _ in range(min(rank, 32)))


def _datatype(body: Cursor) -> str:
    kind = _KINDS.get(body.u8() & 15, "other")
    body.skip(3)
    size = body.u32()
    return f"{kind}{size * 8}" if kind in ("int", "float") and size <= 16 else kind


def _link(file: _File, body: Cursor) -> tuple[str, int] | None:
    body.skip(1)
    return _link_after_version(file, body)


def _link_after_version(file: _File, body: Cursor) -> tuple[str, int] | None:
    flags = body.u8()
    kind = body.u8() if flags & 8 else 0
    body.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    length = int.from_bytes(body.take(1 << (flags & 3)), "little")
    name = body.take(min(length, 300)).decode("utf-8", "replace")
    body.skip(max(0, length - 300))
    if kind == 0:
        return name, file.address(body)
    body.skip(body.unpack("<H")[0])
    return None


def _attribute_name(body: Cursor) -> str:
    version = body.u8()
    body.skip(1)
    length = body.unpack("<H")[0]
    body.skip(5 if version == 3 else 4)
    return body.take(min(length, 100)).rstrip(b"\0").decode("utf-8", "replace")


def _table(file: _File, tree: int, heap: int) -> Iterator[tuple[str, int]]:
    """Links of an old-style group: a B-tree of symbol nodes, names in a local heap."""
    names = _heap(file, heap)
    pending = [tree]
    for _ in range(_MAX_OBJECTS):
        if not pending:
            return
        cursor = file.cursor(pending.pop())
        signature = cursor.take(4)
        if signature == b"TREE":
            pending.extend(reversed(_children(file, cursor)))
        elif signature == b"SNOD":
            yield from _symbols(file, cursor, names)


def _heap(file: _File, address: int) -> int:
    cursor = file.cursor(address)
    if cursor.take(4) != b"HEAP":
        raise Damaged("HDF5 local heap is missing")
    cursor.skip(4 + 2 * file.lengths)
    return file.address(cursor)


def _children(file: _File, cursor: Cursor) -> list[int]:
    cursor.skip(2)
    count = cursor.unpack("<H")[0]
    cursor.skip(2 * file.offsets)
    children = []
    for _ in range(count):
        file.length(cursor)
        children.append(file.address(cursor))
    return children


def _symbols(file: _File, cursor: Cursor, names: int) -> Iterator[tuple[str, int]]:
    cursor.skip(2)
    for _ in range(cursor.unpack("<H")[0]):
        offset, target = file.address(cursor), file.address(cursor)
        cursor.skip(24)
        start = file.base + names + offset
        raw = file.source.at(start, min(300, file.source.size - start))
        yield raw.split(b"\0", 1)[0].decode("utf-8", "replace"), target
