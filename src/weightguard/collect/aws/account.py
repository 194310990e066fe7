"""One account being read: what a service module is handed, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

from weightguard.collect.aws.caller import Caller
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.keeping import kept
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import Unit
from weightguard.snapshot import SnapshotWriter

Row = dict[str, Any]
"""A resource, as `SnapshotWriter.record` takes it after scope and service."""
GONE: Final = "gone"
"""A mark in the row of something that was deleted while it was read: it is not recorded."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the way into it.

    Attributes:
        id: twelve digits.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov``.
        caller: makes its calls.
        writer: takes what is found.
        regions: the regions to read, sorted.
        identity: the answer of GetCallerIdentity, where it was asked already.
        listed_regions: the answer of DescribeRegions, likewise.
        lists_versions: set once it is known that versions of objects may be listed here. A listing of them tells of any bucket what
            one of objects tells, and more.
    """

    id: str
    partition: str
    caller: Caller
    writer: SnapshotWriter
    regions: tuple[str, ...]
    identity: Answer | None = None
    listed_regions: Answer | None = None
    lists_versions: Event = field(default_factory=Event)

    @property
    def scope(self) -> str:
        """The name of the account in a snapshot."""
        return f"aws/{self.id}"

    @property
    def home(self) -> str:
        """The region that answers for global services."""
        return self.caller.connections.region

    def arn(self, service: str, region: str, resource: str) -> str:
        """An ARN of this account."""
        return f"arn:{self.partition}:{service}:{region}:{self.id}:{resource}"

    def unit(self, name: str, operation: Operation, read: Callable[[], Iterable[Row | Unit]]) -> Unit:
        """A unit of work.

        Args:
            name: stable within the account (``kms/eu-west-1/<key id>``).
            operation: what most of it hangs on; its rows go to the file of the operation's service.
            read: makes the calls and gives the rows found, and the units that they call for.
        """

        def run() -> list[Unit]:
            spawned = []
            for item in read():
                if isinstance(item, Unit):
                    spawned.append(item)
                elif not item.pop(GONE, False):
                    self.writer.record(self.scope, operation.service, **item)
            return spawned

        return Unit(f"{self.scope}/{name}", self.scope, operation.service, operation.name, run)


def row(
    kind: str,
    id: str,
    operation: Operation,
    data: Mapping[str, Any],
    *,
    region: str | None = None,
    reads: Mapping[str, Answer] | None = None,
) -> Row:
    """A record: of the listing entry and of the answers of the reads made for it, the fields that their operations keep."""
    return {
        "kind": kind,
        "id": id,
        "region": region,
        "operation": operation.name,
        "data": kept(data, operation.keeps),
        "reads": {name: answer.as_read() for name, answer in (reads or {}).items()},
        **({GONE: True} if any(answer.gone for answer in (reads or {}).values()) else {}),
    }
