"""A bundle as one file: packed the same every time, unpacked with nothing believed.

It is a ``.tar.zst`` of one frame: plain USTAR files in the order of their names. Behind it stands a skippable frame, which every
reader of zstd passes over, with the SHA-256 of all bytes before: a compressed stream has bits that change nothing of what it
unpacks to, and whoever checks a bundle shall notice each of them. An archive that was packed anew with other tools has no such
seal; then what it holds is checked and the packing is not.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Final, cast

import zstandard

from weightguard import files
from weightguard.errors import InputError, SnapshotError
from weightguard.evidence.names import LIMITS
from weightguard.snapshot.archive import Unpacking
from weightguard.snapshot.limits import Limits

_BLOCK: Final = 512
_RECORD: Final = 20 * _BLOCK
_LEVEL: Final = 10
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_SKIPPED: Final = b"\x5d\x2a\x4d\x18" + (32).to_bytes(4, "little")
"""A skippable frame (RFC 8878, section 3.1.2) of 32 bytes."""
_SEAL: Final = len(_SKIPPED) + 32
_LARGEST_BLOCK: Final = 128 * 1024
_RUN, _RESERVED = 1, 3
_PIECE: Final = 1 << 20


def pack(members: Mapping[str, Path], target: Path) -> None:
    """Writes a bundle, in the place of what is at `target`.

    Args:
        members: name -> file.

    Raises:
        InputError: a file cannot be read, or the bundle cannot be written.
    """
    ordered = sorted(members.items())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sizes = [path.stat().st_size for _, path in ordered]
        blocks = sum(_BLOCK + size + -size % _BLOCK for size in sizes) + 2 * _BLOCK
        with files.replacing(target) as file:
            sealing = _Hashed(file)
            with (
                zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).stream_writer(
                    cast(IO[bytes], sealing), size=blocks + -blocks % _RECORD, closefd=False
                ) as stream,
                tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
            ):
                for (name, path), size in zip(ordered, sizes, strict=True):
                    _add(tar, path, name, size)
            file.write(_SKIPPED + sealing.digest.digest())
    except (OSError, ValueError, zstandard.ZstdError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else str(problem)[:120]
        raise InputError(f"the bundle cannot be written, {why}", where=str(target)) from problem


def _add(tar: tarfile.TarFile, path: Path, name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, files.PRIVATE
    with path.open("rb") as content:
        tar.addfile(info, content)


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self.file.write(data)


@contextmanager
def unpacked(bundle: Path, limits: Limits = LIMITS) -> Iterator[tuple[Path, bool]]:
    """A bundle in a temporary folder, and whether its seal was there (and held).

    Raises:
        InputError: it is none, was changed, oversteps a limit, or holds anything but plain files, each once.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(files.opened(bundle, "the bundle", most=limits.total_bytes))
            sealed = _check(file, str(bundle))
            file.seek(0)
            new = tempfile.TemporaryDirectory(prefix="weightguard-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(new))
            _unpack(file, folder, str(bundle), limits)
        except OSError as problem:
            raise InputError(f"the bundle cannot be read, {problem.strerror}", where=str(bundle)) from problem
        yield folder, sealed


def _unpack(file: BufferedReader, folder: Path, name: str, limits: Limits) -> None:
    try:
        unpacking = Unpacking(file, folder, limits, name, frames=False, times=True)
        unpacking.run()
        unpacking.end()
    except SnapshotError as problem:
        raise InputError(problem.what, where=problem.where, fix=problem.fix) from problem


def _check(file: BufferedReader, name: str) -> bool:
    """Whether the seal is there; InputError where it does not hold, or where anything else is beyond the one frame."""
    size = os.fstat(file.fileno()).st_size
    if file.read(len(_MAGIC)) != _MAGIC:
        raise InputError("not a bundle, it is no .tar.zst", where=name)
    end = _frame_end(file, size, name)
    if end == size:
        return False
    file.seek(end)
    seal = file.read(_SEAL + 1)
    if len(seal) != _SEAL or not seal.startswith(_SKIPPED):
        raise InputError("the bundle goes on behind its end", where=name, fix="take an undamaged copy")
    if seal[len(_SKIPPED) :] != _digest(file, end):
        raise InputError(
            "the bundle was changed after it was packed", where=name, fix="take an undamaged copy"
        )
    return True


def _digest(file: BufferedReader, end: int) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(min(_PIECE, end - file.tell())):
        digest.update(piece)
    return digest.digest()


def _frame_end(file: BufferedReader, size: int, name: str) -> int:
    """Where the first frame ends, by its blocks alone (RFC 8878, section 3.1.1): nothing is decompressed."""
    file.seek(0)
    head = file.read(18)
    try:
        frame = zstandard.get_frame_parameters(head)
        at = zstandard.frame_header_size(head)
    except zstandard.ZstdError as problem:
        raise InputError("not a bundle, its first bytes are damaged", where=name) from problem
    last = False
    while not last:
        file.seek(at)
        header = int.from_bytes(file.read(3), "little")
        last, kind, length = bool(header & 1), header >> 1 & 3, header >> 3
        at += 3 + (1 if kind == _RUN else length)
        if kind == _RESERVED or length > _LARGEST_BLOCK or at > size:
            raise InputError("the bundle is damaged or cut off", where=name)
    at += 4 if frame.has_checksum else 0
    if at > size:
        raise InputError("the bundle is cut off", where=name)
    return at
