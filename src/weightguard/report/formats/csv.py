"""CSV: one line a result, for spreadsheets. No cell can become a formula (OWASP, "CSV Injection")."""

from __future__ import annotations

import csv
import io

from weightguard.assess.model import Report, ResultEntry
from weightguard.report.lookup import controls_by_id, weight_names
from weightguard.report.naming import subject_of
from weightguard.report.text import cell, utf8

FILE = "results.csv"

COLUMNS = (
    "control",
    "title",
    "status",
    "severity",
    "level",
    "account",
    "subject",
    "message",
    "weights",
    "waiver_owner",
    "waiver_expires",
    "sources",
    "fingerprint",
)


def render(report: Report) -> bytes:
    """RFC 4180 with a header line, UTF-8 with a byte order mark so that spreadsheets take it for what it is."""
    titles = {name: control["title"] for name, control in controls_by_id(report).items()}
    names = weight_names(report)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for result in report.results:
        writer.writerow([cell(text) for text in _row(result, titles, names)])
    return b"\xef\xbb\xbf" + utf8(buffer.getvalue())


def _row(result: ResultEntry, titles: dict[str, str], names: dict[str, str]) -> tuple[str, ...]:
    return (
        result.control,
        titles[result.control],
        result.status,
        result.severity,
        result.level,
        subject_of(result).account,
        result.subject,
        result.message,
        "; ".join(names.get(identifier, identifier) for identifier in result.weights),
        result.waiver.owner if result.waiver else "",
        result.waiver.expires if result.waiver else "",
        "; ".join(sorted({item.source for item in result.evidence})),
        result.fingerprint,
    )
