"""What the object listings of a snapshot hold, counted a batch at a time: never a whole listing in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from weightguard.estate.model import Contents

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot

UNREAD: Final = ("denied", "failed", "budget")
"""How an object was left whose header may have told that it is weights."""


def tally(snapshot: Snapshot, scope: str) -> dict[str, Contents]:
    """Objects, bytes and unexamined objects of every store of a scope that has rows."""
    counts: dict[str, list[int]] = {}
    for batch in snapshot.objects(["store", "bytes", "examined"], scope=scope):
        _add(counts, batch)
    return {store: Contents(*numbers) for store, numbers in counts.items()}


def _add(counts: dict[str, list[int]], batch: object) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.Table.from_batches([batch])
    unread = pc.cast(
        pc.fill_null(pc.is_in(table["examined"], pa.array(UNREAD, pa.string())), False), pa.int64()
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
