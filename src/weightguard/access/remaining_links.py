"""The links that are left of a graph when some things are taken away, without working the graph out anew.

What is left of it is a lower bound of what is left of the estate: of ways that are alike the graph holds the best one, and the next
best shows only when the estate is asked again. Whoever still gets in by the links that are left, does get in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from weightguard.access.answers import Answers
from weightguard.access.closing_sets import Closing
from weightguard.access.grant import OWN, TARGETS
from weightguard.access.links import Group, Hub, Link, Node, cited_by, search
from weightguard.access.model import Answer
from weightguard.access.provider import Removals, Unit, UnitKind


class RemainingLinks:
    """Answers a question from what is left of a graph.

    Args:
        answers: words what searches of the graph find.
        closing: knows what closes a hop.
        removals: knows what is taken from whom.
        seeds: the links that end at the place in question.
    """

    def __init__(
        self, answers: Answers, closing: Closing, removals: Removals, seeds: tuple[Link, ...]
    ) -> None:
        self._answers = answers
        self._graph = answers.graph
        self._closing = closing
        self.members = removals.members
        self._seeds = seeds
        self._policies: dict[int, tuple[Link, frozenset[str]]] = {}
        self._into: dict[Node, frozenset[str]] = {}

    def answers(
        self, taken: frozenset[Unit], wanted: Callable[[Answer], bool] = lambda _: True
    ) -> Iterator[Answer]:
        """Those who get in still, each by a way that is open.

        Args:
            taken: what is taken away.
            wanted: which answers to look at; the ways of the others are not worked out.
        """
        left = _Left(self, taken)
        seeds = [link for one in self._seeds for link in left.of(one)]
        for answer in self._answers.found(search(left, seeds), seeds):
            if wanted(answer) and not any(self._closing.closed(hop, taken) for hop in answer.path):
                yield answer

    def links_into(self, node: Node) -> list[Link]:
        """The links that lead to a node as things are."""
        return self._graph.links_into(node)

    def certain_into(self, node: Node) -> tuple[Link, ...]:
        """Those that hang on nothing."""
        return self._graph.certain_into(node)

    def cited_into(self, node: Node) -> frozenset[str]:
        """The policies that the links into a node rest on, by the names that groups share."""
        found = self._into.get(node)
        if found is None:
            links = self.links_into(node)
            found = self._into[node] = frozenset[str]().union(*map(self.cited, links))
        return found

    def cited(self, link: Link) -> frozenset[str]:
        """The policies that a link rests on, by the names that groups share."""
        found = self._policies.get(id(link))
        if found is None:
            found = self._policies[id(link)] = (link, frozenset(cited_by(link)))
        return found[1]

    def is_open(self, doer: str, link: Link, taken: frozenset[Unit]) -> bool:
        """Whether somebody still gets over a link."""
        return not any(self._closing.closed(hop, taken) for hop in self._answers.along(doer, [link]))


class _Left:
    """What is left of a graph's links."""

    def __init__(self, base: RemainingLinks, taken: frozenset[Unit]) -> None:
        self._base = base
        self._taken = taken
        self._names = frozenset(name for unit in taken for name in _names(unit))
        self._touched = frozenset(name for unit in taken for name in base.members(unit))
        self._links: dict[Node, list[Link]] = {}

    def links_into(self, node: Node) -> list[Link]:
        """The links that lead to a node still."""
        found = self._links.get(node)
        if found is None:
            found = self._links[node] = list(self._into(node))
        return found

    def certain_into(self, node: Node) -> list[Link]:
        """Those that hang on nothing."""
        return [link for link in self.links_into(node) if link.is_certain]

    def _into(self, node: Node) -> Iterator[Link]:
        concerned = not self._names.isdisjoint(self._base.cited_into(node))
        for link in self._base.links_into(node):
            if isinstance(link.origin, Hub) and isinstance(node, str) and node in self._touched:
                yield from self._past(link.origin, node)
            elif concerned:
                yield from self.of(link)
            else:
                yield link

    def _past(self, hub: Hub, role: str) -> Iterator[Link]:
        """The links into a hub, for one of its targets alone: what was taken away is this one's."""
        for link in self._base.links_into(hub):
            aimed = Link(link.origin, role, link.steps, link.named, link.before, link.after)
            yield from self.of(aimed)

    def of(self, link: Link) -> Iterator[Link]:
        """What is left of a link: itself, itself for some of those whom it starts from, or nothing."""
        if self._names.isdisjoint(self._base.cited(link)):
            yield link
            return
        aimed = self._aimed(link)
        if isinstance(link.origin, str):
            if self._base.is_open(link.origin, aimed, self._taken):
                yield link
        elif isinstance(link.origin, Group):
            yield from self._of_group(link, aimed, link.origin)
        else:
            yield link

    def _of_group(self, link: Link, aimed: Link, group: Group) -> Iterator[Link]:
        touched = [name for name in group.members if name in self._touched]
        rest = next((name for name in group.members if name not in self._touched), None)
        if rest is None and not touched:
            rest = group.example  # a principal as a change leaves it
        rest_open = rest is not None and self._base.is_open(rest, aimed, self._taken)
        if not touched:
            if rest_open:
                yield link
            return
        for name in group.members:
            if name in self._touched:
                if not self._base.is_open(name, aimed, self._taken):
                    continue
            elif not rest_open:
                continue
            yield Link(name, link.target, link.steps, link.named, link.before, link.after)

    def _aimed(self, link: Link) -> Link:
        """A link to a hub as one to some target of it from which nothing was taken."""
        if not isinstance(link.target, Hub):
            return link
        target = next(
            (one for one in link.target.targets if one not in self._touched), link.target.targets[0]
        )
        return Link(link.origin, target, link.steps, link.named, link.before, link.after)


def _names(unit: Unit) -> Iterator[str]:
    """What links may call the policy of a thing: by its id, or without its owner's name."""
    yield unit.policy
    _, mark, own = unit.policy.partition("#")
    if mark and unit.kind is UnitKind.STATEMENT:
        yield f"{OWN}{own}"
        yield f"{TARGETS}#{own}"
