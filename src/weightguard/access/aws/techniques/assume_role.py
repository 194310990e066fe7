"""Become a user by new credentials, or a role by rewriting its trust policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.resource_classes import Alike
from weightguard.access.aws.permissions import Permissions, how_of
from weightguard.access.aws.technique_data.schema import Credentials, Trust, techniques
from weightguard.access.aws.techniques.targets import Targets
from weightguard.access.aws.techniques.trust_policies import ASSUME, TrustPolicies
from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Node, Step
from weightguard.estate.fact import Known
from weightguard.estate.model import CredentialKind, Principal, PrincipalKind
from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind, compile_policy
from weightguard.policy.aws import Principal as Caller

StepOf = Callable[[PrincipalGroup, Caller, Principal], "Step | None"]
MOST_ACCESS_KEYS = 2
"""Keys that IAM lets a user have."""


def key_state(user: Principal) -> str:
    """Whether the user may get another access key: ``below_limit``, ``at_limit`` or ``unknown``."""
    if not isinstance(user.credentials, Known):
        return "unknown"
    held = [one for one in user.credentials.value if one.kind is CredentialKind.ACCESS_KEY]
    return "at_limit" if len(held) >= MOST_ACCESS_KEYS else "below_limit"


class AssumeRole:
    """Works out the links of new credentials and rewritten trust policies.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
        trusts: decides who may assume a role.
    """

    def __init__(self, context: Context, needs: Permissions, trusts: TrustPolicies) -> None:
        self._context = context
        self._needs = needs
        self._trusts = trusts
        self._credentials = [entry for entry in techniques() if isinstance(entry, Credentials)]
        self._rewriting = [entry for entry in techniques() if isinstance(entry, Trust)]
        self._aims = Targets()
        self._classes: dict[tuple[str, PrincipalKind], list[Alike]] = {}
        self._on_users = tuple(sorted({need.action for entry in self._credentials for need in entry.needs}))
        self._on_roles = (*sorted({need.action for entry in self._rewriting for need in entry.needs}), ASSUME)

    def links(self, actors: Actors) -> Iterator[Link]:
        """The links of some groups to principals of their own account."""
        for account in actors.accounts:
            for same in self._same(account, PrincipalKind.USER):
                able = actors.cohorts(account, self._on_users).speaking_of(same.hits | same.spelt)
                yield from self._aims.links(same, able, self._user_steps, must_speak=True)
            rewriting = [action for action in self._on_roles if action != ASSUME]
            for same in self._same(account, PrincipalKind.ROLE):
                able = actors.cohorts(account, self._on_roles, rewriting).speaking_of(same.hits | same.spelt)
                yield from self._aims.links(same, able, self._role_steps, must_speak=True)

    def _same(self, account: str, kind: PrincipalKind) -> list[Alike]:
        """The account's users or roles, as far as they are alike to whoever acts on them."""
        found = self._classes.get((account, kind))
        if found is None:
            principals = self._context.population.principals
            names = [
                name
                for group in self._context.population.in_account(account)
                for name in group.names
                if principals[name].kind is kind
            ]
            on_users = kind is PrincipalKind.USER
            found = self._classes[(account, kind)] = self._context.patterns.split(
                account,
                names,
                self._user_key if on_users else self._role_key,
                self._on_users if on_users else self._on_roles,
            )
        return found

    def _user_key(self, name: str) -> Hashable:
        user = self._context.population.principals[name]
        console = user.console_password.value if isinstance(user.console_password, Known) else None
        return (key_state(user), console, self._tags(user, self._on_users))

    def _role_key(self, name: str) -> Hashable:
        return self._tags(self._context.population.principals[name], self._on_roles)

    def _tags(self, principal: Principal, actions: tuple[str, ...]) -> Hashable:
        return self._context.decisions.tags_told(principal, actions)

    def _user_steps(self, group: PrincipalGroup, names: tuple[str, ...]) -> dict[Node, Step]:
        return self._steps(group, names, self._user_step)

    def _role_steps(self, group: PrincipalGroup, names: tuple[str, ...]) -> dict[Node, Step]:
        return self._steps(group, names, self._role_step)

    def _steps(self, group: PrincipalGroup, names: tuple[str, ...], step_of: StepOf) -> dict[Node, Step]:
        target = other_than(group, names)
        if target is None:
            return {}
        caller, name = target
        step = step_of(group, caller, self._context.population.principals[name])
        return {} if step is None else {group: step}

    def _user_step(self, group: PrincipalGroup, caller: Caller, user: Principal) -> Step | None:
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

    def _on(
        self, group: PrincipalGroup, caller: Caller, actions: list[str], principal: Principal
    ) -> Grant | None:
        found = Grant()
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        context = self._context.decisions.tags(tags, "iam")
        for action in actions:
            grant = self._needs.on(group, action, principal.id, caller=caller, context=context)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def _role_step(self, group: PrincipalGroup, caller: Caller, role: Principal) -> Step | None:
        for entry in self._rewriting:
            actions = [need.action for need in entry.needs]
            grant = self._on(group, caller, actions, role)
            if grant is None:
                continue
            then = self._trusts.ask(
                caller, group.layers, role, rewritten_trust(role, caller, self._trusts.population.memory)
            )
            if then is not None:
                return Step(how_of([*actions, ASSUME]), grant.and_also(then))
        return None


def rewritten_trust(role: Principal, caller: Caller, memory: Memory) -> CompiledPolicy:
    """A trust policy that names the caller."""
    statement = {
        "Sid": "Written",
        "Effect": "Allow",
        "Principal": {"AWS": caller.identifier},
        "Action": [ASSUME, "sts:TagSession"],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    name = f"trust policy of {role.name} as rewritten"
    return compile_policy(document, kind=PolicyKind.TRUST, name=name, memory=memory)


def other_than(group: PrincipalGroup, names: tuple[str, ...]) -> tuple[Caller, str] | None:
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
