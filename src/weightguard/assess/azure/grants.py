"""The permission that a read asks for, as Azure and Microsoft Graph name them.

A listing of resources is named by their type, and allowed by the type with ``/read``. Actions are compared without case.

Sources: Azure RBAC documentation, "Azure permissions"; Microsoft Graph documentation, "Microsoft Graph permissions reference".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_GRAPH: Final[Mapping[str, str]] = {
    "organization": "Organization.Read.All",
    "users/signInActivity": "AuditLog.Read.All",
    "users": "User.Read.All",
    "groups": "GroupMember.Read.All",
    "servicePrincipals": "Application.Read.All",
    "applications": "Application.Read.All",
    "directory/administrativeUnits": "AdministrativeUnit.Read.All",
    "roleManagement/directory/roleAssignments": "RoleManagement.Read.Directory",
    "roleManagement/directory/roleDefinitions": "RoleManagement.Read.Directory",
    "roleManagement/directory/roleEligibilityScheduleInstances": "RoleEligibilitySchedule.Read.Directory",
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "identity/conditionalAccess/policies": "Policy.Read.All",
    "policies/authorizationPolicy": "Policy.Read.All",
}
_OTHERS: Final[Mapping[str, str]] = {
    "resources:ListSubscriptions": "microsoft.resources/subscriptions/read",
    "subscription:policies": "microsoft.subscription/policies/default/read",
    "authorization:roleassignments/own": "microsoft.authorization/roleassignments/read",
    "authorization:roledefinitions/own": "microsoft.authorization/roledefinitions/read",
    "keyvault:vaults/keys/get": "microsoft.keyvault/vaults/keys/read",
    "keyvault:managedhsms/keys/get": "microsoft.keyvault/managedhsms/keys/read",
    "keyvault:vaults/keys/release": "microsoft.keyvault/vaults/keys/read",
    "keyvault:vaults/keys/rotationpolicy": "microsoft.keyvault/vaults/keyrotationpolicies/read",
    "blob:ListBlobs": "microsoft.storage/storageaccounts/blobservices/containers/blobs/read",
    "blob:GetBlob": "microsoft.storage/storageaccounts/blobservices/containers/blobs/read",
}


def permission(service: str, operation: str) -> str:
    """``microsoft.storage/storageaccounts/read`` for (``storage``, ``storageaccounts``)."""
    if service == "graph":
        found = [name for name in _GRAPH if operation == name or operation.startswith(f"{name}/")]
        return _GRAPH[found[0]] if found else f"graph:{operation}"
    if service == "resourcegraph":
        return "microsoft.resourcegraph/resources/read"
    return _OTHERS.get(f"{service}:{operation}", f"microsoft.{service}/{operation}/read")
