"""Microsoft Graph: the collections of a directory, with what of them a page shows.

Source: Microsoft Graph v1.0 reference, each listing with its least privileged permission; "Use query parameters" (``$expand``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from weightguard.demo.azure.emulator.tenant import Refused, Tenant, Thing, demand

PERMISSIONS: Final[Mapping[str, str]] = {
    "organization": "Organization.Read.All",
    "users": "User.Read.All",
    "groups": "GroupMember.Read.All",
    "applications": "Application.Read.All",
    "servicePrincipals": "Application.Read.All",
    "directory/administrativeUnits": "AdministrativeUnit.Read.All",
    "roleManagement/directory/roleAssignments": "RoleManagement.Read.Directory",
    "roleManagement/directory/roleDefinitions": "RoleManagement.Read.Directory",
    "roleManagement/directory/roleEligibilityScheduleInstances": "RoleEligibilitySchedule.Read.Directory",
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "identity/conditionalAccess/policies": "Policy.Read.All",
    "policies/authorizationPolicy": "Policy.Read.All",
}
"""Collection -> what reads it."""
_PAGE: Final = "https://graph.microsoft.com/v1.0/$metadata#"
_POLICY: Final = {
    "id": "authorizationPolicy",
    "allowInvitesFrom": "everyone",
    "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
}
"""What a tenant says of its guests where nobody set anything."""
_BY_NAME: Final = ("signInActivity",)
"""Properties that are told only to who asks for them by name."""
_RELATIONS: Final = ("members", "owners", "appRoleAssignments", "federatedIdentityCredentials")
_EXPANDED: Final = 20
"""Entries that an expansion gives at most."""


def answer(tenant: Tenant, base: str, path: str, query: Mapping[str, str]) -> Thing:
    """A collection, or what stands in a relation of one of its objects, a page of it."""
    if (query.get("$select") or "") == "id,signInActivity":
        demand("AuditLog.Read.All", tenant.graph, "Authorization_RequestDenied")
        return _activity(tenant, base, path, query)
    name = next((one for one in PERMISSIONS if path == one or path.startswith(f"{one}/")), None)
    if name is None:
        raise Refused(404, "Request_ResourceNotFound")
    demand(PERMISSIONS[name], tenant.graph, "Authorization_RequestDenied")
    objects = tenant.collection(name)
    if name.startswith("policies/"):
        return next(iter(objects), _POLICY)
    rest = path.removeprefix(name).strip("/")
    if rest:
        return _page(tenant, base, _related(objects, rest), path, query)
    found = [_shown(one, query.get("$expand")) for one in objects]
    if "eligibilityScheduleInstances" in name:
        match = re.fullmatch(r"groupId eq '(.+)'", query.get("$filter", ""))
        if match is None:
            raise Refused(400, "MissingFilter")
        found = [one for one in found if one.get("groupId") == match[1]]
    return _page(tenant, base, found, path, query)


def _activity(tenant: Tenant, base: str, path: str, query: Mapping[str, str]) -> Thing:
    """When people last signed in: one of them, or a page of all."""
    held = [
        {"id": one["id"], "signInActivity": one.get("signInActivity")} for one in tenant.collection("users")
    ]
    told = [{name: value for name, value in one.items() if value is not None} for one in held]
    id = path.removeprefix("users").strip("/")
    if not id:
        return _page(tenant, base, told, path, query)
    found = next((one for one in told if one["id"].lower() == id.lower()), None)
    if found is None:
        raise Refused(404, "Request_ResourceNotFound")
    return found


def _related(objects: Sequence[Thing], rest: str) -> list[Any]:
    id, _, relation = rest.partition("/")
    for one in objects:
        if one["id"] == id:
            return list(one.get(relation, ()))
    raise Refused(404, "Request_ResourceNotFound")


def _page(tenant: Tenant, base: str, rows: Sequence[Thing], path: str, query: Mapping[str, str]) -> Thing:
    start = int(query.get("$skiptoken", 0))
    end = start + tenant.page
    kept = "".join(f"&{name}={query[name]}" for name in ("$expand", "$filter", "$select") if name in query)
    link = f"{base}/msgraph/v1.0/{path}?$skiptoken={end}{kept}".replace(" ", "%20")
    more = {"@odata.nextLink": link} if end < len(rows) else {}
    return {"@odata.context": _PAGE + path, "value": rows[start:end], **more}


def _shown(one: Mapping[str, Any], expand: str | None) -> Thing:
    """An object as a listing shows it: without its relations but the one that is expanded, of which twenty at most."""
    found = {name: value for name, value in one.items() if name not in (*_RELATIONS, *_BY_NAME)}
    return found | ({expand: list(one.get(expand, []))[:_EXPANDED]} if expand else {})
