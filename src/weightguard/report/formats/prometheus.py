"""Prometheus' text format: levels, score, results, gaps and the evidence's time, for a node exporter's textfile collector.

Ages are for Prometheus to compute, ``time() - weightguard_evidence_timestamp_seconds``: a file does not grow older by itself.
Source: Prometheus documentation, "Exposition formats", "Text-based format".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from weightguard.assess.model import REACHABLE, Report
from weightguard.report.lookup import collected
from weightguard.report.text import utf8, visible
from weightguard.report.words import SEVERITIES, STATUSES

FILE = "weightguard.prom"

_REASONS = ("denied", "throttled", "failed", "malformed", "not_collected")
Sample = tuple[dict[str, str], float]


def render(report: Report) -> bytes:
    """Gauges, sorted by what they measure; UTF-8 with a line feed at the end."""
    lines: list[str] = []
    for name, help_text, samples in _metrics(report):
        lines += [f"# HELP weightguard_{name} {help_text}", f"# TYPE weightguard_{name} gauge"]
        lines += [f"weightguard_{name}{_labels(labels)} {value:.17g}" for labels, value in samples]
    return utf8("\n".join(lines) + "\n")


def _metrics(report: Report) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    summary = report.summary
    yield "level_reached", "Security level that every weight set reaches, 0 to 5.", [
        ({}, REACHABLE.index(summary.level_reached))
    ]  # fmt: skip
    yield "level_targeted", "Security level aimed at, 1 to 5.", [({}, REACHABLE.index(summary.target_level))]
    yield "score", "Score of the estate, 0 to 100.", [({}, summary.score)]
    yield "results", "Results by status.", [
        ({"status": status}, summary.by_status.get(status, 0)) for status in STATUSES
    ]  # fmt: skip
    yield "failures", "Unwaived failures that bear on weights, by severity.", [
        ({"severity": severity}, summary.by_severity.get(severity, 0)) for severity in SEVERITIES
    ]  # fmt: skip
    reasons = Counter(gap.reason for gap in report.coverage.gaps)
    yield "coverage_gaps", "Reads that did not answer, grouped, by reason.", [
        ({"reason": reason}, reasons[reason]) for reason in sorted({*_REASONS, *reasons})
    ]  # fmt: skip
    yield "coverage_ratio", "Answered reads of all reads, 0 to 1.", [({}, report.coverage.ratio)]
    yield "evidence_timestamp_seconds", "When the evidence was collected; its age is time() minus this.", [
        ({}, int(collected(report).timestamp()))
    ]  # fmt: skip
    yield from _of_weights(report)
    version = {"version": report.tool.version, "catalogue": report.catalogue.version}
    yield "info", "What wrote these figures.", [(version, 1)]


def _of_weights(report: Report) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    sets = [({"weights": entry.id, "name": entry.name}, entry) for entry in report.weights]
    yield "weights", "Weight sets found.", [({}, len(sets))]
    yield "weights_level_reached", "Security level that a weight set reaches, 0 to 5.", [
        (labels, REACHABLE.index(entry.level_reached)) for labels, entry in sets
    ]  # fmt: skip
    yield "weights_level_targeted", "Security level that a weight set aims at, 1 to 5.", [
        (labels, REACHABLE.index(entry.target_level)) for labels, entry in sets
    ]  # fmt: skip
    yield (
        "weights_score",
        "Score of a weight set, 0 to 100.",
        [(labels, entry.score) for labels, entry in sets],
    )
    kinds = ("people", "workloads", "external", "anonymous", "services", "unknown")
    yield "weights_readers", "Who can read a weight set, by kind.", [
        (labels | {"kind": kind}, getattr(entry.readers, kind)) for labels, entry in sets for kind in kinds
    ]  # fmt: skip


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return visible(value, 200).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
