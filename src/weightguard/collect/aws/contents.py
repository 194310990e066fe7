"""What a bucket lists (objects, old versions of deleted ones, unfinished uploads), and how its objects are read, by ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from weightguard.collect.aws.account import Account
from weightguard.collect.aws.services import s3
from weightguard.collect.calls.answer import Answer, skipped
from weightguard.collect.calls.operation import Operation
from weightguard.collect.contents import Found, Put, read_store
from weightguard.weights import ListedObject, ObjectRow, ReadArchived, ReadDenied, ReadFailed, ReadSealed

_ARCHIVED = frozenset({"InvalidObjectState"})
_CLIENT_SIDE = frozenset(
    ("x-amz-cek-alg", "x-amz-key", "x-amz-key-v2", "x-amz-wrap-alg", "x-amz-crypto-instr-file", "x-amz-iv", "x-amz-c", "x-amz-w",
     "x-amz-3", "encryptiondata")
)  # fmt: skip
_MOST_STATES = 100_000
_NOT_ASKED = skipped("no version was ever kept")
_KEPT = Answer("ok", {"Status": "not asked"})
_MANY = 20
"""From so many buckets on it is worth a call to find out what need not be asked of each."""


def read_contents(account: Account, bucket: s3.Bucket, readers: Executor, budget: int) -> Found:
    """List a bucket, read the headers that tell, and write a row for every object, unfinished upload and deleted key.

    Args:
        readers: reads headers in parallel.
        budget: objects whose header is read, at most.
    """
    shelf = _Shelf(account, bucket)
    return read_store(shelf, readers, budget, partial(account.writer.objects, account.scope))


def versioning(account: Account, bucket: s3.Bucket) -> Answer:
    """Whether a bucket keeps versions, or ever did: an answer without a status says never."""
    return account.caller.ask(
        s3.GET_VERSIONING, region=bucket.region, resource=bucket.arn, Bucket=bucket.name
    )


def try_versions(account: Account, entries: Sequence[Mapping[str, Any]]) -> None:
    """Find out whether versions of objects may be listed in an account of many buckets, by the first: where that keeps any.

    To ask each bucket whether it keeps versions, before asking which, is then one call a bucket for nothing. No more than one
    is tried: all others wait for it.
    """
    if len(entries) < _MANY:
        return
    bucket = s3.located(account, entries[0])
    if versioning(account, bucket).data.get("Status"):
        pages = account.caller.pages(
            s3.LIST_VERSIONS, region=bucket.region, resource=bucket.arn, Bucket=bucket.name, MaxKeys=1
        )
        if next(pages).ok:
            account.lists_versions.set()


def harmless(found: Found) -> str | None:
    """Why a bucket does not matter for weights; None when it does, or when that is not known."""
    if found.weights or found.unread or not all(answer.ok for answer in found.answers.values()):
        return None
    listed = next(found.answers[one.name] for one in s3.OBJECT_LISTINGS if one.name in found.answers)
    return "it holds no objects" if not listed.data["KeyCount"] else "it holds no weights"


@dataclass(slots=True)
class _Listing:
    """Everything that a bucket lists.

    Attributes:
        put: takes each thing in.
        uploads: when an upload was begun that was not completed, by key; of keys that hold no object.
        objects: how many objects were taken in.
        size: what they hold together, in bytes.
        last: the key of the last of them, as S3 sorts keys.
    """

    account: Account
    bucket: s3.Bucket
    put: Put
    uploads: dict[str, str | None] = field(default_factory=dict)
    objects: int = 0
    size: int = 0
    last: bytes = b""

    def read(self) -> dict[str, Answer]:
        """List, and give what came of it by operation.

        A listing of versions holds the objects as well. Who may list none of them is not asked to where no version was ever kept:
        the refusal would hide nothing.
        """
        answers = {s3.LIST_UPLOADS.name: self._uploads()}
        if not self.account.lists_versions.is_set():
            answers[s3.GET_VERSIONING.name] = versioning(self.account, self.bucket)
        if answers.get(s3.GET_VERSIONING.name, _KEPT).data.get("Status"):
            answers[s3.LIST_VERSIONS.name] = self._versions()
        if not answers.get(s3.LIST_VERSIONS.name, _NOT_ASKED).ok:
            answers[s3.LIST_OBJECTS.name] = self._objects()
        for key, begun in self.uploads.items():
            self.put(ListedObject(key, 0, begun, state="unfinished"))
        return answers

    def _pages(
        self, operation: Operation, check: Callable[[Mapping[str, Any]], str | None]
    ) -> Iterator[Answer]:
        return self.account.caller.pages(
            operation,
            region=self.bucket.region,
            resource=self.bucket.arn,
            check=check,
            Bucket=self.bucket.name,
        )

    def _uploads(self) -> Answer:
        answer = Answer("ok")
        for answer in self._pages(s3.LIST_UPLOADS, _unchecked):
            for entry in answer.data.get("Uploads", []):
                if len(self.uploads) < _MOST_STATES:
                    self.uploads.setdefault(entry["Key"], entry.get("Initiated"))
        return _counted(answer, s3.LIST_UPLOADS, {"Keys": len(self.uploads)})

    def _take(self, entry: Mapping[str, Any]) -> None:
        self.put(_listed(entry))
        self.uploads.pop(entry["Key"], None)
        self.last = _sorted_by(entry)
        self.objects += 1
        self.size += entry["Size"]

    def _objects(self) -> Answer:
        """The objects; of those that a listing of versions gave before it broke off, none again."""
        taken = self.last
        answer = Answer("ok")
        for answer in self._pages(s3.LIST_OBJECTS, _Order(("Contents",)).check):
            for entry in answer.data.get("Contents", []):
                if _sorted_by(entry) > taken:
                    self._take(entry)
        return _counted(answer, s3.LIST_OBJECTS, {"KeyCount": self.objects, "Bytes": self.size})

    def _versions(self) -> Answer:
        """The objects, and keys whose latest version is a delete marker while older ones are there to be read."""
        count = 0
        deleted: dict[str, None] = {}
        kept: dict[str, ListedObject] = {}
        answer = Answer("ok")
        for answer in self._pages(s3.LIST_VERSIONS, _Order(s3.LIST_VERSIONS.entries, repeats=True).check):
            if not answer.ok:
                break  # what a page holds that contradicts those before it is left to the listing of objects
            for marker in answer.data.get("DeleteMarkers", []):
                if marker.get("IsLatest"):
                    deleted[marker["Key"]] = None
            for entry in answer.data.get("Versions", []):
                self._version(entry, kept)
            count += self._settle(deleted, kept, str(answer.data.get("NextKeyMarker") or ""))
        count += self._settle(deleted, kept, "")
        numbers = {"KeyCount": self.objects, "Bytes": self.size, "Keys": count}
        return _counted(answer, s3.LIST_VERSIONS, numbers)

    def _version(self, entry: Mapping[str, Any], kept: dict[str, ListedObject]) -> None:
        """An object where it is the latest; else kept until it is known whether its key holds one, the largest of each key."""
        known = kept.get(entry["Key"])
        if entry.get("IsLatest"):
            if _sorted_by(entry) != self.last:
                self._take(entry)
        elif known is None or known.bytes < entry.get("Size", 0):
            kept[entry["Key"]] = _old_version(entry)

    def _settle(self, deleted: dict[str, None], kept: dict[str, ListedObject], going_on: str) -> int:
        """Put the keys that no further page speaks of: a listing of versions goes by key."""
        done = [key for key in kept if key != going_on]
        found = [kept.pop(key) for key in done]
        gone = [obj for obj in found if obj.key in deleted]
        for obj in gone:
            self.put(obj)
        for key in [key for key in deleted if key != going_on]:
            del deleted[key]
        return len(gone)


def _unchecked(page: Mapping[str, Any]) -> str | None:
    """A listing of uploads repeats keys, and sorts them by the provider's own rules."""
    return None


def _counted(answer: Answer, operation: Operation, numbers: Mapping[str, int]) -> Answer:
    return Answer(
        answer.outcome, dict(numbers), answer.code, answer.message, keeps=operation.keeps, gone=answer.gone
    )


def _old_version(entry: Mapping[str, Any]) -> ListedObject:
    return ListedObject(
        entry["Key"],
        int(entry.get("Size") or 0),
        entry.get("LastModified"),
        entry.get("StorageClass"),
        state="old_version",
    )


@dataclass(slots=True)
class _Order:
    """S3 lists keys in the order of their UTF-8 bytes; a page that goes back is a listing that runs in circles.

    Attributes:
        members: the lists of a page, each of which is in order.
        repeats: whether a key may come more than once.
        last: the last key of the pages before.
    """

    members: tuple[str, ...]
    repeats: bool = False
    last: bytes = b""

    def check(self, page: Mapping[str, Any]) -> str | None:
        """Why the page cannot follow those before it, or None."""
        reached = self.last
        for member in self.members:
            before = self.last
            for entry in page.get(member, []):
                key = _sorted_by(entry)
                if key < before or (key == before and not self.repeats):
                    return "PagingRepeats"
                before = key
            reached = max(reached, before)
        self.last = reached
        return None


def _sorted_by(entry: Mapping[str, Any]) -> bytes:
    """What S3 sorts an entry of a listing by."""
    key: str = entry["Key"]
    return key.encode("utf-8", "surrogatepass")


def _listed(entry: Mapping[str, Any]) -> ListedObject:
    etag = str(entry.get("ETag") or "").strip('"')
    return ListedObject(
        entry["Key"], entry["Size"], entry.get("LastModified"), entry.get("StorageClass"), etag or None
    )


@dataclass(slots=True)
class _Shelf:
    """A bucket; it keeps what the answers to reads say of the objects' encryption."""

    account: Account
    bucket: s3.Bucket
    _encryption: dict[str, dict[str, str | None]] = field(default_factory=dict)
    _sealed: set[str] = field(default_factory=set)
    _gone: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """The bucket's ARN."""
        return self.bucket.arn

    @property
    def gone(self) -> Set[str]:
        """Keys that were deleted since they were listed."""
        return self._gone

    def listed(self, put: Put) -> dict[str, Answer]:
        """Everything that the bucket lists."""
        return _Listing(self.account, self.bucket, put).read()

    def columns(self, row: ObjectRow) -> Mapping[str, Any]:
        """How an object is encrypted, where it was read."""
        seen: dict[str, Any] = dict(self._encryption.get(row.key, {}))
        if seen.get("encryption") not in (None, "AES256"):
            # "Common Response Headers", ETag: with another encryption it is no digest of the content.
            seen["etag"] = None
        return seen

    def read(self, key: str, offset: int, length: int) -> bytes:
        held: list[bytes] = []

        def keep(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            held.append(_body(raw, offset, length))
            self._encryption[key] = {
                "encryption": raw.get("ServerSideEncryption"),
                "kms_key": raw.get("SSEKMSKeyId"),
            }
            if _is_client_side(raw.get("Metadata")):
                self._sealed.add(key)
            return {}

        answer = self.account.caller.ask(
            s3.GET_OBJECT,
            region=self.bucket.region,
            resource=f"{self.bucket.arn}/{key}",
            transform=keep,
            Bucket=self.bucket.name,
            Key=key,
            Range=f"bytes={offset}-{offset + length - 1}",
        )
        if answer.ok:
            if key in self._sealed:
                raise ReadSealed("encrypted before it was stored", where=self.bucket.arn)
            return held[-1]
        if answer.code in _ARCHIVED:
            raise ReadArchived(f"s3:GetObject {answer.code}", where=self.bucket.arn)
        if answer.gone and self._is_gone(key):
            self._gone.add(key)
        problem = ReadDenied if answer.outcome == "denied" else ReadFailed
        raise problem(f"s3:GetObject {answer.outcome}", where=self.bucket.arn)

    def _is_gone(self, key: str) -> bool:
        """Whether a listing knows the key no more: somebody deleted it since. One that is listed and not found is not read."""
        page = next(
            self.account.caller.pages(
                s3.LIST_OBJECTS,
                region=self.bucket.region,
                resource=f"{self.bucket.arn}/{key}",
                Bucket=self.bucket.name,
                Prefix=key,
            )
        )
        return page.ok and all(entry["Key"] != key for entry in page.data.get("Contents", []))


def _is_client_side(metadata: object) -> bool:
    """Whether an object's metadata says that it was sealed before it was sent ("Amazon S3 Encryption Client", versions 1 to 4)."""
    return isinstance(metadata, Mapping) and any(str(name).lower() in _CLIENT_SIDE for name in metadata)


def _body(raw: Mapping[str, Any], offset: int, length: int) -> bytes:
    """The range that was asked for, and not a byte more.

    Raises:
        ValueError: the answer is another range, or shorter than it says.
    """
    body = raw["Body"]
    try:
        start, promised = _range(raw)
        if start != offset:
            raise ValueError(f"bytes from {offset} were asked for, bytes from {start} came")
        data: bytes = body.read(length)
    finally:
        body.close()
    if len(data) < min(length, promised):
        raise ValueError(f"{promised} bytes were promised, {len(data)} came")
    return data


def _range(raw: Mapping[str, Any]) -> tuple[int, int]:
    """Where the answer begins, and how many bytes it holds.

    ``ContentRange`` is ``bytes 0-1023/4096``; a server that ignores ranges sends the whole object, and no ``ContentRange``.
    """
    written = raw.get("ContentRange")
    if written is None:
        return 0, int(raw["ContentLength"])
    first, _, last = str(written).removeprefix("bytes ").partition("/")[0].partition("-")
    return int(first), int(last) - int(first) + 1
