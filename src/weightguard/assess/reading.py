"""A report.json of somebody else's, read back: nothing in it is believed that the rest of it contradicts.

A digest vouches for a snapshot; nothing vouches for a report but a signature. What can be seen without one is whether it is whole
(every reference leads somewhere), well-formed (no key twice, no number that is none) and says one thing (counts, levels and the
claim follow from its own results and weight sets).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from weightguard.assess.levels import lowest
from weightguard.assess.model import Report, Status
from weightguard.controls.schema import Control
from weightguard.errors import InputError

REWRITE = "write it again with weightguard assess"


def refuse_contradictions(report: Report, name: str) -> None:
    """InputError naming the first thing that the rest of the report contradicts."""
    problem = contradiction(report)
    if problem:
        raise InputError(f"the report contradicts itself: {problem}", where=name, fix=REWRITE)


def contradiction(report: Report) -> str | None:
    """The first thing that the rest of the report contradicts, in words."""
    return next(_problems(report), None)


def _problems(report: Report) -> Iterator[str]:
    yield from _controls(report)
    yield from _references(report)
    yield from _counts(report)
    yield from _levels(report)


def _controls(report: Report) -> Iterator[str]:
    for entry in report.controls:
        try:
            Control.model_validate(
                {key: value for key, value in entry.items() if key != "own"} | {"examples": {}}
            )
        except ValidationError as problem:
            first = problem.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            yield f"the control {str(entry.get('id'))[:40]!r} is none ({first['msg'].lower()} at {place})"
    ids = [entry.get("id") for entry in report.controls]
    if len(set(ids)) != len(ids):
        yield "a control is there twice"


def _references(report: Report) -> Iterator[str]:
    controls = {entry["id"] for entry in report.controls}
    sets = {entry.id for entry in report.weights}
    yield from _lost("control", (one.control for one in report.results), controls)
    yield from _lost("weight set", (name for one in report.results for name in one.weights), sets)
    if report.access is not None:
        nodes = {node.id for node in report.access.nodes}
        ends = (end for edge in report.access.edges for end in (edge.origin, edge.target))
        yield from _lost("node", ends, nodes)


def _lost(kind: str, names: Iterable[str], known: set[str]) -> Iterator[str]:
    lost = sorted(set(names) - known)
    if lost:
        yield f"it names the {kind} {lost[0]!r}, which it does not hold"


def _counts(report: Report) -> Iterator[str]:
    found: Counter[Status] = Counter(one.status for one in report.results)
    for status, count in report.summary.by_status.items():
        if count != found[status]:
            yield f"its summary counts {count} results of status {status!r}, and it holds {found[status]}"
    severities = Counter(one.severity for one in report.results if one.status == "fail" and not one.footnote)
    for severity, count in report.summary.by_severity.items():
        if count != severities[severity]:
            yield f"its summary counts {count} failures of severity {severity!r}, and it holds {severities[severity]}"


def _levels(report: Report) -> Iterator[str]:
    summary = report.summary
    if report.weights:
        reached = [one.level_reached for one in report.weights]
        if summary.level_reached not in (lowest(reached), *reached):
            yield f"its summary says {summary.level_reached}, which none of its weight sets reaches"
    if summary.level_reached == "SL0" and summary.claim.startswith("SL"):
        yield "it claims a level and reaches none"
    if summary.level_reached != "SL0" and not summary.claim.startswith(f"{summary.level_reached}, "):
        yield f"its claim is not that of {summary.level_reached}"
    if "certif" in summary.claim.lower():
        yield "it claims a certificate, which no report is"
    if summary.score != summary.score_details.value:
        yield f"its score is {summary.score} in one place and {summary.score_details.value} in another"
