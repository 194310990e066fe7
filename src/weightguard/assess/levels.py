"""The level that a weight set reaches: by every control at or below it, and by nothing else.

A level counts as reached when each applicable control of it and of the levels below passes, or is attested where
it may be. `unknown` and "not attested" block exactly as a failure does, and so does an accepted risk: a waiver says
that a failure is known, not that it is gone. Above SL3
configuration is not enough: every control there that is attested in whole or in part needs a third party, and
so does every attested control below. What a level may claim is in the catalogue's words; the source of the
levels, RAND RR-A2849-1 (2024), calls them benchmarks, not a standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from weightguard.assess.model import Level, Reached, Rung
from weightguard.assess.standing import Standing
from weightguard.controls.schema import LEVELS, Control

EVIDENCE_CAP = 3  # configuration evidence alone reaches at most SL3
Block = Literal["fail", "unknown", "not_attested", "self_attested", "waived"]

_BLOCKS: Mapping[Standing, Block] = {
    Standing.FAIL: "fail",
    Standing.UNKNOWN: "unknown",
    Standing.NOT_ATTESTED: "not_attested",
    Standing.WAIVED: "waived",
}


_RANKS: Mapping[str, int] = {f"SL{number}": number for number in range(len(LEVELS) + 1)}


def ladder(row: Mapping[str, Standing], controls: Mapping[str, Control]) -> tuple[Rung, ...]:
    """Every level from SL1 to SL5 with what blocks it beyond the levels below it."""
    rungs: list[Rung] = []
    begins = _begins(row, controls)
    blocked = False
    for number, level in enumerate(LEVELS, start=1):
        new = begins.get(number, {})
        blocked = blocked or bool(new)
        shown = number <= EVIDENCE_CAP or (rungs[-1].reached and _vouched_for(row, controls, level))
        rungs.append(Rung(level=level, reached=not blocked and shown, blocking=new))
    return tuple(rungs)


def _begins(row: Mapping[str, Standing], controls: Mapping[str, Control]) -> dict[int, dict[str, Block]]:
    """By the lowest level that it keeps a weight set from, and from all above: every control that blocks and why, sorted."""
    found: dict[int, dict[str, Block]] = {}
    for control_id in sorted(row):
        begin = _begin(controls[control_id], row[control_id])
        if begin is not None:
            number, why = begin
            found.setdefault(number, {})[control_id] = why
    return found


def _begin(control: Control, standing: Standing) -> tuple[int, Block] | None:
    """The lowest level that a control blocks, and why; None where it blocks none."""
    own = rank(control.level)
    if standing in _BLOCKS:
        return max(own, 1), _BLOCKS[standing]
    why = _needs_third_party(control, standing)
    return None if why is None else (max(own, EVIDENCE_CAP + 1), why)


def _vouched_for(row: Mapping[str, Standing], controls: Mapping[str, Control], level: Level) -> bool:
    """Whether a third party attested anything of this very level: above SL3 nothing is reached by
    configuration alone.
    """
    return any(controls[name].level == level and one is Standing.ATTESTED for name, one in row.items())


def blockers(row: Mapping[str, Standing], controls: Mapping[str, Control], number: int) -> dict[str, Block]:
    """Everything that keeps a weight set from level `number`: control and why, sorted."""
    begins = _begins(row, controls)
    found = {name: why for level in range(1, number + 1) for name, why in begins.get(level, {}).items()}
    return dict(sorted(found.items()))


def reached(rungs: Iterable[Rung]) -> Reached:
    """The highest level that is reached."""
    levels: list[Reached] = [rung.level for rung in rungs if rung.reached]
    return max(levels, key=rank, default="SL0")


def but_for_risks(row: Mapping[str, Standing], controls: Mapping[str, Control], level: Reached) -> Reached:
    """The level that would be reached if every accepted risk were none, of a row that reaches `level` as it is."""
    if Standing.WAIVED not in row.values():
        return level
    return reached(ladder(without_risks(row), controls))


def without_risks(row: Mapping[str, Standing]) -> dict[str, Standing]:
    """The row with its waived controls passing."""
    return {
        name: Standing.PASS if standing is Standing.WAIVED else standing for name, standing in row.items()
    }


def by_evidence(row: Mapping[str, Standing], controls: Mapping[str, Control]) -> Reached:
    """The level that facts alone support: attested controls left out, never above SL3."""
    level: Reached = "SL0"
    for number, name in enumerate(LEVELS[:EVIDENCE_CAP], start=1):
        for control_id, standing in row.items():
            control = controls[control_id]
            if control.mode != "attested" and rank(control.level) <= number and standing in _BLOCKS:
                return level
        level = name
    return level


def blocking(rungs: tuple[Rung, ...], level: Reached, target: Level) -> tuple[str, ...]:
    """Controls that keep a weight set from its target level or, that being reached, from the next one."""
    wanted = max(rank(target), min(rank(level) + 1, len(LEVELS)))
    return tuple(sorted({name for rung in rungs[:wanted] for name in rung.blocking}))


def lowest(levels: Iterable[Reached]) -> Reached:
    """The organisation's level: the lowest of its weight sets'; SL0 where there is none to speak of."""
    return min(levels, key=rank, default="SL0")


def highest(levels: Iterable[Level]) -> Level:
    """The highest of the weight sets' target levels; SL2, the default, where there is none."""
    return LEVELS[max((rank(level) for level in levels), default=2) - 1]


def rank(level: Reached | Level) -> int:
    """SL3 -> 3."""
    return _RANKS[level]


def _needs_third_party(control: Control, standing: Standing) -> Block | None:
    """What a control still lacks above SL3."""
    if control.mode == "attested" and standing is Standing.SELF_ATTESTED:
        return "self_attested"
    above = rank(control.level) > EVIDENCE_CAP
    if control.mode != "automated" and above and standing is Standing.PASS:
        return "not_attested"
    return None
