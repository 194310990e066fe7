"""From snapshots to one estate: the provider-neutral entry.

Pure: the same snapshots give an equal estate. Every collection is sorted by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from weightguard.estate.aws import estate as aws
from weightguard.estate.aws.scope import Scope
from weightguard.estate.calls import CallLog
from weightguard.estate.contents import tally
from weightguard.estate.evidence import Record
from weightguard.estate.model import Estate
from weightguard.estate.partition import DEFAULT, partition_of, partition_of_region
from weightguard.estate.weight_sets import weight_sets

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot


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
    joined = aws.join(draft)
    return Estate(
        collected_at=ordered[-1].collected_at if ordered else "",
        organisations=joined.organisations,
        accounts=joined.accounts,
        weight_sets=weight_sets(newest, logs),
        resources=joined.resources,
        **joined.collections,
    )


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
