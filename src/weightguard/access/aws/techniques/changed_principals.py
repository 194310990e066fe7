"""Principals as changes leave them, each an actor of its own.

A change is worked out for a class of principals that no policy tells apart. What limits the principal and is not changed stays: the
boundary, the guardrails, the denials in its other policies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.groups import PrincipalGroup, is_unlimited
from weightguard.access.aws.identities.named_principals import administrator
from weightguard.access.aws.identities.tags import applied
from weightguard.access.aws.permissions import Permissions
from weightguard.access.aws.techniques.assume_role import other_than
from weightguard.access.aws.techniques.change_steps import ChangeSteps
from weightguard.access.aws.techniques.policy_choices import Changes, Choice
from weightguard.access.links import Step
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, PolicySet, policy_set
from weightguard.policy.aws import Principal as Caller

CHANGED: Final = ("changed",)
AT_BEST: Final = ("at best",)


@dataclass(frozen=True, slots=True, eq=False)
class TargetClass:
    """Principals that nothing tells apart as targets of a change.

    Attributes:
        names: the principals.
        example: one of them.
    """

    names: tuple[str, ...]
    example: Principal


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Principals as a change leaves them.

    Attributes:
        group: the changed principal as an actor of its own.
        names: the principals that become it.
        steps: what is done to them.
    """

    group: PrincipalGroup
    names: frozenset[str]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A change of principals of which some things may be chosen: groups to join.

    Attributes:
        names: the principals.
        example: one of them.
        base: the group that they are in when they are changed.
    """

    names: frozenset[str]
    example: Principal
    changes: Changes
    base: PrincipalGroup

    @property
    def giving(self) -> list[Choice]:
        """The choices that take nothing away."""
        return [one for one in self.changes.choices if not one.denies]


Outcome = tuple[list[State], list[Offer]]


class ChangedPrincipals:
    """Works out what can be made of principals.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._population = context.population
        self._moves = ChangeSteps(context, needs)
        self.actions = self._moves.actions
        self._changed: dict[tuple[object, ...], PrincipalGroup] = {}
        self._classes: dict[str, list[TargetClass]] = {}
        self._class_of: dict[str, TargetClass] = {}
        self._outcome: dict[tuple[PrincipalGroup, TargetClass, PrincipalGroup | None, bool], Outcome] = {}
        self._best: dict[Offer, PrincipalGroup] = {}

    def class_of(self, name: str) -> TargetClass:
        """The class of a principal."""
        self.classes(self._population.principals[name].account)
        return self._class_of[name]

    def classes(self, account: str) -> list[TargetClass]:
        """The account's principals, told apart as targets."""
        found = self._classes.get(account)
        if found is None:
            together: dict[tuple[object, ...], list[str]] = {}
            for group in self._population.in_account(account):
                for name in group.names:
                    together.setdefault(self._likeness(name), []).append(name)
            found = [
                TargetClass(tuple(names), self._population.principals[names[0]])
                for names in together.values()
            ]
            self._classes[account] = found
            self._class_of.update((name, alike) for alike in found for name in alike.names)
        return found

    def _likeness(self, name: str) -> tuple[object, ...]:
        """Equal for principals that any change finds, and leaves, the same."""
        principal = self._population.principals[name]
        group = self._population.group_of[name]
        carried = [
            one for one in self._moves.owned(principal) if one.policy.origin == "customer" or one.denies
        ]
        tags = tuple(sorted(self._moves.tags(principal).items(), key=str))
        return (
            principal.kind,
            principal.service_linked,
            self._context.patterns.hits(principal.account, name, self._moves.actions),
            principal.known_groups,
            tuple((one.policy.id if one.policy.origin != "inline" else "", one.compiled) for one in carried),
            group.layers.boundary,
            tags,
            name if name in self._context.named.kept_apart else None,
            group.own.signature(name, dict(group.caller.tags or ())),
        )

    def states(
        self,
        actor: PrincipalGroup,
        alike: TargetClass,
        base: PrincipalGroup | None = None,
        *,
        itself: bool = False,
    ) -> list[State]:
        """The states that a cohort's principals can put a class's principals into, as far as there is nothing to choose.

        Args:
            base: the group that the principals are in when they are changed; None: whichever they are in as things stand.
            itself: True where the members of `base` change themselves.
        """
        return self._outcomes(actor, alike, base, itself)[0]

    def offers(
        self,
        actor: PrincipalGroup,
        alike: TargetClass,
        base: PrincipalGroup | None = None,
        *,
        itself: bool = False,
    ) -> list[Offer]:
        """The changes of which something may be chosen."""
        return self._outcomes(actor, alike, base, itself)[1]

    def taking(self, offer: Offer, chosen: Iterable[Choice]) -> State | None:
        """The state that some choices lead to; None where they change nothing."""
        changes = offer.changes.choosing(chosen)
        group = self._state(offer.example, changes, offer.base)
        return None if group is None else State(group, offer.names, tuple(changes.steps))

    def at_best(self, offer: Offer) -> PrincipalGroup | None:
        """What all choices would make of the principals if none of them denied anything: more than any of them can.

        Nobody becomes it. Where it leads nowhere, no choice does.
        """
        found = self._best.get(offer)
        if found is None:
            changes = offer.changes.choosing(offer.changes.choices, at_best=True)
            made = self._left(changes, offer.base)
            if made is not None:
                found = self._best[offer] = self._as_group(
                    offer.example,
                    offer.base,
                    *made,
                    self._tagged(offer.example, offer.base, changes),
                    AT_BEST,
                )
        return found

    def _outcomes(
        self, actor: PrincipalGroup, alike: TargetClass, base: PrincipalGroup | None, itself: bool
    ) -> Outcome:
        key = (actor, alike, base, itself)
        found = self._outcome.get(key)
        if found is None:
            found = self._outcome[key] = ([], [])
            unlimited = is_unlimited(base or self._population.group_of[alike.example.id])
            if not unlimited and self._concerns(actor, alike):
                target = self._target(actor, alike, base if itself else None)
                for changes in self._moves.possible(actor, *target) if target is not None else ():
                    self._after(alike, changes, base, *found)
        return found

    def _concerns(self, actor: PrincipalGroup, alike: TargetClass) -> bool:
        """Whether the actor's policies speak of the principal, or of a group or policy of its."""
        example = alike.example
        if "*" in actor.reach:
            return True
        aims = [example.id, *example.known_groups, *(one.policy.id for one in self._moves.owned(example))]
        if example.kind is PrincipalKind.USER:
            aims += [other.id for other in self._population.iam_groups(example.account)]
        hits, actions = self._context.patterns.hits, self.actions
        return any(not hits(example.account, aim, actions).isdisjoint(actor.reach) for aim in aims)

    def _target(
        self, actor: PrincipalGroup, alike: TargetClass, itself: PrincipalGroup | None
    ) -> tuple[Caller, Principal] | None:
        if itself is not None:
            own = itself.names or [itself.origin.id]
            name = next(name for name in own if self._class_of[name] is alike)
            return self._population.callers[name], self._population.principals[name]
        found = other_than(actor, alike.names)
        return None if found is None else (found[0], self._population.principals[found[1]])

    def _after(
        self,
        alike: TargetClass,
        changes: Changes,
        base: PrincipalGroup | None,
        states: list[State],
        offers: list[Offer],
    ) -> None:
        """What a change makes of a class: one state where it gives everything, else one for each group that they were in."""
        made: dict[PrincipalGroup, list[str]] = {}
        for before, names in self._before(alike, base):
            example = before.origin if base is not None and not base.names else alike.example
            if base is None:
                example = self._population.principals[names[0]]
            if changes.choices:
                offers.append(Offer(frozenset(names), example, changes, before))
                continue
            state = self._state(example, changes, before)
            if state is not None and state is not before:
                made.setdefault(state, []).extend(names)
        steps = tuple(changes.steps)
        states.extend(State(group, frozenset(names), steps) for group, names in made.items())

    def _before(
        self, alike: TargetClass, base: PrincipalGroup | None
    ) -> list[tuple[PrincipalGroup, list[str]]]:
        """The groups that a class's principals are in when they are changed."""
        if base is not None:
            return [(base, list(alike.names))]
        groups: dict[PrincipalGroup, list[str]] = {}
        for name in alike.names:
            groups.setdefault(self._population.group_of[name], []).append(name)
        return list(groups.items())

    def _state(self, example: Principal, changes: Changes, base: PrincipalGroup) -> PrincipalGroup | None:
        """The changed principal as an actor of its own; None when the change changes nothing."""
        left = self._left(changes, base)
        if left is None:
            return None
        return self._changed_group(example, base, *left, self._tagged(example, base, changes))

    def _left(
        self, changes: Changes, base: PrincipalGroup
    ) -> tuple[tuple[CompiledPolicy, ...], PolicySet | None] | None:
        """The policies and the boundary that a change leaves; None when it changes nothing."""
        dropped = {one.document for one in changes.dropped}
        documents = [one for one in base.documents if one.document not in dropped]
        if changes.everything:
            documents = [one for one in documents if _refuses(one)]
            documents.append(administrator("a policy of the actor's own", self._population.memory))
        documents += [one for one in dict.fromkeys(changes.added) if one not in documents]
        boundary = _boundary_left(changes, base.layers.boundary)
        if tuple(documents) == base.documents and boundary is base.layers.boundary and not changes.tags:
            return None
        return tuple(documents), boundary

    def _tagged(self, example: Principal, base: PrincipalGroup, changes: Changes) -> Caller:
        """The changed principal as the engine knows it, with the tags that it has by then."""
        caller = self._population.callers[example.id]
        if not base.names:
            caller = replace(caller, tags=base.caller.tags)
        if not changes.tags:
            return caller
        tags = applied(dict(caller.tags or ()), dict(changes.tags))
        return replace(caller, tags=tuple(sorted(tags.items())))

    def _changed_group(
        self,
        example: Principal,
        base: PrincipalGroup,
        documents: tuple[CompiledPolicy, ...],
        boundary: PolicySet | None,
        caller: Caller,
    ) -> PrincipalGroup:
        """The one group of all whom a change leaves the same, in whatever order it came about."""
        long_term = self._population.is_long_term(example.id)
        key = (
            example.account,
            example.kind,
            frozenset(documents),
            boundary,
            example.id if example.id in self._context.named.kept_apart else None,
            base.own.signature(example.id, caller.known_tags, long_term),
            self._context.named.looked_at.signature(example.id, caller.known_tags, long_term),
            caller.tags if caller.tags != self._population.callers[example.id].tags else None,
        )
        found = self._changed.get(key)
        if found is None:
            found = self._changed[key] = self._as_group(example, base, documents, boundary, caller, CHANGED)
            self._population.add_changed(found)
        return found

    def _as_group(
        self,
        example: Principal,
        base: PrincipalGroup,
        documents: tuple[CompiledPolicy, ...],
        boundary: PolicySet | None,
        caller: Caller,
        change: tuple[str, ...],
    ) -> PrincipalGroup:
        return PrincipalGroup(
            example.account,
            example.kind,
            caller,
            base.layers.replace(identity=documents, boundary=boundary),
            documents,
            base.patterns | {"*"},
            example,
            change=change,
            own=base.own,
        )


def _refuses(policy: CompiledPolicy) -> bool:
    """Whether a policy denies anything: what else there is adds nothing to everything."""
    return any(not statement.allows for statement in policy.document.statements)


def _boundary_left(changes: Changes, boundary: PolicySet | None) -> PolicySet | None:
    """The boundary after a change: none, another, or the one before."""
    if changes.unbounded:
        return None
    return boundary if changes.boundary is None else policy_set((changes.boundary,))
