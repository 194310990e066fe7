"""What the object listings of a snapshot hold, counted a batch at a time: never a whole listing in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from weightguard.estate.model import Contents, UnreadObjects
from weightguard.weights import UNREAD

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot

_MOST_PLACES: Final = 2_000
_COLUMNS: Final = ["store", "key", "bytes", "weight_set", "examined", "kms_key"]


@dataclass(slots=True)
class _Tally:
    """The numbers of one store. `unread` is by folder and reason: objects, bytes."""

    objects: int = 0
    bytes: int = 0
    keys: set[str] = field(default_factory=set)
    unread: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def contents(self) -> Contents:
        unread = tuple(
            UnreadObjects(place, state, *numbers) for (place, state), numbers in sorted(self.unread.items())
        )
        total = sum(one.objects for one in unread)
        return Contents(self.objects, self.bytes, total, tuple(sorted(self.keys)), unread)

    def add_unread(self, place: str, state: str, objects: int, size: int) -> None:
        """Count objects of a folder; of a store with very many folders, those beyond the first count as the top folder's."""
        key = (place, state)
        if key not in self.unread and len(self.unread) >= _MOST_PLACES:
            key = (place[: place.find("/") + 1], state)
        if key not in self.unread and len(self.unread) >= 2 * _MOST_PLACES:
            key = ("", state)
        numbers = self.unread[key]
        numbers[0] += objects
        numbers[1] += size


def tally(snapshot: Snapshot, scope: str) -> dict[str, Contents]:
    """Objects, bytes, unread objects and the objects' keys of every store of a scope that has rows."""
    stores: dict[str, _Tally] = defaultdict(_Tally)
    for batch in snapshot.objects(_COLUMNS, scope=scope):
        _add(stores, batch)
    return {store: one.contents() for store, one in stores.items()}


def _add(stores: dict[str, _Tally], batch: object) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.Table.from_batches([batch])
    grouped = table.group_by("store").aggregate([("store", "count"), ("bytes", "sum")])
    for row in grouped.to_pylist():
        one = stores[row["store"]]
        one.objects += row["store_count"]
        one.bytes += row["bytes_sum"] or 0
    closed = pc.fill_null(pc.is_in(table["examined"], pa.array(sorted(UNREAD), pa.string())), False)
    unread = table.filter(pc.and_(closed, pc.is_null(table["weight_set"])))
    if unread.num_rows:
        places = pc.replace_substring_regex(unread["key"], "[^/]*$", "")
        by_place = (
            unread.append_column("place", places)
            .group_by(["store", "place", "examined"])
            .aggregate([("store", "count"), ("bytes", "sum")])
        )
        for row in by_place.to_pylist():
            stores[row["store"]].add_unread(
                row["place"], row["examined"], row["store_count"], row["bytes_sum"] or 0
            )
    encrypted = table.filter(pc.is_valid(table["kms_key"])).group_by(["store", "kms_key"]).aggregate([])
    for row in encrypted.to_pylist():
        stores[row["store"]].keys.add(row["kms_key"])
