"""The tenant: its management group with what Azure Policy denies, its subscriptions, its people and the identities of machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.azure.names import (
    DIRECTORY_ROLES,
    DOMAIN,
    FOLDER,
    LOGS,
    LONG_AGO,
    MEMBERS,
    PLACE,
    RESEARCH,
    ROLES,
    SERVING,
    SUBSCRIPTIONS,
    TENANT,
    TRAINING,
    Thing,
    assignment,
    group,
    identity_id,
    policy_id,
    row,
    subscription,
    thing,
)

IDENTITIES = {
    "server": SERVING,
    "trainer": TRAINING,
    "publisher": TRAINING,
    "encrypts-release": SERVING,
    "encrypts-checkpoints": TRAINING,
    "encrypts-eval": RESEARCH,
    "encrypts-logs": LOGS,
}
"""Managed identity -> its subscription."""
BULK = ("Microsoft.DataBox/jobs", "Microsoft.StorageMover/storageMovers", "Microsoft.DataShare/accounts")
DEFINITION = f"{FOLDER}/providers/Microsoft.Authorization/policyDefinitions/keep-plans"
DENIED = {
    "anonymous access": "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751",
    "disks": "8405fdab-1faf-48aa-b702-999c9c172094",
}
"""What Azure Policy denies in the management group -> the built-in definition."""


def containers() -> Iterator[tuple[str, Thing]]:
    """The management group, its subscriptions and their groups of resources."""
    above = {"parent": {"id": f"/providers/Microsoft.Management/managementGroups/{TENANT}"}}
    yield (
        "folder",
        row(FOLDER, "microsoft.management/managementgroups", {"displayName": "models", "details": above}),
    )
    chain = [
        {"name": "models", "displayName": "models"},
        {"name": TENANT, "displayName": "Tenant Root Group"},
    ]
    for name in SUBSCRIPTIONS:
        properties = {"state": "Enabled", "managementGroupAncestorsChain": chain}
        yield (
            f"subscription {name}",
            row(subscription(name), "microsoft.resources/subscriptions", properties, name=name),
        )
        yield f"group {name}", row(group(name), "microsoft.resources/subscriptions/resourcegroups", {})


def policies() -> Iterator[tuple[str, Thing]]:
    """What Azure Policy denies."""
    for name, definition in DENIED.items():
        id = f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/{definition[:8]}"
        properties = {
            "displayName": name,
            "policyDefinitionId": policy_id(definition),
            "scope": FOLDER,
            "notScopes": [],
            "enforcementMode": "Default",
            "parameters": {"effect": {"value": "Deny"}},
        }
        yield f"policy {name}", row(id, "microsoft.authorization/policyassignments", properties)
    places = {
        "displayName": "places",
        "policyDefinitionId": policy_id("e56962a6-4747-49cd-b67b-bf8b01975c4c"),
        "scope": FOLDER,
        "enforcementMode": "Default",
        "parameters": {"listOfAllowedLocations": {"value": [PLACE]}},
    }
    id = f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/e56962a6"
    yield "policy places", row(id, "microsoft.authorization/policyassignments", places)


def guardrails() -> Iterator[tuple[str, Thing]]:
    """What is refused above the subscriptions: bulk transfer, deletions of what records and of vaults, changes of plans."""
    assigned: dict[str, tuple[str, dict[str, list[str]]]] = {
        "bulk transfer": (policy_id("6c112d4e-5bc7-47ae-a041-ea2d9dccd749"), {"listOfResourceTypesNotAllowed": BULK}),
        "deletions": (
            policy_id("78460a36-508a-49a4-b2b2-2f5ec564f4bb"),
            {"listOfResourceTypesDisallowedForDeletion": ["Microsoft.Insights/diagnosticSettings", "Microsoft.KeyVault/vaults"]},
        ),
        "plans": (DEFINITION, {}),
    }  # fmt: skip
    for number, (name, (definition, parameters)) in enumerate(assigned.items()):
        told = {
            "displayName": name,
            "policyDefinitionId": definition,
            "scope": FOLDER,
            "notScopes": [],
            "enforcementMode": "Default",
            "parameters": {key: {"value": list(value)} for key, value in parameters.items()},
        }
        id = f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/guard{number}"
        yield f"policy {name}", row(id, "microsoft.authorization/policyassignments", told)
    rule = {
        "if": {"field": "type", "equals": "Microsoft.Security/pricings"},
        "then": {"effect": "[parameters('effect')]"},
    }
    own = {
        "policyType": "Custom",
        "mode": "All",
        "policyRule": rule,
        "parameters": {"effect": {"type": "String", "defaultValue": "Deny"}},
    }
    yield "definition plans", row(DEFINITION, "microsoft.authorization/policydefinitions", own)
    yield (
        "tenant policy",
        thing(
            "/providers/Microsoft.Subscription/policies/default",
            "Microsoft.Subscription/policies",
            {"blockSubscriptionsLeavingTenant": True, "blockSubscriptionsIntoTenant": True},
        ),
    )


def identities() -> Iterator[tuple[str, Thing]]:
    """The identities of machines, and those that accounts unwrap their keys with."""
    for name, within in IDENTITIES.items():
        properties = {"principalId": MEMBERS[name], "clientId": f"c{MEMBERS[name][1:]}", "tenantId": TENANT}
        yield (
            f"identity {name}",
            row(identity_id(name, within), "microsoft.managedidentity/userassignedidentities", properties),
        )


def rights() -> Iterator[tuple[str, Thing]]:
    """Who holds roles in the hierarchy, and the role of one's own that writes without reading."""
    writing = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
    permissions = [
        {
            "actions": [],
            "notActions": [],
            "dataActions": [f"{writing}/write", f"{writing}/add/action"],
            "notDataActions": [],
        }
    ]
    yield (
        "role Blob Writer",
        row(
            f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES['Blob Writer']}",
            "microsoft.authorization/roledefinitions",
            {
                "roleName": "Blob Writer",
                "type": "CustomRole",
                "assignableScopes": [FOLDER],
                "permissions": permissions,
            },
        ),
    )
    yield "assignment auditors", assignment("auditors", "Reader", FOLDER, principalType="Group")
    eligible = {
        "principalId": MEMBERS["bob"],
        "principalType": "User",
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES['Reader']}",
        "scope": FOLDER,
        "status": "Provisioned",
    }
    yield (
        "eligible bob",
        thing(
            f"{FOLDER}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/bob-reader",
            "Microsoft.Authorization/roleEligibilityScheduleInstances",
            eligible,
        ),
    )


def people() -> dict[str, list[Thing]]:
    """Pages of Microsoft Graph: collection -> its objects."""
    users = [
        {
            "id": MEMBERS[name],
            "displayName": name,
            "userPrincipalName": f"{name}@{DOMAIN}",
            "userType": "Member",
            "accountEnabled": True,
            "createdDateTime": LONG_AGO,
        }
        for name in ("ada", "bob")
    ]
    seen = {
        "lastSuccessfulSignInDateTime": "2026-10-30T08:00:00Z",
        "lastSignInDateTime": "2026-10-31T08:00:00Z",
    }
    auditors: dict[str, Any] = {"id": MEMBERS["auditors"], "displayName": "auditors", "securityEnabled": True}
    holding = {
        "id": "directory-ada",
        "principalId": MEMBERS["ada"],
        "roleDefinitionId": DIRECTORY_ROLES["Global Reader"],
        "directoryScopeId": "/",
    }
    reading = {
        "id": DIRECTORY_ROLES["Global Reader"],
        "displayName": "Global Reader",
        "isBuiltIn": True,
        "isEnabled": True,
        "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}],
    }
    return {
        "organization": [{"id": TENANT, "displayName": "Atlas", "verifiedDomains": [{"name": DOMAIN}]}],
        "users": users,
        "users(id,signInActivity)": [{"id": one["id"], "signInActivity": dict(seen)} for one in users],
        "groups": [auditors],
        "groups(id,displayName,members())": [{**auditors, "members": [{"id": MEMBERS["ada"]}]}],
        "groups(id,displayName,owners())": [{**auditors, "owners": []}],
        "applications": [],
        "applications(id,appId,owners())": [],
        "applications(id,appId,federatedIdentityCredentials())": [],
        "servicePrincipals": [],
        "servicePrincipals(id,appId,owners())": [],
        "servicePrincipals(id,appId,appRoleAssignments())": [],
        "roleManagement/directory/roleAssignments": [holding],
        "roleManagement/directory/roleDefinitions": [reading],
        "roleManagement/directory/roleEligibilityScheduleInstances": [],
        "directory/administrativeUnits(members())": [],
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": [],
        "identity/conditionalAccess/policies": [phishing_resistant()],
    }


def phishing_resistant(**more: Any) -> Thing:
    """A rule of conditional access by which everybody shows a key that no look-alike page can use."""
    conditions = {
        "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": [], "excludeRoles": []},
        "applications": {"includeApplications": ["All"], "excludeApplications": []},
        "clientAppTypes": ["all"],
    }
    strength = {"id": "00000000-0000-0000-0000-000000000004", "displayName": "Phishing-resistant MFA"}
    return {
        "id": "ca-everybody",
        "displayName": "everybody shows a key",
        "state": "enabled",
        "conditions": conditions,
        "grantControls": {"operator": "OR", "builtInControls": [], "authenticationStrength": strength},
        **more,
    }
