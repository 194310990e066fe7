"""The laboratory's names and numbers, and small builders for what providers answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

REGION = "us-east-1"
AS_OF = "2026-11-01T12:00:00.000Z"
LONG_AGO, LATELY = "2026-02-01T09:00:00Z", "2026-10-28T09:00:00Z"
ORGANISATION, ROOT, UNIT = "o-atlaslabs01", "r-at01", "ou-at01-models001"
MANAGEMENT, TRAINING, SERVING, LOGS, RESEARCH, BACKUP = (digit * 12 for digit in "123456")
ACCOUNTS = {
    MANAGEMENT: "management",
    TRAINING: "training",
    SERVING: "serving",
    LOGS: "log-archive",
    RESEARCH: "research",
    BACKUP: "backup",
}
OUTSIDE = "999999999999"
TAGS = [
    {"Key": "weightguard:sensitivity", "Value": "model-weights"},
    {"Key": "weightguard:owner", "Value": "weights-security@atlas.example"},
]


def key_arn(account: str) -> str:
    return f"arn:aws:kms:{REGION}:{account}:key/{account[0] * 8}-0000-4000-8000-000000000001"


def bucket_arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def role_arn(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def ec2_arn(account: str, resource: str, name: str) -> str:
    return f"arn:aws:ec2:{REGION}:{account}:{resource}/{name}"


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def text(*statements: Mapping[str, Any]) -> str:
    return json.dumps(policy(*statements))


def ok(data: Any) -> dict[str, Any]:
    return {"outcome": "ok", "data": data}


def absent(code: str) -> dict[str, Any]:
    return {"outcome": "absent", "code": code}


def record(
    account: str,
    kind: str,
    identifier: str,
    operation: str,
    data: Any,
    reads: Mapping[str, Any] | None = None,
    *,
    region: str | None = None,
) -> dict[str, Any]:
    """One line of a snapshot with the scope and service that it belongs to."""
    return {
        "scope": f"aws/{account}",
        "service": kind.partition(".")[0],
        "kind": kind,
        "id": identifier,
        "region": region,
        "operation": operation,
        "data": data,
        "reads": dict(reads or {}),
    }
