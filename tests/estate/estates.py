"""Snapshots in memory, for tests of the estate's readers: records and calls as a sealed snapshot would give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.estate.aws.plan import PLAN, Where
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot.model import Call, CallGroup, Record
from weightguard.snapshot.objects import schema

ACCOUNT = "111111111111"
SCOPE = f"aws/{ACCOUNT}"
BUCKET = "arn:aws:s3:::frontier-weights"
_PLANNED = [listing.operation for listing in PLAN if listing.where in (Where.ACCOUNT, Where.REGIONS)]
COMPLETE = [tuple(name.split(":")) for name in (*_PLANNED, "kms:ListAliases", "s3control:ListAccessPoints")]


def record(
    kind: str,
    id: str,
    data: Any = None,
    reads: Mapping[str, Any] | None = None,
    *,
    scope: str = SCOPE,
    region: str | None = "us-east-1",
    operation: str = "List",
) -> Record:
    service = kind.partition(".")[0]
    where = f"records/{scope}/{service}.jsonl:1"
    return Record(
        scope, service, kind, id, region, operation, {} if data is None else data, reads or {}, where
    )


def ok(data: Any) -> dict[str, Any]:
    return {"outcome": "ok", "data": data}


def absent(code: str = "NoSuch") -> dict[str, Any]:
    return {"outcome": "absent", "code": code}


def call(service: str, operation: str, outcome: str = "ok", *, scope: str = SCOPE, **more: Any) -> Call:
    code = "AccessDenied" if outcome == "denied" else None
    return Call(service, operation, scope, outcome, "2026-01-01T00:00:00Z", **{"code": code, **more})  # type: ignore[arg-type]


@dataclass
class MemorySnapshot:
    """What `weightguard.snapshot.Snapshot` gives its readers."""

    found: list[Record] = field(default_factory=list)
    made: list[Call] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    collected_at: str = "2026-01-01T00:00:00Z"
    digest: str = "0"

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(sorted({item.scope for item in [*self.found, *self.made]}))

    @property
    def services(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({(item.scope, item.service) for item in self.found}))

    def records(
        self, scope: str | None = None, service: str | None = None, kind: str | None = None
    ) -> Iterator[Record]:
        for item in sorted(self.found, key=lambda item: (item.scope, item.service, item.kind, item.id)):
            if scope in (None, item.scope) and service in (None, item.service) and kind in (None, item.kind):
                yield item

    def calls(self) -> Iterator[Call]:
        yield from self.made

    def calls_summary(self) -> tuple[CallGroup, ...]:
        counts = Counter((c.scope, c.service, c.operation, c.outcome, c.code) for c in self.made)
        return tuple(CallGroup(*group, counts[group]) for group in sorted(counts, key=str))

    def objects(self, columns: Any = None, *, stores: Any = None, scope: str | None = None) -> Iterator[Any]:
        import pyarrow as pa

        if self.rows and scope == SCOPE:
            names = list(schema().names)
            filled = [{name: row.get(name) for name in names} for row in self.rows]
            yield pa.RecordBatch.from_pylist(filled, schema=schema()).select(columns or names)


def estate(
    *records: Record,
    calls: Iterable[Call] = (),
    complete: bool = True,
    rows: Iterable[Mapping[str, Any]] = (),
) -> Estate:
    """The estate of one snapshot with these records; `complete` adds the calls of a whole collection, in no organisation."""
    whole = [call(service, operation) for service, operation in COMPLETE] if complete else []
    made = [*whole, *calls]
    alone = complete and not any(item.service == "organizations" for item in (*records, *made))
    every = [*records, *([in_no_organisation()] if alone else [])]
    return read_estate([MemorySnapshot(every, made, list(rows))])  # type: ignore[list-item]


def in_no_organisation() -> Record:
    """What an account leaves that is in no organisation."""
    reads = {"DescribeOrganization": absent("AWSOrganizationsNotInUseException")}
    return record(
        "organizations.organization", ACCOUNT, {}, reads, region=None, operation="DescribeOrganization"
    )
