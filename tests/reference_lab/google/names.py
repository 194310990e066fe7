"""The Google laboratory's names and numbers, and small builders for what an inventory holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AS_OF = "2026-11-01T12:00:00.000Z"
LONG_AGO = "2026-02-01T09:00:00Z"
PLACE = "europe-west4"
ORGANISATION, FOLDER = "organizations/700100", "folders/800100"
SERVING, TRAINING, RESEARCH, KEYS, LOGS = (
    f"atlas-{name}" for name in ("serving", "training", "research", "keys", "logs")
)
NUMBERS = {SERVING: "900201", TRAINING: "900202", RESEARCH: "900203", KEYS: "900204", LOGS: "900205"}
LABELS = {"weightguard_sensitivity": "model-weights", "weightguard_owner": "weights-security"}
DOMAIN = "atlas.example"
RM, IAM, GCS, KMS, COMPUTE, LOGGING = (
    f"{name}.googleapis.com"
    for name in ("cloudresourcemanager", "iam", "storage", "cloudkms", "compute", "logging")
)

Asset = dict[str, Any]
"""``name``, ``asset_type``, ``ancestors``, and each kind of content that the export holds of it."""


def above(project: str | None = None, folder: bool = True) -> list[str]:
    """What something lies in, innermost first."""
    inner = [f"projects/{NUMBERS[project]}"] if project else []
    return [*inner, *([FOLDER] if folder else []), ORGANISATION]


def ring(project: str = KEYS) -> str:
    return f"projects/{project}/locations/{PLACE}/keyRings/weights"


def key_name(name: str) -> str:
    return f"{ring()}/cryptoKeys/{name}"


def email(account: str, project: str) -> str:
    return f"{account}@{project}.iam.gserviceaccount.com"


def account(name: str, project: str) -> str:
    """A service account as policies write it."""
    return f"serviceAccount:{email(name, project)}"


def agent(project: str) -> str:
    """The service agent of Cloud Storage in a project."""
    return f"serviceAccount:service-{NUMBERS[project]}@gs-project-accounts.iam.gserviceaccount.com"


def binding(role: str, *members: str) -> dict[str, Any]:
    return {"role": role, "members": list(members)}


def policy(*bindings: Mapping[str, Any], audit: bool = False) -> dict[str, Any]:
    """An allow policy, with or without the reading and writing of all services' data being logged."""
    kinds = [{"log_type": one} for one in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")]
    configs = {"audit_configs": [{"service": "allServices", "audit_log_configs": kinds}]} if audit else {}
    return {"version": 3, "etag": "BwY=", "bindings": [dict(one) for one in bindings], **configs}


def asset(
    name: str,
    kind: str,
    ancestors: list[str],
    data: Mapping[str, Any],
    iam: Mapping[str, Any] | None = None,
    *,
    location: str = "global",
    org: list[dict[str, Any]] | None = None,
) -> Asset:
    """One asset, with what an export of each kind of content says of it."""
    found: Asset = {
        "name": name,
        "asset_type": kind,
        "ancestors": ancestors,
        "resource": {"version": "v1", "data": dict(data), "location": location},
    }
    if iam is not None:
        found["iam_policy"] = dict(iam)
    if org is not None:
        found["org_policy"] = org
    return found
