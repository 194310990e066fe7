"""OSCAL plan of action and milestones: an item for every control that fails, is unknown, or is waived.

Source: NIST, "OSCAL Plan of Action and Milestones Model v1.2.1 JSON Format Reference".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.report.oscal import OPEN, Parts, dump, line, prop
from weightguard.report.words import SEVERITIES

FILE = "oscal-poam.json"


def render(report: Report) -> bytes:
    """One plan-of-action-and-milestones document, the most severe items first."""
    parts = Parts(report, "poam")
    results = [one for one in report.results if one.status in OPEN]
    grouped = dict(
        sorted(
            parts.by_control(results).items(),
            key=lambda item: (SEVERITIES.index(parts.controls[item[0]]["severity"]), item[0]),
        )
    )
    content: dict[str, Any] = {
        "uuid": parts.uuid("document"),
        "metadata": parts.metadata("weightguard: what is to be done"),
        "system-id": {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": parts.uuid("system")},
    }
    observations = parts.observations(results)
    content["local-definitions"] = {"assessment-assets": parts.assessment_assets()}
    if observations:
        content["local-definitions"]["inventory-items"] = parts.inventory()
        content["observations"] = observations
        content["risks"] = [parts.risk(name, found) for name, found in grouped.items()]
    content["poam-items"] = [_item(parts, name, found) for name, found in grouped.items()] or [
        _nothing(parts)
    ]
    content["back-matter"] = parts.back_matter()
    return dump({"plan-of-action-and-milestones": content})


def _item(parts: Parts, control: str, results: Sequence[ResultEntry]) -> dict[str, Any]:
    entry = parts.controls[control]
    return {
        "uuid": parts.uuid("item", control),
        "title": line(f"{control}: {entry['title']}"),
        "description": line(entry["statement"], 4000),
        "props": [
            prop("severity", entry["severity"]),
            prop("level", entry["level"]),
            prop("subjects", str(len({one.subject for one in results}))),
        ],
        "related-observations": parts.related(results),
        "related-risks": [{"risk-uuid": parts.risk_id(control)}],
    }


def _nothing(parts: Parts) -> dict[str, Any]:
    """The model asks for an item at least."""
    return {
        "uuid": parts.uuid("item", "none"),
        "title": "No open item",
        "description": "No control was seen to fail, to be unknown or to be waived in this snapshot.",
    }
