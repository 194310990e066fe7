"""Reading older snapshots: one pure step from each version to the next, applied to what is read, never to the files.

A step for version n turns a manifest, a record line or a call line of version n into one of version n + 1. To change the layout:
raise `SCHEMA_VERSION`, add the step here, add a test that reads a snapshot of the old version, and say why in docs/adr.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.errors import SnapshotError
from weightguard.snapshot.model import MANIFEST, SCHEMA_VERSION

Change = Callable[[dict[str, Any]], dict[str, Any]]


def _same(value: dict[str, Any]) -> dict[str, Any]:
    return value


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to the next. Each change gets its own copy of the outermost object and gives back a new one."""

    manifest: Change = _same
    record: Change = _same
    call: Change = _same


def _renamed(value: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): member for name, member in value.items()}


def _record_from_0(record: dict[str, Any]) -> dict[str, Any]:
    reads = record.get("reads")
    if not isinstance(reads, dict):
        return record
    renamed = {
        name: _renamed(read, {"status": "outcome"}) if isinstance(read, dict) else read
        for name, read in reads.items()
    }
    return {**record, "reads": renamed}


STEPS: Final[Mapping[int, Step]] = {
    # The draft before the first release: other names for the times, the code of a call and the outcome of a read.
    0: Step(
        manifest=lambda body: _renamed(body, {"created": "started_at", "finished": "collected_at"}),
        record=_record_from_0,
        call=lambda call: _renamed(call, {"error": "code"}),
    ),
}


class Upgrade:
    """All steps from a snapshot's version to the current one."""

    def __init__(self, version: int) -> None:
        self._steps = [STEPS[number] for number in range(version, SCHEMA_VERSION)]

    def manifest(self, body: dict[str, Any]) -> dict[str, Any]:
        """A manifest of the current version."""
        for step in self._steps:
            body = step.manifest(body)
        return body

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record line of the current version."""
        for step in self._steps:
            record = step.record(record)
        return record

    def call(self, call: dict[str, Any]) -> dict[str, Any]:
        """A call line of the current version."""
        for step in self._steps:
            call = step.call(call)
        return call


def upgrade_from(version: object) -> Upgrade:
    """The way from a stored version to the current one.

    Raises:
        SnapshotError: the version is none, or newer than this package.
    """
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise SnapshotError(
            "the manifest has no schema version", where=f"{MANIFEST}: schema_version", fix="collect again"
        )
    if version > SCHEMA_VERSION:
        raise SnapshotError(
            f"the snapshot is from a newer version of weightguard (schema {version}, this one reads up to {SCHEMA_VERSION})",
            where=MANIFEST,
            fix="upgrade weightguard",
        )
    return Upgrade(version)
