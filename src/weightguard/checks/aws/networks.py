"""NET: by which routes, rules and joints networks with weights touch others, and whether their traffic is logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.checks.aws.perimeters import GUARDED
from weightguard.checks.aws.resources import all_in, attribute, field, looked_for, resources_in, seen_in
from weightguard.checks.relations import counted, missing, words
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Resource, Workload

ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})


def _hosts(account: Account, context: Context) -> tuple[Workload, ...]:
    """Instances and notebooks of the account, those that are gone left out."""
    found = seen_in(account, context.estate.workloads, ("ec2", "sagemaker"), context)
    return tuple(one for one in found if one.kind in ("instance", "notebook") and not _is_gone(one, context))


def _is_gone(host: Workload, context: Context) -> bool:
    return bool(field(host, "State.Name", context) == "terminated")


def _networks(account: Account, context: Context) -> frozenset[str]:
    """The networks of the account in which something that matters runs: hosts, and endpoints to storage or keys."""
    endpoints = [
        one
        for one in seen_in(account, context.estate.endpoints, ("ec2",), context)
        if one.service.endswith(GUARDED)
    ]
    used = {one.network for one in endpoints} | {
        field(host, "VpcId", context) for host in _hosts(account, context)
    }
    return frozenset(name for name in used if name)


def no_internet_path(account: Account, context: Context) -> Verdict:
    """Neither routes nor addresses lead from weight networks to the internet."""
    hosts = _hosts(account, context)
    ways = [
        said("{host} has a public address", host=Ref(one.name))
        for one in hosts
        if field(one, "PublicIpAddress", context)
    ]
    ways += [
        said("{host} has direct internet access", host=Ref(one.name))
        for one in hosts
        if field(one, "DirectInternetAccess", context) == "Enabled"
    ]
    networks = _networks(account, context)
    tables = resources_in(account, "ec2.route_table", ("ec2", "DescribeRouteTables"), context)
    ways += [
        said("{table} leads to {gate}", table=Ref(table.name), gate=Ref(gate))
        for table in tables
        if attribute(table, "VpcId", context) in networks
        for gate in _gates(table, context)
    ]
    if ways:
        return Verdict.failed("weight networks reach the internet: {ways}", ways=some(ways))
    # Every network has a table of routes, if only the main one: of a network without any, its owner's were not listed.
    unrouted = networks - {attribute(table, "VpcId", context) for table in tables}
    looked_for(account, networks, ("ec2", "DescribeInstances"))
    if unrouted:
        missing(Source.asked(account.provider, account.id, "ec2", "DescribeRouteTables", words(unrouted)))
    return Verdict.passed(
        "{count} in use, none leads to the internet", count=counted(len(networks), "network")
    )


def _gates(table: Resource, context: Context) -> Iterator[str]:
    for route in attribute(table, "Routes", context) or ():
        if route.get("State") != "blackhole":
            gate = (
                route.get("NatGatewayId")
                or route.get("EgressOnlyInternetGatewayId")
                or route.get("GatewayId")
                or ""
            )
            if gate.startswith(("igw-", "nat-", "eigw-")):
                yield gate


def egress_allow_list(account: Account, context: Context) -> Verdict:
    """Hosts may connect to named destinations only."""
    used = {
        str(group.get("GroupId")): host.name
        for host in _hosts(account, context)
        for group in field(host, "SecurityGroups", context) or ()
    }
    groups = resources_in(account, "ec2.security_group", ("ec2", "DescribeSecurityGroups"), context)
    opened = [
        said("{group} of {host}", group=Ref(group.name), host=Ref(used[_bare(group.id)])) for group in groups
        if _bare(group.id) in used and any(_anywhere(rule) for rule in attribute(group, "IpPermissionsEgress", context) or ())
    ]  # fmt: skip
    if opened:
        return Verdict.failed("hosts may connect to any address: {opened}", opened=some(opened))
    looked_for(account, used, ("ec2", "DescribeInstances"))
    unseen = used.keys() - {_bare(group.id) for group in groups}
    if unseen:
        missing(Source.asked(account.provider, account.id, "ec2", "DescribeSecurityGroups", words(unseen)))
    return Verdict.passed("{count} security groups in use, all with named destinations", count=len(used))


def no_open_management_ports(account: Account, context: Context) -> Verdict:
    """No port of interactive access is open to the internet."""
    ports = context.parameters["ports"]
    groups = all_in(account, "ec2.security_group", ("ec2", "DescribeSecurityGroups"), context)
    opened = [
        said("{group} (port {port})", group=Ref(_bare(group.id)), port=port)
        for group in groups
        for port in ports
        if _opens(group, port, context)
    ]
    if opened:
        return Verdict.failed(
            "ports of interactive access are open to the internet: {opened}", opened=some(opened)
        )
    return Verdict.passed(
        "{count} security groups, none opens a port of interactive access", count=len(groups)
    )


def _opens(group: Resource, port: int, context: Context) -> bool:
    rules = attribute(group, "IpPermissions", context) or ()
    return any(_anywhere(rule) and _spans(rule, port) for rule in rules)


def _bare(identifier: str) -> str:
    return identifier.rpartition("/")[2]


def _anywhere(rule: Mapping[str, Any]) -> bool:
    ranges = [entry.get("CidrIp") for entry in rule.get("IpRanges", ())] + [
        entry.get("CidrIpv6") for entry in rule.get("Ipv6Ranges", ())
    ]
    return not ANYWHERE.isdisjoint(ranges)


def _spans(rule: Mapping[str, Any], port: int) -> bool:
    if rule.get("IpProtocol") == "-1":
        return True
    return rule.get("IpProtocol") == "tcp" and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65_535)


def separated(account: Account, context: Context) -> Verdict:
    """Weight networks touch no network of an account that is not declared."""
    allowed = set(context.parameters["allowed_peers"])
    peerings = resources_in(
        account, "ec2.vpc_peering_connection", ("ec2", "DescribeVpcPeeringConnections"), context
    )
    attachments = resources_in(
        account, "ec2.transit_gateway_attachment", ("ec2", "DescribeTransitGatewayAttachments"), context
    )
    networks = _networks(account, context)
    bridges = [
        _bare(one.id) for one in peerings if _is_active(one, context) and networks & _ends(one, context)
    ]
    bridges += [_bare(one.id) for one in attachments if attribute(one, "ResourceId", context) in networks]
    joined = [name for name in bridges if name not in allowed]
    if joined:
        return Verdict.failed("weight networks are joined to others: {joined}", joined=refs(joined))
    looked_for(account, networks, ("ec2", "DescribeInstances"))
    return Verdict.passed(
        "{count} in use, none is joined to another", count=counted(len(networks), "network")
    )


def _is_active(peering: Resource, context: Context) -> bool:
    return (attribute(peering, "Status", context) or {}).get("Code") in (
        "active",
        "provisioning",
        "pending-acceptance",
    )


def _ends(peering: Resource, context: Context) -> set[str]:
    return {
        str((attribute(peering, side, context) or {}).get("VpcId"))
        for side in ("RequesterVpcInfo", "AccepterVpcInfo")
    }


def flow_logs(account: Account, context: Context) -> Verdict:
    """All traffic of every network in use is logged."""
    logs = resources_in(account, "ec2.flow_log", ("ec2", "DescribeFlowLogs"), context)
    covered = {attribute(log, "ResourceId", context) for log in logs if _logs_all(log, context)}
    networks = _networks(account, context)
    dark = networks - covered
    if dark:
        return Verdict.failed("traffic of these networks is not logged: {dark}", dark=refs(dark))
    looked_for(account, networks, ("ec2", "DescribeInstances"))
    return Verdict.passed("the traffic of every network in use is logged")


def _logs_all(log: Resource, context: Context) -> bool:
    return bool(
        attribute(log, "FlowLogStatus", context) == "ACTIVE"
        and attribute(log, "TrafficType", context) == "ALL"
    )
