"""What takes in what a source tells: a snapshot that is being written, or one that is held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from weightguard.snapshot.model import Call


class Recorder(Protocol):
    """Where collectors of files put what they read. `weightguard.snapshot.writer.SnapshotWriter` says what each call means."""

    def add_scope(self, scope: str) -> None:
        """Note that a scope is covered, even if nothing in it can be read."""
        ...

    def record(
        self,
        scope: str,
        service: str,
        *,
        kind: str,
        id: str,
        region: str | None,
        operation: str,
        data: Any,
        reads: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Take in one resource; a later one of the same kind, id and region replaces it."""
        ...

    def call(self, call: Call) -> None:
        """Note one API call and how it ended."""
        ...

    def objects(self, scope: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Take in listed objects; returns how many."""
        ...
