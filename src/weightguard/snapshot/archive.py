"""A snapshot as one ``.tar.zst``: packed the same every time, unpacked with nothing believed.

The reader takes plain USTAR files and folders and nothing else: no links, devices, sparse files or extended headers, so nothing
can be placed outside, and no header can ask for memory. Sizes are counted while decompressing.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import zstandard

from weightguard import files
from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot.limits import DEFAULT, Limits
from weightguard.snapshot.model import MANIFEST

_BLOCK: Final = 512
_LEVEL: Final = 10
_LARGEST: Final = 1 << 44
"""Bytes of an archive; what is unpacked has limits of its own."""
_PIECE: Final = 1 << 20
_DEEPEST: Final = 6
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_LONGEST_HEADER: Final = 4096
_ABOUT_TIMES: Final = re.compile(rb"([0-9]{1,4}) (?:mtime|atime|ctime|uid|gid|uname|gname)=[ -~]{0,100}\n")
_FORBIDDEN: Final = frozenset('\\:*?"<>|')


def pack(directory: Path | str, target: Path | str) -> Path:
    """Write a sealed snapshot as one file; the same snapshot gives the same bytes.

    Raises:
        SnapshotError: the snapshot is damaged or was interrupted.
        InputError: the target is there already.
    """
    from weightguard.snapshot.manifest import read_manifest, verify_files

    root, archive = Path(directory), Path(target)
    manifest, _ = read_manifest(root, DEFAULT)
    verify_files(root, manifest, DEFAULT)
    if archive.exists():
        raise InputError(
            "a file of this name is there already", where=str(archive), fix="choose another name"
        )
    with (
        files.replacing(archive) as file,
        zstandard.ZstdCompressor(level=_LEVEL).stream_writer(file, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in [MANIFEST, *(entry.path for entry in manifest.files)]:
            _add(tar, root / path, path)
    return archive


def _add(tar: tarfile.TarFile, file: Path, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.size = file.stat().st_size
    info.mode = 0o600
    with file.open("rb") as content:
        tar.addfile(info, content)


def unpack(archive: Path, limits: Limits) -> tuple[Path, Path]:
    """Unpack into a new temporary directory.

    Returns:
        The temporary directory, to be removed by the caller, and the folder in it that holds the snapshot: itself, or the one
        folder that the archive has at its top.

    Raises:
        SnapshotError: not such an archive, no plain file, or one that oversteps.
        OSError: it cannot be read, or there is no room.
    """
    with files.opened(archive, "the snapshot", most=_LARGEST, error=SnapshotError) as file:
        if file.read(4) != _MAGIC:
            raise SnapshotError("neither a directory nor a .tar.zst", where=str(archive))
        file.seek(0)
        folder = Path(tempfile.mkdtemp(prefix="weightguard-"))
        try:
            Unpacking(file, folder, limits, str(archive)).run()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return folder, _top(folder)


def _top(folder: Path) -> Path:
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder


class Unpacking:
    """One pass over an archive of plain files.

    Args:
        file: the archive, at its beginning. folder: an empty one, to unpack into.
        name: what messages call the archive.
        frames: it may consist of several compressed frames.
        times: extended headers that tell of times and owners alone, which other tools write, are passed over.
    """

    def __init__(
        self,
        file: IO[bytes],
        folder: Path,
        limits: Limits,
        name: str,
        *,
        frames: bool = True,
        times: bool = False,
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._name = name
        self._times = times
        self._compressed = os.fstat(file.fileno()).st_size
        self._total = 0
        self._seen: set[str] = set()
        decompressor = zstandard.ZstdDecompressor(max_window_size=limits.window_bytes)
        self._stream: Any = decompressor.stream_reader(file, read_across_frames=frames)

    def run(self) -> None:
        """Unpack every member, up to the empty block that ends an archive."""
        with self._telling():
            while (header := self._read(_BLOCK)) and header.count(0) != _BLOCK:
                self._member(tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape"))

    def end(self) -> None:
        """SnapshotError where anything but empty blocks follows the last member."""
        with self._telling():
            while piece := self._stream.read(_PIECE):
                self._count(len(piece))
                if piece.count(0) != len(piece):
                    raise SnapshotError("something follows the last file of the archive", where=self._name)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (zstandard.ZstdError, tarfile.TarError) as error:
            raise SnapshotError(f"the archive is damaged, {str(error)[:120]}", where=self._name) from error

    def _member(self, info: tarfile.TarInfo) -> None:
        if self._times and info.type == tarfile.XHDTYPE:
            self._pass_over(info)
            return
        path = self._safe_path(info.name)
        if info.type == tarfile.DIRTYPE and info.size == 0:
            return
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise SnapshotError(
                "the archive holds something other than plain files",
                where=self._where(info.name),
                fix="pack it with weightguard",
            )
        if path is None:
            raise SnapshotError("a file of the archive has no name", where=self._name)
        if info.size < 0 or info.size > self._limits.file_bytes:
            raise SnapshotError(
                f"a file is larger than {self._limits.file_bytes} bytes", where=self._where(info.name)
            )
        if path.casefold() in self._seen:
            raise SnapshotError("the archive holds a file twice", where=self._where(info.name))
        self._seen.add(path.casefold())
        if len(self._seen) > self._limits.files:
            raise SnapshotError(f"more than {self._limits.files} files", where=self._name)
        self._write(self._folder / path, info.size)
        self._read(-info.size % _BLOCK)

    def _pass_over(self, info: tarfile.TarInfo) -> None:
        """Read an extended header (POSIX.1-2001, pax) that turns nothing of the file behind it but its times and owners."""
        size = info.size if 0 <= info.size <= _LONGEST_HEADER else _LONGEST_HEADER
        text = self._read(size)
        self._read(-size % _BLOCK)
        lines = [_ABOUT_TIMES.fullmatch(line) for line in text.splitlines(keepends=True)]
        if size != info.size or not all(one and int(one[1]) == len(one[0]) for one in lines):
            raise SnapshotError(
                "the archive holds an extended header, which could be read in two ways",
                where=self._where(info.name),
                fix="pack it with weightguard",
            )

    def _safe_path(self, name: str) -> str | None:
        """The member's path below the folder; None for the folder itself."""
        parts = [part for part in name.split("/") if part != "."]
        if name.endswith("/"):
            parts.pop()
        bad = (
            name.startswith("/")
            or len(parts) > _DEEPEST
            or any(part in ("", "..") or len(part) > 255 or part.startswith(" ") for part in parts)
            or any(
                ord(character) < 32 or ord(character) > 126 or character in _FORBIDDEN for character in name
            )
        )
        if bad:
            raise SnapshotError("the archive holds a path that a snapshot has not", where=self._where(name))
        return "/".join(parts) or None

    def _where(self, name: str) -> str:
        return f"{self._name}: {name[:120]!a}"

    def _write(self, target: Path, size: int) -> None:
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except (FileExistsError, NotADirectoryError) as error:
            raise SnapshotError("the archive holds a file twice", where=self._where(target.name)) from error
        with os.fdopen(descriptor, "wb") as out:
            while size:
                piece = self._read(min(size, _PIECE))
                out.write(piece)
                size -= len(piece)

    def _read(self, size: int) -> bytes:
        """Exactly so many bytes, counted."""
        pieces = bytearray()
        while len(pieces) < size:
            piece = self._stream.read(size - len(pieces))
            if not piece:
                raise SnapshotError("the archive is cut off", where=self._name)
            pieces += piece
        self._count(size)
        return bytes(pieces)

    def _count(self, size: int) -> None:
        self._total += size
        bomb = self._total > self._limits.ratio_floor and self._total > self._limits.ratio * self._compressed
        if bomb or self._total > self._limits.total_bytes:
            raise SnapshotError("the archive unpacks to more than it may", where=self._name)
