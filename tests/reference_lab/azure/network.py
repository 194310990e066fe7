"""The networks that hosts and private endpoints stand in: closed to the internet, joined to nothing, with their traffic logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.azure.names import (
    LOGS,
    PLACE,
    SERVING,
    TRAINING,
    Thing,
    account_id,
    group,
    row,
    subscription,
)
from reference_lab.azure.storage import ACCOUNTS

HOSTS = {"server": SERVING, "trainer": TRAINING}
"""Machine -> its subscription."""
_NETWORK = "providers/Microsoft.Network"


def network_id(within: str) -> str:
    return f"{group(within)}/{_NETWORK}/virtualNetworks/weights"


def subnet_id(within: str) -> str:
    return f"{network_id(within)}/subnets/hosts"


def rule(name: str, priority: int, **told: Any) -> dict[str, Any]:
    """A rule of a network security group, for everything that leaves where nothing else is said."""
    properties = {
        "priority": priority,
        "direction": "Outbound",
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
        **told,
    }
    return {"name": name, "properties": properties}


def networks() -> Iterator[tuple[str, Thing]]:
    """A network in each subscription with an account, with its rules and its log."""
    for within in dict.fromkeys(ACCOUNTS.values()):
        base = f"{group(within)}/{_NETWORK}"
        told = {
            "defaultOutboundAccess": False,
            "networkSecurityGroup": {"id": f"{base}/networkSecurityGroups/hosts"},
            "serviceEndpoints": [],
        }
        subnet = {"id": subnet_id(within), "name": "hosts", "properties": told}
        held = {"subnets": [subnet], "virtualNetworkPeerings": []}
        yield f"network {within}", row(network_id(within), "microsoft.network/virtualnetworks", held)
        rules = [
            rule("storage", 100, access="Allow", destinationAddressPrefix="VirtualNetwork", protocol="Tcp",
                 destinationPortRange="443"),
            rule("nothing else", 4000),
        ]  # fmt: skip
        yield (
            f"rules {within}",
            row(
                f"{base}/networkSecurityGroups/hosts",
                "microsoft.network/networksecuritygroups",
                {"securityRules": rules},
            ),
        )
        watcher = f"{subscription(within)}/resourceGroups/NetworkWatcherRG/{_NETWORK}/networkWatchers/NetworkWatcher_{PLACE}"
        logged = {
            "enabled": True,
            "targetResourceId": network_id(within),
            "storageId": account_id("atlasazlogs", LOGS),
        }
        yield (
            f"flows {within}",
            row(f"{watcher}/flowLogs/weights", "microsoft.network/networkwatchers/flowlogs", logged),
        )


def cards() -> Iterator[tuple[str, Thing]]:
    """The card of each machine, without a public address."""
    for name, within in HOSTS.items():
        address = {"name": "own", "properties": {"subnet": {"id": subnet_id(within)}}}
        yield (
            f"card {name}",
            row(card_id(name), "microsoft.network/networkinterfaces", {"ipConfigurations": [address]}),
        )


def card_id(host: str) -> str:
    return f"{group(HOSTS[host])}/{_NETWORK}/networkInterfaces/{host}"
