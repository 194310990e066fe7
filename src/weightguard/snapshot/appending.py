"""Files of a snapshot that are open for appending, and small ones that are written whole."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from weightguard.errors import WeightguardError

_OPEN_FILES: Final = 64
_TOGETHER: Final = 1 << 16
"""Bytes of lines that are appended in one go."""


class AppendedFiles:
    """The files that are appended to; no more than so many are open at once. Whoever appends keeps other threads out.

    Args:
        root: the snapshot's directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[str, int] = OrderedDict()

    def append(self, path: str, line: bytes) -> None:
        """Write a line in one go.

        Raises:
            WeightguardError: it cannot be written, or not the whole of it.
        """
        try:
            written = os.write(self._descriptor(path), line)
        except OSError as error:
            raise WeightguardError(
                "the snapshot cannot be written", where=str(self._root / path), fix=str(error.strerror)
            ) from error
        if written != len(line):
            raise WeightguardError(
                "the disk is full", where=str(self._root / path), fix="make room and resume"
            )

    def _descriptor(self, path: str) -> int:
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        if len(self._open) >= _OPEN_FILES:
            os.close(self._open.popitem(last=False)[1])
        target = self._root / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self._open[path] = descriptor
        return descriptor

    def close(self) -> None:
        """Close them; appending opens them again."""
        while self._open:
            os.close(self._open.popitem()[1])


class Gathered(threading.local):
    """The lines that each thread wrote and that are not in their files yet, inside of a unit of work.

    Threads that append line by line wait for one another at every line.
    """

    def __init__(self) -> None:
        self._lines: dict[str, bytearray] | None = None

    @contextmanager
    def until_the_end(self, append: Callable[[str, bytes], None]) -> Iterator[None]:
        """Gather what this thread writes inside; what is left at the end is appended then, however it ends."""
        before, self._lines = self._lines, {}
        try:
            yield
        finally:
            left, self._lines = self._lines, before
            for path, lines in left.items():
                append(path, bytes(lines))

    def ready(self, path: str, line: bytes) -> bytes:
        """What has to be appended now, with a new line at the end; nothing while few are together."""
        if self._lines is None:
            return line
        lines = self._lines.setdefault(path, bytearray())
        lines += line
        if len(lines) < _TOGETHER:
            return b""
        del self._lines[path]
        return bytes(lines)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
