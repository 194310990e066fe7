"""Lists of two snapshots, compared whatever the order in which a provider gave them."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from weightguard.snapshot.changes import MISSING, list_differences

_VALUES = st.lists(st.one_of(st.integers(0, 3), st.fixed_dictionaries({"Id": st.integers(0, 2)})), max_size=8)


def _left(these: list[Any], others: list[Any]) -> list[Any]:
    """Those that are there more often than among the others, by striking out one after another."""
    others = list(others)
    left = []
    for one in these:
        if one in others:
            others.remove(one)
        else:
            left.append(one)
    return left


@given(_VALUES, _VALUES)
def test_what_both_hold_is_no_difference_and_what_one_holds_more_often_is(
    old: list[Any], new: list[Any]
) -> None:
    gone, come = _left(old, new), _left(new, old)
    found = list(list_differences("Keys", old, new))
    assert (not found) == (not gone and not come)
    if not gone or not come:
        told = [(MISSING, one) for one in come] + [(one, MISSING) for one in gone]
        assert [(one.before, one.after) for one in found] == told


def test_a_list_of_a_hundred_thousand_is_compared_in_seconds() -> None:
    old = [{"Key": f"key-{number}", "Value": number} for number in range(100_000)]
    new = [*reversed(old), {"Key": "new", "Value": -1}]
    started = time.process_time()
    found = list(list_differences("Tags", old, new))
    assert time.process_time() - started < 20  # of every element with every other it is minutes
    assert [(one.path, one.before, one.after) for one in found] == [("Tags[]", MISSING, new[-1])]
