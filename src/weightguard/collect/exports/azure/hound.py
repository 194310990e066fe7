"""What AzureHound writes, as the objects and resources that it asked for.

Each item has a kind and data; ids may be in capitals. Relations have kinds of their own (``AZGroupMember``), which say whose.

Source: the models of AzureHound's repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from weightguard.collect.exports.azure.found import GRAPH, Found
from weightguard.errors import InputError

_OBJECTS: Final = {
    "AZUser": "users",
    "AZGroup": "groups",
    "AZApp": "applications",
    "AZServicePrincipal": "servicePrincipals",
    "AZDevice": "devices",
    "AZRole": "roleManagement/directory/roleDefinitions",
    "AZTenant": "organization",
}
_RELATIONS: Final = {
    "AZGroupMember": ("groups", "groupId", "members", "member"),
    "AZGroup365Member": ("groups", "groupId", "members", "member"),
    "AZGroupOwner": ("groups", "groupId", "owners", "owner"),
    "AZAppOwner": ("applications", "appId", "owners", "owner"),
    "AZServicePrincipalOwner": ("servicePrincipals", "servicePrincipalId", "owners", "owner"),
    "AZFederatedIdentityCredential": ("applications", "appId", "fics", "fic"),
}
"""Kind -> whose relation it is, the member that names whose, the list, and what wraps each object in it."""
_NAMES: Final = {"fics": "federatedIdentityCredentials"}
_RESOURCES: Final = {
    "AZSubscription": "Microsoft.Resources/subscriptions",
    "AZResourceGroup": "Microsoft.Resources/subscriptions/resourceGroups",
    "AZManagementGroup": "Microsoft.Management/managementGroups",
    "AZVM": "Microsoft.Compute/virtualMachines",
    "AZVMScaleSet": "Microsoft.Compute/virtualMachineScaleSets",
    "AZKeyVault": "Microsoft.KeyVault/vaults",
    "AZStorageAccount": "Microsoft.Storage/storageAccounts",
    "AZStorageContainer": "Microsoft.Storage/storageAccounts/blobServices/containers",
    "AZAutomationAccount": "Microsoft.Automation/automationAccounts",
    "AZLogicApp": "Microsoft.Logic/workflows",
    "AZFunctionApp": "Microsoft.Web/sites",
    "AZWebApp": "Microsoft.Web/sites",
    "AZManagedCluster": "Microsoft.ContainerService/managedClusters",
    "AZContainerRegistry": "Microsoft.ContainerRegistry/registries",
}
_PLACES: Final = (
    "ManagementGroup", "Subscription", "ResourceGroup", "VM", "VMScaleSet", "KeyVault", "StorageAccount", "StorageContainer",
    "AutomationAccount", "LogicApp", "FunctionApp", "WebApp", "ManagedCluster", "ContainerRegistry",
)  # fmt: skip
_GRANTS: Final = frozenset(
    f"AZ{place}{what}"
    for place in _PLACES
    for what in ("RoleAssignment", "Owner", "UserAccessAdmin", "Contributor", "AvereContributor", "VMContributor", "KVContributor",
                 "AdminLogin", "WebsiteContributor", "AKSContributor")
)  # fmt: skip
"""Kinds that hold role assignments at some place."""
_KNOWN_BESIDES: Final = frozenset(
    {"AZKeyVaultAccessPolicy", "AZManagementGroupDescendant", "AZRoleManagementPolicyAssignment"}
)


_OF_DIRECTORY: Final = (
    "users", "groups", "groups/members", "groups/owners", "applications", "applications/owners",
    "applications/federatedIdentityCredentials", "servicePrincipals", "servicePrincipals/owners",
    "servicePrincipals/appRoleAssignments", "roleManagement/directory/roleAssignments",
    "roleManagement/directory/roleDefinitions", "roleManagement/directory/roleEligibilityScheduleInstances",
)  # fmt: skip
"""What a listing of the directory asks for."""


def is_hound(document: Mapping[str, Any]) -> bool:
    """Whether a file is AzureHound's: its items have a kind that begins with ``AZ``."""
    items = document.get("data")
    if not isinstance(items, list) or not (items or "meta" in document):
        return False
    meta = document.get("meta")
    if not items:
        return isinstance(meta, Mapping) and meta.get("type") == "azure"
    first = items[0]
    return isinstance(first, Mapping) and str(first.get("kind", "")).startswith("AZ") and "data" in first


def take(document: Mapping[str, Any], found: Found, path: Path) -> None:
    """Take in a file of AzureHound's.

    Raises:
        InputError: an item is none of AzureHound's.
    """
    applications: dict[str, str] = {}
    items = document["data"]
    for number, item in enumerate(items):
        data = item.get("data") if isinstance(item, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(item.get("kind"), str):
            raise InputError(
                f"item {number} has no kind and data",
                where=str(path),
                fix="write it with `azurehound list -o FILE`",
            )
        if item["kind"] == "AZApp" and isinstance(data.get("appId"), str) and isinstance(data.get("id"), str):
            applications[data["appId"].lower()] = data["id"]
    for item in items:
        _one(item["kind"], item["data"], found, applications)
    if {"AZTenant", "AZRole"} <= {item["kind"] for item in items}:
        # It listed the directory: what it has no item of, it found none of.
        found.asked.update(dict.fromkeys((GRAPH, one) for one in _OF_DIRECTORY))
        found.asked[("azurehound", "list")] = None


def _one(kind: str, data: Mapping[str, Any], found: Found, applications: Mapping[str, str]) -> None:
    tenant = data.get("tenantId")
    if isinstance(tenant, str) and tenant:
        found.tenants[tenant.lower()] = None
    if kind in _OBJECTS:
        _object(kind, data, found)
    elif kind in _RELATIONS:
        _relation(kind, data, found, applications)
    elif kind in _RESOURCES:
        _resource({"type": _RESOURCES[kind], **data}, found)
    elif kind in _GRANTS:
        _grants(data, found)
    elif kind in _OTHERS:
        _OTHERS[kind](data, found)
    elif kind not in _KNOWN_BESIDES:
        found.object(f"azurehound/{kind}", {"id": str(data.get("id") or kind)}, {})


def _object(kind: str, data: Mapping[str, Any], found: Found) -> None:
    collection = _OBJECTS[kind]
    found.asked[(GRAPH, collection)] = None
    if not isinstance(data.get("id"), str):
        return
    plain = dict(data)
    if kind == "AZTenant":
        plain["id"] = data["id"].rpartition("/")[2]
        found.tenant = found.tenant or plain["id"].lower()
    found.object(collection, plain, {})


def _relation(kind: str, data: Mapping[str, Any], found: Found, applications: Mapping[str, str]) -> None:
    collection, owner, name, wrapped = _RELATIONS[kind]
    told = _NAMES.get(name, name)
    found.asked[(GRAPH, f"{collection}/{told}")] = None
    whose = data.get(owner)
    if not isinstance(whose, str):
        return
    if collection == "applications":
        whose = applications.get(whose.lower(), whose)
    listed = [one.get(wrapped, one) for one in data.get(name) or () if isinstance(one, Mapping)]
    found.object(collection, {"id": whose}, {told: listed})


def _resource(row: Mapping[str, Any], found: Found) -> None:
    plain = dict(row)
    identifier = plain.get("id")
    if not isinstance(identifier, str):
        return
    if "/" not in identifier.strip("/") and plain["type"].endswith("subscriptions"):
        plain["id"] = f"/subscriptions/{identifier.strip('/')}"
    if not isinstance(plain.get("type"), str) or "/" not in plain["type"]:
        return
    found.resource(plain, from_table=False)


def _grants(data: Mapping[str, Any], found: Found) -> None:
    found.asked[("authorization", "roleassignments")] = None
    for raw in _assignments(data):
        properties = raw["properties"]
        identifier = (
            raw.get("id")
            or f"{properties.get('scope', '')}/{properties['principalId']}/{properties['roleDefinitionId']}"
        )
        row = {"type": "Microsoft.Authorization/roleAssignments", "name": raw.get("name"), "id": identifier}
        found.resource({**row, "properties": properties}, from_table=False)


def _assignments(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every role assignment inside an item, whatever wraps it."""
    if isinstance(value, list):
        for one in value:
            yield from _assignments(one)
    elif isinstance(value, Mapping):
        properties = value.get("properties")
        if (
            isinstance(properties, Mapping)
            and "roleDefinitionId" in properties
            and "principalId" in properties
        ):
            yield value
            return
        for one in value.values():
            yield from _assignments(one)


def _directory_roles(data: Mapping[str, Any], found: Found) -> None:
    collection = "roleManagement/directory/roleAssignments"
    found.asked[(GRAPH, collection)] = None
    for raw in data.get("roleAssignments") or ():
        if isinstance(raw, Mapping) and isinstance(raw.get("id"), str):
            found.object(collection, {"roleDefinitionId": data.get("roleDefinitionId"), **raw}, {})


def _eligible(data: Mapping[str, Any], found: Found) -> None:
    collection = "roleManagement/directory/roleEligibilityScheduleInstances"
    found.asked[(GRAPH, collection)] = None
    if isinstance(data.get("id"), str):
        found.object(collection, data, {})


def _app_role(data: Mapping[str, Any], found: Found) -> None:
    found.asked[(GRAPH, "servicePrincipals/appRoleAssignments")] = None
    if isinstance(data.get("principalId"), str):
        found.object("servicePrincipals", {"id": data["principalId"]}, {"appRoleAssignments": [data]})


def _device_owner(data: Mapping[str, Any], found: Found) -> None:
    found.asked[(GRAPH, "devices/registeredOwners")] = None


_OTHERS: Final[Mapping[str, Callable[[Mapping[str, Any], Found], None]]] = {
    "AZRoleAssignment": _directory_roles,
    "AZRoleEligibilityScheduleInstance": _eligible,
    "AZAppRoleAssignment": _app_role,
    "AZDeviceOwner": _device_owner,
}
