"""Create a user or role that may do everything, or as much as the actor may give it, and be it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.named_principals import administrator
from weightguard.access.aws.permissions import Permissions, how_of
from weightguard.access.aws.technique_data.schema import NewPrincipal, techniques
from weightguard.access.aws.techniques.offered_policies import (
    ADMINISTRATOR,
    ATTACHED,
    BOUNDARY,
    OfferedPolicies,
    limitless,
)
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.estate.model import NamedPolicy, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, ContextValue, Layers, parse_principal

_ATTACHES = ("iam:AttachUserPolicy", "iam:AttachRolePolicy")


@dataclass(frozen=True, slots=True)
class _Making:
    """What is given to a new principal.

    Attributes:
        boundary: the permissions boundary that it is created under; None for none.
        policy: the managed policy that is attached; None where everything may be given.
    """

    boundary: NamedPolicy | None = None
    policy: NamedPolicy | None = None


class NewPrincipals:
    """Works out who creates a principal of its account.

    Args:
        context: what techniques may ask.
        needs: chooses names for what is created.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._needs = needs
        self._offers = OfferedPolicies(context)
        self._entries = [entry for entry in techniques() if isinstance(entry, NewPrincipal)]
        self._done: set[tuple[PrincipalGroup, PrincipalGroup]] = set()
        self._made: dict[tuple[str, str | None, str | None], PrincipalGroup] = {}

    def links(self, actors: Actors) -> Iterator[Link]:
        """Links from some groups to their account's new principals."""
        for account in actors.accounts:
            for entry in self._entries:
                actions = [need.action for need in entry.needs]
                for group in actors.cohorts(account, actions, actions[:1]):
                    for making, step in self._ways(entry, group):
                        yield from self._to(self._new(account, making), group, step)

    def _to(self, made: PrincipalGroup, group: PrincipalGroup, step: Step) -> Iterator[Link]:
        for part in group.parts:
            if part is not made and (part, made) not in self._done:
                self._done.add((part, made))
                yield Link(part, made, (step,), named=made.caller.identifier)

    def _ways(self, entry: NewPrincipal, group: PrincipalGroup) -> Iterator[tuple[_Making, Step]]:
        """What the group's principals may create: something without limits, else something under each boundary they may set."""
        actions = tuple(need.action for need in entry.needs)
        free = self._step(entry, group, actions, _Making())
        if free is not None:
            yield _Making(), free
        if free is not None and free.grant.is_certain:
            return
        for making in self._limited(entry, group, actions):
            step = self._step(entry, group, actions, making)
            if step is not None and (free is None or step.grant.is_certain):
                yield making, step
                if step.grant.is_certain and making.policy is None and self._is_limitless(making.boundary):
                    return  # Whatever other boundary is chosen, it gives no more.

    def _is_limitless(self, boundary: NamedPolicy | None) -> bool:
        return limitless(boundary, self._context.population.memory)

    def _limited(
        self, entry: NewPrincipal, group: PrincipalGroup, actions: tuple[str, ...]
    ) -> Iterator[_Making]:
        """What else is worth trying: the boundaries and the policies that the group's own policies leave to choose among."""
        boundaries: dict[str | None, NamedPolicy | None] = {None: None}
        for policy in self._choices(entry, group, actions, BOUNDARY):
            boundaries[policy.id] = policy
        attached: dict[str | None, NamedPolicy | None] = {None: None}
        if any(action in _ATTACHES for action in actions):
            attached.update((policy.id, policy) for policy in self._choices(entry, group, actions, ATTACHED))
        for boundary in boundaries.values():
            for chosen in attached.values():
                if boundary is not None or chosen is not None:
                    yield _Making(boundary, chosen)

    def _choices(
        self, entry: NewPrincipal, group: PrincipalGroup, actions: tuple[str, ...], key: str
    ) -> Iterator[NamedPolicy]:
        for action in actions:
            for name in self._names(entry, group):
                yield from self._offers.choices(group, group.caller, action, name, key, {})

    def _names(self, entry: NewPrincipal, group: PrincipalGroup) -> list[str]:
        pattern = f"arn:{{partition}}:iam::{{account}}:{entry.principal}/*"
        held = self._context.population.principals
        return [name for name in self._needs.names(group, pattern) if name not in held]

    def _step(
        self, entry: NewPrincipal, group: PrincipalGroup, actions: tuple[str, ...], making: _Making
    ) -> Step | None:
        best: Grant | None = None
        for name in self._names(entry, group):
            grant = self._all(group, actions, name, making)
            if grant is not None and (best is None or grant.is_certain):
                best = grant
        return None if best is None else Step(how_of(actions), best)

    def _all(
        self, group: PrincipalGroup, actions: tuple[str, ...], name: str, making: _Making
    ) -> Grant | None:
        found = Grant()
        partition = self._context.population.realm(group.account).partition
        context: dict[str, ContextValue] = {
            BOUNDARY: None if making.boundary is None else making.boundary.id,
            ATTACHED: ADMINISTRATOR.format(partition=partition)
            if making.policy is None
            else making.policy.id,
        }
        for action in actions:
            grant = self._needs.on(group, action, name, context=context)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def _new(self, account: str, making: _Making) -> PrincipalGroup:
        """The new principal; one for all who make the same."""
        limit, policy = making.boundary, making.policy
        key = (account, None if limit is None else limit.id, None if policy is None else policy.id)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._made_with(
                account,
                administrator("a policy of the actor's own", self._context.population.memory)
                if policy is None
                else self._context.population.given(policy),
                None if limit is None else self._context.population.limit(limit),
            )
            self._context.population.add_changed(made)
        return made

    def _made_with(
        self, account: str, policy: CompiledPolicy, limit: CompiledPolicy | None
    ) -> PrincipalGroup:
        realm = self._context.population.realm(account)
        name = f"arn:{realm.partition}:iam::{account}:user/(new)"
        return PrincipalGroup(
            account,
            PrincipalKind.USER,
            parse_principal(name, in_management_account=realm.is_management, tags={}),
            Layers(identity=(policy,), boundary=None if limit is None else (limit,), scp=realm.scp or None),
            (policy,),
            frozenset({"*"}),
            next(iter(self._context.population.in_account(account))).origin,
            change=("new",),
        )
