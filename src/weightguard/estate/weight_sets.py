"""Weight sets put together again from the object rows of snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from weightguard.estate.calls import CallLog
from weightguard.estate.fact import Collection, Source, Unknown
from weightguard.weights import ObjectRow, WeightSet, assemble

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot

COLUMNS: Final = (
    "store",
    "key",
    "bytes",
    "format",
    "confidence",
    "weight_set",
    "parameters",
    "note",
    "last_modified",
    "storage_class",
    "examined",
    "etag",
    "content",
    "sketch",
)
LISTINGS: Final = frozenset({"ListObjectsV2", "ListObjects", "ListObjectVersions", "ListBuckets"})


def weight_sets(newest: Mapping[str, Snapshot], logs: Mapping[str, CallLog]) -> Collection[WeightSet]:
    """Every weight set of the scopes, each read from the snapshot that is believed for it.

    Gaps: the listings of stores and of objects that were refused, behind which more weights may lie.
    """
    rows = (row for scope in sorted(newest) for row in _rows(newest[scope], scope))
    found = sorted(assemble(rows), key=lambda item: item.id)
    return Collection(tuple(found), tuple(_gaps(logs)))


def _rows(snapshot: Snapshot, scope: str) -> Iterator[ObjectRow]:
    import pyarrow.compute as pc

    for batch in snapshot.objects(list(COLUMNS), scope=scope):
        for row in batch.filter(pc.is_valid(batch["weight_set"])).to_pylist():
            yield _row(row)


def _row(row: Mapping[str, Any]) -> ObjectRow:
    """A row of a snapshot that anybody may have written: an unknown word counts as the weakest one."""
    confidence = row["confidence"] if row["confidence"] in ("header", "layout", "name") else "name"
    return ObjectRow(
        **cast(dict[str, Any], {**row, "confidence": confidence, "examined": row["examined"] or "name"})
    )


def _gaps(logs: Mapping[str, CallLog]) -> Iterator[Unknown]:
    """Refused listings, one gap a scope, operation, reason and code: a thousand denied buckets are one obstacle."""
    for scope in sorted(logs):
        found = {
            (name, unknown.reason, unknown.code or "")
            for name, unknown in logs[scope].obstacles()
            if name.partition(":")[2] in LISTINGS
        }
        for name, reason, code in sorted(found):
            yield Unknown(reason, Source(name, scope), code or None)
