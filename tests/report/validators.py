"""Each format's own validator: raises, or fails an assertion, where a file is not what its standard asks for."""

from __future__ import annotations

import csv as csv_module
import io
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

MULTITOOL = Path(sys.prefix, "node/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
OCSF_VERSIONS = ("1.5.0", "1.6.0", "1.7.0", "1.8.0")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_(data: bytes) -> None:
    """By the published schema: reading it back asks for more, that it does not contradict itself."""
    import jsonschema

    from weightguard.assess.serialise import report_schema

    jsonschema.validate(json.loads(data), report_schema())


def sarif_with_multitool(folder: Path) -> dict[str, list[str]]:
    """Errors and warnings that the official validator reports for the SARIF files of a folder, by file name.

    The validator ends in 0 whatever it finds: its own results are read.
    """
    if not MULTITOOL.exists():
        pytest.skip("sarif-multitool is not installed; scripts/install-test-tools installs it")
    report = folder / "validation" / "report.sarif"
    report.parent.mkdir()
    command = [str(MULTITOOL), "validate", f"{folder}/*.sarif", "-o", str(report), "--rule-kind", "Sarif;Ghas",
               "--level", "Error;Warning", "--max-file-size-in-kb", "200000"]  # fmt: skip
    subprocess.run(command, check=True, timeout=500, capture_output=True)
    run = json.loads(report.read_text(encoding="utf-8"))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"]
    assert not run["invocations"][0].get("toolExecutionNotifications"), run["invocations"][0]
    found: dict[str, list[str]] = {}
    for result in run.get("results", []):
        name = result["locations"][0]["physicalLocation"]["artifactLocation"].get("uri", "?")
        found.setdefault(Path(name).name, []).append(f"{result['ruleId']}: {result['message']}")
    return found


def sarif(data: bytes) -> None:
    """What code scanning takes, without the official validator, which needs seconds to start."""
    document = json.loads(data)
    assert document["version"] == "2.1.0"
    assert 1 <= len(document["runs"]) <= 20
    assert len(zlib.compress(data, 6)) < 10_000_000
    ids = [run["automationDetails"]["id"] for run in document["runs"]]
    assert len(set(ids)) == len(ids)
    for run in document["runs"]:
        rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
        assert len(run["results"]) <= 25_000
        for rule in rules.values():
            assert len(rule["properties"]["tags"]) <= 20
            assert 0 < float(rule["properties"]["security-severity"]) <= 10
            assert rule["help"]["text"] and rule["help"]["markdown"]
        for result in run["results"]:
            _sarif_result(result, rules)


def _sarif_result(result: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
    assert result["ruleId"] in rules
    assert (result["kind"] == "fail") == (result["level"] != "none")
    place = result["locations"][0]["physicalLocation"]
    assert re.fullmatch(r"(records/[\w./-]+\.jsonl|manifest\.json)", place["artifactLocation"]["uri"])
    assert place["region"]["startLine"] >= 1
    assert result["partialFingerprints"]["primaryLocationLineHash"]


def oscal(data: bytes) -> None:
    """Compliance-trestle's models of OSCAL, and that every reference in the document leads somewhere."""
    from trestle.oscal.assessment_results import AssessmentResults

    document = json.loads(data)
    AssessmentResults(**document["assessment-results"])
    result = document["assessment-results"]["results"][0]
    _oscal_references(result)
    assert document["assessment-results"]["import-ap"]["href"][1:] in _resources(
        document["assessment-results"]
    )


def oscal_poam(data: bytes) -> None:
    """Compliance-trestle's models of OSCAL, and that every reference in the document leads somewhere."""
    from trestle.oscal.poam import PlanOfActionAndMilestones

    document = json.loads(data)["plan-of-action-and-milestones"]
    PlanOfActionAndMilestones(**document)
    _oscal_references(document)
    risks = {risk["uuid"] for risk in document.get("risks", [])}
    for item in document["poam-items"]:
        assert {risk["risk-uuid"] for risk in item.get("related-risks", [])} <= risks


def _resources(document: Mapping[str, Any]) -> set[str]:
    return {resource["uuid"] for resource in document["back-matter"]["resources"]}


def _oscal_references(result: Mapping[str, Any]) -> None:
    observations = [one["uuid"] for one in result.get("observations", [])]
    assert len(set(observations)) == len(observations)
    items = {one["uuid"] for one in result["local-definitions"].get("inventory-items", [])}
    for observation in result.get("observations", []):
        assert {subject["subject-uuid"] for subject in observation["subjects"]} <= items
    known = set(observations)
    for part in (*result.get("findings", []), *result.get("risks", [])):
        assert {one["observation-uuid"] for one in part["related-observations"]} <= known
    risks = {risk["uuid"] for risk in result.get("risks", [])}
    for finding in result.get("findings", []):
        assert {one["risk-uuid"] for one in finding.get("related-risks", [])} <= risks


@cache
def _ocsf_validator(version: str, class_uid: int, profiles: tuple[str, ...]) -> Any:
    import jsonschema
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
    name = schema.lookup_class_name_from_uid(class_uid)
    return jsonschema.Draft202012Validator(schema.get_class_schema(name, list(profiles)))


def ocsf(data: bytes) -> None:
    """The published schema of every version from 1.5 on. Events of the same shape, but for their texts, are validated once."""
    seen = set()
    for line in data.decode("ascii").splitlines():
        event = json.loads(line)
        shape = json.dumps(event, default=str) if len(seen) < 10 else _shape(event)
        if shape in seen:
            continue
        seen.add(shape)
        for version in OCSF_VERSIONS:
            event["metadata"]["version"] = version
            validator = _ocsf_validator(version, event["class_uid"], tuple(event["metadata"]["profiles"]))
            problem = next(validator.iter_errors(event), None)
            assert problem is None, (version, list(problem.path), problem.message[:300])


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_shape(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted({_shape(item) for item in value})) + "]"
    return str(value) if isinstance(value, int) and value < 1000 else type(value).__name__


_ASFF_LENGTHS = {"Id": 512, "Title": 256, "Description": 1024, "GeneratorId": 512, "ProductArn": 2048}


@cache
def _import_findings() -> Any:
    import botocore.session

    model = botocore.session.get_session().get_service_model("securityhub")
    return model.operation_model("BatchImportFindings").input_shape


def asff(data: bytes) -> None:
    """Botocore's model of BatchImportFindings with its enumerations, and Security Hub's limits."""
    from botocore.validate import ParamValidator

    shape = _import_findings()
    ids = []
    for line in data.decode("ascii").splitlines():
        request = json.loads(line)
        problems = ParamValidator().validate(request, shape)
        assert not problems.has_errors(), problems.generate_report()
        assert len(line) < 6_291_456 and 1 <= len(request["Findings"]) <= 100
        assert len({(one["AwsAccountId"], one["ProductArn"]) for one in request["Findings"]}) == 1
        for finding in request["Findings"]:
            _asff_finding(finding)
            ids.append(finding["Id"])
    assert len(set(ids)) == len(ids)


def _asff_finding(finding: Mapping[str, Any]) -> None:
    assert len(json.dumps(finding)) < 240 * 1024
    for name, limit in _ASFF_LENGTHS.items():
        assert 1 <= len(finding[name]) <= limit, name
    assert re.fullmatch(r"\d{12}", finding["AwsAccountId"])
    assert finding["Compliance"]["Status"] in ("PASSED", "WARNING", "FAILED", "NOT_AVAILABLE")
    assert finding["Severity"]["Label"] in ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
    assert finding["Workflow"]["Status"] in ("NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED")
    assert len(finding["Compliance"].get("RelatedRequirements", [])) <= 32
    assert all(len(one) <= 64 for one in finding["Compliance"].get("RelatedRequirements", []))
    assert 1 <= len(finding["Resources"]) <= 32
    assert all(1 <= len(resource["Id"]) <= 512 for resource in finding["Resources"])
    assert len(finding["ProductFields"]) <= 50
    assert all(len(key) <= 128 and len(value) <= 2048 for key, value in finding["ProductFields"].items())
    assert len(finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
    assert len(finding.get("Note", {}).get("Text", "")) <= 512


def cyclonedx(data: bytes) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode("ascii"))
    assert problem is None, problem


def junit(data: bytes) -> None:
    from junitparser import JUnitXml

    suites = JUnitXml.fromstring(data)
    cases = [case for suite in suites for case in suite]
    assert suites.tests == len(cases)
    assert suites.failures == sum(1 for case in cases for one in case.result if one._tag == "failure")


def csv(data: bytes) -> None:
    """Read back as RFC 4180: every row as long as the header, and no cell a formula."""
    rows = list(csv_module.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]


def prometheus(data: bytes) -> None:
    """The client library's own parser."""
    from prometheus_client.parser import text_string_to_metric_families

    text = data.decode("utf-8")
    assert text.endswith("\n")
    families = list(text_string_to_metric_families(text))
    samples = [
        (sample.name, tuple(sorted(sample.labels.items()))) for one in families for sample in one.samples
    ]
    assert len(set(samples)) == len(samples)
    assert all(family.documentation and family.type == "gauge" for family in families)


OWN_HTML = {"<details>", "<summary>", "</summary>", "</details>"}


def markdown(data: bytes) -> None:
    """CommonMark with GitHub's tables and links ("Autolinks (extension)"): no mark-up of a name takes effect."""
    from markdown_it import MarkdownIt

    text = data.decode("utf-8")
    parser = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify", "strikethrough"])
    parser.linkify.set({"fuzzy_link": False})  # GitHub links no bare domain, but www.
    for token in _flat(parser.parse(text)):
        if token.type in ("html_inline", "html_block"):
            tags = set(re.findall(r"<[^>]*>", token.content))
            assert tags <= OWN_HTML, token.content[:200]
        assert token.type not in ("link_open", "image", "fence", "code_block", "hr"), (
            token.type,
            token.content[:200],
        )
        if token.type == "text":
            assert not re.search(r"(^|\W)@\w|www\.", token.content), token.content[:200]


def _flat(tokens: Any) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from _flat(token.children or ())


_INERT = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "ol", "li", "div",
          "table", "thead", "tbody", "tr", "th", "td", "strong", "code"}  # fmt: skip


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.policy = ""
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _INERT, tag
        for name, value in attrs:
            assert not name.startswith("on") and name not in ("src", "href", "style"), (tag, name)
            if value and value.startswith("default-src"):
                self.policy = value
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(data: bytes) -> None:
    """A page without script: only inert elements, all closed, a policy that forbids every request."""
    parsed = _Page()
    parsed.feed(data.decode("utf-8"))
    parsed.close()
    assert not parsed.open
    assert "default-src 'none'" in parsed.policy and "script-src" not in parsed.policy


def interactive_page(data: bytes) -> None:
    """The page of `html`; what runs in a browser is tested in one."""
    assert data.lstrip().lower().startswith(b"<!doctype html>")
    data.decode("utf-8")


VALIDATORS: Mapping[str, Callable[[bytes], None]] = {
    "asff": asff,
    "csv": csv,
    "cyclonedx": cyclonedx,
    "eu-annex": markdown,
    "eu-annex-html": page,
    "executive-summary": markdown,
    "executive-summary-html": page,
    "html": interactive_page,
    "json": json_,
    "junit": junit,
    "markdown": markdown,
    "ocsf": ocsf,
    "oscal": oscal,
    "oscal-poam": oscal_poam,
    "prometheus": prometheus,
    "pull-request": markdown,
    "sarif": sarif,
}
"""Every format but pdf, which has tests of its own."""
