"""OSCAL assessment results: an observation a result, a finding a control, a risk where a control does not hold.

A finding is satisfied where every result of its control passes or does not apply; what is unknown or waived is not.
Source: NIST, "OSCAL Assessment Results Model v1.2.1 JSON Format Reference".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.report.headline import headline
from weightguard.report.oscal import OPEN, Parts, dump, line, prop

FILE = "oscal-assessment-results.json"


def render(report: Report) -> bytes:
    """One assessment-results document with one result set."""
    parts = Parts(report, "assessment-results")
    return dump(
        {
            "assessment-results": {
                "uuid": parts.uuid("document"),
                "metadata": parts.metadata(f"weightguard: {headline(report)}"),
                "import-ap": {
                    "href": parts.catalogue_reference(),
                    "remarks": "The plan is the control catalogue itself, in the back matter.",
                },
                "results": [_result_set(parts)],
                "back-matter": parts.back_matter(),
            }
        }
    )


def _result_set(parts: Parts) -> dict[str, Any]:
    report = parts.report
    grouped = parts.by_control(report.results)
    content: dict[str, Any] = {
        "uuid": parts.uuid("result"),
        "title": line(headline(report)),
        "description": line(report.summary.claim),
        "start": parts.now,
        "end": parts.now,
        "props": [
            prop("level-reached", report.summary.level_reached),
            prop("level-targeted", report.summary.target_level),
            prop("score", str(report.summary.score)),
            prop("coverage", f"{report.coverage.ratio:.4f}"),
        ],
        "reviewed-controls": {"control-selections": [_selection(tuple(grouped))]},
    }
    if report.results:
        content["observations"] = parts.observations(report.results)
        opened = {name: [one for one in results if one.status in OPEN] for name, results in grouped.items()}
        optional = {
            "risks": [parts.risk(name, results) for name, results in opened.items() if results],
            "findings": [
                _finding(parts, name, results)
                for name, results in grouped.items()
                if any(one.status != "not_applicable" for one in results)
            ],
        }
        content |= {name: items for name, items in optional.items() if items}
    content["local-definitions"] = _definitions(parts)
    return content


def _selection(names: Sequence[str]) -> dict[str, Any]:
    if not names:
        return {"include-all": {}, "remarks": "Nothing was found that a control could judge."}
    return {"include-controls": [{"control-id": name.lower()} for name in names]}


def _definitions(parts: Parts) -> dict[str, Any]:
    definitions: dict[str, Any] = {"assessment-assets": parts.assessment_assets()}
    if inventory := parts.inventory():
        definitions["inventory-items"] = inventory
    return definitions


def _finding(parts: Parts, control: str, results: Sequence[ResultEntry]) -> dict[str, Any]:
    entry = parts.controls[control]
    statuses = {one.status for one in results}
    satisfied = not statuses & set(OPEN)
    reason = "pass" if satisfied else "fail" if "fail" in statuses else "other"
    finding: dict[str, Any] = {
        "uuid": parts.uuid("finding", control),
        "title": line(f"{control}: {entry['title']}"),
        "description": line(entry["statement"], 4000),
        "target": {
            "type": "statement-id",
            "target-id": f"{control.lower()}_smt",
            "status": {"state": "satisfied" if satisfied else "not-satisfied", "reason": reason},
        },
        "related-observations": parts.related(results),
    }
    if not satisfied:
        finding["related-risks"] = [{"risk-uuid": parts.risk_id(control)}]
    return finding
