"""Which scope a fact's source belongs to."""

from __future__ import annotations

from weightguard.estate.fact import Reason, Unknown

PROVIDERS = ("aws", "gcp", "azure")


def scope_of(record: str) -> str:
    """``aws/111111111111`` of a record's path (``records/aws/111111111111/s3.jsonl:12``) or of a place that
    was asked.

    The record itself where it names no scope.
    """
    parts = record.split(" ", 1)[0].removeprefix("records/").split("/")
    return "/".join(parts[:2]) if parts[0] in PROVIDERS and len(parts) > 1 else record


def provider_of(record: str) -> str | None:
    """``aws`` of the same; None where it names no provider."""
    head = scope_of(record).split("/", 1)[0]
    return head if head in PROVIDERS else None


def is_elsewhere(gap: Unknown) -> bool:
    """Whether a gap is only of some regions that nobody asked about: what lies in the others was listed all the same."""
    return gap.reason is Reason.NOT_COLLECTED and " " in gap.source.record
