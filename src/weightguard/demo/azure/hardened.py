"""The hardened lab: a tenant that keeps model weights as the catalogue asks up to level SL3.

`weaknesses` then plants what makes the demonstration lab weak.
"""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.demo.azure import machines, network, people, storage, watch
from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.lab import Lab
from weightguard.demo.azure.names import FOLDER, REGION, SUBSCRIPTIONS, TENANT, group, row, subscription

DENIED = {
    "anonymous access": "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751",
    "disks": "8405fdab-1faf-48aa-b702-999c9c172094",
}
"""What Azure Policy denies in the management group -> the built-in definition (Azure Policy documentation, "built-in policies")."""
_PLACES = "e56962a6-4747-49cd-b67b-bf8b01975c4c"
"""Allowed locations."""


def build() -> Lab:
    """A lab of its own each time, so that weaknesses may change it."""
    lab = Lab()
    for part in (
        _hierarchy(),
        _policies(),
        storage.things(),
        people.things(),
        machines.things(),
        network.things(),
        watch.things(),
    ):
        lab.things |= part
    lab.objects = people.directory()
    storage.fill(lab)
    return lab


def _hierarchy() -> dict[str, Thing]:
    return dict(_containers())


def _containers() -> Iterator[tuple[str, Thing]]:
    """The management group, its subscriptions and their groups of resources."""
    above = {"parent": {"id": f"/providers/Microsoft.Management/managementGroups/{TENANT}"}}
    told: Thing = {"displayName": "models", "details": above}
    yield "folder", row(FOLDER, "Microsoft.Management/managementGroups", told)
    chain = [
        {"name": "models", "displayName": "models"},
        {"name": TENANT, "displayName": "Tenant Root Group"},
    ]
    for name in SUBSCRIPTIONS:
        told = {"state": "Enabled", "managementGroupAncestorsChain": chain}
        yield (
            f"subscription {name}",
            row(subscription(name), "Microsoft.Resources/subscriptions", told, name=name),
        )
        yield f"group {name}", row(group(name), "Microsoft.Resources/subscriptions/resourceGroups", {})


def _policies() -> dict[str, Thing]:
    """What Azure Policy denies, and the one region that it allows."""
    found = {name: _policy(name, id, {"effect": {"value": "Deny"}}) for name, id in DENIED.items()}
    found["places"] = _policy("places", _PLACES, {"listOfAllowedLocations": {"value": [REGION]}})
    return {f"policy {name}": one for name, one in found.items()}


def _policy(name: str, definition: str, parameters: Thing) -> Thing:
    told = {
        "displayName": name,
        "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{definition}",
        "scope": FOLDER,
        "notScopes": [],
        "enforcementMode": "Default",
        "parameters": parameters,
    }
    id = f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/{definition[:8]}"
    return row(id, "Microsoft.Authorization/policyAssignments", told)
