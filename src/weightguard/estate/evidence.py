"""From one record of a snapshot to facts: the value that the provider stated, or why there is none.

A record is a raw listing entry (`data`) and the answers of the operations made for that one resource (`reads`). Readers hand in
a small parser for the raw shape; a shape that the parser does not expect becomes ``Unknown(MALFORMED)``, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.shape import MISSING, Malformed, Missing, find, mapping, text_or_none
from weightguard.provider import scope_parts

T = TypeVar("T")
V = TypeVar("V")


class Record(Protocol):
    """One resource as a snapshot holds it; `weightguard.snapshot` gives these."""

    @property
    def kind(self) -> str:
        """``<service>.<resource>``: ``s3.bucket``."""
        ...

    @property
    def id(self) -> str:
        """The resource's ARN or id."""
        ...

    @property
    def region(self) -> str | None:
        """The region it was listed in; None for global services."""
        ...

    @property
    def operation(self) -> str:
        """The listing operation that named it."""
        ...

    @property
    def data(self) -> Any:
        """The raw entry of the listing's answer."""
        ...

    @property
    def reads(self) -> Mapping[str, Any]:
        """Operation -> ``{"outcome", "data"?, "code"?, "why"?}``."""
        ...

    @property
    def scope(self) -> str:
        """``aws/111111111111``."""
        ...

    @property
    def location(self) -> str:
        """The file and line inside the snapshot."""
        ...


OBSTACLES: Final[Mapping[str, Reason]] = {
    "denied": Reason.DENIED,
    "throttled": Reason.THROTTLED,
    "failed": Reason.FAILED,
    "skipped": Reason.NOT_COLLECTED,
}
"""Outcome of a call -> why its value is missing. ``ok`` and ``absent`` are answers, not obstacles."""


def service_of(record: Record) -> str:
    """The SDK's client name, which starts a record's kind."""
    return record.kind.partition(".")[0]


def listing_source(record: Record) -> Source:
    """The listing call that a record's `data` came from."""
    return recorded(record, service_of(record), record.operation)


def read_source(record: Record, operation: str) -> Source:
    """The call made for this one resource."""
    return recorded(record, service_of(record), operation)


def recorded(record: Record, service: str, operation: str) -> Source:
    """A record as the source of what an operation told."""
    return Source(*scope_parts(record.scope), service, operation, record.location)


def stated(record: Record, parse: Callable[[Any], T]) -> Fact[T]:
    """A fact of the listing entry itself."""
    source = listing_source(record)
    try:
        return Known(parse(record.data), source)
    except Malformed:
        return Unknown(Reason.MALFORMED, source)


def outcome(record: Record, operation: str) -> str | None:
    """The outcome of a read; None when the read was not made or its entry has no shape."""
    answer = record.reads.get(operation)
    found = answer.get("outcome") if isinstance(answer, dict) else None
    return found if isinstance(found, str) else None


def code(record: Record, operation: str) -> str | None:
    """The provider's error code of a read, where there is one."""
    answer = record.reads.get(operation)
    return text_or_none(answer.get("code")) if isinstance(answer, dict) else None


def read(
    record: Record,
    operation: str,
    parse: Callable[[Any], T],
    *,
    absent: T | Missing = MISSING,
    skipped: T | Missing = MISSING,
) -> Fact[T]:
    """A fact of a read made for this one resource.

    Args:
        parse: turns the raw answer into the value; raises `Malformed` on an unexpected shape.
        absent: the value when the provider said "not configured". Without it, absent is a read that failed.
        skipped: the value when the collector had no need to ask. Without it, a skipped read was not collected.
    """
    source = read_source(record, operation)
    if operation not in record.reads:
        return Unknown(Reason.NOT_COLLECTED, source)
    answered = outcome(record, operation)
    if answered == "ok":
        try:
            return Known(parse(record.reads[operation].get("data")), source)
        except Malformed:
            return Unknown(Reason.MALFORMED, source)
    if answered == "absent" and not isinstance(absent, Missing):
        return Known(absent, source)
    if answered == "skipped" and not isinstance(skipped, Missing):
        return Known(skipped, source)
    if answered == "absent":
        return Unknown(Reason.FAILED, source, code(record, operation))
    return Unknown(OBSTACLES.get(answered or "", Reason.MALFORMED), source, code(record, operation))


def derived(fact: Fact[V], compute: Callable[[V], T]) -> Fact[T]:
    """What follows from a fact, with its source; what could not be had is missing for the same reason."""
    if isinstance(fact, Unknown):
        return fact
    try:
        return Known(compute(fact.value), fact.source)
    except Malformed:
        return Unknown(Reason.MALFORMED, fact.source)


def answer(record: Record, operation: str) -> Mapping[str, Any]:
    """The raw answer of a read that was made and understood, else an empty mapping."""
    if outcome(record, operation) != "ok":
        return {}
    found = record.reads[operation].get("data")
    return found if isinstance(found, dict) else {}


def views(record: Record) -> list[tuple[Source, Mapping[str, Any]]]:
    """Every mapping in which an attribute of this resource may stand: the listing entry, then each answer, unwrapped.

    ``DescribeTaskDefinition`` wraps its answer in ``taskDefinition``, ``BatchGetProjects`` in a list of one: both are opened.
    """
    found: list[tuple[Source, Mapping[str, Any]]] = []
    if isinstance(record.data, dict):
        found.append((listing_source(record), record.data))
    for operation in sorted(record.reads):
        body = answer(record, operation)
        source = read_source(record, operation)
        if body:
            found.append((source, body))
        found.extend((source, inner) for inner in map(_unwrapped, body.values()) if inner)
    return found


def _unwrapped(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def obstacle(record: Record, operation: str | None = None) -> Unknown | None:
    """The first read of this record (or the one named) that was refused or broke, as an Unknown."""
    for name in [operation] if operation else sorted(record.reads):
        reason = OBSTACLES.get(outcome(record, name) or "")
        if reason is not None:
            return Unknown(reason, read_source(record, name), code(record, name))
    return None


def attribute(record: Record, *paths: str) -> Fact[Any]:
    """An attribute by its dotted path(s), wherever in the record the provider stated it.

    Known(None) when every read was answered and none holds it; the obstacle when one was not.
    """
    seen = views(record)
    for path in paths:
        for source, view in seen:
            value = find(view, path)
            if not isinstance(value, Missing):
                return Known(value, source)
    if not seen:
        return Unknown(Reason.MALFORMED, listing_source(record))
    return obstacle(record) or Known(None, listing_source(record))


def data_of(record: Record) -> Mapping[str, Any]:
    """The listing entry, or an empty mapping where it has no shape."""
    return record.data if isinstance(record.data, dict) else {}


def described(record: Record) -> Mapping[str, Any]:
    """The listing entry as a mapping; raises `Malformed` otherwise."""
    return mapping(record.data)
