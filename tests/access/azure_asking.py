"""Made-up tenants of Azure in few words, and who can on them: what the tests of its access share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure_exports as az
from weightguard import api
from weightguard.access.model import WhoCan

Ask = Callable[..., WhoCan]


def asking(folder: Path) -> Ask:
    """Who can, by the export of the rows and objects that it is given; exports go below a folder."""
    numbers = iter(range(100))

    def asked(*rows: Any, access: str = "read", store: str = az.STORE, **more: Any) -> WhoCan:
        arm = [az.container(), *more.pop("arm", [])]
        given = [az.account(), *rows] if not any(one["id"] == az.ACCOUNT for one in rows) else list(rows)
        export = az.Export(given, arm, more.pop("objects", {}), tuple(more.pop("without", ())))
        evidence = api.load(az.collected(export, folder / str(next(numbers))))
        return api.who_can(evidence, access, store)

    return asked


def names(found: WhoCan) -> set[str]:
    return {one.principal for one in found.answers}


def reads(number: int, scope: str = az.CONTAINER) -> dict[str, Any]:
    return az.assignment(az.person(number), az.BLOB_READER, scope)


def may(
    number: int, *actions: str, scope: str = az.ACCOUNT, data: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """A role of one's own with these actions, for somebody."""
    name = f"4000000{number}-0000-0000-0000-00000000000{number}"
    return [az.custom_role(name, *actions, data=data), az.assignment(az.person(number), name, scope)]


def machine(principal: int, name: str = "m", **properties: Any) -> dict[str, Any]:
    id = f"{az.GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"
    identity = {"type": "SystemAssigned", "principalId": az.person(principal)}
    return az.row(
        id, "Microsoft.Compute/virtualMachines", properties={"vmId": name, **properties}, identity=identity
    )


def application(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": az.person(number),
        "appId": f"5{az.person(number)[1:]}",
        "displayName": f"app {number}",
        **more,
    }


def service(number: int, **more: Any) -> dict[str, Any]:
    own = application(number + 100)
    return {"id": az.person(number), "appId": own["appId"], "servicePrincipalType": "Application", "accountEnabled": True,
            "appOwnerOrganizationId": az.TENANT, **more}  # fmt: skip


def group(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": az.person(number),
        "displayName": f"group {number}",
        "securityEnabled": True,
        "groupTypes": [],
        **more,
    }


def objects(**more: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Pages by short names."""
    long = {
        "members": "groups(id,displayName,members())", "owners": "groups(id,displayName,owners())",
        "app_owners": "applications(id,appId,owners())", "sp_owners": "servicePrincipals(id,appId,owners())",
        "federated": "applications(id,appId,federatedIdentityCredentials())",
        "app_roles": "servicePrincipals(id,appId,appRoleAssignments())", "roles": "roleManagement/directory/roleAssignments",
        "eligible": "roleManagement/directory/roleEligibilityScheduleInstances",
        "definitions": "roleManagement/directory/roleDefinitions", "units": "directory/administrativeUnits(members())",
        "group_eligible": "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
    }  # fmt: skip
    return {long.get(name, name): each for name, each in more.items()}


def in_group(number: int, *members: int) -> dict[str, Any]:
    return {"id": az.person(number), "members": [{"id": az.person(one)} for one in members]}


def has_role(who: int, role: str, scope: str = "/") -> dict[str, Any]:
    return {
        "id": f"{who}-{role}",
        "principalId": az.person(who),
        "roleDefinitionId": role,
        "directoryScopeId": scope,
    }
