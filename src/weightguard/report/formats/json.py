"""report.json: what every other format is rendered from."""

from __future__ import annotations

from weightguard.assess.model import Report
from weightguard.assess.serialise import to_json

FILE = "report.json"


def render(report: Report) -> bytes:
    """Canonical JSON: sorted keys, no time of writing."""
    return to_json(report)
