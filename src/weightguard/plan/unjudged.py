"""What a plan changes and nothing here could judge: said, so that nobody takes it for clean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from weightguard.collect.terraform.state import Resource
from weightguard.collect.terraform.unread import IDLE
from weightguard.plan.beside import Named, hung_on, of_record
from weightguard.plan.sides import Mark, Sides
from weightguard.snapshot import Record, Snapshot

_AZURE: Final = "microsoft.terraform/"


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A change that was not judged.

    Attributes:
        hangs_on: the thing that it is hung on and that neither the plan nor a snapshot holds; None where nothing reads its type.
    """

    address: str
    hangs_on: str | None

    @property
    def why(self) -> str:
        """The reason in words."""
        if self.hangs_on is None:
            return "no reader knows this type of resource"
        return f"it is hung on {self.hangs_on}, which is not in the plan: lay the plan onto a snapshot that holds it"


def unjudged(sides: Sides) -> Iterator[Unjudged]:
    """The changes that were not judged, in the order of the plan."""
    held = _held(sides)
    unread = set(_unread_types(sides.after.snapshot)) | set(_unread_types(sides.before.snapshot))
    for mark in sides.touched:
        change = sides.changes[mark]
        if change.type.partition("_")[0] in IDLE:
            continue
        missing = sorted(_missing(sides, mark, held))
        if missing:
            yield Unjudged(change.address, ", ".join(missing))
        elif change.type in unread:
            yield Unjudged(change.address, None)


def _missing(sides: Sides, mark: Mark, held: set[Named]) -> set[str]:
    """What a change is hung on and nobody knows."""
    change = sides.changes[mark]
    items = (Resource(change.type, "managed", change.address, values) for values in sides.both(mark))
    return {f"{one[0]} {one[1]}" for item in items for one in hung_on(item) if one not in held}


def _held(sides: Sides) -> set[Named]:
    """The things that others may hang on and that are known."""
    found = set(sides.own)
    if sides.onto is not None:
        for record in sides.before.snapshot.records():
            found.update(of_record(record))
    return found


def _unread_types(snapshot: Snapshot) -> Iterator[str]:
    """The types of resources that no reader knows, as the readers of states note them."""
    for record in snapshot.records():
        if record.kind == "terraform.settings":
            answer = record.reads.get("UnreadTypes", {}).get("data")
            for types in answer.values() if isinstance(answer, dict) else ():
                yield from types if isinstance(types, dict) else ()
        elif record.kind == "terraform.unread_types" and isinstance(record.data, dict):
            yield str(record.data.get("name"))
        elif (type_ := _azure_type(record)) is not None:
            yield type_


def _azure_type(record: Record) -> str | None:
    data: Any = record.data
    written = data.get("type") if isinstance(data, dict) else None
    named = isinstance(written, str) and written.lower().startswith(_AZURE)
    return str(written)[len(_AZURE) :] if named else None
