"""What is chosen to be taken away, as changes that somebody can make, and whom each costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from weightguard.access.closing_sets import Kept
from weightguard.access.hitting_set import Way
from weightguard.access.model import Change
from weightguard.access.provider import Removals, Unit, UnitKind

Place = tuple[str, str, str]


def changes_of(
    removals: Removals, chosen: frozenset[Unit], walkers: Mapping[Way[Unit], Iterable[str]]
) -> tuple[tuple[Change, tuple[Unit, ...]], ...]:
    """The changes, those that close most first, each with what it takes away; whom they cost is not said yet.

    Args:
        removals: rewrites policies.
        chosen: what is to be taken away.
        walkers: who goes each way that was found.
    """
    places: dict[Place, list[Unit]] = {}
    for unit in sorted(chosen):
        places.setdefault(unit.place, []).append(unit)
    closes = _closed(chosen, walkers)
    made = [
        (Change(place[0], "", place[1], place[2], tuple(sorted(closes.get(place, ())))), _least(units))
        for place, units in places.items()
    ]
    made.sort(key=lambda one: (-len(one[0].closes), one[0].policy, one[0].statement, one[0].principal))
    return tuple(_worded(removals, made))


def costing(
    changes: tuple[tuple[Change, tuple[Unit, ...]], ...],
    lost: Iterable[str],
    kept: Iterable[Kept],
    left_after: Callable[[frozenset[Unit]], set[str]],
) -> tuple[Change, ...]:
    """The changes with whom each costs its access.

    Args:
        lost: those to be kept who lose their access by all changes together.
        kept: what their access rests on.
        left_after: tells who is left after some things are taken away.
    """
    sums: list[frozenset[Unit]] = []
    for _, units in changes:
        sums.append((sums[-1] if sums else frozenset()) | frozenset(units))
    left_after = cache(left_after)
    rests = {name: one for one in kept for name in one.names}
    costs: dict[int, set[str]] = {}
    for name in sorted(lost):
        told = rests.get(name)
        first = next((i for i, taken in enumerate(sums) if told is not None and told.lose(taken)), None)
        if first is None:
            first = _first_without(name, sums, left_after)
        costs.setdefault(first, set()).add(name)
    return tuple(
        replace(change, costs=tuple(sorted(costs.get(number, ()))))
        for number, (change, _) in enumerate(changes)
    )


def _first_without(
    name: str, sums: list[frozenset[Unit]], left_after: Callable[[frozenset[Unit]], set[str]]
) -> int:
    """The first of ever larger sets after which somebody is not left: none comes back once it is gone."""
    low, high = 0, len(sums) - 1
    while low < high:
        middle = (low + high) // 2
        if name in left_after(sums[middle]):
            low = middle + 1
        else:
            high = middle
    return low


def _closed(chosen: frozenset[Unit], walkers: Mapping[Way[Unit], Iterable[str]]) -> dict[Place, set[str]]:
    """Whose ways each change closes, alone or together with others."""
    found: dict[Place, set[str]] = {}
    for way, names in walkers.items():
        for option in way:
            if option <= chosen:
                for unit in option:
                    found.setdefault(unit.place, set()).update(names)
    return found


def _least(units: list[Unit]) -> tuple[Unit, ...]:
    """What is done to one place: where the whole goes, nothing else need be said."""
    whole = [unit for unit in units if not unit.taken]
    return tuple(whole[:1] or units)


def _worded(
    removals: Removals, made: list[tuple[Change, tuple[Unit, ...]]]
) -> Iterator[tuple[Change, tuple[Unit, ...]]]:
    done: list[Unit] = []
    for change, units in made:
        done += units
        words = ", and ".join(unit.words for unit in units)
        written = removals.rewritten(change.policy, done) if units[0].kind is UnitKind.STATEMENT else None
        if written is None:
            yield replace(change, remove=words), units
        else:
            yield replace(change, remove=words + written.besides, after=written.after), units
