"""What the object listings of a snapshot hold, counted a batch at a time: never a whole listing in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightguard.estate.model import Contents
from weightguard.weights import UNREAD

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot


def tally(snapshot: Snapshot, scope: str) -> dict[str, Contents]:
    """Objects, bytes, unexamined objects and the objects' keys of every store of a scope that has rows."""
    counts: dict[str, list[int]] = {}
    keys: dict[str, set[str]] = {}
    for batch in snapshot.objects(["store", "bytes", "examined", "kms_key"], scope=scope):
        _add(counts, keys, batch)
    return {
        store: Contents(objects, size, unread, tuple(sorted(keys.get(store, ()))))
        for store, (objects, size, unread) in counts.items()
    }


def _add(counts: dict[str, list[int]], keys: dict[str, set[str]], batch: object) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.Table.from_batches([batch])
    unread = pc.cast(
        pc.fill_null(pc.is_in(table["examined"], pa.array(sorted(UNREAD), pa.string())), False), pa.int64()
    )
    grouped = (
        table.append_column("unread", unread)
        .group_by("store")
        .aggregate([("store", "count"), ("bytes", "sum"), ("unread", "sum")])
    )
    for row in grouped.to_pylist():
        numbers = counts.setdefault(row["store"], [0, 0, 0])
        numbers[0] += row["store_count"]
        numbers[1] += row["bytes_sum"] or 0
        numbers[2] += row["unread_sum"] or 0
    encrypted = table.filter(pc.is_valid(table["kms_key"])).group_by(["store", "kms_key"]).aggregate([])
    for row in encrypted.to_pylist():
        keys.setdefault(row["store"], set()).add(row["kms_key"])
