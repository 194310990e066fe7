"""``limits`` of report.json: what weightguard did not model, try or look at to its end, and which controls rest on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from weightguard.assess.model import LimitEntry
from weightguard.controls.results import Result
from weightguard.controls.schema import Control
from weightguard.estate.limit import Limit, LimitKind


def entries(
    limits: Iterable[Limit], results: Iterable[Result], controls: Mapping[str, Control]
) -> tuple[LimitEntry, ...]:
    """Every limit once, in the order of id and place.

    A control rests on a limit when its verdict met it in an answer, or when it declares a call that would have told more.

    Args:
        limits: those of the estate; those that answers met are taken from the results.
    """
    resting: dict[Limit, set[str]] = defaultdict(set)
    declaring: dict[LimitKind, frozenset[str]] = {}
    for limit in limits:
        if limit.kind not in declaring:
            declaring[limit.kind] = frozenset(_declaring(limit.kind, controls))
        resting[limit].update(declaring[limit.kind])
    for result in results:
        for limit in result.limits:
            resting[limit].add(result.control)
    return tuple(
        LimitEntry(
            id=limit.kind.id,
            about=limit.about,
            hides=limit.kind.hides,
            controls=tuple(sorted(resting[limit])),
            in_play=limit.in_play,
        )
        for limit in sorted(resting, key=lambda one: (one.kind.id, one.about, one.in_play))
    )


def _declaring(kind: LimitKind, controls: Mapping[str, Control]) -> Iterable[str]:
    """The controls that read what a limit of this kind keeps from being read."""
    calls = set(kind.calls)
    return (one.id for one in controls.values() if not calls.isdisjoint(one.evidence.aws))
