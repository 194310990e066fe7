"""``limits`` of report.json: what weightguard did not model, try or look at to its end, and which controls rest on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from weightguard.assess.model import LimitEntry
from weightguard.controls.results import Result
from weightguard.controls.schema import Control
from weightguard.estate.limit import Limit


def entries(
    limits: Iterable[Limit], results: Iterable[Result], controls: Mapping[str, Control]
) -> tuple[LimitEntry, ...]:
    """Every limit once, in the order of id and place.

    A control rests on a limit when its verdict met it in an answer, or when it declares a call that would have told more.

    Args:
        limits: those of the estate; those that answers met are taken from the results.
    """
    resting: dict[Limit, set[str]] = defaultdict(set)
    for limit in limits:
        resting[limit].update(_declaring(limit, controls))
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


def _declaring(limit: Limit, controls: Mapping[str, Control]) -> Iterable[str]:
    return (one.id for one in controls.values() if not set(limit.kind.calls).isdisjoint(one.evidence.aws))
