"""Trying a few reads before a long scan: what would be refused, without collecting anything."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from weightguard.collect.aws import sessions
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.connections import Connections
from weightguard.collect.aws.entry import Entry, member_roles
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
    sts,
)
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.package import Tried

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


def probe(entry: Entry) -> Iterator[Tried]:
    """Try what every scan hangs on, one page each, and what it asks of the first bucket: in every account that a scan would read.

    Args:
        entry: from `connect`.

    Raises:
        InputError: ``--org`` outside an organisation.
    """
    own = _caller(entry.connections, entry.account)
    described = organizations.describe(own)
    members = organizations.accounts(own) if described.ok else []
    roles = member_roles(entry, described, members)
    if not any(_account_of(role) == entry.account for role in roles):
        yield from _reads(own, entry.account)
    with ThreadPoolExecutor(min(8, entry.options.threads), thread_name_prefix="accounts") as pool:
        for tried in pool.map(partial(_member, entry), roles):
            yield from tried


def _account_of(role: str) -> str:
    return role.split(":")[4]


def _member(entry: Entry, role: str) -> list[Tried]:
    """Another account: whether its role can be assumed, and the same reads there."""
    account = _account_of(role)
    origin = _caller(entry.connections, account)
    connections, answer = sessions.assume(origin, role, entry.options)
    assumed = Tried(origin.scope, sts.ASSUME_ROLE, answer)
    return [assumed, *(_reads(_caller(connections, account), account) if connections else ())]


def _caller(connections: Connections, account: str) -> Caller:
    return Caller(connections, f"aws/{account}", frozenset(operations()), lambda _: None)


def _reads(caller: Caller, account: str) -> Iterator[Tried]:
    buckets: list[Any] = []
    for operation in _TRIED:
        parameters = {"AccountId": account} if operation.service == "s3control" else {}
        answer = _first_page(caller, operation, **parameters)
        if operation is s3.LIST_BUCKETS:
            buckets = answer.data.get("Buckets", [])
        yield Tried(caller.scope, operation, answer)
    for bucket in buckets[:1]:
        for operation in _OF_A_BUCKET:
            yield Tried(caller.scope, operation, _first_page(caller, operation, Bucket=bucket["Name"]))


def _first_page(caller: Caller, operation: Operation, **parameters: Any) -> Answer:
    if operation.paged:
        return next(caller.pages(operation, **parameters))
    return caller.ask(operation, **parameters)
