"""Who reaches each weight set, counted: people, workloads, outsiders; readers and copiers apart."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from weightguard.access.model import Access, AccessKind, ActorKind, Answer, Cut, Hop, Paths, WhoCan
from weightguard.assess.model import Reach, Reader
from weightguard.config import Config
from weightguard.estate.limit import Limit
from weightguard.weights import WeightSet

LISTED = 5
_KEPT = 64
"""Answers that are kept for whoever asks the same again. Each holds a line for every reader: all of them would be too many."""


_INSIDE = frozenset({"person", "workload", "service", "unknown"})


@dataclass(frozen=True, slots=True)
class _Way:
    """The path of another answer, worked out when it is asked for."""

    of: Answer

    def path(self, _principal: str) -> tuple[Hop, ...]:
        return self.of.path


@dataclass(frozen=True, slots=True)
class Reached:
    """The answers about one weight set, what they say of exposure, and the limits that they met."""

    readers: Reach
    copiers: Reach
    who: tuple[Reader, ...]
    exposed: str | None
    limits: tuple[Limit, ...]


class Asked:
    """An access graph whose latest answers are kept: checks, subjects, weights and protocols share them.

    Who is a person and who a workload is as the configuration says, where it says it (`people`, `workloads`); everybody who sees
    the graph through here sees the same.
    """

    def __init__(self, graph: Access, config: Config | None = None) -> None:
        self._graph = graph
        self._people = config.people if config else ()
        self._workloads = config.workloads if config else ()
        self._answers: OrderedDict[tuple[AccessKind, str, str | None], WhoCan] = OrderedDict()
        self._cuts: dict[tuple[AccessKind, str], Cut] = {}
        self._radii: dict[str, tuple[str, ...]] = {}

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        """As the graph answers."""
        key = (access, store, prefix)
        if key not in self._answers:
            if len(self._answers) == _KEPT:
                self._answers.popitem(last=False)
            self._answers[key] = self._as_declared(self._graph.who_can(access, store, prefix))
        self._answers.move_to_end(key)
        return self._answers[key]

    def _as_declared(self, answer: WhoCan) -> WhoCan:
        if not self._people and not self._workloads:
            return answer
        return replace(answer, answers=tuple(self._of_kind(one) for one in answer.answers))

    def _of_kind(self, one: Answer) -> Answer:
        """The answer with the kind that the configuration gives its principal. Outsiders stay outsiders."""
        kind = self._declared_kind(one.principal) if one.kind in _INSIDE else None
        if kind is None or kind == one.kind:
            return one
        return Answer(
            one.principal, kind, one.certainty, one.direct, one.conditions, _Way(one), one.goes_around
        )

    def _declared_kind(self, principal: str) -> ActorKind | None:
        if any(fnmatchcase(principal, pattern) for pattern in self._people):
            return "person"
        return "workload" if any(fnmatchcase(principal, pattern) for pattern in self._workloads) else None

    def paths(self, principal: str, store: str, access: AccessKind = AccessKind.READ) -> Paths:
        """As the graph answers."""
        return self._graph.paths(principal, store, access)

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        """As the graph answers."""
        if (access, store) not in self._cuts:
            self._cuts[(access, store)] = self._graph.cut(store, access)
        return self._cuts[(access, store)]

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        """As the graph answers."""
        if principal not in self._radii:
            self._radii[principal] = self._graph.blast_radius(principal)
        return self._radii[principal]


class Reaches:
    """Who reaches each weight set."""

    def __init__(self, access: Access, config: Config) -> None:
        self._access = access
        self._expected = (*config.vendors, *config.evaluators)
        self._found: dict[str, Reached] = {}

    def of(self, weight_set: WeightSet) -> Reached:
        """Who reaches `weight_set`."""
        if weight_set.id not in self._found:
            self._found[weight_set.id] = self._reached(weight_set)
        return self._found[weight_set.id]

    def _reached(self, weight_set: WeightSet) -> Reached:
        read = self.who_can(AccessKind.READ, weight_set)
        copy = self.who_can(AccessKind.COPY, weight_set)
        met = tuple(dict.fromkeys((*read.limits, *copy.limits)))
        return Reached(_count(read), _count(copy), _listed(read, copy), self._exposure(read), met)

    def who_can(self, kind: AccessKind, weight_set: WeightSet) -> WhoCan:
        """The graph's answer."""
        return self._access.who_can(kind, weight_set.store, weight_set.prefix or None)

    def _exposure(self, read: WhoCan) -> str | None:
        """Whether an outsider whom nobody declared reads for certain, without becoming somebody else."""
        for one in read.answers:
            if one.certainty != "certain" or not one.direct or one.goes_around:
                continue
            if one.kind == "anonymous":
                return "anybody on the internet can read them"
            if one.kind == "external" and not any(
                fnmatchcase(one.principal, name) for name in self._expected
            ):
                return f"the outside principal {one.principal} can read them"
        return None


def _count(answer: WhoCan) -> Reach:
    kinds = Counter(one.kind for one in answer.answers)
    conditional = Counter(one.kind for one in answer.answers if one.certainty == "conditional")
    return Reach(
        people=kinds["person"],
        workloads=kinds["workload"],
        external=kinds["external"],
        anonymous=kinds["anonymous"],
        services=kinds["service"],
        unknown=kinds["unknown"],
        complete=answer.complete,
        conditional_external=conditional["external"],
        conditional_anonymous=conditional["anonymous"],
    )


def _listed(read: WhoCan, copy: WhoCan) -> tuple[Reader, ...]:
    """The first 5, those who read directly first; `weightguard who-can` names all."""
    found: dict[str, tuple[Answer, list[str]]] = {}
    for kind, answers in (("read", read.answers), ("copy", copy.answers)):
        for one in answers:
            found.setdefault(one.principal, (one, []))[1].append(kind)
    order = sorted(found.values(), key=lambda pair: (not pair[0].direct, pair[0].principal))
    return tuple(_reader(one, kinds) for one, kinds in order[:LISTED])


def _reader(one: Answer, kinds: Iterable[str]) -> Reader:
    return Reader(
        principal=one.principal,
        kind=one.kind,
        access=tuple(sorted(set(kinds))),
        direct=one.direct,
        certainty=one.certainty,
    )
