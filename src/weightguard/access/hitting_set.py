"""The cheapest set of elements that closes every way, where each way is closed by any one of several small sets of elements.

With one element an option this is the smallest hitting set; an option of several says that all of them are needed (statements that
allow the same thing). Branch and bound over the way with the fewest options, apart for ways that share nothing; exact. Steps are
counted against a budget that all rounds of one cut share: once it is spent, what is found is the best so far, which a greedy
choice begins, and the choice says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

MOST_STEPS = 40_000
"""Work that one cut may do in the search: ways looked at, step by step; a second or two."""


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...
    def __hash__(self) -> int: ...


T = TypeVar("T", bound=_Ordered)
Option = frozenset[T]
Way = frozenset[frozenset[T]]


@dataclass(slots=True)
class Budget:
    """What of the work is left."""

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
        risky: whether an element can be the reason that a set costs something besides.
        ties: names of what a set costs besides only where several elements come together, this one among them.
    """

    place: Callable[[T], Hashable]
    own: Callable[[T], int]
    once: int
    besides: Callable[[frozenset[T]], int]
    risky: Callable[[T], bool]
    ties: Callable[[T], Iterable[Hashable]]

    def of(self, taken: frozenset[T]) -> int:
        """What a set costs."""
        places = {self.place(one) for one in taken}
        return self.once * len(places) + sum(map(self.own, taken)) + self.besides(taken)


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
        for part in _apart(list(dict.fromkeys(ways)), self._tied):
            key = frozenset(part)
            found = self._solved.get(key)
            if found is None:
                found = self._solved[key] = _Search(self._prices, self._budget, _needed(part)).best()
            taken |= found.taken
            exact = exact and found.exact
        return Choice(taken, exact)

    def _tied(self, element: T) -> Iterator[Hashable]:
        """What an element's price hangs on."""
        yield True, self._prices.place(element)
        for name in self._prices.ties(element):
            yield False, name


def _apart(ways: Sequence[Way[T]], tied: Callable[[T], Iterable[Hashable]]) -> list[list[Way[T]]]:
    """Ways that share a place or what their prices hang on, directly or through others, together."""
    leader: dict[Hashable, Hashable] = {}

    def find(one: Hashable) -> Hashable:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for way in ways:
        first, *others = {name for option in way for element in option for name in tied(element)}
        for other in others:
            leader[find(other)] = find(first)
    parts: dict[Hashable, list[Way[T]]] = {}
    for way in ways:
        any_element = next(iter(next(iter(way))))
        parts.setdefault(find(next(iter(tied(any_element)))), []).append(way)
    return list(parts.values())


def _needed(ways: Sequence[Way[T]]) -> list[Way[T]]:
    """The ways that no other one implies, each without options that hold another one; in a fixed order."""
    lean = [frozenset(one for one in way if not any(other < one for other in way)) for way in ways]
    ordered = sorted(set(lean), key=lambda way: (len(way), sorted(sorted(one) for one in way)))
    kept: list[Way[T]] = []
    for way in ordered:
        if not any(all(any(mine <= theirs for mine in way) for theirs in other) for other in kept):
            kept.append(way)
    return kept


_Masks = tuple[int, ...]
"""A way: its options, each a set of bits for its elements."""


class _Search(Generic[T]):
    """One search, over ways that share something. Sets of elements are bits of a number."""

    def __init__(self, prices: Prices[T], budget: Budget, ways: list[Way[T]]) -> None:
        self._prices = prices
        self._budget = budget
        self._elements = sorted({element for way in ways for option in way for element in option})
        bit = {element: 1 << number for number, element in enumerate(self._elements)}
        self._ways: list[_Masks] = [
            tuple(sum(bit[element] for element in option) for option in sorted(way, key=sorted))
            for way in ways
        ]
        self._items = _Items(prices, self._elements, self._ways)
        self._besides: dict[int, int] = {0: 0}
        self._exact = True
        self._taken = 0
        self._price = 0

    def best(self) -> Choice[T]:
        """The cheapest set."""
        self._taken = self._greedy()
        self._price = self._cost(self._taken)
        self._descend(list(zip(self._ways, self._ways, strict=True)), 0)
        return Choice(self._set(self._taken), self._exact)

    def _set(self, mask: int) -> frozenset[T]:
        return frozenset(one for number, one in enumerate(self._elements) if mask >> number & 1)

    def _cost(self, mask: int) -> int:
        risky = mask & self._items.risky
        found = self._besides.get(risky)
        if found is None:
            found = self._besides[risky] = self._prices.besides(self._set(risky))
        return self._items.cost(mask) + found

    def _greedy(self) -> int:
        """A cheap set: what closes most for its price, again and again; then without what is not needed."""
        taken, left = 0, self._ways
        while left:
            price = self._cost(taken)
            counts = Counter(option for way in left for option in way)
            best = min(counts, key=lambda one: ((self._cost(taken | one) - price) / counts[one], one))
            taken |= best
            left = [way for way in left if not _is_closed(way, taken)]
        for number in range(len(self._elements)):
            less = taken & ~(1 << number)
            if less != taken and all(_is_closed(way, less) for way in self._ways):
                taken = less
        return taken

    def _descend(self, left: list[tuple[_Masks, _Masks]], taken: int) -> None:
        """Close what is left in every way that may be cheaper than the best so far.

        Args:
            left: the ways that are open: all options of each, and those that are still to be tried.
        """
        left, taken = self._forced(left, taken)
        if any(not tried for _, tried in left):
            return
        price = self._cost(taken)
        if not left:
            if price < self._price:
                self._taken, self._price = taken, price
            return
        if price + self._items.at_least([tried for _, tried in left], taken) >= self._price:
            return
        if self._budget.steps <= 0:
            self._exact = False
            return
        self._budget.steps -= len(left)
        closes = Counter(option for _, tried in left for option in tried)
        _, way = min(left, key=lambda one: len(one[1]))
        order = sorted(way, key=lambda one: (self._cost(taken | one), -closes[one], one))
        for number, option in enumerate(order):
            done = set(order[:number])
            self._descend([(whole, tuple(one for one in tried if one not in done)) for whole, tried in left],
                          taken | option)  # fmt: skip

    def _forced(
        self, left: list[tuple[_Masks, _Masks]], taken: int
    ) -> tuple[list[tuple[_Masks, _Masks]], int]:
        """Without ways that are closed and options that others make needless; what a way's only option closes is taken."""
        while True:
            left = [one for one in left if not _is_closed(one[0], taken)]
            needless = self._items.needless([tried for _, tried in left], taken)
            if needless:
                left = [(whole, tuple(one for one in tried if one not in needless)) for whole, tried in left]
            single = [tried[0] for _, tried in left if len(tried) == 1]
            if not single:
                return left, taken
            for option in single:
                taken |= option


def _is_closed(way: _Masks, taken: int) -> bool:
    return any(option & taken == option for option in way)


class _Items:
    """What the elements of a search cost, and what is known of their options."""

    def __init__(self, prices: Prices[T], elements: list[T], ways: list[_Masks]) -> None:
        places: dict[Hashable, int] = {}
        self._own = [prices.own(one) for one in elements]
        self._once = prices.once
        self._place = [places.setdefault(prices.place(one), len(places)) for one in elements]
        self.risky = sum(1 << number for number, one in enumerate(elements) if prices.risky(one))
        self._numbers: dict[int, list[int]] = {}
        self._alone = self._apart({option for way in ways for option in way})

    def _apart(self, options: set[int]) -> set[int]:
        """The options that share neither an element nor a place with another one: what they cost, they cost always."""
        uses = Counter(
            place for option in options for place in {self._place[one] for one in self.numbers(option)}
        )
        return {one for one in options if all(uses[self._place[number]] == 1 for number in self.numbers(one))}

    def numbers(self, mask: int) -> list[int]:
        """The elements of a set."""
        found = self._numbers.get(mask)
        if found is None:
            found = self._numbers[mask] = [one for one in range(mask.bit_length()) if mask >> one & 1]
        return found

    def cost(self, mask: int) -> int:
        """What a set costs by itself."""
        numbers = self.numbers(mask)
        return self._once * len({self._place[one] for one in numbers}) + sum(
            self._own[one] for one in numbers
        )

    def needless(self, ways: list[_Masks], taken: int) -> set[int]:
        """Options in whose stead another one can always be taken: it closes as much, costs no more, and risks nothing."""
        within: dict[int, int] = {}
        for number, way in enumerate(ways):
            for option in way:
                within[option] = within.get(option, 0) | 1 << number
        found: set[int] = set()
        before = self.cost(taken)
        for option in within:
            if option not in self._alone:
                continue
            mine = within[option]
            first = ways[(mine & -mine).bit_length() - 1]
            for other in first:
                if other == option or other in found or other & self.risky or mine & ~within[other]:
                    continue
                if self.cost(taken | other) - before <= self.cost(option):
                    found.add(option)
                    break
        return found

    def at_least(self, ways: list[_Masks], taken: int) -> int:
        """What it costs at least to close ways: each draws on what its options' elements and places cost, and nothing twice."""
        touched = {self._place[one] for one in self.numbers(taken)}
        slack: dict[tuple[bool, int], int] = {}

        def left(item: tuple[bool, int]) -> int:
            if item not in slack:
                is_place, number = item
                free = number in touched if is_place else taken >> number & 1
                slack[item] = 0 if free else self._once if is_place else self._own[number]
            return slack[item]

        total = 0
        for way in sorted(ways, key=len):
            items = [self._drawn_on(option) for option in way]
            worth = min(sum(map(left, one)) for one in items)
            total += worth
            drawn: dict[tuple[bool, int], int] = {}
            for one in items:
                open_still = worth - sum(drawn.get(item, 0) for item in one)
                for item in one:
                    more = min(max(open_still, 0), left(item) - drawn.get(item, 0))
                    drawn[item] = drawn.get(item, 0) + more
                    open_still -= more
            for item, amount in drawn.items():
                slack[item] -= amount
        return total

    def _drawn_on(self, option: int) -> list[tuple[bool, int]]:
        numbers = self.numbers(option)
        return [
            *((True, one) for one in {self._place[one] for one in numbers}),
            *((False, one) for one in numbers),
        ]
