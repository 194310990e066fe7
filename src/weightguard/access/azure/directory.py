"""Entra: who becomes whom by the directory's roles, by permissions of Microsoft Graph, by owning.

A role at a scope is one node: whoever has it leads there, and it leads to whoever it is enough to become. Only identities
that lead on to something are worth becoming.

Sources: Microsoft Entra documentation, "Overview of role-based access control in Microsoft Entra ID", "Restricted management
administrative units", "Use Microsoft Entra groups to manage role assignments", "App instance property lock", "Elevate access
to manage all Azure subscriptions and management groups"; "Agent identity blueprints".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from weightguard.access.azure import directory_roles as data
from weightguard.access.azure.context import ROOT, Context, attribute, named
from weightguard.access.azure.groups import over_group
from weightguard.access.azure.held_roles import Held, HeldRoles, is_over
from weightguard.access.azure.offers import Offers, State
from weightguard.access.condition import Condition, ConditionKind, Matter, besides
from weightguard.access.grant import FREELY, Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal, PrincipalKind

ELEVATE: Final = "Microsoft.Authorization/elevateAccess/action"
_UNIT: Final = "/administrativeunits/"
_FOREIGN: Final = besides("the application's own tenant must not have locked its credentials")
_FEDERATED_DOMAIN: Final = besides("the user's domain has to be one that can be federated anew")
_DYNAMIC_OWNER: Final = besides("owners of the group have to be let change its rule")


@dataclass
class Directory:
    """The directory's part of who becomes whom."""

    context: Context
    offers: Offers
    _nodes: dict[tuple[str, str], State] = field(default_factory=dict)

    @cached_property
    def roles(self) -> HeldRoles:
        """Who has which role or permission."""
        return HeldRoles(self.context)

    @property
    def held(self) -> tuple[Held, ...]:
        """Every role and permission that somebody has, active or eligible."""
        return self.roles.held

    @property
    def unknown(self) -> set[str]:
        """Ids of custom roles of which nobody knows what they permit."""
        return self.roles.unknown

    # Links

    def links(self, worth: Iterable[str]) -> Iterator[Link]:
        """Who becomes whom.

        Args:
            worth: the identities that lead on to something.
        """
        first = [*self._memberships(), *self._eligible_members(), *self._agents()]
        for one in self.held:
            if one.actions:
                first.append(self._holder(one))
        self._node(data.GLOBAL)
        yield from first
        for role, scope in sorted(self._nodes):
            yield from self._over_all(role, scope, self._nodes[role, scope])
        found = set(worth) | {one.principal for one in self.held if one.actions} | _names(first)
        waiting = sorted({each for one in found for each in (one, *self.context.leaves(one))})
        known = set(waiting)
        while waiting:  # Whoever leads to somebody worth becoming is worth becoming too.
            links = [link for name in waiting for link in self._into(name)]
            yield from links
            more = {each for one in _names(links) for each in (one, *self.context.leaves(one))}
            waiting = sorted(more - known)
            known |= more

    def _into(self, name: str) -> Iterator[Link]:
        """Who becomes somebody by a role of the directory, or by owning."""
        principal = self.context.principals.get(name)
        if principal is not None:
            for role, scope in sorted(self._nodes):
                yield from self._powers(role, scope, self._nodes[role, scope], principal)
            yield from self._owned(principal)

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

    def _over_all(self, role: str, scope: str, node: State) -> Iterator[Link]:
        """What a role lets do to the whole tenant."""
        may = set(self._actions(role))
        if data.EVERYTHING in may and scope == ROOT:
            control, links = self.offers.controlling(ROOT)
            yield from links
            yield Link(node, control, (Step(ELEVATE, FREELY, ROOT),))
        if data.ASSIGN_ROLES in may and scope == ROOT:
            yield Link(node, self._global, (Step(data.ASSIGN_ROLES, FREELY, _tenant(self.context)),))

    def _powers(self, role: str, scope: str, node: State, principal: Principal) -> Iterator[Link]:
        may = set(self._actions(role))
        if not self._reaches(role, scope, principal):
            return
        for how, condition in self._over(role, scope, may, data.EVERYTHING in may, principal):
            grant = FREELY if condition is None else FREELY.provided(condition)
            yield Link(node, principal.id, (Step(how, grant, principal.id),))

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
            yield from over_group(may, everything, principal)

    def _may_reset(self, role: str, scope: str, principal: Principal) -> bool:
        if role in data.ANYBODY or role == data.RESETS_ANYBODY:
            return True
        roles = self._roles_of(principal.id)
        if self._in_assignable_group(principal.id) or principal.id in self._over_restricted:
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

    @cached_property
    def _over_restricted(self) -> frozenset[str]:
        """Holders of roles over a restricted administrative unit."""
        units = {
            f"{_UNIT}{id}"
            for id, body in self.context.units.items()
            if body.get("isMemberManagementRestricted")
        }
        found = {one.principal for one in self.held if one.scope in units}
        return frozenset(each for one in found for each in (one, *self.context.leaves(one)))

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

    def _over_application(
        self, may: set[str], everything: bool, principal: Principal
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
            if kind == "agentIdentityBlueprints" and principal.id in self._blueprints:
                yield action, None
                return
        if everything:
            yield "microsoft.directory/applications/credentials/update", None if own else _FOREIGN

    def _owned(self, principal: Principal) -> Iterator[Link]:
        if self._restricting(principal.id.removeprefix("azure:")):
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
            if isinstance(raw, Mapping) and not is_over(raw, self.context.estate.collected_at):
                group, principal = raw.get("groupId"), raw.get("principalId")
                if isinstance(group, str) and isinstance(principal, str):
                    waiting = Condition(
                        ConditionKind.ACTIVATION, Matter.ACTIVATION, (str(raw.get("accessId") or "member"),)
                    )
                    grant = Grant((Because(policy.id, "*"),), (waiting,))
                    yield Link(
                        named(principal), named(group), (Step("eligible membership", grant, named(group)),)
                    )

    @cached_property
    def _blueprints(self) -> frozenset[str]:
        """The applications that agents are made after."""
        return frozenset(link.origin for link in self._agents() if isinstance(link.origin, str))

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


def _names(links: Iterable[Link]) -> set[str]:
    """Identities of the directory that some links start from."""
    return {
        link.origin for link in links if isinstance(link.origin, str) and link.origin.startswith("azure:")
    }


def _tenant(context: Context) -> str:
    found = next((one.id for one in context.estate.organisations if one.provider == "azure"), "")
    return found or ROOT


def _is_locked(principal: Principal) -> bool:
    """Whether credentials can be added to the application alone, not to its service principal."""
    lock = attribute(principal, "servicePrincipalLockConfiguration")
    if not isinstance(lock, Mapping) or not lock.get("isEnabled"):
        return False
    return bool(lock.get("allProperties") or lock.get("credentialsWithUsageVerify"))
