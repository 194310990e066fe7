"""What the techniques and stores of Azure may ask: everything that is worked out once for an estate, and nothing of the graph.

Scopes are compared without case, segment by segment; an assignment holds for whatever lies in its scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from weightguard.estate.fact import Known
from weightguard.estate.model import (
    Container,
    ContainerKind,
    Estate,
    PolicyForm,
    Principal,
    PrincipalKind,
    Resource,
    ScopedPolicy,
    Workload,
)
from weightguard.policy.azure import Assignment, Denial, Lock, Permission
from weightguard.policy.azure import roles as role_table
from weightguard.policy.azure.scopes import above, plain

ROOT: Final = "/"
EVERYBODY: Final = "00000000-0000-0000-0000-000000000000"


def named(object_id: str) -> str:
    """A principal as answers name it."""
    return f"azure:{object_id.lower()}"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A role for a principal at a scope.

    Attributes:
        id: the assignment's own id.
        principal: as answers name it.
        role: the last part of its definition's id, in lower case.
        scope: plain.
        eligible: whether its holder has to activate it first.
    """

    id: str
    principal: str
    role: str
    scope: str
    condition: str | None = None
    eligible: bool = False

    @property
    def rule(self) -> Assignment:
        """As the policy engine takes it."""
        return Assignment(self.principal, self.role, self.scope, self.condition)


@dataclass(frozen=True, slots=True)
class NamedLock:
    """A lock, with the resource that deleting it deletes."""

    id: str
    lock: Lock


@dataclass
class Context:
    """An estate, prepared for questions.

    Attributes:
        by_scope: plain scope -> the assignments there.
        parents: subscriptions and management groups -> what each lies in, plain.
        roles: given role definitions by the last part of their id; None where one says nothing.
        groups_of: principal -> the groups that it is in, through others among them.
        members: group -> whoever is in it directly, as far as that is known.
    """

    estate: Estate
    by_scope: dict[str, list[Assigned]] = field(default_factory=dict)
    denials: list[Denial] = field(default_factory=list)
    locks: list[NamedLock] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[Permission, ...] | None] = field(default_factory=dict)
    role_names: dict[str, str] = field(default_factory=dict)
    assignable: dict[str, tuple[str, ...]] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)
    groups_of: dict[str, frozenset[str]] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    directory: list[ScopedPolicy] = field(default_factory=list)
    units: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _plain: dict[str, bool] = field(default_factory=dict)
    _scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _leaves: dict[str, frozenset[str]] = field(default_factory=dict)
    _permits: dict[tuple[str, str, bool], bool | None] = field(default_factory=dict)

    @cached_property
    def assigned(self) -> tuple[Assigned, ...]:
        """All assignments."""
        return tuple(one for each in self.by_scope.values() for one in each)

    def permits(self, role: str, action: str, is_data: bool) -> bool | None:
        """Whether a role permits an action at all, conditions aside; None where nobody knows what it permits."""
        key = (role, action.lower(), is_data)
        if key not in self._permits:
            permissions = role_table.find(role, self.roles)
            found = (
                None if permissions is None else any(_permits(one, action, is_data) for one in permissions)
            )
            self._permits[key] = found
        return self._permits[key]

    def is_plain(self, role: str) -> bool:
        """Whether a role has no condition of its own."""
        if role not in self._plain:
            found = role_table.find(role, self.roles) or ()
            self._plain[role] = not any(one.condition for one in found)
        return self._plain[role]

    def scopes(self, resource: str) -> tuple[str, ...]:
        """A resource and all that it lies in, plain, up to the root."""
        found = self._scopes.get(resource)
        if found is None:
            found = self._scopes[resource] = (*above(resource, self.parents), ROOT)
        return found

    def at(self, resource: str) -> Iterator[Assigned]:
        """The assignments that hold at a resource."""
        for scope in self.scopes(resource):
            yield from self.by_scope.get(scope, ())

    def everybody_in(self, group: str) -> frozenset[str]:
        """Whoever is in a group, through others too; groups among them."""
        found: set[str] = set()
        waiting = [group]
        while waiting:
            for one in self.members.get(waiting.pop(), ()):
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return frozenset(found)

    def is_group(self, name: str) -> bool:
        """Whether a principal is a group."""
        found = self.principals.get(name)
        return found is not None and found.kind is PrincipalKind.GROUP

    def leaves(self, name: str) -> frozenset[str]:
        """A principal, or those in a group of it; of a group whose members are not known, the group too."""
        found = self._leaves.get(name)
        if found is None:
            found = self._leaves[name] = self._opened(name)
        return found

    def _opened(self, name: str) -> frozenset[str]:
        if not self.is_group(name):
            return frozenset({name})
        inside = {one for one in self.everybody_in(name) if not self.is_group(one)}
        unknown = {
            one for one in (name, *self.everybody_in(name)) if self.is_group(one) and not self.is_known(one)
        }
        return frozenset(inside | unknown)

    def is_known(self, group: str) -> bool:
        """Whether a group's members are known."""
        found = self.principals.get(group)
        return found is not None and isinstance(found.trust, Known)

    @staticmethod
    def federated(principal: Principal) -> Iterable[Mapping[str, Any]]:
        """The federated credentials of an identity, as far as they are known."""
        trust = principal.trust
        held = trust.value.document if isinstance(trust, Known) and trust.value is not None else None
        found = held.get("federatedIdentityCredentials", ()) if isinstance(held, Mapping) else ()
        return [one for one in found if isinstance(one, Mapping)]

    @cached_property
    def is_of_azurehound(self) -> bool:
        """Whether AzureHound told of some of it."""
        return any(attribute(one, "azurehound") for one in self.containers.values())

    @cached_property
    def denials_at(self) -> dict[str, list[Denial]]:
        """Plain scope -> the deny assignments there."""
        found: dict[str, list[Denial]] = {}
        for one in self.denials:
            found.setdefault(plain(one.scope), []).append(one)
        return found

    @cached_property
    def locked(self) -> frozenset[str]:
        """The plain scopes that are locked."""
        return frozenset(plain(one.lock.scope) for one in self.locks)

    @cached_property
    def holding_locks(self) -> frozenset[str]:
        """The plain scopes in which something is locked."""
        return frozenset(at for one in self.locks for at in self.scopes(plain(one.lock.scope)))

    @cached_property
    def resources(self) -> dict[str, Resource | Workload]:
        """Resources by plain id, workloads before others."""
        found: dict[str, Resource | Workload] = {}
        for each in self.estate.resources.values():
            for one in each:
                if one.provider == "azure":
                    found[plain(one.id)] = one
        for workload in self.estate.workloads:
            if workload.provider == "azure":
                found[plain(workload.id)] = workload
        return found


def attribute(thing: Any, path: str) -> Any:
    """What a thing states under a dotted path; None where it states nothing."""
    first, _, rest = path.partition(".")
    fact = thing.attributes.get(first)
    value = fact.value if isinstance(fact, Known) else None
    for name in rest.split(".") if rest else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _permits(permission: Permission, action: str, is_data: bool) -> bool:
    from weightguard.policy.azure.scopes import matches

    wanted = permission.data_actions if is_data else permission.actions
    left_out = permission.not_data_actions if is_data else permission.not_actions
    return any(matches(one, action) for one in wanted) and not any(matches(one, action) for one in left_out)


def context_of(estate: Estate) -> Context:
    """The context of an estate."""
    found = Context(estate)
    for role in estate.role_definitions:
        _role(found, role)
    for container in estate.containers:
        if container.provider == "azure":
            _container(found, container)
    for principal in estate.principals:
        if principal.provider == "azure":
            _principal(found, principal)
    _delegations(found)
    return found


def _role(found: Context, role: ScopedPolicy) -> None:
    body = role.document if isinstance(role.document, Mapping) else {}
    if body.get("directory"):
        found.role_names[role.id] = role.name
        return
    blocks = body.get("permissions")
    known = isinstance(blocks, list) and all(isinstance(one, Mapping) for one in blocks)
    found.roles[role.id] = tuple(map(_permission, blocks)) if known and isinstance(blocks, list) else None
    found.role_names[role.id] = role.name
    if role.origin == "customer":
        found.assignable[role.id] = tuple(plain(str(one)) for one in body.get("assignableScopes") or ())


def _permission(raw: Mapping[str, Any]) -> Permission:
    condition = raw.get("condition")
    return Permission(
        _texts(raw.get("actions")),
        _texts(raw.get("notActions")),
        _texts(raw.get("dataActions")),
        _texts(raw.get("notDataActions")),
        condition if isinstance(condition, str) and condition else None,
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _container(found: Context, container: Container) -> None:
    found.containers[plain(container.id)] = container
    above = container.parent or ""
    inherits = container.kind in (ContainerKind.FOLDER, ContainerKind.SUBSCRIPTION)
    if above and inherits and not above.startswith("/tenants/"):
        found.parents[plain(container.id)] = plain(above)
    for policy in container.policies.value if isinstance(container.policies, Known) else ():
        _granting(found, policy)
    for limit in container.limits.value if isinstance(container.limits, Known) else ():
        _limiting(found, limit)


def _granting(found: Context, policy: ScopedPolicy) -> None:
    body = policy.document if isinstance(policy.document, Mapping) else {}
    if any(name in body for name in ("directoryRole", "appRole", "group")):
        found.directory.append(policy)
    elif "unit" in body:
        unit = body["unit"]
        found.units[str(unit.get("id", "")).lower()] = unit
    elif policy.form in (PolicyForm.ASSIGNMENT, PolicyForm.ELIGIBLE_ASSIGNMENT):
        _assignment(found, policy, body)


def _assignment(found: Context, policy: ScopedPolicy, body: Mapping[str, Any]) -> None:
    principal, role = body.get("principalId"), body.get("roleDefinitionId")
    if (
        not isinstance(principal, str)
        or not isinstance(role, str)
        or _is_over(body, found.estate.collected_at)
    ):
        return
    condition = body.get("condition")
    one = Assigned(
        policy.id,
        named(principal),
        role.rpartition("/")[2].lower(),
        plain(str(body.get("scope") or ROOT)),
        condition if isinstance(condition, str) and condition.strip() else None,
        policy.form is PolicyForm.ELIGIBLE_ASSIGNMENT,
    )
    found.by_scope.setdefault(one.scope, []).append(one)


def _is_over(body: Mapping[str, Any], now: str) -> bool:
    """Whether something with an end has ended."""
    end = body.get("endDateTime")
    return isinstance(end, str) and bool(end) and end < now


def _limiting(found: Context, limit: ScopedPolicy) -> None:
    body = limit.document if isinstance(limit.document, Mapping) else {}
    scope = str(body.get("scope") or ROOT)
    if limit.form is PolicyForm.LOCK:
        found.locks.append(NamedLock(limit.id, Lock(scope, str(body.get("level") or ""))))
    elif limit.form is PolicyForm.DENY:
        condition = body.get("condition")
        found.denials.append(
            Denial(
                limit.name,
                scope,
                tuple(_permission(one) for one in body.get("permissions") or () if isinstance(one, Mapping)),
                _names(body.get("principals")),
                _names(body.get("excludePrincipals")),
                bool(body.get("doNotApplyToChildScopes")),
                condition if isinstance(condition, str) and condition else None,
            )
        )


def _names(raw: Any) -> tuple[str, ...]:
    ids = [str(one.get("id")) for one in raw or () if isinstance(one, Mapping) and one.get("id")]
    return tuple(one if one == EVERYBODY else named(one) for one in ids)


def _principal(found: Context, principal: Principal) -> None:
    found.principals[principal.id] = principal
    found.groups_of[principal.id] = frozenset(principal.known_groups)
    trust = principal.trust
    if isinstance(trust, Known) and trust.value is not None and isinstance(trust.value.document, Mapping):
        listed = trust.value.document.get("members") or ()
        found.members[principal.id] = tuple(named(str(one["id"])) for one in listed if one.get("id"))


def _delegations(found: Context) -> None:
    """Azure Lighthouse: roles of principals of another tenant, at the subscription or resource group that was delegated.

    Source: Azure Lighthouse documentation, "Tenants, users, and roles in Azure Lighthouse scenarios".
    """
    defined = {
        plain(one.id): one for one in found.estate.resources_of("managedservices.registrationdefinitions")
    }
    for one in found.estate.resources_of("managedservices.registrationassignments"):
        body = attribute(one, "registrationDefinition.properties")
        if not isinstance(body, Mapping):
            held = defined.get(plain(str(attribute(one, "registrationDefinitionId") or "")))
            body = {} if held is None else {name: attribute(held, name) for name in held.attributes}
        scope = plain("/".join(one.id.split("/")[:-4]))
        for name, eligible in (("authorizations", False), ("eligibleAuthorizations", True)):
            for raw in _mappings(body.get(name)):
                role = str(raw.get("roleDefinitionId") or "").rpartition("/")[2].lower()
                assigned = Assigned(one.id, named(str(raw.get("principalId"))), role, scope, None, eligible)
                found.by_scope.setdefault(scope, []).append(assigned)


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else ()
