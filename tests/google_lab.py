"""The small organisation of `google_exports`, as Google's APIs would tell of it, and credentials that the loopback takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from google_cloud import Cloud
from google_exports import FOLDER, NUMBER, ORGANISATION, PROJECT, Lab
from weightguard.collect.gcp.fields import camel

_CONTENT = {
    "RESOURCE": "resource",
    "IAM_POLICY": "iamPolicy",
    "ORG_POLICY": "orgPolicy",
    "ACCESS_POLICY": "servicePerimeter",
}
_RM = "cloudresourcemanager.googleapis.com"


def cloud(lab: Lab, objects: Mapping[str, Mapping[str, bytes]] | None = None) -> Cloud:
    """A loopback that tells what the laboratory's export does."""
    found = Cloud()
    lines = [
        {str(next(iter(camel({key: None})))): value for key, value in line.items()} for line in lab.lines()
    ]
    buckets: list[dict[str, Any]] = []
    for asked, above in (
        (ORGANISATION, None),
        (FOLDER, FOLDER),
        (f"projects/{PROJECT}", f"projects/{NUMBER}"),
    ):
        for content, member in _CONTENT.items():
            found.answers[f"/v1/{asked}/assets?contentType={content}"] = [
                _without_others(line, member)
                for line in lines
                if member in line and (above is None or above in line["ancestors"])
            ]
    for line in lines:
        if line["assetType"] == "storage.googleapis.com/Bucket" and "resource" in line:
            buckets.append(dict(line["resource"]["data"]))
        if line["assetType"].startswith(_RM) and "iamPolicy" in line:
            name = _own(line)
            found.answers[f"/v3/{name}:getIamPolicy"] = line["iamPolicy"]
        if line["assetType"] == "storage.googleapis.com/Bucket" and "iamPolicy" in line:
            found.answers[f"/storage/v1/b/{line['name'].rpartition('/')[2]}/iam"] = line["iamPolicy"]
    found.answers[f"/storage/v1/b?project={PROJECT}"] = buckets
    project = {"name": f"projects/{NUMBER}", "projectId": PROJECT, "parent": FOLDER, "state": "ACTIVE"}
    found.answers |= {
        f"/v3/{ORGANISATION}": {"name": ORGANISATION, "displayName": "lab.example", "state": "ACTIVE"},
        f"/v3/{FOLDER}": {"name": FOLDER, "parent": ORGANISATION, "state": "ACTIVE"},
        f"/v3/projects/{PROJECT}": project,
        f"/v3/projects/{NUMBER}": project,
        f"/v3/folders?parent={ORGANISATION}": [{"name": FOLDER, "parent": ORGANISATION, "state": "ACTIVE"}],
        f"/v3/projects?parent={FOLDER}": [project],
    }
    found.objects = {bucket: dict(held) for bucket, held in (objects or {}).items()}
    return found


def _without_others(line: Mapping[str, Any], member: str) -> dict[str, Any]:
    return {name: line[name] for name in ("name", "assetType", "ancestors", member)}


def _own(line: Mapping[str, Any]) -> str:
    name = str(line["ancestors"][0])
    return f"projects/{PROJECT}" if name == f"projects/{NUMBER}" else name


@cache
def _key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def credentials(folder: Path, url: str, **more: Any) -> Path:
    """A service account's key whose tokens the loopback gives."""
    path = folder / "credentials.json"
    told = {
        "type": "service_account",
        "client_email": f"auditor@{PROJECT}.iam.gserviceaccount.com",
        "private_key": _key(),
        "private_key_id": "1",
        "token_uri": f"{url}/token",
        "project_id": PROJECT,
        **more,
    }
    path.write_text(json.dumps(told))
    return path
