"""Who is in the directory, how they sign in, which identities code runs as, and who holds roles in the hierarchy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.names import (
    ACCOUNTS,
    DOMAIN,
    FOLDER,
    LOGS,
    MEMBERS,
    RESEARCH,
    ROLES,
    SERVING,
    TENANT,
    TRAINING,
    application_of,
    assignment,
    definition,
    identity_id,
    key_of,
    row,
    thing,
)

IDENTITIES: Final = {
    "inference-node": SERVING,
    "training-node": TRAINING,
    "lab-workspace": TRAINING,
    "evaluation-job": RESEARCH,
    "restore-job": LOGS,
    **{f"encrypts-{key_of(name)}": within for name, within in ACCOUNTS.items()},
}
"""Managed identity -> its subscription."""
GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
_ISSUER: Final = "https://token.actions.githubusercontent.com"
_AUDIENCE: Final = "api://AzureADTokenExchange"
_GUESTS: Final = "2af84b1e-32c8-42b7-82bc-daa82404023b"
"""Restricted access for guests (Microsoft Graph reference, `authorizationPolicy`)."""
_RESISTANT: Final = "00000000-0000-0000-0000-000000000004"
"""The built-in strength of authentication that no look-alike page gets round."""


def things() -> dict[str, Thing]:
    """Managed identities, the lab's own role, and roles that are held above the subscriptions."""
    return dict(_things())


def _things() -> Iterator[tuple[str, Thing]]:
    for name, within in IDENTITIES.items():
        told: Thing = {"principalId": MEMBERS[name], "clientId": application_of(name), "tenantId": TENANT}
        kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
        yield f"identity {name}", row(identity_id(name, within), kind, told)
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
    writes: Thing = {
        "actions": [],
        "notActions": [],
        "dataActions": [f"{blobs}/write", f"{blobs}/add/action"],
        "notDataActions": [],
    }
    told = {
        "roleName": "Blob Writer",
        "type": "CustomRole",
        "assignableScopes": [FOLDER],
        "permissions": [writes],
    }
    yield "role Blob Writer", row(definition("Blob Writer"), "Microsoft.Authorization/roleDefinitions", told)
    yield "assignment auditor", assignment("auditor", "Reader", FOLDER)
    yield "eligible bo", eligible("bo", "Key Vault Administrator", FOLDER)


def eligible(who: str, role: str, scope: str) -> Thing:
    """A role that somebody may activate."""
    told = {
        "principalId": MEMBERS[who],
        "principalType": "User",
        "roleDefinitionId": definition(role),
        "scope": scope,
        "status": "Provisioned",
        "memberType": "Direct",
        "startDateTime": "2026-03-01T08:00:00Z",
    }
    id = f"{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/{who}-{ROLES[role][:8]}"
    return thing(id, "Microsoft.Authorization/roleEligibilityScheduleInstances", told)


def directory() -> dict[str, list[Thing]]:
    """Collections of Microsoft Graph."""
    return {
        "organization": [
            {"id": TENANT, "displayName": "Aurora", "verifiedDomains": [{"name": DOMAIN, "isDefault": True}]}
        ],
        "users": [user("ada"), user("bo")],
        "groups": [group("key-officers", members=["bo"], isAssignableToRole=True)],
        "applications": [
            application("release-publisher", subject="repo:aurora/release:environment:production")
        ],
        "servicePrincipals": [service("release-publisher"), service("auditor"), *map(managed, IDENTITIES)],
        "roleManagement/directory/roleAssignments": [holding("ada", GLOBAL_READER)],
        "roleManagement/directory/roleDefinitions": [
            {
                "id": GLOBAL_READER,
                "displayName": "Global Reader",
                "isBuiltIn": True,
                "isEnabled": True,
                "templateId": GLOBAL_READER,
                "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}],
            }
        ],
        "identity/conditionalAccess/policies": [sign_in_rule()],
        "policies/authorizationPolicy": [
            {
                "id": "authorizationPolicy",
                "allowInvitesFrom": "adminsAndGuestInviters",
                "guestUserRoleId": _GUESTS,
            }
        ],
    }


def user(name: str, **more: Any) -> Thing:
    """Somebody of the lab."""
    return {
        "id": MEMBERS[name],
        "displayName": name,
        "userPrincipalName": f"{name}@{DOMAIN}",
        "userType": "Member",
        "accountEnabled": True,
        **more,
    }


def group(name: str, members: list[str], owners: tuple[str, ...] = (), **more: Any) -> Thing:
    """A group of people."""

    def related(who: str) -> Thing:
        return {"@odata.type": "#microsoft.graph.user", "id": MEMBERS[who], "displayName": who}

    return {
        "id": MEMBERS[name],
        "displayName": name,
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": [],
        "members": [related(one) for one in members],
        "owners": [related(one) for one in owners],
        **more,
    }


def application(name: str, subject: str | None = None, **more: Any) -> Thing:
    """A registration; GitHub vouches for jobs with a subject as it."""
    vouched = {
        "id": f"f{MEMBERS[name][1:]}",
        "name": "github",
        "issuer": _ISSUER,
        "subject": subject,
        "audiences": [_AUDIENCE],
    }
    return {
        "id": f"b{MEMBERS[name][1:]}",
        "appId": application_of(name),
        "displayName": name,
        "signInAudience": "AzureADMyOrg",
        "passwordCredentials": [],
        "keyCredentials": [],
        "owners": [],
        "federatedIdentityCredentials": [vouched] if subject else [],
        **more,
    }


def service(name: str, **more: Any) -> Thing:
    """What an application is in the directory."""
    return {
        "id": MEMBERS[name],
        "appId": application_of(name),
        "displayName": name,
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appOwnerOrganizationId": TENANT,
        "passwordCredentials": [],
        "keyCredentials": [],
        "owners": [],
        "appRoleAssignments": [],
        **more,
    }


def managed(name: str) -> Thing:
    """What a managed identity is in the directory."""
    place = f"isExplicit=True,{identity_id(name, IDENTITIES[name])}".split(",")
    return service(name, servicePrincipalType="ManagedIdentity", alternativeNames=place)


def holding(who: str, role: str) -> Thing:
    """A role of the directory that somebody holds."""
    return {
        "id": f"{who}-{role[:8]}",
        "principalId": MEMBERS[who],
        "roleDefinitionId": role,
        "directoryScopeId": "/",
    }


def sign_in_rule(**more: Any) -> Thing:
    """A rule of conditional access by which everybody shows a key that no look-alike page can use."""
    conditions = {
        "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": [], "excludeRoles": []},
        "applications": {"includeApplications": ["All"], "excludeApplications": []},
        "clientAppTypes": ["all"],
    }
    strength = {"id": _RESISTANT, "displayName": "Phishing-resistant MFA"}
    return {
        "id": "ca-everybody",
        "displayName": "everybody shows a key",
        "state": "enabled",
        "conditions": conditions,
        "grantControls": {"operator": "OR", "builtInControls": [], "authenticationStrength": strength},
        **more,
    }
