"""Files of a snapshot that are open for appending, and small ones that are written whole."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Final

from weightguard.errors import WeightguardError

_OPEN_FILES: Final = 64


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


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
