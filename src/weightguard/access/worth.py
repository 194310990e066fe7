"""Whether a change is worth anything to a question.

A change is worth working out for somebody who does not reach the store so far, or only under conditions, and of a principal
that would reach it if it might do anything that its account lets it do. The latter is tried on groups that nobody becomes: the
ideal of each principal, one for all that nothing outside their own policies tells apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Protocol

from weightguard.access.links import Graph, Group, Neighbours, Node, Reached, cited_by, spread

_NOT, _PERHAPS, _CERTAINLY = range(3)


class Ideals(Protocol):
    """Actors as they would be if they might do anything that nothing outside their own policies keeps from them."""

    def __contains__(self, node: object) -> bool:
        """Whether a node is one of them."""
        ...

    def of(self, name: str) -> Group:
        """That of an actor."""
        ...


class Worth:
    """What is worth changing for one question.

    Args:
        graph: who becomes whom.
        ideals: everybody's ideal, taken into the graph.
        reached: who reaches the store so far.
        besides: nodes of which changes are wanted though they reach it already, as other ways there.
        opened: whether somebody may open the store for others: then whoever does not reach it may come to.
        only: the only nodes of which changes are wanted; None: any.
    """

    def __init__(
        self,
        graph: Graph,
        ideals: Ideals,
        reached: Reached,
        besides: Collection[Node] = frozenset(),
        opened: bool = False,
        only: Collection[Node] | None = None,
    ) -> None:
        self._graph = graph
        self._ideals = ideals
        self._reached = reached
        self._besides = besides
        self._only = only
        self._least = _CERTAINLY if opened else _NOT
        best = max(map(self._level, filter(ideals.__contains__, reached.first)), default=_NOT)
        self._top = max(best, self._least)

    def _level(self, node: Node) -> int:
        if node in self._reached.certain:
            return _CERTAINLY
        return _PERHAPS if node in self._reached.first else _NOT

    def _is_low(self, node: Node) -> bool:
        """Whether something may be gained for whoever is there."""
        if self._only is not None and node not in self._only:
            return False
        return self._before(node) < self._top

    def _before(self, node: Node) -> int:
        """How well a node reaches the store, as far as that counts."""
        return _NOT if node in self._besides else self._level(node)

    def gains(self, part: Group) -> bool:
        """Whether some member of a group, or the changed principal that it is, may gain something."""
        return any(map(self._is_low, part.names)) if part.names else self._is_low(part)

    def improves(self, name: str) -> bool:
        """Whether a principal would reach the store better if it might do anything."""
        return max(self._level(self._ideals.of(name)), self._least) > self._before(name)

    def is_better(self, changed: Group, names: Iterable[str]) -> bool:
        """Whether a changed principal reaches the store better than some of those who become it."""
        return self._level(changed) > min(map(self._before, names))

    def cited_from(self, node: Node) -> frozenset[str]:
        """The names of the policies that the way from a node to the store rests on; none where there is no way."""
        found: set[str] = set()
        while (link := self._reached.first.get(node)) is not None:
            found.update(cited_by(link))
            node = link.target
        return frozenset(found)

    @property
    def spread(self) -> tuple[int, int]:
        """How well the store is reached at least, and at best: equal for questions that look for the same."""
        return self._least, self._top

    @property
    def is_narrowed(self) -> bool:
        """Whether changes of some nodes alone are wanted."""
        return self._only is not None

    def told(self) -> Iterator[tuple[Node, tuple[int, bool]]]:
        """The nodes of which the question says something: how well they reach the store, and whether other ways are wanted."""
        for node in self._reached.first:
            yield node, (self._level(node), node in self._besides)
        for node in self._besides:
            if node not in self._reached.first:
                yield node, (_NOT, True)

    def held_with(
        self, hands: Iterable[Iterable[Node]], before: Neighbours, onward: Neighbours
    ) -> dict[Node, int]:
        """What whoever holds one of the nodes of a hand may hold besides, as far as something may be gained there.

        Args:
            before: the nodes from which each node is reached in one link.
            onward: the nodes that each reaches.

        Returns:
            Bit *n* of a node's number is set where it may be held by whoever holds something of hand *n*.
        """
        low = set(filter(self._is_low, before))
        start: dict[Node, int] = {}
        for number, hand in enumerate(hands):
            for node in hand:
                if self._is_low(node):
                    start[node] = start.get(node, 0) | 1 << number
        for steps in (before, onward):
            spread(start, partial(_neighbours, steps), low)
        return start


def _neighbours(steps: Neighbours, node: Node) -> Iterable[Node]:
    return steps.get(node, ())
