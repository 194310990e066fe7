"""Changes that one identity makes and another one profits from, both in the same hands.

Whoever reaches an identity that may change a principal, and reaches the principal by any way, reaches the changed principal. The
one-step case is `changing`'s; this finds the rest, backwards from both ends, until nothing new comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weightguard.access.links import Graph, Group, Link, Node, Reached, Step, search, spread

_MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Conjunction:
    """A change, who makes it, and whom it is made to.

    Attributes:
        makers: the groups that make it.
        targets: the principals that it is made to.
        state: the principal as the change leaves it.
    """

    makers: tuple[Group, ...]
    targets: tuple[Node, ...]
    state: Group
    steps: tuple[Step, ...]


def join(graph: Graph, conjunctions: list[Conjunction]) -> tuple[list[Link], bool]:
    """Add a link for everybody who holds both ends of a conjunction.

    Returns:
        The links, and whether nothing more can come of it: False where the search stopped at its bound.
    """
    found: list[Link] = []
    linked = {
        state: {link.origin for link in graph.into.get(state, ())}
        for state in dict.fromkeys(one.state for one in conjunctions)
    }
    for number in range(_MOST_ROUNDS + 1):
        ends = _Ends(graph, conjunctions)
        new = [link for one in conjunctions for link in _links(one, ends, linked[one.state])]
        if not new or number == _MOST_ROUNDS:
            return found, not new
        found += new
        for link in new:
            graph.add(link)
    return found, False


class _Ends:
    """Who reaches which end of some conjunctions.

    Args:
        graph: who becomes whom; it does not change meanwhile.
    """

    def __init__(self, graph: Graph, conjunctions: list[Conjunction]) -> None:
        self._graph = graph
        self._reached: dict[tuple[Node, ...], Reached] = {}
        self._bits = {
            targets: 1 << n for n, targets in enumerate(dict.fromkeys(c.targets for c in conjunctions))
        }
        self._holding: dict[Node, int] = {}
        for targets, bit in self._bits.items():
            for node in targets:
                self._holding[node] = self._holding.get(node, 0) | bit
        spread(self._holding, lambda node: [link.origin for link in graph.links_into(node)])

    def behind(self, nodes: tuple[Node, ...]) -> Reached:
        """Everybody who reaches one of some nodes, and how."""
        if nodes not in self._reached:
            self._reached[nodes] = search(self._graph, [Link(node, node) for node in nodes])
        return self._reached[nodes]

    def hold(self, node: Node, targets: tuple[Node, ...]) -> bool:
        """Whether a node reaches one of the targets of a conjunction; all are asked about in one walk."""
        return bool(self._holding.get(node, 0) & self._bits[targets])


def _links(one: Conjunction, ends: _Ends, linked: set[Node]) -> Iterator[Link]:
    """A link from each name that holds both ends, unless somebody on its way to the makers does already.

    Args:
        linked: whoever has a link to the changed principal; takes those that get one.
    """
    makers = ends.behind(one.makers)
    beyond: set[Node] = set()
    for node, link in makers.first.items():  # Nearest first: whoever is on the way was seen before.
        if link.target is not node and (link.target in beyond or link.target in linked):
            beyond.add(node)
        elif isinstance(node, str) and node not in linked and ends.hold(node, one.targets):
            linked.add(node)
            row = _row(node, ends.behind(one.targets))
            yield Link(
                node, one.state, one.steps, _last_name(node, row), tuple(_row(node, makers)), tuple(row)
            )


def _last_name(start: str, row: list[Link]) -> str:
    """Whom a row of links ends at, by name."""
    for link in reversed(row):
        if link.named is not None:
            return link.named
        if isinstance(link.target, str):
            return link.target
    return start


def _row(node: Node, reached: Reached) -> list[Link]:
    """The links from a node to the end that a search began at; none for the end itself."""
    found: list[Link] = []
    while (link := reached.first[node]).target is not node:
        found.append(link)
        node = link.target
    return found
