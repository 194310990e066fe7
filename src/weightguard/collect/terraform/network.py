"""Networks in a state: tables of their parts, and what rules and routes of their own add to groups and route tables.

Source: Terraform AWS provider documentation, the page of each resource type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row, present
from weightguard.collect.terraform.shapes import Members, Shape
from weightguard.collect.terraform.state import Resource


def _ec2(resource: str) -> str:
    return f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/{{id}}"


def _part(type_: str, kind: str, operation: str, resource: str, members: Members) -> Shape:
    return Shape(type_, f"ec2.{kind}", operation, members, arn=_ec2(resource))


ENDPOINT: Final = {
    "VpcEndpointId": "id",
    "VpcEndpointType": "vpc_endpoint_type",
    "VpcId": "vpc_id",
    "ServiceName": "service_name",
    "State": "state",
    "PrivateDnsEnabled": "private_dns_enabled",
    "RouteTableIds": "route_table_ids[]",
    "SubnetIds": "subnet_ids[]",
}
SUBNET: Final = {
    "SubnetId": "id",
    "VpcId": "vpc_id",
    "CidrBlock": "cidr_block",
    "MapPublicIpOnLaunch": "map_public_ip_on_launch",
}
PEERING: Final = {
    "VpcPeeringConnectionId": "id",
    "Status.Code": "accept_status",
    "RequesterVpcInfo.VpcId": "vpc_id",
    "AccepterVpcInfo.VpcId": "peer_vpc_id",
    "AccepterVpcInfo.OwnerId": "peer_owner_id",
}

SHAPES: Final = (
    _part("aws_vpc_endpoint", "vpc_endpoint", "DescribeVpcEndpoints", "vpc-endpoint", ENDPOINT),
    _part("aws_vpc", "vpc", "DescribeVpcs", "vpc", {"VpcId": "id", "CidrBlock": "cidr_block"}),
    _part("aws_subnet", "subnet", "DescribeSubnets", "subnet", SUBNET),
    _part(
        "aws_security_group",
        "security_group",
        "DescribeSecurityGroups",
        "security-group",
        {"GroupId": "id", "GroupName": "name", "VpcId": "vpc_id"},
    ),
    _part(
        "aws_internet_gateway",
        "internet_gateway",
        "DescribeInternetGateways",
        "internet-gateway",
        {"InternetGatewayId": "id", "VpcId": "vpc_id"},
    ),
    _part(
        "aws_nat_gateway",
        "nat_gateway",
        "DescribeNatGateways",
        "natgateway",
        {"NatGatewayId": "id", "SubnetId": "subnet_id"},
    ),
    _part(
        "aws_route_table",
        "route_table",
        "DescribeRouteTables",
        "route-table",
        {"RouteTableId": "id", "VpcId": "vpc_id"},
    ),
    _part(
        "aws_vpc_peering_connection",
        "vpc_peering_connection",
        "DescribeVpcPeeringConnections",
        "vpc-peering-connection",
        PEERING,
    ),
    _part(
        "aws_ec2_transit_gateway_vpc_attachment",
        "transit_gateway_attachment",
        "DescribeTransitGatewayAttachments",
        "transit-gateway-attachment",
        {
            "TransitGatewayAttachmentId": "id",
            "TransitGatewayId": "transit_gateway_id",
            "ResourceId": "vpc_id",
        },
    ),
    _part(
        "aws_flow_log",
        "flow_log",
        "DescribeFlowLogs",
        "vpc-flow-log",
        {
            "FlowLogId": "id",
            "ResourceId": "vpc_id",
            "TrafficType": "traffic_type",
            "LogDestination": "log_destination",
            "LogDestinationType": "log_destination_type",
        },
    ),
)
GATES: Final = {
    "GatewayId": "gateway_id",
    "NatGatewayId": "nat_gateway_id",
    "EgressOnlyInternetGatewayId": "egress_only_gateway_id",
    "TransitGatewayId": "transit_gateway_id",
    "VpcPeeringConnectionId": "vpc_peering_connection_id",
    "NetworkInterfaceId": "network_interface_id",
}


def routes(inventory: Inventory, row: Row) -> None:
    """The routes of a table: its own blocks and route resources."""
    identifier = row.data.get("RouteTableId")
    own = [
        entry
        for item in inventory.about("aws_route_table", "id", identifier)
        for entry in item.blocks("route")
    ]
    others = [item.values for item in inventory.about("aws_route", "route_table_id", identifier)]
    row.data["Routes"] = [_route(entry) for entry in (*own, *others)]
    row.data["Associations"] = [
        present(SubnetId=item.text("subnet_id"), GatewayId=item.text("gateway_id"))
        for item in inventory.about("aws_route_table_association", "route_table_id", identifier)
    ]


def _route(entry: Mapping[str, Any]) -> dict[str, Any]:
    target = {name: entry.get(attribute) for name, attribute in GATES.items()}
    destination = entry.get("cidr_block") or entry.get("destination_cidr_block")
    return present(
        DestinationCidrBlock=destination,
        DestinationIpv6CidrBlock=entry.get("ipv6_cidr_block") or entry.get("destination_ipv6_cidr_block"),
        State="active",
        **target,
    )


def flow_log(inventory: Inventory, row: Row) -> None:
    """A flow log that a state holds is active; it may watch a subnet or an interface instead of a network."""
    row.data["FlowLogStatus"] = "ACTIVE"
    for item in inventory.about("aws_flow_log", "id", row.data.get("FlowLogId")):
        watched = item.text("vpc_id") or item.text("subnet_id") or item.text("eni_id")
        if watched is not None:
            row.data["ResourceId"] = watched


def security_group(inventory: Inventory, row: Row) -> None:
    """The rules of a group: its own blocks and rule resources of both generations."""
    identifier = row.data.get("GroupId")
    incoming: list[Mapping[str, Any]] = []
    outgoing: list[Mapping[str, Any]] = []
    for item in inventory.about("aws_security_group", "id", identifier):
        incoming += item.blocks("ingress")
        outgoing += item.blocks("egress")
    for item in inventory.about("aws_security_group_rule", "security_group_id", identifier):
        (incoming if item.text("type") == "ingress" else outgoing).append(item.values)
    incoming += _single(
        inventory.about("aws_vpc_security_group_ingress_rule", "security_group_id", identifier)
    )
    outgoing += _single(
        inventory.about("aws_vpc_security_group_egress_rule", "security_group_id", identifier)
    )
    row.data["IpPermissions"] = [_rule(entry) for entry in incoming]
    row.data["IpPermissionsEgress"] = [_rule(entry) for entry in outgoing]


def _single(items: list[Resource]) -> list[Mapping[str, Any]]:
    """Rules of the newer generation, one address range each, in the older one's words."""
    return [
        {
            "protocol": item.text("ip_protocol"),
            "from_port": item.values.get("from_port"),
            "to_port": item.values.get("to_port"),
            "cidr_blocks": [item.text("cidr_ipv4")],
            "ipv6_cidr_blocks": [item.text("cidr_ipv6")],
        }
        for item in items
    ]


def _rule(entry: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        IpProtocol=entry.get("protocol"),
        FromPort=_port(entry.get("from_port")),
        ToPort=_port(entry.get("to_port")),
        IpRanges=[{"CidrIp": cidr} for cidr in _words(entry.get("cidr_blocks"))],
        Ipv6Ranges=[{"CidrIpv6": cidr} for cidr in _words(entry.get("ipv6_cidr_blocks"))],
    )


def _port(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _words(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []
