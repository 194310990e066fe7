"""NET: what the rules of network security groups let out, and which ports of interactive access they open.

Of two rules the one with the lower number counts. Groups end with rules of their own: inside the network and to the internet
everything goes out, and from the internet nothing comes in. Both the group of a card and that of its subnet have to let through.

Sources: Virtual Network documentation, "Network security groups" (priority, default security rules, service tags); Network REST
reference, `SecurityRule`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.cards import Card, body, cards, id_in, looked_for, parts, subnets_of
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.azure.places import in_subscription
from weightguard.checks.relations import counted, missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Resource, Workload

_GROUPS: Final = "network.networksecuritygroups"
_EVERYBODY: Final = frozenset({"*", "internet", "0.0.0.0/0", "::/0", "any"})
_ANYWHERE: Final = _EVERYBODY | {"azurecloud"}
"""Where whoever reaches it reaches machines of anybody: the provider's own addresses are rented out to all its customers."""
_SELF: Final = _EVERYBODY | {"virtualnetwork"}
_PORTS: Final = range(65536)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of a group.

    Attributes:
        out: whether it is about what leaves.
        lets: else it refuses.
        near, far: the addresses of this side and of the other, in lower case.
        protocol: ``*`` for all.
        ports: those of the other side of what leaves, of this side of what comes in.
        targeted: whether it is about some machines alone.
    """

    priority: int
    out: bool
    lets: bool
    near: frozenset[str]
    far: frozenset[str]
    protocol: str
    ports: tuple[range, ...]
    targeted: bool

    def spans(self, port: int) -> bool:
        return self.protocol in ("*", "tcp") and any(port in one for one in self.ports)

    @property
    def is_of_everything(self) -> bool:
        """Whether it is about every protocol and port of every machine."""
        near = bool(self.near & _SELF) and not self.targeted
        return near and self.protocol == "*" and any(len(one) >= len(_PORTS) - 1 for one in self.ports)


def egress_allow_list(account: Account, context: Context) -> Verdict:
    """Hosts may connect to named destinations only."""
    held = cards(account, context)
    subnets = subnets_of(account, context)
    opened = sorted({one.host for one in held if _lets_out(one, subnets, context)})
    if opened:
        return Verdict.failed("hosts may connect to any address: {opened}", opened=refs(opened))
    looked_for(account, context)
    if not held:
        return Verdict.not_applicable("the subscription has no hosts")
    return Verdict.passed("{count} of hosts, all with named destinations", count=counted(len(held), "card"))


def _lets_out(card: Card, subnets: Mapping[str, Any], context: Context) -> bool:
    """Whether every group on the way of a card lets out to everywhere."""
    if card.managed:
        return False
    of_subnet = id_in(body(subnets[card.subnet]), "networkSecurityGroup") if card.subnet else ""
    groups = [_group(one, context) for one in (card.group, of_subnet) if one]
    return all(_group_lets_out(one) for one in groups)


def _group(id: str, context: Context) -> Resource | Workload:
    found = prepared(context).resources.get(id)
    if found is None:
        missing(Source.named("network", "networksecuritygroups", id, provider="azure"))
    context.glance(context.estate.resources_of(_GROUPS), f"estate.{_GROUPS}")
    return found


def _group_lets_out(group: Resource | Workload) -> bool:
    """Whether some rule lets out to everywhere before one refuses all of it; the last default rule lets out to the internet."""
    for rule in _rules(group):
        if rule.out and rule.far & _ANYWHERE:
            if rule.lets:
                return True
            if rule.is_of_everything and rule.far & _EVERYBODY:
                return False
    return True


def no_open_management_ports(account: Account, context: Context) -> Verdict:
    """No port of interactive access is open to the internet."""
    ports = context.parameters["ports"]
    listed = context.listed(context.estate.resources_of(_GROUPS), f"estate.{_GROUPS}")
    groups = in_subscription(listed, _GROUPS, account, context)
    if not groups:
        return Verdict.not_applicable("the subscription has no security groups")
    opened = [
        said("{group} (port {port})", group=Ref(group.name), port=port)
        for group in groups
        for port in ports
        if _opens(group, port)
    ]
    if opened:
        return Verdict.failed(
            "ports of interactive access are open to the internet: {opened}", opened=some(opened)
        )
    return Verdict.passed(
        "{count}, none opens a port of interactive access", count=counted(len(groups), "security group")
    )


def _opens(group: Resource, port: int) -> bool:
    """Whether some rule lets everybody in at a port before one refuses."""
    for rule in _rules(group):
        if not rule.out and rule.far & _EVERYBODY and rule.spans(port):
            if rule.lets:
                return True
            if rule.near & _SELF and not rule.targeted:
                return False
    return False


def _rules(group: Resource | Workload) -> list[_Rule]:
    """The rules of a group that somebody made, in their order."""
    return sorted(map(_rule, parts(attribute(group, "securityRules"))), key=lambda one: one.priority)


def _rule(written: Mapping[str, Any]) -> _Rule:
    told = body(written)
    out = str(told.get("direction")).lower() == "outbound"
    near, far = ("source", "destination") if out else ("destination", "source")
    priority = told.get("priority")
    return _Rule(
        priority=priority if isinstance(priority, int) else 0,
        out=out,
        lets=str(told.get("access")).lower() == "allow",
        near=frozenset(_addresses(told, near)),
        far=frozenset(_addresses(told, far)),
        protocol=str(told.get("protocol") or "*").lower(),
        ports=tuple(_ports(told)),
        targeted=bool(told.get(f"{near}ApplicationSecurityGroups")),
    )


def _addresses(told: Mapping[str, Any], side: str) -> Iterator[str]:
    for name in (f"{side}AddressPrefix", f"{side}AddressPrefixes"):
        value = told.get(name)
        yield from (str(one).lower() for one in (value if isinstance(value, list) else [value]) if one)


def _ports(told: Mapping[str, Any]) -> Iterator[range]:
    """Ports of the destination, which stand as ``22``, ``20-25`` or ``*``."""
    for name in ("destinationPortRange", "destinationPortRanges"):
        value = told.get(name)
        for written in value if isinstance(value, list) else [value]:
            if written == "*":
                yield _PORTS
            first, _, last = str(written or "").partition("-")
            if first.isascii() and first.isdecimal() and (last or first).isdecimal():
                yield range(int(first), int(last or first) + 1)
