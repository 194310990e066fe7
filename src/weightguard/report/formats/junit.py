"""JUnit XML: one test suite a family, one test case a result, as build servers read it.

A failure fails, an unknown is an error (evidence is missing, the test could not run), a waived or inapplicable result is skipped.
"""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree

from weightguard.assess.model import Report, ResultEntry
from weightguard.report.lookup import controls_by_id, timestamp
from weightguard.report.text import utf8, visible

FILE = "junit.xml"

_OUTCOME = {"fail": "failure", "unknown": "error", "waived": "skipped", "not_applicable": "skipped"}


def render(report: Report) -> bytes:
    """The de-facto schema of Jenkins' xUnit plugin and GitLab: testsuites, testsuite, testcase."""
    controls = controls_by_id(report)
    families = {name: visible(control["family"]) for name, control in controls.items()}
    titles = {name: visible(control["title"]) for name, control in controls.items()}
    grouped: dict[str, list[ResultEntry]] = defaultdict(list)
    for result in report.results:
        grouped[families[result.control]].append(result)
    root = ElementTree.Element("testsuites", _counts("weightguard", report.results))
    for family, results in sorted(grouped.items()):
        suite = ElementTree.SubElement(root, "testsuite", _counts(family, tuple(results)))
        suite.set("timestamp", timestamp(report)[:19])
        for result in results:
            _case(suite, result, titles[result.control])
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return utf8('<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n")


def _counts(name: str, results: tuple[ResultEntry, ...]) -> dict[str, str]:
    outcomes = [_OUTCOME.get(result.status) for result in results]
    return {
        "name": name,
        "tests": str(len(results)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": "0",
    }


def _case(suite: ElementTree.Element, result: ResultEntry, title: str) -> None:
    name = f"{title}: {visible(result.subject)}"
    case = ElementTree.SubElement(suite, "testcase", {"classname": result.control, "name": name, "time": "0"})
    outcome = _OUTCOME.get(result.status)
    if outcome is None:
        return
    message = visible(result.message)
    if result.waiver:
        message += visible(
            f" (waived by {result.waiver.owner} until {result.waiver.expires}: {result.waiver.reason})"
        )
    detail = ElementTree.SubElement(case, outcome, {"message": message})
    if outcome != "skipped":
        detail.set("type", result.severity)
        detail.text = "\n".join(visible(f"{item.fact}: {item.source}") for item in result.evidence) or message
