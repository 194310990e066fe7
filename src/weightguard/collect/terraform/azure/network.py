"""Networks: what states say of subnets, cards, rules, routes and ways to services, joined as Resource Manager tells it.

What states hold as resources of their own (a rule, a route, a peering, an association) lies inside another resource for Resource
Manager; its id, or what it names, says inside which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.azure.rows import States, flag, texts, without_nothing
from weightguard.collect.terraform.state import Resource

Parts = dict[str, list[dict[str, Any]]]
"""Plain id of a resource -> things inside it."""
_NETWORK: Final = "Microsoft.Network/"
_RULE: Final = {
    "access": "access", "direction": "direction", "priority": "priority", "protocol": "protocol",
    "source_address_prefix": "sourceAddressPrefix", "source_address_prefixes": "sourceAddressPrefixes",
    "source_port_range": "sourcePortRange", "destination_address_prefix": "destinationAddressPrefix",
    "destination_address_prefixes": "destinationAddressPrefixes", "destination_port_range": "destinationPortRange",
    "destination_port_ranges": "destinationPortRanges",
}  # fmt: skip
"""Attribute of a rule -> what Resource Manager calls it."""
_GROUPED: Final = {
    "source_application_security_group_ids": "sourceApplicationSecurityGroups",
    "destination_application_security_group_ids": "destinationApplicationSecurityGroups",
}


def take(states: States) -> None:
    """Take in networks with what lies in them."""
    _networks(states)
    for item in states.of("azurerm_network_interface"):
        _card(states, item)
    groups = _inside(states, "azurerm_network_security_rule", "/securityRules/", _rule)
    for item in states.of("azurerm_network_security_group"):
        own = [_part(one, _rule(one)) for one in item.blocks("security_rule")]
        rules = [*own, *groups.get(_plain(item), ())]
        states.add(item, f"{_NETWORK}networkSecurityGroups", {"securityRules": rules})
    routes = _inside(states, "azurerm_route", "/routes/", _route)
    for item in states.of("azurerm_route_table"):
        own = [_part(one, _route(one)) for one in item.blocks("route")]
        states.add(item, f"{_NETWORK}routeTables", {"routes": [*own, *routes.get(_plain(item), ())]})
    for item in states.of("azurerm_lb"):
        fronts = [_part(one, _front(one)) for one in item.blocks("frontend_ip_configuration")]
        states.add(item, f"{_NETWORK}loadBalancers", {"frontendIPConfigurations": fronts})
    for item in states.of("azurerm_network_watcher_flow_log"):
        told = {
            "enabled": flag(item, "enabled"),
            "targetResourceId": item.text("target_resource_id") or item.text("network_security_group_id"),
            "storageId": item.text("storage_account_id"),
        }
        states.add(item, f"{_NETWORK}networkWatchers/flowLogs", told)
    for item in states.of("azurerm_subnet_service_endpoint_storage_policy"):
        listed = [
            _part(
                one, {"service": one.get("service"), "serviceResources": texts(one.get("service_resources"))}
            )
            for one in item.blocks("definition")
        ]
        states.add(item, f"{_NETWORK}serviceEndpointPolicies", {"serviceEndpointPolicyDefinitions": listed})
    for item in states.of("azurerm_private_endpoint"):
        _endpoint(states, item)


def _plain(item: Resource) -> str:
    return (item.text("id") or "").lower()


def _part(raw: Mapping[str, Any], properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A thing inside a resource, as Resource Manager writes it."""
    return {"name": raw.get("name"), "properties": without_nothing(properties), **more}


def _named(id: Any) -> dict[str, Any] | None:
    return {"id": id} if isinstance(id, str) and id else None


def _inside(states: States, type: str, mark: str, read: Any) -> Parts:
    """Resources of states that lie in others, by those: the id tells in which."""
    found: Parts = {}
    for item in states.of(type):
        owner = _plain(item).partition(mark.lower())[0]
        found.setdefault(owner, []).append(_part(item.values, read(item.values), id=item.text("id")))
    return found


def _associated(states: States, type: str, of: str, named: str) -> dict[str, str]:
    """Plain id of one side of an association -> the id of the other."""
    pairs = ((one.text(of), one.text(named)) for one in states.of(type))
    return {one.lower(): other for one, other in pairs if one and other}


def _networks(states: States) -> None:
    peerings = _inside(states, "azurerm_virtual_network_peering", "/virtualNetworkPeerings/", _peering)
    subnets: Parts = {}
    for id, told in _subnets(states):
        owner = id.lower().partition("/subnets/")[0]
        subnets.setdefault(owner, []).append({"id": id, "name": id.rpartition("/")[2], "properties": told})
    known = {_plain(item): item for item in states.of("azurerm_virtual_network")}
    for owner in dict.fromkeys((*known, *subnets, *peerings)):
        held = {
            "subnets": subnets.get(owner, []),
            "virtualNetworkPeerings": peerings.get(owner, []),
        }
        # A network that another state made is told of by its subnets.
        item = known.get(owner) or next(iter(states.of("azurerm_subnet")), None)
        if item is not None:
            id = (item.text("id") or "") if owner in known else owner
            states.add(item, f"{_NETWORK}virtualNetworks", held, id=id)


def _subnets(states: States) -> Iterator[tuple[str, dict[str, Any]]]:
    """The subnets that states tell of: id -> the properties."""
    joined = {
        name: _associated(states, f"azurerm_subnet_{one}_association", "subnet_id", f"{one}_id")
        for name, one in (
            ("networkSecurityGroup", "network_security_group"), ("routeTable", "route_table"), ("natGateway", "nat_gateway"),
        )
    }  # fmt: skip
    listed: list[tuple[str, Mapping[str, Any]]] = [
        (str(one.get("id")), one)
        for item in states.of("azurerm_virtual_network")
        for one in item.blocks("subnet")
        if one.get("id")
    ]
    listed += [(item.text("id") or "", item.values) for item in states.of("azurerm_subnet")]
    for id, raw in dict(listed).items():
        own = {"networkSecurityGroup": raw.get("security_group"), "routeTable": raw.get("route_table_id")}
        named = {name: _named(own.get(name) or held.get(id.lower())) for name, held in joined.items()}
        told = {
            **named,
            "defaultOutboundAccess": flag(raw, "default_outbound_access_enabled"),
            "serviceEndpoints": [{"service": one} for one in texts(raw.get("service_endpoints"))],
            "serviceEndpointPolicies": [{"id": one} for one in texts(raw.get("service_endpoint_policy_ids"))],
        }
        yield id, without_nothing(told)


def _peering(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"remoteVirtualNetwork": _named(raw.get("remote_virtual_network_id"))}


def _rule(raw: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: raw.get(written) or None for written, name in _RULE.items()}
    groups = {name: [{"id": one} for one in texts(raw.get(written))] for written, name in _GROUPED.items()}
    return {**told, **{name: held or None for name, held in groups.items()}}


def _route(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"addressPrefix": raw.get("address_prefix"), "nextHopType": raw.get("next_hop_type")}


def _front(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "publicIPAddress": _named(raw.get("public_ip_address_id")),
        "publicIPPrefix": _named(raw.get("public_ip_prefix_id")),
    }


def _card(states: States, item: Resource) -> None:
    pools: dict[str, list[str]] = {}
    for one in states.of("azurerm_network_interface_backend_address_pool_association"):
        card, pool = one.text("network_interface_id"), one.text("backend_address_pool_id")
        if card and pool:
            pools.setdefault(card.lower(), []).append(pool)
    groups = _associated(
        states, "azurerm_network_interface_security_group_association", "network_interface_id",
        "network_security_group_id",
    )  # fmt: skip
    behind = [{"id": one} for one in pools.get(_plain(item), ())]
    addresses = [
        _part(one, {**address(one), "loadBalancerBackendAddressPools": behind or None})
        for one in item.blocks("ip_configuration")
    ]
    told = {"ipConfigurations": addresses, "networkSecurityGroup": _named(groups.get(_plain(item)))}
    states.add(item, f"{_NETWORK}networkInterfaces", told)


def address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An address of a card: its subnet, and the public one that it has."""
    return {
        "subnet": _named(raw.get("subnet_id")),
        "publicIPAddress": _named(raw.get("public_ip_address_id")),
    }


def of_scale_set(item: Resource) -> dict[str, Any]:
    """The cards that machines of a scale set get."""
    held = []
    for card in item.blocks("network_interface"):
        addresses = [
            _part(one, _of_machines(one))
            for one in card.get("ip_configuration") or ()
            if isinstance(one, Mapping)
        ]
        group = _named(card.get("network_security_group_id"))
        held.append(_part(card, {"ipConfigurations": addresses, "networkSecurityGroup": group}))
    return {"virtualMachineProfile": {"networkProfile": {"networkInterfaceConfigurations": held}}}


def _of_machines(raw: Mapping[str, Any]) -> dict[str, Any]:
    public = next((one for one in raw.get("public_ip_address") or () if isinstance(one, Mapping)), None)
    behind = [{"id": one} for one in texts(raw.get("load_balancer_backend_address_pool_ids"))]
    return {
        "subnet": _named(raw.get("subnet_id")),
        "publicIPAddressConfiguration": None if public is None else {"name": public.get("name") or "public"},
        "loadBalancerBackendAddressPools": behind or None,
    }


def _endpoint(states: States, item: Resource) -> None:
    connections = [
        _part(one, {"privateLinkServiceId": one.get("private_connection_resource_id"),
                    "groupIds": texts(one.get("subresource_names"))})
        for one in item.blocks("private_service_connection")
    ]  # fmt: skip
    told = {"subnet": _named(item.text("subnet_id")), "privateLinkServiceConnections": connections}
    states.add(item, f"{_NETWORK}privateEndpoints", told)
