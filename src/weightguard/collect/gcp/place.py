"""One scope being read: what a reader is handed, and how its work becomes units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.collect.calls.answer import Answer
from weightguard.collect.gcp.caller import Caller
from weightguard.collect.gcp.method import Method
from weightguard.collect.runner import Unit
from weightguard.snapshot import SnapshotWriter


@dataclass(frozen=True, slots=True)
class Place:
    """A project, folder or organisation, and the way into it.

    Attributes:
        container: ``projects/lab``, ``folders/800``.
        scope: ``gcp/lab``, ``gcp/folders-800``.
        caller: makes its calls.
        writer: takes what is found.
    """

    container: str
    scope: str
    caller: Caller
    writer: SnapshotWriter

    @property
    def collection(self) -> str:
        """``projects``."""
        return self.container.partition("/")[0]

    def unit(self, name: str, method: Method, read: Callable[[], Iterable[Unit] | None]) -> Unit:
        """A unit of work.

        Args:
            name: stable within the scope (``storage/weights``).
            method: what most of it hangs on.
            read: makes the calls, writes what it finds, and gives the units that they call for.
        """
        operation = method.operation
        return Unit(f"{self.scope}/{name}", self.scope, operation.service, operation.name, read)

    def record(
        self,
        kind: str,
        id: str,
        method: Method,
        data: Mapping[str, Any] | None,
        reads: Mapping[str, Answer | Mapping[str, Any]] | None = None,
        region: str | None = None,
    ) -> None:
        """Write a record; answers become what a record says of a read."""
        given = {
            name: told(answer) if isinstance(answer, Answer) else dict(answer)
            for name, answer in (reads or {}).items()
        }
        self.writer.record(
            self.scope, kind.partition(".")[0], kind=kind, id=id, region=region, operation=method.operation.name,
            data=None if data is None else dict(data), reads=given,
        )  # fmt: skip

    def contents(self, service: str, method: Method, told: Iterable[str]) -> None:
        """Note which kinds of content were told of this scope to the end."""
        found = sorted(told)
        if found:
            self.record(
                f"{service}.contents", f"{self.scope}/{method.operation.name}", method, {"contents": found}
            )


def told(answer: Answer) -> dict[str, Any]:
    """An answer as a record's read. That the thing is gone tells nothing of it: least of all that nothing lies on it."""
    return {"outcome": "failed", "code": answer.code} if answer.gone else answer.as_read()
