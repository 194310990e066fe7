"""Trying a few reads before a long scan: what would be refused, without collecting anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.collector import Entry
from weightguard.collect.aws.permissions import operations
from weightguard.collect.aws.services import (
    awslambda,
    cloudtrail,
    ec2,
    iam,
    kms,
    organizations,
    s3,
    s3control,
    storage,
)
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation

_TRIED = (
    s3.LIST_BUCKETS,
    iam.GET_DETAILS,
    iam.GET_SUMMARY,
    iam.GET_PASSWORD_POLICY,
    iam.LIST_OIDC,
    s3control.GET_PUBLIC_ACCESS_BLOCK,
    kms.LIST_KEYS,
    cloudtrail.DESCRIBE_TRAILS,
    ec2.DESCRIBE_REGIONS,
    ec2.DESCRIBE_VPC_ENDPOINTS,
    ec2.INSTANCES,
    awslambda.LIST_FUNCTIONS,
    storage.SECRETS,
    organizations.DESCRIBE_ORGANIZATION,
)
_OF_A_BUCKET = (s3.LIST_OBJECTS, s3.GET_POLICY, s3.GET_PUBLIC_ACCESS_BLOCK, s3.GET_ENCRYPTION)


def probe(entry: Entry) -> Iterator[tuple[Operation, Answer]]:
    """Try what every scan hangs on, one page each, and what it asks of the first bucket.

    Args:
        entry: from `connect`.
    """
    caller = Caller(entry.connections, f"aws/{entry.account}", frozenset(operations()), lambda _: None)
    buckets: list[Any] = []
    for operation in _TRIED:
        parameters = {"AccountId": entry.account} if operation.service == "s3control" else {}
        answer = _first_page(caller, operation, **parameters)
        if operation is s3.LIST_BUCKETS:
            buckets = answer.data.get("Buckets", [])
        yield operation, answer
    for entry_of_bucket in buckets[:1]:
        for operation in _OF_A_BUCKET:
            yield operation, _first_page(caller, operation, Bucket=entry_of_bucket["Name"])


def _first_page(caller: Caller, operation: Operation, **parameters: Any) -> Answer:
    if operation.paged:
        return next(caller.pages(operation, **parameters))
    return caller.ask(operation, **parameters)
