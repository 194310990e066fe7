"""The hardened lab: a tenant that keeps model weights as the catalogue asks up to level SL3.

`weaknesses` then plants what makes the demonstration lab weak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.demo.azure import machines, network, people, storage, watch
from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.lab import Lab
from weightguard.demo.azure.names import (
    FOLDER,
    REGION,
    SUBSCRIPTIONS,
    TENANT,
    group,
    row,
    subscription,
    thing,
)

_BUILT_IN: Final = "/providers/Microsoft.Authorization/policyDefinitions"
_OWN: Final = f"{FOLDER}/providers/Microsoft.Authorization/policyDefinitions/keep-plans"
_DENY: Final = {"effect": "Deny"}
POLICIES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "anonymous access": (f"{_BUILT_IN}/4fa4b6c0-31ca-4c0d-b10d-24b96f62a751", _DENY),
    "disks": (f"{_BUILT_IN}/8405fdab-1faf-48aa-b702-999c9c172094", _DENY),
    "places": (f"{_BUILT_IN}/e56962a6-4747-49cd-b67b-bf8b01975c4c", {"listOfAllowedLocations": [REGION]}),
    "bulk transfer": (
        f"{_BUILT_IN}/6c112d4e-5bc7-47ae-a041-ea2d9dccd749",
        {
            "listOfResourceTypesNotAllowed": [
                "Microsoft.DataBox/jobs",
                "Microsoft.StorageMover/storageMovers",
                "Microsoft.DataShare/accounts",
            ]
        },
    ),
    "deletions": (
        f"{_BUILT_IN}/78460a36-508a-49a4-b2b2-2f5ec564f4bb",
        {
            "listOfResourceTypesDisallowedForDeletion": [
                "Microsoft.Insights/diagnosticSettings",
                "Microsoft.KeyVault/vaults",
            ]
        },
    ),
    "plans": (_OWN, {}),
}
"""What Azure Policy refuses in the management group -> definition and parameters (Azure Policy, "built-in policies")."""


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
    """What Azure Policy refuses, the lab's own definition of it, and that no subscription leaves the tenant."""
    found = {f"policy {name}": _policy(name, *held) for name, held in POLICIES.items()}
    rule = {
        "if": {"field": "type", "equals": "Microsoft.Security/pricings"},
        "then": {"effect": "[parameters('effect')]"},
    }
    effect = {"effect": {"type": "String", "defaultValue": "Deny"}}
    own = {"policyType": "Custom", "mode": "All", "policyRule": rule, "parameters": effect}
    found["definition plans"] = row(_OWN, "Microsoft.Authorization/policyDefinitions", own)
    stay = {"blockSubscriptionsLeavingTenant": True, "blockSubscriptionsIntoTenant": True}
    id = "/providers/Microsoft.Subscription/policies/default"
    return {**found, "tenant policy": thing(id, "Microsoft.Subscription/policies", stay)}


def _policy(name: str, definition: str, parameters: Mapping[str, Any]) -> Thing:
    told = {
        "displayName": name,
        "policyDefinitionId": definition,
        "scope": FOLDER,
        "notScopes": [],
        "enforcementMode": "Default",
        "parameters": {key: {"value": value} for key, value in parameters.items()},
    }
    id = f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/{name.replace(' ', '-')}"
    return row(id, "Microsoft.Authorization/policyAssignments", told)
