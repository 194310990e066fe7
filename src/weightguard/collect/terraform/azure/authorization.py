"""Roles, locks and what they hold for: management groups, subscriptions, resource groups; eligibility; policies; delegations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.azure.rows import States, flag, texts, without_nothing
from weightguard.collect.terraform.azure.watch import parameters
from weightguard.collect.terraform.state import Resource

_GROUPS: Final = "/providers/Microsoft.Management/managementGroups/"
_OWN: Final = "/providers/Microsoft.Authorization/"


def take(states: States) -> None:
    """Take in what says who may do what where."""
    _scopes(states)
    for item in states.of("azurerm_role_assignment"):
        _assignment(states, item)
    for item in states.of("azurerm_role_definition"):
        _definition(states, item)
    for item in states.of("azurerm_management_lock"):
        states.add(item, "Microsoft.Authorization/locks", {"level": item.text("lock_level")})
    for item in states.of("azurerm_pim_eligible_role_assignment"):
        _scheduled(states, item, "roleEligibilityScheduleInstances")
    for item in states.of("azurerm_pim_active_role_assignment"):
        _scheduled(states, item, "roleAssignmentScheduleInstances")
    _policies(states)
    _delegations(states)


def _scopes(states: States) -> None:
    above: dict[str, str] = {}
    for item in states.of("azurerm_management_group"):
        id = item.text("id") or ""
        parent = item.text("parent_management_group_id")
        details = {"parent": {"id": parent}} if parent else None
        states.add(
            item,
            "Microsoft.Management/managementGroups",
            {"displayName": item.text("display_name"), "details": details},
        )
        above.update(
            {one.rpartition("/")[2].lower(): id for one in texts(item.values.get("subscription_ids"))}
        )
    for item in states.of("azurerm_management_group_subscription_association"):
        name = (item.text("subscription_id") or "").rpartition("/")[2].lower()
        above[name] = item.text("management_group_id") or ""
    told: set[str] = set()
    for item in states.of("azurerm_subscription"):
        id = item.text("subscription_id") or (item.text("id") or "").rpartition("/")[2]
        told.add(id.lower())
        _subscription(states, item, id, above.get(id.lower()))
    for id, parent in above.items():
        if id not in told:
            states.found.resource(_subscription_row(id, parent), from_table=False)
    for item in states.of("azurerm_resource_group"):
        states.add(
            item, "Microsoft.Resources/subscriptions/resourceGroups", {}, managedBy=item.text("managed_by")
        )


def _subscription(states: States, item: Resource, id: str, parent: str | None) -> None:
    row = _subscription_row(id, parent)
    row["name"] = item.text("display_name") or item.text("subscription_name") or id
    row["tenantId"] = item.text("tenant_id")
    row["properties"]["state"] = item.text("state") or "Enabled"
    states.found.resource(row, from_table=False)


def _subscription_row(id: str, parent: str | None) -> dict[str, Any]:
    chain = [{"name": parent.rpartition("/")[2]}] if parent else None
    properties = without_nothing({"managementGroupAncestorsChain": chain})
    return {
        "id": f"/subscriptions/{id}",
        "name": id,
        "type": "Microsoft.Resources/subscriptions",
        "properties": properties,
    }


def _assignment(states: States, item: Resource) -> None:
    properties = {
        "principalId": item.text("principal_id"), "principalType": item.text("principal_type"), "scope": item.text("scope"),
        "roleDefinitionId": item.text("role_definition_id"), "condition": item.text("condition"),
        "conditionVersion": item.text("condition_version"),
        "delegatedManagedIdentityResourceId": item.text("delegated_managed_identity_resource_id"),
    }  # fmt: skip
    if properties["roleDefinitionId"] is None:
        properties["roleDefinitionId"] = item.text("role_definition_name")
    states.add(
        item,
        "Microsoft.Authorization/roleAssignments",
        properties,
        id=(item.text("id") or "").partition("|")[0],
    )


def _definition(states: States, item: Resource) -> None:
    names = {
        "actions": "actions",
        "not_actions": "notActions",
        "data_actions": "dataActions",
        "not_data_actions": "notDataActions",
    }
    permissions = [
        {out: texts(one.get(name)) for name, out in names.items()} for one in item.blocks("permissions")
    ]
    id = item.text("role_definition_resource_id") or (item.text("id") or "").partition("|")[0]
    properties = {
        "roleName": item.text("name"), "type": "CustomRole" if item.mode == "managed" else item.text("type"),
        "assignableScopes": texts(item.values.get("assignable_scopes")) or [item.text("scope") or "/"],
        "permissions": permissions,
    }  # fmt: skip
    states.add(item, "Microsoft.Authorization/roleDefinitions", properties, id=id)


def _scheduled(states: States, item: Resource, kind: str) -> None:
    scope, role, who = (
        item.text("scope") or "",
        item.text("role_definition_id") or "",
        item.text("principal_id"),
    )
    schedule: Mapping[str, Any] = next(iter(item.blocks("schedule")), {})
    expiration = schedule.get("expiration")
    ends = [one.get("end_date_time") for one in expiration or () if isinstance(one, Mapping)]
    end = next(iter(ends), None)
    properties = {
        "scope": scope, "roleDefinitionId": role, "principalId": who, "principalType": item.text("principal_type"),
        "startDateTime": schedule.get("start_date_time"), "endDateTime": end or None, "condition": item.text("condition"),
    }  # fmt: skip
    id = f"{scope}{_OWN}{kind}/{role.rpartition('/')[2]}-{who}"
    states.add(item, f"Microsoft.Authorization/{kind}", properties, id=id)


def _policies(states: States) -> None:
    types = ("subscription", "management_group", "resource_group", "resource")
    for item in states.of(*(f"azurerm_{one}_policy_assignment" for one in types)):
        scope = next((found for name in ("subscription_id", "management_group_id", "resource_group_id", "resource_id")
                      if (found := item.text(name))), None)  # fmt: skip
        properties = {
            "policyDefinitionId": item.text("policy_definition_id"),
            "scope": scope,
            "displayName": item.text("display_name"),
            "notScopes": texts(item.values.get("not_scopes")) or None,
            "enforcementMode": "DoNotEnforce" if flag(item, "enforce") is False else "Default",
            "parameters": parameters(item),
            "overrides": item.values.get("overrides") or None,
            "resourceSelectors": item.values.get("resource_selectors") or None,
        }
        states.add(item, "Microsoft.Authorization/policyAssignments", properties)


def _delegations(states: States) -> None:
    for item in states.of("azurerm_lighthouse_definition"):
        authorizations = [
            {"principalId": one.get("principal_id"), "roleDefinitionId": one.get("role_definition_id")}
            for one in item.blocks("authorization")
        ]
        eligible = [
            {"principalId": one.get("principal_id"), "roleDefinitionId": one.get("role_definition_id")}
            for one in item.blocks("eligible_authorization")
        ]
        properties = {
            "managedByTenantId": item.text("managing_tenant_id"),
            "authorizations": authorizations,
            "eligibleAuthorizations": eligible,
        }
        states.add(item, "Microsoft.ManagedServices/registrationDefinitions", properties)
    for item in states.of("azurerm_lighthouse_assignment"):
        properties = {"registrationDefinitionId": item.text("lighthouse_definition_id")}
        states.add(item, "Microsoft.ManagedServices/registrationAssignments", properties)
