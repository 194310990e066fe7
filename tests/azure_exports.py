"""Exports of made-up Azure tenants: rows of Resource Graph, resources of Resource Manager, pages of Microsoft Graph."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TENANT = "10000000-0000-0000-0000-000000000001"
SUBSCRIPTION = "20000000-0000-0000-0000-000000000002"
OTHER = "20000000-0000-0000-0000-0000000000ff"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ml"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/weights"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/models"
STORE = "https://weights.blob.core.windows.net/models"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
GRAPH_APPLICATION = "00000003-0000-0000-c000-000000000000"
PAGE = "https://graph.microsoft.com/v1.0/$metadata#"


def person(number: int) -> str:
    """An object id."""
    return f"30000000-0000-0000-0000-{number:012d}"


def named(number: int) -> str:
    """How an answer names an object."""
    return f"azure:{person(number)}"


def row(id: str, type: str, **more: Any) -> dict[str, Any]:
    """A row of Resource Graph; ``properties`` and other columns as given."""
    own = {
        "id": id,
        "name": id.rpartition("/")[2],
        "type": type.lower(),
        "tenantId": TENANT,
        "location": "westeurope",
    }
    return {**own, "resourceGroup": "", "subscriptionId": "", **more}


def resource(id: str, type: str, **properties: Any) -> dict[str, Any]:
    """A resource as Resource Manager returns it."""
    return {"id": id, "name": id.rpartition("/")[2], "type": type, "properties": properties}


def assignment(who: str, role: str, scope: str, number: int = 0, **more: Any) -> dict[str, Any]:
    """A role for somebody at a scope."""
    id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{who[-4:]}-{role[:8]}-{number}"
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {
        "principalId": who,
        "principalType": "User",
        "roleDefinitionId": definition,
        "scope": scope,
        **more,
    }
    return row(id, "Microsoft.Authorization/roleAssignments", properties=properties)


def custom_role(
    name: str,
    *actions: str,
    data: Iterable[str] = (),
    scopes: Iterable[str] = (f"/subscriptions/{SUBSCRIPTION}",),
) -> dict[str, Any]:
    """A role of one's own."""
    permissions = [
        {"actions": list(actions), "notActions": [], "dataActions": list(data), "notDataActions": []}
    ]
    properties = {
        "roleName": name,
        "type": "CustomRole",
        "assignableScopes": list(scopes),
        "permissions": permissions,
    }
    return row(
        f"/providers/Microsoft.Authorization/roleDefinitions/{name}",
        "Microsoft.Authorization/roleDefinitions",
        properties=properties,
    )


def account(id: str = ACCOUNT, **properties: Any) -> dict[str, Any]:
    """A storage account that lets nobody in but by roles, unless told otherwise."""
    own = {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "publicNetworkAccess": "Enabled",
        "networkAcls": {
            "defaultAction": "Allow",
            "bypass": "AzureServices",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
        "isHnsEnabled": False,
        "isSftpEnabled": False,
        "isLocalUserEnabled": False,
        "isNfsV3Enabled": False,
        "primaryEndpoints": {"blob": f"https://{id.rpartition('/')[2]}.blob.core.windows.net/"},
        "encryption": {"keySource": "Microsoft.Storage"},
    }
    return row(id, "Microsoft.Storage/storageAccounts", properties={**own, **properties}, kind="StorageV2")


def container(id: str = CONTAINER, **properties: Any) -> dict[str, Any]:
    """A blob container."""
    own = {"publicAccess": "None", "hasLegalHold": False, "hasImmutabilityPolicy": False}
    return resource(id, "Microsoft.Storage/storageAccounts/blobServices/containers", **{**own, **properties})


def page(collection: str, *objects: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A page of Microsoft Graph."""
    return {"@odata.context": PAGE + collection, "value": list(objects), **more}


def user(number: int, **more: Any) -> dict[str, Any]:
    """A user."""
    own = {
        "id": person(number),
        "displayName": f"user {number}",
        "userPrincipalName": f"u{number}@example.org",
    }
    return {**own, "userType": "Member", "accountEnabled": True, **more}


@dataclass
class Export:
    """What is exported of a tenant: everything that a whole export has a page or a row for, unless it is taken out.

    Attributes:
        rows: of Resource Graph.
        arm: of Resource Manager.
        objects: collection of Microsoft Graph -> its objects; those of relations under the expanding collection's own name.
        without: collections that are not exported.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    arm: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def files(self, folder: Path) -> list[Path]:
        """Written as files."""
        folder.mkdir(parents=True, exist_ok=True)
        documents: list[Any] = [[*self._base(), *self.rows], *([self.arm] if self.arm else [])]
        documents += [
            page(name, *self.objects.get(name, self._usual(name)))
            for name in COLLECTIONS
            if name not in self.without
        ]
        paths = []
        for number, document in enumerate(documents):
            paths.append(folder / f"export-{number:02d}.json")
            paths[-1].write_text(json.dumps(document))
        return paths

    def _base(self) -> list[dict[str, Any]]:
        chain = [{"name": TENANT, "displayName": "Tenant Root Group"}]
        return [
            row(f"/subscriptions/{name}", "Microsoft.Resources/subscriptions",
                properties={"state": "Enabled", "managementGroupAncestorsChain": chain})
            for name in (SUBSCRIPTION, OTHER)
        ] + [row(GROUP, "Microsoft.Resources/subscriptions/resourceGroups", properties={})]  # fmt: skip

    def _usual(self, name: str) -> list[dict[str, Any]]:
        if name == "organization":
            return [{"id": TENANT, "displayName": "made up"}]
        return [user(number) for number in range(1, 9)] if name == "users" else []


COLLECTIONS = (
    "organization", "users", "groups", "groups(id,displayName,members())", "groups(id,displayName,owners())", "applications",
    "applications(id,appId,owners())", "applications(id,appId,federatedIdentityCredentials())", "servicePrincipals",
    "servicePrincipals(id,appId,owners())", "servicePrincipals(id,appId,appRoleAssignments())",
    "roleManagement/directory/roleAssignments", "roleManagement/directory/roleDefinitions",
    "roleManagement/directory/roleEligibilityScheduleInstances", "directory/administrativeUnits(members())",
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
)  # fmt: skip


def collected(export: Export, folder: Path) -> Path:
    """The export as a snapshot."""
    from weightguard import api

    return api.collect_graph_export(folder / "snapshot", export.files(folder / "export"))
