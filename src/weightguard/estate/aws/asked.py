"""A record with the reads that a whole collection makes for a thing of its kind: those that are not there say that nobody asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.estate.aws.plan import READS
from weightguard.estate.evidence import Record

NOT_ASKED: Final[Mapping[str, Any]] = {"outcome": "skipped", "why": "nobody asked"}


@dataclass(frozen=True, slots=True)
class Completed:
    """A record whose `reads` are whole; everything else is the record's own."""

    kind: str
    id: str
    region: str | None
    operation: str
    data: Any
    reads: Mapping[str, Any]
    scope: str
    location: str


def completed(record: Record) -> Record:
    """The record, with every read of the plan in it."""
    unasked = [name for name in READS.get(record.kind, ()) if name not in record.reads]
    if not unasked:
        return record
    reads = {**record.reads, **dict.fromkeys(unasked, NOT_ASKED)}
    return Completed(
        record.kind,
        record.id,
        record.region,
        record.operation,
        record.data,
        reads,
        record.scope,
        record.location,
    )
