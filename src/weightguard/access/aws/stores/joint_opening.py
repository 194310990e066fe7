"""Changes of a store or its key that one identity makes for another one, both in the same hands.

Whoever reaches an identity that may open a store, and is or reaches another one whom the opened store lets in, reaches the store;
so does who needs two identities to open the store and its key, and a third one to read. What a single identity opens for itself is
`direct`'s, and what is done to principals is `joining`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.stores.actions import KEY_ACTIONS, OBJECT_ACTIONS
from weightguard.access.aws.stores.alterations import Alteration, of_key, of_key_state, of_key_tags, of_store
from weightguard.access.aws.stores.candidates import Candidate, together
from weightguard.access.aws.stores.direct_access import DirectAccess
from weightguard.access.aws.stores.store_changes import (
    KEY_GRANTING,
    MOST_KEY_CHANGES,
    MOST_STORE_CHANGES,
    SELF_GRANTING,
)
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.grant import Grant
from weightguard.access.links import Graph, Link, Node, Reached, Step, search
from weightguard.access.model import AccessKind
from weightguard.access.reachable import Reachable

_OPENING: Final = (*SELF_GRANTING, *KEY_GRANTING)


@dataclass(frozen=True, slots=True)
class Making:
    """A change that somebody makes, after others.

    Attributes:
        prior: the changes that are made before, in order.
        by_reader: how the one who is then let in makes it itself; None where it may not.
    """

    change: Alteration
    prior: tuple[Alteration, ...]
    by_reader: tuple[Step, ...] | None


_Part = tuple[tuple[Making, ...], str, Grant]
"""The changes that are made first, the action that is then taken, and what allows it."""


def _each(nodes: Iterable[Node]) -> Iterator[Node]:
    """The groups and names that some nodes stand for."""
    for node in nodes:
        yield from (node.parts or (node,)) if isinstance(node, PrincipalGroup) else (node,)


@dataclass(frozen=True, slots=True)
class Option:
    """One way of an identity to a store that others open for it.

    Attributes:
        changes: what is to be changed first, in order.
        step: what the identity then does.
    """

    changes: tuple[Making, ...]
    step: Step


@dataclass(frozen=True, slots=True)
class _Way:
    """How somebody who holds several identities gets in.

    Attributes:
        reader: the identity that is let in; None where it is the holder itself.
        holds: what the holder reaches, each with the link that leads there.
    """

    reader: Node | None
    option: Option
    holds: dict[Node, Link | None]


class JointOpening:
    """Finds who holds the identities that open a store and one that is let in.

    Args:
        direct: who can as things are.
        population: everybody.
        graph: who can become whom.
    """

    def __init__(self, direct: DirectAccess, population: Population, graph: Graph) -> None:
        self.direct = direct
        self.population = population
        self.graph = graph
        self._onward: tuple[int, Reachable] | None = None
        self._opened: set[tuple[AccessKind, tuple[object, ...]]] = set()
        self._latest: tuple[object, list[Candidate]] = (None, [])

    def may_open(self, access: AccessKind, place: StoreSurface) -> bool:
        """Whether somebody was found that may open a store for others; asked after `links`."""
        return (access, place.itself) in self._opened

    def links(
        self, access: AccessKind, place: StoreSurface, seeds: Iterable[Link], rounds: Sequence[Actors]
    ) -> Iterator[Link]:
        """Links to the store of everybody who reaches it no other way.

        Args:
            seeds: the links of whoever has it directly.
            rounds: everybody who may open it.
        """
        if access is AccessKind.ADMINISTER or not place.held:
            return
        reached = search(self.graph, seeds)
        makers = [
            candidate
            for candidate in self._makers(place, rounds)
            if not all(node in reached.certain for node in _each(candidate.nodes))
        ]
        if makers:
            question = _Question(self, access, place, reached, makers)
            able = question.able()
            if able:
                self._opened.add((access, place.itself))
                yield from question.links(able)

    def _makers(self, place: StoreSurface, rounds: Sequence[Actors]) -> list[Candidate]:
        """Who may be allowed to open a place, whatever for; the accesses to one place are asked one after the other."""
        key = (place.itself, len(rounds))
        if self._latest[0] != key:
            makers = [
                candidate
                for actors in rounds
                for candidate in self.direct.candidates(actors, _OPENING, _OPENING, place)
            ]
            self._latest = (key, makers)
        return self._latest[1]

    def forwards(self) -> Reachable:
        """The graph's links by what they start from."""
        if self._onward is None or self._onward[0] < self.graph.size:
            self._onward = self.graph.size, Reachable(self.graph)
        return self._onward[1]


class _Question:
    """One access to one store."""

    def __init__(
        self,
        asked: JointOpening,
        access: AccessKind,
        place: StoreSurface,
        reached: Reached,
        makers: list[Candidate],
    ) -> None:
        self._graph = asked.graph
        self._direct = asked.direct
        self._population = asked.population
        self._onward = asked.forwards()
        self._access = access
        self._place = place
        self._reached = reached
        self._candidates = makers
        self._made: dict[tuple[Alteration, tuple[Alteration, ...]], dict[Node, tuple[Step, ...]]] = {}
        self._options: dict[Candidate, list[Option]] = {}
        self._classes: dict[Node, Candidate | None] = {}
        self._ways: dict[tuple[Node, Candidate | None], _Way | None] = {}

    def able(self) -> set[Node]:
        """Who may make some change of the store or its key."""
        changes = [*of_store(self._access, self._place), *of_key_state(self._place), *of_key(self._place)]
        return {node for change in changes for node in self._makers(change)} | self._taggers()

    def links(self, able: set[Node]) -> Iterator[Link]:
        """A link from every name that holds both ends and does not reach the store for certain."""
        behind = search(self._graph, [Link(node, node) for node in able])
        for name in behind.first:
            if isinstance(name, str) and name not in self._reached.certain:
                link = self._link(name)
                if link is not None:
                    yield link

    def _taggers(self) -> set[Node]:
        """Who may tag the key at all: which tags serve, only the reader's policies say."""
        if self._place.key is None or not self._population.tag_keys:
            return set()
        return {
            node
            for tags in ({"": ""}, {"": None})
            for change in of_key_tags(tags)
            for node in self._makers(Alteration(change.entries))
        }

    def _makers(self, change: Alteration, prior: tuple[Alteration, ...] = ()) -> dict[Node, tuple[Step, ...]]:
        """Who may make a change, after others that are made in its favour, and how."""
        found = self._made.get((change, prior))
        if found is None:
            found = self._made[change, prior] = {}
            for one in self._candidates:
                place = self._place
                for earlier in prior:
                    place = earlier.leaves(place, one.caller)
                steps = self._direct.store_changes.steps(change, place, one.caller, one.layers)
                if steps is not None:
                    found.update(dict.fromkeys(_each(one.nodes), steps))
        return found

    def _link(self, name: str) -> Link | None:
        """The best way of one who holds several identities; None where they do not suffice."""
        alike = self._onward.alike(name), self._class_of(name)
        if alike not in self._ways:
            self._ways[alike] = self._way(name)
        way = self._ways[alike]
        link = None if way is None else self._along(name, way)
        return link if link is not None and (link.is_certain or name not in self._reached.first) else None

    def _way(self, name: str) -> _Way | None:
        holds = self._onward.from_(name)
        best: _Way | None = None
        for node in holds:
            for option in self._of(node):
                if all(one.by_reader is not None or self._maker(one, holds) for one in option.changes):
                    way = _Way(None if node == name else node, option, holds)
                    if self._along(name, way).is_certain:
                        return way
                    best = best or way
        return best

    def _along(self, name: str, way: _Way) -> Link:
        reader = name if way.reader is None else way.reader
        onward = [] if way.reader is None else self._onward.row(way.holds, reader)
        rows: list[Link] = []
        for one in way.option.changes:
            steps, row = self._maker(one, way.holds) or (one.by_reader or (), onward)
            rows.append(Link(name, name, steps, named=name, before=tuple(row)))
        last = Link(reader, self._place.id, (way.option.step,))
        return Link(name, self._place.id, after=(*rows, *onward, last))

    def _maker(
        self, one: Making, holds: dict[Node, Link | None]
    ) -> tuple[tuple[Step, ...], list[Link]] | None:
        """How a holder has a change made, and by which way it becomes who makes it; the reader itself where it may, else None."""
        makers = self._makers(one.change, one.prior)
        maker = next((node for node in holds if node in makers), None)
        return None if maker is None else (makers[maker], self._onward.row(holds, maker))

    def _of(self, node: Node) -> list[Option]:
        """What an identity reads once others have opened the store for it: fewest changes first."""
        candidate = self._class_of(node)
        if candidate is None:
            return []
        found = self._options.get(candidate)
        if found is None:
            found = self._options[candidate] = sorted(
                self._worked_out(candidate), key=lambda one: (not one.step.grant.is_certain, len(one.changes))
            )
        return found

    def _class_of(self, node: Node) -> Candidate | None:
        """The identity as somebody to decide for; None for what is nobody's identity: a hub, a cohort, somebody outside."""
        if node not in self._classes:
            population = self._population
            group = population.group_of.get(node) if isinstance(node, str) else node
            if (
                not isinstance(group, PrincipalGroup)
                or group.parts
                or (group.names and not isinstance(node, str))
            ):
                return None
            for one in self._direct.told_apart(group, self._place):
                for alike in one.nodes:
                    members: Iterable[Node] = (alike,)
                    if isinstance(alike, PrincipalGroup) and alike.names:
                        members = alike.names
                    self._classes.update((member, one) for member in members)
            self._classes.setdefault(node, None)
        return self._classes[node]

    def _worked_out(self, candidate: Candidate) -> Iterator[Option]:
        objects = [*self._on_objects(candidate)]
        keys = [*self._on_key(candidate)] if objects else []
        for before, action, grant in objects:
            for more, key_action, key in keys:
                changes = (*before, *more)
                if not changes:
                    continue  # It reads as things are.
                if self._access is AccessKind.DECRYPT and self._place.key is not None:
                    step = Step(key_action, key, self._place.key.arn or self._place.id)
                else:
                    step = together((action, grant), key, key_action or None, self._place)
                yield Option(changes, step)

    def _on_objects(self, candidate: Candidate) -> Iterator[_Part]:
        """The object action, as things are and after each row of changes that somebody can make."""
        access = self._access
        if access is AccessKind.DECRYPT:
            if self._place.key is not None:
                yield (), "", Grant()
                return
            access = AccessKind.READ
        actions = OBJECT_ACTIONS[access]
        yield from self._after(
            candidate,
            lambda place: of_store(access, place),
            lambda place: self._direct.store_decisions.on_objects(
                actions, place, candidate.caller, candidate.layers
            ),
            MOST_STORE_CHANGES,
        )

    def _on_key(self, candidate: Candidate) -> Iterator[_Part]:
        """The key use, as things are and after each row of changes that somebody can make."""
        action = "kms:Decrypt" if self._access is AccessKind.DECRYPT else KEY_ACTIONS.get(self._access)
        if self._place.key is None or action is None:
            yield (), "", Grant()
            return
        caller, layers = candidate.caller, candidate.layers

        def decide(place: StoreSurface) -> tuple[str, Grant] | None:
            grant = self._direct.store_decisions.on_key(action, place, caller, layers)
            return None if grant is None else (action, grant)

        yield from self._after(
            candidate,
            lambda place: self._direct.store_changes.on_key(place, caller, layers, action),
            decide,
            MOST_KEY_CHANGES,
        )

    def _after(
        self,
        candidate: Candidate,
        possible: Callable[[StoreSurface], Iterable[Alteration]],
        decide: Callable[[StoreSurface], tuple[str, Grant] | None],
        most: int,
    ) -> Iterator[_Part]:
        """What an identity may once others, or it itself, have made one change after another; no further than is needed."""
        waiting: list[tuple[tuple[Making, ...], StoreSurface]] = [((), self._place)]
        for made, there in waiting:
            found = decide(there)
            if found is not None:
                yield made, *found
            if (found is not None and found[1].is_certain) or len(made) == most:
                continue
            prior = tuple(one.change for one in made)
            for change in possible(there):
                if any(change.effect == one.effect for one in prior):
                    continue
                steps = self._direct.store_changes.steps(change, there, candidate.caller, candidate.layers)
                if steps is not None or self._makers(change, prior):
                    left = change.leaves(there, candidate.caller)
                    waiting.append(((*made, Making(change, prior, steps)), left))
