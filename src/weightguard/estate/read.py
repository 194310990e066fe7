"""From snapshots to one estate: the provider-neutral entry.

Pure: the same snapshots give an equal estate. Every collection is sorted by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from weightguard.estate.aws import estate as aws
from weightguard.estate.aws.scope import Scope
from weightguard.estate.calls import CallLog
from weightguard.estate.contents import tally
from weightguard.estate.evidence import Record
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.model import Estate
from weightguard.estate.partition import DEFAULT, partition_of, partition_of_region
from weightguard.estate.weight_sets import weight_sets

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot

READERS: Final = frozenset({"aws"})
"""Providers whose records are read."""


_LOOKED_AT: Final = 100
"""Records of a service's file that are looked at for the partition."""


def read_estate(snapshots: Sequence[Snapshot]) -> Estate:
    """Everything that the snapshots say exists, as one estate.

    Args:
        snapshots: opened snapshots of any providers. Where two tell of the same account, the later one is believed.

    Raises:
        SnapshotError: a snapshot is damaged. What a record says never raises: it becomes an `Unknown`.
    """
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.collected_at, snapshot.digest))
    newest = {scope: snapshot for snapshot in ordered for scope in snapshot.scopes}
    logs = _call_logs(newest)
    draft = aws.Draft()
    for scope in sorted(newest):
        if scope.startswith("aws/"):
            draft.add(_aws_scope(newest[scope], scope, logs[scope], draft), tally(newest[scope], scope))
    joined = aws.join(draft, _left_behind(ordered, newest, logs))
    found = Estate(
        collected_at=ordered[-1].collected_at if ordered else "",
        organisations=joined.organisations,
        accounts=joined.accounts,
        weight_sets=weight_sets(newest, logs, joined.collections["stores"]),
        resources=joined.resources,
        **joined.collections,
    )
    return _without_reader(found, newest)


def _without_reader(found: Estate, newest: Mapping[str, Snapshot]) -> Estate:
    """The estate with a gap in everything for each scope of a provider that has no reader: what is in it is not known."""
    gaps = tuple(
        Unknown(Reason.NOT_READ, Source(f"{provider}:Records", scope))
        for scope in sorted(newest)
        for provider in [scope.partition("/")[0]]
        if provider not in READERS
    )
    if not gaps:
        return found
    collections: dict[str, Any] = {
        field.name: Collection(value.items, (*value.gaps, *gaps))
        for field in fields(found)
        if isinstance(value := getattr(found, field.name), Collection)
    }
    return replace(found, **collections)


def _left_behind(
    ordered: Sequence[Snapshot], newest: Mapping[str, Snapshot], logs: Mapping[str, CallLog]
) -> dict[str, list[tuple[str, Unknown]]]:
    """Account -> the listings that an older snapshot of it made and the one that is believed did not: their things may be there."""
    found: dict[str, list[tuple[str, Unknown]]] = {}
    for snapshot in ordered:
        older = {scope: CallLog(scope) for scope in snapshot.scopes if newest[scope] is not snapshot}
        for call in snapshot.calls() if older else ():
            if call.scope in older:
                older[call.scope].add(call)
        for scope, log in older.items():
            found.setdefault(scope.partition("/")[2], []).extend(logs[scope].less_than(log))
    return found


def _call_logs(newest: Mapping[str, Snapshot]) -> dict[str, CallLog]:
    """The calls of every scope, as the snapshot that is believed for it tells them; each log is read once."""
    logs = {scope: CallLog(scope) for scope in newest}
    for snapshot in {id(item): item for item in newest.values()}.values():
        for call in snapshot.calls():
            if newest.get(call.scope) is snapshot:
                logs[call.scope].add(call)
    return logs


def _aws_scope(snapshot: Snapshot, scope: str, calls: CallLog, draft: aws.Draft) -> Scope:
    records: Callable[[str], Iterable[Record]] = partial(snapshot.records, scope)
    services = tuple(service for owner, service in snapshot.services if owner == scope)
    return Scope(
        account=scope.partition("/")[2],
        name=scope,
        records=records,
        calls=calls,
        documents=draft.documents,
        services=services,
        partition=_partition(records, services),
    )


def _partition(records: Callable[[str], Iterable[Record]], services: Iterable[str]) -> str:
    """The partition of an account, as the first of its records that names one says."""
    for service in services:
        for record in islice(records(service), _LOOKED_AT):
            if record.id.startswith("arn:"):
                return partition_of(record.id)
            if record.region:
                return partition_of_region(record.region)
    return DEFAULT
