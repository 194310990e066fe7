"""EC2: the regions of the account, and the VPC endpoints whose policies bound what leaves a network."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.operation import Operation

DESCRIBE_REGIONS = Operation(
    service="ec2",
    name="DescribeRegions",
    permissions=("ec2:DescribeRegions",),
    hides="regions where weights, keys and workloads may lie unseen",
    required=("Regions",),
    entries=("Regions",),
    identity=("RegionName",),
)
DESCRIBE_VPC_ENDPOINTS = Operation(
    service="ec2",
    name="DescribeVpcEndpoints",
    permissions=("ec2:DescribeVpcEndpoints",),
    hides="network doors to storage, and endpoint policies that let weights leave through them",
    required=("VpcEndpoints",),
    entries=("VpcEndpoints",),
    identity=("VpcEndpointId",),
    paged=True,
    page_size=1000,
)
OPERATIONS = (DESCRIBE_REGIONS, DESCRIBE_VPC_ENDPOINTS)


def regions(caller: Caller) -> dict[str, bool]:
    """The regions that there are, and whether the account may use each; empty when they could not be listed."""
    entries = caller.list(DESCRIBE_REGIONS, AllRegions=True)
    return {entry["RegionName"]: entry.get("OptInStatus") != "not-opted-in" for entry in entries}


def units(account: Account, region: str) -> Iterator[Row]:
    """The VPC endpoints of a region."""
    for entry in account.caller.list(DESCRIBE_VPC_ENDPOINTS, region=region):
        arn = account.arn("ec2", region, f"vpc-endpoint/{entry['VpcEndpointId']}")
        yield row("ec2.vpc_endpoint", arn, DESCRIBE_VPC_ENDPOINTS.name, entry, region=region)
