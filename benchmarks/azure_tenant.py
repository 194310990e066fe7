"""A seeded generator of one Azure tenant whose role assignments all differ, as Resource Graph and Microsoft Graph export it.

Assignments lie at a management group, subscriptions, resource groups, storage accounts, containers, vaults and other resources,
a role each for one of many people, groups, applications and managed identities, a quarter of the readers of blobs conditionally.
A tenth of the roles are a customer's own. Groups hold people and groups. Few may do much; a deny assignment stands on one resource
group in twenty, a lock on one in ten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

TENANT = "10000000-0000-0000-0000-000000000001"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_AUTHORIZATION = "providers/Microsoft.Authorization"
_GROUP = f"/providers/Microsoft.Management/managementGroups/{TENANT}"
_PAGE = "https://graph.microsoft.com/v1.0/$metadata#"
_READER, _MONITORING, _TAGS = (
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
    "4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
)
_BLOB_READER, _BLOB_CONTRIBUTOR, _BLOB_OWNER = (
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
)
_KEY_OPERATOR, _CONTRIBUTOR, _OWNER, _MACHINES, _SECRETS, _COGNITIVE = (
    "81a9662b-bebf-436f-a333-f67b29880f12",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "4633458b-17de-408a-b874-0445c86b69e6",
    "a97b65f3-24c7-4388-baec-2e87135dc908",
)
_WIDE = ((_READER, 60), (_MONITORING, 40), (_TAGS, 20), (_COGNITIVE, 20))
_OF_GROUPS = (*_WIDE, (_BLOB_READER, 3), (_MACHINES, 2), (_CONTRIBUTOR, 1), (_OWNER, 1))
_OF_STORES = (
    (_READER, 20),
    (_BLOB_READER, 20),
    (_BLOB_CONTRIBUTOR, 8),
    (_BLOB_OWNER, 2),
    (_KEY_OPERATOR, 1),
)
_OF_OTHERS = (*_WIDE, (_SECRETS, 10))
_OWN = (
    (["Microsoft.Storage/storageAccounts/read"], [f"{_BLOBS}/{what}" for what in ("read", "write")]),
    (["Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/restart/action"], []),
    (["Microsoft.Insights/*/read"], []),
    (["Microsoft.Storage/storageAccounts/blobServices/containers/read"], []),
)  # fmt: skip


class Tenant:
    """One tenant.

    Args:
        assignments: at all scopes together.
        scopes: at which they are made, containers among them.
        stores: containers.
    """

    def __init__(self, assignments: int, scopes: int, stores: int, seed: int = 1) -> None:
        self._random = Random(seed)
        self._assignments = assignments
        self._subscriptions = [_id(1, number) for number in range(max(2, scopes // 100))]
        self._groups = [
            f"/subscriptions/{self._subscriptions[number % len(self._subscriptions)]}/resourceGroups/rg-{number}"
            for number in range(max(4, scopes // 10))
        ]
        self._accounts = [
            f"{self._groups[number % len(self._groups)]}/providers/Microsoft.Storage/storageAccounts/acct{number}"
            for number in range(max(1, stores // 2))
        ]
        self._containers = [
            f"{self._accounts[number % len(self._accounts)]}/blobServices/default/containers/c{number}"
            for number in range(stores)
        ]
        self.stores = [
            f"https://acct{number % len(self._accounts)}.blob.core.windows.net/c{number}"
            for number in range(stores)
        ]
        rest = (
            scopes - 1 - sum(map(len, (self._subscriptions, self._groups, self._accounts, self._containers)))
        )
        self._machines = [
            f"{self._groups[number % len(self._groups)]}/providers/Microsoft.Compute/virtualMachines/vm-{number}"
            for number in range(rest // 2)
        ]
        self._vaults = [
            f"{self._groups[number % len(self._groups)]}/providers/Microsoft.KeyVault/vaults/kv-{number}"
            for number in range(rest - len(self._machines))
        ]
        self._users = [_id(2, number) for number in range(max(20, assignments // 4))]
        self._teams = [_id(3, number) for number in range(max(4, assignments // 60))]
        self._applications = [_id(4, number) for number in range(max(4, assignments // 40))]
        self._identities = [_id(5, number) for number in range(len(self._machines))]
        self._roles = [_id(6, number) for number in range(max(4, assignments // 400))]

    def write(self, folder: Path) -> list[Path]:
        """The export as files."""
        documents: list[Any] = [
            [*self._scopes(), *self._defined(), *self._assigned()],
            [*self._stored(), *self._denied()],
            *self._directory(),
        ]
        found = []
        for number, document in enumerate(documents):
            found.append(folder / f"export-{number:02d}.json")
            found[-1].write_text(json.dumps(document), encoding="utf-8")
        return found

    # What there is

    def _scopes(self) -> Iterator[dict[str, Any]]:
        chain = [{"name": TENANT, "displayName": "Tenant Root Group"}]
        for one in self._subscriptions:
            properties: dict[str, Any] = {"state": "Enabled", "managementGroupAncestorsChain": chain}
            yield _row(f"/subscriptions/{one}", "Microsoft.Resources/subscriptions", properties)
        for one in self._groups:
            yield _row(one, "Microsoft.Resources/subscriptions/resourceGroups", {})
        for number, one in enumerate(self._accounts):
            closed = number % 7 == 0
            networks = {
                "defaultAction": "Deny" if closed else "Allow",
                "bypass": "None",
                "ipRules": [],
                "virtualNetworkRules": [],
            }
            properties = {
                "allowBlobPublicAccess": False, "allowSharedKeyAccess": number % 3 == 0, "publicNetworkAccess": "Enabled",
                "networkAcls": networks, "isHnsEnabled": False, "isSftpEnabled": False, "isLocalUserEnabled": False,
                "primaryEndpoints": {"blob": f"https://{one.rpartition('/')[2]}.blob.core.windows.net/"},
                "encryption": {"keySource": "Microsoft.Storage"},
            }  # fmt: skip
            yield _row(one, "Microsoft.Storage/storageAccounts", properties, kind="StorageV2")
        for one, identity in zip(self._machines, self._identities, strict=True):
            held = {"type": "SystemAssigned", "principalId": identity}
            yield _row(
                one, "Microsoft.Compute/virtualMachines", {"vmId": one.rpartition("/")[2]}, identity=held
            )
        for one in self._vaults:
            yield _row(
                one, "Microsoft.KeyVault/vaults", {"enableRbacAuthorization": True, "accessPolicies": []}
            )

    def _stored(self) -> Iterator[dict[str, Any]]:
        for one in self._containers:
            yield _resource(
                one, "Microsoft.Storage/storageAccounts/blobServices/containers", {"publicAccess": "None"}
            )

    def _denied(self) -> Iterator[dict[str, Any]]:
        for number, one in enumerate(self._groups):
            if number % 10 == 0:
                lock = {"level": "CanNotDelete"}
                yield _resource(f"{one}/{_AUTHORIZATION}/locks/keep", "Microsoft.Authorization/locks", lock)
            if number % 20 == 0:
                blocked = {
                    "actions": [],
                    "notActions": [],
                    "dataActions": ["*/blobs/write"],
                    "notDataActions": [],
                }
                properties = {
                    "denyAssignmentName": f"keep-{number}", "scope": one, "permissions": [blocked],
                    "principals": [{"id": one, "type": "User"} for one in self._users[:30]], "excludePrincipals": [],
                }  # fmt: skip
                yield _resource(
                    f"{one}/{_AUTHORIZATION}/denyAssignments/{_id(7, number)}",
                    "Microsoft.Authorization/denyAssignments",
                    properties,
                )

    # Who may do what

    def _defined(self) -> Iterator[dict[str, Any]]:
        for number, role in enumerate(self._roles):
            actions, data = _OWN[number % len(_OWN)]
            permission = {"actions": actions, "notActions": [], "dataActions": data, "notDataActions": []}
            properties = {
                "roleName": f"own {number}", "type": "CustomRole", "assignableScopes": [_GROUP], "permissions": [permission],
            }  # fmt: skip
            yield _row(
                f"/{_AUTHORIZATION}/roleDefinitions/{role}",
                "Microsoft.Authorization/roleDefinitions",
                properties,
            )

    def _assigned(self) -> Iterator[dict[str, Any]]:
        scopes = [
            (_GROUP, _WIDE),
            *((f"/subscriptions/{one}", _OF_GROUPS[:5]) for one in self._subscriptions),
            *((one, _OF_GROUPS) for one in self._groups),
            *((one, _OF_STORES) for one in (*self._accounts, *self._containers)),
            *((one, _OF_OTHERS) for one in (*self._machines, *self._vaults)),
        ]
        each, more = divmod(self._assignments, len(scopes))
        for number, (scope, roles) in enumerate(scopes):
            for inner in range(each + (number < more)):
                yield self._assignment(scope, roles, f"{number:05d}-{inner:05d}")

    def _assignment(self, scope: str, roles: tuple[tuple[str, int], ...], number: str) -> dict[str, Any]:
        random = self._random
        role = random.choices([name for name, _ in roles], [weight for _, weight in roles])[0]
        if random.random() < 0.1:
            role = random.choice(self._roles)
        kind, ids = random.choices(
            (("User", self._users), ("Group", self._teams), ("ServicePrincipal", self._applications),
             ("ServicePrincipal", self._identities)),
            (6, 2, 2, 1),
        )[0]  # fmt: skip
        properties: dict[str, Any] = {
            "principalId": random.choice(ids), "principalType": kind, "scope": scope,
            "roleDefinitionId": f"/{_AUTHORIZATION}/roleDefinitions/{role}",
        }  # fmt: skip
        if role in (_BLOB_READER, _BLOB_CONTRIBUTOR) and random.random() < 0.25:
            path = f"@Resource[{_BLOBS}:path] StringLike 'part-{random.randrange(40)}/*'"
            properties |= {
                "condition": f"((!(ActionMatches{{'{_BLOBS}/read'}})) OR ({path}))",
                "conditionVersion": "2.0",
            }
        id = f"{scope}/{_AUTHORIZATION}/roleAssignments/{number}"
        return _row(id, "Microsoft.Authorization/roleAssignments", properties)

    # The directory

    def _directory(self) -> Iterator[dict[str, Any]]:
        people = [
            {"id": one, "displayName": f"user {number}", "userPrincipalName": f"u{number}@example.org", "userType": "Member",
             "accountEnabled": True}
            for number, one in enumerate(self._users)
        ]  # fmt: skip
        teams = [
            {"id": one, "displayName": f"team {number}", "securityEnabled": True}
            for number, one in enumerate(self._teams)
        ]
        applications = [
            {"id": _id(8, number), "appId": _id(9, number), "displayName": f"app {number}"}
            for number in range(len(self._applications))
        ]
        services = [
            {"id": one, "appId": _id(9, number), "displayName": f"app {number}", "servicePrincipalType": "Application",
             "appOwnerOrganizationId": TENANT}
            for number, one in enumerate(self._applications)
        ]  # fmt: skip
        services += [
            {
                "id": one,
                "appId": _id(10, number),
                "displayName": f"vm {number}",
                "servicePrincipalType": "ManagedIdentity",
            }
            for number, one in enumerate(self._identities)
        ]
        pages = {
            "organization": [{"id": TENANT, "displayName": "made up"}], "users": people, "groups": teams,
            "groups(id,displayName,members())": [*self._memberships()], "applications": applications,
            "applications(id,appId,owners())": [*self._owners()], "servicePrincipals": services,
            **{name: [] for name in _EMPTY},
        }  # fmt: skip
        for name, objects in pages.items():
            yield {"@odata.context": _PAGE + name, "value": objects}

    def _memberships(self) -> Iterator[dict[str, Any]]:
        for number, one in enumerate(self._teams):
            held = [
                {"@odata.type": "#microsoft.graph.user", "id": who}
                for who in self._random.sample(
                    self._users, min(len(self._users), self._random.randint(2, 12))
                )
            ]
            if number % 9 == 0 and number + 1 < len(self._teams):
                held.append({"@odata.type": "#microsoft.graph.group", "id": self._teams[number + 1]})
            yield {"id": one, "displayName": f"team {number}", "members": held}

    def _owners(self) -> Iterator[dict[str, Any]]:
        for number in range(len(self._applications)):
            owner = {"@odata.type": "#microsoft.graph.user", "id": self._random.choice(self._users)}
            yield {
                "id": _id(8, number),
                "appId": _id(9, number),
                "owners": [owner] if number % 5 == 0 else [],
            }


_EMPTY = (
    "groups(id,displayName,owners())", "applications(id,appId,federatedIdentityCredentials())",
    "servicePrincipals(id,appId,owners())", "servicePrincipals(id,appId,appRoleAssignments())",
    "roleManagement/directory/roleAssignments", "roleManagement/directory/roleDefinitions",
    "roleManagement/directory/roleEligibilityScheduleInstances", "directory/administrativeUnits(members())",
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
)  # fmt: skip


def _id(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-0000-0000-{number:012d}"


def _row(id: str, type: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**_resource(id, type.lower(), properties), "tenantId": TENANT, "location": "westeurope", **more}


def _resource(id: str, type: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "name": id.rpartition("/")[2], "type": type, "properties": properties}
