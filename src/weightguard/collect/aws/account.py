"""One account being read: what a service module is handed, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.collect.aws.answer import Answer
from weightguard.collect.aws.caller import Caller

Row = dict[str, Any]
"""A line of ``records/<provider>/<scope>/<service>.jsonl``."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the way into it.

    Attributes:
        id: twelve digits.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov``.
        caller: makes its calls.
        regions: the regions to read, the home region first.
        identity: the raw answer of GetCallerIdentity.
    """

    id: str
    partition: str
    caller: Caller
    regions: tuple[str, ...]
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """The name of the account in a snapshot."""
        return f"aws/{self.id}"

    @property
    def home(self) -> str:
        """The region that answers for global services."""
        return self.regions[0]

    def arn(self, service: str, region: str, resource: str) -> str:
        """An ARN of this account."""
        return f"arn:{self.partition}:{service}:{region}:{self.id}:{resource}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work that is done once: what it finds enters the snapshot whole, or is asked for again on resume.

    Attributes:
        id: stable within the account (``kms/eu-west-1/<key id>``).
        service: the file that its rows go to.
        read: makes the calls and gives the rows.
    """

    id: str
    service: str
    read: Callable[[], Iterable[Row]]


def row(
    kind: str,
    id: str,
    operation: str,
    data: Mapping[str, Any],
    *,
    region: str | None = None,
    reads: Mapping[str, Answer] | None = None,
) -> Row:
    """A record: the raw listing entry and the answers of the reads made for it."""
    return {
        "kind": kind,
        "id": id,
        "region": region,
        "operation": operation,
        "data": dict(data),
        "reads": {name: answer.as_read() for name, answer in (reads or {}).items()},
    }
