"""The security annex of a Model Report under the EU's General-Purpose AI Code of Practice: HTML."""

from __future__ import annotations

from weightguard.assess.model import Report
from weightguard.report.document import to_html
from weightguard.report.formats.eu_annex import LIMIT, document

FILE = "eu-annex.html"


def render(report: Report) -> bytes:
    """One page, no script, opens offline."""
    return to_html(document(report), LIMIT)
