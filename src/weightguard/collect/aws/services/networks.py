"""EC2 networks and defaults: what lets traffic in and out, what of it is logged, and what a region forbids."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row
from weightguard.collect.aws.resource import Resource, ec2_id, reader, settings_row
from weightguard.collect.calls.operation import Operation


def _listing(
    name: str, member: str, hides: str, *, size: int | None = 1000, keeps: tuple[str, ...] = ()
) -> Operation:
    return Operation(
        "ec2", name, (f"ec2:{name}",), hides, required=(member,), paged=True, page_size=size, keeps=keeps
    )


VPCS = _listing(
    "DescribeVpcs",
    "Vpcs",
    "networks in which weights are read",
    keeps=("VpcId", "CidrBlock", "IsDefault", "Tags.*"),
)
SUBNETS = _listing(
    "DescribeSubnets",
    "Subnets",
    "subnets that give every host a public address",
    keeps=("SubnetId", "VpcId", "MapPublicIpOnLaunch", "Tags.*"),
)
SECURITY_GROUPS = _listing(
    "DescribeSecurityGroups",
    "SecurityGroups",
    "ways into and out of hosts that read weights",
    keeps=(
        "GroupId",
        "VpcId",
        "IpPermissions.IpProtocol",
        "IpPermissions.FromPort",
        "IpPermissions.ToPort",
        "IpPermissions.IpRanges.CidrIp",
        "IpPermissions.Ipv6Ranges.CidrIpv6",
        "IpPermissions.PrefixListIds.PrefixListId",
        "IpPermissions.UserIdGroupPairs.GroupId",
        "IpPermissions.UserIdGroupPairs.UserId",
        "IpPermissionsEgress.IpProtocol",
        "IpPermissionsEgress.FromPort",
        "IpPermissionsEgress.ToPort",
        "IpPermissionsEgress.IpRanges.CidrIp",
        "IpPermissionsEgress.Ipv6Ranges.CidrIpv6",
        "IpPermissionsEgress.PrefixListIds.PrefixListId",
        "IpPermissionsEgress.UserIdGroupPairs.GroupId",
        "IpPermissionsEgress.UserIdGroupPairs.UserId",
        "Tags.*",
    ),
)
ROUTE_TABLES = _listing(
    "DescribeRouteTables",
    "RouteTables",
    "ways from hosts that read weights to the internet",
    size=100,
    keeps=(
        "RouteTableId",
        "VpcId",
        "Routes.DestinationCidrBlock",
        "Routes.DestinationIpv6CidrBlock",
        "Routes.DestinationPrefixListId",
        "Routes.EgressOnlyInternetGatewayId",
        "Routes.GatewayId",
        "Routes.NatGatewayId",
        "Routes.TransitGatewayId",
        "Routes.VpcPeeringConnectionId",
        "Routes.NetworkInterfaceId",
        "Routes.CarrierGatewayId",
        "Routes.State",
        "Associations.Main",
        "Associations.SubnetId",
        "Associations.GatewayId",
        "Tags.*",
    ),
)
FLOW_LOGS = _listing(
    "DescribeFlowLogs",
    "FlowLogs",
    "whether traffic that carries weights away would be seen",
    keeps=("FlowLogId", "ResourceId", "FlowLogStatus", "TrafficType", "Tags.*"),
)
PEERINGS = _listing(
    "DescribeVpcPeeringConnections",
    "VpcPeeringConnections",
    "networks of others that reach the hosts",
    keeps=(
        "VpcPeeringConnectionId",
        "Status.Code",
        "AccepterVpcInfo.VpcId",
        "AccepterVpcInfo.OwnerId",
        "RequesterVpcInfo.VpcId",
        "RequesterVpcInfo.OwnerId",
        "Tags.*",
    ),
)
ATTACHMENTS = _listing(
    "DescribeTransitGatewayAttachments",
    "TransitGatewayAttachments",
    "networks of others that reach the hosts",
    keeps=("TransitGatewayAttachmentId", "ResourceId", "ResourceType", "State", "Tags.*"),
)
SNAPSHOT_BLOCK = Operation(
    service="ec2",
    name="GetSnapshotBlockPublicAccessState",
    permissions=("ec2:GetSnapshotBlockPublicAccessState",),
    hides="a region in which snapshots can be shared with everybody",
    required=("State",),
    keeps=("State",),
)
IMAGE_BLOCK = Operation(
    service="ec2",
    name="GetImageBlockPublicAccessState",
    permissions=("ec2:GetImageBlockPublicAccessState",),
    hides="a region in which images can be shared with everybody",
    required=("ImageBlockPublicAccessState",),
    keeps=("ImageBlockPublicAccessState",),
)
DISK_ENCRYPTION = Operation(
    service="ec2",
    name="GetEbsEncryptionByDefault",
    permissions=("ec2:GetEbsEncryptionByDefault",),
    hides="a region in which new disks are not encrypted",
    required=("EbsEncryptionByDefault",),
    keeps=("EbsEncryptionByDefault",),
)
OPERATIONS = (
    VPCS,
    SUBNETS,
    SECURITY_GROUPS,
    ROUTE_TABLES,
    FLOW_LOGS,
    PEERINGS,
    ATTACHMENTS,
    SNAPSHOT_BLOCK,
    IMAGE_BLOCK,
    DISK_ENCRYPTION,
)
read_networks = reader(
    Resource("ec2.vpc", VPCS, "Vpcs[]", ec2_id("vpc", "VpcId")),
    Resource("ec2.subnet", SUBNETS, "Subnets[]", ec2_id("subnet", "SubnetId")),
    Resource("ec2.security_group", SECURITY_GROUPS, "SecurityGroups[]", ec2_id("security-group", "GroupId")),
    Resource("ec2.route_table", ROUTE_TABLES, "RouteTables[]", ec2_id("route-table", "RouteTableId")),
    Resource("ec2.flow_log", FLOW_LOGS, "FlowLogs[]", ec2_id("vpc-flow-log", "FlowLogId")),
    Resource(
        "ec2.vpc_peering_connection",
        PEERINGS,
        "VpcPeeringConnections[]",
        ec2_id("vpc-peering-connection", "VpcPeeringConnectionId"),
    ),
    Resource(
        "ec2.transit_gateway_attachment",
        ATTACHMENTS,
        "TransitGatewayAttachments[]",
        ec2_id("transit-gateway-attachment", "TransitGatewayAttachmentId"),
    ),
)


def read_defaults(account: Account, region: str) -> Iterator[Row]:
    """What holds for everything new in a region."""
    yield settings_row(account, "ec2", (SNAPSHOT_BLOCK, IMAGE_BLOCK, DISK_ENCRYPTION), region)
