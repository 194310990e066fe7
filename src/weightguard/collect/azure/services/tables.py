"""Resource Graph: all resources of the kinds that bear on weights in a few queries, whatever subscription they lie in.

Resource Graph leaves out what the caller may not read and says nothing of it. So every subscription is asked which permissions the
caller has there (`sight`): a kind that it may not read everywhere in a subscription is written down as denied.

Which management groups hold a subscription stands in the subscription's own row.

Sources: Azure Resource Graph documentation, "Supported tables and resources", "Work with large data sets", "Guidance for throttled
requests", "Understanding the query language" (scope of queries: ``authorizationScopeFilter``); REST reference, "Resources".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from weightguard.collect.azure.caller import Caller, Place
from weightguard.collect.azure.kinds import operation_of
from weightguard.collect.azure.route import QUERIED, Route, listing, single
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.exports.azure.kinds import table_of

SERVICE: Final = "resourcegraph"
MOST_SUBSCRIPTIONS: Final = 1_000
"""Subscriptions that one query takes."""
PAGE: Final = 1_000
_TOO_MUCH: Final = "ResponsePayloadTooLarge"
_INHERITED: Final = frozenset({"authorizationresources", "policyresources"})
"""Tables of what is set on management groups too and counts below: told only to who asks for what is above."""
_VERSION: Final = "2022-10-01"
_DEFINED: Final = "policyresources"
"""The table that holds the provider's own definitions, by the thousand: they are known by their ids."""

KINDS: Final[Mapping[str, str]] = {
    "Microsoft.Authorization/roleAssignments": "who has which role where",
    "Microsoft.Authorization/roleDefinitions": "what the roles allow",
    "Microsoft.Authorization/policyAssignments": "policies that act with an identity of their own",
    "Microsoft.Authorization/policyDefinitions": "what policies of one's own refuse",
    "Microsoft.Authorization/policySetDefinitions": "what sets of policies of one's own refuse",
    "Microsoft.Resources/subscriptions": "the subscriptions and what they lie in",
    "Microsoft.Resources/subscriptions/resourceGroups": "the resource groups",
    "Microsoft.ManagedServices/registrationAssignments": "other tenants that manage these subscriptions",
    "Microsoft.ManagedServices/registrationDefinitions": "what other tenants may do here",
    "Microsoft.Storage/storageAccounts": "storage accounts that hold weights, their keys, networks and encryption",
    "Microsoft.KeyVault/vaults": "vaults, and whom they let at the keys of weights",
    "Microsoft.KeyVault/managedHSMs": "managed HSMs with the keys of weights",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "identities that code runs as",
    "Microsoft.Compute/virtualMachines": "virtual machines that act as an identity that reads weights",
    "Microsoft.Compute/virtualMachines/extensions": "code that is run on virtual machines",
    "Microsoft.Compute/virtualMachineScaleSets": "scale sets that act as an identity that reads weights",
    "Microsoft.Compute/disks": "disks that hold copies of weights",
    "Microsoft.Compute/snapshots": "snapshots of disks that hold weights",
    "Microsoft.Compute/diskEncryptionSets": "keys that disks with weights are encrypted with",
    "Microsoft.Compute/images": "images made of disks that hold weights",
    "Microsoft.Compute/galleries": "galleries that share images",
    "Microsoft.Compute/galleries/images/versions": "versions of images that are shared",
    "Microsoft.ContainerService/managedClusters": "clusters whose pods act as an identity that reads weights",
    "Microsoft.Web/sites": "apps and functions that act as an identity that reads weights",
    "Microsoft.Web/sites/slots": "slots of apps that act as an identity that reads weights",
    "Microsoft.App/containerApps": "container apps that act as an identity that reads weights",
    "Microsoft.App/managedEnvironments": "whether requests from the internet arrive at container apps",
    "Microsoft.App/sessionPools": "sandboxes for code that a model wrote",
    "Microsoft.App/jobs": "container jobs that act as an identity that reads weights",
    "Microsoft.ContainerInstance/containerGroups": "container groups that act as an identity that reads weights",
    "Microsoft.ContainerRegistry/registries": "registries whose images run beside weights",
    "Microsoft.ContainerRegistry/registries/tasks": "registry tasks that act as an identity that reads weights",
    "Microsoft.MachineLearningServices/workspaces": "machine learning workspaces that read weights",
    "Microsoft.MachineLearningServices/workspaces/onlineEndpoints": "endpoints that serve weights",
    "Microsoft.MachineLearningServices/workspaces/batchEndpoints": "batch endpoints that serve weights",
    "Microsoft.CognitiveServices/accounts": "AI services that hold or read weights",
    "Microsoft.CognitiveServices/accounts/projects": "projects whose agents run code that a model wrote",
    "Microsoft.NetApp/netAppAccounts/capacityPools/volumes": "file systems that hosts mount",
    "Microsoft.StorageCache/amlFilesystems": "file systems that hosts mount",
    "Microsoft.Search/searchServices": "search services that act as an identity that reads weights",
    "Microsoft.Automation/automationAccounts": "automation that acts as an identity that reads weights",
    "Microsoft.Automation/automationAccounts/runbooks": "runbooks that act as an identity that reads weights",
    "Microsoft.Logic/workflows": "logic apps that act as an identity that reads weights",
    "Microsoft.DataFactory/factories": "data factories that copy weights",
    "Microsoft.Synapse/workspaces": "Synapse workspaces that read weights",
    "Microsoft.Databricks/workspaces": "Databricks workspaces that read weights",
    "Microsoft.Databricks/accessConnectors": "identities that Databricks reads weights as",
    "Microsoft.Batch/batchAccounts": "batch accounts that read weights",
    "Microsoft.Resources/deploymentScripts": "deployment scripts that act as an identity that reads weights",
    "Microsoft.HybridCompute/machines": "machines of one's own that act as an identity that reads weights",
    "Microsoft.HybridCompute/machines/extensions": "code that is run on machines of one's own",
    "Microsoft.DataProtection/backupVaults": "backup vaults with copies of weights",
    "Microsoft.RecoveryServices/vaults": "recovery vaults with copies of disks that hold weights",
    "Microsoft.Network/virtualNetworks": "networks that hosts with weights stand in",
    "Microsoft.Network/networkInterfaces": "which networks hosts with weights stand in, and their public addresses",
    "Microsoft.Network/networkSecurityGroups": "rules by which traffic leaves hosts with weights and comes to them",
    "Microsoft.Network/routeTables": "routes from hosts with weights to the internet",
    "Microsoft.Network/loadBalancers": "public addresses before hosts with weights",
    "Microsoft.Network/networkWatchers/flowLogs": "whether traffic of hosts with weights is logged",
    "Microsoft.Network/serviceEndpointPolicies": "which storage accounts networks with weights reach",
    "Microsoft.Network/privateEndpoints": "private endpoints that lead to weights",
    "Microsoft.Purview/accounts": "Purview accounts that read weights",
    "Microsoft.StorageMover/storageMovers": "storage movers that copy weights",
    "Microsoft.StorageActions/storageTasks": "storage tasks that act on weights",
    "Microsoft.DesktopVirtualization/hostPools": "desktops that reach weights",
    "Microsoft.Security/pricings": "which plans of Defender watch over weights",
    "Microsoft.Sql/servers": "SQL servers that act as an identity that reads weights",
    "Microsoft.Network/networkSecurityPerimeters/resourceAssociations": "perimeters that storage accounts are in",
}  # fmt: skip
"""Kind, as Azure writes it -> what of it could be hidden."""

_VERSIONS: Final[Mapping[str, str]] = {
    "Microsoft.Authorization/policyAssignments": "2023-04-01",
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Authorization/roleDefinitions": "2022-04-01",
    "Microsoft.App/containerApps": "2024-03-01",
    "Microsoft.App/jobs": "2024-03-01",
    "Microsoft.App/managedEnvironments": "2024-03-01",
    "Microsoft.App/sessionPools": "2024-02-02-preview",
    "Microsoft.StorageCache/amlFilesystems": "2024-03-01",
    "Microsoft.Automation/automationAccounts": "2023-11-01",
    "Microsoft.Batch/batchAccounts": "2024-02-01",
    "Microsoft.CognitiveServices/accounts": "2023-05-01",
    "Microsoft.Compute/diskEncryptionSets": "2024-03-02",
    "Microsoft.Compute/disks": "2024-03-02",
    "Microsoft.Compute/images": "2024-03-01",
    "Microsoft.Compute/snapshots": "2024-03-02",
    "Microsoft.Compute/virtualMachines": "2024-03-01",
    "Microsoft.Compute/virtualMachineScaleSets": "2024-03-01",
    "Microsoft.ContainerInstance/containerGroups": "2023-05-01",
    "Microsoft.ContainerRegistry/registries": "2023-07-01",
    "Microsoft.ContainerService/managedClusters": "2024-05-01",
    "Microsoft.DataFactory/factories": "2018-06-01",
    "Microsoft.DataProtection/backupVaults": "2024-04-01",
    "Microsoft.Databricks/accessConnectors": "2024-05-01",
    "Microsoft.Databricks/workspaces": "2024-05-01",
    "Microsoft.HybridCompute/machines": "2022-12-27",
    "Microsoft.KeyVault/managedHSMs": "2023-07-01",
    "Microsoft.KeyVault/vaults": "2023-07-01",
    "Microsoft.Logic/workflows": "2019-05-01",
    "Microsoft.MachineLearningServices/workspaces": "2024-04-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
    "Microsoft.Network/loadBalancers": "2023-11-01",
    "Microsoft.Network/networkInterfaces": "2023-11-01",
    "Microsoft.Network/networkSecurityGroups": "2023-11-01",
    "Microsoft.Network/privateEndpoints": "2023-11-01",
    "Microsoft.Network/routeTables": "2023-11-01",
    "Microsoft.Network/serviceEndpointPolicies": "2023-11-01",
    "Microsoft.Network/virtualNetworks": "2023-11-01",
    "Microsoft.RecoveryServices/vaults": "2024-04-01",
    "Microsoft.Search/searchServices": "2023-11-01",
    "Microsoft.Storage/storageAccounts": "2023-05-01",
    "Microsoft.Synapse/workspaces": "2021-06-01",
    "Microsoft.Web/sites": "2023-12-01",
}
"""Kinds that Resource Manager lists in a whole subscription -> the version of its interface."""
LISTS: Final[Mapping[str, Route]] = {
    kind: listing(kind, f"/subscriptions/{{subscription}}/providers/{kind}", version, KINDS[kind])
    for kind, version in _VERSIONS.items()
}
"""What is asked in Resource Graph's stead, where that does not answer."""
OF_KIND: Final[Mapping[str, Operation]] = {
    kind: LISTS[kind].operation if kind in LISTS else operation_of(kind, hides)
    for kind, hides in KINDS.items()
}
TABLES: Final = tuple(sorted({table_of(kind.lower()) for kind in KINDS}))


def _table(name: str) -> Route:
    operation = Operation(
        SERVICE, name, ("Microsoft.ResourceGraph/resources/read",), f"everything that the table {name} holds",
        required=("data", "totalRecords"), entries=("data",), identity=("id", "type"), paged=True,
    )  # fmt: skip
    path = "/providers/Microsoft.ResourceGraph/resources"
    return Route(operation, "management", path, (("api-version", _VERSION),), "POST", QUERIED)


QUERIES: Final[Mapping[str, Route]] = {name: _table(name) for name in TABLES}
_LISTED: Final = listing(
    "Microsoft.Authorization/permissions", "/subscriptions/{subscription}/providers/Microsoft.Authorization/permissions",
    "2022-04-01", "resources that Resource Graph left out because the caller may not read them",
)  # fmt: skip
SIGHT: Final = replace(_LISTED, operation=replace(_LISTED.operation, identity=(), entries=()))
"""Which permissions the caller has: entries of it have no name."""
_ROLES: Final = listing(
    "Microsoft.Authorization/roleAssignments", "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments",
    "2022-04-01", "which roles the caller has", query=(("$filter", "assignedTo('{principal}')"),),
)  # fmt: skip
_ROLE: Final = single(
    "Microsoft.Authorization/roleDefinitions", "{id}", "2022-04-01", "what the roles of the caller allow"
)
OWN_ROLES: Final = replace(_ROLES, operation=replace(_ROLES.operation, name="roleassignments/own"))
OWN_ROLE: Final = replace(_ROLE, operation=replace(_ROLE.operation, name="roledefinitions/own"))
"""Asked where nothing else says which permissions the caller has."""
ROUTES: Final = (*QUERIES.values(), *LISTS.values(), SIGHT, OWN_ROLES, OWN_ROLE)
OPERATIONS: Final = (*(route.operation for route in ROUTES), *OF_KIND.values())


def query(table: str) -> str:
    """What is asked of a table: its resources of the kinds above, and of the others those with an identity of their own."""
    kinds = ", ".join(f"'{kind.lower()}'" for kind in sorted(KINDS) if table_of(kind.lower()) == table)
    where = f"type in~ ({kinds})" + (" or isnotempty(identity)" if table == "resources" else "")
    if table == _DEFINED:
        where = f"({where}) and (type !endswith 'definitions' or properties.policyType =~ 'Custom')"
    return f"{table} | where {where} | order by id asc"


def rows(caller: Caller, table: str, subscriptions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The rows of a table, as they come; where it does not answer, what Resource Manager lists. A listing that is cut, or holds
    fewer than it says, is written down as failed.
    """
    for start in range(0, len(subscriptions), MOST_SUBSCRIPTIONS):
        yield from _of_some(caller, table, subscriptions[start : start + MOST_SUBSCRIPTIONS], PAGE)


def _of_some(
    caller: Caller, table: str, subscriptions: Sequence[str], size: int
) -> Iterator[Mapping[str, Any]]:
    options: dict[str, Any] = {"$top": size, "resultFormat": "objectArray"}
    if table in _INHERITED:
        options["authorizationScopeFilter"] = "AtScopeAboveAndBelow"
    body = {"subscriptions": list(subscriptions), "query": query(table), "options": options}
    route = QUERIES[table]
    count = total = 0
    last = Answer("ok")
    for last in caller.pages(route, body=body):
        found = last.data.get("data") or []
        count += len(found)
        total = max(total, _number(last.data.get("totalRecords")))
        yield from found
    if last.code == _TOO_MUCH and size > 1:
        yield from _of_some(caller, table, subscriptions, size // 10 or 1)
    elif not last.ok:
        yield from _listed(caller, table, subscriptions)
    elif count < total:
        caller.note(
            route.operation, Answer("failed", code="Truncated", message=f"{count} of {total} rows came")
        )


def _listed(caller: Caller, table: str, subscriptions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """What Resource Manager lists of the kinds in a table, a kind and a subscription at a time."""
    for kind, route in LISTS.items():
        for one in subscriptions if table_of(kind.lower()) == table else ():
            id = f"/subscriptions/{one}"
            answer = caller.ask(route, Place({"subscription": one}, resource=id))
            for entry in answer.data.get("value") or ():
                yield {**entry, "type": kind}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def sight(caller: Caller, subscription: str) -> None:
    """Write down which kinds the caller may not read all over a subscription."""
    id = f"/subscriptions/{subscription}"
    held = permissions(caller, subscription)
    if held is None:
        for route in QUERIES.values():
            unknown = Answer("denied", code="SightUnknown", message="nothing says what may be read")
            caller.note(route.operation, unknown, id)
        return
    for operation in OF_KIND.values():
        missing = [one for one in operation.permissions if not allows(held, one)]
        if missing:
            refused = Answer("denied", code="AuthorizationFailed", message=f"{missing[0]} is not granted")
            caller.note(operation, refused, id)


def permissions(caller: Caller, subscription: str) -> list[Mapping[str, Any]] | None:
    """What the caller may do all over a subscription: as it is told, else by the roles that it has there; None where neither is."""
    id = f"/subscriptions/{subscription}"
    answer = caller.ask(SIGHT, Place({"subscription": subscription}, resource=id))
    if answer.ok:
        return [one for one in answer.data.get("value") or () if isinstance(one, dict)]
    principal = caller.principal()
    if principal is None:
        return None
    roles = caller.ask(OWN_ROLES, Place({"subscription": subscription, "principal": principal}, resource=id))
    if not roles.ok:
        return None
    return [one for role in roles.data.get("value") or () for one in _of_role(caller, id, role)]


def _of_role(caller: Caller, id: str, role: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The permissions of a role, where it is held all over a subscription and without a condition."""
    told = role.get("properties")
    held = told if isinstance(told, dict) else {"scope": "?"}
    scope = str(held.get("scope") or "").rstrip("/").lower()
    above = scope in ("", id.lower()) or scope.startswith("/providers/microsoft.management/managementgroups/")
    definition = held.get("roleDefinitionId")
    if not above or held.get("condition") or not isinstance(definition, str):
        return
    answer = caller.ask(OWN_ROLE, Place({"id": definition}, resource=definition))
    found = answer.data.get("properties")
    for one in (found.get("permissions") if isinstance(found, dict) else None) or ():
        if isinstance(one, dict):
            yield one


def allows(held: Sequence[Mapping[str, Any]], action: str) -> bool:
    """Whether permissions hold an action: one of them allows it, and does not take it away itself."""
    return any(
        _any_of(one.get("actions"), action) and not _any_of(one.get("notActions"), action) for one in held
    )


def _any_of(patterns: Any, action: str) -> bool:
    return any(isinstance(one, str) and _pattern(one).fullmatch(action.lower()) for one in patterns or ())


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.lower().split("*")), re.DOTALL)
