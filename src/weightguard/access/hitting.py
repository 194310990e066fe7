"""Smallest hitting sets: the cheapest choice that takes at least one element out of every set.

Branch and bound over the smallest unhit set; exact. Past a bound on the work it stops at the best found so far, which a greedy
choice begins; the bound is far beyond what estates with a few hundred distinct ways need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

_MOST_STEPS = 200_000


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=_Ordered)


def smallest_hitting_set(sets: Iterable[frozenset[T]], cost: Callable[[T], int]) -> frozenset[T]:
    """The cheapest set of elements that hits every one of `sets`; among equals, that of elements in more sets, then by order.

    Args:
        sets: non-empty sets.
        cost: what taking an element costs, at least 1.
    """
    wanted = _minimal(sets)
    counts = Counter(element for one in wanted for element in one)
    search = _Search(cost, counts)
    search.best = _greedy(wanted, cost, counts)
    search.price = sum(cost(element) for element in search.best)
    search.descend(wanted, frozenset(), 0)
    return search.best


def _minimal(sets: Iterable[frozenset[T]]) -> list[frozenset[T]]:
    """Without the sets that another one implies."""
    distinct = sorted(set(sets), key=lambda one: (len(one), sorted(one)))
    kept: list[frozenset[T]] = []
    for candidate in distinct:
        if not any(other <= candidate for other in kept):
            kept.append(candidate)
    return kept


def _greedy(sets: list[frozenset[T]], cost: Callable[[T], int], counts: Counter[T]) -> frozenset[T]:
    left, taken = list(sets), set[T]()
    while left:
        hits = Counter(element for one in left for element in one)
        element = min(hits, key=lambda one: (cost(one) / hits[one], -counts[one], one))
        taken.add(element)
        left = [one for one in left if element not in one]
    return frozenset(taken)


class _Search(Generic[T]):
    """The state of one search."""

    def __init__(self, cost: Callable[[T], int], counts: Counter[T]) -> None:
        self._cost = cost
        self._counts = counts
        self._steps = 0
        self.best: frozenset[T] = frozenset()
        self.price = 0

    def descend(self, left: list[frozenset[T]], taken: frozenset[T], price: int) -> None:
        """Try every element of the smallest set that is not hit yet."""
        self._steps += 1
        if not left:
            if price < self.price:
                self.best, self.price = taken, price
            return
        if self._steps > _MOST_STEPS or price + self._at_least(left) >= self.price:
            return
        smallest = min(left, key=len)
        for element in sorted(smallest, key=lambda one: (self._cost(one), -self._counts[one], one)):
            rest = [one for one in left if element not in one]
            self.descend(rest, taken | {element}, price + self._cost(element))

    def _at_least(self, left: list[frozenset[T]]) -> int:
        """What disjoint sets cost at least: each needs an element of its own."""
        used: set[T] = set()
        total = 0
        for one in left:
            if used.isdisjoint(one):
                used |= one
                total += min(self._cost(element) for element in one)
        return total
