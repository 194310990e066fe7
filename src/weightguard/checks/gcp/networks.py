"""NET: by which routes, rules and joints networks with weights touch others, and whether their traffic is logged.

Every network lets packets out and none in where no rule says otherwise; of two rules the one with the lower number counts, and
policies of an organisation, a folder or a network are asked before a network's own rules.

Sources: VPC documentation, "VPC firewall rules" (implied rules, priority), "Firewall policies" (order of evaluation), "VPC Network
Peering", "VPC Flow Logs"; Cloud NAT documentation, "Cloud NAT overview"; Compute Engine REST reference, `Instance`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.checks.gcp.decisions import prepared
from weightguard.checks.gcp.hierarchy import above
from weightguard.checks.gcp.resources import all_in, attribute, grouped, looked_for
from weightguard.checks.relations import counted, missing, words
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Resource, Workload

ANYWHERE: Final = frozenset({"0.0.0.0/0", "::/0", "0.0.0.0/0,::/0"})
_NETWORK, _SUBNETWORK, _FIREWALL = "compute.network", "compute.subnetwork", "compute.firewall"
_POLICY, _ROUTER = "compute.firewall_policy", "compute.router"
_LAST: Final = 2_147_483_647


def no_internet_path(account: Account, context: Context) -> Verdict:
    """Neither addresses nor a gateway lead from weight networks to the internet."""
    hosts = _hosts(account, context)
    ways: list[Value] = [way for one in hosts for way in _ways_out(one, context)]
    networks = _used(hosts, "network", context)
    for router in _of_kind(_ROUTER, context):
        if networks & {_short(attribute(router, "network", context))} and _translates(router, context):
            ways.append(said("{router} translates addresses", router=Ref(router.name)))
    if ways:
        return Verdict.failed("weight networks reach the internet: {ways}", ways=some(ways))
    looked_for(account, hosts, context)
    _seen(networks, _NETWORK, account, context)
    return Verdict.passed(
        "{count} in use, none leads to the internet", count=counted(len(networks), "network")
    )


def _ways_out(host: Workload, context: Context) -> Iterator[Value]:
    cards = _cards(host, context)
    if any(one.get("accessConfigs") or one.get("ipv6AccessConfigs") for one in cards):
        yield said("{host} has a public address", host=Ref(host.name))
    if host.service == "notebooks" and not _is_private(host, context):
        yield said("{host} has a public address", host=Ref(host.name))
    if attribute(host, "networkSpec.enableInternetAccess", context) is True:
        yield said("{host} has direct internet access", host=Ref(host.name))


def _is_private(notebook: Workload, context: Context) -> bool:
    return any(
        attribute(notebook, name, context) is True for name in ("gceSetup.disablePublicIp", "noPublicIp")
    )


def _translates(router: Resource, context: Context) -> bool:
    """Whether a router lets machines without an address out; between private networks it may do so as well."""
    return any(one.get("type") != "PRIVATE" for one in attribute(router, "nats", context) or ())


def egress_allow_list(account: Account, context: Context) -> Verdict:
    """Hosts may connect to named destinations only."""
    hosts = _hosts(account, context)
    networks = _used(hosts, "network", context)
    opened = [name for name in sorted(networks) if _lets_out(name, account, context)]
    if opened:
        return Verdict.failed("hosts may connect to any address from {opened}", opened=refs(opened))
    looked_for(account, hosts, context)
    return Verdict.passed(
        "{count} in use, all with named destinations", count=counted(len(networks), "network")
    )


def _lets_out(network: str, account: Account, context: Context) -> bool:
    """Whether the first rule about every destination lets out, or there is none."""
    for rules in (*_policies(network, account, context), _rules(network, context)):
        broad = [one for one in rules if one.out and one.everywhere and one.every_port]
        refusing = min((one.priority for one in broad if not one.lets and not one.targeted), default=_LAST)
        if any(one.lets and one.priority < refusing for one in rules if one.out and one.everywhere):
            return True
        if refusing < _LAST:
            return False
    return True


def no_open_management_ports(account: Account, context: Context) -> Verdict:
    """No port of interactive access is open to the internet."""
    ports = context.parameters["ports"]
    firewalls = all_in(account, _FIREWALL, context)
    rules = [(one.name, _rule(one, context)) for one in firewalls]
    networks = _used(_hosts(account, context), "network", context)
    for network in sorted(networks):
        rules += [(policy, one) for policy, one in _named_policies(network, account, context)]
    opened = [
        said("{rule} (port {port})", rule=Ref(name), port=port)
        for name, rule in dict.fromkeys(rules)
        for port in ports
        if rule.lets and not rule.out and rule.everywhere and rule.spans(port)
    ]
    if opened:
        return Verdict.failed(
            "ports of interactive access are open to the internet: {opened}", opened=some(opened)
        )
    return Verdict.passed(
        "{count}, none opens a port of interactive access", count=counted(len(firewalls), "firewall rule")
    )


def separated(account: Account, context: Context) -> Verdict:
    """Weight networks touch no network that is not declared."""
    allowed = set(context.parameters["allowed_peers"])
    hosts = _hosts(account, context)
    networks = _used(hosts, "network", context)
    joined = [
        str(peering.get("name"))
        for one in _of_kind(_NETWORK, context)
        if _place(one) in networks
        for peering in attribute(one, "peerings", context) or ()
        if peering.get("state") != "INACTIVE" and peering.get("name") not in allowed
    ]
    if joined:
        return Verdict.failed("weight networks are joined to others: {joined}", joined=refs(joined))
    looked_for(account, hosts, context)
    _seen(networks, _NETWORK, account, context)
    return Verdict.passed(
        "{count} in use, none is joined to another", count=counted(len(networks), "network")
    )


def flow_logs(account: Account, context: Context) -> Verdict:
    """All traffic of every subnet in use is logged."""
    hosts = _hosts(account, context)
    subnets = _used(hosts, "subnetwork", context)
    dark = [
        _place(one)
        for one in _of_kind(_SUBNETWORK, context)
        if _place(one) in subnets
        and attribute(one, "logConfig.enable", context) is not True
        and attribute(one, "enableFlowLogs", context) is not True
    ]
    if dark:
        return Verdict.failed("traffic of these subnets is not logged: {dark}", dark=refs(dark))
    looked_for(account, hosts, context)
    _seen(subnets, _SUBNETWORK, account, context)
    return Verdict.passed("the traffic of every subnet in use is logged")


# Hosts and the networks that they use


def _hosts(account: Account, context: Context) -> list[Workload]:
    """The machines and notebooks of a project."""
    workloads = context.glance(context.estate.workloads)
    found = context.once("gcp workloads by project", lambda: grouped(workloads, lambda one: one.account))
    return [
        one
        for one in found.get(account.id, ())
        if one.kind in ("instance", "notebook") and one.service != "datafusion"
    ]


def _cards(host: Workload, context: Context) -> list[Mapping[str, Any]]:
    return [one for one in attribute(host, "networkInterfaces", context) or () if isinstance(one, Mapping)]


def _used(hosts: list[Workload], what: str, context: Context) -> frozenset[str]:
    """The networks, or subnets, of some hosts."""
    return frozenset(_short(card[what]) for host in hosts for card in _cards(host, context) if card.get(what))


def _short(address: Any) -> str:
    """``projects/p/global/networks/n``, however it is written."""
    return f"projects/{str(address).partition('projects/')[2]}"


def _place(resource: Resource) -> str:
    return _short(resource.id)


def _of_kind(kind: str, context: Context) -> tuple[Resource, ...]:
    return context.glance(context.estate.resources_of(kind), f"estate.{kind}")


def _seen(names: frozenset[str], kind: str, account: Account, context: Context) -> None:
    """Stops where the networks in use are not all described: one that is shared lies in another project.

    Raises:
        UnknownFact: one is not.
    """
    found = _of_kind(kind, context)
    known = context.once(("gcp places", kind), lambda: frozenset(map(_place, found)))
    lacking = names - known
    if lacking:
        missing(
            Source.asked(
                "gcp", account.id, "compute", f"List{kind.rpartition('.')[2].title()}s", words(lacking)
            )
        )


# Rules


class Rule:
    """What a firewall rule, or one of a policy, lets through or refuses.

    Attributes:
        lets: else it refuses.
        out: whether it is about what leaves.
        everywhere: whether it is about every address.
        every_port: whether it is about every protocol.
        targeted: whether it is about some machines alone.
        priority: the lower, the earlier.
    """

    __slots__ = ("_layers", "every_port", "everywhere", "lets", "out", "priority", "targeted")

    def __init__(
        self,
        lets: bool,
        out: bool,
        ranges: Any,
        layers: Any,
        priority: Any,
        *,
        targeted: bool,
        elsewhere: bool,
    ) -> None:
        self.lets, self.out, self.targeted = lets, out, targeted
        self.everywhere = bool(ANYWHERE & {*map(str, ranges or ())}) or (not ranges and not elsewhere)
        self._layers = [one for one in layers or () if isinstance(one, Mapping)]
        self.every_port = any(_protocol(one) == "all" for one in self._layers)
        self.priority = int(priority if priority is not None else 1000)

    def spans(self, port: int) -> bool:
        """Whether it is about a TCP port."""
        return any(
            _protocol(one) == "all" or (_protocol(one) in ("tcp", "6") and _within(port, one.get("ports")))
            for one in self._layers
        )


def _protocol(layer: Mapping[str, Any]) -> str:
    return str(layer.get("IPProtocol") or layer.get("ipProtocol") or "all").lower()


def _within(port: int, ports: Any) -> bool:
    """Whether a port is among some, which stand as ``22`` or ``20-25``; none stand for all."""
    for written in map(str, ports or ("0-65535",)):
        first, _, last = written.partition("-")
        if first.isdecimal() and int(first) <= port <= int(last or first):
            return True
    return False


def _rules(network: str, context: Context) -> list[Rule]:
    """The rules of a network, which lie in its own project."""
    listed = _of_kind(_FIREWALL, context)
    found = context.once(("gcp by project", _FIREWALL), lambda: grouped(listed, lambda one: one.account))
    project = network.split("/")[1]
    return [
        _rule(one, context)
        for one in found.get(prepared(context).source.numbers.get(project, project), ())
        if _short(attribute(one, "network", context)) == network
    ]


def _rule(firewall: Resource, context: Context) -> Rule:
    def told(name: str) -> Any:
        return attribute(firewall, name, context)

    out, off = told("direction") == "EGRESS", told("disabled") is True
    layers = None if off else told("allowed") or told("denied")
    elsewhere = off or (not out and bool(told("sourceTags") or told("sourceServiceAccounts")))
    return Rule(
        bool(told("allowed")),
        out,
        None if off else told("destinationRanges" if out else "sourceRanges"),
        layers,
        told("priority"),
        targeted=bool(told("targetTags") or told("targetServiceAccounts")),
        elsewhere=elsewhere,
    )


def _policies(network: str, account: Account, context: Context) -> list[list[Rule]]:
    """The rules of the policies that bear on a network, those of outer containers first."""
    found: dict[str, list[Rule]] = {}
    for name, rule in _named_policies(network, account, context):
        found.setdefault(name, []).append(rule)
    return [*found.values()]


def _named_policies(network: str, account: Account, context: Context) -> Iterator[tuple[str, Rule]]:
    places = [*(one.id for one in reversed(above(account.id, context))), network]
    for place in places:
        for policy in _of_kind(_POLICY, context):
            if any(_is_at(one, place) for one in attribute(policy, "associations", context) or ()):
                for rule in attribute(policy, "rules", context) or ():
                    if rule.get("disabled") is not True and rule.get("action") in ("allow", "deny"):
                        yield policy.name, _of_policy(rule)


def _is_at(association: Mapping[str, Any], place: str) -> bool:
    return str(association.get("attachmentTarget") or "").endswith(place)


def _of_policy(rule: Mapping[str, Any]) -> Rule:
    match: Mapping[str, Any] = rule.get("match") or {}
    out = rule.get("direction") == "EGRESS"
    return Rule(
        rule.get("action") == "allow",
        out,
        match.get("destIpRanges" if out else "srcIpRanges"),
        match.get("layer4Configs"),
        rule.get("priority"),
        targeted=False,
        elsewhere=True,
    )
