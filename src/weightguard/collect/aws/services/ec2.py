"""EC2: the regions of the account, and the VPC endpoints whose policies bound what leaves a network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from weightguard.collect.aws.account import Account, Row, Unit, row
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


def enabled_regions(caller: Caller) -> tuple[str, ...]:
    """The regions that the account may use, sorted; empty when they could not be listed."""
    entries = caller.list(DESCRIBE_REGIONS)
    return tuple(
        sorted(entry["RegionName"] for entry in entries if entry.get("OptInStatus") != "not-opted-in")
    )


def units(account: Account, region: str) -> Iterator[Unit]:
    """The VPC endpoints of a region."""
    yield Unit(f"ec2/{region}/vpc-endpoints", "ec2", partial(_vpc_endpoints, account, region))


def _vpc_endpoints(account: Account, region: str) -> Iterator[Row]:
    for entry in account.caller.list(DESCRIBE_VPC_ENDPOINTS, region=region):
        arn = account.arn("ec2", region, f"vpc-endpoint/{entry['VpcEndpointId']}")
        yield row("ec2.vpc_endpoint", arn, DESCRIBE_VPC_ENDPOINTS.name, entry, region=region)
