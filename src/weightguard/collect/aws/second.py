"""The second look, once it is known what is there: buckets that logs and copies go to, and regions that are in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from weightguard.collect.aws.account import Account, Row
from weightguard.collect.aws.services import kms, s3
from weightguard.collect.runner import Unit
from weightguard.snapshot import SnapshotWriter
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.lines import decode, read_lines, untag
from weightguard.snapshot.model import records_path


def destinations(accounts: Iterable[Account]) -> Iterator[Unit]:
    """A unit for every bucket that was read in part and turns out to matter.

    Names are looked up over all accounts: the log archive is often in an account of its own. What was collected is read back
    from the snapshot being written, so that a resumed run knows what earlier runs found.
    """
    partial_records: dict[str, tuple[Account, Mapping[str, Any]]] = {}
    wanted: set[str] = set()
    for account in accounts:
        latest = {record["id"]: record for record in _written(account.writer, account.scope, "s3")}
        for record in latest.values():
            wanted.update(s3.destinations(record))
            if s3.is_partial(record):
                partial_records[record["data"]["Name"]] = (account, record)
        for trail in _written(account.writer, account.scope, "cloudtrail"):
            wanted.add(trail["data"].get("S3BucketName") or "")
    for name in sorted(wanted & partial_records.keys()):
        account, record = partial_records[name]
        yield account.unit(f"s3/destination/{name}", s3.GET_OBJECT_LOCK, partial(_complete, account, record))


def regions_in_use(account: Account) -> list[str]:
    """The regions in which something of the account was found; the home region when nothing was."""
    found = {
        record["region"]
        for service in _services(account)
        for record in _written(account.writer, account.scope, service)
        if record["region"] and not _is_given(record)
    }
    return sorted(found) or [account.home]


def _is_given(record: Mapping[str, Any]) -> bool:
    """Whether AWS put it there itself: its own keys and their aliases are in every region."""
    if record["kind"] == "kms.alias":
        return True
    described = record["reads"].get(kms.DESCRIBE_KEY.name, {}).get("data") or {}
    return bool(described.get("KeyMetadata", {}).get("KeyManager") == "AWS")


def _services(account: Account) -> list[str]:
    folder = (account.writer.path / records_path(account.scope, "s3")).parent
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def _complete(account: Account, record: Mapping[str, Any]) -> Iterator[Row]:
    yield s3.completed(account, record)


def _written(writer: SnapshotWriter, scope: str, service: str) -> Iterator[Mapping[str, Any]]:
    """The records of finished units, in the order in which they were written; later ones replace earlier ones."""
    relative = records_path(scope, service)
    path = writer.path / relative
    if not path.exists():
        return
    for number, line in read_lines(path, relative, DEFAULT):
        kept, tag = untag(line)
        if writer.journal.counts(tag):
            yield decode(kept, f"{relative}:{number}", DEFAULT)
