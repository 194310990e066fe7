"""The cheapest set of elements that closes every way, where each way is closed by any one of several small sets of elements.

With one element an option this is the smallest hitting set; an option of several says that all of them are needed (statements that
allow the same thing). Branch and bound over the way with the fewest options, apart for ways that share nothing; exact. Steps are
counted against a budget that all rounds of one cut share: once it is spent, what is found is the best so far, which a greedy
choice begins, and the choice says so.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

MOST_STEPS = 100_000
"""Steps of the search that one cut may take: a second or two of work."""


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...
    def __hash__(self) -> int: ...


T = TypeVar("T", bound=_Ordered)
Option = frozenset[T]
Way = frozenset[frozenset[T]]


@dataclass(slots=True)
class Budget:
    """Steps that are left."""

    steps: int


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """What is chosen.

    Attributes:
        taken: a set of elements that closes every way.
        exact: whether no cheaper one does.
    """

    taken: frozenset[T]
    exact: bool


@dataclass(frozen=True, slots=True)
class Prices(Generic[T]):
    """What choosing costs.

    Attributes:
        place: elements of one place cost `once` together, besides what each of them costs by itself.
        own: what an element costs by itself, at least 0.
        once: what touching a place costs, at least 1.
        besides: what a set of elements costs besides; it never falls when the set grows.
    """

    place: Callable[[T], Hashable]
    own: Callable[[T], int]
    once: int
    besides: Callable[[frozenset[T]], int]

    def of(self, taken: frozenset[T]) -> int:
        """What a set costs."""
        return self.bare(taken) + self.besides(taken)

    def bare(self, taken: Iterable[T]) -> int:
        """What a set costs without what it costs besides."""
        taken = list(taken)
        return self.once * len({self.place(one) for one in taken}) + sum(map(self.own, taken))


class Chooser(Generic[T]):
    """Chooses, again and again while ways are added; what it found for ways that share nothing with the new ones it keeps.

    Args:
        prices: what choosing costs.
        budget: steps that may be taken in all.
    """

    def __init__(self, prices: Prices[T], budget: Budget) -> None:
        self._prices = prices
        self._budget = budget
        self._solved: dict[frozenset[Way[T]], Choice[T]] = {}

    def choose(self, ways: Iterable[Way[T]]) -> Choice[T]:
        """The cheapest set; among equals that of elements which close more ways, then by order.

        Args:
            ways: each with at least one option, each option with at least one element.
        """
        taken: frozenset[T] = frozenset()
        exact = True
        for part in _apart(list(dict.fromkeys(ways)), self._prices.place):
            key = frozenset(part)
            found = self._solved.get(key)
            if found is None:
                found = self._solved[key] = _Search(self._prices, self._budget, _needed(part)).best()
            taken |= found.taken
            exact = exact and found.exact
        return Choice(taken, exact)


def _apart(ways: Sequence[Way[T]], place: Callable[[T], Hashable]) -> list[list[Way[T]]]:
    """Ways that share a place, directly or through others, together."""
    leader: dict[Hashable, Hashable] = {}

    def find(one: Hashable) -> Hashable:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for way in ways:
        first, *others = {place(element) for option in way for element in option}
        for other in others:
            leader[find(other)] = find(first)
    parts: dict[Hashable, list[Way[T]]] = {}
    for way in ways:
        any_element = next(iter(next(iter(way))))
        parts.setdefault(find(place(any_element)), []).append(way)
    return list(parts.values())


def _needed(ways: Sequence[Way[T]]) -> list[tuple[Option[T], ...]]:
    """The ways that no other one implies, each with its options that no other one makes needless; in a fixed order."""
    lean = [frozenset(one for one in way if not any(other < one for other in way)) for way in ways]
    ordered = sorted(set(lean), key=lambda way: (len(way), sorted(sorted(one) for one in way)))
    kept: list[Way[T]] = []
    for way in ordered:
        if not any(all(any(mine <= theirs for mine in way) for theirs in other) for other in kept):
            kept.append(way)
    return [tuple(sorted(way, key=sorted)) for way in kept]


class _Search(Generic[T]):
    """One search, over ways that share something."""

    def __init__(self, prices: Prices[T], budget: Budget, ways: list[tuple[Option[T], ...]]) -> None:
        self._prices = prices
        self._budget = budget
        self._ways = ways
        self._places = {option: frozenset(map(prices.place, option)) for way in ways for option in way}
        self._bare = {option: prices.bare(option) for option in self._places}
        self._closes = {
            option: sum(any(one <= option for one in way) for way in ways) for option in self._places
        }
        self._exact = True
        self._taken: frozenset[T] = frozenset()
        self._price = 0

    def best(self) -> Choice[T]:
        """The cheapest set."""
        self._taken = self._greedy()
        self._price = self._prices.of(self._taken)
        self._descend(self._ways, frozenset(), frozenset(), 0)
        return Choice(self._taken, self._exact)

    def _greedy(self) -> frozenset[T]:
        taken: frozenset[T] = frozenset()
        left = self._ways
        while left:
            price = self._prices.of(taken)
            offered = dict.fromkeys(option for way in left for option in way)
            best = min(
                offered,
                key=lambda option: (
                    (self._prices.of(taken | option) - price)
                    / sum(any(one <= taken | option for one in way) for way in left),
                    sorted(option),
                ),
            )
            taken |= best
            left = [way for way in left if not any(one <= taken for one in way)]
        return taken

    def _descend(
        self,
        left: list[tuple[Option[T], ...]],
        taken: frozenset[T],
        touched: frozenset[Hashable],
        price: int,
    ) -> None:
        """Try every option of the way that has fewest and is open still."""
        if not left:
            if price < self._price:
                self._taken, self._price = taken, price
            return
        if price + self._at_least(left, touched) >= self._price:
            return
        if self._budget.steps <= 0:
            self._exact = False
            return
        self._budget.steps -= 1
        way = min(left, key=len)
        tried = [(self._prices.of(taken | option), -self._closes[option], option) for option in way]
        for worth, _, option in sorted(tried, key=lambda one: (one[0], one[1], sorted(one[2]))):
            more = taken | option
            rest = [one for one in left if not any(other <= more for other in one)]
            self._descend(rest, more, touched | self._places[option], worth)

    def _at_least(self, left: list[tuple[Option[T], ...]], touched: frozenset[Hashable]) -> int:
        """What ways that share no place cost at least: each needs something of its own."""
        used = set(touched)
        total = 0
        for way in left:
            places = frozenset[Hashable]().union(*(self._places[option] for option in way))
            if used.isdisjoint(places):
                used |= places
                total += min(self._bare[option] for option in way)
        return total
