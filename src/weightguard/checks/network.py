"""NET: which networks and organisations a request may come from, and where weights could leave to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weightguard.checks.decisions import (
    CALLED_DIRECTLY,
    EVERYTHING,
    FROM_INTERNET,
    OPEN_DOOR,
    OTHER_ORGANISATION,
    S3_USUAL,
    as_seen_from,
    aws_only,
    compiled,
    guardrails_refuse,
    insider,
    is_refused,
    partition,
    stranger,
    stranger_account,
    stranger_key,
)
from weightguard.checks.relations import (
    account_of,
    all_in,
    attribute,
    counted,
    looked_for,
    missing,
    resources_in,
    seen_in,
    words,
)
from weightguard.controls.declared import DeclaredModel
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Endpoint, Resource, Store, Workload
from weightguard.policy.aws import Layers, PolicyKind, Request, decide

ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
GUARDED = (".s3", ".kms", ".s3-global.accesspoint")


def _object(store: Store) -> str:
    return f"{store.id}/weightguard-probe"


def identity_perimeter(store: Store, context: Context) -> Verdict:
    """Principals of other organisations are refused outright."""
    facts = {**CALLED_DIRECTLY, **S3_USUAL, "aws:PrincipalOrgID": OTHER_ORGANISATION}
    places = {"s3:GetObject": _object(store), "s3:PutObject": _object(store), "s3:ListBucket": store.id}
    requests = [
        Request(stranger(context), action, place, store.account, facts) for action, place in places.items()
    ]
    if is_refused(context, store.policy, account_of(store, context), requests, "store"):
        return Verdict.passed("principals outside the organisation are refused, whatever else grants them")
    return Verdict.failed(
        "nothing refuses principals outside the organisation: one mistaken grant opens the store"
    )


def network_perimeter(store: Store, context: Context) -> Verdict:
    """Requests from the internet are refused, also with valid credentials."""
    probe = insider(store.account, context)
    facts = {**CALLED_DIRECTLY, **S3_USUAL, **FROM_INTERNET, **as_seen_from(probe, context)}
    requests = [
        Request(probe, action, _object(store), store.account, facts)
        for action in ("s3:GetObject", "s3:PutObject")
    ]
    if is_refused(context, store.policy, account_of(store, context), requests, "store"):
        return Verdict.passed("requests from public networks are refused, also with valid credentials")
    return Verdict.failed(
        "stolen credentials work from any network: requests from the internet are not refused"
    )


def signed_links_bounded(store: Store, context: Context) -> Verdict:
    """Links with a signature in the query string do not work, or not for long."""
    probe = insider(store.account, context)
    minutes = context.parameters["max_age_minutes"]
    facts = {
        **CALLED_DIRECTLY, **S3_USUAL, **as_seen_from(probe, context), "s3:authType": "REST-QUERY-STRING",
        "s3:signatureAge": str(minutes * 60_000 + 1),
    }  # fmt: skip
    request = Request(probe, "s3:GetObject", _object(store), store.account, facts)
    if is_refused(context, store.policy, account_of(store, context), [request], "store"):
        return Verdict.passed(
            "signed links are refused, at the latest after {minutes} minutes", minutes=minutes
        )
    return Verdict.failed("a signed link that leaks downloads weights for up to a week")


def endpoint_stays_inside(endpoint: Endpoint, context: Context) -> Verdict:
    """Nothing can be written through the endpoint to somebody else's store, with whosoever's credentials."""
    aws_only(endpoint)
    if not endpoint.service.endswith(GUARDED):
        return Verdict.not_applicable(
            "{service} holds neither weights nor keys", service=endpoint.service or "the service"
        )
    policy = context.read(endpoint.policy)
    if policy is None:
        return Verdict.failed("the endpoint has the default policy: anything passes, to anybody's store")
    # Somebody who takes weights owns the store that they go to, and lets everybody write there.
    layers = Layers(
        identity=[EVERYTHING], resource=[OPEN_DOOR], vpc_endpoint=[compiled(policy, PolicyKind.VPC_ENDPOINT)]
    )
    outside = stranger_account(context)
    asks = (
        [("kms:Encrypt", stranger_key(context))]
        if endpoint.service.endswith(".kms")
        else [
            (
                "s3:PutObject",
                f"arn:{partition(context, endpoint.account)}:s3:::weightguard-outside-probe/loot",
            )
        ]
    )
    for principal in (insider(endpoint.account, context), stranger(context)):
        facts = {
            **CALLED_DIRECTLY,
            **as_seen_from(principal, context),
            "aws:ResourceOrgID": OTHER_ORGANISATION,
        }
        if any(
            decide(Request(principal, action, place, outside, facts), layers).may_be_allowed
            for action, place in asks
        ):
            whose = "the network's own" if principal.account == endpoint.account else "an attacker's"
            return Verdict.failed(
                "weights can be written through the endpoint to a store outside with {whose} credentials",
                whose=whose,
            )
    return Verdict.passed("the endpoint lets nothing through to resources outside")


def _hosts(account: Account, context: Context) -> tuple[Workload, ...]:
    """Instances and notebooks of the account, those that are gone left out."""
    found = seen_in(account, context.estate.workloads, ("ec2", "sagemaker"), context)
    return tuple(one for one in found if one.kind in ("instance", "notebook") and not _is_gone(one, context))


def _is_gone(host: Workload, context: Context) -> bool:
    return bool(_field(host, "State.Name", context) == "terminated")


def _field(host: Workload, name: str, context: Context) -> Any:
    fact = host.attributes.get(name)
    return None if fact is None else context.read(fact, f"workload.{name}")


def _networks(account: Account, context: Context) -> frozenset[str]:
    """The networks of the account in which something that matters runs: hosts, and endpoints to storage or keys."""
    endpoints = [
        one
        for one in seen_in(account, context.estate.endpoints, ("ec2",), context)
        if one.service.endswith(GUARDED)
    ]
    used = {one.network for one in endpoints} | {
        _field(host, "VpcId", context) for host in _hosts(account, context)
    }
    return frozenset(name for name in used if name)


def no_internet_path(account: Account, context: Context) -> Verdict:
    """Neither routes nor addresses lead from weight networks to the internet."""
    hosts = _hosts(account, context)
    ways = [
        said("{host} has a public address", host=Ref(one.name))
        for one in hosts
        if _field(one, "PublicIpAddress", context)
    ]
    ways += [
        said("{host} has direct internet access", host=Ref(one.name))
        for one in hosts
        if _field(one, "DirectInternetAccess", context) == "Enabled"
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
        for group in _field(host, "SecurityGroups", context) or ()
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


def transfer_services_denied(account: Account, context: Context) -> Verdict:
    """The organisation refuses services that move data in bulk."""
    return refused_by_organisation(account, context, "bulk transfer")


def refused_by_organisation(account: Account, context: Context, what: str) -> Verdict:
    """Whether guardrails deny every action of the parameter `actions` to an ordinary principal of the account."""
    if account.is_management:
        return Verdict.not_applicable(
            "guardrails do not bind the management account; it must hold no weights"
        )
    left = guardrails_refuse(context, account, _actions(context.parameters["actions"]))
    if left:
        return Verdict.failed(
            "no guardrail of the organisation keeps an administrator of the account from {what}: {left}",
            what=what,
            left=some(left),
        )
    return Verdict.passed("guardrails of the organisation rule out {what}", what=what)


def _actions(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


def egress_budget_declared(model: DeclaredModel, context: Context) -> Verdict:
    """The yearly budget is small beside what of the model would still be worth having."""
    found = [one for one in context.listed(context.estate.weight_sets) if one.id in model.weight_sets]
    if not found:
        return Verdict.not_applicable("no weights of {model} were found", model=Ref(model.name))
    budget = model.config.egress_budget
    if budget is None:
        return Verdict.failed("no yearly egress budget is declared for {model}", model=Ref(model.name))
    per_parameter = context.parameters["effective_bytes_per_parameter"]
    sizes = [one.parameters * per_parameter if one.parameters else one.bytes * 0.25 for one in found]
    worth = max(sizes) * context.parameters["discount"]
    most = worth * context.parameters["maximum_share"]
    if budget > most:
        return Verdict.failed(
            "{budget} bytes a year may leave, at most {most} keep {model} from being carried out",
            budget=budget,
            most=f"{most:.0f}",
            model=Ref(model.name),
        )
    return Verdict.passed("{budget} bytes a year may leave, below {most}", budget=budget, most=f"{most:.0f}")
