"""The fewest changes after which nobody reaches a store but its direct readers inside the organisation.

What is kept: principals of the estate (and the workloads that run as them) whose own policies give them the access; whether each of
them should have it is for the controls to ask. Everything else is to be closed: every way by becoming or changing somebody, the
public, other accounts, services.

What may be removed: a statement of a customer's policy (identity, trust, bucket, key, function policy), a KMS grant, and the
attachment of a provider's managed policy, which cannot be edited. A statement that a kept reader's access rests on is the last
resort.

How: every way that is found must lose one of the things that it rests on. The smallest set that hits all ways found so far is taken
away, the estate is asked again, and the ways that are left are added, until none is left. Every set that closes all ways hits those
found so far too, so the last set is a smallest one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weightguard.access.hitting import smallest_hitting_set
from weightguard.access.model import AccessKind, Answer, Change, Cut, Hop
from weightguard.access.removal import Removable, Unit, applied
from weightguard.access.running import RUNS_AS
from weightguard.estate.model import Estate

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

_MOST_ROUNDS = 400
_ONE = 1_000
"""What any change costs; ranks are small beside it, so that they only choose among equally small sets."""
_LAST_RESORT = 1_000_000


@dataclass(slots=True)
class _Ways:
    """What has been found: per way its removable parts, and who goes it."""

    parts: list[frozenset[Unit]]
    walkers: list[str]
    stuck: set[str]


def smallest_cut(owner: AccessGraph, access: AccessKind, store: str) -> Cut:
    """The smallest set of changes, those that close most ways first."""
    first = owner.who_can(access, store)
    removable = Removable(owner.estate)
    precious = frozenset(_precious(removable, first.answers))
    ways = _Ways([], [], set())
    chosen: frozenset[Unit] = frozenset()
    answers = first.answers
    for _ in range(_MOST_ROUNDS):
        added = _collect(removable, answers, ways)
        if not added:
            break
        chosen = smallest_hitting_set(
            ways.parts, lambda unit: unit.rank + (_LAST_RESORT if unit in precious else _ONE)
        )
        answers = _ask_again(owner.estate, chosen, access, store)
    changes = [_change(unit, ways) for unit in chosen]
    changes.sort(key=lambda change: (-len(change.closes), change.policy, change.statement, change.principal))
    return Cut(access, store, tuple(changes), first.complete and not ways.stuck, first.gaps, first.limits)


def _ask_again(
    estate: Estate, removed: frozenset[Unit], access: AccessKind, store: str
) -> tuple[Answer, ...]:
    from weightguard.access.graph import AccessGraph

    return AccessGraph(applied(estate, removed)).who_can(access, store).answers


def is_kept(answer: Answer) -> bool:
    """Whether an answer is a direct reader inside the organisation, whom a cut leaves alone, and has no wider way besides."""
    return (
        answer.direct and not answer.goes_around and answer.kind not in ("external", "anonymous", "service")
    )


def _collect(removable: Removable, answers: Iterable[Answer], ways: _Ways) -> bool:
    added = False
    for answer in answers:
        if is_kept(answer):
            continue
        parts = frozenset(_parts(removable, answer))
        if not parts:
            ways.stuck.add(answer.principal)
            continue
        ways.parts.append(parts)
        ways.walkers.append(answer.principal)
        added = True
    return added


def _parts(removable: Removable, answer: Answer) -> Iterator[Unit]:
    """The removable things that an answer's way rests on; its last hop only where nobody keeps it."""
    hops = [hop for hop in answer.path if hop.how != RUNS_AS]
    own_end = answer.direct or len(hops) == 1 or hops[-1].origin == answer.principal
    for hop in hops if own_end else hops[:-1]:
        yield from _units(removable, hop)


def _units(removable: Removable, hop: Hop) -> Iterator[Unit]:
    for because in hop.because:
        unit = removable.unit(hop.origin, because)
        if unit is not None:
            yield unit


def _precious(removable: Removable, answers: Iterable[Answer]) -> Iterator[Unit]:
    """What the kept readers' own access rests on."""
    for answer in answers:
        if is_kept(answer):
            yield from _units(removable, answer.path[-1])


def _change(unit: Unit, ways: _Ways) -> Change:
    closes = sorted({walker for walker, parts in zip(ways.walkers, ways.parts, strict=True) if unit in parts})
    return Change(unit.holder, unit.words, unit.policy, unit.statement, tuple(closes))
