"""How the estate did over time: the figures of earlier reports beside this one's.

Pure: earlier reports in, points out. Reports of other estates are the caller's mistake to make; nothing here can tell them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from weightguard.assess.model import REACHABLE, Reached, Report
from weightguard.report.lookup import moment


@dataclass(frozen=True, slots=True)
class Point:
    """One report's figures.

    Attributes:
        as_of: the report's "now", UTC, to the second, ``2026-01-31T12:00:00Z``.
        rank: the level reached as a number, 0 to 5.
        score: 0 to 100.
        failed, unknown, waived, passed: results.
        critical: unwaived critical failures that bear on weights.
        gaps: groups of reads that did not answer.
        weights: weight sets found. exposed: those that outsiders or anybody can read.
        ratio: answered reads of all reads, 0 to 1.
    """

    as_of: str
    level: Reached
    rank: int
    score: int
    failed: int
    unknown: int
    waived: int
    passed: int
    critical: int
    gaps: int
    weights: int
    exposed: int
    ratio: float


def point(report: Report) -> Point:
    """The figures of one report."""
    summary, counts = report.summary, report.summary.by_status
    return Point(
        as_of=moment(report).strftime("%Y-%m-%dT%H:%M:%SZ"),
        level=summary.level_reached,
        rank=REACHABLE.index(summary.level_reached),
        score=summary.score,
        failed=counts.get("fail", 0),
        unknown=counts.get("unknown", 0),
        waived=counts.get("waived", 0),
        passed=counts.get("pass", 0),
        critical=summary.by_severity.get("critical", 0),
        gaps=len(report.coverage.gaps),
        weights=len(report.weights),
        exposed=sum(1 for entry in report.weights if entry.readers.external or entry.readers.anonymous),
        ratio=report.coverage.ratio,
    )


def trend(reports: Iterable[Report]) -> tuple[Point, ...]:
    """The points of reports, oldest first; the same audit given twice counts once."""
    points = {(report.snapshot.digest, report.snapshot.as_of): point(report) for report in reports}
    return tuple(sorted(points.values(), key=lambda one: one.as_of))
