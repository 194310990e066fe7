"""The report on one page, for those who decide: Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weightguard.assess.model import Report, WeightEntry
from weightguard.report.causes import Cause, causes
from weightguard.report.document import (
    Block,
    Code,
    Document,
    Heading,
    Items,
    Line,
    Strong,
    paragraph,
    table,
    to_markdown,
)
from weightguard.report.headline import headline, unread
from weightguard.report.lookup import timestamp
from weightguard.report.naming import subject_of
from weightguard.report.trend import Point
from weightguard.report.words import counted, exposures, level_of, outsiders, said

FILE = "executive-summary.md"
TREND = True
LIMIT = 160  # characters a text: the page is one page

_WEIGHTS, _EXPOSURES, _FIXES, _GAPS, _POINTS = 6, 3, 3, 3, 4


def render(report: Report, trend: Sequence[Point] = ()) -> bytes:
    """GitHub Flavored Markdown."""
    return to_markdown(document(report, trend), LIMIT)


def document(report: Report, trend: Sequence[Point] = ()) -> Document:
    """The page.

    Args:
        trend: earlier reports' points and this one's, oldest first.
    """
    title = headline(report)
    if report.organisation:
        title = f"{report.organisation}: {title}"
    blocks: list[Block] = [paragraph(report.summary.claim), _figures(report)]
    for part in (_weights, _exposed, _next, _unseen):
        blocks += part(report)
    if len(trend) > 1:
        blocks += [Heading("Over time"), _over_time(trend[-_POINTS:])]
    blocks.append(paragraph(_method(report)))
    return Document(title, tuple(blocks))


def _figures(report: Report) -> Block:
    summary, counts = report.summary, report.summary.by_status
    row = (
        Strong(level_of(summary)),
        summary.target_level,
        f"{summary.score}/100",
        f"{counts.get('fail', 0)} ({summary.by_severity.get('critical', 0)} critical)",
        str(counts.get("unknown", 0)),
        str(counts.get("waived", 0)),
        f"{report.coverage.ratio * 100:.1f} %",
    )
    columns = ("Level reached", "Target", "Score", "Failures", "Unknown", "Waived", "Reads answered")
    return table(columns, [row])


def _weights(report: Report) -> Iterator[Block]:
    if not report.weights:
        return
    yield Heading("Model weights")
    ranked = sorted(
        report.weights, key=lambda entry: (not _outside(entry), entry.level_reached, entry.score, entry.id)
    )
    yield table(
        ("Weights", "Level", "Target", "Score", "People who can read", "Workloads", "Outsiders"),
        [_weights_row(entry) for entry in ranked[:_WEIGHTS]],
    )
    if len(ranked) > _WEIGHTS:
        yield paragraph(f"And {len(ranked) - _WEIGHTS} more weight sets.")


def _weights_row(entry: WeightEntry) -> tuple[str | Strong, ...]:
    more = "" if entry.readers.complete else " or more"
    outside = outsiders(entry, " or more")
    return (
        f"{entry.name[:48]}{'' if entry.declared else ' (undeclared)'}",
        entry.level_reached,
        entry.target_level,
        str(entry.score),
        f"{entry.readers.people}{more}",
        f"{entry.readers.workloads + entry.readers.services}{more}",
        Strong(outside) if _outside(entry) else outside,
    )


def _outside(entry: WeightEntry) -> bool:
    return bool(entry.readers.anonymous or entry.readers.external)


def _exposed(report: Report) -> Iterator[Block]:
    found = exposures(report)
    if not found:
        return
    yield Heading("What exposes weights now")
    lines = [
        (Strong(result.severity), f": {said(result)[:LIMIT]} (", Code(subject_of(result).name[:60]), ")")
        for result in found[:_EXPOSURES]
    ]
    more = len(found) - _EXPOSURES
    yield Items((*lines, *([(f"and {more} more of high or critical severity",)] if more > 0 else [])))


def _next(report: Report) -> Iterator[Block]:
    target = report.next_level
    if target.level is None or not report.weights:
        return  # what to change first follows from what is found
    yield Heading("What to do first")
    yield paragraph(f"{len(target.fixes)} changes lead to {target.level}; each of them is needed. The first:")
    yield Items(
        tuple(
            (
                fix.title,
                f" ({fix.severity}, in {fix.subject_count} places)"
                if fix.subject_count > 1
                else f" ({fix.severity})",
            )
            for fix in target.fixes[:_FIXES]
        ),
        numbered=True,
    )


def _unseen(report: Report) -> Iterator[Block]:
    gaps = report.coverage.gaps
    yield Heading("What could not be seen")
    missed = unread(report)
    if missed:
        yield paragraph(Strong(f"{missed}."), " What lies there is not in this report.")
    if not gaps and not missed:
        yield paragraph(
            "Every read was answered. Some attack vectors are beyond what configuration can show."
        )
        return
    found = causes(report)
    if found:
        yield paragraph(
            f"{counted(len(found), 'cause')} kept evidence away; what is unknown counts as not passed. The first:"
        )
        yield Items(tuple(_cause(cause) for cause in found[:_GAPS]))


def _cause(cause: Cause) -> Line:
    what = counted(cause.count, "read") if cause.whole else cause.reads[0]
    where = counted(len(cause.scopes), "scope")
    controls = counted(len(cause.controls), "control")
    return Code(what), f" {cause.reason.replace('_', ' ')} in {where}: could hide a failure of {controls}"


def _over_time(points: Sequence[Point]) -> Block:
    rows = [
        (one.as_of[:10], one.level, str(one.score), str(one.failed), str(one.unknown), str(one.exposed))
        for one in points
    ]
    return table(("As of", "Level", "Score", "Failures", "Unknown", "Weight sets open to outsiders"), rows)


def _method(report: Report) -> str:
    return (
        f"As of {timestamp(report)[:10]}; snapshot {report.snapshot.digest[:16]}, catalogue {report.catalogue.version}, "
        f"{report.catalogue.aligned_with}; not endorsed by its publisher."
    )
