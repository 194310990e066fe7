"""Entra: who becomes whom by the directory's roles, by permissions of Microsoft Graph, by owning, by federation.

A role at a scope is one node: whoever has it leads there, and it leads to whoever it is enough to become. Only identities
that lead on to something are worth becoming.

Sources: Microsoft Entra documentation, "Overview of role-based access control in Microsoft Entra ID", "Restricted management
administrative units", "Use Microsoft Entra groups to manage role assignments", "App instance property lock", "Elevate access
to manage all Azure subscriptions and management groups"; "Workload identity federation"; "Agent identity blueprints".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from weightguard.access.azure import directory_roles as data
from weightguard.access.azure.context import ROOT, Context, attribute, named
from weightguard.access.azure.offers import Offers, State
from weightguard.access.condition import Condition, ConditionKind, Matter, besides
from weightguard.access.grant import FREELY, Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because
from weightguard.estate.fact import Known
from weightguard.estate.model import PolicyForm, Principal, PrincipalKind, ScopedPolicy

ELEVATE: Final = "Microsoft.Authorization/elevateAccess/action"
_UNIT: Final = "/administrativeunits/"
_FOREIGN: Final = besides("the application's own tenant must not have locked its credentials")
_FEDERATED_DOMAIN: Final = besides("the user's domain has to be one that can be federated anew")
_RUN_AGAIN: Final = besides("the rule has to look at an attribute that this changes")
_DYNAMIC_OWNER: Final = besides("owners of the group have to be let change its rule")


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
class Directory:
    """The directory's part of who becomes whom.

    Attributes:
        unknown: ids of custom roles of which nobody knows what they permit.
    """

    context: Context
    offers: Offers
    unknown: set[str] = field(default_factory=set)
    _nodes: dict[tuple[str, str], State] = field(default_factory=dict)

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
            or _is_over(raw, self.context.estate.collected_at)
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

    # Links

    def links(self, worth: Iterable[str]) -> Iterator[Link]:
        """Who becomes whom.

        Args:
            worth: the identities that lead on to something.
        """
        wanted = sorted(set(worth) | {one.principal for one in self.held if one.actions})
        everybody = sorted({each for one in wanted for each in (one, *self.context.leaves(one))})
        yield from self._memberships()
        for one in self.held:
            if one.actions:
                yield self._holder(one)
        for (role, scope), node in sorted(self._nodes.items()):
            yield from self._powers(role, scope, node, everybody)
        for name in everybody:
            yield from self._owned(name)
        yield from self._eligible_members()
        yield from self._agents()

    def federated(self) -> Iterator[Link]:
        """Whom other issuers vouch for."""
        by_unique = {
            one.unique_id: one.id
            for one in self.context.estate.principals
            if one.unique_id and one.provider != "azure"
        }
        for name, principal in self.context.principals.items():
            for one in _federated(principal):
                issuer, subject = str(one.get("issuer") or ""), str(one.get("subject") or "")
                because = Because(
                    f"{principal.id}#federatedIdentityCredentials", str(one.get("name") or subject)
                )
                step = Step("federated identity credential", Grant((because,)), name)
                yield Link(f"{issuer}#{subject}", name, (step,))
                insider = named(subject)
                if insider in self.context.principals and "login.microsoftonline.com" in issuer:
                    yield Link(insider, name, (step,))
                if subject in by_unique:
                    yield Link(by_unique[subject], name, (step,))

    def _memberships(self) -> Iterator[Link]:
        for group, members in self.context.members.items():
            for member in members:
                yield Link(member, group)

    def _holder(self, one: Held) -> Link:
        node = self._nodes.setdefault((one.role, one.scope), State(one.name))
        grant = Grant((Because(one.id, "*"),))
        if one.eligible:
            grant = grant.provided(Condition(ConditionKind.ACTIVATION, Matter.ACTIVATION, (one.name,)))
        return Link(one.principal, node, (Step(one.name, grant, _tenant(self.context)),), named=one.principal)

    def _node(self, role: str, scope: str = ROOT) -> State:
        return self._nodes.setdefault((role, scope), State(role))

    def _actions(self, role: str) -> tuple[str, ...]:
        return next((one.actions for one in self.held if one.role == role), data.BUILT_IN.get(role, ()))

    def _powers(self, role: str, scope: str, node: State, everybody: list[str]) -> Iterator[Link]:
        actions = self._actions(role)
        may = set(actions)
        everything = data.EVERYTHING in may
        if everything and scope == ROOT:
            control, links = self.offers.controlling(ROOT)
            yield from links
            yield Link(node, control, (Step(ELEVATE, FREELY, ROOT),))
        if data.ASSIGN_ROLES in may and scope == ROOT:
            yield Link(node, self._global, (Step(data.ASSIGN_ROLES, FREELY, _tenant(self.context)),))
        for name in everybody:
            principal = self.context.principals.get(name)
            if principal is None or not self._reaches(role, scope, principal):
                continue
            for how, condition in self._over(role, scope, may, everything, principal):
                grant = FREELY if condition is None else FREELY.provided(condition)
                yield Link(node, name, (Step(how, grant, name),))

    @cached_property
    def _global(self) -> State:
        """The node of Global Administrators, whether anybody is one or not."""
        return self._node(data.GLOBAL)

    def _reaches(self, role: str, scope: str, principal: Principal) -> bool:
        """Whether a role at a scope is one over an object."""
        id = principal.id.removeprefix("azure:")
        restricting = self._restricting(id)
        if restricting and role not in (data.GLOBAL, data.PRIVILEGED_ROLE):
            return any(scope == f"{_UNIT}{unit}" for unit in restricting)
        if scope == ROOT:
            return True
        if scope.startswith(_UNIT):
            members = (self.context.units.get(scope.removeprefix(_UNIT)) or {}).get("members")
            return id in members if isinstance(members, list) else False
        return scope.strip("/") in (id, str(attribute(principal, "applicationId") or ""))

    def _restricting(self, id: str) -> list[str]:
        """The restricted administrative units that an object is in."""
        return [
            unit
            for unit, body in self.context.units.items()
            if body.get("isMemberManagementRestricted") and id in (body.get("members") or ())
        ]

    def _over(
        self, role: str, scope: str, may: set[str], everything: bool, principal: Principal
    ) -> Iterator[tuple[str, Condition | None]]:
        """What a role lets do to somebody, to become them."""
        if principal.kind is PrincipalKind.USER:
            if (everything or data.RESET in may) and self._may_reset(role, scope, principal):
                yield data.RESET, None
            elif data.FEDERATION in may and scope == ROOT and attribute(principal, "userType") != "Guest":
                yield data.FEDERATION, _FEDERATED_DOMAIN
        elif principal.kind is PrincipalKind.APPLICATION:
            yield from self._over_application(may, everything, principal)
        elif principal.kind is PrincipalKind.GROUP:
            yield from self._over_group(may, everything, principal)

    def _may_reset(self, role: str, scope: str, principal: Principal) -> bool:
        if role in data.ANYBODY or role == data.RESETS_ANYBODY:
            return True
        roles = self._roles_of(principal.id)
        if self._in_assignable_group(principal.id):
            return False
        spared = data.RESETS.get(role, frozenset()) if scope == ROOT else frozenset()
        return roles <= spared

    def _roles_of(self, name: str) -> frozenset[str]:
        return frozenset(self._roles_by_holder.get(name, ()))

    @cached_property
    def _roles_by_holder(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for one in self.held:
            if not one.is_permission:
                for name in (one.principal, *self.context.leaves(one.principal)):
                    found.setdefault(name, set()).add(one.role)
        return found

    def _in_assignable_group(self, name: str) -> bool:
        return name in self._near_assignable

    @cached_property
    def _near_assignable(self) -> frozenset[str]:
        """Members and owners of role-assignable groups."""
        found: set[str] = set()
        for name, principal in self.context.principals.items():
            if attribute(principal, "isAssignableToRole"):
                found |= self.context.everybody_in(name)
                found.update(principal.owners.value if isinstance(principal.owners, Known) else ())
        return frozenset(found)

    @staticmethod
    def _over_application(
        may: set[str], everything: bool, principal: Principal
    ) -> Iterator[tuple[str, Condition | None]]:
        own = attribute(principal, "applicationId")
        for action in sorted(may):
            kind, _, what = action.removeprefix("microsoft.directory/").partition("/")
            changes = what in (
                "credentials/update",
                "owners/update",
                "allProperties/update",
                "allProperties/allTasks",
            )
            if not changes:
                continue
            if kind in ("applications", "applications.myOrganization") and own:
                yield action, None
                return
            if kind == "servicePrincipals" and not _is_locked(principal):
                yield action, None if own else _FOREIGN
                return
            if kind == "agentIdentityBlueprints" and own:
                yield action, None
                return
        if everything:
            yield "microsoft.directory/applications/credentials/update", None if own else _FOREIGN

    @staticmethod
    def _over_group(
        may: set[str], everything: bool, principal: Principal
    ) -> Iterator[tuple[str, Condition | None]]:
        if attribute(principal, "onPremisesSyncEnabled"):
            return
        types = attribute(principal, "groupTypes") or ()
        if everything:
            yield "microsoft.directory/groups/members/update", None
        elif attribute(principal, "isAssignableToRole"):
            if data.ASSIGNABLE_GROUPS in may:
                yield data.ASSIGNABLE_GROUPS, None
        else:
            found = next((one for one in sorted(may) if _changes_group(one, "Unified" in types)), None)
            if found is not None:
                yield found, None
            elif (
                data.EDIT_USERS in may
                and "DynamicMembership" in types
                and "user." in str(attribute(principal, "membershipRule"))
            ):
                yield data.EDIT_USERS, _RUN_AGAIN

    def _owned(self, name: str) -> Iterator[Link]:
        principal = self.context.principals.get(name)
        if principal is None or self._restricting(name.removeprefix("azure:")):
            return
        if principal.kind is PrincipalKind.GROUP:
            is_dynamic = "DynamicMembership" in (attribute(principal, "groupTypes") or ())
            if not attribute(principal, "onPremisesSyncEnabled"):
                condition = _DYNAMIC_OWNER if is_dynamic else None
                yield from self._owning(principal, principal.owners, "group", condition, needs=())
        elif principal.kind is PrincipalKind.APPLICATION:
            if not _is_locked(principal):
                yield from self._owning(
                    principal, principal.owners, "service principal", None, needs=data.OWNED
                )
            held = principal.attributes.get("applicationOwners")
            if held is not None:
                yield from self._owning(principal, held, "application", None, needs=data.OWNED)

    def _owning(
        self,
        principal: Principal,
        owners: Any,
        what: str,
        condition: Condition | None,
        needs: tuple[str, ...],
    ) -> Iterator[Link]:
        for owner in owners.value if isinstance(owners, Known) else ():
            kind = self.context.principals.get(owner)
            is_user = kind is None or kind.kind is PrincipalKind.USER
            if (
                not is_user
                and needs
                and not any(one.principal == owner and one.name in needs for one in self.held)
            ):
                continue
            grant = Grant((Because(f"{principal.id}#owners", owner),))
            step = Step(
                f"owner of the {what}",
                grant if condition is None else grant.provided(condition),
                principal.id,
            )
            yield Link(owner, principal.id, (step,))

    def _eligible_members(self) -> Iterator[Link]:
        for policy in self.context.directory:
            body = policy.document if isinstance(policy.document, Mapping) else {}
            raw = body.get("group")
            if isinstance(raw, Mapping) and not _is_over(raw, self.context.estate.collected_at):
                group, principal = raw.get("groupId"), raw.get("principalId")
                if isinstance(group, str) and isinstance(principal, str):
                    waiting = Condition(
                        ConditionKind.ACTIVATION, Matter.ACTIVATION, (str(raw.get("accessId") or "member"),)
                    )
                    grant = Grant((Because(policy.id, "*"),), (waiting,))
                    yield Link(
                        named(principal), named(group), (Step("eligible membership", grant, named(group)),)
                    )

    def _agents(self) -> Iterator[Link]:
        """An agent's blueprint holds the credentials of its agents, and an agent those of its user account."""
        by_application: dict[str, str] = {}
        for name, principal in self.context.principals.items():
            for id in (attribute(principal, "appId"), attribute(principal, "applicationId")):
                if isinstance(id, str) and id:
                    by_application.setdefault(id.lower(), name)
        for name, principal in self.context.principals.items():
            for path in ("agentIdentityBlueprintId", "identityParentId"):
                parent = attribute(principal, path)
                if isinstance(parent, str) and parent:
                    holder = by_application.get(parent.lower(), named(parent))
                    if holder != name:
                        because = Grant((Because(f"{name}#{path}", parent),))
                        yield Link(holder, name, (Step("agent identity", because, name),))


def _tenant(context: Context) -> str:
    found = next((one.id for one in context.estate.organisations if one.provider == "azure"), "")
    return found or ROOT


def _is_over(raw: Mapping[str, Any], now: str) -> bool:
    end = raw.get("endDateTime")
    return isinstance(end, str) and bool(end) and end < now


def _is_locked(principal: Principal) -> bool:
    """Whether credentials can be added to the application alone, not to its service principal."""
    lock = attribute(principal, "servicePrincipalLockConfiguration")
    if not isinstance(lock, Mapping) or not lock.get("isEnabled"):
        return False
    return bool(lock.get("allProperties") or lock.get("credentialsWithUsageVerify"))


def _changes_group(action: str, is_unified: bool) -> bool:
    """Whether an action lets somebody into a group: by its members, its owners, or its rule."""
    kind, _, what = action.removeprefix("microsoft.directory/").partition("/")
    if what not in (
        "members/update", "owners/update", "dynamicMembershipRule/update", "allProperties/update", "allProperties/allTasks",
    ):  # fmt: skip
        return False
    base = kind.removesuffix(".assignedMembership")
    return base == "groups" or base == ("groups.unified" if is_unified else "groups.security")


def _federated(principal: Principal) -> Iterable[Mapping[str, Any]]:
    trust = principal.trust
    if isinstance(trust, Known) and trust.value is not None and isinstance(trust.value.document, Mapping):
        return [
            one
            for one in trust.value.document.get("federatedIdentityCredentials", ())
            if isinstance(one, Mapping)
        ]
    return ()
