"""The access graph of an estate, and the questions that it answers.

One graph spans all providers of an estate. What it knows of any of them it asks through the port (`weightguard.access.provider`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Set
from dataclasses import dataclass
from functools import cached_property

from weightguard.access import federation, providers
from weightguard.access.answers import Answers, paths_of
from weightguard.access.cut import Question, smallest_cut
from weightguard.access.links import Graph, Link, Node, Reached, cited_by, search
from weightguard.access.model import Access, AccessKind, ActorKind, Cut, Paths, WhoCan
from weightguard.access.nearby import Nearby
from weightguard.access.provider import Actor, Direct, Place, Port, Unit, Wanted
from weightguard.access.shortest_paths import everything_from, stands_for, within
from weightguard.access.told import Told
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import EVERYTHING, Limit, in_play
from weightguard.estate.limits import limits_of
from weightguard.estate.model import Estate

_NOBODY_KNOWS = Actor("unknown", None)
Besides = Callable[[Reached], frozenset[Node]]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A place that a question is about, and whose it is.

    Attributes:
        store: as the question named it, with `prefix`.
    """

    port: Port
    place: Place
    store: str
    prefix: str | None

    def direct(self, access: AccessKind) -> Direct:
        """Who can directly."""
        return self.port.direct(access, self.store, self.prefix)


class AccessGraph:
    """Who can become whom, and who can do what to which store. Built by `build`.

    Args:
        estate: everything that the snapshots say exists.
        limits: what is not modelled of it; None: what the estate says.
        only: the providers whose stores anybody will ask about; None: any.
    """

    def __init__(
        self,
        estate: Estate,
        limits: tuple[Limit, ...] | None = None,
        only: Container[str] | None = None,
    ) -> None:
        self.estate = estate
        self._known_limits = limits
        self._near: Nearby | None = None
        self._links = Graph()
        self._only = only
        self.ports = providers.ports(estate, self._links, only)
        self._stores = {store.id: store for store in estate.stores}
        self._asked: dict[tuple[str, str | None], Asked] = {}
        self._actors: dict[str, Actor] = {}
        self._exhausted: set[object] = set()
        """Questions for which no further change is worth anything, by what makes two questions alike."""
        self._told = Told()

    @cached_property
    def graph(self) -> Graph:
        """Who can become whom, as far as a question needed it so far; begun at the first question."""
        for port in self.ports:
            port.links(None)
        federation.connect([port.abroad for port in self.ports], self._links)
        return self._links

    @cached_property
    def answers(self) -> Answers:
        """Words what searches find."""
        return Answers(self.graph, self.estate.workloads, self.kind_of)

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        """Everybody who can do `access` to objects of `store`, directly or by becoming somebody else."""
        question = (access, store, prefix)
        found = self._told.still(question, self.graph)
        return found or self._told.keep(
            question, self.graph, self._who_can(access, self.asked(store, prefix))
        )

    def _who_can(self, access: AccessKind, asked: Asked) -> WhoCan:
        reached = self.reached(access, asked)
        found = self.answers.found(reached, asked.direct(access).links)
        names = frozenset(answer.principal for answer in found)
        gaps = self.gaps(asked.place, names)
        limits = self.limits(access, asked.place, names)
        complete = asked.place.held and not gaps and not in_play(limits)
        return WhoCan(access, asked.place.id, found, complete, gaps, limits)

    def paths(self, principal: str, store: str, access: AccessKind = AccessKind.READ) -> Paths:
        """Every shortest path from `principal` to `store`."""
        asked = self.asked(store, None)
        reached = self.reached(access, asked, lambda found: self._on_the_way(principal, found))
        return paths_of(self.answers, principal, asked.direct(access).links, reached)

    def _on_the_way(self, principal: str, reached: Reached) -> frozenset[Node]:
        """Where changes may begin other ways of a principal to a store that are no longer than the one that was found.

        A change takes a hop, and what is thereby had another one at least.
        """
        hops = self.answers.hops(principal, reached)
        return frozenset() if hops is None else frozenset(within(self.graph, principal, hops - 2))

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        """The smallest set of changes after which nobody but the direct, intended readers reach `store`."""
        first = self.who_can(access, store)
        asked = self.asked(store, None)
        question = Question(
            first,
            self.answers,
            self.graph,
            asked.direct(access).links,
            asked.port.removals(),
            lambda taken: self._without(taken, access, asked),
        )
        return smallest_cut(question)

    def _without(self, taken: frozenset[Unit], access: AccessKind, asked: Asked) -> WhoCan:
        """Who can when some things are taken away: asked of what lies in the accounts that have anything to do with it.

        Where somebody may open the store for others, whom it is opened for may be of any account that is in the same hands.
        """
        estate, within = asked.port.removals().without(taken), asked.port.within
        if within is None or not asked.place.held:
            return AccessGraph(estate, self._limits, self._only).who_can(access, asked.store, asked.prefix)
        near = self._nearby(access, asked, opened=False)
        graph = AccessGraph(within(estate, near, asked.place), self._limits, self._only)
        found = graph.who_can(access, asked.store, asked.prefix)
        far = self._nearby(access, asked, opened=True)
        if far == near or not graph.asked(asked.store, asked.prefix).direct(access).opened:
            return found
        return AccessGraph(within(estate, far, asked.place), self._limits, self._only).who_can(
            access, asked.store, asked.prefix
        )

    def _nearby(self, access: AccessKind, asked: Asked, *, opened: bool) -> frozenset[str]:
        """The accounts that have anything to do with a question."""
        if self._near is None or self._near.size != self.graph.size:
            self._near = Nearby(self.graph, lambda name: self._actor(name).account)
        reached = self.reached(access, asked)
        own = [account for account in asked.place.accounts if account is not None]
        return self._near.accounts(reached.first, own, opened=opened)

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        """Ids of the principals, stores and keys that `principal` reaches: forwards over the same links."""
        seen = self.reached_from(principal)
        names = {node for node in seen if isinstance(node, str) and node != principal}
        for store in self.estate.stores:
            asked = self.asked(store.id, None)
            for access in AccessKind:
                if any(stands_for(link.origin, seen) for link in asked.direct(access).links):
                    uses_key = access in (AccessKind.READ, AccessKind.DECRYPT)
                    names |= {store.id, *(asked.place.keys if uses_key else ())}
        return tuple(sorted(names))

    def asked(self, store: str, prefix: str | None) -> Asked:
        """The store, or the prefix in it, that a question is about: of the provider that holds it, if any does."""
        found = self._asked.get((store, prefix))
        if found is None:
            places = ((port, port.place(store, prefix)) for port in self.ports)
            every = [Asked(port, place, store, prefix) for port, place in places if place is not None]
            found = next((one for one in every if one.place.held), every[0])
            self._asked[store, prefix] = found
        return found

    def kind_of(self, name: str) -> ActorKind:
        """Who stands behind a name."""
        return self._actor(name).kind

    def _actor(self, name: str) -> Actor:
        found = self._actors.get(name)
        if found is None:
            known = (port.kind_of(name) for port in self.ports)
            found = self._actors[name] = next((one for one in known if one is not None), _NOBODY_KNOWS)
        return found

    def reached(self, access: AccessKind, asked: Asked, besides: Besides | None = None) -> Reached:
        """Everybody who can, nearest first.

        Args:
            besides: of whom changes are wanted though they reach the store already, given what was found.
        """
        while True:
            graph, direct = self.graph, asked.direct(access)
            found = search(graph, direct.links)
            others = frozenset[Node]() if besides is None else besides(found)
            question = (graph.size, direct.opened, others, _likeness(asked.place, direct.links))
            if question in self._exhausted:
                return found
            if not self._widened(Wanted(found, others, direct.opened)):
                self._exhausted.add(question)
                return found

    def reached_from(self, principal: str) -> set[Node]:
        """Everything that a principal reaches, whatever it may change on the way."""
        nowhere = Reached({}, frozenset())
        while True:
            seen = everything_from(self.graph, principal)
            if not self._widened(Wanted(nowhere, opened=True, only=seen)):
                return seen

    def _widened(self, wanted: Wanted) -> bool:
        """Whether any provider found links that are worth something and were not known."""
        return any(port.links(wanted) for port in self.ports)

    def gaps(self, place: Place, answers: Iterable[str]) -> tuple[Unknown, ...]:
        """What could not be seen and may hide an answer.

        What lies in an account that nobody read reaches a store only as that account does: where the account, or a principal of
        it, or somebody who may be of any account, is among the answers.

        Args:
            answers: the principals that were found.
        """
        named = {self._actor(name).account for name in answers} | place.accounts
        unconcerned = frozenset() if None in named else self._unread - named
        found = dict.fromkeys(self._all_gaps(place))
        return tuple(gap for gap in found if gap.source.at_scope not in unconcerned)

    @cached_property
    def _unread(self) -> frozenset[str]:
        """Ids of the accounts that are known by name alone."""
        return frozenset(account.id for account in self.estate.accounts if not account.collected)

    def limits(self, access: AccessKind, place: Place, answers: Set[str]) -> tuple[Limit, ...]:
        """What was not modelled, tried or searched to its end and bears on a question.

        Args:
            answers: the principals that were found.
        """
        store = self._stores.get(place.id)
        places = {EVERYTHING, place.id} if store is None else {EVERYTHING, place.id, store.account}
        own = (limit for _, limit in sorted(one for name in places for one in self._limits_of.get(name, ())))
        named = (limit.beside(answers) for name in sorted(answers) for limit in self._actor(name).limits)
        known = (limit for limit in (*own, *place.limits, *named) if access in limit.kind.accesses)
        return tuple(dict.fromkeys((*known, *self.graph.met)))

    @cached_property
    def _limits(self) -> tuple[Limit, ...]:
        return limits_of(self.estate) if self._known_limits is None else self._known_limits

    @cached_property
    def _limits_of(self) -> dict[str, list[tuple[int, Limit]]]:
        """The limits by what they are about, numbered in their order."""
        found: dict[str, list[tuple[int, Limit]]] = {}
        for number, limit in enumerate(self._limits):
            found.setdefault(limit.about, []).append((number, limit))
        return found

    def _all_gaps(self, place: Place) -> Iterable[Unknown]:
        yield from place.gaps
        yield from self._unlisted
        if not place.held:
            yield from (*self.estate.stores.gaps, *self.estate.disk_copies.gaps)
        yield from self._unknown_guardrails

    @cached_property
    def _unlisted(self) -> tuple[Unknown, ...]:
        """What could not be listed, and bears on every question."""
        estate = self.estate
        collections = (
            estate.organisations,
            estate.accounts,
            estate.principals,
            estate.federated_providers,
            estate.workloads,
            estate.secrets,
        )
        return tuple(gap for collection in collections for gap in collection.gaps)

    @cached_property
    def _unknown_guardrails(self) -> tuple[Unknown, ...]:
        """Guardrails that could not be read; somebody else's open nothing here, whatever they are."""
        return tuple(
            fact
            for account in self.estate.accounts
            if account.collected or account.organisation is not None
            for fact in (account.guardrails, account.resource_guardrails)
            if isinstance(fact, Unknown)
        )


def _likeness(place: Place, seeds: Iterable[Link]) -> frozenset[object]:
    """Equal for questions that reach the same principals by the same policies, whatever the store and its keys are called.

    Which changes are worth anything follows from the graph and from where its ways end; of the policies that the last step rests
    on, the place's own are left out: no principal carries them.
    """
    own = place.own_policies
    return frozenset(
        (link.origin, link.is_certain, frozenset(name for name in cited_by(link) if name not in own))
        for link in seeds
    )


def build(estate: Estate, only: Container[str] | None = None) -> Access:
    """The access graph of an estate.

    Args:
        estate: everything that one or several snapshots say exists; one graph spans them all.
        only: the providers whose stores anybody will ask about; None: any.

    Returns:
        The graph. Building is cheap; the first question works out who can become whom.
    """
    return AccessGraph(estate, only=only)
