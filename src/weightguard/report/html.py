"""One HTML file for people: opens offline, asks for nothing, runs nothing but its own script.

Text is escaped by the template engine; the list of findings travels as compressed data and enters the page through textContent
alone. The content security policy in the file allows this style and this script by their digests and no request at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from weightguard.assess.model import Report, ResultEntry
from weightguard.report.text import utf8, visible

FILE = "report.html"

_STATUSES = ("fail", "unknown", "waived", "pass", "not_applicable")
_SEVERITIES = ("critical", "high", "medium", "low")
_WEIGHT_ROWS, _GAP_ROWS, _EXPOSURES, _PRINTED = 300, 300, 12, 200
_EVIDENCE_LENGTH = 400
_VECTOR_BADGES = {
    "open": "fail",
    "unseen": "unknown",
    "closed_in_configuration": "pass",
    "attested": "attested",
    "beyond_evidence": "not_applicable",
    "no_control": "not_applicable",
}


class _Table:
    """Interned texts: each distinct one is written once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._index: dict[Any, int] = {}

    def add(self, value: Any) -> int:
        if value not in self._index:
            self._index[value] = len(self.values)
            self.values.append(value)
        return self._index[value]


def size(count: int) -> str:
    """A number of bytes for people: ``13.5 GB``, decimal."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _count(number: int) -> str:
    for limit, suffix in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= limit:
            return f"{number / limit:.1f}{suffix}"
    return str(number)


def headline(report: Report) -> str:
    """The report's one sentence."""
    exposed = sum(1 for entry in report.weights if entry.readers.anonymous)
    outside = sum(1 for entry in report.weights if entry.readers.external)
    total = len(report.weights)
    if not total:
        return "No weights were found"
    if exposed:
        return f"Anybody on the internet can read {exposed} of {total} weight sets"
    if outside:
        return f"Outsiders can read {outside} of {total} weight sets"
    if report.summary.by_severity.get("critical"):
        return f"Nobody outside was seen to read the {total} weight sets, but critical controls fail"
    if report.summary.level_reached < report.summary.target_level:
        return f"No outsider was seen to read the {total} weight sets; {report.summary.target_level} is not reached"
    return f"The {total} weight sets reach {report.summary.level_reached}"


def _urgency(result: ResultEntry) -> tuple[int, int, int, str, str]:
    return (
        result.footnote,
        _STATUSES.index(result.status),
        _SEVERITIES.index(result.severity),
        result.control,
        result.subject,
    )


def account_of(subject: str) -> str:
    """The account that a subject belongs to, read from its id; empty where the id does not say."""
    if subject.startswith("arn:"):
        parts = subject.split(":", 5)
        return parts[4] if len(parts) > 4 else ""
    if subject.startswith(("aws/", "gcp/", "azure/")):
        return subject.split("/")[1]
    return ""


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return visible(text, _EVIDENCE_LENGTH)


def _controls(report: Report) -> list[dict[str, Any]]:
    controls = []
    for control in report.controls:
        ways = (control.get("remediation") or {}).get("aws") or {}
        kept = {
            name: control.get(name)
            for name in ("id", "title", "family", "level", "statement", "rationale", "limits")
        }
        controls.append(kept | {"remediation": {way: text for way, text in ways.items() if text}})
    return controls


def findings(report: Report) -> dict[str, Any]:
    """The results as columns of indices into tables, the most urgent first: what page.js reads."""
    strings, evidence = _Table(), _Table()
    controls = _controls(report)
    control_index = {control["id"]: index for index, control in enumerate(controls)}
    weight_index = {entry.id: index for index, entry in enumerate(report.weights)}
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "control",
            "subject",
            "status",
            "severity",
            "message",
            "account",
            "weights",
            "evidence",
            "waiver",
        )
    }
    waived_empty = strings.add("")
    for result in sorted(report.results, key=_urgency):
        rows = [
            evidence.add(
                (strings.add(item.fact), strings.add(_value(item.value)), strings.add(visible(item.source)))
            )
            for item in (
                result.evidence if result.status in ("fail", "unknown", "waived") else result.evidence[:3]
            )
        ]
        columns["control"].append(control_index[result.control])
        columns["subject"].append(strings.add(visible(result.subject)))
        columns["status"].append(_STATUSES.index(result.status))
        columns["severity"].append(_SEVERITIES.index(result.severity))
        columns["message"].append(strings.add(visible(result.message)))
        columns["account"].append(strings.add(visible(account_of(result.subject))))
        columns["weights"].append([weight_index[id] for id in result.weights if id in weight_index])
        columns["evidence"].append(rows)
        waiver = result.waiver
        columns["waiver"].append(
            strings.add(visible(f"{waiver.owner}: {waiver.reason} ({waiver.ticket}, until {waiver.expires})"))
            if waiver
            else waived_empty
        )
    return {
        "strings": strings.values,
        "evidence": evidence.values,
        "controls": controls,
        "weights": [
            visible(f"{entry.name}, {entry.store.removeprefix('arn:aws:s3:::')}") for entry in report.weights
        ],
        "statuses": _STATUSES,
        "severities": _SEVERITIES,
        "results": columns,
    }


def pack(data: Any) -> str:
    """JSON, compressed without a time stamp, in base64."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(gzip.compress(utf8(text), compresslevel=9, mtime=0)).decode("ascii")


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii")


def content_policy(style: str, scripts: Iterable[str]) -> str:
    """The content security policy that lets this style and these scripts run, and nothing be fetched."""
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src {allowed}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.splitlines())


def render(report: Report) -> bytes:
    """The page. Deterministic; UTF-8."""
    page = files("weightguard.report") / "page"
    style, script = ((page / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    # The digest in the policy is over exactly what stands between the tags.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"visible": visible, "visible_lines": _lines, "size": size, "count": _count}
    urgent = sorted(report.results, key=_urgency)
    exposures = [
        result
        for result in urgent
        if result.status == "fail" and result.severity in ("critical", "high") and not result.footnote
    ]
    text = environment.from_string((page / "page.html.j2").read_text(encoding="utf-8")).render(
        report=report,
        headline=headline(report),
        exposures=exposures[:_EXPOSURES],
        exposure_count=len(exposures),
        printed=[result for result in urgent if result.status in ("fail", "unknown")][:_PRINTED],
        weight_rows=_WEIGHT_ROWS,
        gap_rows=_GAP_ROWS,
        levels=("SL1", "SL2", "SL3", "SL4", "SL5"),
        capacities=("OC1", "OC2", "OC3", "OC4", "OC5"),
        vector_badges=_VECTOR_BADGES,
        names={entry.id: entry.name for entry in report.weights},
        policy=content_policy(style, [script]),
        css=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        data=Markup(pack(findings(report))),  # noqa: S704 - base64
    )
    return utf8(text)
