"""Reads a sealed snapshot, trusting nothing: limits first, digests next, then every line's shape as it is reached."""

from __future__ import annotations

import shutil
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weightguard.errors import SnapshotError
from weightguard.snapshot.archive import unpack
from weightguard.snapshot.limits import DEFAULT, Limits
from weightguard.snapshot.lines import decode, read_lines
from weightguard.snapshot.manifest import read_manifest, verify_files
from weightguard.snapshot.model import (
    CALLS,
    OUTCOMES,
    READ_OUTCOMES,
    Call,
    CallGroup,
    Manifest,
    Record,
    objects_path,
    records_path,
)
from weightguard.snapshot.objects import ObjectsFile
from weightguard.snapshot.seal import Key, record_key
from weightguard.snapshot.upgrade import Upgrade

if TYPE_CHECKING:
    import pyarrow as pa


class Snapshot:
    """A sealed snapshot, read lazily: lines and batches, never a whole file. Open one with `open_snapshot`.

    Attributes:
        path: the directory it is read from (of an archive: a temporary one).
        name: what the user called it; errors begin their place with it.
        manifest: scopes, times, digests.
    """

    def __init__(self, path: Path, name: str, manifest: Manifest, upgrade: Upgrade, limits: Limits) -> None:
        self.path = path
        self.name = name
        self.manifest = manifest
        self._upgrade = upgrade
        self._limits = limits
        self._groups: tuple[CallGroup, ...] | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over the manifest and so over every file: two snapshots with one digest hold the same bytes."""
        return self.manifest.digest

    @property
    def scopes(self) -> tuple[str, ...]:
        """``aws/111111111111`` and so on, sorted."""
        return self.manifest.scopes

    @property
    def collected_at(self) -> str:
        """When the collection ended, ISO-8601: the "now" of what is judged from it."""
        return self.manifest.collected_at

    @property
    def services(self) -> tuple[tuple[str, str], ...]:
        """The scope and service of every file of records, sorted."""
        return tuple((scope, service) for scope, service, _ in self._record_files)

    def records(
        self, scope: str | None = None, service: str | None = None, kind: str | None = None
    ) -> Iterator[Record]:
        """Records in the order of scope, service, kind and id; of one scope, service or kind where given.

        Raises:
            SnapshotError: at the first line that is damaged, naming it.
        """
        with _naming(self.name):
            for file_scope_, file_service, path in self._record_files:
                if scope in (None, file_scope_) and service in (None, file_service):
                    for record in self._file_records(file_scope_, file_service, path):
                        if kind in (None, record.kind):
                            yield record

    @cached_property
    def _record_files(self) -> tuple[tuple[str, str, str], ...]:
        return tuple(self._named_files())

    def _named_files(self) -> Iterator[tuple[str, str, str]]:
        for entry in self.manifest.files:
            parts = entry.path.split("/")
            if parts[0] != "records":
                continue
            scope, service = f"{parts[1]}/{parts[2].replace('%3A', ':')}", parts[3].removesuffix(".jsonl")
            if scope not in self.scopes or records_path(scope, service) != entry.path:
                raise SnapshotError("records of a scope that the manifest does not name", where=entry.path)
            yield scope, service, entry.path

    def _file_records(self, scope: str, service: str, path: str) -> Iterator[Record]:
        before: Key | None = None
        for number, line in read_lines(self.path / path, path, self._limits):
            where = f"{path}:{number}"
            value = self._upgrade.record(decode(line, where, self._limits))
            record = _record(value, scope, service, where)
            key = record_key(value)
            if before is not None and key <= before:
                raise SnapshotError(
                    "a record is there twice or out of order", where=where, fix="collect again"
                )
            before = key
            yield record

    def calls(self) -> Iterator[Call]:
        """Every API call, in the order of time.

        Raises:
            SnapshotError: at the first line that is damaged, naming it.
        """
        scopes = frozenset(self.scopes)
        with _naming(self.name):
            for number, line in read_lines(self.path / CALLS, CALLS, self._limits):
                where = f"{CALLS}:{number}"
                yield _call(self._upgrade.call(decode(line, where, self._limits)), scopes, where)

    def calls_summary(self) -> tuple[CallGroup, ...]:
        """Calls that ended alike, counted, in the order of scope, service, operation, outcome and code."""
        if self._groups is None:
            self._groups = grouped(self.calls())
        return self._groups

    def outcomes(self) -> dict[str, int]:
        """How many calls ended ``ok``, ``absent``, ``denied``, ``throttled`` and ``failed``."""
        counts = dict.fromkeys(map(str, OUTCOMES), 0)
        for group in self.calls_summary():
            counts[group.outcome] += group.count
        return counts

    @property
    def object_files(self) -> tuple[Path, ...]:
        """The Parquet files of listed objects, for queries of one's own; `objects` checks them, this does not."""
        return tuple(
            self.path / entry.path for entry in self.manifest.files if entry.path.startswith("objects/")
        )

    def objects(
        self,
        columns: Sequence[str] | None = None,
        *,
        stores: Iterable[str] | None = None,
        scope: str | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Listed objects in record batches, by scope and then as they were listed.

        Args:
            columns: those to read, of `weightguard.snapshot.objects.COLUMNS`; all where None.
            stores: only objects of these stores.
            scope: only objects listed in this scope.
        """
        wanted = None if stores is None else frozenset(stores)
        with _naming(self.name):
            for entry in self.manifest.files:
                if entry.path.startswith("objects/") and (scope is None or entry.path == objects_path(scope)):
                    file = ObjectsFile(self.path / entry.path, entry.path, self._limits)
                    yield from file.batches(columns, wanted)

    def object_rows(
        self,
        columns: Sequence[str] | None = None,
        *,
        stores: Iterable[str] | None = None,
        scope: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The rows of `objects`, one dictionary an object."""
        for batch in self.objects(columns, stores=stores, scope=scope):
            yield from batch.to_pylist()

    def verify(self) -> None:
        """Read everything once; SnapshotError names what is not as it should be."""
        for _ in self.records():
            pass
        self.calls_summary()
        for _ in self.objects():
            pass

    def close(self) -> None:
        """Remove what an archive was unpacked into."""
        if self._finalizer is not None:
            self._finalizer()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _remove_at_end(self, folder: Path) -> None:
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def grouped(calls: Iterable[Call]) -> tuple[CallGroup, ...]:
    """Calls that ended alike, counted, in the order of scope, service, operation, outcome and code."""
    counts = Counter((c.scope, c.service, c.operation, c.outcome, c.code) for c in calls)
    ordered = sorted(counts, key=lambda group: (*group[:4], group[4] or ""))
    return tuple(CallGroup(*group, counts[group]) for group in ordered)


def open_snapshot(path: Path | str, *, limits: Limits = DEFAULT) -> Snapshot:
    """Open a snapshot: a directory, or one ``.tar.zst`` (unpacked into a temporary directory until closed).

    The manifest, every file's type, size and SHA-256 are checked here; lines and rows as they are read.

    Raises:
        SnapshotError: not a snapshot, damaged, hostile, interrupted, or from a newer version; it names the file and the line.
    """
    root = Path(path)
    try:
        with _naming(str(path)):
            return _open_directory(root, str(path), limits) if root.is_dir() else _open_archive(root, limits)
    except OSError as error:
        where = str(error.filename or root)
        raise SnapshotError(f"the snapshot cannot be read, {error.strerror or error}", where=where) from error


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Errors inside begin their place with the snapshot's name: one may be reading several."""
    try:
        yield
    except SnapshotError as error:
        if error.where is None or error.where.startswith(name):
            raise
        raise SnapshotError(error.what, where=f"{name}/{error.where}", fix=error.fix) from error


def _open_archive(archive: Path, limits: Limits) -> Snapshot:
    folder, root = unpack(archive, limits)
    try:
        snapshot = _open_directory(root, str(archive), limits)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    snapshot._remove_at_end(folder)
    return snapshot


def _open_directory(root: Path, name: str, limits: Limits) -> Snapshot:
    manifest, upgrade = read_manifest(root, limits)
    verify_files(root, manifest, limits)
    return Snapshot(root, name, manifest, upgrade, limits)


def _record(value: Mapping[str, Any], scope: str, service: str, where: str) -> Record:
    kind, identity, region, operation = (value.get(name) for name in ("kind", "id", "region", "operation"))
    if not (
        isinstance(kind, str)
        and isinstance(identity, str)
        and isinstance(operation, str)
        and kind
        and identity
    ):
        raise SnapshotError("a record lacks its kind, id or operation", where=where, fix="collect again")
    if not (region is None or isinstance(region, str)) or "data" not in value:
        raise SnapshotError("a record has no data, or an odd region", where=where, fix="collect again")
    reads = value.get("reads")
    if not isinstance(reads, dict):
        raise SnapshotError("a record has no reads", where=where, fix="collect again")
    for name, read in reads.items():
        outcome = read.get("outcome") if isinstance(read, dict) else None
        if not isinstance(outcome, str) or outcome not in READ_OUTCOMES:
            raise SnapshotError(f"a read has no outcome, {name[:80]!r}", where=where, fix="collect again")
    return Record(scope, service, kind, identity, region, operation, value["data"], reads, where)


_CALL_TEXTS = ("service", "operation", "scope", "outcome", "time")
_CALL_OPTIONAL = ("region", "resource", "code", "message")


def _call(value: Mapping[str, Any], scopes: frozenset[str], where: str) -> Call:
    texts = [value.get(name) for name in _CALL_TEXTS]
    optional = [value.get(name) for name in _CALL_OPTIONAL]
    attempts = value.get("attempts", 1)
    sound = all(isinstance(text, str) for text in texts) and all(
        text is None or isinstance(text, str) for text in optional
    )
    if (
        not sound
        or value["outcome"] not in OUTCOMES
        or isinstance(attempts, bool)
        or not isinstance(attempts, int)
    ):
        raise SnapshotError("a call is not what it should be", where=where, fix="collect again")
    if value["scope"] not in scopes:
        raise SnapshotError(
            "a call of a scope that the manifest does not name", where=where, fix="collect again"
        )
    named: dict[str, Any] = {name: value.get(name) for name in (*_CALL_TEXTS, *_CALL_OPTIONAL)}
    return Call(**named, attempts=attempts)
