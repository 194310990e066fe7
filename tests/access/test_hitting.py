"""The cheapest choice against trying every set, on small random problems: options of several elements, places, readers to lose."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.access.hitting_set import Budget, Choice, Chooser, Prices

ELEMENTS = list(range(7))
OPTIONS = st.frozensets(st.sampled_from(ELEMENTS), min_size=1, max_size=3)
WAYS = st.lists(st.frozensets(OPTIONS, min_size=1, max_size=4), min_size=1, max_size=7)


def prices(places: list[int], losses: list[frozenset[int]]) -> Prices[int]:
    """Elements of one place cost 10 together and 0 to 2 each; whoever rests on all of some elements costs 1,000."""
    return Prices(
        lambda one: places[one],
        lambda one: one % 3,
        10,
        lambda taken: 1000 * sum(lost <= taken for lost in losses),
        lambda one: any(one in lost for lost in losses),
        lambda one: [number for number, lost in enumerate(losses) if len(lost) > 1 and one in lost],
    )


def closed(ways: list[frozenset[frozenset[int]]], taken: frozenset[int]) -> bool:
    return all(any(option <= taken for option in way) for way in ways)


@settings(max_examples=150, deadline=None)
@given(
    WAYS,
    st.lists(st.integers(0, 4), min_size=7, max_size=7),
    st.lists(st.frozensets(st.sampled_from(ELEMENTS), min_size=1, max_size=2), max_size=3),
)
def test_nothing_cheaper_closes_every_way(
    ways: list[frozenset[frozenset[int]]], places: list[int], losses: list[frozenset[int]]
) -> None:
    cost = prices(places, losses)
    choice = Chooser(cost, Budget(100_000)).choose(ways)
    every = chain.from_iterable(combinations(ELEMENTS, size) for size in range(len(ELEMENTS) + 1))
    best = min(cost.of(frozenset(taken)) for taken in every if closed(ways, frozenset(taken)))
    assert choice.exact
    assert closed(ways, choice.taken)
    assert cost.of(choice.taken) == best


def test_a_loss_that_two_choices_make_together_is_seen() -> None:
    """Two ways that share nothing: 0 and 3 are the cheapest each, and cost somebody together."""
    ways = [frozenset({frozenset({0}), frozenset({1})}), frozenset({frozenset({3}), frozenset({4})})]
    choice = Chooser(prices(ELEMENTS, [frozenset({0, 3})]), Budget(1_000)).choose(ways)
    assert choice.taken in ({0, 4}, {1, 3})


def odd(budget: int) -> Choice[int]:
    """Five ways in a ring: each element closes two, so three are needed, though half of five would seem to do."""
    ring = [frozenset({frozenset({one}), frozenset({(one + 1) % 5})}) for one in range(5)]
    free: Prices[int] = Prices(
        lambda one: one, lambda one: 0, 10, lambda taken: 0, lambda one: False, lambda one: ()
    )
    return Chooser(free, Budget(budget)).choose(ring)


@pytest.mark.parametrize(("budget", "exact"), [(0, False), (1_000, True)])
def test_what_is_not_searched_to_its_end_is_not_called_the_cheapest(budget: int, exact: bool) -> None:
    choice = odd(budget)
    assert len(choice.taken) == 3
    assert choice.exact is exact


def test_ways_that_share_nothing_are_kept_from_round_to_round() -> None:
    """The second round has one way more; the budget is spent on what is new alone."""
    budget = Budget(1_000)
    free: Prices[int] = Prices(
        lambda one: one, lambda one: 0, 10, lambda taken: 0, lambda one: False, lambda one: ()
    )
    chooser = Chooser(free, budget)
    ring = [frozenset({frozenset({one}), frozenset({(one + 1) % 5})}) for one in range(5)]
    chooser.choose(ring)
    left = budget.steps
    choice = chooser.choose([*ring, frozenset({frozenset({9})})])
    assert budget.steps == left
    assert (len(choice.taken), choice.exact) == (4, True)
