"""Turn what a search found into answers: principals by name, hop by hop, with what each hop hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from weightguard.access.condition import SIGNED_IN, Condition, Matter
from weightguard.access.grant import owned
from weightguard.access.links import Graph, Group, Link, Node, Reached, Step
from weightguard.access.model import RUNS_AS, ActorKind, Answer, Because, Certainty, Hop, Paths
from weightguard.access.shortest_paths import shortest_ways
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Workload

EVERYBODY = "*"
_MOST_WAYS = 1_000
"""Shortest ways that are listed at most."""


class Answers:
    """Words what searches of a graph find.

    Args:
        graph: who can become whom.
        workloads: those of the estate.
        kind_of: who stands behind a name.
    """

    def __init__(
        self, graph: Graph, workloads: Iterable[Workload], kind_of: Callable[[str], ActorKind]
    ) -> None:
        self.graph = graph
        self._workloads = workloads
        self._kind_of = kind_of
        self._hops: dict[tuple[str, str, int], tuple[Step, Hop]] = {}

    def found(self, reached: Reached, seeds: Iterable[Link]) -> tuple[Answer, ...]:
        """The answers that a search from some links to a store comes to: every name that it found, sorted; those who only have
        what everybody has are said by ``*``.
        """
        ways = _Ways(self, reached, self._standing(seeds))
        found = [ways.answer(name, self._kind_of(name)) for name in reached.first if isinstance(name, str)]
        return tuple(sorted(_beyond_everybody(found), key=lambda answer: answer.principal))

    def _standing(self, seeds: Iterable[Link]) -> Standing:
        nodes = {node for link in seeds if _is_one_step(link) for node in _parts(link.origin)}
        return Standing(frozenset(nodes), self.graph.group_of, self._runs_as)

    @cached_property
    def _runs_as(self) -> dict[str, tuple[str, ...]]:
        """The roles that each workload runs as."""
        return {
            workload.id: tuple(
                role
                for role in workload.known_roles
                if any(_is_workload(link, workload.id) for link in self.graph.links_into(role))
            )
            for workload in self._workloads
        }

    def hops(self, name: str, reached: Reached) -> int | None:
        """How many hops the way of a name has; None where there is none."""
        if name not in reached.first:
            return None
        return sum(1 for _ in self.along(name, trail(name, reached)))

    def along(self, name: str, links: list[Link]) -> Iterator[Hop]:
        """The hops of a row of links."""
        actor = name
        for position, link in enumerate(links):
            if not link.steps and not link.after:
                continue
            target = named_target(links, position)
            stands_in = actor
            if link.before:
                yield from self.along(actor, list(link.before))
                stands_in = _last_named(link.before, actor)
            for step in link.steps:
                yield self._hop(step, step.by or stands_in, step.target or target)
            if link.after:
                yield from self.along(actor, list(link.after))
            actor = target

    def _hop(self, step: Step, doer: str, aim: str) -> Hop:
        """A step as a hop; the same step between the same two is one hop in every answer."""
        key = (doer, aim, id(step))
        found = self._hops.get(key)
        if found is None:
            grant = step.grant
            hop = Hop(doer, aim, step.how, _whose(grant.because, doer, aim), grant.conditions, grant.needs)
            # The step is kept beside the hop: nothing else may come to have its identity.
            found = self._hops[key] = (step, hop)
        return found[1]


def paths_of(answers: Answers, principal: str, seeds: Sequence[Link], reached: Reached) -> Paths:
    """Every shortest path of a principal, in a fixed order; at most a thousand."""
    ways = shortest_ways(answers.graph, seeds, reached, principal)
    found = {tuple(answers.along(principal, row)) for row in islice(ways, _MOST_WAYS)}
    limits = () if next(ways, None) is None else (Limit(LimitKind.PATH_BOUND, principal),)
    return Paths(sorted(found, key=lambda path: [(hop.target, hop.how) for hop in path]), limits)


@dataclass(frozen=True, slots=True)
class _Character:
    """What can be said of a way without saying whose it is.

    Attributes:
        hops: how many there are, besides those from a workload to the role that it runs as.
        conditions: what they hang on, each once.
    """

    hops: int
    conditions: tuple[Condition, ...]

    @property
    def certainty(self) -> Certainty:
        """Whether it hangs on anything."""
        return "conditional" if self.conditions else "certain"

    @property
    def direct(self) -> bool:
        """Whether the access needs nobody else's identity; a workload and the role that it runs as are one."""
        return self.hops == 1

    def after(self, link: Link) -> _Character:
        """That of the way that begins with a link and goes on so."""
        hops, conditions = self.hops, self.conditions
        for step in reversed(list(_steps_of(link))):
            hops += step.how != RUNS_AS
            own = step.grant.conditions
            if own and own != conditions:
                conditions = tuple(dict.fromkeys((*own, *conditions)))
        return self if hops == self.hops and conditions is self.conditions else _Character(hops, conditions)


_ARRIVED: Final = _Character(0, ())


def _steps_of(link: Link) -> Iterator[Step]:
    """Everything that is done on a link, in the order in which `Answers.along` tells it."""
    if link.steps or link.after:
        for one in link.before:
            yield from _steps_of(one)
        yield from link.steps
        for one in link.after:
            yield from _steps_of(one)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who may as things are, without becoming or changing anything: at least under conditions.

    Attributes:
        nodes: principals and groups of them.
        group_of: the group of each principal.
        runs_as: the roles that each workload runs as: a workload and its role are one.
    """

    nodes: frozenset[Node]
    group_of: Mapping[str, Group]
    runs_as: Mapping[str, tuple[str, ...]]

    def holds(self, name: str) -> bool:
        """Whether a principal, or a role that it runs as, may."""
        return any(
            one in self.nodes or self.group_of.get(one) in self.nodes
            for one in (name, *self.runs_as.get(name, ()))
        )


class _Ways:
    """The ways that one search found. Those that begin with the same group differ in nothing but the first name."""

    __slots__ = ("_answers", "_characters", "_reached", "_standing")

    def __init__(self, answers: Answers, reached: Reached, standing: Standing) -> None:
        self._answers = answers
        self._reached = reached
        self._standing = standing
        self._characters: dict[Node, _Character] = {}

    def answer(self, name: str, kind: ActorKind) -> Answer:
        """The answer about a name."""
        return self._worded(name, kind, self._character(name))

    def _character(self, node: Node) -> _Character:
        """That of a node's way: what its first link adds to that of the node to which it leads."""
        waiting: list[tuple[Node, Link]] = []
        at = node
        while (found := self._characters.get(at)) is None:
            link = self._reached.first.get(at)
            if link is None:
                found = _ARRIVED
                break
            waiting.append((at, link))
            at = link.target
        for passed, link in reversed(waiting):
            found = self._characters[passed] = found.after(link)
        return found

    def _worded(self, name: str, kind: ActorKind, found: _Character) -> Answer:
        if name == EVERYBODY and SIGNED_IN in found.conditions:
            kind = "external"
        elif name == EVERYBODY and any(one.key == Matter.MEMBER for one in found.conditions):
            kind = "unknown"
        direct = found.direct
        around = not direct and self._standing.holds(name)
        return Answer(
            name, kind, found.certainty, direct or around, found.conditions, self, goes_around=around
        )

    def path(self, name: str) -> tuple[Hop, ...]:
        """The hops from a name to the store."""
        return tuple(self._answers.along(name, trail(name, self._reached)))


def _beyond_everybody(found: list[Answer]) -> Iterator[Answer]:
    """Without those whose way ends in the very grant that lets everybody in, where nothing limits that grant."""
    everybody = next(
        (one for one in found if one.principal == EVERYBODY and one.direct and one.certainty == "certain"),
        None,
    )
    public = set(everybody.path[-1].because) if everybody else set()
    for one in found:
        if one is everybody or not public or not set(one.path[-1].because) <= public:
            yield one


def _whose(because: tuple[Because, ...], actor: str, target: str) -> tuple[Because, ...]:
    """Policies that are shared without their owner's name, under the name of the actor or of the target."""
    return tuple(Because(owned(one.policy, actor, target), one.statement) for one in because)


def trail(name: str, reached: Reached) -> list[Link]:
    """The links from a name to the store."""
    found: list[Link] = []
    node: Node = name
    while (link := reached.first.get(node)) is not None:
        found.append(link)
        node = link.target
    return found


def named_target(links: list[Link], position: int) -> str:
    """Whom a link leads to, by name: groups and hubs on the way have none."""
    for link in links[position:]:
        if link.named is not None:
            return link.named
        if isinstance(link.target, str):
            return link.target
    return ""


def _last_named(links: tuple[Link, ...], otherwise: str) -> str:
    """Whom a row of links ends at, by name: groups have none, and stand for whoever was named last."""
    found = otherwise
    for position, link in enumerate(links):
        if link.steps or link.after:
            found = named_target(list(links), position) or found
    return found


def _is_one_step(link: Link) -> bool:
    return len(link.steps) == 1 and not link.before and not link.after


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts or (node,) if isinstance(node, Group) else (node,)


def _is_workload(link: Link, workload: str) -> bool:
    """Whether a link is that of a workload to its role."""
    return link.origin == workload and all(step.how == RUNS_AS for step in link.steps)
