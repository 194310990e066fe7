"""A snapshot with something taken away: a listing, a region, a service, an account, a reader of a kind of record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from weightguard.estate.fact import Reason, Unknown
from weightguard.snapshot import Call, Snapshot
from weightguard.snapshot.model import CallGroup, Record

Records = Callable[[Record], Record | None]
Calls = Callable[[Call], Call | None]


@dataclass(frozen=True)
class Held:
    """What a sealed snapshot holds, in memory; it gives its readers what `weightguard.snapshot.Snapshot` gives."""

    found: tuple[Record, ...]
    made: tuple[Call, ...]
    batches: Mapping[str, tuple[Any, ...]]
    collected_at: str
    digest: str
    scopes: tuple[str, ...]
    source: Mapping[str, Any]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Held:
        return cls(
            tuple(snapshot.records()),
            tuple(snapshot.calls()),
            {scope: tuple(snapshot.objects(scope=scope)) for scope in snapshot.scopes},
            snapshot.collected_at,
            snapshot.digest,
            snapshot.scopes,
            snapshot.manifest.source,
        )

    @property
    def services(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({(one.scope, one.service) for one in self.found}))

    def records(
        self, scope: str | None = None, service: str | None = None, kind: str | None = None
    ) -> Iterator[Record]:
        for one in self.found:
            if scope in (None, one.scope) and service in (None, one.service) and kind in (None, one.kind):
                yield one

    def calls(self) -> Iterator[Call]:
        yield from self.made

    def calls_summary(self) -> tuple[CallGroup, ...]:
        counts = Counter((one.scope, one.service, one.operation, one.outcome, one.code) for one in self.made)
        return tuple(CallGroup(*group, counts[group]) for group in sorted(counts, key=str))

    def objects(self, columns: Any = None, *, stores: Any = None, scope: str | None = None) -> Iterator[Any]:
        for one in sorted(self.batches):
            if scope in (None, one):
                for batch in self.batches[one]:
                    yield batch if columns is None else batch.select(columns)

    def changed(self, records: Records, calls: Calls, *, objects: bool = True) -> Held:
        """With every record and every call as they are given back; those for which None is given are gone."""
        kept = tuple(new for one in self.found if (new := records(one)) is not None)
        made = tuple(new for one in self.made if (new := calls(one)) is not None)
        return replace(self, found=kept, made=made, batches=self.batches if objects else {})

    # What may be taken away

    def operations(self) -> list[str]:
        """Every operation that the snapshot knows of, ``service:Operation``."""
        found = {f"{one.service}:{one.operation}" for one in self.made}
        for one in self.found:
            found.update(f"{one.service}:{name}" for name in (one.operation, *one.reads))
        return sorted(found)

    def without_operation(self, operation: str, *, denied: bool = False) -> Held:
        """Nobody asked, or (`denied`) whoever asked was refused: no record that it listed, no answer of it, no word in the log."""
        service, _, name = operation.partition(":")

        def record(one: Record) -> Record | None:
            if one.service != service:
                return one
            if one.operation == name and not (name in one.reads and not one.data):
                return None
            if name not in one.reads:
                return one
            refused = {name: {"outcome": "denied", "code": "AccessDenied"}} if denied else {}
            left = {key: value for key, value in one.reads.items() if key != name} | refused
            return None if one.operation == name and not denied else replace(one, reads=left)

        def call(one: Call) -> Call | None:
            if (one.service, one.operation) != (service, name):
                return one
            return replace(one, outcome="denied", code="AccessDenied") if denied else None

        objects = name not in ("ListObjectsV2", "ListObjects", "ListBuckets")
        return self.changed(record, call, objects=objects)

    def regions(self) -> list[str]:
        """The regions that regional calls were made in."""
        return sorted({one.region for one in self.found if one.region and one.service != "s3"})

    def without_region(self, region: str) -> Held:
        """As if the operator had named the other regions alone: buckets are read wherever they are."""
        return self.changed(
            lambda one: (
                None if one.region == region and one.service not in ("s3", "iam", "organizations") else one
            ),
            lambda one: (
                None if one.region == region and one.service not in ("s3", "iam", "organizations") else one
            ),
        )

    def without_account(self, scope: str) -> Held:
        """As if the account had never been read."""
        left = self.changed(
            lambda one: None if one.scope == scope else one, lambda one: None if one.scope == scope else one
        )
        return replace(
            left,
            scopes=tuple(one for one in self.scopes if one != scope),
            batches={name: found for name, found in self.batches.items() if name != scope},
        )

    def without_service(self, service: str) -> Held:
        """As if the collector did not know the service."""
        return self.changed(
            lambda one: None if one.service == service else one,
            lambda one: None if one.service == service else one,
            objects=service != "s3",
        )

    def kinds(self) -> list[str]:
        """The kinds of the records."""
        return sorted({one.kind for one in self.found})

    def unreadable(self, kind: str) -> Held:
        """As if no reader knew the records of a kind."""
        return self.changed(
            lambda one: replace(one, kind=f"{kind}_unheard_of") if one.kind == kind else one, lambda one: one
        )


_UNTOLD = {Reason.DENIED, Reason.NOT_COLLECTED}
_TOLD_APART = frozenset({"contents"})
"""Facts of which whoever judges asks why they are not known (`tests/house/test_reasons.py`)."""


def alike(one: Any, other: Any) -> bool:
    """Whether two estates say the same but for whether somebody was refused or nobody asked: judged, they come out the same."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Unknown):
        same = one.reason is other.reason or {one.reason, other.reason} == _UNTOLD
        return same and one.elsewhere == other.elsewhere and one.source == other.source
    if is_dataclass(one):
        return all(
            _alike_in(name, one, other) for name in (part.name for part in fields(one) if part.compare)
        )
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, Mapping):
        return [*one] == [*other] and all(alike(one[key], other[key]) for key in one)
    return bool(one == other)


def _alike_in(name: str, one: Any, other: Any) -> bool:
    ours, theirs = getattr(one, name), getattr(other, name)
    return bool(ours == theirs) if name in _TOLD_APART else alike(ours, theirs)
