"""The score: how far along, inside a level. Printed with its numbers, so that anybody redoes it by hand.

Of the controls at or below the target level that apply, weighted by severity, the share that pass. Unknown
and waived controls do not pass; unknown ones are counted apart. While weights lie open to outsiders, nothing
else matters: the score is capped at 20.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from weightguard.assess.levels import rank
from weightguard.assess.model import Level, Score, Severity
from weightguard.assess.standing import Settled, Standing
from weightguard.controls.said import Name, by_name, worded
from weightguard.controls.schema import SEVERITIES, Control, Status

POINTS: Mapping[Severity, int] = {"critical": 8, "high": 4, "medium": 2, "low": 1}
EXPOSED_CAP = 20
FORMULA = (
    "100 x (8 x critical + 4 x high + 2 x medium + 1 x low controls that pass) / (the same sum over the controls "
    "that apply), over controls at or below the target level, once for each weight set, rounded down; "
    "at most 20 while weights are exposed to outsiders"
)
_PASSING = frozenset({Standing.PASS, Standing.ATTESTED, Standing.SELF_ATTESTED})
_UNKNOWN = frozenset({Standing.UNKNOWN, Standing.NOT_ATTESTED})


def score(
    row: Mapping[str, Standing], controls: Mapping[str, Control], target: Level, exposed: str | None
) -> Score:
    """The score of one weight set.

    Args:
        row: standing by control id.
        exposed: how the weights lie open now, in words; None when they do not.
    """
    return score_together([(row, target)], controls, exposed)


def score_together(
    rows: Iterable[tuple[Mapping[str, Standing], Level]], controls: Mapping[str, Control], exposed: str | None
) -> Score:
    """The score of several weight sets, each against its own target: the same sums, over all of them."""
    counted = [
        (controls[name], standing)
        for row, target in rows
        for name, standing in row.items()
        if standing is not Standing.NOT_APPLICABLE and rank(controls[name].level) <= rank(target)
    ]
    applicable = _count(control for control, _ in counted)
    passed = _count(control for control, standing in counted if standing in _PASSING)
    unknown = _count(control for control, standing in counted if standing in _UNKNOWN)
    top, bottom = _points(passed), _points(applicable)
    value = 100 * top // bottom if bottom else 0
    computed = f"100 x ({_sum(passed)}) / ({_sum(applicable)}) = 100 x {top} / {bottom} = {value}"
    if exposed is not None and value > EXPOSED_CAP:
        computed += f", capped at {EXPOSED_CAP}"
    return Score(
        value=min(value, EXPOSED_CAP) if exposed is not None else value,
        formula=FORMULA,
        computed=computed,
        passed=passed,
        applicable=applicable,
        unknown=unknown,
        cap=exposed,
    )


@dataclass(frozen=True, slots=True)
class Exposure:
    """Why weights lie open to outsiders now.

    Attributes:
        why: in words.
        controls: the critical controls that fail by it; empty when only the access graph shows it.
    """

    why: str
    controls: frozenset[str]


def exposures(
    settled: Iterable[Settled],
    controls: Mapping[str, Control],
    seen: Mapping[str, str],
    called: Name = by_name,
) -> dict[str, Exposure]:
    """Weight sets that lie open to outsiders.

    Args:
        seen: weight sets that the access graph shows open, and how. A waived failure caps as any other: who accepts that weights
            lie open has not closed them.
        called: what things are called in what is said.
    """
    failing: dict[str, dict[str, str]] = {}
    for one in settled:
        control = controls[one.result.control]
        if control.exposes and one.result.status is Status.FAIL and one.result.severity == "critical":
            for name in one.result.weights:
                failing.setdefault(name, {}).setdefault(control.id, worded(one.result.message, called))
    found = {name: Exposure(why, frozenset()) for name, why in seen.items()}
    for name, messages in failing.items():
        first = min(messages)
        found[name] = Exposure(f"{first} fails: {messages[first]}", frozenset(messages))
    return found


def _count(found: Iterable[Control]) -> dict[Severity, int]:
    counts: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
    for control in found:
        counts[control.severity] += 1
    return counts


def _points(counts: Mapping[Severity, int]) -> int:
    return sum(POINTS[severity] * count for severity, count in counts.items())


def _sum(counts: Mapping[Severity, int]) -> str:
    return " + ".join(f"{POINTS[severity]} x {count}" for severity, count in counts.items())
