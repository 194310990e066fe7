"""The fewest changes after which nobody reaches a store but its direct readers inside the organisation.

What is kept: principals of the estate (and the workloads that run as them) whose own policies give them the access; whether each of
them should have it is for the controls to ask. Everything else is to be closed: every way by becoming or changing somebody, the
public, other accounts, services.

What may be changed: a statement of a customer's policy (identity, trust, bucket, key, function policy) is removed, or a name, an
action or a resource is taken out of its list; a KMS grant is revoked; a provider's managed policy, which cannot be edited, is
detached. A change by which a kept reader loses its access is the last resort, and says whom it costs.

How: every way that is found is closed by any one of several sets of statements (all those that allow the same thing go together).
The cheapest choice that closes all ways found so far is taken away, first from the links that are known, then from the estate,
which is asked again; the ways that are left are added, until none is left. Every set of changes that closes all ways closes those
found so far too, so the last choice is a smallest one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from weightguard.access import hitting_set
from weightguard.access.answers import Answers
from weightguard.access.change_list import changes_of, costing
from weightguard.access.closing_sets import Closing, Kept, Place
from weightguard.access.hitting_set import Budget, Chooser, Prices, Way
from weightguard.access.links import Graph, Link
from weightguard.access.model import Answer, Cut, WhoCan
from weightguard.access.provider import Removals, Unit
from weightguard.access.remaining_links import RemainingLinks
from weightguard.estate.limit import Limit, LimitKind, in_play

_MOST_ROUNDS = 40
"""Times that the estate is asked again."""
_EXACT_ROUNDS = 25
"""Rounds after which what is chosen stays chosen: every further round then closes more, and not many are needed."""
_MOST_LOOKS = 1_000
"""Times that the links which are known are looked through."""
_ONE = 10_000
"""What any change costs; ranks are small beside it, so that they only choose among equally small sets."""
_LOSS = 1_000_000_000
"""What it costs that a reader to be kept loses its access: the last resort."""


def is_kept(answer: Answer) -> bool:
    """Whether an answer is a direct reader inside the organisation, whom a cut leaves alone, and has no wider way besides."""
    return answer.direct and not answer.goes_around and is_inside(answer)


def is_inside(answer: Answer) -> bool:
    """Whether an answer is about somebody of the organisation."""
    return answer.kind not in ("external", "anonymous", "service")


@dataclass(frozen=True, slots=True)
class Question:
    """What a cut is asked for.

    Attributes:
        first: who can as things are.
        answers: words what searches of the graph find.
        seeds: the links that end at the store.
        removals: what can be taken away.
        ask: who can, asked of the estate without some things.
    """

    first: WhoCan
    answers: Answers
    graph: Graph
    seeds: tuple[Link, ...]
    removals: Removals
    ask: Callable[[frozenset[Unit]], WhoCan]


def smallest_cut(question: Question) -> Cut:
    """The smallest set of changes, those that close most ways first."""
    return _Cutting(question).cut()


class _Losses:
    """What it costs that readers to be kept lose their access.

    Args:
        kept: what their access rests on.
    """

    def __init__(self, kept: Iterable[Kept]) -> None:
        self._by_place: dict[Place, list[Kept]] = {}
        for one in kept:
            for place in {place for closer in one.rest for place, _ in closer}:
                self._by_place.setdefault(place, []).append(one)
        self._known: dict[frozenset[Unit], int] = {}

    def may_cost(self, unit: Unit) -> bool:
        """Whether somebody's access rests on what a thing is taken from."""
        return unit.place in self._by_place

    def ties(self, unit: Unit) -> Iterator[int]:
        """Those of the kept who lose their access only when things are taken from several places, this one among them."""
        for one in self._by_place.get(unit.place, ()):
            if any(len(closer) > 1 for closer in one.rest):
                yield id(one)

    def cost(self, taken: frozenset[Unit]) -> int:
        """The cost of taking some things away."""
        found = self._known.get(taken)
        if found is None:
            concerned = {id(one): one for unit in taken for one in self._by_place.get(unit.place, ())}
            lost = sum(len(one.names) for one in concerned.values() if one.lose(taken))
            found = self._known[taken] = lost * _LOSS
        return found


class _Cutting:
    """One cut being worked out."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._first = question.first
        self._last = self._first
        self._standing = {one.principal for one in self._first.answers if one.direct}
        self._closing = Closing(question.removals)
        self._kept = self._closing.kept(
            one for one in self._first.answers if is_kept(one) or self._is_lent(one)
        )
        losses = _Losses(self._kept)
        self._prices: Prices[Unit] = Prices(
            lambda unit: unit.place,
            lambda unit: 2 * unit.rank + bool(unit.taken),
            _ONE,
            losses.cost,
            losses.may_cost,
            losses.ties,
        )
        self._chooser = Chooser(self._prices, Budget(hitting_set.MOST_STEPS))
        self._links = RemainingLinks(question.answers, self._closing, question.removals, question.seeds)
        self._walkers: dict[Way[Unit], dict[str, None]] = {}
        self._chosen: frozenset[Unit] = frozenset()
        self._exact = True
        self._rounds = 0

    def cut(self) -> Cut:
        """The answer."""
        looks = 0
        while self._add(self._left(self._last.answers)):
            self._choose()
            while looks < _MOST_LOOKS and self._add(self._links.answers(self._chosen, self._is_still_out)):
                looks += 1
                self._choose()
            if self._rounds == _MOST_ROUNDS:
                break
            self._rounds += 1
            self._last = self._ask(self._chosen)
        return self._told()

    def _ask(self, taken: frozenset[Unit]) -> WhoCan:
        """The estate without some things, asked again."""
        return self._question.ask(taken)

    def _left(self, answers: Iterable[Answer]) -> list[Answer]:
        """Those among some answers who are to be kept out.

        A role of the estate that reads by itself and counts as an outsider because outsiders may assume it is one only as long as
        they may: it is kept, and to be kept out only where it still is one when nobody else is left.
        """
        answers = list(answers)
        return [*filter(self._is_still_out, answers)] or [*filter(self._is_out, answers)]

    def _is_still_out(self, answer: Answer) -> bool:
        return self._is_out(answer) and not self._is_lent(answer)

    def _is_out(self, answer: Answer) -> bool:
        return answer.principal not in self._standing or not is_kept(answer)

    def _is_lent(self, answer: Answer) -> bool:
        known = self._question.graph.group_of
        return answer.direct and not answer.goes_around and answer.principal in known

    def _is_ours(self, answer: Answer) -> bool:
        return is_inside(answer) or answer.principal in self._question.graph.group_of

    def _add(self, answers: Iterable[Answer]) -> bool:
        """Take in the ways of those who are to be kept out; whether any is new."""
        known = len(self._walkers)
        for answer in answers:
            way = self._closing.way(answer, self._chosen)
            if way:
                self._walkers.setdefault(way, {})[answer.principal] = None
        return len(self._walkers) > known

    def _choose(self) -> None:
        """Choose what closes all ways found so far; after many rounds, choose more without taking anything back."""
        if self._rounds < _EXACT_ROUNDS:
            choice = self._chooser.choose(self._walkers)
            self._chosen, self._exact = choice.taken, choice.exact
            return
        self._exact = False
        for way in self._walkers:
            if not any(option <= self._chosen for option in way):
                self._chosen |= min(way, key=lambda one: (self._prices.of(self._chosen | one), sorted(one)))

    def _told(self) -> Cut:
        changes = changes_of(self._question.removals, self._chosen, self._walkers)
        left = sorted({answer.principal for answer in self._left(self._last.answers)})
        still = {answer.principal for answer in self._last.answers}
        costed = costing(
            changes,
            {one.principal for one in self._first.answers if one.direct and self._is_ours(one)} - still,
            self._kept,
            lambda taken: {answer.principal for answer in self._links.answers(taken)},
        )
        limits = tuple(dict.fromkeys((*self._first.limits, *self._last.limits, *self._met(left))))
        complete = self._first.complete and self._last.complete and not left and not in_play(limits)
        return Cut(
            self._first.access, self._first.store, costed, complete, self._first.gaps, limits, tuple(left)
        )

    def _met(self, left: list[str]) -> Iterator[Limit]:
        """The bounds that were met."""
        if left and self._rounds == _MOST_ROUNDS:
            yield Limit(LimitKind.CUT_BOUND, self._first.store)
        if not (self._exact and self._closing.whole):
            yield Limit(LimitKind.CUT_SIZE, self._first.store)
