"""The exit status of a run that judged. 0 is said only when something was evaluated and nothing could hide.

0 passed; 3 an unwaived failure at or above the threshold, or the target level is not reached; 4 no such
failure, but evidence is missing for something that could hide one, or nothing was evaluated. 1 and 2 belong
to errors (`weightguard.errors`).

A control that only an attestation can decide is not missing evidence: no collection would supply it. It
blocks its level, and therefore counts as soon as a target level is asked for.
"""

from __future__ import annotations

from typing import Literal

from weightguard.assess.levels import rank
from weightguard.assess.model import Level, Report, Severity
from weightguard.controls.schema import SEVERITIES

FailOn = Literal["critical", "high", "medium", "low", "none"]
PASSED, FAILED, UNSEEN = 0, 3, 4


def severities_from(fail_on: FailOn) -> tuple[Severity, ...]:
    """The severities that fail a run."""
    return SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != "none" else ()


def exit_status(report: Report, *, fail_on: FailOn = "high", target_level: Level | None = None) -> int:
    """0, 3 or 4.

    Args:
        target_level: the level that must be reached; None when the run asks for none.
    """
    serious = severities_from(fail_on)
    if any(one.status == "fail" and one.severity in serious for one in report.results):
        return FAILED
    if target_level is not None and rank(report.summary.level_reached) < rank(target_level):
        return FAILED
    return UNSEEN if unseen(report, fail_on=fail_on) else PASSED


def unseen(report: Report, *, fail_on: FailOn = "high") -> str | None:
    """Why a run without failures cannot be called passed, in words; None when it can."""
    if not any(one.status in ("pass", "fail", "waived") and one.weights for one in report.results):
        return "nothing that bears on weights was evaluated"
    serious = severities_from(fail_on)
    attested = {control["id"] for control in report.controls if control.get("mode") == "attested"}
    hidden = sorted(
        {
            one.control
            for one in report.results
            if one.status == "unknown" and one.severity in serious and one.control not in attested
        }
    )
    if hidden:
        return f"evidence is missing for {len(hidden)} control{'s' if len(hidden) > 1 else ''}: {', '.join(hidden[:5])}"
    weighty = {control["id"] for control in report.controls if control["severity"] in serious}
    refused = [gap for gap in report.coverage.gaps if gap.reason in ("denied", "throttled", "failed")]
    # A gap that no control names could hide anything.
    if serious and any(not gap.controls or weighty.intersection(gap.controls) for gap in refused):
        return "some reads did not answer; coverage.gaps names them"
    return None
