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
from weightguard.provider import scope_parts
from weightguard.report.lookup import controls_by_id, help_url, timestamp, weight_names
from weightguard.report.naming import aws, subject_of
from weightguard.report.text import compact, one_line, visible

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
        scopes = sorted(scope_parts(scope) for scope in report.snapshot.scopes)
        self._first = next(
            (id for provider, id in scopes if provider == aws.PROVIDER and aws.is_account(id)), None
        )

    def all(self) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
        """Partition, account and region, and the finding."""
        for result in self._report.results:
            place = self._place(result)
            if place:
                yield place, self._finding(result, *place)

    def _place(self, result: ResultEntry) -> tuple[str, str, str] | None:
        subject, arn = subject_of(result), aws.arn(result.subject)
        if subject.provider not in (aws.PROVIDER, None):
            return None
        partition = arn.partition if arn and re.fullmatch(r"aws(-[a-z]+)*", arn.partition) else "aws"
        region = subject.region if _REGION.fullmatch(subject.region) else DEFAULT_REGION
        weights = (self._accounts.get(name) for name in result.weights)
        named = (subject.account, *weights, self._first)
        account = next((name for name in named if name and aws.is_account(name)), None)
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
            "Type": _type(result),
            "Id": text(_identifier(result), 512),
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


def _is_account(result: ResultEntry) -> bool:
    """Whether the subject is an account, or what a whole account did not tell."""
    account = subject_of(result).account
    return aws.is_account(account) and result.subject in (account, f"aws/{account}")


def _identifier(result: ResultEntry) -> str:
    return f"AWS::::Account:{subject_of(result).account}" if _is_account(result) else result.subject


def _type(result: ResultEntry) -> str:
    arn = aws.arn(result.subject)
    if arn is None:
        return "AwsAccount" if _is_account(result) else "Other"
    kinds = _TYPES.get(arn.service, {})
    if arn.service == "s3":
        return kinds[""] if "/" not in arn.resource and not arn.account else "Other"
    return kinds.get(re.split("[/:]", arn.resource, maxsplit=1)[0], "Other")


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
