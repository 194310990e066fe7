"""A seeded generator of one organisation on Google Cloud whose bindings all differ, as an asset export gives it.

All resources have policies of about as many bindings; each gives a role to one to three of many people, groups and accounts, one
in twelve under a condition. Groups hold people and groups. A tenth of the roles are a customer's own. Few may do much; a deny
policy stands on one folder in five.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

_RM, _IAM, _GCS = "cloudresourcemanager.googleapis.com", "iam.googleapis.com", "storage.googleapis.com"
_ORGANISATION = "organizations/900000000001"
_OF_STORES = (
    ("roles/storage.objectViewer", 20), ("roles/storage.objectCreator", 10), ("roles/storage.objectUser", 6),
    ("roles/storage.objectAdmin", 4),
    ("roles/storage.admin", 2), ("roles/storage.legacyBucketReader", 8), ("roles/storage.insightsCollectorService", 4),
)  # fmt: skip
_OF_ACCOUNTS = (
    ("roles/iam.serviceAccountViewer", 200), ("roles/iam.serviceAccountUser", 9), ("roles/iam.serviceAccountTokenCreator", 5),
    ("roles/iam.workloadIdentityUser", 4), ("roles/iam.serviceAccountKeyAdmin", 1),
)  # fmt: skip
_OF_PROJECTS = (
    ("roles/viewer", 40), ("roles/logging.viewer", 40), ("roles/monitoring.viewer", 40), ("roles/bigquery.dataViewer", 40),
    ("roles/compute.viewer", 40), ("roles/run.developer", 6), ("roles/storage.objectViewer", 3), ("roles/pubsub.editor", 9),
    ("roles/compute.instanceAdmin.v1", 4), ("roles/resourcemanager.projectIamAdmin", 1), ("roles/editor", 1), ("roles/owner", 1),
)  # fmt: skip
_OF_OTHERS = {
    "secrets": (
        "secretmanager.googleapis.com/Secret", (("roles/secretmanager.secretAccessor", 6), ("roles/secretmanager.viewer", 4)),
    ),
    "topics": ("pubsub.googleapis.com/Topic", (("roles/pubsub.publisher", 6), ("roles/pubsub.viewer", 4))),
    "repositories": (
        "artifactregistry.googleapis.com/Repository", (("roles/artifactregistry.reader", 6), ("roles/artifactregistry.writer", 2)),
    ),
}  # fmt: skip
_OWN = (
    ("storage.objects.get", "storage.objects.list"), ("storage.buckets.get", "logging.logs.list"), ("pubsub.topics.publish",),
    ("iam.serviceAccounts.actAs", "run.services.create"), ("storage.objects.create",), ("secretmanager.versions.access",),
)  # fmt: skip


class Organisation:
    """One organisation.

    Args:
        bindings: over all resources together.
        resources: on which they lie, buckets among them.
        stores: buckets.
    """

    def __init__(self, bindings: int, resources: int, stores: int, seed: int = 1) -> None:
        self._random = Random(seed)
        self.projects = [f"project-{number}" for number in range(max(3, resources // 20))]
        self._folders = [
            f"folders/{800_000_000_000 + number}" for number in range(max(2, len(self.projects) // 10))
        ]
        self.stores = [f"gs://bucket-{number}" for number in range(stores)]
        rest = resources - stores - len(self.projects) - len(self._folders) - 1
        self._accounts = [self._account(number) for number in range(rest * 2 // 5)]
        self._others = [
            (number, list(_OF_OTHERS)[number % len(_OF_OTHERS)])
            for number in range(rest - len(self._accounts))
        ]
        self._users = [f"user:u{number}@lab.example" for number in range(max(20, bindings // 4))]
        self._groups = [f"group:g{number}@lab.example" for number in range(max(4, bindings // 60))]
        self._roles = [
            f"projects/{self._random.choice(self.projects)}/roles/own{number}"
            for number in range(max(4, bindings // 400))
        ]
        self._bindings = bindings

    def write(self, folder: Path) -> list[Path]:
        """The export as files."""
        policies = list(self._policies())
        found = []
        for name, rows in (
            ("resources", self._resources()), ("policies", policies), ("groups", self._memberships()), ("denials", self._denials()),
        ):  # fmt: skip
            found.append(folder / f"{name}.jsonl")
            found[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return found

    # What there is

    def _account(self, number: int) -> str:
        return f"robot-{number}@{self.projects[number % len(self.projects)]}.iam.gserviceaccount.com"

    def above(self, project: str) -> list[str]:
        number = self.projects.index(project)
        return [
            f"projects/{700_000_000_000 + number}",
            self._folders[number % len(self._folders)],
            _ORGANISATION,
        ]

    def _resources(self) -> Iterator[dict[str, Any]]:
        organisation = {"name": _ORGANISATION, "displayName": "lab.example"}
        yield _asset(f"//{_RM}/{_ORGANISATION}", f"{_RM}/Organization", [_ORGANISATION], data=organisation)
        for folder in self._folders:
            data = {"name": folder, "parent": _ORGANISATION}
            yield _asset(f"//{_RM}/{folder}", f"{_RM}/Folder", [folder, _ORGANISATION], data=data)
        for project in self.projects:
            above = self.above(project)
            parent = {"type": "folder", "id": above[1].rpartition("/")[2]}
            data = {
                "projectId": project,
                "projectNumber": above[0].rpartition("/")[2],
                "lifecycleState": "ACTIVE",
                "parent": parent,
            }
            yield _asset(f"//{_RM}/{above[0]}", f"{_RM}/Project", above, data=data)
        for name, kind, project, data in self._things():
            yield _asset(name, kind, self.above(project), data=data)
        for role in self._roles:
            data = {"name": role, "stage": "GA", "includedPermissions": list(self._random.choice(_OWN))}
            yield _asset(f"//{_IAM}/{role}", f"{_IAM}/Role", self.above(role.split("/")[1]), data=data)

    def _things(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Full name, kind, project and settings of what lies in projects."""
        for number, store in enumerate(self.stores):
            project, name = self.projects[number % len(self.projects)], store.removeprefix("gs://")
            uniform = {
                "uniformBucketLevelAccess": {"enabled": number % 10 != 0},
                "publicAccessPrevention": "enforced",
            }
            settings = {
                "name": name,
                "location": "EU",
                "iamConfiguration": uniform,
                "acl": [],
                "defaultObjectAcl": [],
            }
            yield (
                f"//{_GCS}/{name}",
                f"{_GCS}/Bucket",
                project,
                {**settings, "projectNumber": self.above(project)[0].rpartition("/")[2]},
            )
        for number, email in enumerate(self._accounts):
            project = email.partition("@")[2].partition(".")[0]
            data = {
                "name": f"projects/{project}/serviceAccounts/{email}",
                "email": email,
                "uniqueId": str(number),
            }
            yield (
                f"//{_IAM}/projects/{project}/serviceAccounts/{number}",
                f"{_IAM}/ServiceAccount",
                project,
                data,
            )
        for number, part in self._others:
            project, kind = self.projects[number % len(self.projects)], _OF_OTHERS[part][0]
            where = "" if part != "repositories" else "locations/europe-west4/"
            path = f"projects/{project}/{where}{part}/{part}-{number}"
            yield f"//{kind.partition('/')[0]}/{path}", kind, project, {"name": path}

    # Who may do what

    def _policies(self) -> Iterator[dict[str, Any]]:
        places: list[tuple[str, str, list[str], tuple[tuple[str, int], ...]]] = [
            (f"//{_RM}/{_ORGANISATION}", f"{_RM}/Organization", [_ORGANISATION], _OF_PROJECTS[:5])
        ]
        places += [
            (f"//{_RM}/{folder}", f"{_RM}/Folder", [folder, _ORGANISATION], _OF_PROJECTS[:8])
            for folder in self._folders
        ]
        places += [
            (f"//{_RM}/{self.above(one)[0]}", f"{_RM}/Project", self.above(one), _OF_PROJECTS)
            for one in self.projects
        ]
        for name, kind, project, _ in self._things():
            part = next((rows for _, (of, rows) in _OF_OTHERS.items() if of == kind), None)
            roles = (
                _OF_STORES
                if kind.endswith("/Bucket")
                else _OF_ACCOUNTS
                if kind.endswith("ServiceAccount")
                else part or ()
            )
            places.append((name, kind, self.above(project), roles))
        each, more = divmod(self._bindings, len(places))
        for number, (name, kind, above, roles) in enumerate(places):
            rows = [self._binding(roles) for _ in range(each + (number < more))]
            yield _asset(name, kind, above, policy={"version": 3, "bindings": rows})

    def _binding(self, roles: tuple[tuple[str, int], ...]) -> dict[str, Any]:
        random = self._random
        role = random.choices([name for name, _ in roles], [weight for _, weight in roles])[0]
        found: dict[str, Any] = {
            "role": role if random.random() < 0.9 else random.choice(self._roles),
            "members": self._members(),
        }
        if random.random() < 0.08:
            number = random.randrange(40)
            expression = random.choice((
                f'resource.name.startsWith("projects/_/buckets/bucket-{number}/objects/part-{number % 7}/")',
                f'request.time < timestamp("20{27 + number % 9}-01-01T00:00:00Z")',
                'resource.type == "storage.googleapis.com/Object"',
            ))  # fmt: skip
            found["condition"] = {"title": f"c{number}", "expression": expression}
        return found

    def _members(self) -> list[str]:
        random = self._random
        kinds = random.choices(
            (self._users, self._groups, [f"serviceAccount:{one}" for one in self._accounts]),
            (6, 2, 3),
            k=random.randint(1, 3),
        )
        return sorted({random.choice(kind) for kind in kinds})

    def _memberships(self) -> Iterator[dict[str, Any]]:
        for number, group in enumerate(self._groups):
            held = self._random.sample(self._users, min(len(self._users), self._random.randint(2, 12)))
            inner = [self._groups[number + 1]] if number % 9 == 0 and number + 1 < len(self._groups) else []
            yield {"group": group.removeprefix("group:"), "members": [*held, *inner]}

    def _denials(self) -> Iterator[dict[str, Any]]:
        for number, folder in enumerate(self._folders):
            if number % 5 == 0:
                attached = f"{_RM}/{folder}".replace("/", "%2F")
                rule = {
                    "deniedPrincipals": ["principalSet://goog/public:all"],
                    "exceptionPrincipals": [
                        f"principalSet://goog/group/{one.removeprefix('group:')}" for one in self._groups[:40]
                    ],
                    "deniedPermissions": ["storage.googleapis.com/objects.get"],
                }
                yield {
                    "name": f"policies/{attached}/denypolicies/keep-{number}",
                    "kind": "DenyPolicy",
                    "rules": [{"denyRule": rule}],
                }


def _asset(
    name: str,
    kind: str,
    above: list[str],
    data: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "asset_type": kind, "ancestors": above}
    if data is not None:
        found["resource"] = {"version": "v1", "data": data, "location": "global"}
    if policy is not None:
        found["iam_policy"] = policy
    return found
