"""What closes a hop, a way and a reader's access: sets of statements that have to go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from weightguard.access.grant import owned
from weightguard.access.hitting_set import Way
from weightguard.access.model import RUNS_AS, Answer, Because, Hop, Needed
from weightguard.access.provider import Removals, Unit

_MOST_COMBINED = 64
"""Ways to close one decision that are looked at: layers times layers."""
Closer = frozenset[Because]


def closers(hop: Hop) -> tuple[tuple[Closer, ...], bool]:
    """The smallest sets of statements without which a hop is not allowed; and whether these are all there are.

    A decision is closed when every way to it is; a way when one of the layers that must agree loses all its statements.
    """
    found: dict[Closer, None] = {}
    whole = True
    for needed in hop.needs or ((((one,),),) for one in hop.because):
        sets, are_all = _of_decision(hop, needed)
        found.update(dict.fromkeys(sets))
        whole = whole and are_all
    return _smallest(found), whole


def _of_decision(hop: Hop, needed: Needed) -> tuple[list[Closer], bool]:
    ways = [
        [
            frozenset(Because(owned(one.policy, hop.origin, hop.target), one.statement) for one in part)
            for part in way
        ]
        for way in needed
    ]
    combined: tuple[Closer, ...] = (frozenset(),)
    whole = True
    for way in ways:
        combined = _smallest(set_ | part for set_, part in product(combined, way) if part)
        whole = whole and len(combined) <= _MOST_COMBINED
        combined = combined[:_MOST_COMBINED]
    return [one for one in combined if one], whole


def _smallest(found: Iterable[Closer]) -> tuple[Closer, ...]:
    """Without those that hold another one."""
    distinct = sorted(dict.fromkeys(found), key=len)
    kept: list[Closer] = []
    for one in distinct:
        if not any(other <= one for other in kept):
            kept.append(one)
    return tuple(kept)


Place = tuple[str, str, str]
Lists = tuple[tuple[str, frozenset[str]], ...]
Rest = tuple[tuple[tuple[Place, Lists], ...], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Readers to be kept whose access rests on the same statements.

    Attributes:
        names: who they are.
        rest: per set of statements that would close their access: per statement's place, what of its lists they need, by element.
    """

    names: tuple[str, ...]
    rest: Rest

    def lose(self, taken: frozenset[Unit]) -> bool:
        """Whether they lose their access when some things are taken away."""
        return any(all(_takes(taken, *one) for one in closer) for closer in self.rest)


def _takes(taken: frozenset[Unit], place: Place, needs: Lists) -> bool:
    """Whether a statement, or all values of one of its lists that somebody needs, are taken away."""
    here = [unit for unit in taken if unit.place == place]
    if any(not unit.taken for unit in here):
        return True
    gone = {pair for unit in here for pair in unit.taken}
    return any(all((element, value) in gone for value in values) for element, values in needs)


class Closing:
    """Knows what can be done about the answers to a question.

    Args:
        removable: finds what is behind a reason.

    Attributes:
        whole: whether every way to close each hop was looked at, so far.
    """

    def __init__(self, removable: Removals) -> None:
        self._removable = removable
        self.whole = True
        self._rested_on: set[Place] = set()
        self._rests: dict[int, tuple[Hop, Rest]] = {}
        self._of_hops: dict[tuple[str, str, tuple[Closer, ...], str], frozenset[frozenset[Unit]]] = {}

    def way(self, answer: Answer, taken: frozenset[Unit] = frozenset()) -> Way[Unit]:
        """The sets of things of which each closes an answer's way; its last hop's only where nobody keeps it.

        Args:
            taken: what is taken away already: no part of it has closed the way.
        """
        hops = [hop for hop in answer.path if hop.how != RUNS_AS]
        own_end = answer.direct or len(hops) == 1 or hops[-1].origin == answer.principal
        found: frozenset[frozenset[Unit]] = frozenset()
        for hop in hops if own_end else hops[:-1]:
            found |= self._options(hop)
        return frozenset(one for one in found if not one <= taken)

    def _options(self, hop: Hop) -> frozenset[frozenset[Unit]]:
        sets, whole = closers(hop)
        self.whole = self.whole and whole
        key = (hop.origin, hop.target, sets, hop.how)
        if key not in self._of_hops:
            found: set[frozenset[Unit]] = set()
            for closer in sets:
                units = self._units(hop, closer)
                if units is not None:
                    found.update(self._offered(units, hop))
            self._of_hops[key] = frozenset(found)
        return self._of_hops[key]

    def _units(self, hop: Hop, closer: Closer) -> list[Unit] | None:
        found = [
            self._removable.units(hop.origin, one, hop.target)
            for one in sorted(closer, key=lambda one: (one.policy, one.statement))
        ]
        return [unit for units in found for unit in units] if all(found) else None

    def _offered(self, units: list[Unit], hop: Hop) -> Iterator[frozenset[Unit]]:
        """All of them whole; and with the values of each list that let the hop through taken out of it, where others are left."""
        if not any(one.locked for one in units):
            yield frozenset(units)
        lists = [self._narrower(one, hop) or [one] for one in units]
        for position in range(max(map(len, lists))):
            chosen = [rows[min(position, len(rows) - 1)] for rows in lists]
            if not any(one.locked and not one.taken for one in chosen):
                yield frozenset(chosen)

    def _narrower(self, unit: Unit, hop: Hop) -> list[Unit]:
        """Less than a whole statement, where somebody to be kept rests on it or it must not go."""
        if not unit.locked and unit.place not in self._rested_on:
            return []
        return list(self._removable.narrower(unit, hop))

    def kept(self, answers: Iterable[Answer]) -> tuple[Kept, ...]:
        """What the access of readers that are kept rests on; those that rest on the same together."""
        found: dict[Rest, list[str]] = {}
        for answer in answers:
            rest = tuple(self._resting(answer.path[-1]))
            found.setdefault(rest, []).append(answer.principal)
            self._rested_on.update(place for closer in rest for place, _ in closer)
        return tuple(Kept(tuple(names), rest) for rest, names in found.items())

    def closed(self, hop: Hop, taken: frozenset[Unit]) -> bool:
        """Whether a hop is not allowed any more when some things are taken away."""
        return any(all(_takes(taken, *one) for one in closer) for closer in self._rests_on(hop))

    def _rests_on(self, hop: Hop) -> Rest:
        key = id(hop)
        found = self._rests.get(key)
        if found is None:
            # The hop is kept beside what it rests on: nothing else may come to have its identity.
            found = self._rests[key] = (hop, tuple(self._resting(hop)))
        return found[1]

    def _resting(self, hop: Hop) -> Iterator[tuple[tuple[Place, Lists], ...]]:
        for closer in closers(hop)[0]:
            units = self._units(hop, closer)
            if units is not None:
                yield tuple((one.place, tuple(self._removable.serves(one, hop).items())) for one in units)
