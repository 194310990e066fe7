"""The graph's parts: nodes, links between them, and a backwards search.

A link leads from who may act to what is thereby reached. Nodes are names (an ARN, ``*``, a service) and two kinds of shorthand
that keep the graph small: a `Group` stands for all its members, a `Hub` for one way of reaching any of several targets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from weightguard.access.grant import Grant
from weightguard.estate.limit import Limit


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done on the way.

    Attributes:
        how: the actions, as ``iam:PassRole + lambda:CreateFunction``.
        grant: what allows it and what it hangs on.
        target: what it is done to; None: whatever the link leads to.
        by: who does it; None: whoever the link starts from.
    """

    how: str
    grant: Grant
    target: str | None = None
    by: str | None = None


class Group:
    """Actors that nothing tells apart, as one node; a provider's package says what else it knows of them.

    Attributes:
        names: ids of its actors; empty for one as a change would leave it, and for a cohort.
        parts: the groups that it joins, where it is several that are alike as far as some actions go (a cohort).
    """

    __slots__ = ("names", "parts")
    names: list[str]
    parts: tuple[Self, ...]

    @property
    def members(self) -> list[str]:
        """Ids of its actors."""
        return [name for part in self.parts for name in part.names] if self.parts else self.names

    @property
    def example(self) -> str:
        """Whom it is known by: one of its actors, or the one that a change leaves so."""
        return self.members[0]


@dataclass(slots=True, eq=False)
class Hub:
    """A way of reaching any of several targets that no policy tells apart."""

    targets: tuple[str, ...]


Node = str | Group | Hub


class Link:
    """From who may act to what is reached.

    Attributes:
        steps: what is done; empty where the one simply is the other (a member of a group).
        named: who is acted on, where the target is a changed group and has no name.
        before: ways to others whom the origin has to become first, so that they take the steps in its stead.
        after: the way to the target that follows, where it is longer than the steps.
        is_certain: whether no step hangs on anything.
    """

    __slots__ = ("after", "before", "is_certain", "named", "origin", "steps", "target")

    def __init__(
        self,
        origin: Node,
        target: Node,
        steps: tuple[Step, ...] = (),
        named: str | None = None,
        before: tuple[Link, ...] = (),
        after: tuple[Link, ...] = (),
    ) -> None:
        self.origin = origin
        self.target = target
        self.steps = steps
        self.named = named
        self.before = before
        self.after = after
        self.is_certain: bool = all(not step.grant.conditions for step in steps) and all(
            link.is_certain for link in (*before, *after)
        )


def cited_by(link: Link) -> Iterator[str]:
    """The policies that a link rests on, by the names that groups share."""
    for step in link.steps:
        for need in step.grant.needs:
            for way in need:
                for part in way:
                    for one in part:
                        yield one.policy
    for inner in (*link.before, *link.after):
        yield from cited_by(inner)


Neighbours = Mapping[Node, Sequence[Node]]


class Graph:
    """Links by what they lead to."""

    def __init__(self) -> None:
        self.into: dict[Node, list[Link]] = {}
        self.group_of: dict[str, Group] = {}
        """The group of each actor that is in one."""
        self.met: list[Limit] = []
        """Limits that working out the links ran into: whoever stops at a bound adds one here."""
        self.added: list[Node] = []
        """What each link that was added leads to, in turn."""
        self._certain: dict[Node, tuple[Link, ...]] = {}

    @property
    def size(self) -> int:
        """How many links were added so far."""
        return len(self.added)

    def add(self, link: Link) -> None:
        """Add a link."""
        self.added.append(link.target)
        self.links_into(link.target).append(link)
        self._certain.pop(link.target, None)

    def extend(self, links: Iterable[Link]) -> None:
        """Add links; they are all worked out before the first one is added."""
        for link in list(links):
            self.add(link)

    def links_into(self, node: Node) -> list[Link]:
        """The links that lead to a node; whoever belongs to a group leads to it."""
        found = self.into.get(node)
        if found is None:
            belonging: Iterable[Node] = ()
            if isinstance(node, Group):
                belonging = node.parts or node.members
            found = self.into[node] = [Link(one, node) for one in belonging]
        return found

    def certain_into(self, node: Node) -> tuple[Link, ...]:
        """The links into a node that hang on nothing."""
        found = self._certain.get(node)
        if found is None:
            found = self._certain[node] = tuple(link for link in self.links_into(node) if link.is_certain)
        return found

    def ways_into(self, name: str) -> Iterator[tuple[Node, tuple[Step, ...]]]:
        """Who becomes a principal in one step, and how."""
        for link in self.links_into(name):
            if isinstance(link.origin, Hub):
                for inner in self.links_into(link.origin):
                    yield inner.origin, inner.steps
            elif link.steps:
                yield link.origin, link.steps


@dataclass(slots=True)
class Reached:
    """What a search found: per node the first link of a shortest way, and whether that way is certain."""

    first: dict[Node, Link]
    certain: frozenset[Node]


class Linked(Protocol):
    """Says which links lead to a node."""

    def links_into(self, node: Node) -> Sequence[Link]:
        """The links that lead to a node."""
        ...

    def certain_into(self, node: Node) -> Sequence[Link]:
        """Those that hang on nothing."""
        ...


def search(graph: Linked, seeds: Iterable[Link]) -> Reached:
    """Everything from which some seed's origin can be reached, nearest first; certain ways before conditional ones."""
    first: dict[Node, Link] = {}
    links = list(seeds)
    _spread(graph.certain_into, (link for link in links if link.is_certain), first)
    certain = frozenset(first)
    waiting = [link for link in links if not link.is_certain]
    for node in list(first):
        found = graph.links_into(node)
        if len(found) != len(graph.certain_into(node)):
            waiting += [link for link in found if not link.is_certain]
    _spread(graph.links_into, waiting, first)
    return Reached(first, certain)


def _spread(
    links_into: Callable[[Node], Iterable[Link]], links: Iterable[Link], first: dict[Node, Link]
) -> None:
    queue: deque[Node] = deque()
    for link in links:
        if link.origin not in first:
            first[link.origin] = link
            queue.append(link.origin)
    while queue:
        for link in links_into(queue.popleft()):
            origin = link.origin
            if origin not in first:
                first[origin] = link
                queue.append(origin)


def spread(
    marks: dict[Node, int], step: Callable[[Node], Iterable[Node]], within: Container[Node] | None = None
) -> None:
    """Carry marks along: wherever steps lead from a node, its bits are set as well. All marks travel in one walk.

    Args:
        marks: the bits of the nodes to begin with; takes those of all others.
        within: the nodes that may be entered; None: all.
    """
    waiting = deque(marks)
    queued = set(marks)
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        carried = marks[node]
        for other in step(node):
            known = marks.get(other)
            if known is None:
                if within is not None and other not in within:
                    continue
                known = 0
            if known | carried != known:
                marks[other] = known | carried
                if other not in queued:
                    queued.add(other)
                    waiting.append(other)
