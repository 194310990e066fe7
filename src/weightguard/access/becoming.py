"""Become a user by new credentials, or a role by rewriting its trust policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING

from weightguard.access.asking import Grant
from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.links import Hub, Link, Step
from weightguard.access.needs import Needs, how_of
from weightguard.access.population import Group
from weightguard.access.techniques.schema import Credentials, Trust, techniques
from weightguard.access.trust import ASSUME, Trusts
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, PolicyKind, compile_policy
from weightguard.policy.aws import Principal as Caller

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

StepOf = Callable[[Group, Caller, Principal], "Step | None"]
MOST_ACCESS_KEYS = 2
"""Keys that IAM lets a user have."""


def key_state(user: Principal) -> str:
    """Whether the user may get another access key: ``below_limit``, ``at_limit`` or ``unknown``."""
    if not isinstance(user.access_keys, Known):
        return "unknown"
    return "at_limit" if len(user.access_keys.value) >= MOST_ACCESS_KEYS else "below_limit"


class Becoming:
    """Works out the links of new credentials and rewritten trust policies.

    Args:
        owner: the graph.
        needs: decides what techniques need.
        trusts: decides who may assume a role.
    """

    def __init__(self, owner: AccessGraph, needs: Needs, trusts: Trusts) -> None:
        self._owner = owner
        self._needs = needs
        self._trusts = trusts
        self._credentials = [entry for entry in techniques() if isinstance(entry, Credentials)]
        self._rewriting = [entry for entry in techniques() if isinstance(entry, Trust)]
        self._on_users = tuple(sorted({need.action for entry in self._credentials for need in entry.needs}))
        self._on_roles = (*sorted({need.action for entry in self._rewriting for need in entry.needs}), ASSUME)

    def links(self, account: str) -> Iterator[Link]:
        """The links between principals of one account."""
        members = [one for group in self._owner.population.in_account(account) for one in group.members]
        principals = self._owner.population.principals
        users = [one for one in members if principals[one].kind is PrincipalKind.USER]
        roles = [one for one in members if principals[one].kind is PrincipalKind.ROLE]
        for same in self._owner.patterns.split(account, users, self._user_key):
            yield from self._hub(account, same, self._on_users, self._user_step)
        for same in self._owner.patterns.split(account, roles, self._role_key):
            yield from self._hub(account, same, self._on_roles, self._role_step)

    def _user_key(self, name: str) -> Hashable:
        user = self._owner.population.principals[name]
        console = user.console_password.value if isinstance(user.console_password, Known) else None
        return (key_state(user), console, self._tags(user))

    def _role_key(self, name: str) -> Hashable:
        return self._tags(self._owner.population.principals[name])

    def _tags(self, principal: Principal) -> Hashable:
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        return tuple(sorted(self._owner.asker.tags(tags, "iam").items(), key=str))

    def _hub(
        self, account: str, names: tuple[str, ...], actions: tuple[str, ...], step_of: StepOf
    ) -> Iterator[Link]:
        hub = Hub(names)
        linked = False
        for group in self._actors(account, actions, names[0]):
            target = other_than(group, names)
            if target is None:
                continue
            caller, name = target
            step = step_of(group, caller, self._owner.population.principals[name])
            if step is not None:
                linked = True
                yield Link(group, hub, (step,))
        if linked:
            for name in names:
                yield Link(hub, name)

    def _actors(self, account: str, actions: tuple[str, ...], name: str) -> list[Group]:
        """The cohorts that may do one of the actions to something, and whose policies speak of the target."""
        needed = [action for action in actions if action != ASSUME]
        able = self._owner.index.cohorts(account, actions, needed)
        return self._owner.index.speaking_of(able, self._owner.patterns.hits(account, name))

    def _user_step(self, group: Group, caller: Caller, user: Principal) -> Step | None:
        best: Step | None = None
        for entry in self._credentials:
            possible = _state(entry, user)
            if possible is None:
                continue
            grant = self._on(group, caller, [need.action for need in entry.needs], user)
            if grant is None:
                continue
            step = Step(how_of(need.action for need in entry.needs), grant.provided(*possible))
            if step.grant.is_certain:
                return step
            best = best or step
        return best

    def _on(self, group: Group, caller: Caller, actions: list[str], principal: Principal) -> Grant | None:
        found = Grant()
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        context = self._owner.asker.tags(tags, "iam")
        for action in actions:
            grant = self._needs.on(group, action, principal.id, caller=caller, context=context)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def _role_step(self, group: Group, caller: Caller, role: Principal) -> Step | None:
        for entry in self._rewriting:
            actions = [need.action for need in entry.needs]
            grant = self._on(group, caller, actions, role)
            if grant is None:
                continue
            then = self._trusts.ask(caller, group.layers, role, rewritten_trust(role, caller))
            if then is not None:
                return Step(how_of([*actions, ASSUME]), grant.and_also(then))
        return None


def rewritten_trust(role: Principal, caller: Caller) -> CompiledPolicy:
    """A trust policy that names the caller."""
    statement = {
        "Sid": "Written",
        "Effect": "Allow",
        "Principal": {"AWS": caller.identifier},
        "Action": [ASSUME, "sts:TagSession"],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return compile_policy(document, kind=PolicyKind.TRUST, name=f"trust policy of {role.name} as rewritten")


def other_than(group: Group, names: tuple[str, ...]) -> tuple[Caller, str] | None:
    """A caller of the group and a target that is not the caller; None when the group's one member is the one target.

    Whoever acts on itself is asked about apart: statements about "one's own user" concern nobody else.
    """
    for name in names[:2]:
        if name != group.caller.identifier:
            return group.caller, name
    return None if len(group.members) <= 1 and group.change == () else (group.caller, names[0])


def _state(entry: Credentials, user: Principal) -> tuple[Condition, ...] | None:
    """What must hold of the user besides; None when it is known not to."""
    conditions: list[Condition] = []
    if entry.when.access_keys is not None:
        state = key_state(user)
        if state == "unknown" and entry.when.access_keys == "at_limit":
            return None  # The plain creation answers for it; deleting a key first is for users known to have two.
        if state not in ("unknown", entry.when.access_keys):
            return None
    if entry.when.console_password is not None:
        fact = user.console_password
        if isinstance(fact, Known) and fact.value is not entry.when.console_password:
            return None
        if not isinstance(fact, Known):
            has_one = entry.when.console_password
            conditions.append(
                Condition(ConditionKind.STATE, Matter.CONSOLE_LOGIN, (user.id,), negated=not has_one)
            )
    return tuple(conditions)
