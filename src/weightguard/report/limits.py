"""What the formats say of limits: one line for each kind, those in play before those that merely stand."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.assess.model import LimitEntry, Report
from weightguard.report.naming import short

TITLE = "Not looked at, not modelled"
NONE = "No limit of weightguard's own concerns what was seen."


@dataclass(frozen=True, slots=True)
class Line:
    """All limits of one kind that are alike in play or not.

    Attributes:
        hides: what could be true and would not be seen. where: the place, or how many; empty where it concerns everything.
        controls: the controls that rest on it.
    """

    id: str
    hides: str
    where: str
    in_play: bool
    controls: tuple[str, ...]

    @property
    def state(self) -> str:
        """In a word or two."""
        return "in play here" if self.in_play else "standing"


def lines(report: Report) -> tuple[Line, ...]:
    """The limits of a report, gathered."""
    grouped: dict[tuple[bool, str, str], list[LimitEntry]] = {}
    for limit in report.limits:
        grouped.setdefault((not limit.in_play, limit.id, limit.hides), []).append(limit)
    return tuple(_line(grouped[key]) for key in sorted(grouped))


def _line(alike: list[LimitEntry]) -> Line:
    first = alike[0]
    places = [limit.about for limit in alike if limit.about != "*"]
    where = "" if not places else short(places[0]) if len(places) == 1 else f"{len(places)} places"
    controls = sorted({control for limit in alike for control in limit.controls})
    return Line(first.id, first.hides, where, first.in_play, tuple(controls))
