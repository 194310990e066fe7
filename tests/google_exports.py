"""Small organisations on Google Cloud, written by hand in the form of Cloud Asset Inventory's exports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weightguard import api

ORGANISATION, FOLDER = "organizations/900", "folders/800"
NUMBER, PROJECT = "700", "lab"
_ABOVE = [f"projects/{NUMBER}", FOLDER, ORGANISATION]
_RM, _IAM, _GCS = "cloudresourcemanager.googleapis.com", "iam.googleapis.com", "storage.googleapis.com"
ADA, EVE = "user:ada@lab.example", "user:eve@lab.example"
BUCKET = "gs://weights"


def binding(role: str, *members: str, condition: str | None = None) -> dict[str, Any]:
    """A binding of an allow policy."""
    found: dict[str, Any] = {"role": role, "members": list(members)}
    return found if condition is None else {**found, "condition": {"title": "c", "expression": condition}}


def asset(name: str, kind: str, above: Iterable[str], **content: Any) -> dict[str, Any]:
    """One line of an export."""
    return {"name": name, "asset_type": kind, "ancestors": list(above), **content}


def resource(
    name: str, kind: str, above: Iterable[str], data: Mapping[str, Any], location: str = "global"
) -> dict[str, Any]:
    """A line of resource content."""
    return asset(name, kind, above, resource={"version": "v1", "data": dict(data), "location": location})


@dataclass
class Lab:
    """An organisation with a folder, a project and one bucket in it; whatever else is added, line by line.

    Attributes:
        policies: resource name -> bindings; what is not named has a policy without any.
        bucket: more of the bucket's own settings.
    """

    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    bucket: dict[str, Any] = field(default_factory=dict)
    more: list[dict[str, Any]] = field(default_factory=list)
    beside: list[dict[str, Any]] = field(default_factory=list)
    without: frozenset[str] = frozenset()

    organisation = f"//{_RM}/{ORGANISATION}"
    folder = f"//{_RM}/{FOLDER}"
    project = f"//{_RM}/projects/{NUMBER}"
    store = f"//{_GCS}/weights"

    def allow(self, name: str, *bindings: dict[str, Any]) -> Lab:
        """Add bindings to a resource's policy."""
        self.policies.setdefault(name, []).extend(bindings)
        return self

    def add(self, *lines: dict[str, Any]) -> Lab:
        """Add lines to the export."""
        self.more.extend(lines)
        return self

    def beside_it(self, *lines: dict[str, Any]) -> Lab:
        """Add groups and policies that no inventory holds."""
        self.beside.extend(lines)
        return self

    def account(self, name: str, *bindings: dict[str, Any], project: str = PROJECT, **more: Any) -> str:
        """Add a service account with a policy; returns it as IAM writes it."""
        email = f"{name}@{project}.iam.gserviceaccount.com"
        full = f"//{_IAM}/projects/{project}/serviceAccounts/{name}-id"
        data = {
            "name": f"projects/{project}/serviceAccounts/{email}",
            "email": email,
            "uniqueId": f"{name}-id",
            **more,
        }
        self.add(resource(full, f"{_IAM}/ServiceAccount", _ABOVE, data))
        if bindings:
            self.allow(full, *bindings)
            self.add(
                asset(full, f"{_IAM}/ServiceAccount", _ABOVE, iam_policy={"bindings": self.policies[full]})
            )
        return f"serviceAccount:{email}"

    def role(self, name: str, *permissions: str, on: str = f"projects/{PROJECT}", **more: Any) -> str:
        """Add a custom role; returns its name."""
        role = f"{on}/roles/{name}"
        data = {"name": role, "title": name, "includedPermissions": list(permissions), "stage": "GA", **more}
        self.add(
            resource(
                f"//{_IAM}/{role}",
                f"{_IAM}/Role",
                _ABOVE if on.startswith("projects") else [ORGANISATION],
                data,
            )
        )
        return role

    def of_project(
        self, path: str, kind: str, data: Mapping[str, Any], location: str = "europe-west4"
    ) -> str:
        """Add a resource of the project; returns its full name."""
        service = kind.partition("/")[0]
        name = f"//{service}/projects/{PROJECT}/{path}"
        self.add(resource(name, kind, _ABOVE, data, location))
        return name

    def lines(self) -> list[dict[str, Any]]:
        """The export."""
        settings = {
            "name": "weights",
            "projectNumber": NUMBER,
            "location": "EUROPE-WEST4",
            "timeCreated": "2026-01-01T00:00:00Z",
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": True},
                "publicAccessPrevention": "inherited",
            },
            **self.bucket,
        }
        found = [
            resource(
                self.organisation,
                f"{_RM}/Organization",
                [ORGANISATION],
                {"name": ORGANISATION, "displayName": "lab.example"},
            ),
            resource(
                self.folder, f"{_RM}/Folder", [FOLDER, ORGANISATION], {"name": FOLDER, "parent": ORGANISATION}
            ),
            resource(
                self.project,
                f"{_RM}/Project",
                _ABOVE,
                {
                    "projectId": PROJECT,
                    "projectNumber": NUMBER,
                    "lifecycleState": "ACTIVE",
                    "parent": {"type": "folder", "id": "800"},
                },
            ),
            resource(self.store, f"{_GCS}/Bucket", _ABOVE, settings, "europe-west4"),
            asset(
                self.organisation,
                f"{_RM}/Organization",
                [ORGANISATION],
                iam_policy=self._policy(self.organisation),
            ),
            asset(self.folder, f"{_RM}/Folder", [FOLDER, ORGANISATION], iam_policy=self._policy(self.folder)),
            asset(self.project, f"{_RM}/Project", _ABOVE, iam_policy=self._policy(self.project)),
            asset(self.store, f"{_GCS}/Bucket", _ABOVE, iam_policy=self._policy(self.store)),
        ]
        return [one for one in (*found, *self.more) if one["name"] not in self.without]

    def _policy(self, name: str) -> dict[str, Any]:
        return {"version": 3, "etag": "BwY=", "bindings": self.policies.get(name, [])}

    def write(self, folder: Path) -> list[Path]:
        """The export as files."""
        files = [("assets.jsonl", self.lines()), ("beside.jsonl", self.beside)]
        return [written(folder / name, rows) for name, rows in files if rows]

    def evidence(self, folder: Path) -> api.Evidence:
        """The snapshot of the export, opened."""
        api.collect_assets(folder / "snapshot", self.write(folder))
        return api.load(folder / "snapshot")


def written(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Lines of JSON as a file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def denial(on: str, name: str, *denied: str, permissions: Iterable[str], **more: Any) -> dict[str, Any]:
    """A deny policy with one rule."""
    attached = f"{_RM}/{on}".replace("/", "%2F")
    rule = {"deniedPrincipals": list(denied), "deniedPermissions": list(permissions), **more}
    return {
        "name": f"policies/{attached}/denypolicies/{name}",
        "kind": "DenyPolicy",
        "rules": [{"denyRule": rule}],
    }
