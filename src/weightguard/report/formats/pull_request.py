"""Markdown for a pull request: what a reviewer must know, well inside a comment's limit of 65,536 characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weightguard.assess.model import Report
from weightguard.report.formats.markdown import table
from weightguard.report.headline import headline
from weightguard.report.text import code, prose, utf8
from weightguard.report.trend import Point
from weightguard.report.words import exposures, said, urgency

FILE = "pull-request.md"
TREND = True
_ROWS, _TEXT = 15, 200


def render(report: Report, trend: Sequence[Point] = ()) -> bytes:
    """A headline, one line of figures, one of what moved, the worst findings, the gaps in a fold.

    Args:
        trend: earlier reports' points and this one's, oldest first.
    """
    return utf8("\n".join(_lines(report, trend)) + "\n")


def _moved(before: Point, now: Point) -> str:
    pairs = (
        ("level", before.level, now.level),
        ("score", before.score, now.score),
        ("failed", before.failed, now.failed),
        ("unknown", before.unknown, now.unknown),
        ("weight sets open to outsiders", before.exposed, now.exposed),
    )
    moved = [f"{name} {old} → {new}" for name, old, new in pairs if old != new]
    return f"Since {before.as_of}: {', '.join(moved) or 'the same figures'}."


def _lines(report: Report, trend: Sequence[Point]) -> Iterator[str]:
    summary, counts = report.summary, report.summary.by_status
    yield f"### weightguard: {prose(headline(report), _TEXT)}"
    yield ""
    yield (
        f"**{summary.level_reached}** of {summary.target_level}, score {summary.score}/100: {counts.get('fail', 0)} failed, "
        f"{counts.get('unknown', 0)} unknown, {counts.get('pass', 0)} passed."
    )
    if len(trend) > 1:
        yield ""
        yield _moved(trend[-2], trend[-1])
    exposing = exposures(report)
    named = {id(result) for result in exposing}
    others = (result for result in report.results if result.status == "fail" and id(result) not in named)
    found = [*exposing, *sorted(others, key=urgency)]
    if found:
        yield ""
        yield from table(
            ("Severity", "Control", "Finding", "Subject"),
            (
                (result.severity, result.control, prose(said(result), _TEXT), code(result.subject, _TEXT))
                for result in found[:_ROWS]
            ),
        )
        if len(found) > _ROWS:
            yield ""
            yield f"And {len(found) - _ROWS} more failures."
    if report.coverage.gaps:
        yield ""
        yield f"<details><summary>{len(report.coverage.gaps)} reads did not answer: unknown is not pass</summary>"
        yield ""
        for gap in report.coverage.gaps[:_ROWS]:
            read, why = code(f"{gap.service}:{gap.operation}"), prose(gap.reason, _TEXT)
            yield f"- {read} {why} in {code(gap.scope)}: {prose(gap.hides, _TEXT)}"
        yield ""
        yield "</details>"
