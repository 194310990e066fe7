"""Turns a finished collection into a snapshot: what counts, in a stable order, digested; the manifest last."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from weightguard.snapshot.journal import PARTS, Journal, unit_hash
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.lines import decode, encode, read_lines, untag
from weightguard.snapshot.model import CALLS, CHECKSUMS, MANIFEST, SCHEMA_VERSION, FileEntry, Manifest
from weightguard.snapshot.objects import merge_parts

LINES_A_BLOCK: Final = 1_000
TOOL: Final = "weightguard"

Key = tuple[str, str, str]


def seal(root: Path, header: Mapping[str, Any], journal: Journal, now: str) -> Manifest:
    """Rewrite what the collection left into its final form; every step can be done again after a kill.

    Returns:
        The manifest, written as ``manifest.json``.
    """
    sums: list[tuple[str, bytes]] = []
    entries = [
        _seal_records(root, path, journal, sums) for path in sorted((root / "records").rglob("*.jsonl"))
    ]
    entries.append(_seal_calls(root, journal, sums))
    entries.extend(_seal_objects(root, journal))
    entries.append(_write_checksums(root, sums))
    files = tuple(sorted((entry for entry in entries if entry is not None), key=lambda entry: entry.path))
    body = manifest_body(header, journal.scopes, now, files)
    manifest = read_body(body, SCHEMA_VERSION)
    text = (
        json.dumps({**body, "digest": manifest.digest}, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    )
    with _replacing(root / MANIFEST) as target:
        target.write(text.encode("utf-8", "replace"))
    _sync_folders(root, files)
    return manifest


def manifest_body(
    header: Mapping[str, Any], scopes: Iterable[str], now: str, files: Iterable[FileEntry]
) -> dict[str, Any]:
    """``manifest.json`` without its digest."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": TOOL, "version": str(header["tool_version"])},
        "scopes": sorted(scopes),
        "started_at": str(header["started_at"]),
        "collected_at": now,
        "source": dict(header.get("source", {})),
        "files": [asdict(entry) for entry in files],
    }


def body_digest(body: Mapping[str, Any]) -> str:
    """The digest of a snapshot: SHA-256 of its manifest in canonical form, which holds every file's own."""
    return sha256(encode({name: value for name, value in body.items() if name != "digest"})).hexdigest()


def read_body(body: Mapping[str, Any], schema_version: int) -> Manifest:
    """A manifest's values, already checked, as a `Manifest`."""
    return Manifest(
        schema_version=schema_version,
        tool=body["tool"]["name"],
        tool_version=body["tool"]["version"],
        scopes=tuple(body["scopes"]),
        started_at=body["started_at"],
        collected_at=body["collected_at"],
        files=tuple(FileEntry(**entry) for entry in body["files"]),
        digest=body_digest(body),
        source=dict(body["source"]),
    )


class _Digesting:
    """A file being written, with the digest of what was."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = sha256()
        self._sums = bytearray()
        self.bytes = 0
        self.rows = 0

    def line(self, line: bytes) -> None:
        whole = line + b"\n"
        self._stream.write(whole)
        self._digest.update(whole)
        self._sums += zlib.crc32(line).to_bytes(4, "big")
        self.bytes += len(whole)
        self.rows += 1

    def entry(self, path: str) -> FileEntry:
        return FileEntry(path=path, sha256=self._digest.hexdigest(), bytes=self.bytes, rows=self.rows)

    def sums(self) -> bytes:
        return bytes(self._sums)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the old one's place whole, or not at all where writing it fails."""
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb"
    ) as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def _counting(path: Path, name: str, journal: Journal) -> Iterator[bytes]:
    known: dict[bytes, tuple[str, int] | None] = {}
    for _, line in read_lines(path, name, DEFAULT):
        kept, tag = untag(line, known)
        if journal.counts(tag):
            yield kept


def _seal_records(
    root: Path, path: Path, journal: Journal, sums: list[tuple[str, bytes]]
) -> FileEntry | None:
    """One file's records, the last of each resource, in the order of kind, id and region.

    Only keys and places are held in memory, never the records.
    """
    name = path.relative_to(root).as_posix()
    places = _places(path, name, journal)
    if not places:
        path.unlink()
        return None
    with path.open("rb") as source, _replacing(path) as target:
        written = _Digesting(target)
        known: dict[bytes, tuple[str, int] | None] = {}
        for key in sorted(places):
            offset, length = places[key]
            source.seek(offset)
            written.line(untag(source.read(length), known)[0])
    sums.append((name, written.sums()))
    return written.entry(name)


def _places(path: Path, name: str, journal: Journal) -> dict[Key, tuple[int, int]]:
    places: dict[Key, tuple[int, int]] = {}
    known: dict[bytes, tuple[str, int] | None] = {}
    offset = 0
    for number, line in read_lines(path, name, DEFAULT):
        kept, tag = untag(line, known)
        if journal.counts(tag):
            record = decode(kept, f"{name}:{number}", DEFAULT)
            places[record_key(record)] = (offset, len(line))
        offset += len(line) + 1
    return places


def record_key(record: Mapping[str, Any]) -> Key:
    """What makes a record one resource inside its file."""
    return str(record.get("kind")), str(record.get("id")), str(record.get("region") or "")


def _seal_calls(root: Path, journal: Journal, sums: list[tuple[str, bytes]]) -> FileEntry:
    path = root / CALLS
    path.touch(mode=0o600)
    with _replacing(path) as target:
        written = _Digesting(target)
        for line in _counting(path, CALLS, journal):
            written.line(line)
    sums.append((CALLS, written.sums()))
    return written.entry(CALLS)


def _seal_objects(root: Path, journal: Journal) -> Iterator[FileEntry]:
    """Merge the parts of finished units, in the order of the units' names, into one file a scope."""
    order = {f"{unit_hash(unit)}.{done.run}": unit for unit, done in journal.units.items()}
    order[f"{unit_hash('')}.{journal.run}"] = ""
    for folder in sorted(path for path in (root / PARTS).iterdir() if path.is_dir()):
        parts = [
            (order[prefix], part.name, part)
            for part in folder.iterdir()
            if (prefix := part.name.rsplit(".", 2)[0]) in order
        ]
        target = root / "objects" / f"{folder.name}.parquet"
        target.parent.mkdir(mode=0o700, exist_ok=True)
        rows = merge_parts([part for *_, part in sorted(parts)], target)
        if rows:
            target.chmod(0o600)
            _sync(target)
            yield FileEntry(
                f"objects/{folder.name}.parquet", file_digest(target), target.stat().st_size, rows
            )
        else:
            target.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _write_checksums(root: Path, sums: list[tuple[str, bytes]]) -> FileEntry:
    """A CRC-32 of every line, so that damage can be named by its line; the manifest's SHA-256 is what detects it."""
    with _replacing(root / CHECKSUMS) as target:
        written = _Digesting(target)
        for name, values in sums:
            for start in range(0, len(values), 4 * LINES_A_BLOCK):
                block = values[start : start + 4 * LINES_A_BLOCK]
                written.line(encode({"file": name, "first_line": start // 4 + 1, "crc32": block.hex()}))
    return written.entry(CHECKSUMS)


def _sync_folders(root: Path, files: Iterable[FileEntry]) -> None:
    for folder in {root / above for one in files for above in Path(one.path).parents}:
        _sync(folder)


def _sync(path: Path) -> None:
    """Has the disk keep a file or a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
