"""What a bucket holds, and how its objects are read: live objects, keys of which only older or deleted versions are left.

Source: Cloud Storage JSON API, `objects.list` (``versions``, ``softDeleted``) and `objects.get` with ``alt=media``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.calls.answer import MALFORMED, Answer
from weightguard.collect.contents import Put
from weightguard.collect.gcp.place import Place
from weightguard.collect.gcp.services import storage
from weightguard.collect.gcp.transport import Reply
from weightguard.weights import ListedObject, ObjectRow, ReadDenied, ReadFailed

_MOST_STATES: Final = 100_000
_VERSION: Final = "/cryptoKeyVersions/"
_CUSTOMERS: Final = "customer-supplied"


@dataclass(slots=True)
class _Runs:
    """A value of every key, of keys that come in order: kept where it changes."""

    keys: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def add(self, key: str, value: str) -> None:
        """Note the next key."""
        if not self.values or self.values[-1] != value:
            self.keys.append(key)
            self.values.append(value)

    def of(self, key: str) -> str:
        """The value of a key that was noted."""
        at = bisect_right(self.keys, key)
        return self.values[at - 1] if at else ""


@dataclass(slots=True)
class Shelf:
    """A bucket.

    Attributes:
        name: the bucket's.
        soft: whether it keeps deleted objects for a while.
    """

    place: Place
    name: str
    soft: bool
    _wrapped: _Runs = field(default_factory=_Runs)
    _gone: set[str] = field(default_factory=set)
    _deleted: dict[str, ListedObject] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``gs://weights``."""
        return f"gs://{self.name}"

    @property
    def gone(self) -> Set[str]:
        """Keys that were deleted since they were listed."""
        return self._gone

    def listed(self, put: Put) -> dict[str, Answer]:
        """Everything that the bucket lists: what was deleted not long ago, then all versions of everything, key by key."""
        deleted = self._soft_deleted() if self.soft else Answer("ok")
        objects = self._objects(put)
        for obj in self._deleted.values():
            put(obj)
        return {storage.LIST_OBJECTS.operation.name: objects if deleted.ok or not objects.ok else deleted}

    def _soft_deleted(self) -> Answer:
        answer = Answer("ok")
        for answer in self._pages(softDeleted="true"):
            for entry in answer.data.get("items", ()):
                known = self._deleted.get(entry["name"])
                if known is None and len(self._deleted) >= _MOST_STATES:
                    continue
                self._deleted[entry["name"]] = _larger(known, _older(entry))
        return answer

    def _objects(self, put: Put) -> Answer:
        count = size = 0
        answer = Answer("ok")
        group: list[Mapping[str, Any]] = []
        for answer in self._pages(versions="true"):
            for entry in answer.data.get("items", ()):
                if group and group[0]["name"] != entry["name"]:
                    put(self._one(group))
                    group = []
                group.append(entry)
                live = "timeDeleted" not in entry
                count, size = count + live, size + (_size(entry) if live else 0)
        if group:
            put(self._one(group))
        return Answer(answer.outcome, {"Objects": count, "Bytes": size}, answer.code, answer.message)

    def _one(self, versions: list[Mapping[str, Any]]) -> ListedObject:
        """What stands for a key: its live object, else the largest of its versions."""
        key = versions[0]["name"]
        deleted = self._deleted.pop(key, None)
        live = [entry for entry in versions if "timeDeleted" not in entry]
        if live:
            return self._live(live[-1])
        found = max(map(_older, versions), key=lambda obj: obj.bytes)
        return found if deleted is None else _larger(deleted, found)

    def _live(self, entry: Mapping[str, Any]) -> ListedObject:
        key = entry["name"]
        wrapped = str(entry.get("kmsKeyName") or "").partition(_VERSION)[0]
        self._wrapped.add(key, _CUSTOMERS if entry.get("customerEncryption") else wrapped)
        mark = entry.get("md5Hash") or entry.get("crc32c")
        return ListedObject(
            key, _size(entry), entry.get("updated"), entry.get("storageClass"), mark if isinstance(mark, str) else None
        )  # fmt: skip

    def _pages(self, **parameters: str) -> Iterator[Answer]:
        return self.place.caller.pages(
            storage.LIST_OBJECTS, about=self.id, check=_Order().check, bucket=self.name, **parameters
        )

    def columns(self, row: ObjectRow) -> Mapping[str, Any]:
        """How an object is encrypted: by a key that is named, by the customer's own, or by Google's."""
        if row.examined in ("old_version", "unfinished"):
            return {}
        held = self._wrapped.of(row.key)
        if held == _CUSTOMERS:
            return {"encryption": _CUSTOMERS, "kms_key": None}
        return {"encryption": "kms" if held else "google", "kms_key": held or None}

    def read(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object, as it is stored.

        Raises:
            ReadDenied: it may not be read. ReadFailed: it could not be.
        """
        if self._wrapped.of(key) == _CUSTOMERS:
            raise ReadFailed("encrypted with a key that the reader has to send", where=self.id)
        held: list[bytes] = []
        answer = self.place.caller.fetch(
            storage.GET_OBJECT, lambda reply: held.append(_body(reply, offset, length)), length, about=f"{self.id}/{key}",
            bucket=self.name, object=key, Range=f"bytes={offset}-{offset + length - 1}",
        )  # fmt: skip
        if answer.ok:
            return held[-1]
        if answer.outcome == "absent" and self._is_gone(key):
            self._gone.add(key)
        problem = ReadDenied if answer.outcome == "denied" else ReadFailed
        raise problem(f"storage:GetObject {answer.outcome}", where=self.id)

    def _is_gone(self, key: str) -> bool:
        """Whether a listing knows the key no more: somebody deleted it since. One that is listed and not found is not read."""
        pages = self.place.caller.pages(
            storage.LIST_OBJECTS, about=f"{self.id}/{key}", bucket=self.name, prefix=key
        )
        page = next(pages)
        others = [entry["name"] for entry in page.data.get("items", ())]
        return page.ok and all(name.startswith(key) and name != key for name in others)


def _size(entry: Mapping[str, Any]) -> int:
    """Sizes are 64 bits wide, and so are text."""
    return int(entry.get("size") or 0)


def _older(entry: Mapping[str, Any]) -> ListedObject:
    return ListedObject(
        entry["name"], _size(entry), entry.get("updated"), entry.get("storageClass"), state="old_version"
    )


def _larger(known: ListedObject | None, found: ListedObject) -> ListedObject:
    return found if known is None or known.bytes < found.bytes else known


@dataclass(slots=True)
class _Order:
    """Names are listed in the order of their UTF-8 bytes, versions of one beside one another; a page that goes back is a circle."""

    last: bytes = b""

    def check(self, page: Mapping[str, Any]) -> str | None:
        """Why a page cannot be trusted, or None."""
        for entry in page.get("items", ()):
            key = entry["name"].encode("utf-8", "surrogatepass")
            size = str(entry.get("size", "0"))
            if key < self.last:
                return "PagingRepeats"
            if not (size.isascii() and size.isdigit()):
                return MALFORMED
            self.last = key
        return None


def _body(reply: Reply, offset: int, length: int) -> bytes:
    """The range that was asked for, and not a byte more.

    Raises:
        ValueError: the answer is another range, or shorter than it says.
    """
    written = reply.headers.get("Content-Range")
    if written is None:
        start, promised = 0, int(reply.headers.get("Content-Length", len(reply.body)))
    else:
        first, _, last = written.removeprefix("bytes ").partition("/")[0].partition("-")
        start, promised = int(first), int(last) - int(first) + 1
    if start != offset:
        raise ValueError(f"bytes from {offset} were asked for, bytes from {start} came")
    if len(reply.body) < min(length, promised):
        raise ValueError(f"{promised} bytes were promised, {len(reply.body)} came")
    return reply.body[:length]
