"""What a collection has done so far: runs, scopes and finished units, one line each, so that a killed run resumes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from weightguard.errors import SnapshotError
from weightguard.snapshot.limits import Limits
from weightguard.snapshot.lines import decode, read_lines
from weightguard.snapshot.model import WORKING

HEADER: Final = f"{WORKING}/header.json"
JOURNAL: Final = f"{WORKING}/journal.jsonl"
PARTS: Final = f"{WORKING}/objects"
_AGAIN: Final = "remove the collection, or choose another directory"


def unit_hash(unit: str) -> str:
    """A unit's name as part of a file name."""
    return sha256(unit.encode("utf-8", "replace")).hexdigest()[:32] if unit else "-"


@dataclass(frozen=True, slots=True)
class Finished:
    """A unit that ran to its end.

    Attributes:
        run: the run whose lines of this unit count; those of other runs were cut short.
        failed: it ended in an error of the collector itself; a resumed run tries it again.
        spawned: units that it called for. While one of them is missing, the unit has to name them again.
    """

    run: int
    failed: bool
    spawned: tuple[str, ...]


class Journal:
    """The finished units of all runs so far. Not thread-safe: the writer's lock guards it."""

    def __init__(self) -> None:
        self.run = 0
        self.sealing = False
        """Collecting is over: lines may have lost their tags already, so that no unit may run again."""
        self.scopes: set[str] = set()
        self.units: dict[str, Finished] = {}

    @classmethod
    def read(cls, path: Path, limits: Limits) -> Journal:
        """The journal of an interrupted collection; SnapshotError names a damaged line."""
        journal = cls()
        if path.exists():
            for number, line in read_lines(path, path.name, limits):
                where = f"{path.name}:{number}"
                entry = decode(line, where, limits)
                if not _is_entry(entry):
                    raise SnapshotError(
                        "a line of the collection's journal is not what it should be", where=where, fix=_AGAIN
                    )
                journal.apply(entry)
        return journal

    def apply(self, entry: dict[str, Any]) -> None:
        """Take one line of the journal in, whose shape was looked at; later lines win."""
        if isinstance(entry.get("scope"), str):
            self.scopes.add(entry["scope"])
        elif isinstance(entry.get("unit"), str):
            spawned = tuple(entry.get("spawned", ()))
            self.units[entry["unit"]] = Finished(entry["run"], bool(entry.get("failed")), spawned)
        elif entry.get("sealing") is True:
            self.sealing = True
        else:
            self.run = max(self.run, entry.get("run", 0))

    def is_done(self, unit: str) -> bool:
        """Nothing is left to do for this unit, nor for any that it called for."""
        seen: set[str] = set()
        waiting = [unit]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            finished = self.units.get(name)
            if finished is None or (finished.failed and not self.sealing):
                return False
            waiting.extend(finished.spawned)
        return True

    def counts(self, tag: tuple[str, int] | None) -> bool:
        """Does a line with this tag belong in the snapshot? Lines outside units count from the latest run alone."""
        if tag is None:
            return True
        unit, run = tag
        if not unit:
            return run == self.run
        finished = self.units.get(unit)
        return finished is not None and finished.run == run


def _is_entry(entry: dict[str, Any]) -> bool:
    """Whether a line is one of those that `Journal.apply` knows."""
    run, spawned = entry.get("run", 0), entry.get("spawned", [])
    numbered = isinstance(run, int) and not isinstance(run, bool) and ("unit" not in entry or "run" in entry)
    named = all(isinstance(entry.get(name, ""), str) for name in ("scope", "unit"))
    return numbered and named and isinstance(spawned, list) and all(isinstance(unit, str) for unit in spawned)


def done_entry(unit: str, run: int, spawned: Iterable[str], failed: bool) -> dict[str, Any]:
    """The journal's line for a unit that ended."""
    entry: dict[str, Any] = {"unit": unit, "run": run}
    if failed:
        entry["failed"] = True
    names = sorted(spawned)
    if names:
        entry["spawned"] = names
    return entry
