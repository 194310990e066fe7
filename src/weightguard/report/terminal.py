"""The summary that a tired engineer understands in ten seconds: level, exposures, what to do first, what was not seen.

Plain text of at most `width` columns that means the same without colour, in a log and through a pipe.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from textwrap import wrap

import click

from weightguard.assess.model import Report, Status, WeightEntry
from weightguard.controls import effects
from weightguard.report import limits, opaque
from weightguard.report.causes import Cause, causes
from weightguard.report.headline import headline, unread
from weightguard.report.naming import short, subject_of
from weightguard.report.settings import differing
from weightguard.report.text import visible
from weightguard.report.words import counted, exposures, grouped, level_of, outcome, said, size

WIDTH = 80
_CONTROL = re.compile(r"\b[A-Z]+-[A-Z]+-\d+\b")
_UNBROKEN = "\ue000"
"""Stands for the hyphens of a control's id while lines are broken; `visible` lets none of these through."""
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "white"}


def _title(text: str) -> str:
    return click.style(text, bold=True)


def _wrapped(text: str, width: int, first: str = "  ", rest: str | None = None) -> Iterator[str]:
    whole = _CONTROL.sub(lambda found: found[0].replace("-", _UNBROKEN), visible(text))
    lines = wrap(whole, width, initial_indent=first, subsequent_indent=rest or " " * len(first))
    yield from (line.replace(_UNBROKEN, "-") for line in lines or [first.rstrip()])


def _level(entry: WeightEntry) -> str:
    mark = "reached" if entry.level_reached >= entry.target_level else f"of {entry.target_level}"
    return f"{entry.level_reached} {mark}"


def _readers(entry: WeightEntry) -> str:
    readers, more = entry.readers, "" if entry.readers.complete else "+"
    if readers.anonymous > readers.conditional_anonymous:
        return "EVERYBODY on the internet"
    counts = [(readers.people, "person", "people")]
    counts.append((readers.workloads + readers.services, "workload", "workloads"))
    if readers.external:
        counts.append((readers.external, "OUTSIDER", "OUTSIDERS"))
    if readers.unknown:
        counts.append((readers.unknown, "of unknown kind", "of unknown kind"))
    told = [f"{count}{more} {one if count == 1 and not more else many}" for count, one, many in counts]
    return ", ".join([*told, "EVERYBODY who meets a condition"] if readers.anonymous else told)


def _weights(report: Report, width: int) -> Iterator[str]:
    if not report.weights:
        return
    yield _title("Weights")
    worst = sorted(report.weights, key=lambda entry: (entry.score, entry.name, entry.id))
    names = Counter(entry.name for entry in report.weights)
    for entry in worst[:8]:
        undeclared = "" if entry.declared else "  UNDECLARED"
        place = f" in {short(entry.store)}" if names[entry.name] > 1 else ""
        yield from _wrapped(f"{entry.name}{place}  ({entry.format}, {size(entry.bytes)}){undeclared}", width)
        yield from _wrapped(
            f"{_level(entry)}, score {entry.score}; readable by {_readers(entry)}", width, "      "
        )
    if len(worst) > 8:
        yield f"  and {len(worst) - 8} more"
    yield ""


def _exposures(report: Report, width: int) -> Iterator[str]:
    found = grouped(exposures(report))
    if not found:
        return
    yield _title("What exposes weights now")
    for result, subjects in found[:6]:
        where = subject_of(result).name if len(subjects) == 1 else f"{len(subjects)} places"
        # The colour's escapes have no width: wrap first, colour after.
        lines = list(_wrapped(f"{where}: {said(result)} [{result.control}]", width, " " * 11))
        yield f"  {click.style(f'{result.severity:<8}', fg=_COLOURS[result.severity])} {lines[0].lstrip()}"
        yield from lines[1:]
    if len(found) > 6:
        yield f"  and {len(found) - 6} more of high or critical severity"
    yield ""


def _next(report: Report, width: int) -> Iterator[str]:
    fixes = report.next_level.fixes
    if not fixes or report.next_level.level is None:
        return
    yield _title(f"Change first (of {len(fixes)} that lead to {report.next_level.level})")
    for number, fix in enumerate(fixes[:3], 1):
        where = f" in {fix.subject_count} places" if fix.subject_count > 1 else ""
        harm = (
            f"; its command {effects.WORDS[fix.effect]}"
            if fix.effect in effects.HARMFUL and fix.effect
            else ""
        )
        yield from _wrapped(
            f"{fix.title}{where}{harm} [{', '.join(fix.controls[:3])}]", width, f"  {number}. "
        )
    yield ""


def _gaps(report: Report, width: int) -> Iterator[str]:
    gaps = report.coverage.gaps
    if not gaps:
        return
    percent = f"{report.coverage.ratio * 100:.1f} %"
    plural = "gap" if len(gaps) == 1 else "gaps"
    missed = unread(report)
    first = f"{missed[0].lower()}{missed[1:]}; " if missed else ""
    of = "of the reads that were made" if missed else "of reads"
    yield from map(
        _title, _wrapped(f"Not seen: {first}{len(gaps)} {plural}, {percent} {of} answered", width, "")
    )
    ranked = causes(report)
    for cause in ranked[:3]:
        yield from _wrapped(_cause(cause), width, "  - ")
    if len(ranked) > 3:
        yield f"  and {counted(len(ranked) - 3, 'more kind', 'more kinds')}"
    yield ""


def _opaque(report: Report, width: int) -> Iterator[str]:
    """Objects that may be weights, by store."""
    found = opaque.open_entries(report)
    if not found:
        return
    yield _title(opaque.TITLE)
    for entry in found[:3]:
        yield from _wrapped(f"{visible(short(entry.store))}: {opaque.what(entry)}", width, "  - ")
    if len(found) > 3:
        yield f"  and {counted(len(found) - 3, 'more store')}"
    yield ""


def _limits(report: Report, width: int) -> Iterator[str]:
    """Those in play; the standing ones are the same in every report of this kind and stand in its files."""
    told = limits.lines(report)
    in_play = [line for line in told if line.in_play]
    if not told:
        return
    yield _title(limits.TITLE)
    for line in in_play[:3]:
        where = f" ({line.where})" if line.where else ""
        yield from _wrapped(f"{line.hides}{where}", width, "  - ")
    rest = len(told) - min(3, len(in_play))
    if rest:
        more = "and " if in_play else ""
        yield f"  {more}{rest} {'limit' if rest == 1 else 'limits'} {'more ' if in_play else ''}in the report"
    yield ""


def _cause(cause: Cause) -> str:
    if cause.is_configuration:
        return f"weightguard.yaml does not say: {cause.reads[0].partition(':')[2]}: {cause.hides}"
    why = cause.reason.replace("_", " ") + (f" ({cause.code})" if cause.code else "")
    where = cause.scopes[0] if len(cause.scopes) == 1 else f"{len(cause.scopes)} scopes"
    what = counted(cause.count, "read") if cause.whole else cause.reads[0]
    return f"{what} {why} in {where}: {'could hide ' if cause.whole else ''}{cause.hides}"


def _protocols(report: Report, width: int) -> Iterator[str]:
    for protocol in report.protocols:
        yield _title(visible(f"{protocol.title} {protocol.version}"))
        for start in protocol.starts:
            group = f", {start.group}" if start.group else ""
            yield from _wrapped(f"{start.title}{group} ({start.capacity}): {outcome(start)}", width, "  - ")
        yield ""


def _settings(report: Report, width: int) -> Iterator[str]:
    found = differing(report, _SETTINGS)
    if found:
        yield from _wrapped(f"judged by settings of its own: {'; '.join(found)}", width, "")


_SETTINGS = 4
_COUNTED: tuple[tuple[Status, str], ...] = (
    ("fail", "failed"),
    ("unknown", "unknown"),
    ("waived", "accepted"),
    ("pass", "passed"),
)


def _verdict(report: Report) -> str:
    summary = report.summary
    reached = summary.level_reached >= summary.target_level
    colour = "green" if reached and not summary.by_status.get("fail") else "red"
    level = click.style(f"{summary.level_reached} of {summary.target_level}", fg=colour, bold=True)
    counts = ", ".join(
        f"{summary.by_status.get(status, 0)} {word}"
        for status, word in _COUNTED
        if status != "waived" or summary.by_status.get(status)
    )
    return f"{level}   score {summary.score}/100   {counts}"


def render(report: Report, *, written: tuple[str, ...] = (), width: int = WIDTH) -> str:
    """The summary, with colours as click styles that a pipe strips.

    Args:
        written: where the reports lie, said at the end.
        width: columns to keep to.
    """
    lines = [*(_title(line) for line in _wrapped(headline(report), width, "")), _verdict(report)]
    if report.summary.accepted_risks:
        lines.extend(_wrapped(level_of(report.summary), width, ""))
    lines.extend(_settings(report, width))
    lines.append("")
    for part in (_exposures, _next, _weights, _opaque, _protocols, _gaps, _limits):
        lines.extend(part(report, width))
    lines.extend(_wrapped(report.summary.claim, width, ""))
    if written:
        lines.append(f"Report: {visible(written[0])}")
        lines.extend(f"        {visible(path)}" for path in written[1:])
    return "\n".join(lines) + "\n"
