"""What a store holds, whoever's it is: its listing, streamed; headers of what may be weights, by ranged reads; a row an object.

A provider's package says how its stores are listed and read (`Shelf`); what is worth reading, and what it is, says
`weightguard.weights`.
"""

from __future__ import annotations

import contextvars
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import IO, Any, Protocol

from weightguard.collect.calls.answer import Answer
from weightguard.weights import UNREAD, FileVerdict, ListedObject, ObjectRow, StoreScan, examine

_IN_MEMORY = 4 << 20  # bytes of a listing that are held before it goes to a temporary file

Put = Callable[[ListedObject], None]
"""Takes a listed object in."""
Write = Callable[[Iterable[Mapping[str, Any]]], object]
"""Writes rows of the table of objects."""


class Shelf(Protocol):
    """A store, as its provider's package lists and reads it."""

    @property
    def id(self) -> str:
        """How results name the store."""
        ...

    @property
    def gone(self) -> Set[str]:
        """Keys that were listed and that a read found deleted since."""
        ...

    def listed(self, put: Put) -> dict[str, Answer]:
        """Hand over everything that the store lists, each key once; what came of every listing, by operation."""
        ...

    def read(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object, as `weightguard.weights.ReadRange`; called from several threads."""
        ...

    def columns(self, row: ObjectRow) -> Mapping[str, Any]:
        """What the provider says of an object besides; members of the row that it says otherwise."""
        ...


@dataclass(slots=True)
class Found:
    """What was found in a store.

    Attributes:
        answers: what came of each listing, by operation. A listing's `data` holds numbers, the objects are rows.
        weights: whether a weight set was found.
        unread: whether there is something that may be weights and was not read.
    """

    answers: dict[str, Answer]
    weights: bool = False
    unread: bool = False


def read_store(shelf: Shelf, readers: Executor, budget: int, write: Write) -> Found:
    """List a store, read the headers that tell, and write a row for everything that it lists.

    Args:
        readers: reads headers in parallel.
        budget: objects whose header is read, at most.
    """
    scan = StoreScan(shelf.id, budget=budget)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, mode="w+", encoding="utf-8") as spool:

        def put(obj: ListedObject) -> None:
            scan.offer(obj)
            row = [obj.key, obj.bytes, obj.last_modified, obj.storage_class, obj.etag, obj.state]
            spool.write(json.dumps(row) + "\n")

        found = Found(shelf.listed(put))
        _examine(shelf, scan, readers)
        write(_rows(found, shelf, scan, spool))
    return found


def _examine(shelf: Shelf, scan: StoreScan, readers: Executor) -> None:
    """Examine what the scan wants to see, several objects at a time."""

    def examined(obj: ListedObject) -> FileVerdict:
        return examine(obj, shelf.read)

    # The unit of work that calls are counted for goes along into the reader's thread.
    waiting = [(obj, readers.submit(contextvars.copy_context().run, examined, obj)) for obj in scan.plan()]
    for obj, future in waiting:
        verdict = future.result()
        if obj.key in shelf.gone:
            scan.forget(obj)
        else:
            scan.settle(obj, verdict)


def _rows(found: Found, shelf: Shelf, scan: StoreScan, spool: IO[str]) -> Iterator[dict[str, Any]]:
    gone = shelf.gone
    there = (obj for obj in _spooled(spool) if obj.key not in gone)
    for row in scan.rows(there):
        found.weights = found.weights or row.weight_set is not None
        found.unread = found.unread or (row.weight_set is None and row.examined in UNREAD)
        yield {name: getattr(row, name) for name in ObjectRow.__slots__} | dict(shelf.columns(row))


def _spooled(spool: IO[str]) -> Iterator[ListedObject]:
    spool.seek(0)
    for line in spool:
        yield ListedObject(*json.loads(line))
