"""The security annex of a Model Report under the EU's General-Purpose AI Code of Practice: Markdown.

Measure 7.3(3) of the Safety and Security chapter (10 July 2025) asks a Model Report for the Security Goal, all security
mitigations, how they meet the goal, and a justification of every deviation from Appendix 4; Measure 7.4 for the reports of
independent external reviewers. This annex gives what configuration evidence and attestations say of each, and leaves the
provider's own words to the provider: a gap is printed as one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.assess.model import Report, ResultEntry, WeightEntry
from weightguard.report.document import (
    Block,
    Code,
    Document,
    Heading,
    Items,
    Strong,
    Table,
    paragraph,
    table,
    to_markdown,
)
from weightguard.report.headline import headline
from weightguard.report.lookup import controls_by_id, timestamp
from weightguard.report.words import urgency

FILE = "eu-annex.md"
LIMIT = 1000

_DEVIATIONS, _MODELS, _ROWS = 100, 100, 200
_POINTS = {
    "App4.1": "General security mitigations",
    "App4.2": "Protection of unreleased model parameters",
    "App4.3": "Hardening of interface access to unreleased model parameters",
    "App4.4": "Insider threats, and the model itself as one",
    "App4.5": "Security assurance",
    "App3": "Independent external model evaluations",
}
_DIGITS = re.compile(r"\d+")


def render(report: Report) -> bytes:
    """GitHub Flavored Markdown."""
    return to_markdown(document(report), LIMIT)


def document(report: Report) -> Document:
    """The annex."""
    controls = controls_by_id(report)
    results: dict[str, list[ResultEntry]] = defaultdict(list)
    for result in report.results:
        results[result.control].append(result)
    blocks: list[Block] = list(_opening(report))
    blocks += _models(report)
    blocks += _goal(report)
    blocks += _mitigations(controls, results)
    blocks += _deviations(report, controls, results)
    blocks += _external(report)
    blocks += _limits(report)
    whose = f" of {report.organisation}" if report.organisation else ""
    return Document(f"Model Report annex: security of model parameters{whose}", tuple(blocks))


def _opening(report: Report) -> Iterator[Block]:
    yield paragraph(
        "To the Model Report under Commitment 7, Measure 7.3(3), of the Safety and Security chapter of the EU "
        "General-Purpose AI Code of Practice (10 July 2025). Written from configuration evidence and attestations; what "
        "the provider alone can say is marked as the provider's to add."
    )
    yield table(
        ("As of", "Snapshot", "Catalogue", "Scopes"),
        [
            (
                timestamp(report),
                Code(report.snapshot.digest),
                f"{report.catalogue.id} {report.catalogue.version}, {report.catalogue.aligned_with}",
                str(len(report.snapshot.scopes)),
            )
        ],
    )


def _models(report: Report) -> Iterator[Block]:
    yield Heading("1. Models and where their parameters lie")
    if not report.models and not report.weights:
        yield paragraph(f"No model is declared. {headline(report)}.")
        return
    by_model: dict[str, list[WeightEntry]] = defaultdict(list)
    for entry in report.weights:
        by_model[entry.model or ""].append(entry)
    rows = [
        (
            model.name,
            model.tier,
            model.target_level,
            "public" if model.released else "not public",
            _lowest(by_model.get(model.name, [])),
            str(len(by_model.get(model.name, []))),
            "; ".join(model.findings) or "none",
        )
        for model in report.models[:_MODELS]
    ]
    if rows:
        yield table(
            (
                "Model",
                "Risk tier",
                "Security Goal",
                "Parameters",
                "Level reached",
                "Places",
                "Open about the tier",
            ),
            rows,
        )
    if undeclared := by_model.get(""):
        yield paragraph(
            Strong(f"{len(undeclared)} weight sets belong to no declared model"),
            " and are held to the Security Goal all the same:",
        )
        yield Items(tuple((Code(f"{entry.store}/{entry.prefix}"),) for entry in undeclared[:_MODELS]))


def _lowest(entries: list[WeightEntry]) -> str:
    return min((entry.level_reached for entry in entries), default="not seen")


def _goal(report: Report) -> Iterator[Block]:
    summary = report.summary
    yield Heading("2. Security Goal and whether it is met (Measures 6.1 and 7.3(3))")
    yield paragraph(
        f"The goal is {summary.target_level}, {report.catalogue.aligned_with}. Reached: {summary.level_reached}; by "
        f"configuration evidence alone: {summary.level_by_evidence}. {summary.claim}"
    )
    rows = [
        (
            level.level,
            level.claim,
            str(level.passed + level.attested),
            str(level.failed),
            str(level.unknown),
            str(level.waived),
        )
        for level in report.levels
    ]
    yield table(("Level", "What it claims", "Controls that hold", "Fail", "Unknown", "Waived"), rows)
    yield paragraph(
        "The provider adds: the threat actors that the goal is set against, and why the goal is sufficient."
    )


def _mitigations(
    controls: Mapping[str, Mapping[str, Any]], results: Mapping[str, list[ResultEntry]]
) -> Iterator[Block]:
    yield Heading("3. Security mitigations, point by point (Measure 6.2, Appendix 4)")
    points: dict[str, set[str]] = defaultdict(set)
    for name, control in controls.items():
        for point in control.get("mappings", {}).get("eu_code_of_practice", ()):
            points[point].add(name)
    for prefix, title in _POINTS.items():
        if chosen := [point for point in points if point.startswith(prefix)]:
            yield Heading(f"{prefix.replace('App', 'Appendix ')}: {title}", 3)
            yield _points(chosen, points, results)
    if others := [point for point in points if not point.startswith(tuple(_POINTS))]:
        yield Heading("Measures beyond the appendices", 3)
        yield _points(others, points, results)


def _points(
    chosen: list[str], points: Mapping[str, set[str]], results: Mapping[str, list[ResultEntry]]
) -> Table:
    ranked = sorted(chosen, key=lambda point: (_natural(point), point))[:_ROWS]
    return table(
        ("Point", "Says", "Hold", "Fail", "Unknown", "Waived", "Controls"),
        [_point_row(point, sorted(points[point]), results) for point in ranked],
    )


def _point_row(point: str, names: list[str], results: Mapping[str, list[ResultEntry]]) -> tuple[Any, ...]:
    states = Counter(_state(results[name]) for name in names)
    applicable = len(names) - states["not_applicable"]
    if states["fail"]:
        says: Any = Strong("deviates")
    elif states["unknown"] or states["waived"]:
        says = Strong("not shown")
    else:
        says = "as far as evidence shows, implemented" if applicable else "does not apply"
    return (
        re.sub("^App", "", re.sub("^M(?=[0-9])", "Measure ", point)),
        says,
        *(str(states[state]) for state in ("pass", "fail", "unknown", "waived")),
        ", ".join(names),
    )


def _state(results: list[ResultEntry]) -> str:
    """A control's word: its worst result's; a failure away from weights counts as it does for the levels, not at all."""
    statuses = {one.status for one in results if not one.footnote}
    return next(
        (state for state in ("fail", "unknown", "waived", "pass") if state in statuses), "not_applicable"
    )


def _natural(point: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _DIGITS.findall(point[:20]))


def _deviations(
    report: Report, controls: Mapping[str, Mapping[str, Any]], results: Mapping[str, list[ResultEntry]]
) -> Iterator[Block]:
    yield Heading("4. Deviations and their justification")
    waived = [one for one in report.results if one.waiver]
    if waived:
        yield paragraph("Accepted for a time, by a named owner:")
        yield table(
            ("Control", "Subject", "Owner", "Reason", "In its place", "Until"),
            [
                (one.control, Code(one.subject), one.waiver.owner, one.waiver.reason, one.waiver.compensating_control,
                 one.waiver.expires)
                for one in waived[:_DEVIATIONS] if one.waiver
            ],
        )  # fmt: skip
    failing = sorted(
        (
            one
            for one in report.results
            if one.status == "fail" and not one.footnote and _mapped(controls[one.control])
        ),
        key=urgency,
    )
    if failing:
        yield paragraph(
            "Without a justification on record; each is to be put right, or justified here by the provider "
            "(an equivalent that meets the same objective):"
        )
        yield table(
            ("Points", "Control", "Severity", "Deviation", "Subject"),
            [
                (_mapped(controls[one.control]), one.control, one.severity, one.message, Code(one.subject))
                for one in failing[:_DEVIATIONS]
            ],
        )
        if len(failing) > _DEVIATIONS:
            yield paragraph(f"The first {_DEVIATIONS} of {len(failing)}; all of them are in report.json.")
    if not waived and not failing:
        yield paragraph("No control that bears on the appendix was seen to fail.")


def _mapped(control: Mapping[str, Any]) -> str:
    points = control.get("mappings", {}).get("eu_code_of_practice", ())
    return ", ".join(point.replace("App", "") for point in points if point.startswith("App4"))


def _external(report: Report) -> Iterator[Block]:
    yield Heading("5. Independent reviews and attestations (Measures 7.4 and Appendix 4.5)")
    if not report.attestations:
        yield paragraph(
            "None is on record. The provider adds the reports of external evaluators and security reviewers."
        )
        return
    yield table(
        ("Control", "By", "Who", "Statement", "Evidence", "Until", "State"),
        [
            (one.control, one.by.replace("_", " "), one.attester, one.statement, one.evidence, one.valid_until,
             one.state.replace("_", " "))
            for one in report.attestations[:_ROWS]
        ],
    )  # fmt: skip


def _limits(report: Report) -> Iterator[Block]:
    yield Heading("6. What this annex cannot show")
    beyond = [vector for vector in report.vectors if vector.state in ("beyond_evidence", "no_control")]
    answered = f"{report.coverage.ratio * 100:.1f} % of reads were answered; {len(report.coverage.gaps)} kinds were not."
    yield paragraph(f"{answered} What is unknown is not counted as implemented.")
    if beyond:
        yield paragraph(f"{len(beyond)} attack vectors are beyond configuration evidence:")
        yield Items(tuple((f"{vector.label}: {vector.beyond}",) for vector in beyond))
    yield paragraph(report.disclaimer)
