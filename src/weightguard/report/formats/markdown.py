"""Markdown: the whole report as a file for people and for repositories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from weightguard.assess.model import Report
from weightguard.report import limits, opaque
from weightguard.report.causes import causes
from weightguard.report.headline import headline, unread
from weightguard.report.lookup import timestamp
from weightguard.report.naming import short
from weightguard.report.settings import differing
from weightguard.report.text import code, prose, utf8
from weightguard.report.trend import Point
from weightguard.report.words import (
    CAPACITIES,
    CHANCES,
    counted,
    outcome,
    outsiders,
    size,
    urgency,
    vector_state,
)

FILE = "report.md"
TREND = True
_FINDINGS = 1000
_SCOPES = 5
_MOST_STORES = 200


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table; cells are already safe."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def render(report: Report, trend: Sequence[Point] = ()) -> bytes:
    """GitHub Flavored Markdown, UTF-8.

    Args:
        trend: earlier reports' points and this one's, oldest first.
    """
    lines = [f"# {prose(headline(report))}", ""]
    if settings := differing(report):
        lines += [f"Judged by settings that differ from the default: {', '.join(map(code, settings))}.", ""]
    for part in (
        _summary,
        _next,
        _weights,
        _findings,
        _gaps,
        _opaque,
        _limits,
        _levels,
        _vectors,
        _protocols,
        _method,
    ):
        lines.extend(part(report))
        lines.append("")
        if part is _summary and len(trend) > 1:
            lines += ["## Over time", "", *_over_time(trend), ""]
    return utf8("\n".join(lines))


def _over_time(trend: Sequence[Point]) -> Iterator[str]:
    columns = (
        "As of",
        "Level",
        "Score",
        "Failed",
        "Unknown",
        "Waived",
        "Gaps",
        "Weight sets",
        "Open to outsiders",
    )
    yield from table(
        columns,
        (
            (
                one.as_of,
                one.level,
                *map(
                    str, (one.score, one.failed, one.unknown, one.waived, one.gaps, one.weights, one.exposed)
                ),
            )
            for one in trend
        ),
    )


def _summary(report: Report) -> Iterator[str]:
    summary, counts = report.summary, report.summary.by_status
    yield prose(summary.claim)
    yield ""
    yield from table(
        ("Level", "Target", "Score", "Failed", "Unknown", "Passed", "Waived", "Reads answered"),
        [
            (
                f"**{summary.level_reached}**",
                summary.target_level,
                f"{summary.score}/100",
                *(str(counts.get(status, 0)) for status in ("fail", "unknown", "pass", "waived")),
                f"{report.coverage.ratio * 100:.1f} %",
            )
        ],
    )


def _next(report: Report) -> Iterator[str]:
    yield "## Change first"
    yield ""
    if not report.next_level.level:
        yield "Nothing blocks the next level."
        return
    if not report.weights:
        yield f"{prose(headline(report))}: what to change first follows from what is found."
        return
    changes = counted(len(report.next_level.fixes), "change leads", "changes lead")
    yield f"{changes} to {report.next_level.level}; each of them blocks it."
    yield ""
    for number, fix in enumerate(report.next_level.fixes[:20], 1):
        places = f", {fix.subject_count} places" if fix.subject_count > 1 else ""
        yield f"{number}. {prose(fix.title)} ({fix.severity}{places}; {', '.join(fix.controls[:6])})"


def _weights(report: Report) -> Iterator[str]:
    yield "## Weights"
    yield ""
    rows = []
    for entry in report.weights:
        more = "" if entry.readers.complete else "+"
        outside = outsiders(entry)
        rows.append(
            (
                prose(entry.name) + ("" if entry.declared else " **undeclared**"),
                code(f"{entry.store}/{entry.prefix}"),
                f"{entry.level_reached} of {entry.target_level}",
                str(entry.score),
                size(entry.bytes),
                f"{entry.readers.people}{more}",
                f"{entry.readers.workloads + entry.readers.services}{more}",
                outside,
            )
        )
    yield from table(
        ("Weight set", "Where", "Level", "Score", "Size", "People", "Workloads", "Outside"), rows
    )


def _findings(report: Report) -> Iterator[str]:
    yield "## Findings"
    yield ""
    found = sorted((result for result in report.results if result.status in ("fail", "unknown")), key=urgency)
    rows = (
        (result.status, result.severity, result.control, prose(result.message), code(result.subject))
        for result in found[:_FINDINGS]
    )
    yield from table(("Status", "Severity", "Control", "Finding", "Subject"), rows)
    if len(found) > _FINDINGS:
        yield ""
        yield f"The first {_FINDINGS} of {len(found)}; all of them are in report.json."


def _gaps(report: Report) -> Iterator[str]:
    yield "## What could not be seen"
    yield ""
    if missed := unread(report):
        names = ", ".join(code(one.id) for one in report.coverage.accounts if one.state != "read")
        yield f"{prose(missed)}: {names}."
        yield ""
    found = causes(report)
    if not found:
        if not missed:
            yield "Every read was answered."
        return
    rows = (
        (
            code(cause.reads[0]) + (f" and {len(cause.reads) - 1} more" if len(cause.reads) > 1 else ""),
            ", ".join(code(scope) for scope in cause.scopes[:_SCOPES])
            + (f" and {len(cause.scopes) - _SCOPES} more" if len(cause.scopes) > _SCOPES else ""),
            prose(cause.reason.replace("_", " ")),
            prose(cause.hides),
            code(cause.grant) if cause.grant else "",
            str(len(cause.controls)),
        )
        for cause in found
    )
    yield from table(("Read", "Where", "Why", "What it could hide", "Grant", "Controls"), rows)


def _opaque(report: Report) -> Iterator[str]:
    yield f"## {opaque.TITLE}"
    yield ""
    rows = [(code(short(entry.store)), opaque.what(entry)) for entry in opaque.open_entries(report)]
    if not rows:
        yield "None: whatever is in no weight set was read, or is declared to be no weights."
        return
    yield opaque.EXPLANATION
    yield ""
    yield from table(("Store", "What"), rows[:_MOST_STORES])
    if len(rows) > _MOST_STORES:
        yield ""
        yield f"The first {_MOST_STORES} of {len(rows)}; all of them are in report.json."


def _limits(report: Report) -> Iterator[str]:
    yield f"## {limits.TITLE}"
    yield ""
    rows = [
        (prose(line.hides), prose(line.where), line.state, str(len(line.controls)))
        for line in limits.lines(report)
    ]
    if not rows:
        yield limits.NONE
        return
    yield from table(("What it could hide", "Where", "State", "Controls"), rows)


def _levels(report: Report) -> Iterator[str]:
    yield "## Levels"
    yield ""
    rows = (
        (
            level.level,
            prose(level.title),
            *(
                str(count)
                for count in (
                    level.passed,
                    level.failed,
                    level.unknown,
                    level.attested,
                    level.not_attested,
                    level.waived,
                )
            ),
        )
        for level in report.levels
    )
    yield from table(
        ("Level", "Stands for", "Passed", "Failed", "Unknown", "Attested", "Not attested", "Waived"), rows
    )


def _vectors(report: Report) -> Iterator[str]:
    yield "## Attack vectors"
    yield ""
    rows = (
        (
            vector.id,
            prose(vector.label),
            prose(", ".join(vector.feasible_for)),
            vector_state(vector),
        )
        for vector in report.vectors
    )
    yield prose(f"{'; '.join(f'{name} {who}' for name, who in CAPACITIES.items())}. {CHANCES}")
    yield ""
    yield from table(("Vector", "What", "Feasible for", "In this estate"), rows)


def _protocols(report: Report) -> Iterator[str]:
    for protocol in report.protocols:
        yield f"## {prose(f'{protocol.title} {protocol.version}')}"
        yield ""
        yield from table(
            ("Starting point", "Capacity", "Actors tried", "Outcome"),
            (
                (
                    prose(f"{start.title}, {start.group}" if start.group else start.title),
                    prose(start.capacity),
                    str(start.actor_count),
                    prose(outcome(start)),
                )
                for start in protocol.starts
            ),
        )
        yield ""


def _method(report: Report) -> Iterator[str]:
    details = report.summary.score_details
    yield "## Method"
    yield ""
    yield prose(details.formula)
    yield ""
    yield prose(details.computed)
    if details.cap:
        yield ""
        yield prose(details.cap)
    yield ""
    yield f"Snapshot {code(report.snapshot.digest)}, catalogue {code(report.catalogue.version)} {code(report.catalogue.digest)}, "
    yield f"weightguard {code(report.tool.version)}, as of {timestamp(report)}."
    yield ""
    yield prose(report.disclaimer)
