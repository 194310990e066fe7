"""What a container lists (blobs, deleted ones that can be brought back, unfinished uploads), and how blobs are read, by ranges."""

from __future__ import annotations

from collections.abc import Mapping, Set
from concurrent.futures import Executor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final

from weightguard.collect.azure.caller import Caller, Malformed, Place
from weightguard.collect.azure.services import blob
from weightguard.collect.azure.wire import Answered
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.shape import to_json
from weightguard.collect.contents import Found, Put, read_store
from weightguard.snapshot import SnapshotWriter
from weightguard.weights import ListedObject, ObjectRow, ReadArchived, ReadDenied, ReadFailed, ReadSealed

_SEALED: Final = "x-ms-meta-encryptiondata"
"""Metadata of a blob that the SDK encrypted before it was sent (Storage documentation, "Client-side encryption for blobs")."""
_ARCHIVED: Final = frozenset({"BlobArchived", "BlobBeingRehydrated"})


@dataclass(frozen=True, slots=True)
class Container:
    """A container to read.

    Attributes:
        store: how results name it: its address.
        host: where it is asked; None: its account says no address of this cloud.
        layered: whether its account has a hierarchical namespace.
    """

    name: str
    store: str
    host: str | None
    layered: bool


def read_container(
    caller: Caller, writer: SnapshotWriter, container: Container, readers: Executor, budget: int
) -> Found:
    """List a container, read the headers that tell, and write a row for every blob.

    Args:
        readers: reads headers in parallel.
        budget: blobs whose header is read, at most.
    """
    shelf = _Shelf(caller, container)
    return read_store(shelf, readers, budget, partial(writer.objects, caller.scope))


@dataclass(slots=True)
class _Shelf:
    """A container, as `weightguard.collect.contents` reads it."""

    caller: Caller
    container: Container
    deleted: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """How results name it."""
        return self.container.store

    @property
    def gone(self) -> Set[str]:
        """Blobs that a read found deleted since they were listed."""
        return self.deleted

    def listed(self, put: Put) -> dict[str, Answer]:
        """Hand over everything that it lists, each name once."""
        include = "uncommittedblobs" if self.container.layered else "uncommittedblobs,deleted"
        place = self._place({"include": include}, self.container.store)
        count = size = 0
        names = _Names(put)
        answer = Answer("ok")
        if place.host is None:
            answer = Answer("failed", code="NoAddress", message="the account says no address of this cloud")
            self.caller.note(blob.LIST.operation, answer, self.container.store)
            return {blob.LIST.operation.name: answer}
        for answer in self.caller.pages(blob.LIST, place, parse=blob.listed, headers=blob.VERSION):
            for entry in answer.data.get("blobs") or ():
                names.take(entry)
                count += not entry["deleted"]
                size += 0 if entry["deleted"] else entry["bytes"]
        names.flush()
        numbers = {"BlobCount": count, "Bytes": size}
        done = Answer(answer.outcome, numbers, answer.code, answer.message, gone=answer.gone)
        return {blob.LIST.operation.name: done}

    def _place(self, names: Mapping[str, str], resource: str) -> Place:
        return Place({"container": self.container.name, **names}, self.container.host, resource)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """A part of a blob."""
        if any(part in (".", "..") for part in key.split("/")):
            raise ReadFailed("a path of dots means another one on its way", where=self.container.store)
        held: list[bytes] = []
        sealed = False

        def keep(found: Answered) -> Mapping[str, Any]:
            nonlocal sealed
            sealed = _SEALED in found.headers
            held.append(_range(found, offset, length))
            return {}

        headers = {**blob.VERSION, "x-ms-range": f"bytes={offset}-{offset + length - 1}"}
        resource = f"{self.container.store}/{key}"
        answer = self.caller.ask(
            blob.GET, self._place({"key": key}, resource), parse=keep, headers=headers, most=length + 1
        )
        if answer.ok:
            if sealed:
                raise ReadSealed("encrypted before it was stored", where=self.container.store)
            return held[-1]
        self._obstacle(key, answer)
        raise AssertionError  # an obstacle always raises

    def _obstacle(self, key: str, answer: Answer) -> None:
        if answer.code in _ARCHIVED:
            raise ReadArchived(f"blob:GetBlob {answer.code}", where=self.container.store)
        if answer.gone and answer.code == "BlobNotFound":
            self.deleted.add(key)
        problem = ReadDenied if answer.outcome == "denied" else ReadFailed
        raise problem(f"blob:GetBlob {answer.outcome}", where=self.container.store)

    def columns(self, row: ObjectRow) -> Mapping[str, Any]:
        """What storage says of a blob besides."""
        return {}


@dataclass(slots=True)
class _Names:
    """Entries of a listing, each name once: a deleted blob counts where none of its name is left.

    A listing goes by name, so the entries of one follow each other.
    """

    put: Put
    waiting: ListedObject | None = None

    def take(self, entry: Mapping[str, Any]) -> None:
        """Take in an entry."""
        name = entry["name"]
        if self.waiting is not None and self.waiting.key != name:
            self.flush()
        if entry["deleted"]:
            before = self.waiting
            if before is None or (before.state == "old_version" and before.bytes < entry["bytes"]):
                self.waiting = _object(entry, "old_version")
        else:
            self.waiting = _object(entry, None if entry["committed"] else "unfinished")

    def flush(self) -> None:
        """Hand over the last one."""
        if self.waiting is not None:
            self.put(self.waiting)
            self.waiting = None


def _object(entry: Mapping[str, Any], state: Any) -> ListedObject:
    return ListedObject(
        entry["name"], entry["bytes"], _moment(entry["modified"]), entry["tier"], entry["md5"], state=state
    )


def _moment(text: str | None) -> str | None:
    """A time as records write it, from the form of HTTP's headers."""
    try:
        return str(to_json(parsedate_to_datetime(text or "")))
    except ValueError:
        return None


def _range(found: Answered, offset: int, length: int) -> bytes:
    """The range that was asked for.

    Raises:
        Malformed: the answer is another range, or shorter than it says.
    """
    written = found.headers.get("Content-Range")
    start = 0 if written is None else int(written.removeprefix("bytes ").partition("-")[0])
    if start != offset:
        raise Malformed(f"bytes from {offset} were asked for, bytes from {start} came")
    return found.body[:length]
