"""Where transfer jobs take the objects of a bucket, replication between buckets among them.

Source: Storage Transfer Service REST reference, `TransferJob` (transferSpec, replicationSpec, status).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.gcp.scope import Records, told
from weightguard.estate.model import Replica
from weightguard.estate.shape import text_or_none

_JOB: Final = "storagetransfer.transfer_job"
_SPECS: Final = ("transferSpec", "replicationSpec")


def of(records: Records, bucket: Record, name: str) -> Fact[tuple[Replica, ...]]:
    """Where the jobs that are told of copy from a bucket. That there are none, a state of what Terraform made does not say."""
    source = listing_source(bucket)
    found = tuple(_replicas(records, name))
    if "RESOURCE" not in records.contents or (records.from_state and not found):
        return Unknown(Reason.NOT_COLLECTED, source.asking("storagetransfer", "ListTransferJobs"))
    if any(record.data is None for record in records.of(_JOB)):
        return Unknown(Reason.NOT_COLLECTED, source.asking("storagetransfer", "GetTransferJob"))
    return Known(found, source)


def _replicas(records: Records, name: str) -> Iterator[Replica]:
    for record in records.of(_JOB):
        for spec in _SPECS:
            if told(record, f"{spec}.gcsDataSource.bucketName") == name:
                sink = text_or_none(told(record, f"{spec}.gcsDataSink.bucketName"))
                yield Replica(
                    None if sink is None else f"gs://{sink}",
                    None,
                    told(record, "status") in (None, "ENABLED"),
                )
