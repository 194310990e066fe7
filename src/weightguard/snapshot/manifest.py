"""Reads and checks a snapshot's manifest, and holds the files against it."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot.journal import HEADER
from weightguard.snapshot.limits import Limits
from weightguard.snapshot.lines import decode, open_regular, parse, read_lines, reason
from weightguard.snapshot.model import CALLS, CHECKSUMS, MANIFEST, WORKING, FileEntry, Manifest, checked_scope
from weightguard.snapshot.seal import LINES_A_BLOCK, body_digest, file_digest, read_body
from weightguard.snapshot.upgrade import Upgrade, upgrade_from

_PATH: Final = re.compile(
    rf"{re.escape(CALLS)}|{re.escape(CHECKSUMS)}"
    r"|records/(?:aws|gcp|azure)/[A-Za-z0-9][A-Za-z0-9._%-]{0,150}/[a-z0-9][a-z0-9._-]{0,63}\.jsonl"
    r"|objects/(?:aws|gcp|azure)-[A-Za-z0-9][A-Za-z0-9._%-]{0,150}\.parquet"
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DAMAGED: Final = "collect again, or take an undamaged copy"


def read_manifest(root: Path, limits: Limits) -> tuple[Manifest, Upgrade]:
    """The manifest, checked and upgraded, with the way to upgrade the lines.

    Raises:
        SnapshotError: none, damaged, from a newer version, or of a collection that was interrupted.
    """
    if not (root / MANIFEST).exists() and not (root / MANIFEST).is_symlink():
        _refuse_unsealed(root)
    stored = _stored(root, limits)
    upgrade = upgrade_from(stored.get("schema_version"))
    body = upgrade.manifest({name: value for name, value in stored.items() if name != "digest"})
    _check_body(body)
    if stored.get("digest") != body_digest(stored):
        raise SnapshotError("the manifest was changed after it was written", where=MANIFEST, fix=_DAMAGED)
    manifest = read_body(body, stored["schema_version"])
    if len(manifest.files) > limits.files:
        raise SnapshotError(f"more than {limits.files} files", where=MANIFEST)
    return _with_digest(manifest, stored["digest"]), upgrade


def _with_digest(manifest: Manifest, digest: str) -> Manifest:
    """The digest is of the stored form: an upgrade in memory does not make it another snapshot."""
    return replace(manifest, digest=digest)


def _refuse_unsealed(root: Path) -> None:
    if (root / HEADER).exists():
        raise SnapshotError(
            "this collection was interrupted and is not complete",
            where=str(root),
            fix="run the same weightguard command with the same output directory; it goes on where it stopped",
        )
    inside = root / "snapshot"
    if (inside / MANIFEST).exists():
        raise SnapshotError("not a snapshot, but it holds one", where=str(root), fix=f"name {inside}")
    raise SnapshotError(
        f"not a snapshot, it has no {MANIFEST}",
        where=str(root),
        fix="name a directory that `weightguard collect` wrote",
    )


def _stored(root: Path, limits: Limits) -> dict[str, Any]:
    with open_regular(root / MANIFEST, MANIFEST) as file:
        text = file.read(limits.manifest_bytes + 1)
    if len(text) > limits.manifest_bytes:
        raise SnapshotError(f"the manifest is larger than {limits.manifest_bytes} bytes", where=MANIFEST)
    try:
        value = parse(text)
    except ValueError as error:
        where = re.search(r"line (\d+)", str(error))
        raise SnapshotError(
            f"the manifest is not valid JSON, {reason(error)}",
            where=f"{MANIFEST}:{where.group(1)}" if where else MANIFEST,
            fix=_DAMAGED,
        ) from error
    if not isinstance(value, dict):
        raise SnapshotError("the manifest is not a JSON object", where=f"{MANIFEST}:1", fix=_DAMAGED)
    return value


def _check_body(body: Mapping[str, Any]) -> None:
    tool = body.get("tool")
    _require(
        isinstance(tool, dict) and _texts(tool.get("name"), tool.get("version")) and len(tool) == 2, "tool"
    )
    scopes = body.get("scopes")
    _require(isinstance(scopes, list) and _texts(*scopes), "scopes")
    for scope in scopes or ():
        try:
            checked_scope(scope)
        except InputError as error:
            raise SnapshotError(error.what, where=f"{MANIFEST}: scopes") from error
    _require(_time(body.get("started_at")), "started_at")
    _require(_time(body.get("collected_at")), "collected_at")
    _require(isinstance(body.get("source"), dict), "source")
    files = body.get("files")
    _require(isinstance(files, list) and all(_is_entry(entry) for entry in files), "files")
    paths = [entry["path"] for entry in files or ()]
    _require(len({path.casefold() for path in paths}) == len(paths), "files: a path is there twice")
    _require(CALLS in paths and CHECKSUMS in paths, f"files: {CALLS} and {CHECKSUMS} have to be there")


def _require(holds: bool, where: str) -> None:
    if not holds:
        raise SnapshotError(
            "the manifest is not what it should be", where=f"{MANIFEST}: {where}", fix=_DAMAGED
        )


def _texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


_FIRST_YEAR, _LAST_YEAR = 1990, 2200
"""Beyond them nothing was collected, and times that are counted from one may not exist."""


def _time(value: object) -> bool:
    """An aware ISO-8601 time: whoever judges the snapshot takes it for "now"."""
    if not isinstance(value, str) or len(value) > 40:
        return False
    try:
        moment = datetime.fromisoformat(value)
        return moment.tzinfo is not None and _FIRST_YEAR <= moment.year <= _LAST_YEAR
    except ValueError:
        return False


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or set(entry) != {"path", "sha256", "bytes", "rows"}:
        return False
    named = (
        _texts(entry["path"], entry["sha256"])
        and _PATH.fullmatch(entry["path"])
        and _SHA256.fullmatch(entry["sha256"])
    )
    sizes = all(
        isinstance(entry[name], int) and not isinstance(entry[name], bool) and entry[name] >= 0
        for name in ("bytes", "rows")
    )
    return bool(named) and sizes


def verify_files(root: Path, manifest: Manifest, limits: Limits) -> None:
    """Hold the directory against its manifest: nothing missing, nothing more, every byte as it was written.

    Raises:
        SnapshotError: naming the file, and the line where a line was changed.
    """
    found = set(_inventory(root, limits))
    promised = {entry.path: entry for entry in manifest.files}
    for path in sorted(promised.keys() - found):
        raise SnapshotError("a file is missing", where=path, fix=_DAMAGED)
    for path in sorted(found - promised.keys() - {MANIFEST}):
        raise SnapshotError(
            "a file is there that the manifest does not know", where=path[:200], fix="remove it"
        )
    total = 0
    for entry in manifest.files:
        size = (root / entry.path).stat().st_size
        total += size
        if size > limits.file_bytes or total > limits.total_bytes:
            raise SnapshotError("the snapshot is larger than the limit", where=entry.path)
    sums = promised[CHECKSUMS]
    for entry in [sums, *(entry for entry in manifest.files if entry is not sums)]:
        if file_digest(root / entry.path) != entry.sha256:
            raise SnapshotError(
                "a file was changed after it was written",
                where=_damaged_at(root, entry, limits),
                fix=_DAMAGED,
            )


def _inventory(root: Path, limits: Limits) -> Iterator[str]:
    """Every file below the root, without following a link; a folder of a collection just sealed is passed over."""
    waiting = [""]
    count = 0
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.extend([path] if path != WORKING and path.count("/") < 4 else [])
                elif stat.S_ISREG(mode):
                    yield path
                else:
                    raise SnapshotError(
                        "neither a plain file nor a folder", where=path[:200], fix="remove it"
                    )
                count += 1
                if count > 2 * limits.files:
                    raise SnapshotError(f"more than {limits.files} files", where=str(root))


def _damaged_at(root: Path, entry: FileEntry, limits: Limits) -> str:
    """The file and, by the line checksums, the first line that differs from what was written."""
    if not entry.path.endswith(".jsonl") or entry.path == CHECKSUMS:
        return entry.path
    written = _line_sums(root, entry.path, limits)
    number = 0
    for number, line in read_lines(root / entry.path, entry.path, limits):
        if next(written, None) != zlib.crc32(line):
            return f"{entry.path}:{number}"
    return f"{entry.path}:{number + 1}"


def _line_sums(root: Path, path: str, limits: Limits) -> Iterator[int]:
    for number, line in read_lines(root / CHECKSUMS, CHECKSUMS, limits):
        where = f"{CHECKSUMS}:{number}"
        block = decode(line, where, limits)
        if block.get("file") == path:
            try:
                values = bytes.fromhex(block["crc32"])
            except (KeyError, TypeError, ValueError) as error:
                raise SnapshotError("a line is not what it should be", where=where, fix=_DAMAGED) from error
            yield from (
                int.from_bytes(values[at : at + 4], "big")
                for at in range(0, min(len(values), 4 * LINES_A_BLOCK), 4)
            )
