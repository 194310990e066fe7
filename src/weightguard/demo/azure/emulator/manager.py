"""Resource Manager, Resource Graph, and the part of a vault that tells how its keys rotate and are released.

Sources: Azure REST reference, "Resources" (Resource Graph), "Subscriptions - List", "Descendants", "Permissions", "Role
Assignments - List For Subscription", "Get Key Rotation Policy", "Get Key"; each listing under its resource provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from weightguard.demo.azure.emulator.tenant import Refused, Tenant, Thing, demand, may

_TABLES: Final[Mapping[str, str]] = {
    "microsoft.security/pricings": "securityresources",
    "microsoft.authorization/roleassignments": "authorizationresources",
    "microsoft.authorization/roledefinitions": "authorizationresources",
    "microsoft.authorization/policyassignments": "policyresources",
    "microsoft.authorization/policydefinitions": "policyresources",
    "microsoft.authorization/policysetdefinitions": "policyresources",
    "microsoft.management/managementgroups": "resourcecontainers",
    "microsoft.resources/subscriptions": "resourcecontainers",
    "microsoft.resources/subscriptions/resourcegroups": "resourcecontainers",
    "microsoft.managedservices/registrationassignments": "managedservicesresources",
    "microsoft.managedservices/registrationdefinitions": "managedservicesresources",
}
"""Type of a resource -> the table that holds it, where that is not ``resources``."""
_INHERITED: Final = frozenset({"authorizationresources", "policyresources"})
"""Tables whose rows above the subscriptions are told to who asks for them."""
_COLUMNS: Final = frozenset({"tenantId", "subscriptionId", "resourceGroup"})
_DENIED: Final = "AuthorizationFailed"
_DEFINITIONS: Final = "/providers/Microsoft.Authorization/roleDefinitions/own"
_TENANT_POLICY: Final = "/providers/microsoft.subscription/policies/default"
_KEY_READ: Final = "microsoft.keyvault/vaults/keys/read"
_ROTATION_READ: Final = "microsoft.keyvault/vaults/keyrotationpolicies/read"
_KEYS: Final = re.compile(r"/microsoft\.keyvault/(vaults|managedhsms)/[^/]+/keys$")


def query(tenant: Tenant, asked: Mapping[str, Any]) -> Thing:
    """The rows of a table that a query names by their types, a page of them."""
    demand("Microsoft.ResourceGraph/resources/read", tenant.actions, _DENIED)
    table = asked["query"].partition(" |")[0]
    kinds = set(re.findall(r"'([^']+/[^']+)'", asked["query"]))
    scopes = [f"/subscriptions/{one}".lower() for one in asked["subscriptions"]]
    options = asked["options"]
    above = table in _INHERITED and options.get("authorizationScopeFilter") == "AtScopeAboveAndBelow"
    rows = [
        one
        for one in tenant.rows()
        if _TABLES.get(one["type"].lower(), "resources") == table
        and (one["type"].lower() in kinds or (table == "resources" and one.get("identity")))
        and may(f"{one['type']}/read", tenant.actions)
        and _within(one["id"].lower(), scopes, above)
    ]
    rows.sort(key=lambda one: one["id"].lower())
    start = int(options.get("$skipToken") or 0)
    end = start + min(options["$top"], tenant.page)
    found = {"totalRecords": len(rows), "count": len(rows[start:end]), "data": rows[start:end]}
    return found | ({"$skipToken": str(end)} if end < len(rows) else {})


def _within(id: str, scopes: Sequence[str], above: bool) -> bool:
    """Whether a row is told for some subscriptions; where what is above them is asked for, that too."""
    inside = any(id == one or id.startswith(f"{one}/") for one in scopes)
    return inside or (above and not id.startswith("/subscriptions/"))


def resources(tenant: Tenant, base: str, path: str, asked: Mapping[str, str]) -> Thing:
    """A resource or a listing, by its path."""
    if "api-version" not in asked:
        raise Refused(400, "MissingApiVersionParameter")
    low = path.lower()
    if low == "/subscriptions":
        return _page(tenant, base, [_subscription(tenant, one) for one in _seen(tenant)], path, asked)
    if low.endswith("/descendants"):
        return _page(tenant, base, _descendants(tenant, low), path, asked)
    if low == _TENANT_POLICY:
        demand("Microsoft.Subscription/Policies/default/read", tenant.actions, _DENIED)
        return next(
            (one for one in tenant.resources() if one["id"].lower() == low), {"id": path, "properties": {}}
        )
    demand(f"{_type_of(low)}/read", tenant.actions, _DENIED)
    own = f"/subscriptions/{next(tenant.subscriptions(), '')}{_DEFINITIONS}"
    permissions = {"actions": list(tenant.actions), "notActions": []}
    if low == own.lower():
        return {"id": own, "properties": {"permissions": [permissions]}}
    if asked.get("$filter") == f"assignedTo('{tenant.principal}')":
        held = {"roleDefinitionId": own, "scope": tenant.own_scope, "principalId": tenant.principal}
        return _page(tenant, base, [{"id": "own", "properties": held}], path, asked)
    if low.endswith("/microsoft.authorization/permissions"):
        return _page(tenant, base, [permissions], path, asked)
    return _resource(tenant, base, path, asked)


def _seen(tenant: Tenant) -> list[str]:
    return [one for one in tenant.subscriptions() if one not in tenant.unseen]


def _subscription(tenant: Tenant, id: str) -> Thing:
    named = {"displayName": id, "state": "Enabled", "tenantId": tenant.id}
    return {"id": f"/subscriptions/{id}", "subscriptionId": id, **named}


def _descendants(tenant: Tenant, path: str) -> list[Thing]:
    """The subscriptions below a management group."""
    demand("Microsoft.Management/managementGroups/descendants/read", tenant.actions, _DENIED)
    group = path.split("/")[-2]
    found = []
    for one in tenant.rows():
        if one["type"].lower() == "microsoft.resources/subscriptions":
            above = one["properties"].get("managementGroupAncestorsChain", ())
            if any(each["name"].lower() == group for each in above):
                found.append(
                    {"id": one["id"], "name": one["id"].rpartition("/")[2], "type": "/subscriptions"}
                )
    if not found:
        raise Refused(404, "NotFound")
    return found


def _type_of(path: str) -> str:
    """The type of resource that a path of Resource Manager is about."""
    if "/providers/" not in path:
        return "microsoft.resources/subscriptions"
    parts = path.rpartition("/providers/")[2].split("/")
    return "/".join([parts[0], *parts[1::2]])


def _resource(tenant: Tenant, base: str, path: str, asked: Mapping[str, str]) -> Thing:
    low = path.lower()
    everything = tenant.resources()
    own = next((one for one in everything if one["id"].lower() == low), None)
    if own is not None:
        return managed(own)
    if low.endswith("/managementpolicies/default"):
        raise Refused(404, "ManagementPolicyNotFound")
    set_on = re.fullmatch(r"(/subscriptions/[^/]+)/providers/([\w.]+/\w+)", low)
    if set_on:
        found = [
            one
            for one in everything
            if one["type"].lower() == set_on[2] and one["id"].lower().startswith(set_on[1])
        ]
    else:
        found = [one for one in everything if one["id"].lower().rpartition("/")[0] == low]
    if _KEYS.search(low):
        # A listing of vaults gives less of a key than the key itself.
        found = [
            {**one, "properties": {"attributes": one["properties"].get("attributes", {})}} for one in found
        ]
    return _page(tenant, base, [managed(one) for one in found], path, asked)


def managed(one: Thing) -> Thing:
    """A resource as Resource Manager tells it: without the columns that tables add."""
    added = _COLUMNS | ({"location"} if one["type"].lower().startswith("microsoft.authorization/") else set())
    return {name: value for name, value in one.items() if name not in added}


def _page(tenant: Tenant, base: str, rows: Sequence[Thing], path: str, asked: Mapping[str, str]) -> Thing:
    start = int(asked.get("skip", 0))
    end = start + tenant.page
    more = {"nextLink": f"{base}/arm{path}?api-version=x&skip={end}"} if end < len(rows) else {}
    return {"value": rows[start:end], **more}


def vault(tenant: Tenant, path: str) -> Thing:
    """A key of a vault, or when it rotates, as the vault itself tells it."""
    if path.endswith("/rotationpolicy"):
        demand(_ROTATION_READ, tenant.data, "Forbidden")
        return tenant.rotation.get(path.split("/")[-2], {"id": path, "lifetimeActions": []})
    demand(_KEY_READ, tenant.data, "Forbidden")
    immutable = path.rpartition("/")[2] in tenant.immutable
    return {"key": {"kid": path}, "release_policy": {"immutable": immutable}}
