"""What changed between two reports of the same estate. Pure; results are matched by their fingerprint."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from weightguard.assess.model import REACHABLE, Gap, Report, ResultEntry, WeightEntry
from weightguard.assess.status import FAILED, PASSED, UNSEEN, FailOn, counting
from weightguard.report.words import urgency

_Weights = tuple[WeightEntry, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference, most urgent first.

    Attributes:
        level, score: before and now.
        failing: results that fail now and did not, those of subjects new to the report among them.
        unseen: results that are unknown now and were not.
        settled: results that failed or were unknown and now pass, do not apply, or are waived.
        gone: results that failed or were unknown and whose control and subject are no longer in the report.
        gaps: reads that do not answer now and did. closed_gaps: the reverse.
        new_weights, gone_weights: weight sets found, or no longer.
        exposed: weight sets that outsiders or anybody can read now and could not.
        unread: accounts that were not read now and were, by id.
        now: the later report.
    """

    level: tuple[str, str]
    score: tuple[int, int]
    failing: tuple[ResultEntry, ...]
    unseen: tuple[ResultEntry, ...]
    settled: tuple[ResultEntry, ...]
    gone: tuple[ResultEntry, ...]
    gaps: tuple[Gap, ...]
    closed_gaps: tuple[Gap, ...]
    new_weights: _Weights
    gone_weights: _Weights
    exposed: _Weights
    unread: tuple[str, ...]
    now: Report

    @property
    def nothing(self) -> bool:
        """Whether nothing changed."""
        lists = (self.failing, self.unseen, self.settled, self.gone, self.gaps, self.closed_gaps)
        weights = (self.new_weights, self.gone_weights, self.exposed, self.unread)
        same = self.level[0] == self.level[1] and self.score[0] == self.score[1]
        return same and not any(lists) and not any(weights)

    @property
    def worse(self) -> bool:
        """Whether something got worse: the level fell, a control newly fails or is unknown, outsiders read more."""
        fell = REACHABLE.index(self.level[1]) < REACHABLE.index(self.level[0])
        return fell or bool(self.failing or self.unseen or self.gaps or self.exposed or self.unread)


def compare(before: Report, now: Report) -> Changes:
    """What changed from `before` to `now`."""
    old = {result.fingerprint: result for result in before.results}
    changed = sorted((one for one in now.results if _is_changed(one, old)), key=urgency)
    old_gaps, new_gaps = _gaps(before), _gaps(now)
    old_weights, new_weights = _weights(before), _weights(now)
    return Changes(
        level=(before.summary.level_reached, now.summary.level_reached),
        score=(before.summary.score, now.summary.score),
        failing=tuple(one for one in changed if one.status == "fail"),
        unseen=tuple(one for one in changed if one.status == "unknown"),
        settled=tuple(one for one in changed if _is_settled(one, old)),
        gone=tuple(sorted(_gone(before, now), key=urgency)),
        gaps=_absent(new_gaps, old_gaps),
        closed_gaps=_absent(old_gaps, new_gaps),
        new_weights=_absent(new_weights, old_weights),
        gone_weights=_absent(old_weights, new_weights),
        exposed=_exposed(now, old_weights),
        unread=_unread_since(before, now),
        now=now,
    )


_OPEN = ("fail", "unknown")
_Key = TypeVar("_Key")
_Entry = TypeVar("_Entry")


def _absent(entries: Mapping[_Key, _Entry], others: Container[_Key]) -> tuple[_Entry, ...]:
    """Those of some entries that are not among the others."""
    return tuple(entry for key, entry in entries.items() if key not in others)


def _is_changed(result: ResultEntry, old: Mapping[str, ResultEntry]) -> bool:
    return result.fingerprint not in old or old[result.fingerprint].status != result.status


def _is_settled(result: ResultEntry, old: Mapping[str, ResultEntry]) -> bool:
    """Whether a result that was open no longer is."""
    before = old.get(result.fingerprint)
    return result.status not in _OPEN and before is not None and before.status in _OPEN


def _gone(before: Report, now: Report) -> Iterator[ResultEntry]:
    """The results that were open and are no more there."""
    there = {one.fingerprint for one in now.results}
    return (one for one in before.results if one.status in _OPEN and one.fingerprint not in there)


def _gaps(report: Report) -> dict[tuple[str, str, str, str], Gap]:
    return {_gap_key(gap): gap for gap in report.coverage.gaps}


def _weights(report: Report) -> dict[str, WeightEntry]:
    return {entry.id: entry for entry in report.weights}


def _exposed(now: Report, old: Mapping[str, WeightEntry]) -> tuple[WeightEntry, ...]:
    """The weights that outsiders read now and did not before."""
    return tuple(one for one in _weights(now).values() if outside(one) and not _was_outside(one, old))


def _was_outside(entry: WeightEntry, old: Mapping[str, WeightEntry]) -> bool:
    return entry.id in old and outside(old[entry.id])


def _unread_since(before: Report, now: Report) -> tuple[str, ...]:
    """The accounts that were read and no longer are."""
    read = {one.id for one in before.coverage.accounts if one.state == "read"}
    return tuple(one.id for one in now.coverage.accounts if one.state != "read" and one.id in read)


def exit_status(changes: Changes, *, fail_on: FailOn = "high") -> int:
    """As of an assessment, for what is new alone: 3 for a failure or for weights that outsiders newly read, 4 for evidence that is
    newly missing, else 0.
    """
    if fail_on == "none":
        return PASSED
    counts = counting(changes.now, fail_on)
    if changes.exposed or any(map(counts, changes.failing)):
        return FAILED
    unseen = changes.gaps or changes.unread or any(map(counts, changes.unseen))
    return UNSEEN if unseen else PASSED


def outside(entry: WeightEntry) -> bool:
    """Whether outsiders or anybody were seen to be able to read a weight set."""
    return bool(entry.readers.external or entry.readers.anonymous)


def _gap_key(gap: Gap) -> tuple[str, str, str, str]:
    return gap.scope, gap.service, gap.operation, gap.reason
