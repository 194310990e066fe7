"""Weight sets put together again from the object rows of snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from weightguard.estate.calls import CallLog
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.model import Store
from weightguard.provider import scope_parts
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
UNASKED: Final = frozenset({Reason.NOT_COLLECTED, Reason.NOT_READ})
LISTINGS: Final = frozenset(
    {
        "ListObjectsV2",
        "ListObjects",
        "ListObjectVersions",
        "ListMultipartUploads",
        "ListBuckets",
        "ListBlobs",
    }
)


def weight_sets(
    newest: Mapping[str, Snapshot], logs: Mapping[str, CallLog], stores: Collection[Store]
) -> Collection[WeightSet]:
    """Every weight set of the scopes, each read from the snapshot that is believed for it.

    Gaps: the listings of stores and of objects that were refused or that nobody made, behind which more weights may lie.
    """
    rows = (row for scope in sorted(newest) for row in _rows(newest[scope], scope))
    found = sorted(assemble(rows), key=lambda item: item.id)
    gaps = dict.fromkeys((*_gaps(logs), *_unlisted(stores)))
    return Collection(tuple(found), tuple(gaps))


def _unlisted(stores: Collection[Store]) -> Iterator[Unknown]:
    """Stores that nobody asked for, and objects of stores that were not listed; one gap an operation and account."""
    yield from (gap for gap in stores.gaps if gap.reason in UNASKED)
    for store in stores:
        if isinstance(store.contents, Unknown):
            found = store.contents
            asked = (found.source.service, found.source.operation)
            yield Unknown(found.reason, Source.asked(store.provider, store.account, *asked), found.code)


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
            (unknown.source.service, unknown.source.operation, unknown.reason, unknown.code or "")
            for _, unknown in logs[scope].obstacles()
            if unknown.source.operation in LISTINGS
        }
        for service, operation, reason, code in sorted(found):
            source = Source.asked(*scope_parts(scope), service, operation)
            yield Unknown(reason, source, code or None)
