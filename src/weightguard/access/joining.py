"""Changes that one identity makes and another one profits from, both in the same hands.

Whoever reaches an identity that may change a principal, and reaches the principal by any way, reaches the changed principal. The
one-step case is `changing`'s; this finds the rest, backwards from both ends, until nothing new comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weightguard.access.links import Graph, Link, Node, Reached, Step, search
from weightguard.access.population import Group

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
    states = {one.state for one in conjunctions}
    linked = {(link.origin, link.target) for state in states for link in graph.into.get(state, ())}
    for number in range(_MOST_ROUNDS + 1):
        ends: dict[tuple[Node, ...], Reached] = {}
        new = [link for one in conjunctions for link in _links(graph, one, ends, linked)]
        if not new or number == _MOST_ROUNDS:
            return found, not new
        found += new
        for link in new:
            graph.add(link)
    return found, False


def _links(
    graph: Graph,
    one: Conjunction,
    ends: dict[tuple[Node, ...], Reached],
    linked: set[tuple[Node, Node]],
) -> Iterator[Link]:
    makers = _behind(graph, one.makers, one.makers, ends)
    holders = _behind(graph, one.targets, one.targets, ends)
    both = [node for node in makers.first if isinstance(node, str) and node in holders.first]
    for node in both:
        if (node, one.state) in linked or any(
            (link.target, one.state) in linked for link in _row(node, makers)
        ):
            continue  # Somebody on its way holds both ends already.
        linked.add((node, one.state))
        row = _row(node, holders)
        named = _last_name(node, row)
        yield Link(node, one.state, one.steps, named, tuple(_row(node, makers)), tuple(row))


def _last_name(start: str, row: list[Link]) -> str:
    """Whom a row of links ends at, by name."""
    for link in reversed(row):
        if link.named is not None:
            return link.named
        if isinstance(link.target, str):
            return link.target
    return start


def _behind(
    graph: Graph,
    nodes: tuple[Node, ...],
    key: tuple[Node, ...],
    ends: dict[tuple[Node, ...], Reached],
) -> Reached:
    if key not in ends:
        ends[key] = search(graph, [Link(node, node) for node in nodes])
    return ends[key]


def _row(node: Node, reached: Reached) -> list[Link]:
    """The links from a node to the end that a search began at; none for the end itself."""
    found: list[Link] = []
    while (link := reached.first[node]).target is not node:
        found.append(link)
        node = link.target
    return found
