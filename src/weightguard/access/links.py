"""The graph's parts: nodes, links between them, and a backwards search.

A link leads from who may act to what is thereby reached. Nodes are names (an ARN, ``*``, a service) and two kinds of shorthand
that keep the graph small: a `Group` stands for all its members, a `Hub` for one way of reaching any of several targets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from weightguard.access.asking import Grant
from weightguard.access.population import Group


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done on the way.

    Attributes:
        how: the actions, as ``iam:PassRole + lambda:CreateFunction``.
        grant: what allows it and what it hangs on.
        target: what it is done to; None: whatever the link leads to.
    """

    how: str
    grant: Grant
    target: str | None = None


@dataclass(slots=True, eq=False)
class Hub:
    """A way of reaching any of several targets that no policy tells apart."""

    targets: tuple[str, ...]


Node = str | Group | Hub


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """From who may act to what is reached.

    Attributes:
        steps: what is done; empty where the one simply is the other (a member of a group).
        named: who is acted on, where the target is a changed group and has no name.
        before: ways to others whom the origin has to become first, so that they take the steps in its stead.
        after: the way to the target that follows, where it is longer than the steps.
    """

    origin: Node
    target: Node
    steps: tuple[Step, ...] = ()
    named: str | None = None
    before: tuple[Link, ...] = ()
    after: tuple[Link, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether no step hangs on anything."""
        if any(not step.grant.is_certain for step in self.steps):
            return False
        return all(link.is_certain for link in (*self.before, *self.after))


@dataclass(slots=True)
class Graph:
    """Links by what they lead to."""

    into: dict[Node, list[Link]] = field(default_factory=dict)

    def add(self, link: Link) -> None:
        """Add a link."""
        self.into.setdefault(link.target, []).append(link)

    def extend(self, links: Iterable[Link]) -> None:
        """Add links; they are all worked out before the first one is added."""
        for link in list(links):
            self.add(link)

    def ways_into(self, name: str) -> Iterator[tuple[Node, tuple[Step, ...]]]:
        """Who becomes a principal in one step, and how."""
        for link in self.into.get(name, ()):
            if isinstance(link.origin, Hub):
                for inner in self.into.get(link.origin, ()):
                    yield inner.origin, inner.steps
            elif link.steps:
                yield link.origin, link.steps


@dataclass(slots=True)
class Reached:
    """What a search found: per node the first link of a shortest way, and whether that way is certain."""

    first: dict[Node, Link]
    certain: frozenset[Node]


def search(graph: Graph, seeds: Iterable[Link]) -> Reached:
    """Everything from which some seed's origin can be reached, nearest first; certain ways before conditional ones."""
    first: dict[Node, Link] = {}
    links = list(seeds)
    _spread(graph, [link for link in links if link.is_certain], first, certain_only=True)
    certain = frozenset(first)
    waiting = [link for link in links if not link.is_certain]
    for node in list(first):
        waiting += [link for link in graph.into.get(node, ()) if not link.is_certain]
    _spread(graph, waiting, first, certain_only=False)
    return Reached(first, certain)


def _spread(graph: Graph, links: Iterable[Link], first: dict[Node, Link], *, certain_only: bool) -> None:
    queue: deque[Node] = deque()

    def visit(link: Link) -> None:
        if link.origin not in first:
            first[link.origin] = link
            queue.append(link.origin)

    for link in links:
        visit(link)
    into: Mapping[Node, list[Link]] = graph.into
    while queue:
        for link in into.get(queue.popleft(), ()):
            if not certain_only or link.is_certain:
                visit(link)
