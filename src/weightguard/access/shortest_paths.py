"""Every shortest way from one principal, and everything that it reaches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from weightguard.access.links import Graph, Group, Link, Node, Reached


def shortest_ways(graph: Graph, seeds: Sequence[Link], reached: Reached, start: str) -> Iterator[list[Link]]:
    """Every row of links from `start` to the store with the fewest hops, one after the other: diamonds multiply.

    Args:
        seeds: the links that end at the store.
        reached: everything from which the store is reached.
    """
    distance, onward = _distances(graph, seeds, reached)
    if start not in distance:
        return
    rows: list[tuple[Node, list[Link]]] = [(start, [])]
    while rows:
        node, row = rows.pop()
        for link in onward.get(node, ()):
            rest = distance.get(link.target, 0) if link not in seeds else 0
            if _length(link) + rest != distance[node]:
                continue
            if link in seeds:
                yield [*row, link]
            elif link not in row:
                rows.append((link.target, [*row, link]))


def _length(link: Link) -> int:
    """How many hops a link is worth."""
    return len(link.steps) + sum(_length(one) for one in (*link.before, *link.after))


def _distances(
    graph: Graph, seeds: Sequence[Link], reached: Reached
) -> tuple[dict[Node, int], dict[Node, list[Link]]]:
    """Hops from each node to the store, and the links that lead on from it."""
    onward: dict[Node, list[Link]] = {}
    for link in seeds:
        onward.setdefault(link.origin, []).append(link)
    for node in reached.first:
        for link in graph.into.get(node, ()):
            onward.setdefault(link.origin, []).append(link)
    distance: dict[Node, int] = {}
    queue: deque[tuple[int, Node]] = deque()

    def offer(node: Node, hops: int) -> None:
        if hops < distance.get(node, hops + 1):
            distance[node] = hops
            queue.append((hops, node))

    for link in sorted(seeds, key=_length):
        offer(link.origin, _length(link))
    while queue:
        hops, node = queue.popleft()
        if hops > distance[node]:
            continue
        for link in graph.into.get(node, ()):
            offer(link.origin, hops + _length(link))
    return distance, onward


def within(graph: Graph, start: str, hops: int) -> dict[Node, int]:
    """Everything that is at most some hops away from a name, each with how many; nothing where they are fewer than none."""
    onward: dict[Node, list[tuple[Node, int]]] = {}
    for links in list(graph.into.values()) if hops >= 0 else ():
        for link in links:
            onward.setdefault(link.origin, []).append((link.target, _length(link)))
            for part in link.origin.parts if isinstance(link.origin, Group) else ():
                onward.setdefault(part, []).append((link.origin, 0))
    found: dict[Node, int] = {start: 0} if hops >= 0 else {}
    waiting: list[Node] = list(found)
    while waiting:
        node = waiting.pop()
        group = graph.group_of.get(node) if isinstance(node, str) else None
        for target, length in (*onward.get(node, ()), *(() if group is None else ((group, 0),))):
            away = found[node] + length
            if away <= hops and away < found.get(target, away + 1):
                found[target] = away
                waiting.append(target)
    return found


def everything_from(graph: Graph, start: str) -> set[Node]:
    """All nodes that the links lead to from one, groups and cohorts that the reached principals are in among them."""
    onward: dict[Node, list[Node]] = {}
    for links in list(graph.into.values()):
        for link in links:
            onward.setdefault(link.origin, []).append(link.target)
            if isinstance(link.origin, Group):
                for part in link.origin.parts:
                    onward.setdefault(part, []).append(link.origin)
    seen: set[Node] = {start}
    queue: list[Node] = [start]
    while queue:
        node = queue.pop()
        group = graph.group_of.get(node) if isinstance(node, str) else None
        for target in (*onward.get(node, ()), *(() if group is None else (group,))):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


def stands_for(node: Node, seen: set[Node]) -> bool:
    """Whether a node, or some group of a cohort, has been seen."""
    return node in seen or (isinstance(node, Group) and any(part in seen for part in node.parts))
