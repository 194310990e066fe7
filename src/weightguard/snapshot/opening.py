"""Before a collection writes: is the directory free, and if one was interrupted there, what did it leave."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot.journal import HEADER
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.lines import decode, open_regular
from weightguard.snapshot.model import MANIFEST, SCHEMA_VERSION, WORKING
from weightguard.snapshot.secrets import without_secrets

if sys.platform != "win32":
    import fcntl


def refuse_used(root: Path) -> None:
    """InputError where a directory holds anything: a snapshot is never edited, and nobody's files are mixed with it."""
    try:
        _refuse_occupied(root)
    except OSError as error:
        raise InputError(
            "the snapshot's directory cannot be read", where=str(root), fix=error.strerror
        ) from error


def _refuse_occupied(root: Path) -> None:
    if (root / MANIFEST).exists():
        raise InputError(
            "a snapshot is here already, and a snapshot is never edited",
            where=str(root),
            fix="choose another directory",
        )
    if (root / HEADER).exists():
        raise InputError(
            "an interrupted collection is here", where=str(root), fix="resume it, or choose another directory"
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            "the snapshot's directory is not empty", where=str(root), fix="choose another directory"
        )


def resumable_header(root: Path) -> dict[str, Any]:
    """What the interrupted collection noted when it began; InputError where there is none, or nothing is left to do."""
    if (root / MANIFEST).exists():
        shutil.rmtree(root / WORKING, ignore_errors=True)
        raise InputError("this snapshot is complete, nothing is left to resume", where=str(root))
    header = _header(root)
    if header is None:
        raise InputError(
            "there is no collection to resume here", where=str(root), fix="start one without --resume"
        )
    if header.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            "the collection was started by another version of weightguard",
            where=str(root),
            fix=f"resume it with version {header.get('tool_version')}, or start again in another directory",
        )
    return header


def _header(root: Path) -> dict[str, Any] | None:
    """What the collection noted when it began; None where none did.

    Raises:
        SnapshotError: it is no plain file, or not what it should be.
    """
    if not (root / HEADER).exists() and not (root / HEADER).is_symlink():
        return None
    with open_regular(root / HEADER, HEADER) as file:
        text = file.read(DEFAULT.line_bytes + 2)
    header = decode(text.rstrip(b"\n"), HEADER, DEFAULT)
    source = header.get("source", {})
    nested = source.get("sources", {}) if isinstance(source, dict) else None
    if (
        not all(isinstance(header.get(name), str) for name in ("tool_version", "started_at"))
        or not isinstance(nested, dict)
        or not all(isinstance(one, dict) for one in nested.values())
    ):
        raise SnapshotError(
            "the header of the interrupted collection is not what it should be",
            where=str(root / HEADER),
            fix="remove the collection, or choose another directory",
        )
    return header


OLDEST: Final = timedelta(hours=24)
"""How long after its start a collection is gone on with: what was read before then may no longer be so."""
_WHOSE: Final = ("account", "endpoint")
"""Settings that say whose estate it is; another one there is a mistake, never a change of mind."""


def same_source(header: Mapping[str, Any], source: Mapping[str, Any] | None, root: Path) -> None:
    """InputError naming the first setting in which two runs of a collection differ."""
    if source is None:
        return
    name = _difference(header, source)
    if name is not None:
        raise InputError(
            f"the interrupted collection was started with a different setting of {name}",
            where=str(root),
            fix="run the same command again, or choose another directory",
        )


def _difference(header: Mapping[str, Any], source: Mapping[str, Any]) -> str | None:
    now, then = without_secrets(dict(source)), header.get("source", {})
    return next((name for name in sorted(now.keys() | then.keys()) if now.get(name) != then.get(name)), None)


def outdated(root: Path, source: Mapping[str, Any], now: str) -> str | None:
    """Why an interrupted collection is not worth going on with, in words; None where it is, or where there is none.

    Raises:
        InputError: it is of another account or endpoint: whoever runs this is about to mix two estates.
    """
    header = _header(root)
    if header is None:
        return None
    then = header.get("source", {})
    _same_owner(then, source, root)
    for name, earlier in then.get("sources", {}).items():
        _same_owner(earlier, source.get("sources", {}).get(name, earlier), root)
    if _is_held(root):
        return None  # somebody is at it, which opening it will say
    if header.get("schema_version") != SCHEMA_VERSION:
        return "another version of weightguard began it"
    name = _difference(header, source)
    if name is not None:
        return f"it was started with a different setting of {name}"
    return "it is more than a day old" if is_old(header, now) else None


def _same_owner(then: Mapping[str, Any], now: Mapping[str, Any], root: Path) -> None:
    for whose in _WHOSE:
        if whose in then and then[whose] != now.get(whose):
            raise InputError(
                f"an interrupted collection of another {whose} is here, {then[whose]}; this one is of {now.get(whose)}",
                where=str(root),
                fix="go on with the same credentials and endpoint, or choose another directory",
            )


def _is_held(root: Path) -> bool:
    """Whether another process is writing the collection."""
    if sys.platform == "win32":
        return False
    with (root / HEADER).open("rb") as header:
        try:
            fcntl.flock(header, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def is_old(header: Mapping[str, Any], now: str) -> bool:
    """Whether a collection was begun so long ago that what it holds may no longer be so."""
    return _is_past(header.get("started_at"), now)


def _is_past(started: object, now: str) -> bool:
    try:
        return datetime.fromisoformat(now) - datetime.fromisoformat(str(started)) > OLDEST
    except (TypeError, ValueError):
        return True


def _cut_torn_line(file: Path) -> None:
    """Drop what follows the last newline: the line that was being written when the process ended."""
    if file.is_symlink():
        raise SnapshotError("a file of the collection is a link", where=str(file))
    with file.open("rb+") as stream:
        end = stream.seek(0, os.SEEK_END)
        position = end
        while position:
            step = min(position, 65_536)
            stream.seek(position - step)
            at = stream.read(step).rfind(b"\n")
            if at >= 0:
                position = position - step + at + 1
                break
            position -= step
        if position < end:
            stream.truncate(position)


def clean_up(root: Path) -> None:
    """Drop what a killed process was in the middle of writing: torn last lines, files not yet in their place."""
    for file in [*root.rglob("*.jsonl")]:
        _cut_torn_line(file)
    for leftover in [*root.rglob("*.tmp")]:
        leftover.unlink()


def refuse_old(header: Mapping[str, Any], source: Mapping[str, Any] | None, now: str, root: Path) -> None:
    """InputError where a collection from a cloud was begun more than a day ago: half of it may no longer be so."""
    if source is not None and is_old(header, now):
        raise InputError(
            f"the interrupted collection is more than a day old (of {header.get('started_at')})",
            where=str(root),
            fix="remove it, or choose another directory",
        )
