"""Which hosts a subscription has, and through which cards they stand in which subnets, for rules about networks.

Sources: Network REST reference, `NetworkInterface`, `VirtualNetwork`; Compute REST reference, `VirtualMachineScaleSet`; Azure
Machine Learning REST reference, `AmlCompute` and `ComputeInstance`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.azure.places import in_subscription
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Resource, Workload

NETWORKS: Final = "network.virtualnetworks"
_CARDS: Final = "network.networkinterfaces"
_MACHINES: Final = ("instance", "notebook")
_COMPUTES: Final = frozenset({"ComputeInstance", "AmlCompute"})
_ISOLATED: Final = "AllowOnlyApprovedOutbound"
Part = Mapping[str, Any]
"""A thing inside another one, as Resource Manager writes it: ``id``, ``name``, ``properties``."""


@dataclass(frozen=True, slots=True)
class Card:
    """One way of a host into a network.

    Attributes:
        host: the host's name.
        subnet: its id, plain; empty: the host is in a network of the provider's, which the service manages.
        public: whether it has an address that the internet reaches.
        group: the network security group of the card itself, plain; empty: none.
        balancers: the load balancers that it stands behind, plain.
        managed: of a network that the service manages, whether it lets out to what was approved alone.
    """

    host: str
    subnet: str
    public: bool = False
    group: str = ""
    balancers: tuple[str, ...] = ()
    managed: bool = False


def cards(account: Account, context: Context) -> tuple[Card, ...]:
    """The cards of the machines, scale sets and computes of a subscription.

    Raises:
        UnknownFact: not all machines were listed, or one of their cards was not seen.
    """
    found: tuple[Card, ...] = context.once(
        ("azure cards", account.id), lambda: tuple(_cards(account, context))
    )
    return found


def _cards(account: Account, context: Context) -> Iterator[Card]:
    workloads = context.glance(context.estate.workloads)
    for host in in_subscription(workloads, "workloads", account, context):
        if host.kind in _MACHINES:
            if host.service == "compute":
                yield from _of_machine(host, context)
            elif attribute(host, "computeType") in _COMPUTES:
                yield _of_compute(host, context)


def looked_for(account: Account, context: Context) -> None:
    """Stops where hosts, cards or networks of a subscription may not all have been seen."""
    estate = context.estate
    kinds = (estate.workloads, estate.endpoints, estate.resources_of(_CARDS), estate.resources_of(NETWORKS))
    others = {one.id for one in estate.accounts} - {account.id}
    context.require(
        gap
        for one in kinds
        for gap in one.gaps
        if gap.source.provider == "azure" and gap.source.at_scope not in others
    )


def _of_machine(host: Workload, context: Context) -> Iterator[Card]:
    inside = "virtualMachineProfile.networkProfile.networkInterfaceConfigurations"
    for told in parts(attribute(host, inside)):
        yield _card(host.name, body(told))
    for named in parts(attribute(host, "networkProfile.networkInterfaces")):
        id = str(named.get("id") or "")
        card = prepared(context).resources.get(id.lower())
        if card is None:
            missing(Source.named("network", "networkinterfaces", id, provider="azure", scope=host.account))
        context.glance(context.estate.resources_of(_CARDS), f"estate.{_CARDS}")
        yield _card(
            host.name, {name: attribute(card, name) for name in ("ipConfigurations", "networkSecurityGroup")}
        )


def _card(host: str, told: Part) -> Card:
    addresses = [body(one) for one in parts(told.get("ipConfigurations"))]
    public = any(one.get("publicIPAddress") or one.get("publicIPAddressConfiguration") for one in addresses)
    pools = [
        str(pool.get("id")) for one in addresses for pool in parts(one.get("loadBalancerBackendAddressPools"))
    ]
    subnet = next((found for one in addresses if (found := id_in(one, "subnet"))), "")
    balancers = tuple(sorted({one.lower().partition("/backendaddresspools/")[0] for one in pools}))
    return Card(host, subnet, public, id_in(told, "networkSecurityGroup"), balancers)


def _of_compute(host: Workload, context: Context) -> Card:
    """The card of a machine of a workspace; without a subnet of ours it stands in the network that the workspace manages."""
    subnet = str(attribute(host, "properties.subnet.id") or "").lower()
    public = attribute(host, "properties.enableNodePublicIp") is not False
    workspace = prepared(context).resources.get(host.id.lower().rpartition("/computes/")[0])
    if not subnet and workspace is None:
        told = host.id.rpartition("/computes/")[0]
        missing(Source.named("machinelearningservices", "workspaces", told, provider="azure"))
    mode = attribute(workspace, "managedNetwork.isolationMode") if workspace is not None else None
    managed = not subnet and mode == _ISOLATED
    return Card(host.name, subnet, public and not managed, managed=managed)


def subnets_of(account: Account, context: Context) -> dict[str, Part]:
    """The subnets in use by the hosts of a subscription: plain id -> the subnet.

    Raises:
        UnknownFact: one of them was not seen.
    """
    known = all_subnets(context)
    used = {one.subnet for one in cards(account, context) if one.subnet}
    lacking = sorted(used - known.keys())
    if lacking:
        missing(Source.named("network", "virtualnetworks", lacking[0], provider="azure", scope=account.id))
    return {one: known[one] for one in sorted(used)}


def all_subnets(context: Context) -> dict[str, Part]:
    """Every subnet: plain id -> the subnet."""
    networks = context.glance(context.estate.resources_of(NETWORKS), f"estate.{NETWORKS}")

    def compute() -> dict[str, Part]:
        listed = [one for network in networks for one in parts(attribute(network, "subnets"))]
        return {str(one.get("id")).lower(): one for one in listed}

    found: dict[str, Part] = context.once("azure subnets", compute)
    return found


def networks_of(account: Account, context: Context) -> list[Resource]:
    """The networks that hosts of a subscription stand in, or that its private endpoints do.

    Raises:
        UnknownFact: one of them was not seen.
    """
    endpoints = [one for one in context.glance(context.estate.endpoints) if one.account == account.id]
    places = {one.subnet for one in cards(account, context) if one.subnet}
    places |= {one.network.lower() for one in endpoints if one.network}
    used = {one.partition("/subnets/")[0] for one in places}
    networks = context.glance(context.estate.resources_of(NETWORKS), f"estate.{NETWORKS}")
    found = [one for one in networks if one.id.lower() in used]
    lacking = sorted(used - {one.id.lower() for one in found})
    if lacking:
        missing(Source.named("network", "virtualnetworks", lacking[0], provider="azure", scope=account.id))
    return found


def parts(value: Any) -> list[Part]:
    """The things of a list; none of anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def body(part: Part) -> Part:
    """The properties of a thing inside another one."""
    found = part.get("properties")
    return found if isinstance(found, Mapping) else {}


def id_in(told: Part, name: str) -> str:
    """The plain id of what is named under a name; empty where nothing is."""
    found = told.get(name)
    return str(found.get("id") or "").lower() if isinstance(found, Mapping) else ""
