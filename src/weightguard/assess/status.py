"""How a run that judged ends, and why. 0 is said only when something was evaluated and nothing could hide.

3: an unwaived failure at or above the threshold, of a control at or below the target level of a weight set that it bears on, or,
whatever the level, of one that lets the public, an outsider or an escalation reach weights; or, where a target level was asked
for, something unwaived keeps it away. 4: no such failure, but evidence is missing for something that could hide one, or nothing
was evaluated. 1 and 2 belong to errors (`weightguard.errors`).

A control that only an attestation can decide is not missing evidence: no collection would supply it. It blocks its level, and
therefore counts as soon as a target level is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from weightguard.assess.levels import rank
from weightguard.assess.model import Level, Reached, Report, ResultEntry, Severity
from weightguard.controls.schema import SEVERITIES, LetsIn
from weightguard.estate.limit import LimitKind

FailOn = Literal["critical", "high", "medium", "low", "none"]
PASSED, FAILED, UNSEEN = 0, 3, 4


class Lack(StrEnum):
    """What keeps a run without failures from being called passed."""

    NOTHING_EVALUATED = "nothing_evaluated"
    ACCOUNTS = "accounts"  # of the organisation, that could not be read, or that nobody asked
    CONTROLS = "controls"  # that could not be decided
    READS = "reads"  # that did not answer
    LIMITS = "limits"  # what was not modelled, tried or looked at to its end, where this input shows that it may be there


@dataclass(frozen=True, slots=True)
class Deciding:
    """A control whose failures end the run in 3.

    Attributes:
        places: how many subjects it fails on. lets_in: whom it lets reach weights.
    """

    control: str
    severity: Severity
    places: int
    lets_in: LetsIn | None


@dataclass(frozen=True, slots=True)
class Missing:
    """One kind of missing evidence: the names of what is missing, sorted."""

    lack: Lack
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """The exit status and its reasons.

    Attributes:
        failing: the controls that decide, those that let somebody in first, then the most severe.
        short: the level that is reached, accepted risks apart, and the one that was asked for; None where nothing is missing.
        missing: evidence that is missing.
    """

    status: int
    failing: tuple[Deciding, ...] = ()
    short: tuple[Reached, Level] | None = None
    missing: tuple[Missing, ...] = ()


def severities_from(fail_on: FailOn) -> tuple[Severity, ...]:
    """The severities that fail a run."""
    return SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != "none" else ()


def exit_status(report: Report, *, fail_on: FailOn = "high", target_level: Level | None = None) -> int:
    """0, 3 or 4; the arguments are those of `ending`."""
    return ending(report, fail_on=fail_on, target_level=target_level).status


def ending(report: Report, *, fail_on: FailOn = "high", target_level: Level | None = None) -> Ending:
    """How the run ends.

    Args:
        target_level: the level that must be reached; None when the run asks for none.
    """
    scope = _Scope(report, fail_on)
    failing, missing = scope.failing(), scope.missing()
    short = _short(report, target_level)
    if failing or short:
        return Ending(FAILED, failing, short, missing)
    return Ending(UNSEEN if missing else PASSED, missing=missing)


def counting(report: Report, fail_on: FailOn = "high") -> Callable[[ResultEntry], bool]:
    """Tells the results of a report whose failure would end a run in 3."""
    return _Scope(report, fail_on).counts


def _short(report: Report, asked: Level | None) -> tuple[Reached, Level] | None:
    """What an accepted risk keeps away is accepted with it."""
    if not report.weights:
        return None  # nothing was evaluated, which keeps nothing away
    summary = report.summary
    level = summary.level_but_for_risks or summary.level_reached
    return (level, asked) if asked is not None and rank(level) < rank(asked) else None


class _Scope:
    """What a run is asked to look at: severities, and the levels that its weights aim at."""

    def __init__(self, report: Report, fail_on: FailOn) -> None:
        self._report = report
        self._serious = severities_from(fail_on)
        self._controls: Mapping[str, Mapping[str, Any]] = {one["id"]: one for one in report.controls}
        self._targets = {one.id: rank(one.target_level) for one in report.weights}
        self._highest = max(self._targets.values(), default=rank(report.summary.target_level))

    def counts(self, result: ResultEntry) -> bool:
        """Whether a failure of this result would end the run in 3."""
        if result.severity not in self._serious or result.footnote:
            return False
        return bool(self._lets_in(result.control)) or rank(result.level) <= self._aim(result)

    def _aim(self, result: ResultEntry) -> int:
        """The highest target of the weights that a result bears on; of all, where nobody could say on which."""
        return max((self._targets.get(name, self._highest) for name in result.weights), default=self._highest)

    def _lets_in(self, control: str) -> LetsIn | None:
        found: LetsIn | None = self._controls.get(control, {}).get("lets_in")
        return found

    def failing(self) -> tuple[Deciding, ...]:
        found: dict[str, list[ResultEntry]] = defaultdict(list)
        for one in self._report.results:
            if one.status == "fail" and self.counts(one):
                found[one.control].append(one)
        deciding = (
            Deciding(
                name,
                min((one.severity for one in same), key=SEVERITIES.index),
                len(same),
                self._lets_in(name),
            )
            for name, same in found.items()
        )
        return tuple(
            sorted(
                deciding, key=lambda one: (one.lets_in is None, SEVERITIES.index(one.severity), one.control)
            )
        )

    def missing(self) -> tuple[Missing, ...]:
        if not any(one.status in ("pass", "fail", "waived") and one.weights for one in self._report.results):
            nothing = [Missing(Lack.NOTHING_EVALUATED, ())]
        else:
            nothing = []
        found = [
            Missing(Lack.ACCOUNTS, self._unread_accounts()),
            *nothing,
            Missing(Lack.CONTROLS, self._undecided()),
            Missing(Lack.READS, self._refused()),
            Missing(Lack.LIMITS, self._limits()),
        ]
        return tuple(one for one in found if one.names or one.lack is Lack.NOTHING_EVALUATED)

    def _unread_accounts(self) -> tuple[str, ...]:
        if not self._serious:
            return ()
        return tuple(one.id for one in self._report.coverage.accounts if one.state != "read")

    def _undecided(self) -> tuple[str, ...]:
        hidden = {
            one.control
            for one in self._report.results
            if one.status == "unknown" and self.counts(one) and not self._attested(one.control)
        }
        return tuple(sorted(hidden))

    def _attested(self, control: str) -> bool:
        return self._controls.get(control, {}).get("mode") == "attested"

    def _weighty(self) -> frozenset[str]:
        """The controls of which a failure could end the run in 3."""
        return frozenset(
            name
            for name, one in self._controls.items()
            if one["severity"] in self._serious
            and (one.get("lets_in") or rank(one["level"]) <= self._highest)
        )

    def _limits(self) -> tuple[str, ...]:
        """Limits in play on which a control that counts rests.

        What lies inside disks hides no failure: their copies are judged as if they held weights.
        """
        weighty = self._weighty()
        counting = {
            one.id
            for one in self._report.limits
            if one.in_play and one.id != LimitKind.DISK_CONTENTS.id and weighty.intersection(one.controls)
        }
        return tuple(sorted(counting))

    def _refused(self) -> tuple[str, ...]:
        """Reads that did not answer and bear on a control that counts; one that no control names could hide anything."""
        weighty = self._weighty()
        refused = {
            f"{gap.service}:{gap.operation}"
            for gap in self._report.coverage.gaps
            if gap.reason in ("denied", "throttled", "failed")
            and (not gap.controls or weighty.intersection(gap.controls))
        }
        return tuple(sorted(refused)) if self._serious else ()
