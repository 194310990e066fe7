"""A snapshot that is held in memory: what a plan would leave is judged as what was collected is, and never written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from weightguard.snapshot import objects as object_rows
from weightguard.snapshot.answers import bare, clean_read
from weightguard.snapshot.model import Call, CallGroup, Record, checked_scope
from weightguard.snapshot.read import Snapshot, grouped
from weightguard.snapshot.secrets import without_secrets

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[str, str, str, str, str]
"""Scope, service, kind, id and region of a record."""
Row = Mapping[str, Any]


def key_of(record: Record) -> Key:
    """What tells records apart."""
    return record.scope, record.service, record.kind, record.id, record.region or ""


@dataclass(slots=True)
class Told:
    """What a source told, held in memory; a `weightguard.snapshot.recorder.Recorder`.

    Attributes:
        rows: the listed objects of each scope.
        as_is: records are taken as they are told, secrets and all: for what is only asked and never shown.
    """

    records: dict[Key, Record] = field(default_factory=dict)
    scopes: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    as_is: bool = False

    def add_scope(self, scope: str) -> None:
        """Note that a scope is covered."""
        if scope not in self.scopes:
            self.scopes.add(checked_scope(scope))

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
        """Take in one resource, stripped of secrets."""
        self.add_scope(scope)
        cleaned = {name: read if self.as_is else clean_read(read) for name, read in (reads or {}).items()}
        held = data if self.as_is else without_secrets(bare(data))
        found = Record(scope, service, kind, id, region, operation, held, cleaned, f"{kind} {id}")
        self.records[key_of(found)] = found

    def call(self, call: Call) -> None:
        """Note a call."""
        self.add_scope(call.scope)
        self.calls.append(call)

    def objects(self, scope: str, rows: Iterable[Row]) -> int:
        """Take in listed objects."""
        taken = list(rows)
        if taken:
            self.add_scope(scope)
            self.rows.setdefault(scope, []).extend(taken)
        return len(taken)


class MemorySnapshot(Snapshot):
    """Answers as a sealed snapshot does.

    Args:
        told: what it holds; not changed any more.
        digest: what it stands for.
        collected_at: its "now", and the time of its calls: the same input gives the same snapshot.
        base: a snapshot whose objects it has too. gone: store and key of those among them that it has not.
    """

    def __init__(
        self,
        told: Told,
        digest: str,
        collected_at: str,
        *,
        base: Snapshot | None = None,
        gone: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.name = "the plan"
        self._told, self._digest, self._collected_at = told, digest, collected_at
        self._base, self._gone = base, gone
        self._finalizer = None

    @property
    def digest(self) -> str:
        """What it stands for."""
        return self._digest

    @property
    def collected_at(self) -> str:
        """Its "now"."""
        return self._collected_at

    @property
    def scopes(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted(self._told.scopes))

    @property
    def services(self) -> tuple[tuple[str, str], ...]:
        """The scope and service of every record, once, sorted."""
        return tuple(self._by_file)

    @cached_property
    def _by_file(self) -> dict[tuple[str, str], list[Record]]:
        found: dict[tuple[str, str], list[Record]] = {}
        for key in sorted(self._told.records):
            found.setdefault(key[:2], []).append(self._told.records[key])
        return found

    def records(
        self, scope: str | None = None, service: str | None = None, kind: str | None = None
    ) -> Iterator[Record]:
        """Records in the order of scope, service, kind and id; of one scope, service or kind where given."""
        for (own_scope, own_service), records in self._by_file.items():
            if scope in (None, own_scope) and service in (None, own_service):
                yield from (one for one in records if kind in (None, one.kind))

    def calls(self) -> Iterator[Call]:
        """In the order in which they were noted."""
        return (replace(one, time=self._collected_at) for one in self._told.calls)

    def calls_summary(self) -> tuple[CallGroup, ...]:
        """Calls that ended alike, counted."""
        return grouped(self.calls())

    def objects(
        self,
        columns: Sequence[str] | None = None,
        *,
        stores: Iterable[str] | None = None,
        scope: str | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Listed objects in record batches."""
        wanted = None if stores is None else frozenset(stores)
        if self._base is not None and self._gone:
            yield from self._remaining(columns, wanted, scope)
        elif self._base is not None:
            yield from self._base.objects(columns, stores=wanted, scope=scope)
        for name in sorted(self._told.rows):
            rows = [row for row in self._told.rows[name] if wanted is None or row["store"] in wanted]
            if scope in (None, name) and rows:
                yield _selected(object_rows.batch(rows), columns)

    def _remaining(
        self, columns: Sequence[str] | None, stores: frozenset[str] | None, scope: str | None
    ) -> Iterator[pa.RecordBatch]:
        """The base's objects without those that are gone."""
        if self._base is None:
            return
        for found in self._base.objects(None, stores=stores, scope=scope):
            kept = [row for row in found.to_pylist() if (row["store"], row["key"]) not in self._gone]
            if kept:
                yield _selected(object_rows.batch(kept), columns)


def _selected(found: pa.RecordBatch, columns: Sequence[str] | None) -> pa.RecordBatch:
    return found if columns is None else found.select(list(columns))
