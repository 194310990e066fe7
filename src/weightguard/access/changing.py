"""Change what a principal may do, and be it: the access is decided on the principal as the change leaves it.

A change is worked out for a class of principals that no policy tells apart. What limits the principal and is not changed stays: the
boundary, the guardrails, the denials in its other policies. Whoever makes the change must also be the principal, or become it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from weightguard.access.actors import Actors
from weightguard.access.changes import Choice
from weightguard.access.joining import Conjunction, join
from weightguard.access.links import Graph, Hub, Link, Node, Step
from weightguard.access.needs import Needs
from weightguard.access.population import Group
from weightguard.access.states import CHANGED, Offer, State, States, TargetClass
from weightguard.access.unguarding import actors_of
from weightguard.access.worth import Worth
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.limits import EVERYTHING

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


class Changing:
    """Works out changed principals and the links that lead to them.

    Args:
        owner: the graph.
        needs: decides what techniques need.
    """

    def __init__(self, owner: AccessGraph, needs: Needs) -> None:
        self._owner = owner
        self._population = owner.population
        self._states = States(owner, needs)
        self._actors: dict[str, list[Group]] = {}
        self._actor_of: dict[Group, Group] = {}
        self._linked: set[tuple[Node, Group]] = set()
        self._entered: dict[tuple[Group, tuple[Group, ...], TargetClass, Group], int] = {}
        self._joined: dict[tuple[tuple[Group, ...], tuple[Node, ...], Group], int] = {}
        self._admitted: set[Group] = set()
        self._hopes: dict[Group, None] = {}

    def hoped(self) -> list[Group]:
        """The groups to be taken in to see where they lead; each once."""
        found = list(self._hopes)
        self._admitted.update(found)
        self._hopes.clear()
        return found

    def admit(self, actors: Actors) -> None:
        """Take in groups that may change principals: as cohorts, changed ones among them."""
        for account in actors.accounts:
            self._admitted.update(actors.in_account(account))
            for cohort in actors.cohorts(account, self._states.actions):
                self._actors.setdefault(account, []).append(cohort)
                self._actor_of.update((part, cohort) for part in cohort.parts)

    def links(self, graph: Graph, worth: Worth) -> list[Link]:
        """The links to changed principals that are worth something to a question, and that are not known yet.

        They lead from whoever makes a change and is, or becomes, the principal.
        """
        found: list[Link] = []
        conjunctions: list[Conjunction] = []
        for account in sorted(self._actors):
            for actor in list(self._actors[account]):
                open_parts = [part for part in actor.parts if worth.gains(part)]
                for part in open_parts:
                    found.extend(self._of_itself(actor, part, worth))
                if open_parts:
                    conjunctions += self._of_others(actor, open_parts, graph, worth, found)
        graph.extend(found)
        # A conjunction that was joined in this very graph joins nothing again, whatever the question.
        new = [
            one
            for one in conjunctions
            if self._joined.get((one.makers, one.targets, one.state)) != graph.size
        ]
        joined, is_all = join(graph, new)
        self._joined.update(((one.makers, one.targets, one.state), graph.size) for one in new)
        if not is_all:
            self._owner.met.append(Limit(LimitKind.JOIN_BOUND, EVERYTHING))
        return [*found, *joined]

    def _of_itself(self, actor: Group, part: Group, worth: Worth) -> Iterator[Link]:
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

    def _of_others(
        self, actor: Group, parts: list[Group], graph: Graph, worth: Worth, found: list[Link]
    ) -> Iterator[Conjunction]:
        """What members of a cohort make of others that they become, or that somebody holds who holds both.

        Args:
            parts: the groups of the cohort that may gain something.
            found: takes the links of those who become at once what they change.
        """
        nodes: list[Node] = []
        for part in parts:
            nodes.extend(part.names or [part])
        held = worth.held_with(nodes)
        for alike in self._worth_changing(actor.account, held, worth):
            for state in self._all(actor, alike, worth):
                entered = (actor, tuple(parts), alike, state.group)
                if self._entered.get(entered) != graph.size:
                    self._entered[entered] = graph.size
                    found += self._at_once(actor, parts, alike, state, graph)
                makes = (actor,) if len(parts) == len(actor.parts) else tuple(parts)
                yield Conjunction(makes, tuple(sorted(state.names)), state.group, _aimed(state.steps, alike))
        for changed in held:
            if isinstance(changed, Group) and changed.change == CHANGED and changed.account == actor.account:
                alike = self._states.class_of(changed.origin.id)
                for state in self._all(actor, alike, worth, changed):
                    yield Conjunction((actor,), (changed,), state.group, _aimed(state.steps, alike))

    def _worth_changing(self, account: str, held: list[Node], worth: Worth) -> Iterable[TargetClass]:
        """The classes of those of some nodes that would reach the store better."""
        names = [node for node in held if isinstance(node, str) and node in self._population.group_of]
        own = [name for name in names if self._population.group_of[name].account == account]
        return dict.fromkeys(self._states.class_of(name) for name in own if worth.improves(name))

    def _at_once(
        self, actor: Group, parts: list[Group], alike: TargetClass, state: State, graph: Graph
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
        if isinstance(link.target, Group) and (link.origin, link.target) not in self._linked:
            self._linked.add((link.origin, link.target))
            yield link

    def _all(
        self,
        actor: Group,
        alike: TargetClass,
        worth: Worth,
        base: Group | None = None,
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
            self._owner.met.append(Limit(LimitKind.JOIN_BOUND, EVERYTHING))
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
