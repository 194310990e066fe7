"""Markdown for a pull request: what a reviewer must know, well inside a comment's limit of 65,536 characters."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.assess.model import Report
from weightguard.report.formats.markdown import table
from weightguard.report.text import code, prose, utf8
from weightguard.report.words import headline, urgency

FILE = "pull-request.md"
_ROWS, _TEXT = 15, 200


def render(report: Report) -> bytes:
    """A headline, one line of figures, the worst findings, the gaps in a fold."""
    return utf8("\n".join(_lines(report)) + "\n")


def _lines(report: Report) -> Iterator[str]:
    summary, counts = report.summary, report.summary.by_status
    yield f"### weightguard: {prose(headline(report), _TEXT)}"
    yield ""
    yield (
        f"**{summary.level_reached}** of {summary.target_level}, score {summary.score}/100: {counts.get('fail', 0)} failed, "
        f"{counts.get('unknown', 0)} unknown, {counts.get('pass', 0)} passed."
    )
    found = sorted((result for result in report.results if result.status == "fail"), key=urgency)
    if found:
        yield ""
        yield from table(
            ("Severity", "Control", "Finding", "Subject"),
            (
                (result.severity, result.control, prose(result.message, _TEXT), code(result.subject, _TEXT))
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
            yield f"- {code(f'{gap.service}:{gap.operation}')} {gap.reason} in {code(gap.scope)}: {prose(gap.hides, _TEXT)}"
        yield ""
        yield "</details>"
