"""What the object listings of a snapshot hold, counted a batch at a time: never a whole listing in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from weightguard.estate.model import LAST_CHARACTER, Contents, UnreadObjects, Wrapped
from weightguard.weights import UNREAD

if TYPE_CHECKING:
    import pyarrow as pa

    from weightguard.snapshot import Snapshot

_MOST_PLACES: Final = 2_000
_MOST_RUNS: Final = 2_000
_COLUMNS: Final = ["store", "key", "bytes", "weight_set", "examined", "kms_key", "encryption"]
_WITH_A_KEY: Final = ("aws:kms", "aws:kms:dsse")
_OWN_KEY: Final = "alias/aws/s3"
_WITHOUT_A_KEY: Final = "AES256"
_NOT_SAID: Final = "?"


@dataclass(slots=True)
class _Tally:
    """The numbers of one store. `unread` is by folder and reason: objects, bytes."""

    objects: int = 0
    bytes: int = 0
    keys: set[str] = field(default_factory=set)
    unread: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    runs: list[Wrapped] = field(default_factory=list)

    def contents(self) -> Contents:
        unread = tuple(
            UnreadObjects(place, state, *numbers) for (place, state), numbers in sorted(self.unread.items())
        )
        total = sum(one.objects for one in unread)
        return Contents(self.objects, self.bytes, total, tuple(sorted(self.keys)), unread, tuple(self.runs))

    def add_run(self, first: str, last: str, key: str | None) -> None:
        """Take in objects that follow one another; beyond very many runs they are only told apart by their keys."""
        previous = self.runs[-1] if self.runs else None
        if previous is not None and previous.key == key:
            self.runs[-1] = Wrapped(min(first, previous.first), max(last, previous.last), key)
            return
        self.runs.append(Wrapped(first, last, key))
        if len(self.runs) > _MOST_RUNS:
            keys = dict.fromkeys(run.key for run in self.runs)
            self.runs = [Wrapped("", LAST_CHARACTER, one) for one in keys]

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
    _add_runs(stores, table)
    encrypted = table.filter(pc.is_valid(table["kms_key"])).group_by(["store", "kms_key"]).aggregate([])
    for row in encrypted.to_pylist():
        stores[row["store"]].keys.add(row["kms_key"])


def _add_runs(stores: dict[str, _Tally], table: pa.Table) -> None:
    """How the objects are encrypted, run by run of rows that say the same."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_rows:
        return
    said = table["encryption"]
    with_key = pc.fill_null(pc.is_in(said, pa.array(_WITH_A_KEY, pa.string())), False)
    without = pc.fill_null(pc.equal(said, _WITHOUT_A_KEY), False)
    otherwise = pc.if_else(with_key, _OWN_KEY, pc.if_else(without, _WITHOUT_A_KEY, _NOT_SAID))
    how = pc.coalesce(table["kms_key"], otherwise)
    alike = pc.binary_join_element_wise(table["store"], how, "\n").combine_chunks()
    changes = pc.not_equal(alike.slice(1), alike.slice(0, len(alike) - 1))
    numbers = pc.cumulative_sum(pc.cast(pa.concat_arrays([pa.array([False]), changes]), pa.int64()))
    runs = pa.table({"run": numbers, "alike": alike, "key": table["key"].combine_chunks()})
    found = runs.group_by("run").aggregate([("alike", "min"), ("key", "min"), ("key", "max")])
    for row in sorted(found.to_pylist(), key=lambda row: row["run"]):
        store, _, key = row["alike_min"].partition("\n")
        known = None if key == _NOT_SAID else "" if key == _WITHOUT_A_KEY else key
        stores[store].add_run(row["key_min"], row["key_max"], known)
