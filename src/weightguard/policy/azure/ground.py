"""What policies say of one action on one resource, whoever asks and whatever is told of the request.

It is worked out once for all who ask: which assignments may permit the action, which denials and locks bear on it, and by which
names whoever asks is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Final, cast

from weightguard.policy.azure import roles
from weightguard.policy.azure.model import Assignment, Denial, Permission, Policies, Vault
from weightguard.policy.azure.scopes import around, lies_in, matches, plain
from weightguard.policy.decision import Reason

EVERYBODY: Final = "00000000-0000-0000-0000-000000000000"
_LOCKS: Final = "microsoft.authorization/locks/"
_FEW: Final = 8
"""Assignments that are not worth being looked up by their scopes."""
_MOST_ASKED: Final = 4_096
"""Questions that are kept of one set of policies; one more, and they are forgotten."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An action on a resource.

    Args:
        is_data: whether it is a data action.
    """

    action: str
    is_data: bool
    resource: str


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment that permits the action, or may.

    Attributes:
        principal: in lower case.
        permitting: the conditions of the parts of its role that permit it, None for a part that has none; None in place of all:
            nobody defined the role.
        condition: its own.
    """

    principal: str
    permitting: tuple[str | None, ...] | None
    condition: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """A deny assignment that is about the action on the resource: whom it means and spares, in lower case."""

    meant: frozenset[str]
    spared: frozenset[str]
    condition: str | None
    reason: Reason

    def means(self, principals: frozenset[str]) -> bool:
        """Whether it means somebody, by all that they are known as."""
        meant = EVERYBODY in self.meant or not self.meant.isdisjoint(principals)
        return meant and self.spared.isdisjoint(principals)


@dataclass(frozen=True, slots=True)
class Ground:
    """What bears on an action on a resource.

    Attributes:
        locked: the locks that stop it, whoever asks.
        names: all that whoever asks is told apart by.
    """

    held: tuple[Held, ...]
    refusals: tuple[Refusal, ...]
    locked: tuple[Reason, ...]
    names: frozenset[str]


class _Scopes:
    """What a resource lies in: of few scopes each is looked at, many are looked up."""

    def __init__(self, resource: str, policies: Policies) -> None:
        self._resource = resource
        self._parents = policies.parents

    @cached_property
    def all(self) -> frozenset[str]:
        """Every scope that holds it, plain."""
        return around(self._resource, self._parents)

    def hold(self, scope: str) -> bool:
        """Whether a scope holds it."""
        return lies_in(self._resource, scope, self._parents)


def ground(asked: Asked, policies: Policies) -> Ground:
    """What bears on an action on a resource; worked out once for the policies."""
    found = policies.grounds.get(asked)
    if found is None:
        if len(policies.grounds) >= _MOST_ASKED:
            policies.grounds.clear()
        found = policies.grounds[asked] = _ground(asked, policies)
    return cast(Ground, found)


def _ground(asked: Asked, policies: Policies) -> Ground:
    scopes = _Scopes(asked.resource, policies)
    held = tuple(_held(asked, scopes, policies))
    refusals = tuple(_refusals(asked, scopes, policies))
    names = {one.principal for one in held}.union(*(one.meant | one.spared for one in refusals))
    if policies.vault is not None:
        names.update(_named(policies.vault))
    return Ground(held, refusals, tuple(_locked(asked, policies)), frozenset(names))


def _named(vault: Vault) -> Iterator[str]:
    return (principal.lower() for principal, _ in vault.policies)


def _held(asked: Asked, scopes: _Scopes, policies: Policies) -> Iterator[Held]:
    """The assignments that bear on an action, in their order."""
    if len(policies.assignments) <= _FEW:
        inside = [pair for pair in enumerate(policies.assignments) if scopes.hold(pair[1].scope)]
        return (one for _, one in _at_scope(asked, inside, policies))
    by_scope = policies.by_scope
    if not by_scope:
        for number, one in enumerate(policies.assignments):
            by_scope.setdefault(plain(one.scope), []).append((number, one))
    found: list[tuple[int, Held]] = []
    for scope in scopes.all & by_scope.keys():
        key = (asked.action, asked.is_data, scope)
        if key not in policies.grounds:
            policies.grounds[key] = tuple(_at_scope(asked, by_scope[scope], policies))
        found += cast(tuple[tuple[int, Held], ...], policies.grounds[key])
    return (one for _, one in sorted(found, key=itemgetter(0)))


def _at_scope(
    asked: Asked, assignments: Iterable[tuple[int, Assignment]], policies: Policies
) -> Iterator[tuple[int, Held]]:
    for number, one in assignments:
        permissions = roles.find(one.role, policies.roles)
        permitting = None if permissions is None else _permitting(permissions, asked, policies)
        if permitting is None or permitting:
            reason = Reason("rbac", one.scope, one.role)
            yield number, Held(one.principal.lower(), permitting, one.condition, reason)


def _permitting(
    permissions: Iterable[Permission], asked: Asked, policies: Policies
) -> tuple[str | None, ...]:
    once = policies.memory.once
    return tuple(one.condition for one in permissions if once(permits, one, asked.action, asked.is_data))


def permits(permission: Permission, action: str, is_data: bool) -> bool:
    """Whether some patterns mean an action, and none of those left out does."""
    wanted = permission.data_actions if is_data else permission.actions
    left_out = permission.not_data_actions if is_data else permission.not_actions
    return any(matches(one, action) for one in wanted) and not any(matches(one, action) for one in left_out)


def _refusals(asked: Asked, scopes: _Scopes, policies: Policies) -> Iterator[Refusal]:
    for one in policies.denials:
        if _concerns(one, asked, scopes) and _permitting(one.permissions, asked, policies):
            meant, spared = (frozenset(map(str.lower, names)) for names in (one.principals, one.excluded))
            yield Refusal(meant, spared, one.condition, Reason("deny", one.name, one.scope))


def _concerns(denial: Denial, asked: Asked, scopes: _Scopes) -> bool:
    return plain(denial.scope) == plain(asked.resource) if denial.only_here else scopes.hold(denial.scope)


def _locked(asked: Asked, policies: Policies) -> Iterator[Reason]:
    if asked.is_data or not policies.locks:
        return
    action = asked.action.lower()
    if action.endswith("/read") or action.startswith(_LOCKS):
        return
    deletes = action.endswith("/delete")
    for lock in policies.locks:
        if not deletes and lock.level.lower() != "readonly":
            continue
        # What holds something that is locked cannot be deleted either.
        if lies_in(asked.resource, lock.scope, policies.parents) or (
            deletes and lies_in(lock.scope, asked.resource, policies.parents)
        ):
            yield Reason("lock", lock.scope, lock.level)
