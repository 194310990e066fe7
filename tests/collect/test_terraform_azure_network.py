"""States of azurerm: networks, cards, rules and routes, joined as Resource Manager would have told them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from test_terraform_azure_watch import estate, item

import azure_exports as az
from weightguard.access.azure.context import attribute
from weightguard.estate.model import Estate

BASE = f"{az.GROUP}/providers/Microsoft.Network"
NETWORK = f"{BASE}/virtualNetworks/n"
SUBNET = f"{NETWORK}/subnets/hosts"
GROUP = f"{BASE}/networkSecurityGroups/g"
TABLE = f"{BASE}/routeTables/t"
CARD = f"{BASE}/networkInterfaces/c"
POOL = f"{BASE}/loadBalancers/b/backendAddressPools/p"


def told(found: Estate, kind: str, name: str) -> Any:
    (one,) = found.resources_of(f"network.{kind}")
    return attribute(one, name)


def test_a_subnet_has_what_is_associated_with_it(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        item("azurerm_virtual_network", id=NETWORK, name="n", location="westeurope", subnet=[]),
        item(
            "azurerm_subnet", id=SUBNET, name="hosts", default_outbound_access_enabled=False,
            service_endpoints=["Microsoft.Storage"], service_endpoint_policy_ids=["/p"],
        ),
        item("azurerm_subnet_network_security_group_association", id=SUBNET, subnet_id=SUBNET, network_security_group_id=GROUP),
        item("azurerm_subnet_route_table_association", id=SUBNET, subnet_id=SUBNET, route_table_id=TABLE),
        item("azurerm_subnet_nat_gateway_association", id=SUBNET, subnet_id=SUBNET, nat_gateway_id="/nat"),
        item("azurerm_virtual_network_peering", id=f"{NETWORK}/virtualNetworkPeerings/hub", name="hub",
             remote_virtual_network_id="/v"),
    )  # fmt: skip
    properties = {
        "defaultOutboundAccess": False,
        "networkSecurityGroup": {"id": GROUP},
        "routeTable": {"id": TABLE},
        "natGateway": {"id": "/nat"},
        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
        "serviceEndpointPolicies": [{"id": "/p"}],
    }
    assert told(found, "virtualnetworks", "subnets") == [
        {"id": SUBNET, "name": "hosts", "properties": properties}
    ]
    (peering,) = told(found, "virtualnetworks", "virtualNetworkPeerings")
    assert (peering["name"], peering["properties"]) == ("hub", {"remoteVirtualNetwork": {"id": "/v"}})


def test_a_network_s_own_subnets_count_and_one_of_another_state_is_told_by_its_subnets(
    tmp_path: Path,
) -> None:
    inline = {"id": SUBNET, "name": "hosts", "security_group": GROUP, "route_table_id": ""}
    own = estate(tmp_path / "a", item("azurerm_virtual_network", id=NETWORK, subnet=[inline]))
    other = estate(tmp_path / "b", item("azurerm_subnet", id=SUBNET, default_outbound_access_enabled=True))
    (subnet,) = told(own, "virtualnetworks", "subnets")
    assert subnet["properties"]["networkSecurityGroup"] == {"id": GROUP}
    (subnet,) = told(other, "virtualnetworks", "subnets")
    assert subnet["properties"]["defaultOutboundAccess"] is True


def test_rules_and_routes_of_their_own_lie_inside_what_their_ids_name(tmp_path: Path) -> None:
    rule = {"priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "*",
            "destination_address_prefix": "Internet", "destination_port_range": "*", "source_address_prefix": "*"}  # fmt: skip
    found = estate(
        tmp_path,
        item("azurerm_network_security_group", id=GROUP, security_rule=[{"name": "inline", **rule, "priority": 90}]),
        item("azurerm_network_security_rule", id=f"{GROUP}/securityRules/own", name="own", **rule),
        item("azurerm_route_table", id=TABLE, route=[]),
        item("azurerm_route", id=f"{TABLE}/routes/out", name="out", address_prefix="0.0.0.0/0", next_hop_type="Internet"),
    )  # fmt: skip
    rules = told(found, "networksecuritygroups", "securityRules")
    assert [(one["name"], one["properties"]["priority"]) for one in rules] == [("inline", 90), ("own", 100)]
    assert rules[1]["properties"]["destinationAddressPrefix"] == "Internet"
    (route,) = told(found, "routetables", "routes")
    assert route["properties"] == {"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"}


def test_a_card_names_its_subnet_its_address_its_group_and_its_balancer(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        item(
            "azurerm_network_interface", id=CARD,
            ip_configuration=[{"name": "own", "subnet_id": SUBNET, "public_ip_address_id": "/ip"}],
        ),
        item("azurerm_network_interface_security_group_association", network_interface_id=CARD, network_security_group_id=GROUP),
        item("azurerm_network_interface_backend_address_pool_association", network_interface_id=CARD, backend_address_pool_id=POOL),
        item("azurerm_lb", id=POOL.partition("/backend")[0],
             frontend_ip_configuration=[{"name": "f", "public_ip_address_id": "/ip"}]),
        item("azurerm_linux_virtual_machine", id=f"{az.GROUP}/providers/Microsoft.Compute/virtualMachines/m",
             network_interface_ids=[CARD]),
    )  # fmt: skip
    (address,) = told(found, "networkinterfaces", "ipConfigurations")
    assert address["properties"] == {
        "subnet": {"id": SUBNET}, "publicIPAddress": {"id": "/ip"}, "loadBalancerBackendAddressPools": [{"id": POOL}],
    }  # fmt: skip
    assert told(found, "networkinterfaces", "networkSecurityGroup") == {"id": GROUP}
    (front,) = told(found, "loadbalancers", "frontendIPConfigurations")
    assert front["properties"] == {"publicIPAddress": {"id": "/ip"}}
    (machine,) = [one for one in found.workloads if one.kind == "instance"]
    assert attribute(machine, "networkProfile.networkInterfaces") == [{"id": CARD}]


def test_ways_to_services_and_logs_of_traffic(tmp_path: Path) -> None:
    link = {"name": "c", "private_connection_resource_id": az.ACCOUNT, "subresource_names": ["blob"]}
    found = estate(
        tmp_path,
        item("azurerm_private_endpoint", id=f"{BASE}/privateEndpoints/e", subnet_id=SUBNET, private_service_connection=[link]),
        item("azurerm_network_watcher_flow_log", id=f"{BASE}/networkWatchers/w/flowLogs/f", enabled=True,
             target_resource_id=NETWORK),
        item("azurerm_subnet_service_endpoint_storage_policy", id=f"{BASE}/serviceEndpointPolicies/p",
             definition=[{"name": "d", "service": "Microsoft.Storage", "service_resources": [az.ACCOUNT]}]),
    )  # fmt: skip
    (endpoint,) = found.endpoints
    assert (endpoint.network, endpoint.service) == (SUBNET, az.ACCOUNT)
    assert told(found, "networkwatchers/flowlogs", "enabled") is True
    (definition,) = told(found, "serviceendpointpolicies", "serviceEndpointPolicyDefinitions")
    assert definition["properties"] == {"service": "Microsoft.Storage", "serviceResources": [az.ACCOUNT]}
