"""A fix does what it says on an estate, and takes from nobody what he is meant to have."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from judging import Judge

from reference_lab import Laboratory
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.schema import Status
from weightguard.policy.cases import answer_lines

BUCKET, ACCOUNT = "atlas-release", "333333333333"
RECORD = f"s3.bucket arn:aws:s3:::{BUCKET}"
DIRECTLY = {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}
FILLED = {
    "<BUCKET>": BUCKET, "<vpce-ID>": "vpce-s33333", "<ACCOUNT>": ACCOUNT, "<AUDIT_ROLE>": "WeightguardAudit",
    "<EMERGENCY_ROLE>": "Emergency",
}  # fmt: skip


def perimeter(catalogue: Catalogue) -> dict[str, Any]:
    """The statement that the fix of WG-NET-02 adds, its placeholders filled."""
    text = catalogue.by_id["WG-NET-02"].remediation.aws
    assert text is not None
    assert text.cli is not None
    written = text.cli
    for placeholder, value in FILLED.items():
        written = written.replace(placeholder, value)
    assert "<" not in written
    statement: dict[str, Any] = json.loads(written[written.index("{") :])
    return statement


@pytest.mark.parametrize(("fixed", "status"), [(False, Status.FAIL), (True, Status.PASS)])
def test_the_network_perimeter_that_the_fix_adds_is_one(
    catalogue: Catalogue, judged: Judge, fixed: bool, status: Status
) -> None:
    changes: list[dict[str, Any]] = [
        {"record": RECORD, "policy": "GetBucketPolicy", "without": ["ThisNetworkOnly"]}
    ]
    if fixed:
        changes.append({"record": RECORD, "policy": "GetBucketPolicy", "add": perimeter(catalogue)})
    results = judged(Laboratory().change(changes), "WG-NET-02").results
    assert [one.status for one in results if one.subject == f"arn:aws:s3:::{BUCKET}"] == [status]


@pytest.mark.parametrize(
    ("role", "action", "resource", "context", "decision"),
    [
        ("Serving", "s3:GetObject", "/key", {"aws:SourceIp": "203.0.113.7"}, "denied_explicitly"),
        ("Serving", "s3:GetObject", "/key", {"aws:SourceVpce": "vpce-s33333"}, "allowed"),
        ("Serving", "s3:GetObject", "/key", {"aws:ViaAWSService": "true"}, "allowed"),
        ("WeightguardAudit", "s3:GetObject", "/key", {"aws:SourceIp": "203.0.113.7"}, "allowed"),
        ("Emergency", "s3:GetObject", "/key", {"aws:SourceIp": "203.0.113.7"}, "allowed"),
        ("Administrator", "s3:PutBucketPolicy", "", {"aws:SourceIp": "203.0.113.7"}, "allowed"),
        ("Administrator", "s3:GetBucketPolicy", "", {"aws:SourceIp": "203.0.113.7"}, "allowed"),
    ],
)
def test_the_network_perimeter_locks_nobody_out_of_the_policy(
    catalogue: Catalogue, role: str, action: str, resource: str, context: dict[str, str], decision: str
) -> None:
    principal = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    case = {
        "id": "c",
        "provider": "aws",
        "request": {
            "principal": principal,
            "action": action,
            "resource": f"arn:aws:s3:::{BUCKET}{resource}",
            "resource_account": ACCOUNT,
            "context": {
                "aws:PrincipalArn": principal,
                "aws:ViaAWSService": "false",
                "aws:PrincipalIsAWSService": "false",
                **context,
            },
        },
        "policies": {
            "identity": [{"name": "all", "policy": everything}],
            "resource": {"Version": "2012-10-17", "Statement": [perimeter(catalogue)]},
        },
    }
    (answer,) = answer_lines(BytesIO(json.dumps(case).encode()))
    assert answer.record["decision"] == decision
