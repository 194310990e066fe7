"""Files of other people's, read with suspicion, and files of ours, written so that nobody can redirect them.

A configuration, a report or a folder handed in may name a link, a pipe, a device or a file of the reader's own. So what is read has
to be a plain file of a bearable size, looked at before its content is; what a configuration names lies below its own folder, with
no link on the way; and what is written goes through a fresh file beside its place, which no link prepared there can catch.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO

from weightguard.errors import InputError

PRIVATE = 0o600
"""Who reads weights, and how to, is for whoever ran the audit alone."""


@contextlib.contextmanager
def opened(
    path: Path, what: str, *, most: int, error: type[InputError] = InputError, fix: str | None = None
) -> Iterator[BufferedReader]:
    """A plain file, open for reading.

    Args:
        what: what messages call it (``the configuration``).
        most: bytes that it may have.
        error: the class of error to raise.
        fix: what to do about one that is larger.

    Raises:
        InputError: of the class `error`: it is not there, no plain file, or larger.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as problem:
        raise _unreadable(path, what, problem, error) from problem
    try:
        _check(descriptor, path, what, most, error, fix)
    except BaseException:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        yield file


def read(path: Path, what: str, *, most: int, error: type[InputError] = InputError) -> bytes:
    """What a plain file holds. Takes and raises what `opened` does."""
    try:
        with opened(path, what, most=most, error=error) as file:
            data = file.read(most + 1)
    except OSError as problem:
        raise _unreadable(path, what, problem, error) from problem
    if len(data) > most:  # it grew meanwhile
        raise error(f"{what} is larger than {most:,} bytes", where=str(path))
    return data


def _unreadable(path: Path, what: str, problem: Exception, error: type[InputError]) -> InputError:
    why = problem.strerror if isinstance(problem, OSError) else "its name cannot be one"
    return error(f"{what} cannot be read, {why}", where=str(path))


def _check(
    descriptor: int, path: Path, what: str, most: int, error: type[InputError], fix: str | None
) -> None:
    found = os.fstat(descriptor)
    if stat.S_ISDIR(found.st_mode):
        raise error(f"{what} is a folder, not a file", where=str(path))
    if str(path) == os.devnull:
        return  # holds nothing, as whoever names it means
    if not stat.S_ISREG(found.st_mode):
        raise error(f"{what} is no plain file", where=str(path), fix="give a file, not a pipe or a device")
    if found.st_size > most:
        raise error(f"{what} is larger than {most:,} bytes", where=str(path), fix=fix)


def below(folder: Path, path: Path, what: str, *, error: type[InputError] = InputError) -> Path:
    """A path that a file in `folder` names: below that folder, with no link on the way.

    Raises:
        InputError: of the class `error`: it leaves the folder, or a part of it is a link.
    """
    written = str(path)
    if "\0" in written:
        raise error(f"{what} has a name that cannot be one", where=written)
    inside = path.relative_to(folder) if path.is_absolute() and path.is_relative_to(folder) else path
    if inside.is_absolute() or ".." in inside.parts:
        raise error(
            f"{what} lies outside the folder of the file that names it",
            where=written,
            fix="copy it below that folder: what is handed on has to be whole",
        )
    place = folder
    for part in inside.parts:
        place = place / part
        if _is_link(place, what, error):
            raise error(f"{what} is reached through a link", where=written, fix="put the file itself there")
    return folder / inside


def _is_link(place: Path, what: str, error: type[InputError]) -> bool:
    try:
        return place.is_symlink()
    except OSError as problem:  # a name longer than names can be, or a folder that lets nobody look
        raise error(f"{what} cannot be read, {problem.strerror}", where=str(place)[:200]) from problem


@contextlib.contextmanager
def replacing(target: Path, *, mode: int = PRIVATE) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `target` once it is whole; a link at `target` is replaced, never followed.

    Args:
        mode: its permissions.

    Raises:
        OSError: it cannot be written; `target` is as it was.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            yield file
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write(target: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """`content` as a whole file, in the way of `replacing`."""
    with replacing(target, mode=mode) as file:
        file.write(content)
