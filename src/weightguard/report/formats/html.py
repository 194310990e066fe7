"""One HTML file for people: opens offline, asks for nothing, runs nothing but its own script.

Text is escaped by the template engine; the list of findings travels as compressed data and enters the page through textContent
alone. The content security policy in the file allows this style and this script by their digests and no request at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from weightguard.assess.model import EvidenceEntry, Report, ResultEntry
from weightguard.controls import effects
from weightguard.provider import PROVIDERS, scope_parts
from weightguard.report import limits, opaque
from weightguard.report.causes import causes
from weightguard.report.headline import headline
from weightguard.report.layout import layout
from weightguard.report.naming import short, subject_of
from weightguard.report.settings import differing
from weightguard.report.text import utf8, visible
from weightguard.report.trend import Point
from weightguard.report.words import (
    CAPACITIES,
    CHANCES,
    SEVERITIES,
    STATUSES,
    count,
    exposures,
    grouped,
    level_of,
    outcome,
    outsiders,
    said,
    size,
    urgency,
    vector_state,
)

FILE = "report.html"
TREND = True

_WEIGHT_ROWS, _GAP_ROWS, _EXPOSURES, _PRINTED, _POINTS = 300, 300, 12, 200, 50
_EVIDENCE_LENGTH = 400
_VECTOR_BADGES = {
    "open": "fail",
    "unknown": "unknown",
    "partly": "unknown",
    "not_attested": "unknown",
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


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return visible(text, _EVIDENCE_LENGTH)


def _controls(report: Report) -> list[dict[str, Any]]:
    controls = []
    audited = (scope_parts(scope)[0] for scope in report.snapshot.scopes)
    order = (*dict.fromkeys((*audited, *PROVIDERS)), "anywhere")
    for control in report.controls:
        remedies = control.get("remediation") or {}
        ways: Mapping[str, Any] = next((found for one in order if (found := remedies.get(one))), {})
        kept = {
            name: control.get(name)
            for name in ("id", "title", "family", "level", "statement", "rationale", "limits")
        }
        before = {"caution": effects.caution(ways.get("effect"), ways.get("warning"))}
        shown = {**before, **{way: ways.get(way) for way in ("console", "cli", "terraform")}}
        controls.append(kept | {"remediation": {way: text for way, text in shown.items() if text}})
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
    written: dict[int, int] = {}

    def row_of(item: EvidenceEntry) -> int:
        """Where a piece of evidence stands; results that rest on the same one share it."""
        found = written.get(id(item))
        if found is None:
            row = (strings.add(item.fact), strings.add(_value(item.value)), strings.add(visible(item.source)))
            found = written[id(item)] = evidence.add(row)
        return found

    for result in sorted(report.results, key=urgency):
        rows = [
            row_of(item)
            for item in (
                result.evidence if result.status in ("fail", "unknown", "waived") else result.evidence[:3]
            )
        ]
        columns["control"].append(control_index[result.control])
        columns["subject"].append(strings.add(visible(result.subject)))
        columns["status"].append(STATUSES.index(result.status))
        columns["severity"].append(SEVERITIES.index(result.severity))
        columns["message"].append(strings.add(visible(result.message)))
        columns["account"].append(strings.add(visible(subject_of(result).account)))
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
        "weights": [visible(f"{entry.name}, {short(entry.store)}") for entry in report.weights],
        "statuses": STATUSES,
        "severities": SEVERITIES,
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


def _graph(report: Report) -> bytes:
    elements = layout(report.access) if report.access else []
    return utf8(json.dumps(elements, separators=(",", ":"), ensure_ascii=False))


def _closes(principals: tuple[str, ...]) -> str:
    return json.dumps([visible(principal) for principal in principals])


def _above(report: Report, exposed: Iterable[tuple[ResultEntry, list[str]]]) -> int:
    """How many severe failures that bear on weights are of controls above what is aimed at."""
    shown = {
        subject_of
        for result, subjects in exposed
        for subject_of in ((result.control, one) for one in subjects)
    }
    return sum(
        one.status == "fail"
        and one.severity in ("critical", "high")
        and not one.footnote
        and (one.control, one.subject) not in shown
        for one in report.results
    )


def _plot(trend: Sequence[Point]) -> list[dict[str, Any]]:
    """Where each report's score stands in the picture: the order of the reports across, 0 to 100 upwards."""
    step = 580 / max(1, len(trend) - 1)
    return [
        {"x": f"{10 + place * step:.1f}", "y": 110 - one.score, "as_of": one.as_of, "score": one.score}
        for place, one in enumerate(trend)
    ]


def render(report: Report, trend: Sequence[Point] = ()) -> bytes:
    """The page. Deterministic; UTF-8.

    Args:
        trend: earlier reports' points and this one's, oldest first; the last fifty are shown.
    """
    trend = trend[-_POINTS:]
    page = files("weightguard.report") / "page"
    style, script, graph_script, cytoscape = (
        (page / name).read_text(encoding="utf-8")
        for name in ("page.css", "page.js", "graph.js", "vendor/cytoscape.min.js")
    )
    graph = base64.b64encode(_graph(report)).decode("ascii") if report.access and report.access.edges else ""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "visible": visible,
        "visible_lines": _lines,
        "size": size,
        "count": count,
        "short": short,
        "closes": _closes,
        "said": said,
        "outsiders": outsiders,
        "outcome": outcome,
        "vector_state": vector_state,
    }
    urgent = sorted(report.results, key=urgency)
    exposed = grouped(exposures(report))
    text = environment.from_string((page / "page.html.j2").read_text(encoding="utf-8")).render(
        report=report,
        headline=headline(report),
        settings=differing(report),
        trend=trend,
        plot=_plot(trend),
        exposures=exposed[:_EXPOSURES],
        exposure_count=len(exposed),
        printed=[result for result in urgent if result.status in ("fail", "unknown")][:_PRINTED],
        weight_rows=_WEIGHT_ROWS,
        gap_rows=_GAP_ROWS,
        limits=limits.lines(report),
        opaque=[(entry.store, opaque.what(entry)) for entry in opaque.open_entries(report)],
        levels=("SL1", "SL2", "SL3", "SL4", "SL5"),
        capacities=CAPACITIES,
        chances=CHANCES,
        causes=causes(report),
        above=_above(report, exposed),
        level=level_of(report.summary),
        effects=effects.WORDS,
        vector_badges=_VECTOR_BADGES,
        names={entry.id: entry.name for entry in report.weights},
        policy=content_policy(style, [script, cytoscape, graph_script] if graph else [script]),
        graph=Markup(graph),  # noqa: S704 - base64
        cytoscape=Markup(cytoscape),  # noqa: S704 - vendored
        graph_script=Markup(graph_script),  # noqa: S704 - our own file
        css=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        data=Markup(pack(findings(report))),  # noqa: S704 - base64
    )
    return utf8(text)
