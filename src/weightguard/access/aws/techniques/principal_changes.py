"""Change what a principal may do, and be it: the access is decided on the principal as the change leaves it.

A change is worked out for a class of principals that no policy tells apart. What limits the principal and is not changed stays: the
boundary, the guardrails, the denials in its other policies. Whoever makes the change must also be the principal, or become it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.permissions import Permissions
from weightguard.access.aws.techniques.changed_principals import (
    CHANGED,
    ChangedPrincipals,
    Offer,
    State,
    TargetClass,
)
from weightguard.access.aws.techniques.guardrail_removal import actors_of
from weightguard.access.aws.techniques.policy_choices import Choice
from weightguard.access.aws.techniques.settled_accounts import SettledAccounts
from weightguard.access.joint_control import Conjunction, join
from weightguard.access.links import Graph, Group, Hub, Link, Node, Step
from weightguard.access.worth import Worth
from weightguard.estate.limit import EVERYTHING, Limit, LimitKind


@dataclass(frozen=True, slots=True)
class Hand:
    """A cohort that may change principals, and those of its groups that would gain something by it."""

    actor: PrincipalGroup
    parts: list[PrincipalGroup]

    def nodes(self) -> Iterator[Node]:
        """The members of the groups that have names, and the groups that have none."""
        for part in self.parts:
            yield from part.names or (part,)


@dataclass(frozen=True, slots=True)
class Held:
    """What whoever is of a cohort may hold besides: classes of principals worth changing, and principals changed before."""

    classes: dict[TargetClass, None] = field(default_factory=dict)
    changed: list[PrincipalGroup] = field(default_factory=list)


class PrincipalChanges:
    """Works out changed principals and the links that lead to them.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
        graph: who can become whom; takes the links.
    """

    def __init__(self, context: Context, needs: Permissions, graph: Graph) -> None:
        self._graph = graph
        self._population = context.population
        self._states = ChangedPrincipals(context, needs)
        self._actors: dict[str, list[PrincipalGroup]] = {}
        self._actor_of: dict[PrincipalGroup, PrincipalGroup] = {}
        self._linked: set[tuple[Node, PrincipalGroup]] = set()
        self._entered: dict[
            tuple[PrincipalGroup, tuple[PrincipalGroup, ...], TargetClass, PrincipalGroup], int
        ] = {}
        self._joined: dict[tuple[tuple[Group, ...], tuple[Node, ...], Group], int] = {}
        self._settled = SettledAccounts(context.population, graph)
        self._admitted: set[PrincipalGroup] = set()
        self._hopes: dict[PrincipalGroup, None] = {}

    def hoped(self) -> list[PrincipalGroup]:
        """The groups to be taken in to see where they lead; each once."""
        found = list(self._hopes)
        self._admitted.update(found)
        self._settled.unsettle(group.account for group in found)
        self._hopes.clear()
        return found

    def admit(self, actors: Actors) -> None:
        """Take in groups that may change principals: as cohorts, changed ones among them."""
        self._settled.unsettle(actors.accounts)
        for account in actors.accounts:
            self._admitted.update(actors.in_account(account))
            for cohort in actors.cohorts(account, self._states.actions):
                self._actors.setdefault(account, []).append(cohort)
                self._actor_of.update((part, cohort) for part in cohort.parts)

    def links(self, worth: Worth) -> list[Link]:
        """The links to changed principals that are worth something to a question, and that are not known yet.

        They lead from whoever makes a change and is, or becomes, the principal.
        """
        graph, found = self._graph, list[Link]()
        conjunctions: list[tuple[str, Conjunction]] = []
        asked = list(self._settled.unsettled(self._actors, worth))
        for account, _ in asked:
            hands = self._hands(account, worth)
            for hand, held in zip(hands, self._held(account, hands, worth), strict=True):
                for part in hand.parts:
                    found.extend(self._of_itself(hand.actor, part, worth))
                conjunctions += ((account, one) for one in self._of_others(hand, held, graph, worth, found))
        if not worth.is_narrowed:
            self._settled.settle(asked)
        graph.extend(found)
        return [*found, *self._join(conjunctions)]

    def _join(self, conjunctions: list[tuple[str, Conjunction]]) -> list[Link]:
        """The links of conjunctions; one that was joined in this very region joins nothing again, whatever the question."""
        versions = {account: self._settled.version(account) for account, _ in conjunctions}
        new = [
            (account, one)
            for account, one in conjunctions
            if self._joined.get((one.makers, one.targets, one.state)) != versions[account]
        ]
        joined, is_all = join(self._graph, [one for _, one in new])
        self._joined.update(
            ((one.makers, one.targets, one.state), self._settled.version(account)) for account, one in new
        )
        if not is_all:
            self._graph.met.append(Limit(LimitKind.JOIN_BOUND, EVERYTHING))
        return joined

    def _of_itself(self, actor: PrincipalGroup, part: PrincipalGroup, worth: Worth) -> Iterator[Link]:
        """What members of a cohort make of themselves."""
        targets: list[tuple[TargetClass, tuple[str, ...]]]
        if not part.names:
            targets = (
                [(self._states.class_of(part.origin.id), (part.origin.id,))] if part.change == CHANGED else []
            )
        else:
            own = [name for name in part.names if worth.improves(name)]
            targets = [
                (alike, tuple(name for name in own if self._states.class_of(name) is alike))
                for alike in dict.fromkeys(self._states.class_of(name) for name in own)
            ]
        for alike, names in targets:
            for state in self._all(actor, alike, worth, part, itself=True):
                for name in names:
                    yield from self._new(
                        Link(name if part.names else part, state.group, state.steps, named=name)
                    )

    def _hands(self, account: str, worth: Worth) -> list[Hand]:
        """Who of an account may change principals, and would gain something by it."""
        found: list[Hand] = []
        for actor in self._actors[account]:
            parts = [part for part in actor.parts if worth.gains(part)]
            if parts:
                found.append(Hand(actor, parts))
        return found

    def _held(self, account: str, hands: list[Hand], worth: Worth) -> list[Held]:
        """What the members of each cohort may hold besides, and would be worth changing: of its own account."""
        found = [Held() for _ in hands]
        region = self._settled.region(account)
        for node, mask in worth.held_with((hand.nodes() for hand in hands), *region).items():
            if isinstance(node, PrincipalGroup) and node.change == CHANGED and node.account == account:
                for number in _bits(mask):
                    found[number].changed.append(node)
            elif isinstance(node, str) and self._is_of(node, account) and worth.improves(node):
                alike = self._states.class_of(node)
                for number in _bits(mask):
                    found[number].classes[alike] = None
        return found

    def _is_of(self, name: str, account: str) -> bool:
        """Whether a name is that of a principal of an account."""
        group = self._population.group_of.get(name)
        return group is not None and group.account == account

    def _of_others(
        self, hand: Hand, held: Held, graph: Graph, worth: Worth, found: list[Link]
    ) -> Iterator[Conjunction]:
        """What members of a cohort make of others that they become, or that somebody holds who holds both.

        Args:
            found: takes the links of those who become at once what they change.
        """
        actor, parts = hand.actor, hand.parts
        version = self._settled.version(actor.account)
        for alike in held.classes:
            for state in self._all(actor, alike, worth):
                entered = (actor, tuple(parts), alike, state.group)
                if self._entered.get(entered) != version:
                    self._entered[entered] = version
                    found += self._at_once(actor, parts, alike, state, graph)
                makes = (actor,) if len(parts) == len(actor.parts) else tuple(parts)
                yield Conjunction(makes, tuple(sorted(state.names)), state.group, _aimed(state.steps, alike))
        for changed in held.changed:
            alike = self._states.class_of(changed.origin.id)
            for state in self._all(actor, alike, worth, changed):
                yield Conjunction((actor,), (changed,), state.group, _aimed(state.steps, alike))

    def _at_once(
        self,
        actor: PrincipalGroup,
        parts: list[PrincipalGroup],
        alike: TargetClass,
        state: State,
        graph: Graph,
    ) -> Iterator[Link]:
        """Links of those of a cohort who become a principal in one step, once they have changed it."""
        open_parts = set(parts)
        for name, origin, become in _entries(alike, graph):
            if name not in state.names:
                continue
            for part, node in actors_of(origin, self._population):
                if part in open_parts and self._actor_of.get(part) is actor and node != name:
                    yield from self._new(Link(node, state.group, (*state.steps, *become), named=name))

    def _new(self, link: Link) -> Iterator[Link]:
        """A link to a changed group, once."""
        if isinstance(link.target, PrincipalGroup) and (link.origin, link.target) not in self._linked:
            self._linked.add((link.origin, link.target))
            yield link

    def _all(
        self,
        actor: PrincipalGroup,
        alike: TargetClass,
        worth: Worth,
        base: PrincipalGroup | None = None,
        *,
        itself: bool = False,
    ) -> Iterator[State]:
        """The states that a cohort can put a class into, with as much of what may be chosen as leads somewhere."""
        yield from self._states.states(actor, alike, base, itself=itself)
        for offer in self._states.offers(actor, alike, base, itself=itself):
            rows = self._rows(offer, worth)
            yield from (state for row in rows if (state := self._states.taking(offer, row)) is not None)

    def _rows(self, offer: Offer, worth: Worth) -> list[list[Choice]]:
        """What is chosen of an offer: what the best of it needs to reach the store.

        Where the best reaches nothing, all that takes nothing away is taken, so that another change may be made on top of it.
        """
        if offer.base.change:
            return [offer.giving]
        best = self._states.at_best(offer)
        if best is None:
            return []
        if best not in self._admitted:
            self._hopes[best] = None  # Where it leads is known the next time.
            return []
        if not worth.is_better(best, offer.names):
            return [offer.giving]
        cited = worth.cited_from(best)
        needed = [one for one in offer.changes.choices if any(policy.name in cited for policy in one.best)]
        rows = [[one] for one in needed] + ([needed] if len(needed) > 1 else [])
        states = [self._states.taking(offer, row) for row in rows]
        if all(state is None or state.group in self._admitted for state in states):
            # What is needed denies too much: whoever is asked about still does not reach the store.
            rows += self._with_denying(offer)
        return rows

    def _with_denying(self, offer: Offer) -> list[list[Choice]]:
        """All that takes nothing away, with each thing that does; where that was tried already, others stay untried."""
        rows = [[*offer.giving, one] for one in offer.changes.choices if one.denies]
        states = [self._states.taking(offer, row) for row in rows]
        if len(rows) > 1 and all(state is None or state.group in self._admitted for state in states):
            self._graph.met.append(Limit(LimitKind.JOIN_BOUND, EVERYTHING))
        return rows


def _entries(alike: TargetClass, graph: Graph) -> Iterator[tuple[str, Node, tuple[Step, ...]]]:
    """Who becomes a principal of a class in one step, and how; a way that several of them share counts once."""
    seen: set[Hub] = set()
    for name in alike.names:
        for link in graph.links_into(name):
            if isinstance(link.origin, Hub):
                if link.origin not in seen:
                    seen.add(link.origin)
                    for inner in graph.links_into(link.origin):
                        yield name, inner.origin, inner.steps
            elif link.steps:
                yield name, link.origin, link.steps


def _aimed(steps: tuple[Step, ...], alike: TargetClass) -> tuple[Step, ...]:
    """Steps on the principal itself, with its name where there is but one."""
    return tuple(Step(one.how, one.grant, one.target or alike.names[0]) for one in steps)


def _bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
