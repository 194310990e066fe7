"""NET: by which ways networks with weights touch the internet and other networks, and whether their traffic is logged.

A machine without an address of its own still gets out where its subnet lets it have one of the provider's, or has a gateway that
translates. A route of everything to nowhere, or to an appliance, keeps it from that.

Sources: Virtual Network documentation, "Default outbound access in Azure" (unset means it is given), "Virtual network traffic
routing", "Virtual network peering", "Virtual network service endpoint policies for Azure Storage"; Network Watcher documentation,
"Virtual network flow logs"; Load Balancer documentation, "Use Source Network Address Translation (SNAT) for outbound connections";
Private Link documentation, "What is a private endpoint" (it leads to one resource).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.cards import (
    Card,
    Part,
    all_subnets,
    body,
    cards,
    id_in,
    looked_for,
    networks_of,
    parts,
    subnets_of,
)
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.relations import counted, inside, missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.azure.tenant import subscription_of
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Endpoint, Resource

_FLOWS: Final = "network.networkwatchers/flowlogs"
_EVERYTHING: Final = frozenset({"0.0.0.0/0", "::/0"})
_POLICED: Final = frozenset({"microsoft.storage", "microsoft.storage.global"})
_UNPOLICED: Final = frozenset({"microsoft.keyvault"})
"""Service endpoints that no policy narrows: whoever has one reaches anybody's vault."""


def no_internet_path(account: Account, context: Context) -> Verdict:
    """Neither addresses nor gateways lead from weight networks to the internet."""
    held = cards(account, context)
    ways: list[Value] = [way for one in held for way in _ways_out(one, context)]
    for id, subnet in subnets_of(account, context).items():
        ways += _of_subnet(id, subnet, context)
    if ways:
        return Verdict.failed("weight networks reach the internet: {ways}", ways=some(ways))
    looked_for(account, context)
    if not held:
        return Verdict.not_applicable("the subscription has no hosts")
    return Verdict.passed("{count} of hosts, none leads to the internet", count=counted(len(held), "card"))


def _ways_out(card: Card, context: Context) -> Iterator[Value]:
    if card.public:
        yield said("{host} has a public address", host=Ref(card.host))
    elif not card.subnet and not card.managed:
        yield said("{host} has direct internet access", host=Ref(card.host))
    for one in card.balancers:
        balancer = prepared(context).resources.get(one)
        if balancer is None:
            missing(Source.named("network", "loadbalancers", one, provider="azure"))
        fronts = [body(front) for front in parts(attribute(balancer, "frontendIPConfigurations"))]
        if any(front.get("publicIPAddress") or front.get("publicIPPrefix") for front in fronts):
            yield said(
                "{host} stands behind {balancer}, which has a public address",
                host=Ref(card.host),
                balancer=Ref(balancer.name),
            )


def _of_subnet(id: str, subnet: Part, context: Context) -> Iterator[Value]:
    told = body(subnet)
    if id_in(told, "natGateway"):
        yield said("a gateway translates addresses for {subnet}", subnet=Ref(id))
        return
    table = id_in(told, "routeTable")
    hop = _default_hop(table, context) if table else None
    if hop == "internet":
        yield said("{subnet} has a route to the internet", subnet=Ref(id))
    elif hop is None and told.get("defaultOutboundAccess") is not False:
        yield said("machines of {subnet} get an address of the provider's to send from", subnet=Ref(id))


def _default_hop(table: str, context: Context) -> str | None:
    """Where a table of routes sends what is for no other route; None: it does not say."""
    found = prepared(context).resources.get(table)
    if found is None:
        missing(Source.named("network", "routetables", table, provider="azure"))
    hops = [
        str(told.get("nextHopType")).lower()
        for told in map(body, parts(attribute(found, "routes")))
        if told.get("addressPrefix") in _EVERYTHING or str(told.get("addressPrefix")).lower() == "internet"
    ]
    return "internet" if "internet" in hops else next(iter(hops), None)


def separated(account: Account, context: Context) -> Verdict:
    """Weight networks touch no network that is not declared."""
    allowed = {str(one).lower() for one in context.parameters["allowed_peers"]}
    networks = networks_of(account, context)
    joined = sorted(
        str(one.get("id") or one.get("name"))
        for network in networks
        for one in parts(attribute(network, "virtualNetworkPeerings"))
        if str(body(one).get("peeringState")).lower() != "disconnected"
        and not allowed & {str(one.get("id")).lower(), str(one.get("name")).lower()}
    )
    if joined:
        return Verdict.failed("weight networks are joined to others: {joined}", joined=refs(joined))
    looked_for(account, context)
    if not networks:
        return Verdict.not_applicable("the subscription uses no networks of its own")
    return Verdict.passed(
        "{count} in use, none is joined to another", count=counted(len(networks), "network")
    )


def flow_logs(account: Account, context: Context) -> Verdict:
    """All traffic of every network in use is logged."""
    logs = context.glance(context.estate.resources_of(_FLOWS), f"estate.{_FLOWS}")
    covered = {
        str(attribute(one, "targetResourceId")).lower() for one in logs if attribute(one, "enabled") is True
    }
    networks = networks_of(account, context)
    dark = [one for network in networks for one in _dark(network, covered)]
    if dark:
        context.require(context.estate.resources_of(_FLOWS).gaps)
        return Verdict.failed("traffic of these subnets is not logged: {dark}", dark=refs(dark))
    looked_for(account, context)
    if not networks:
        return Verdict.not_applicable("the subscription uses no networks of its own")
    return Verdict.passed("the traffic of every network in use is logged")


def _dark(network: Resource, covered: set[str]) -> Iterator[str]:
    """Subnets of a network whose traffic no log records: neither one of the network, nor of the subnet."""
    if network.id.lower() in covered:
        return
    for one in parts(attribute(network, "subnets")):
        id = str(one.get("id"))
        if id.lower() not in covered:
            yield id


def endpoint_stays_inside(endpoint: Endpoint, context: Context) -> Verdict:
    """A private endpoint leads to a resource of ours, and its network reaches storage and keys by no wider way."""
    target = endpoint.service
    if not target:
        missing(Source.named("network", "privateendpoints", endpoint.id, provider="azure"))
    if subscription_of(target) not in inside(context):
        context.require(context.estate.accounts.gaps)
        return Verdict.failed(
            "the endpoint leads to a resource of somebody else: {target}", target=Ref(target)
        )
    network = (endpoint.network or "").lower().partition("/subnets/")[0]
    subnets = {id: one for id, one in all_subnets(context).items() if id.startswith(f"{network}/subnets/")}
    if not subnets:
        missing(Source.named("network", "virtualnetworks", network, provider="azure", scope=endpoint.account))
    ways = [way for id, one in subnets.items() for way in _wide_ways(id, one, context)]
    if ways:
        return Verdict.failed("beside the endpoint its network lets out: {ways}", ways=some(ways))
    return Verdict.passed("the endpoint leads to one resource of ours, and no way beside it leads to others")


def _wide_ways(id: str, subnet: Part, context: Context) -> Iterator[Value]:
    told = body(subnet)
    services = {str(one.get("service")).lower() for one in parts(told.get("serviceEndpoints"))}
    if services & _UNPOLICED:
        yield said("{subnet} reaches anybody's vault", subnet=Ref(id))
    if not services & _POLICED:
        return
    policies = [str(one.get("id")).lower() for one in parts(told.get("serviceEndpointPolicies"))]
    if not policies:
        yield said("{subnet} reaches anybody's storage account", subnet=Ref(id))
    for one in policies:
        policy = prepared(context).resources.get(one)
        if policy is None:
            missing(Source.named("network", "serviceendpointpolicies", one, provider="azure"))
        foreign = sorted(_foreign(attribute(policy, "serviceEndpointPolicyDefinitions"), context))
        if foreign:
            yield said("{policy} lets through to {foreign}", policy=Ref(policy.name), foreign=refs(foreign))


def _foreign(definitions: Any, context: Context) -> Iterator[str]:
    """The resources that a policy of service endpoints lists and that are not ours."""
    for one in parts(definitions):
        for resource in body(one).get("serviceResources") or ():
            if subscription_of(str(resource).lower()) not in inside(context):
                yield str(resource)
