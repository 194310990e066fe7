"""What changed between two snapshots: resources, what providers say of them, reads that answer no longer, weight sets.

Pure, and in the order of the snapshots, which is fixed. Both are streamed side by side: what is alike is never held.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from weightguard.snapshot.model import Record
from weightguard.snapshot.read import Snapshot
from weightguard.snapshot.seal import record_key

MISSING: Final = object()
"""Stands in a `Difference` for what was not there."""
_ANSWERED: Final = ("ok", "absent")
_OBJECTS: Final = ("ListObjectsV2", "ListObjectVersions")
"""What lists the objects of a store; the second only where the first was not needed."""
# Say when somebody looked or used a thing, not what it is; a day's use of every role would bury what was changed that day.
_TIMES: Final = frozenset(
    {
        "RoleLastUsed",
        "LastUsedDate",
        "PasswordLastUsed",
        "LastAccessedDate",
        "LastModifiedTime",
        "GeneratedTime",
        "password_last_used",
        "access_key_1_last_used_date",
        "access_key_1_last_used_region",
        "access_key_1_last_used_service",
        "access_key_2_last_used_date",
        "access_key_2_last_used_region",
        "access_key_2_last_used_service",
        "LatestDeliveryTime",
        "LatestDeliveryAttemptTime",
        "LatestDeliveryAttemptSucceeded",
        "LatestDigestDeliveryTime",
        "LatestNotificationTime",
    }
)

What = Literal["new", "gone", "changed", "seen", "unseen"]
"""``unseen``: not there, and its listing does not answer, so that nobody knows. ``seen``: the reverse."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it was.

    Attributes:
        path: where, as ``GetPublicAccessBlock.PublicAccessBlockConfiguration.BlockPublicAcls``; an operation alone for the outcome
            of a read.
        before, after: as in the snapshots; `MISSING` where there was none. Policies that are text are taken apart.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A resource that is new, gone, or not described as it was."""

    what: What
    scope: str
    kind: str
    id: str
    region: str | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """A weight set that was found in one of the snapshots alone."""

    what: What
    weight_set: str
    store: str
    key: str


@dataclass(frozen=True, slots=True)
class ReadsChange:
    """An operation that answered everywhere in one of the snapshots alone.

    Attributes:
        before, after: ``denied``, ``throttled``, ``failed``; None where it answered.
    """

    scope: str
    service: str
    operation: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SnapshotChanges:
    """The difference.

    Attributes:
        scopes: ``new`` or ``gone`` accounts, by scope.
        reads: what no longer answers, and what answers again.
    """

    scopes: tuple[tuple[What, str], ...]
    records: tuple[RecordChange, ...]
    weights: tuple[WeightsChange, ...]
    reads: tuple[ReadsChange, ...]

    @property
    def nothing(self) -> bool:
        """Whether nothing changed."""
        return not (self.scopes or self.records or self.weights or self.reads)


def compare(before: Snapshot, now: Snapshot) -> SnapshotChanges:
    """What changed from `before` to `now`.

    Raises:
        SnapshotError: a damaged line, named.
    """
    old, new = _Seen(before), _Seen(now)
    scopes: list[tuple[What, str]] = [
        ("new" if scope in now.scopes else "gone", scope)
        for scope in sorted(set(before.scopes) ^ set(now.scopes))
    ]
    records = tuple(_records(old, new))
    return SnapshotChanges(
        scopes=tuple(scopes),
        records=records,
        weights=tuple(_weights(old, new)),
        reads=tuple(_reads(old.unanswered, new.unanswered)),
    )


_Read = tuple[str, str, str]


class _Seen:
    """A snapshot, and what in it did not answer."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.unanswered: dict[_Read, str] = {
            (group.scope, group.service, group.operation): str(group.outcome)
            for group in snapshot.calls_summary()
            if group.outcome not in _ANSWERED
        }
        self.unlisted: set[str] = set()
        """Stores whose objects could not be listed to the end."""

    def would_have(self, record: Record) -> bool:
        """Whether a resource of the other snapshot would be in this one if it were there; notes a store whose objects would be."""
        listed = (record.scope, record.service, record.operation) not in self.unanswered
        if not listed and _listing(record):
            self.unlisted.add(record.id)
        return listed

    def note(self, record: Record) -> Record:
        """Takes in what a record says of the listing of its objects."""
        if _listing(record).get("outcome", "ok") != "ok":
            self.unlisted.add(record.id)
        return record

    def weight_sets(self) -> dict[tuple[str, str], str]:
        """Store and id of every weight set, with its first key."""
        found: dict[tuple[str, str], str] = {}
        for row in self.snapshot.object_rows(["store", "key", "weight_set"]):
            if row["weight_set"]:
                place = (str(row["store"]), str(row["weight_set"]))
                found[place] = min(found.get(place, row["key"]), row["key"])
        return found


def _records(before: _Seen, now: _Seen) -> Iterator[RecordChange]:
    for scope, service in sorted({*before.snapshot.services, *now.snapshot.services}):
        old = map(before.note, before.snapshot.records(scope, service))
        new = map(now.note, now.snapshot.records(scope, service))
        for left, right in _side_by_side(old, new):
            if left is None and right is not None:
                yield _change("new" if before.would_have(right) else "seen", right)
            elif left is not None and right is None:
                yield _change("gone" if now.would_have(left) else "unseen", left)
            elif left is not None and right is not None and (found := tuple(_differences(left, right))):
                yield _change("changed", right, found)


def _side_by_side(
    old: Iterator[Record], new: Iterator[Record]
) -> Iterator[tuple[Record | None, Record | None]]:
    """Records come in the order of their keys: the smaller of the two next ones has no partner."""
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        first = min(_key(record) for record in (left, right) if record is not None)
        paired = tuple(
            record if record is not None and _key(record) == first else None for record in (left, right)
        )
        yield paired[0], paired[1]
        left = next(old, None) if paired[0] is not None else left
        right = next(new, None) if paired[1] is not None else right


def _listing(record: Record) -> Mapping[str, Any]:
    """What came of listing a store's objects; empty where that was no part of its record."""
    return next((record.reads[name] for name in _OBJECTS if name in record.reads), {})


def _key(record: Record) -> tuple[str, ...]:
    return record_key({"kind": record.kind, "id": record.id, "region": record.region})


def _change(what: What, record: Record, differences: tuple[Difference, ...] = ()) -> RecordChange:
    return RecordChange(what, record.scope, record.kind, record.id, record.region, differences)


def _differences(old: Record, new: Record) -> Iterator[Difference]:
    yield from _between("", _opened(old.data), _opened(new.data))
    for operation in sorted({*old.reads, *new.reads}):
        before, after = old.reads.get(operation, {}), new.reads.get(operation, {})
        if before.get("outcome") == after.get("outcome") == "ok":
            yield from _between(operation, _opened(before.get("data")), _opened(after.get("data")))
        elif before.get("outcome") != after.get("outcome"):
            yield Difference(operation, _told(before), _told(after))


def _told(read: Mapping[str, Any]) -> Any:
    """What an operation answered: the answer itself, else how it ended."""
    return _opened(read.get("data")) if read.get("outcome") == "ok" else read.get("outcome", MISSING)


def _opened(value: Any) -> Any:
    """Text that holds a JSON object, as policies do, is compared as the object."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            found = json.loads(value)
        except ValueError:
            return value
        return found if isinstance(found, dict) else value
    return value


def _between(path: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new} - _TIMES):
            inner = f"{path}.{name}" if path else name
            yield from _between(inner, _opened(old.get(name, MISSING)), _opened(new.get(name, MISSING)))
    elif isinstance(old, list) and isinstance(new, list):
        yield from list_differences(path, old, new)
    else:
        yield Difference(path, old, new)


def list_differences(path: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
    """Providers answer lists in any order: what both hold is left out, and what remains is compared in its order."""
    gone, come = _without(old, new), _without(new, old)
    for number in range(max(len(gone), len(come))):
        before = gone[number] if number < len(gone) else MISSING
        after = come[number] if number < len(come) else MISSING
        yield from _between(f"{path}[]", before, after)


def _without(these: list[Any], others: list[Any]) -> list[Any]:
    """Those that the others do not hold, each as often as it is there more often."""
    remaining = Counter(map(_stable, others))
    left = []
    for one in these:
        stable = _stable(one)
        if remaining[stable]:
            remaining[stable] -= 1
        else:
            left.append(one)
    return left


def _stable(value: Any) -> str:
    return json.dumps(_timeless(value), sort_keys=True)


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timeless(_opened(inner)) for name, inner in value.items() if name not in _TIMES}
    if isinstance(value, list):
        return [_timeless(inner) for inner in value]
    return value


def _weights(before: _Seen, now: _Seen) -> Iterator[WeightsChange]:
    old, new = before.weight_sets(), now.weight_sets()
    for place in sorted(old.keys() ^ new.keys()):
        store, name = place
        if place in new:
            what: What = "seen" if store in before.unlisted else "new"
        else:
            what = "unseen" if store in now.unlisted else "gone"
        yield WeightsChange(what, name, store, new.get(place) or old[place])


def _reads(old: Mapping[_Read, str], new: Mapping[_Read, str]) -> Iterator[ReadsChange]:
    for read in sorted(old.keys() ^ new.keys()):
        yield ReadsChange(*read, before=old.get(read), after=new.get(read))


def as_object(changes: SnapshotChanges) -> dict[str, Any]:
    """For a machine: lists of plain objects, in the order of `changes`."""
    return {
        "of": "snapshots",
        "scopes": [{"what": what, "scope": scope} for what, scope in changes.scopes],
        "weights": [asdict(one) for one in changes.weights],
        "records": [
            {
                **{name: getattr(one, name) for name in ("what", "scope", "kind", "id", "region")},
                "differences": [_difference(difference) for difference in one.differences],
            }
            for one in changes.records
        ],
        "reads": [asdict(one) for one in changes.reads],
    }


def _difference(one: Difference) -> dict[str, Any]:
    """Without ``before`` or ``after`` where there was nothing: null is a value."""
    values = {"before": one.before, "after": one.after}
    return {"path": one.path, **{name: value for name, value in values.items() if value is not MISSING}}
