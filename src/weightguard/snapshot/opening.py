"""Before a collection writes: is the directory free, and if one was interrupted there, what did it leave."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot.journal import HEADER
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.lines import decode
from weightguard.snapshot.model import MANIFEST, SCHEMA_VERSION, WORKING
from weightguard.snapshot.redact import redact


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
    try:
        header = decode((root / HEADER).read_bytes().rstrip(b"\n"), HEADER, DEFAULT)
    except OSError as error:
        raise InputError(
            "there is no collection to resume here", where=str(root), fix="start one without --resume"
        ) from error
    if header.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            "the collection was started by another version of weightguard",
            where=str(root),
            fix=f"resume it with version {header.get('tool_version')}, or start again in another directory",
        )
    return header


def same_source(header: Mapping[str, Any], source: Mapping[str, Any] | None, root: Path) -> None:
    """InputError naming the first setting in which two runs of a collection differ."""
    if source is None:
        return
    now, then = redact(dict(source)), header.get("source", {})
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) != then.get(name):
            raise InputError(
                f"the interrupted collection was started with a different setting of {name}",
                where=str(root),
                fix="run the same command again, or choose another directory",
            )


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
