"""S3 Control: the account's Block Public Access, access points, and multi-region access points with their policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import Unit

GET_PUBLIC_ACCESS_BLOCK = Operation(
    service="s3control",
    name="GetPublicAccessBlock",
    permissions=("s3:GetAccountPublicAccessBlock",),
    hides="buckets of the account that may be made public",
    absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    required=("PublicAccessBlockConfiguration",),
    keeps=("PublicAccessBlockConfiguration.*",),
)
LIST_ACCESS_POINTS = Operation(
    service="s3control",
    name="ListAccessPoints",
    permissions=("s3:ListAccessPoints",),
    hides="other doors into a bucket, each with a policy of its own",
    entries=("AccessPointList",),
    identity=("Name", "Bucket"),
    paged=True,
    page_size=1000,
    keeps=(
        "Name",
        "Bucket",
        "BucketAccountId",
        "NetworkOrigin",
        "VpcConfiguration.*",
        "AccessPointArn",
        "Alias",
        "DataSourceId",
        "DataSourceType",
    ),
)
GET_ACCESS_POINT = Operation(
    service="s3control",
    name="GetAccessPoint",
    permissions=("s3:GetAccessPoint",),
    hides="whether an access point answers to the internet, and its Block Public Access",
    required=("Name", "NetworkOrigin"),
    keeps=(
        "Name",
        "Bucket",
        "BucketAccountId",
        "NetworkOrigin",
        "VpcConfiguration.*",
        "AccessPointArn",
        "Alias",
        "PublicAccessBlockConfiguration.*",
    ),
)
GET_ACCESS_POINT_POLICY = Operation(
    service="s3control",
    name="GetAccessPointPolicy",
    permissions=("s3:GetAccessPointPolicy",),
    hides="principals that an access point lets read weights",
    absent=frozenset({"NoSuchAccessPointPolicy"}),
    required=("Policy",),
    documents=("Policy",),
    keeps=("Policy",),
)
GET_ACCESS_POINT_POLICY_STATUS = Operation(
    service="s3control",
    name="GetAccessPointPolicyStatus",
    permissions=("s3:GetAccessPointPolicyStatus",),
    hides="an access point that S3 itself counts as public",
    absent=frozenset({"NoSuchAccessPointPolicy"}),
    required=("PolicyStatus",),
    keeps=("PolicyStatus.IsPublic",),
)
OPERATIONS = (
    GET_PUBLIC_ACCESS_BLOCK,
    LIST_ACCESS_POINTS,
    GET_ACCESS_POINT,
    GET_ACCESS_POINT_POLICY,
    GET_ACCESS_POINT_POLICY_STATUS,
)


def account_units(account: Account) -> Iterator[Unit]:
    """Block Public Access of the account, which has no region."""
    yield account.unit("s3control/account", GET_PUBLIC_ACCESS_BLOCK, partial(_account, account))


def units(account: Account, region: str) -> Iterator[Unit]:
    """The access points of a region, one unit each."""
    for entry in account.caller.list(LIST_ACCESS_POINTS, region=region, AccountId=account.id):
        name = entry["Name"]
        yield account.unit(
            f"s3control/{region}/{name}", GET_ACCESS_POINT, partial(_access_point, account, region, entry)
        )


def _account(account: Account) -> Iterator[Row]:
    answer = account.caller.ask(GET_PUBLIC_ACCESS_BLOCK, AccountId=account.id)
    reads = {GET_PUBLIC_ACCESS_BLOCK.name: answer}
    yield row("s3control.account", account.id, GET_PUBLIC_ACCESS_BLOCK, {}, reads=reads)


def _access_point(account: Account, region: str, entry: Mapping[str, Any]) -> Iterator[Row]:
    arn = entry.get("AccessPointArn") or account.arn("s3", region, f"accesspoint/{entry['Name']}")
    reads = {
        operation.name: account.caller.ask(
            operation, region=region, resource=arn, AccountId=account.id, Name=entry["Name"]
        )
        for operation in (GET_ACCESS_POINT, GET_ACCESS_POINT_POLICY, GET_ACCESS_POINT_POLICY_STATUS)
    }
    yield row("s3control.access_point", arn, LIST_ACCESS_POINTS, entry, region=region, reads=reads)
