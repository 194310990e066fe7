"""AWS Security Finding Format: a BatchImportFindings request a line, each of at most 100 findings of one account and region.

``while read -r line; do aws securityhub batch-import-findings --cli-input-json "$line"; done < asff.jsonl`` imports them.
Results of other clouds, and those of an estate without an AWS account, have no place there and are left out. Sources: AWS
Security Hub User Guide, "AWS Security Finding Format (ASFF) syntax" and "Required top-level ASFF attributes" (field
lengths); AWS Security Hub API Reference, "BatchImportFindings" (100 findings, 240 KB a finding, 6 MB a request).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.report.lookup import controls_by_id, help_url, timestamp, weight_names
from weightguard.report.text import compact, one_line, visible
from weightguard.report.words import account_of, provider_of

FILE = "asff.jsonl"

FINDINGS = 100
REQUEST_BYTES = 6_000_000
DEFAULT_REGION = (
    "us-east-1"  # where Security Hub shows findings of S3, IAM and the organization, which name no region
)
_EVIDENCE, _RESOURCES, _REQUIREMENTS = 5, 8, 32
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_COMPLIANCE = {
    "pass": "PASSED",
    "fail": "FAILED",
    "unknown": "NOT_AVAILABLE",
    "not_applicable": "NOT_AVAILABLE",
}
_TYPES = {
    "s3": {"": "AwsS3Bucket"},
    "kms": {"key": "AwsKmsKey"},
    "iam": {"user": "AwsIamUser", "role": "AwsIamRole", "group": "AwsIamGroup", "policy": "AwsIamPolicy"},
    "lambda": {"function": "AwsLambdaFunction"},
    "ec2": {"instance": "AwsEc2Instance", "volume": "AwsEc2Volume"},
    "cloudtrail": {"trail": "AwsCloudTrailTrail"},
    "sagemaker": {"notebook-instance": "AwsSageMakerNotebookInstance"},
    "codebuild": {"project": "AwsCodeBuildProject"},
    "ecs": {
        "cluster": "AwsEcsCluster",
        "service": "AwsEcsService",
        "task-definition": "AwsEcsTaskDefinition",
    },
    "secretsmanager": {"secret": "AwsSecretsManagerSecret"},
}


def render(report: Report) -> bytes:
    """JSON lines; empty where nothing belongs to an AWS account."""
    return "".join(f"{request}\n" for request in _requests(report)).encode("ascii")


def _requests(report: Report) -> Iterator[str]:
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for place, finding in _Findings(report).all():
        grouped[place].append(compact(finding))
    for _, texts in sorted(grouped.items()):
        batch: list[str] = []
        size = 0
        for text_of_finding in texts:
            if batch and (len(batch) == FINDINGS or size + len(text_of_finding) > REQUEST_BYTES):
                yield _request(batch)
                batch, size = [], 0
            batch.append(text_of_finding)
            size += len(text_of_finding) + 1
        yield _request(batch)


def _request(batch: list[str]) -> str:
    return f'{{"Findings":[{",".join(batch)}]}}'


class _Findings:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._controls = controls_by_id(report)
        self._names = weight_names(report)
        self._accounts = {entry.id: entry.account for entry in report.weights}
        self._now = timestamp(report)
        self._requirements = {name: _requirements(control) for name, control in self._controls.items()}
        aws = sorted(scope.split("/", 1)[1] for scope in report.snapshot.scopes if scope.startswith("aws/"))
        self._first = next((account for account in aws if _ACCOUNT.fullmatch(account)), None)

    def all(self) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
        """Partition, account and region, and the finding."""
        for result in self._report.results:
            place = self._place(result)
            if place:
                yield place, self._finding(result, *place)

    def _place(self, result: ResultEntry) -> tuple[str, str, str] | None:
        if provider_of(result.subject) in ("gcp", "azure"):
            return None
        parts = result.subject.split(":", 5) if result.subject.startswith("arn:") else []
        partition = parts[1] if len(parts) > 1 and re.fullmatch(r"aws(-[a-z]+)*", parts[1]) else "aws"
        region = parts[3] if len(parts) > 3 and _REGION.fullmatch(parts[3]) else DEFAULT_REGION
        weights = (self._accounts.get(name) for name in result.weights)
        named = (account_of(result.subject), *weights, self._first)
        account = next((name for name in named if name and _ACCOUNT.fullmatch(name)), None)
        return (partition, account, region) if account else None

    def _finding(self, result: ResultEntry, partition: str, account: str, region: str) -> dict[str, Any]:
        control = self._controls[result.control]
        product = f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default"
        wanting = result.status in ("fail", "unknown", "waived")
        finding: dict[str, Any] = {
            "SchemaVersion": "2018-10-08",
            "Id": f"{product}/weightguard/{result.fingerprint}",
            "ProductArn": product,
            "ProductName": "weightguard",
            "CompanyName": "weightguard",
            "GeneratorId": f"weightguard/{result.control}",
            "AwsAccountId": account,
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
            "CreatedAt": self._now,
            "UpdatedAt": self._now,
            "Severity": {"Label": result.severity.upper() if wanting else "INFORMATIONAL"},
            "Title": text(f"{result.control} {control['title']}", 256),
            "Description": text(result.message, 1024),
            "Resources": list(self._resources(result, partition, account, region)),
            "Compliance": _compliance(result, self._requirements[result.control]),
            "Workflow": {"Status": _workflow(result)},
            "RecordState": "ACTIVE",
            "ProductFields": _fields(result),
        }
        if result.remediation:
            recommendation = {"Text": text(one_line(result.remediation), 512)}
            if (url := help_url(control)) and len(url) <= 2048:
                recommendation["Url"] = visible(url)
            finding["Remediation"] = {"Recommendation": recommendation}
        if result.waiver:
            reason = f"{result.waiver.reason} ({result.waiver.ticket}, until {result.waiver.expires})"
            finding["Note"] = {
                "Text": text(reason, 512),
                "UpdatedBy": text(result.waiver.owner, 512),
                "UpdatedAt": self._now,
            }
        return finding

    def _resources(
        self, result: ResultEntry, partition: str, account: str, region: str
    ) -> Iterator[dict[str, Any]]:
        yield {
            "Type": _type(result.subject),
            "Id": text(_identifier(result.subject), 512),
            "Partition": partition,
            "Region": region,
        }
        for name in result.weights[:_RESOURCES]:
            yield {
                "Type": "Other",
                "Id": text(f"weights/{name}", 512),
                "Partition": partition,
                "Details": {"Other": {"weights": text(self._names.get(name, name), 1024)}},
            }


def text(value: str, limit: int) -> str:
    """`value` visible, within `limit` characters and never empty."""
    shown = " ".join(visible(value, limit).split()) or "-"
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


def _identifier(subject: str) -> str:
    account = account_of(subject)
    if _ACCOUNT.fullmatch(account) and not subject.startswith("arn:"):
        return f"AWS::::Account:{account}"
    return subject


def _type(subject: str) -> str:
    if not subject.startswith("arn:"):
        return "AwsAccount" if _ACCOUNT.fullmatch(account_of(subject)) else "Other"
    parts = subject.split(":", 5)
    if len(parts) < 6:
        return "Other"
    kinds = _TYPES.get(parts[2], {})
    if parts[2] == "s3":
        return kinds[""] if "/" not in parts[5] and not parts[4] else "Other"
    return kinds.get(re.split("[/:]", parts[5], maxsplit=1)[0], "Other")


def _requirements(control: Mapping[str, Any]) -> list[str]:
    mapped = control.get("mappings", {})
    related = [f"NIST.800-53.r5 {name}" for name in mapped.get("nist_800_53", ())]
    related += [f"EU GPAI Code of Practice {name}" for name in mapped.get("eu_code_of_practice", ())]
    return [text(name, 64) for name in related[:_REQUIREMENTS]]


def _compliance(result: ResultEntry, related: list[str]) -> dict[str, Any]:
    status = _COMPLIANCE[result.waiver.was if result.waiver else result.status]
    compliance: dict[str, Any] = {"Status": status, "SecurityControlId": result.control}
    if related:
        compliance["RelatedRequirements"] = related
    if result.status == "unknown":
        reason = {"ReasonCode": "WEIGHTGUARD_EVIDENCE_MISSING", "Description": text(result.message, 1024)}
        compliance["StatusReasons"] = [reason]
    return compliance


def _workflow(result: ResultEntry) -> str:
    if result.status == "waived":
        return "SUPPRESSED"
    return "NEW" if result.status in ("fail", "unknown") else "RESOLVED"


def _fields(result: ResultEntry) -> dict[str, str]:
    fields = {
        "weightguard/status": result.status,
        "weightguard/level": result.level,
        "weightguard/fingerprint": result.fingerprint,
    }
    for number, item in enumerate(result.evidence[:_EVIDENCE], 1):
        fields[f"weightguard/evidence/{number}"] = text(f"{item.fact}: {item.source}", 2048)
    return fields
