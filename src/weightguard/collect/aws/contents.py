"""What a bucket holds: its listing, streamed; headers of the objects that may be weights, by ranged reads; a row an object."""

from __future__ import annotations

import contextvars
import json
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import IO, Any

from weightguard.collect.aws.account import Account
from weightguard.collect.aws.answer import Answer
from weightguard.collect.aws.services import s3
from weightguard.weights import (
    UNREAD,
    FileVerdict,
    ListedObject,
    ObjectRow,
    ReadDenied,
    ReadFailed,
    StoreScan,
    examine,
)

_IN_MEMORY = 4 << 20  # bytes of a listing that are held before it goes to a temporary file


@dataclass(slots=True)
class Contents:
    """What was found in a bucket.

    Attributes:
        listing: what came of listing it; `data` holds the number of objects and their bytes.
        weights: whether a weight set was found.
        unread: whether there are objects that may be weights and were not read.
    """

    listing: Answer
    weights: bool = False
    unread: bool = False

    @property
    def harmless(self) -> str | None:
        """Why the bucket does not matter for weights; None when it does, or when that is not known."""
        if self.weights or self.unread or not self.listing.ok:
            return None
        return "it holds no objects" if not self.listing.data["KeyCount"] else "it holds no weights"


def read_contents(account: Account, bucket: s3.Bucket, readers: Executor, budget: int) -> Contents:
    """List a bucket, read the headers that tell, and write a row for every object.

    Args:
        readers: reads headers in parallel.
        budget: objects whose header is read, at most.
    """
    scan = StoreScan(bucket.arn, budget=budget)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, mode="w+", encoding="utf-8") as spool:
        found = Contents(_list(account, bucket, scan, spool))
        headers = _Headers(account, bucket)
        headers.examine(scan, readers)
        account.writer.objects(account.scope, _rows(found, scan, spool, headers))
    return found


def _list(account: Account, bucket: s3.Bucket, scan: StoreScan, spool: IO[str]) -> Answer:
    count = size = 0
    listing = Answer("ok")
    pages = account.caller.pages(
        s3.LIST_OBJECTS, region=bucket.region, resource=bucket.arn, check=_Order().check, Bucket=bucket.name
    )
    for listing in pages:
        for entry in listing.data.get("Contents", []):
            scan.offer(_listed(entry))
            spool.write(
                json.dumps(
                    [entry["Key"], entry["Size"], entry.get("LastModified"), entry.get("StorageClass")]
                )
                + "\n"
            )
            count += 1
            size += entry["Size"]
    data = {"KeyCount": count, "Bytes": size}
    return Answer(listing.outcome, data, listing.code, listing.message, s3.LIST_OBJECTS.keeps)


@dataclass(slots=True)
class _Order:
    """S3 lists keys in the order of their UTF-8 bytes; a page that goes back is a listing that runs in circles."""

    last: bytes = b""

    def check(self, page: Mapping[str, Any]) -> str | None:
        """Why the page cannot follow those before it, or None."""
        for entry in page.get("Contents", []):
            key = entry["Key"].encode("utf-8", "surrogatepass")
            if key <= self.last:
                return "PagingRepeats"
            self.last = key
        return None


def _listed(entry: Mapping[str, Any]) -> ListedObject:
    return ListedObject(entry["Key"], entry["Size"], entry.get("LastModified"), entry.get("StorageClass"))


def _spooled(spool: IO[str]) -> Iterator[ListedObject]:
    spool.seek(0)
    for line in spool:
        yield ListedObject(*json.loads(line))


def _rows(found: Contents, scan: StoreScan, spool: IO[str], headers: _Headers) -> Iterator[dict[str, Any]]:
    for row in scan.rows(_spooled(spool)):
        found.weights = found.weights or row.weight_set is not None
        found.unread = found.unread or row.examined in UNREAD
        yield _columns(row) | headers.encryption.get(row.key, {})


def _columns(row: ObjectRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ObjectRow.__slots__}


@dataclass(slots=True)
class _Headers:
    """Reads the beginnings of objects, and keeps what the answers say of their encryption."""

    account: Account
    bucket: s3.Bucket
    encryption: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def examine(self, scan: StoreScan, readers: Executor) -> None:
        """Examine what the scan wants to see, several objects at a time."""
        # The unit of work that calls are counted for goes along into the reader's thread.
        waiting = [
            (obj, readers.submit(contextvars.copy_context().run, self._examined, obj)) for obj in scan.plan()
        ]
        for obj, future in waiting:
            scan.settle(obj, future.result())

    def _examined(self, obj: ListedObject) -> FileVerdict:
        return examine(obj, self._read)

    def _read(self, key: str, offset: int, length: int) -> bytes:
        held: list[bytes] = []

        def keep(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            held.append(_body(raw, offset, length))
            self.encryption[key] = {
                "encryption": raw.get("ServerSideEncryption"),
                "kms_key": raw.get("SSEKMSKeyId"),
            }
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
            return held[-1]
        problem = ReadDenied if answer.outcome == "denied" else ReadFailed
        raise problem(f"s3:GetObject {answer.outcome}", where=self.bucket.arn)


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
