"""A fact is a value with its source, or an unknown with its reason. There is no third thing.

"Not configured" is a value (`Known(None, source)` where the attribute's type allows None): the provider was asked and said so.
"Could not read" is `Unknown`. Code that judges reads a fact through the recorder of `weightguard.controls`, which notes what was
read and stops the check with `unknown` where the value is missing; code that must go on without a value matches on the two classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
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


class Place(Enum):
    """What the `where` of a source names."""

    RECORD = "record"  # a line of a snapshot, which holds the value
    SCOPE = "scope"  # a scope that was asked, or should have been
    PART = "part"  # some regions of a scope, or one thing in it
    NAME = "name"  # what no snapshot holds: a thing by its own name, a document, a question to the graph


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from, or would have come from. The words of `where` are for people: nothing is read from them.

    Attributes:
        provider: ``aws``, ``gcp`` or ``azure``; None for what is no provider's: a user's document, the tool's own graph.
        scope: the id of the account, project or subscription that was or would be asked; None where nobody knows it.
        service: the SDK's client name (``s3control``), or what else told it (``access graph``).
        operation: the API's operation (``GetBucketPolicy``); empty where there is none.
        where: ``records/aws/111111111111/s3.jsonl:12``, ``aws/111111111111 eu-west-1``, a name: as reports print it.
        place: what `where` names.
    """

    provider: str | None
    scope: str | None
    service: str
    operation: str
    where: str
    place: Place = Place.RECORD

    @staticmethod
    def asked(
        provider: str, scope: str, service: str, operation: str, part: str = "", *, region: str | None = None
    ) -> Source:
        """A question to a scope that gave no record: whether it was put or not.

        Args:
            part: the regions or the thing in the scope that it is about; empty: all of it.
            region: the region that it was put in, where the call itself was recorded.
        """
        place = "/".join(name for name in (provider, scope, region) if name)
        where = f"{place} {part}" if part else place
        return Source(provider, scope, service, operation, where, Place.PART if part else Place.SCOPE)

    @staticmethod
    def named(
        service: str, operation: str, name: str, *, provider: str | None = None, scope: str | None = None
    ) -> Source:
        """What would be told of something that no snapshot holds, or is no provider's to tell.

        Args:
            scope: the id of the scope that it lies in, where that is known.
        """
        return Source(provider, scope, service, operation, name, Place.NAME)

    def asking(self, service: str, operation: str) -> Source:
        """The same place, asked another question."""
        return replace(self, service=service, operation=operation)

    @property
    def call(self) -> str:
        """The operation as catalogues and reports name it: ``s3:GetBucketPolicy``."""
        return f"{self.service}:{self.operation}" if self.operation else self.service

    @property
    def at_scope(self) -> str | None:
        """The id of the scope whose answer it is; None for what is known by its name alone."""
        return None if self.place is Place.NAME else self.scope

    @property
    def subject(self) -> str:
        """What gaps are told under: ``aws/111111111111``, or the name of what is in no snapshot."""
        return self.where if self.place is Place.NAME else f"{self.provider}/{self.scope}"


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

    @property
    def elsewhere(self) -> bool:
        """Whether nobody asked about some regions or one thing only: what lies in the rest of the scope was listed all the same."""
        return self.reason is Reason.NOT_COLLECTED and self.source.place is Place.PART

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
