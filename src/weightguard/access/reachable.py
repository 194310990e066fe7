"""What a name reaches, forwards: the graph's links by what they start from."""

from __future__ import annotations

from collections import deque

from weightguard.access.links import Graph, Group, Link, Node


class Reachable:
    """The links of a finished graph, by origin.

    Args:
        graph: who can become whom.
    """

    def __init__(self, graph: Graph) -> None:
        # A link without steps into a group only says that somebody is in it, which `graph.group_of` says as well.
        self._group_of = graph.group_of
        self._by_origin: dict[Node, list[Link]] = {}
        cohorts: dict[Group, None] = {}
        for links in list(graph.into.values()):
            for link in links:
                if link.steps or link.after or not isinstance(link.target, Group):
                    self._by_origin.setdefault(link.origin, []).append(link)
                if isinstance(link.origin, Group) and link.origin.parts:
                    cohorts[link.origin] = None
        for cohort in cohorts:
            for part in cohort.parts:
                self._by_origin.setdefault(part, []).append(Link(part, cohort))

    def alike(self, name: str) -> Node:
        """The same for names that reach the same: those of a group that have no links of their own."""
        return name if name in self._by_origin else self._group_of.get(name, name)

    def from_(self, name: str) -> dict[Node, Link | None]:
        """Everything that a name reaches, itself first, nearest first, each with the link that leads there."""
        found: dict[Node, Link | None] = {name: None}
        queue: deque[Node] = deque([name])
        while queue:
            node = queue.popleft()
            for link in self._links_from(node):
                if link.target not in found:
                    found[link.target] = link
                    queue.append(link.target)
        return found

    def _links_from(self, node: Node) -> list[Link]:
        own = self._by_origin.get(node, [])
        group = self._group_of.get(node) if isinstance(node, str) else None
        return own if group is None else [*own, Link(node, group)]

    @staticmethod
    def row(found: dict[Node, Link | None], node: Node) -> list[Link]:
        """The links from the name that a search began at to something that it found."""
        links: list[Link] = []
        while (link := found[node]) is not None:
            links.append(link)
            node = link.origin
        return links[::-1]
