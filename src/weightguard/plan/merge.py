"""What a plan changes, laid over what a snapshot says: of every record only what the plan touches is otherwise afterwards.

A record is the same thing on both sides where kind and id are. What the plan's own two sides say alike stays as the snapshot has
it, whatever that is: the snapshot knows more of a thing than Terraform does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from weightguard.snapshot import Record, Snapshot
from weightguard.snapshot.memory import Key, MemorySnapshot, Row, Told, key_of

_NAMED: Final = (
    "PolicyName", "PolicyArn", "PolicyType", "GrantId", "TagKey", "Key", "Sid", "Id", "ID", "id", "objectId", "GroupId", "entity",
    "Name", "name", "VersionId",
)  # fmt: skip
"""Members that tell the entries of a list apart."""
Place = tuple[str, str, str]


def laid(base: Snapshot, before: Told, after: Told, digest: str, now: str) -> MemorySnapshot:
    """The snapshot with what a plan makes of its own side before.

    Args:
        before, after: what the plan's two sides say, as records.
    """
    told = Told(scopes=set(base.scopes), calls=list(base.calls()))
    there: dict[Place, Key] = {}
    for record in base.records():
        told.records[key_of(record)] = record
        there.setdefault(_place(record), key_of(record))
    old = {_place(record): record for record in before.records.values()}
    new = {_place(record): record for record in after.records.values()}
    for place in [*old, *(one for one in new if one not in old)]:
        _lay(told, there, place, old.get(place), new.get(place))
    _more(told, base, before, after)
    had = {(row["store"], row["key"]) for rows in before.rows.values() for row in rows}
    has = {(row["store"], row["key"]) for rows in after.rows.values() for row in rows}
    told.rows = {scope: kept for scope, rows in after.rows.items() if (kept := _new(rows, had, base))}
    told.scopes |= told.rows.keys()
    return MemorySnapshot(told, digest, now, base=base, gone=frozenset(had - has))


def _new(rows: Iterable[Row], had: set[tuple[str, str]], base: Snapshot) -> list[Row]:
    """The rows of objects that the plan makes, and of those that the snapshot was never told of."""
    stores = {str(row["store"]) for row in rows}
    known = (
        {(row["store"], row["key"]) for row in base.object_rows(["store", "key"], stores=stores)}
        if stores
        else set()
    )
    return [row for row in rows if (row["store"], row["key"]) not in known]


def _more(told: Told, base: Snapshot, before: Told, after: Told) -> None:
    """Scopes that the snapshot does not cover: there the plan is all that is known."""
    for scope in sorted((before.scopes | after.scopes) - set(base.scopes)):
        told.scopes.add(scope)
        told.calls.extend(call for call in (after.calls or before.calls) if call.scope == scope)


def _place(record: Record) -> Place:
    """What makes two records one thing; Azure tells names apart without regard to case."""
    name = record.id.lower() if record.scope.startswith("azure/") else record.id
    return record.scope, record.kind, name


def _lay(
    told: Told, there: Mapping[Place, Key], place: Place, old: Record | None, new: Record | None
) -> None:
    key = there.get(place)
    known = told.records.get(key) if key is not None else None
    if new is None:
        if key is not None:
            told.records.pop(key, None)
    elif known is None or key is None:
        if old is None or old != new:
            told.records[key_of(new)] = new
    elif old is None:
        told.records[key] = _over(known, new)
    elif old.data != new.data or old.reads != new.reads:
        told.records[key] = _moved(known, old, new)


def _over(known: Record, new: Record) -> Record:
    """A thing that the snapshot has and the plan begins to know: what the plan sets of it."""
    data = merged(known.data, None, new.data) if new.data is not None else known.data
    reads = dict(known.reads)
    for operation, read in new.reads.items():
        if read.get("outcome") == "ok" and operation in reads:
            reads[operation] = _read(reads[operation], {}, read)
        elif operation not in reads:
            reads[operation] = read
    return replace(known, data=data, reads=reads)


def _moved(known: Record, old: Record, new: Record) -> Record:
    reads = dict(known.reads)
    for operation in dict.fromkeys((*old.reads, *new.reads)):
        before, after = old.reads.get(operation), new.reads.get(operation)
        if before == after:
            continue
        if after is None:
            reads.pop(operation, None)
        else:
            reads[operation] = _read(reads.get(operation, {}), before or {}, after)
    return replace(known, data=merged(known.data, old.data, new.data), reads=reads)


def _read(known: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read whose answer the plan changes."""
    if known.get("outcome") == "ok" and new.get("outcome") == "ok":
        return {**known, "data": merged(known.get("data"), old.get("data"), new.get("data"))}
    return new


def merged(known: Any, old: Any, new: Any) -> Any:
    """What is known, with the step from `old` to `new`."""
    if old == new:
        return known
    if isinstance(known, Mapping) and isinstance(new, Mapping):
        return _object(known, old if isinstance(old, Mapping) else {}, new)
    if isinstance(known, list) and isinstance(new, list):
        return list(_list(known, old if isinstance(old, list) else [], new))
    return new


def _object(known: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(known)
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            found.pop(name, None)
        elif name not in found:
            found[name] = new[name]
        else:
            found[name] = merged(found[name], old.get(name), new[name])
    return found


def _list(known: list[Any], old: list[Any], new: list[Any]) -> Iterator[Any]:
    """A list as a set of entries: those that the plan takes away are gone, those that it adds are there, others stay."""
    held, was, now = (_entries(one) for one in (known, old, new))
    for mark, entry in held.items():
        if mark in now:
            yield merged(entry, was.get(mark), now[mark])
        elif mark not in was:
            yield entry
        elif (
            isinstance(entry, Mapping) and "members" in entry
        ):  # others may be in a binding that the plan takes its own from
            left = [one for one in entry["members"] if one not in was[mark]["members"]]
            if left:
                yield {**entry, "members": left}
    yield from (entry for mark, entry in now.items() if mark not in held)


def _entries(listed: list[Any]) -> dict[str, Any]:
    """The entries of a list by what tells them apart; bindings of one role are one entry."""
    found: dict[str, Any] = {}
    for entry in listed:
        mark = _mark(entry)
        known = found.get(mark)
        if (
            isinstance(known, Mapping)
            and isinstance(entry, Mapping)
            and "members" in known
            and "members" in entry
        ):
            entry = {**known, "members": list(dict.fromkeys((*known["members"], *entry["members"])))}
        found[mark] = entry
    return found


def _mark(entry: Any) -> str:
    if isinstance(entry, Mapping):
        if "role" in entry and "members" in entry:
            return json.dumps([entry["role"], entry.get("condition")], sort_keys=True)
        for name in _NAMED:
            if isinstance(entry.get(name), str):
                return f"{name}={entry[name]}"
    return json.dumps(entry, sort_keys=True, default=str)
