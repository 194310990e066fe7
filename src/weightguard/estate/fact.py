"""A fact is a value with its source, or an unknown with its reason. There is no third thing.

"Not configured" is a value (`Known(None, source)` where the attribute's type allows None): the provider was asked and said so.
"Could not read" is `Unknown`. Code that judges reads a fact through the recorder of `weightguard.controls`, which notes what was
read and stops the check with `unknown` where the value is missing; code that must go on without a value matches on the two classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reason(StrEnum):
    """Why a value is missing."""

    DENIED = "denied"  # the provider refused the read
    THROTTLED = "throttled"  # the provider would not answer often enough
    FAILED = "failed"  # the read broke: a server error, a cut connection, a time-out
    MALFORMED = "malformed"  # the provider answered in a shape that the documentation does not give
    NOT_COLLECTED = "not_collected"  # the snapshot was taken without this read, or its source cannot state it
    CHECK_FAILED = "check_failed"  # a check of ours failed inside while it judged
    EXPRESSION_FAILED = "expression_failed"  # an expression of a control of one's own failed while it judged
    NOT_APPLICABLE_HERE = "not_applicable_here"  # the provider has no such setting for this kind of thing
    AFTER_APPLY = "after_apply"  # a plan says that it is known only once it was carried out
    NOT_DECIDED = "not_decided"  # the control has no rule for this provider that is shown to work
    NOT_READ = "not_read"  # the snapshot holds it, and no reader of this version knows what it says


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from, or would have come from.

    Attributes:
        call: the provider's operation, ``service:Operation`` (``s3:GetBucketPolicy``).
        record: the file and line inside the snapshot (``records/aws/111111111111/s3.jsonl:12``), or the scope asked.
    """

    call: str
    record: str


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value that the provider stated."""

    value: T_co
    source: Source


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be had, and why.

    Attributes:
        reason: the kind of obstacle.
        source: the call that would have told, and the record or scope it belongs to.
        code: the provider's own error code, where it gave one.
    """

    reason: Reason
    source: Source
    code: str | None = None

    def words(self) -> str:
        """The reason as a report prints it: ``s3:GetBucketPolicy denied (AccessDenied)``."""
        code = f" ({self.code})" if self.code else ""
        return f"{self.source.call} {self.reason.value.replace('_', ' ')}{code}"


Fact: TypeAlias = Known[T] | Unknown


@dataclass(frozen=True, slots=True)
class Collection(Generic[T_co]):
    """Things of one kind, and what kept others from being seen.

    Attributes:
        items: what was listed, sorted by id.
        gaps: the listings that could not be read, whole or in part: more items may exist behind each.
    """

    items: tuple[T_co, ...] = ()
    gaps: tuple[Unknown, ...] = ()

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def complete(self) -> bool:
        """True when every listing behind this collection was read to its end."""
        return not self.gaps
