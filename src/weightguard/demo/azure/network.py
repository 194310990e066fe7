"""The networks that machines and private endpoints stand in: closed to the internet, joined to nothing, their traffic logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.names import (
    ACCOUNTS,
    MACHINES,
    REGION,
    account_id,
    group,
    network_id,
    row,
    subnet_id,
    subscription,
)

_NETWORK: Final = "providers/Microsoft.Network"


def things() -> dict[str, Thing]:
    """A network for each subscription with an account, and a card for each machine."""
    return {name: one for part in (_networks(), _cards()) for name, one in part}


def _networks() -> Iterator[tuple[str, Thing]]:
    for within in dict.fromkeys(ACCOUNTS.values()):
        base = f"{group(within)}/{_NETWORK}"
        told = {
            "addressPrefix": "10.20.0.0/24",
            "defaultOutboundAccess": False,
            "networkSecurityGroup": {"id": f"{base}/networkSecurityGroups/hosts"},
            "serviceEndpoints": [],
        }
        subnet = {"id": subnet_id(within), "name": "hosts", "properties": told}
        held = {"subnets": [subnet], "virtualNetworkPeerings": []}
        yield f"network {within}", row(network_id(within), "Microsoft.Network/virtualNetworks", held)
        only = {
            "access": "Allow",
            "protocol": "Tcp",
            "destinationAddressPrefix": "VirtualNetwork",
            "destinationPortRange": "443",
        }
        rules = {"securityRules": [rule("storage", 100, **only), rule("nothing-else", 4000)]}
        id = f"{base}/networkSecurityGroups/hosts"
        yield f"rules {within}", row(id, "Microsoft.Network/networkSecurityGroups", rules)
        watcher = f"{subscription(within)}/resourceGroups/NetworkWatcherRG/{_NETWORK}/networkWatchers/NetworkWatcher_{REGION}"
        logged = {
            "enabled": True,
            "targetResourceId": network_id(within),
            "storageId": account_id("auroralogs"),
        }
        kind = "Microsoft.Network/networkWatchers/flowLogs"
        yield f"flows {within}", row(f"{watcher}/flowLogs/weights", kind, logged)


def rule(name: str, priority: int, **told: Any) -> Thing:
    """A rule of a network security group, for everything that leaves where nothing else is said."""
    everything = {
        "priority": priority,
        "direction": "Outbound",
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    return {"name": name, "properties": {**everything, **told}}


def _cards() -> Iterator[tuple[str, Thing]]:
    """The card of each machine, without a public address."""
    for name, within in MACHINES.items():
        held = {"ipConfigurations": [{"name": "own", "properties": {"subnet": {"id": subnet_id(within)}}}]}
        yield f"card {name}", row(card_id(name), "Microsoft.Network/networkInterfaces", held)


def card_id(machine: str) -> str:
    """The id of a machine's card."""
    return f"{group(MACHINES[machine])}/{_NETWORK}/networkInterfaces/{machine}"
