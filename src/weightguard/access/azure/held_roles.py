"""Roles of the directory and permissions of Microsoft Graph that somebody has, with what each lets do.

Sources: Microsoft Graph v1.0 reference, "unifiedRoleAssignment", "unifiedRoleDefinition", "appRoleAssignment".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from weightguard.access.azure import directory_roles as data
from weightguard.access.azure.context import ROOT, Context, attribute, named
from weightguard.estate.model import PolicyForm, ScopedPolicy


@dataclass(frozen=True, slots=True)
class Held:
    """A role of the directory, or a permission of Microsoft Graph, that somebody has.

    Attributes:
        scope: plain: ``/``, an administrative unit, an object.
    """

    id: str
    principal: str
    role: str
    name: str
    scope: str
    actions: tuple[str, ...]
    eligible: bool = False
    is_permission: bool = False


@dataclass
class HeldRoles:
    """Who has which role of the directory, or permission of Microsoft Graph.

    Attributes:
        unknown: ids of custom roles of which nobody knows what they permit.
    """

    context: Context
    unknown: set[str] = field(default_factory=set)

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """Every role and permission that somebody has, active or eligible."""
        return tuple(found for policy in self.context.directory if (found := self._read(policy)) is not None)

    def _read(self, policy: ScopedPolicy) -> Held | None:
        body = policy.document if isinstance(policy.document, Mapping) else {}
        if isinstance(body.get("directoryRole"), Mapping):
            return self._role(policy, body["directoryRole"])
        if isinstance(body.get("appRole"), Mapping):
            return self._permission(policy, body["appRole"])
        return None

    def _role(self, policy: ScopedPolicy, raw: Mapping[str, Any]) -> Held | None:
        principal, role = raw.get("principalId"), raw.get("roleDefinitionId")
        if (
            not isinstance(principal, str)
            or not isinstance(role, str)
            or is_over(raw, self.context.estate.collected_at)
        ):
            return None
        definition = self._definitions.get(role.lower())
        template = str((definition or {}).get("templateId") or role).lower()
        actions = data.BUILT_IN.get(template)
        if actions is None:
            actions = self._custom(role.lower(), definition)
        name = self.context.role_names.get(role.lower(), role)
        scope = str(raw.get("directoryScopeId") or ROOT).lower()
        eligible = policy.form is PolicyForm.ELIGIBLE_ASSIGNMENT
        return Held(policy.id, named(principal), template, name, scope, actions, eligible)

    @cached_property
    def _definitions(self) -> dict[str, Mapping[str, Any]]:
        roles = self.context.estate.role_definitions
        return {
            one.id: one.document
            for one in roles
            if isinstance(one.document, Mapping) and one.document.get("directory")
        }

    def _custom(self, role: str, definition: Mapping[str, Any] | None) -> tuple[str, ...]:
        blocks = (definition or {}).get("rolePermissions")
        if isinstance(blocks, list):
            return tuple(
                str(action)
                for one in blocks
                if isinstance(one, Mapping)
                for action in one.get("allowedResourceActions") or ()
            )
        if definition is None or not definition.get("isBuiltIn"):
            self.unknown.add(role)
        return ()

    def _permission(self, policy: ScopedPolicy, raw: Mapping[str, Any]) -> Held | None:
        principal, role = raw.get("principalId"), str(raw.get("appRoleId") or "").lower()
        if not isinstance(principal, str):
            return None
        name = self._permission_name(str(raw.get("resourceId") or "").lower(), role)
        return Held(
            policy.id, named(principal), name, name, ROOT, data.BY_NAME.get(name, ()), is_permission=True
        )

    def _permission_name(self, resource: str, role: str) -> str:
        """What an application permission is called; empty for one that is not Microsoft Graph's."""
        owner = self.context.principals.get(named(resource))
        listed = attribute(owner, "appRoles") if owner is not None else None
        if owner is not None and str(attribute(owner, "appId") or "").lower() != data.GRAPH_APPLICATION:
            return ""
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping) and str(one.get("id")).lower() == role:
                return str(one.get("value"))
        return data.PERMISSIONS.get(role, ("", ()))[0]


def is_over(raw: Mapping[str, Any], now: str) -> bool:
    end = raw.get("endDateTime")
    return isinstance(end, str) and bool(end) and end < now
