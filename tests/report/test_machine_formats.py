"""What the machine formats say of a report: nothing lost, nothing made up, within the receivers' limits."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import build
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from weightguard.assess.model import Report
from weightguard.controls import load_catalogue
from weightguard.controls.export import export
from weightguard.report.formats import (
    asff,
    csv,
    cyclonedx,
    junit,
    ocsf,
    oscal,
    oscal_poam,
    prometheus,
    sarif,
)
from weightguard.report.lookup import record_of
from weightguard.report.words import urgency


@pytest.fixture(scope="module")
def report() -> Report:
    return build.sample()


@pytest.fixture(scope="module")
def run(report: Report) -> Any:
    """The one run of the SARIF log."""
    return json.loads(sarif.render(report))["runs"][0]


@pytest.fixture(scope="module")
def results(report: Report) -> Any:
    """The one result set of the OSCAL assessment results."""
    return json.loads(oscal.render(report))["assessment-results"]["results"][0]


def count(report: Report, *statuses: str) -> int:
    return sum(1 for one in report.results if one.status in statuses)


def lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


class TestSarif:
    def test_holds_every_result_that_wants_something(self, report: Report, run: Any) -> None:
        kinds = Counter((one["kind"], "suppressions" in one) for one in run["results"])
        assert kinds == {
            ("fail", False): count(report, "fail"),
            ("open", False): count(report, "unknown"),
            ("fail", True): count(report, "waived"),
        }

    def test_points_into_the_snapshot_and_at_the_live_resource(self, report: Report, run: Any) -> None:
        first = run["results"][0]
        result = next(
            one
            for one in report.results
            if one.fingerprint == first["partialFingerprints"]["weightguardFingerprint/v1"]
        )
        place = record_of(result.evidence[0].source)
        physical = first["locations"][0]["physicalLocation"]
        assert place == (physical["artifactLocation"]["uri"], physical["region"]["startLine"])
        assert physical["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == result.subject

    def test_a_result_without_a_record_still_has_a_place(self, report: Report) -> None:
        bare = replace(report, results=tuple(replace(one, evidence=()) for one in report.results))
        for one in json.loads(sarif.render(bare))["runs"][0]["results"]:
            assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "manifest.json"

    def test_a_waiver_says_who_and_why(self, run: Any) -> None:
        suppressed = next(one for one in run["results"] if "suppressions" in one)
        assert suppressed["suppressions"][0]["status"] == "accepted"
        assert "ada@example.org" in suppressed["suppressions"][0]["justification"]

    def test_severity_orders_alerts(self, run: Any) -> None:
        scores = {
            rule["id"]: float(rule["properties"]["security-severity"])
            for rule in run["tool"]["driver"]["rules"]
        }
        order = {control["id"]: control["severity"] for control in build.controls()}
        bounds = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}
        for name, score in scores.items():
            low, high = bounds[order[name]]
            assert low <= score <= high

    def test_braces_and_brackets_of_names_are_no_placeholders_and_no_links(self) -> None:
        assert (
            sarif.message("see [this](http://evil.example) {0}") == r"see \[this](http://evil.example) {{0}}."
        )

    @pytest.mark.slow
    def test_more_than_a_run_takes_makes_a_second_run(self) -> None:
        runs = json.loads(sarif.render(build.large(60_000)))["runs"]
        assert [len(run["results"]) for run in runs] == [25_000, 15_000]
        assert len({run["automationDetails"]["id"] for run in runs}) == 2

    def test_what_is_left_out_is_the_least_urgent_and_said(
        self, report: Report, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sarif, "RESULTS_A_RUN", 10)
        monkeypatch.setattr(sarif, "RUNS", 2)
        runs = json.loads(sarif.render(report))["runs"]
        kept = [one for run in runs for one in run["results"]]
        wanting = sorted(
            (one for one in report.results if one.status in ("fail", "unknown", "waived")), key=urgency
        )
        kept_ids = [one["partialFingerprints"]["weightguardFingerprint/v1"] for one in kept]
        assert kept_ids == [one.fingerprint for one in wanting[:20]]
        said = runs[0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
        total = count(report, "fail", "unknown", "waived")
        assert said.startswith(f"{total - 20} of {total} results")

    def test_compressed_size_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        report = build.large(6_000)
        monkeypatch.setattr(sarif, "COMPRESSED_BYTES", 100_000)
        data = sarif.render(report)
        run = json.loads(data)["runs"][0]
        assert 0 < len(run["results"]) < count(report, "fail", "unknown", "waived")
        assert len(gzip.compress(data)) < 200_000
        assert "left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


class TestOscal:
    def test_refers_to_the_catalogues_own_export(self, report: Report, results: Any) -> None:
        catalog = json.loads(export(load_catalogue(), "oscal")["weightguard-catalog.json"])["catalog"]
        known = {control["id"]: control for group in catalog["groups"] for control in group["controls"]}
        selected = results["reviewed-controls"]["control-selections"][0]["include-controls"]
        assert (
            {one["control-id"] for one in selected}
            == {one.control.lower() for one in report.results}
            <= known.keys()
        )
        parts = {part["id"] for control in known.values() for part in control["parts"]}
        assert {finding["target"]["target-id"] for finding in results["findings"]} <= parts

    def test_unknown_and_waived_are_not_satisfied(self, report: Report, results: Any) -> None:
        worst = {one.control: one.status for one in report.results}
        for finding in results["findings"]:
            status = worst[finding["title"].split(":")[0]]
            expected = "satisfied" if status == "pass" else "not-satisfied"
            assert finding["target"]["status"]["state"] == expected, status

    def test_every_result_is_an_observation(self, report: Report, results: Any) -> None:
        assert len(results["observations"]) == len(report.results)

    def test_a_waived_risk_has_the_waivers_end_as_its_deadline(self, results: Any) -> None:
        waived = [risk for risk in results["risks"] if risk["status"] == "deviation-approved"]
        assert waived and all(risk["deadline"] == "2026-06-30T00:00:00Z" for risk in waived)
        assert all(risk["mitigating-factors"][0]["description"] == "an alarm" for risk in waived)

    def test_the_plan_lists_the_most_severe_first_and_only_what_is_open(self, report: Report) -> None:
        plan = json.loads(oscal_poam.render(report))["plan-of-action-and-milestones"]
        severities = [
            next(prop["value"] for prop in item["props"] if prop["name"] == "severity")
            for item in plan["poam-items"]
        ]
        assert severities == sorted(severities, key=["critical", "high", "medium", "low"].index)
        assert len(plan["observations"]) == count(report, "fail", "unknown", "waived")


class TestOcsf:
    def test_one_compliance_finding_a_result(self, report: Report) -> None:
        events = [event for event in lines(ocsf.render(report)) if event["class_uid"] == 2003]
        statuses = Counter((event["compliance"]["status"], event["status"]) for event in events)
        assert statuses == {
            ("Fail", "New"): count(report, "fail"),
            ("Fail", "Suppressed"): count(report, "waived"),
            ("Unknown", "New"): count(report, "unknown"),
            ("Pass", "Resolved"): count(report, "pass"),
            ("Not applicable", "Resolved"): count(report, "not_applicable"),
        }
        assert {event["cloud"]["provider"] for event in events} == {"AWS"}

    def test_what_lets_outsiders_in_is_a_detection_too(self, report: Report) -> None:
        exposing = next(control["id"] for control in build.controls() if control["exposes"])
        one = replace(report.results[0], control=exposing, status="fail", fingerprint="f" * 32)
        held = tuple(control for control in build.controls() if control["id"] == exposing)
        events = lines(ocsf.render(replace(report, results=(one,), controls=held)))
        assert [event["class_uid"] for event in events] == [2003, 2004]
        assert events[1]["finding_info"]["related_events"][0]["uid"] == events[0]["metadata"]["uid"]
        assert events[1]["finding_info"]["analytic"]["uid"] == exposing


class TestAsff:
    def test_batches_of_a_hundred_of_one_account_and_region(self) -> None:
        requests = lines(asff.render(build.large(950)))
        assert [len(request["Findings"]) for request in requests] == [100] * 9 + [50]

    def test_a_finding_belongs_to_its_resources_account_and_region(self, report: Report) -> None:
        key = "arn:aws-us-gov:kms:us-gov-west-1:222222222222:key/1"
        one = replace(report.results[0], subject=key)
        finding = lines(asff.render(replace(report, results=(one,))))[0]["Findings"][0]
        assert finding["AwsAccountId"] == "222222222222"
        assert finding["ProductArn"].startswith(
            "arn:aws-us-gov:securityhub:us-gov-west-1:222222222222:product/"
        )
        assert finding["Resources"][0] == {
            "Type": "AwsKmsKey", "Id": key, "Partition": "aws-us-gov", "Region": "us-gov-west-1",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("subject", "provider"),
        [("gcp/lab-project", None), ("azure/0000-1111", None), ("projects/p/buckets/b", "gcp"), ("b", "gcp")],
    )
    def test_other_clouds_do_not_go_to_security_hub(
        self, report: Report, subject: str, provider: str | None
    ) -> None:
        one = replace(report.results[0], subject=subject, provider=provider)
        assert asff.render(replace(report, results=(one,))) == b""

    def test_account_and_region_are_those_that_the_result_tells(self, report: Report) -> None:
        here = {"provider": "aws", "account": "333333333333", "region": "eu-west-3", "name": "weights"}
        one = replace(report.results[0], subject="arn:aws:s3:::weights", weights=(), **here)
        ((finding,),) = [one["Findings"] for one in lines(asff.render(replace(report, results=(one,))))]
        assert finding["AwsAccountId"] == "333333333333"
        assert finding["Resources"][0]["Region"] == "eu-west-3"

    def test_waived_is_suppressed_with_a_note(self, report: Report) -> None:
        findings = [one for request in lines(asff.render(report)) for one in request["Findings"]]
        suppressed = [one for one in findings if one["Workflow"]["Status"] == "SUPPRESSED"]
        assert len(suppressed) == count(report, "waived")
        assert suppressed[0]["Note"]["UpdatedBy"] == "ada@example.org"
        assert suppressed[0]["Compliance"]["Status"] == "FAILED"

    @given(st.text(max_size=3000), st.integers(min_value=10, max_value=600))
    @settings(max_examples=200, deadline=None)
    def test_no_text_is_longer_than_its_field(self, text: str, limit: int) -> None:
        assert 1 <= len(asff.text(text, limit)) <= limit


def test_the_bill_of_materials_states_only_what_was_seen(report: Report) -> None:
    components = json.loads(cyclonedx.render(report))["components"]
    assert [one["name"] for one in components] == [entry.name for entry in report.weights]
    for component, entry in zip(components, report.weights, strict=True):
        assert component["type"] == "machine-learning-model"
        assert [file["name"] for file in component["components"]] == [file.key for file in entry.files]
        assert not {"hashes", "licenses", "version", "purl"} & component.keys()


def test_metrics_are_the_reports_figures(report: Report) -> None:
    text = prometheus.render(report).decode()
    found = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["weightguard_level_reached", ()] == 0
    assert found["weightguard_level_targeted", ()] == 3
    assert found["weightguard_score", ()] == 42
    assert found["weightguard_results", ("unknown",)] == count(report, "unknown")
    assert found["weightguard_coverage_gaps", ("denied",)] == 1
    assert found["weightguard_evidence_timestamp_seconds", ()] == 1769860800
    first = report.weights[0]
    assert found["weightguard_weights_readers", (first.id, first.name, "anonymous")] == 1


def test_build_servers_see_failures_errors_and_skips(report: Report) -> None:
    from junitparser import JUnitXml

    suites = JUnitXml.fromstring(junit.render(report))
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (
        len(report.results),
        count(report, "fail"),
        count(report, "unknown"),
        count(report, "waived", "not_applicable"),
    )


def test_spreadsheets_get_a_row_a_result(report: Report) -> None:
    assert csv.render(report).count(b"\r\n") == len(report.results) + 1


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("s3:GetBucketAcl records/aws/111111111111/s3.jsonl:7", ("records/aws/111111111111/s3.jsonl", 7)),
        ("records/aws/1/s3.jsonl:0", ("records/aws/1/s3.jsonl", 1)),
        ("access graph arn:aws:s3:::b", None),
        ("x records/../../etc/passwd:1", None),
        ("x records/a b/s3.jsonl:1", None),
        ("records/aws/1/s3.jsonl:99999999999999", None),
        ("", None),
    ],
)
def test_a_source_names_a_record_or_nothing(source: str, place: tuple[str, int] | None) -> None:
    assert record_of(source) == place
