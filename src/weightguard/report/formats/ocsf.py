"""OCSF 1.5 events, one JSON object a line: a compliance finding (2003) a result, and a detection finding (2004) for every
failure that lets outsiders at weights.

Valid under every 1.x schema from 1.5 on. Source: Open Cybersecurity Schema Framework 1.5.0, classes "Compliance Finding"
and "Detection Finding", profile "Cloud".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.provider import scope_parts
from weightguard.report.lookup import controls_by_id, help_url, moment, weight_names
from weightguard.report.naming import partition_and_service, subject_of
from weightguard.report.text import compact, one_line, visible

FILE = "ocsf.jsonl"

VERSION = "1.5.0"
_COMPLIANCE, _DETECTION, _FINDINGS, _CREATE = 2003, 2004, 2, 1
_NAMES = {_COMPLIANCE: "Compliance Finding", _DETECTION: "Detection Finding"}
_SEVERITY = {"critical": (5, "Critical"), "high": (4, "High"), "medium": (3, "Medium"), "low": (2, "Low")}
_INFORMATIONAL = (1, "Informational")
_COMPLIANCE_STATUS = {
    "pass": (1, "Pass"),
    "fail": (3, "Fail"),
    "unknown": (0, "Unknown"),
    "not_applicable": (99, "Not applicable"),
}
_STATUS = {"waived": (3, "Suppressed"), "pass": (4, "Resolved"), "not_applicable": (4, "Resolved")}
_PROVIDERS = {
    "aws": ("AWS", 10, "AWS Account"),
    "gcp": ("GCP", 11, "GCP Project"),
    "azure": ("Azure", 13, "Azure Subscription"),
}
_EVIDENCE, _RESOURCES, _REQUIREMENTS = 5, 10, 50


def render(report: Report) -> bytes:
    """JSON lines, compliance findings first. ASCII: no invisible character reaches the bytes."""
    events = _Events(report)
    lines = [compact(events.compliance(result)) for result in report.results]
    lines += [compact(events.detection(result)) for result in report.results if events.exposes(result)]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


class _Events:
    def __init__(self, report: Report) -> None:
        self._controls = controls_by_id(report)
        self._names = weight_names(report)
        self._time = int(moment(report).timestamp() * 1000)
        self._product = {
            "name": "weightguard",
            "vendor_name": "weightguard",
            "version": visible(report.tool.version),
        }
        catalogue = report.catalogue
        self._standards = [visible(f"{catalogue.id} {catalogue.version}"), visible(catalogue.aligned_with)]
        self._only_provider = _only_provider(report)
        self._titles = {name: visible(control["title"]) for name, control in self._controls.items()}
        self._requirements = {name: _requirements(control) for name, control in self._controls.items()}

    def exposes(self, result: ResultEntry) -> bool:
        """Whether a result says that outsiders get at weights."""
        return result.status == "fail" and bool(self._controls[result.control].get("exposes"))

    def compliance(self, result: ResultEntry) -> dict[str, Any]:
        """A compliance finding, whatever the result's status."""
        status_id, status = _COMPLIANCE_STATUS[result.waiver.was if result.waiver else result.status]
        event = self._event(_COMPLIANCE, result, result.fingerprint)
        event["compliance"] = {
            "control": result.control,
            "desc": self._titles[result.control],
            "standards": self._standards,
            "requirements": self._requirements[result.control],
            "status_id": status_id,
            "status": status,
            "status_detail": result.status,
        }
        return event

    def detection(self, result: ResultEntry) -> dict[str, Any]:
        """A detection finding: somebody outside gets at weights."""
        control = self._controls[result.control]
        event = self._event(_DETECTION, result, f"{result.fingerprint}-detection")
        info = event["finding_info"]
        info["analytic"] = {
            "type_id": 1,
            "type": "Rule",
            "uid": result.control,
            "name": self._titles[result.control],
        }
        info["related_events"] = [
            {"uid": result.fingerprint, "type_uid": _COMPLIANCE * 100 + _CREATE, "type": _NAMES[_COMPLIANCE]}
        ]
        techniques = control.get("mappings", {}).get("mitre_attack", ())
        if techniques:
            info["attacks"] = [{"technique": {"uid": visible(name, 50)}} for name in techniques[:_RESOURCES]]
        event["is_alert"] = True
        return event

    def _event(self, kind: int, result: ResultEntry, uid: str) -> dict[str, Any]:
        control = self._controls[result.control]
        wanting = result.status in ("fail", "unknown", "waived")
        severity_id, severity = _SEVERITY[result.severity] if wanting else _INFORMATIONAL
        status_id, status = _STATUS.get(result.status, (1, "New"))
        subject = subject_of(result)
        provider = subject.provider or self._only_provider
        event: dict[str, Any] = {
            "class_uid": kind,
            "class_name": _NAMES[kind],
            "category_uid": _FINDINGS,
            "category_name": "Findings",
            "activity_id": _CREATE,
            "activity_name": "Create",
            "type_uid": kind * 100 + _CREATE,
            "type_name": f"{_NAMES[kind]}: Create",
            "time": self._time,
            "severity_id": severity_id,
            "severity": severity,
            "status_id": status_id,
            "status": status,
            "message": visible(result.message),
            "metadata": {
                "version": VERSION,
                "product": self._product,
                "uid": uid,
                "profiles": ["cloud"] if provider else [],
            },
            "finding_info": {
                "uid": uid,
                "title": self._titles[result.control],
                "desc": visible(result.message),
                "created_time": self._time,
                "types": [visible(control["family"])],
            },
            "resources": list(self._resources(result)),
        }
        if provider:
            event["cloud"] = _cloud(provider, subject.account)
        if evidence := _evidence(result):
            event["evidences"] = evidence
        if result.remediation:
            url = help_url(control)
            event["remediation"] = {
                "desc": visible(one_line(result.remediation)),
                **({"references": [visible(url)]} if url else {}),
            }
        if result.waiver:
            waiver = result.waiver
            event["comment"] = visible(
                f"{waiver.reason} ({waiver.owner}, {waiver.ticket}, until {waiver.expires})"
            )
        return event

    def _resources(self, result: ResultEntry) -> Iterator[dict[str, Any]]:
        subject = visible(result.subject)
        named = subject_of(result)
        yield {"uid": subject, "name": visible(named.name) or subject, **_place(result.subject, named.region)}
        for name in result.weights[:_RESOURCES]:
            yield {
                "uid": visible(name),
                "name": visible(self._names.get(name, name)),
                "type": "model weights",
            }


def _place(subject: str, region: str) -> dict[str, str]:
    partition, service = partition_and_service(visible(subject))
    given = {"cloud_partition": partition, "type": service}
    if region:
        given["region"] = visible(region)
    return {key: value for key, value in given.items() if value}


def _cloud(provider: str, account: str) -> dict[str, Any]:
    name, type_id, kind = _PROVIDERS[provider]
    cloud: dict[str, Any] = {"provider": name}
    if account:
        cloud["account"] = {"uid": visible(account), "type_id": type_id, "type": kind}
    return cloud


def _evidence(result: ResultEntry) -> list[dict[str, Any]]:
    return [
        {"data": {"fact": visible(item.fact), "source": visible(item.source)}}
        for item in result.evidence[:_EVIDENCE]
    ]


def _requirements(control: Mapping[str, Any]) -> list[str]:
    mappings = control.get("mappings", {})
    named = (
        ("NIST SP 800-53", "nist_800_53"),
        ("EU GPAI Code of Practice", "eu_code_of_practice"),
        ("OWASP AISVS", "owasp_aisvs"),
        ("CIS", "cis"),
        ("RAND", "rand_measures"),
    )
    listed = [visible(f"{title} {value}", 200) for title, key in named for value in mappings.get(key, ())]
    return listed[:_REQUIREMENTS]


def _only_provider(report: Report) -> str | None:
    """The provider of all scopes, where there is but one."""
    providers = {scope_parts(scope)[0] for scope in report.snapshot.scopes}
    return providers.pop() if len(providers) == 1 else None
