"""The directory: users, groups, applications, roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.azure.rows import States, flag, object_id, texts, without_nothing
from weightguard.collect.terraform.state import Resource

_ROLES: Final = "roleManagement/directory/roleAssignments"
_ELIGIBLE: Final = "roleManagement/directory/roleEligibilityScheduleInstances"
_DEFINITIONS: Final = "roleManagement/directory/roleDefinitions"
_IN_GROUP: Final = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
_UNITS: Final = "directory/administrativeUnits"


def take(states: States) -> None:
    """Take in the directory."""
    for item in states.of("azuread_user", "azuread_invitation"):
        id = item.text("user_id") if item.type == "azuread_invitation" else object_id(item)
        if id:
            states.object("users", id, _user(item))
    _groups(states)
    _applications(states)
    _roles(states)
    _units(states)


def _user(item: Resource) -> dict[str, Any]:
    name = item.text("user_principal_name") or item.text("user_email_address")
    kind = item.text("user_type") or (
        "Guest" if item.type == "azuread_invitation" or "#EXT#" in str(name) else "Member"
    )
    return {
        "displayName": item.text("display_name") or item.text("user_display_name"), "userPrincipalName": name,
        "accountEnabled": flag(item, "account_enabled"), "userType": kind, "mail": item.text("mail"),
        "onPremisesSyncEnabled": flag(item, "onpremises_sync_enabled"), "department": item.text("department"),
    }  # fmt: skip


def _groups(states: States) -> None:
    members: dict[str, list[str]] = {}
    for item in states.of("azuread_group_member"):
        group, member = item.text("group_object_id"), item.text("member_object_id")
        if group and member:
            members.setdefault(group.rpartition("/")[2], []).append(member)
    for item in states.of("azuread_group", "azuread_group_without_members"):
        id = object_id(item)
        if id is None:
            continue
        rule = next(iter(item.blocks("dynamic_membership")), None)
        types = [*texts(item.values.get("types"))]
        fields = {
            "displayName": item.text("display_name"), "securityEnabled": flag(item, "security_enabled"), "groupTypes": types,
            "isAssignableToRole": flag(item, "assignable_to_role"), "membershipRule": None if rule is None else rule.get("rule"),
            "onPremisesSyncEnabled": flag(item, "onpremises_sync_enabled"),
        }  # fmt: skip
        listed = [*texts(item.values.get("members")), *members.pop(id, ())]
        states.object("groups", id, fields, {"members": listed, "owners": texts(item.values.get("owners"))})
    for (
        id,
        listed,
    ) in members.items():  # Of a group that is not in the state only those whom the state adds are known.
        states.found.object("groups", {"id": id}, {"members": [{"id": one} for one in listed]}, cut=True)


def _applications(states: States) -> None:
    owners: dict[str, list[str]] = {}
    for item in states.of("azuread_application_owner"):
        id, owner = item.text("application_id"), item.text("owner_object_id")
        if id and owner:
            owners.setdefault(id.rpartition("/")[2], []).append(owner)
    federated: dict[str, list[Mapping[str, Any]]] = {}
    for item in states.of("azuread_application_federated_identity_credential"):
        id = (item.text("application_id") or item.text("application_object_id") or "").rpartition("/")[2]
        credential = {
            "id": item.text("credential_id") or item.address, "name": item.text("display_name"), "issuer": item.text("issuer"),
            "subject": item.text("subject"), "audiences": texts(item.values.get("audiences")),
        }  # fmt: skip
        federated.setdefault(id, []).append(credential)
    for item in states.of("azuread_application", "azuread_application_registration"):
        id = object_id(item)
        if id is None:
            continue
        fields = {
            "appId": item.text("client_id") or item.text("application_id"), "displayName": item.text("display_name"),
            "signInAudience": item.text("sign_in_audience"),
        }  # fmt: skip
        listed = [*texts(item.values.get("owners")), *owners.get(id, ())]
        states.object("applications", id, fields, {"owners": listed})
        states.found.object(
            "applications", {"id": id}, {"federatedIdentityCredentials": federated.get(id, [])}
        )
    for item in states.of("azuread_service_principal"):
        id = object_id(item)
        if id is not None:
            states.object(
                "servicePrincipals", id, _service(item), {"owners": texts(item.values.get("owners"))}
            )
    for item in states.of("azuread_app_role_assignment"):
        _app_role(states, item)


def _service(item: Resource) -> dict[str, Any]:
    roles = [
        {"id": one.get("id"), "value": one.get("value"), "isEnabled": True}
        for one in item.blocks("app_roles")
    ]
    named = item.values.get("app_role_ids")
    roles += [{"id": id, "value": name} for name, id in named.items()] if isinstance(named, Mapping) else []
    return {
        "appId": item.text("client_id") or item.text("application_id"), "displayName": item.text("display_name"),
        "servicePrincipalType": item.text("type") or "Application", "accountEnabled": flag(item, "account_enabled"),
        "alternativeNames": texts(item.values.get("alternative_names")),
        "appOwnerOrganizationId": item.text("application_tenant_id"), "appRoles": roles,
    }  # fmt: skip


def _app_role(states: States, item: Resource) -> None:
    who = item.text("principal_object_id")
    if who:
        grant = {
            "id": item.text("id"), "appRoleId": item.text("app_role_id"), "principalId": who,
            "resourceId": item.text("resource_object_id"),
        }  # fmt: skip
        states.found.object("servicePrincipals", {"id": who}, {"appRoleAssignments": [grant]})


def _roles(states: States) -> None:
    templates: dict[str, str] = {}
    for item in states.of("azuread_directory_role"):
        template = item.text("template_id")
        if template:
            templates[str(object_id(item)).lower()] = template
            states.object(
                _DEFINITIONS,
                template,
                {"displayName": item.text("display_name"), "isBuiltIn": True, "templateId": template},
            )
    for item in states.of("azuread_custom_directory_role"):
        id = object_id(item)
        blocks = [
            {"allowedResourceActions": texts(one.get("allowed_resource_actions"))}
            for one in item.blocks("permissions")
        ]
        if id:
            fields = {
                "displayName": item.text("display_name"),
                "isBuiltIn": False,
                "templateId": item.text("template_id"),
            }
            states.object(_DEFINITIONS, id, {**fields, "rolePermissions": blocks})
    for item in states.of("azuread_directory_role_assignment"):
        _held(states, item, _ROLES, item.text("role_id"), item.text("principal_object_id"), templates)
    for item in states.of("azuread_directory_role_member"):
        _held(states, item, _ROLES, item.text("role_object_id"), item.text("member_object_id"), templates)
    for item in states.of("azuread_directory_role_eligibility_schedule_request"):
        _held(states, item, _ELIGIBLE, item.text("role_definition_id"), item.text("principal_id"), templates)
    for item in states.of("azuread_privileged_access_group_eligibility_schedule"):
        fields = {
            "principalId": item.text("principal_id"), "groupId": item.text("group_id"), "accessId": item.text("assignment_type"),
            "endDateTime": item.text("expiration_date"),
        }  # fmt: skip
        states.object(_IN_GROUP, item.text("id") or item.address, fields)


def _held(
    states: States,
    item: Resource,
    collection: str,
    role: str | None,
    who: str | None,
    templates: Mapping[str, str],
) -> None:
    if role and who:
        scope = item.text("directory_scope_id") or item.text("directory_scope_object_id") or "/"
        scope = scope if scope.startswith("/") else f"/{scope}"
        fields = {
            "principalId": who,
            "roleDefinitionId": templates.get(role.lower(), role),
            "directoryScopeId": scope,
        }
        states.object(collection, item.text("id") or item.address, fields)


def _units(states: States) -> None:
    members: dict[str, list[str]] = {}
    for item in states.of("azuread_administrative_unit_member"):
        unit, member = item.text("administrative_unit_object_id"), item.text("member_object_id")
        if unit and member:
            members.setdefault(unit.rpartition("/")[2], []).append(member)
    for item in states.of("azuread_administrative_unit"):
        id = object_id(item)
        if id:
            listed = [*texts(item.values.get("members")), *members.get(id, ())]
            states.object(_UNITS, id, {"displayName": item.text("display_name")}, {"members": listed})
    for item in states.of("azuread_administrative_unit_role_member"):
        unit, who = item.text("administrative_unit_object_id"), item.text("member_object_id")
        role = item.text("role_object_id")
        if unit and who and role:
            fields = {
                "principalId": who,
                "roleDefinitionId": role,
                "directoryScopeId": f"/administrativeUnits/{unit}",
            }
            states.object(_ROLES, item.text("id") or item.address, without_nothing(fields))
