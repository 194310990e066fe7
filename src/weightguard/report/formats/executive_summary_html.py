"""The report on one page, for those who decide: HTML that prints to one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from weightguard.assess.model import Report
from weightguard.report.document import to_html
from weightguard.report.formats.executive_summary import LIMIT, document
from weightguard.report.trend import Point

FILE = "executive-summary.html"
TREND = True


def render(report: Report, trend: Sequence[Point] = ()) -> bytes:
    """One page, no script, opens offline."""
    return to_html(document(report, trend), LIMIT)
