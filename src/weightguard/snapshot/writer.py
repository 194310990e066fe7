"""Writes a snapshot: appended to while collecting, by many threads, then sealed and never touched again.

Every line goes out in a single write to a file opened for appending, so a process killed at any point leaves whole lines and at
most one torn one. Lines carry the unit of work that wrote them; `SnapshotWriter.unit_done` makes a unit's lines count. What an
unfinished unit left is dropped when the snapshot is resumed and sealed, because the unit runs again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from weightguard.errors import InputError, Interrupted, SnapshotError, WeightguardError
from weightguard.snapshot import objects as object_rows
from weightguard.snapshot.answers import MESSAGE_CHARACTERS, bare, clean_read
from weightguard.snapshot.appending import AppendedFiles, Gathered, write_whole
from weightguard.snapshot.journal import HEADER, JOURNAL, PARTS, Journal, done_entry, unit_hash
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.lines import decode, encode, read_lines, tag, untag
from weightguard.snapshot.model import (
    CALLS,
    MANIFEST,
    OUTCOMES,
    READ_OUTCOMES,
    SCHEMA_VERSION,
    WORKING,
    Call,
    Manifest,
    checked_scope,
    file_scope,
    records_path,
)
from weightguard.snapshot.opening import clean_up, refuse_old, refuse_used, resumable_header, same_source
from weightguard.snapshot.seal import seal
from weightguard.snapshot.secrets import scrub, without_secrets

if sys.platform != "win32":
    import fcntl


_CALL_FIELDS: Final = tuple(field.name for field in fields(Call))

_unit: ContextVar[str] = ContextVar("weightguard_unit", default="")


def utc_now() -> str:
    """The time as a snapshot writes it: ISO-8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SnapshotWriter:
    """A snapshot while it is being collected. Safe to share between threads; a pickled copy appends to the same files.

    Open one with `create`, `resume` or `create_or_resume`.
    """

    def __init__(
        self, path: Path, header: Mapping[str, Any], journal: Journal, clock: Callable[[], str]
    ) -> None:
        self.path = path
        self.header = dict(header)
        self.journal = journal
        self.call_outcomes: Counter[str] = Counter()
        """Calls of this run by outcome, for whoever shows progress."""
        self._clock = clock
        self._mutex = threading.RLock()
        self._files = AppendedFiles(path)
        self._gathered = Gathered()
        self._parts: Counter[str] = Counter()
        self._closed = False
        self._lock_descriptor: int | None = None

    @classmethod
    def create(
        cls,
        path: Path | str,
        tool_version: str,
        scopes: Iterable[str] = (),
        *,
        source: Mapping[str, Any] | None = None,
        clock: Callable[[], str] = utc_now,
    ) -> SnapshotWriter:
        """Start a snapshot in a new or empty directory.

        Args:
            path: the snapshot's directory.
            tool_version: weightguard's version, for the manifest.
            scopes: those known beforehand; others are added as they are met.
            source: what is collected and how, for the manifest and for a resumed run to compare. No secrets.
            clock: the time as `utc_now` writes it.

        Raises:
            InputError: the directory holds something already, or cannot be written.
        """
        root = Path(path)
        refuse_used(root)
        header = {
            "schema_version": SCHEMA_VERSION,
            "tool_version": tool_version,
            "started_at": clock(),
            "source": without_secrets(dict(source or {})),
        }
        try:
            (root / PARTS).mkdir(mode=0o700, parents=True, exist_ok=True)
            root.chmod(0o700)
            write_whole(root / HEADER, encode(header) + b"\n")
        except OSError as error:
            raise InputError(
                f"the snapshot's directory cannot be written, {error.strerror}",
                where=str(root),
                fix="choose another directory",
            ) from error
        writer = cls(root, header, Journal(), clock)
        writer._begin()
        for scope in scopes:
            writer.add_scope(scope)
        return writer

    @classmethod
    def resume(
        cls, path: Path | str, *, source: Mapping[str, Any] | None = None, clock: Callable[[], str] = utc_now
    ) -> SnapshotWriter:
        """Take an interrupted collection up again, after dropping the line that was being written when it ended.

        Args:
            path: the snapshot's directory.
            source: what this run collects; it must be what the first run collected.
            clock: the time as `utc_now` writes it.

        Raises:
            InputError: there is nothing to resume, it is sealed, another process is writing it, or `source` differs.
        """
        root = Path(path)
        header = resumable_header(root)
        writer = cls(root, header, Journal(), clock)
        writer._hold()
        try:
            same_source(header, source, root)
            refuse_old(header, source, clock(), root)
            clean_up(root)
            writer.journal = Journal.read(root / JOURNAL, DEFAULT)
        except WeightguardError:
            writer.close()
            raise
        writer._begin()
        return writer

    @classmethod
    def create_or_resume(
        cls,
        path: Path | str,
        tool_version: str,
        scopes: Iterable[str] = (),
        *,
        source: Mapping[str, Any] | None = None,
        clock: Callable[[], str] = utc_now,
    ) -> SnapshotWriter:
        """`resume` where a collection of the same source was interrupted, else `create`."""
        if (Path(path) / HEADER).is_file() and not (Path(path) / MANIFEST).exists():
            return cls.resume(path, source=source, clock=clock)
        return cls.create(path, tool_version, scopes, source=source, clock=clock)

    def _begin(self) -> None:
        self._hold()
        self.journal.run += 1
        self._append(JOURNAL, encode({"run": self.journal.run, "started_at": self._clock()}) + b"\n")

    def _hold(self) -> None:
        """One collection at a time: the lock goes with the process, however it ends."""
        if sys.platform == "win32" or self._lock_descriptor is not None:
            return
        descriptor = os.open(self.path / HEADER, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise InputError(
                "another process is writing this snapshot",
                where=str(self.path),
                fix="wait for it, or choose another directory",
            ) from error
        self._lock_descriptor = descriptor

    def __reduce__(self) -> tuple[Callable[..., SnapshotWriter], tuple[str, dict[str, Any], int]]:
        return _attached, (str(self.path), self.header, self.journal.run)

    @contextlib.contextmanager
    def unit(self, unit_id: str) -> Iterator[None]:
        """Everything that this thread writes inside belongs to the unit and counts once `unit_done` says so."""
        token = _unit.set(unit_id)
        try:
            with self._gathered.until_the_end(self._append_here):
                yield
        finally:
            _unit.reset(token)

    def add_scope(self, scope: str) -> None:
        """Note that the snapshot covers a scope, even if nothing in it can be read."""
        if (
            scope in self.journal.scopes
        ):  # known scopes are only ever added to: no lock is waited for at each call
            return
        checked_scope(scope)
        with self._mutex:
            if scope not in self.journal.scopes:
                self.journal.scopes.add(scope)
                self._append(JOURNAL, encode({"scope": scope}) + b"\n")

    def record(
        self,
        scope: str,
        service: str,
        *,
        kind: str,
        id: str,
        region: str | None,
        operation: str,
        data: Any,
        reads: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Write one resource; a later record of the same kind, id and region replaces it.

        `data` and `reads` are stripped of secrets here (`without_secrets`), and of ``ResponseMetadata``.

        Raises:
            InputError: a scope, service or outcome that does not exist, or values that JSON cannot hold.
        """
        for name, read in (reads or {}).items():
            if read.get("outcome") not in READ_OUTCOMES:
                raise InputError(f"{name} has no outcome that a snapshot knows, {read.get('outcome')!r}")
        line = {
            "kind": kind,
            "id": id,
            "region": region,
            "operation": operation,
            "data": without_secrets(bare(data)),
            "reads": {name: clean_read(read) for name, read in (reads or {}).items()},
        }
        path = records_path(scope, service)
        self.add_scope(scope)
        self._write(path, line)

    def call(self, call: Call) -> None:
        """Note one API call and how it ended."""
        if call.outcome not in OUTCOMES:
            raise InputError(f"{call.outcome!r} is not an outcome of a call")
        line = {name: getattr(call, name) for name in _CALL_FIELDS}
        line["message"] = scrub(call.message)[:MESSAGE_CHARACTERS] if call.message else None
        for name, usual in (("message", None), ("attempts", 1)):
            if line[name] == usual:
                del line[name]
        self.add_scope(call.scope)
        self._write(CALLS, line)
        with self._mutex:
            self.call_outcomes[call.outcome] += 1

    def objects(self, scope: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Stream listed objects; `weightguard.snapshot.objects.COLUMNS` are the columns of a row.

        Returns:
            How many rows were written.
        """
        self.add_scope(scope)
        unit = _unit.get()
        name = f"{unit_hash(unit)}.{self.journal.run}"
        with self._mutex:
            self._refuse_closed()
            self._parts[name] += 1
            number = self._parts[name]
        folder = self.path / PARTS / file_scope(scope).replace("/", "-", 1)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return object_rows.write_part(folder / f"{name}.{number:06d}.arrow", rows)

    def written(self, scope: str, service: str, *kinds: str) -> Iterator[dict[str, Any]]:
        """The records of finished units so far, of this run and earlier ones, as they were written.

        Of one resource written twice both are given; the later one is what the sealed snapshot will hold.

        Args:
            kinds: the kinds that are asked for; none: all.
        """
        marks = [encode({"kind": kind})[1:-1] for kind in kinds]
        known: dict[bytes, tuple[str, int] | None] = {}
        name = records_path(scope, service)
        path = self.path / name
        if path.exists():
            for number, line in read_lines(path, name, DEFAULT):
                if marks and not any(mark in line for mark in marks):
                    continue  # A line that is not as `encode` writes it is refused when the snapshot is sealed.
                kept, written_by = untag(line, known)
                with self._mutex:
                    counts = self.journal.counts(written_by)
                if counts:
                    record = decode(kept, f"{name}:{number}", DEFAULT)
                    if not kinds or record.get("kind") in kinds:
                        yield record

    def unit_done(self, unit_id: str, *, spawned: Iterable[str] = (), failed: bool = False) -> None:
        """Make the unit's lines count.

        Args:
            unit_id: the same in every run for the same work.
            spawned: the units that it called for; the unit is done (`is_done`) when they are too.
            failed: it ended in an error of the collector itself: its lines count, but a resumed run does it again.
        """
        entry = done_entry(unit_id, self.journal.run, spawned, failed)
        with self._mutex:
            self._append(JOURNAL, encode(entry) + b"\n")
            self.journal.apply(entry)

    def is_done(self, unit_id: str) -> bool:
        """Nothing is left to do for this unit, in this run or an earlier one."""
        with self._mutex:
            return self.journal.is_done(unit_id)

    def seal(self) -> Manifest:
        """Finish: keep what counts, merge and digest every file, write the manifest last.

        A process killed meanwhile leaves a snapshot that resumes, with nothing left to collect.
        """
        with self._mutex:
            self._append(JOURNAL, encode({"sealing": True}) + b"\n")
            self.journal.sealing = True
            self._files.close()
            manifest = seal(self.path, self.header, self.journal, self._clock())
            self.close()
            shutil.rmtree(self.path / WORKING, ignore_errors=True)
            return manifest

    def close(self) -> None:
        """Stop writing and leave the snapshot resumable; later writes raise SnapshotError."""
        with self._mutex:
            self._closed = True
            self._files.close()
            if self._lock_descriptor is not None:
                os.close(self._lock_descriptor)
                self._lock_descriptor = None

    def __enter__(self) -> SnapshotWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close; Ctrl-C outside the units of work becomes `Interrupted`, which says how to resume."""
        self.close()
        if kind is KeyboardInterrupt and not (self.path / MANIFEST).exists():
            raise Interrupted(
                "stopped before the snapshot was complete",
                where=str(self.path),
                fix="run the same command again, it goes on where it stopped",
            ) from None

    def _write(self, path: str, line: dict[str, Any]) -> None:
        try:
            encoded = encode(line)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"an answer cannot be written as JSON, {error}", where=f"{path}, {str(line.get('id'))[:80]}"
            ) from error
        if len(encoded) > DEFAULT.line_bytes - 4_096:
            raise InputError(
                "one resource's answers are too large for a snapshot",
                where=f"{path}, {str(line.get('id'))[:80]}",
            )
        self._refuse_closed()
        if lines := self._gathered.ready(path, tag(encoded, _unit.get(), self.journal.run)):
            self._append_here(path, lines)

    def _append_here(self, path: str, lines: bytes) -> None:
        with self._mutex:
            self._append(path, lines)

    def _append(self, path: str, line: bytes) -> None:
        self._refuse_closed()
        self._files.append(path, line)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise SnapshotError("the snapshot is no longer written", where=str(self.path))


_attached_here: Final[dict[tuple[str, int], SnapshotWriter]] = {}


def _attached(path: str, header: dict[str, Any], run: int) -> SnapshotWriter:
    """The same snapshot in another process, once a process; it only appends, the first process keeps the journal."""
    if (path, run) not in _attached_here:
        journal = Journal()
        journal.run = run
        _attached_here[path, run] = SnapshotWriter(Path(path), header, journal, utc_now)
    return _attached_here[path, run]
