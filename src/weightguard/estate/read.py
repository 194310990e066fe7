"""From snapshots to one estate: the provider-neutral entry.

Pure: the same snapshots give an equal estate. Every collection is sorted by id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from weightguard.estate.calls import CallLog
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.model import Estate, LeftOut
from weightguard.estate.providers import reader
from weightguard.estate.share import ScopeInput, merged
from weightguard.estate.weight_sets import weight_sets
from weightguard.memory import Memory
from weightguard.provider import scope_parts

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot


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
    by_provider: dict[str, list[str]] = {}
    for scope in sorted(newest):
        by_provider.setdefault(scope_parts(scope)[0], []).append(scope)
    left_behind = _left_behind(ordered, newest, logs)
    shares = [
        read(
            [ScopeInput(scope, newest[scope], logs[scope]) for scope in by_provider[provider]],
            left_behind.get(provider, {}),
        )
        for provider in sorted(by_provider)
        if (read := reader(provider)) is not None
    ]
    joined = merged(shares)
    found = Estate(
        collected_at=ordered[-1].collected_at if ordered else "",
        weight_sets=weight_sets(newest, logs, joined.collections.get("stores", Collection())),
        resources=joined.resources,
        left_out=LeftOut(),
        memory=Memory(),
        **joined.collections,
    )
    return _without_reader(found, newest)


def _without_reader(found: Estate, newest: Mapping[str, Snapshot]) -> Estate:
    """The estate with a gap in everything for each scope of a provider that has no reader: what is in it is not known."""
    gaps = tuple(
        Unknown(Reason.NOT_READ, Source.asked(provider, owner, provider, "Records"))
        for provider, owner in map(scope_parts, sorted(newest))
        if reader(provider) is None
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
) -> dict[str, dict[str, list[tuple[str, Unknown]]]]:
    """Provider -> the id of a scope -> the listings that an older snapshot of it made and the one that is believed did not: their
    things may be there.
    """
    found: dict[str, dict[str, list[tuple[str, Unknown]]]] = {}
    for snapshot in ordered:
        older = {scope: CallLog(scope) for scope in snapshot.scopes if newest[scope] is not snapshot}
        for call in snapshot.calls() if older else ():
            if call.scope in older:
                older[call.scope].add(call)
        for scope, log in older.items():
            provider, owner = scope_parts(scope)
            found.setdefault(provider, {}).setdefault(owner, []).extend(logs[scope].less_than(log))
    return found


def _call_logs(newest: Mapping[str, Snapshot]) -> dict[str, CallLog]:
    """The calls of every scope, as the snapshot that is believed for it tells them; each log is read once."""
    logs = {scope: CallLog(scope) for scope in newest}
    for snapshot in {id(item): item for item in newest.values()}.values():
        for call in snapshot.calls():
            if newest.get(call.scope) is snapshot:
                logs[call.scope].add(call)
    return logs
