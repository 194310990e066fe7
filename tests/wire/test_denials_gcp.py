"""What is refused on Google Cloud reaches the verdicts: each declared method refused in turn, from the wire to the exit status.

No failure or unknown may turn to pass, no control may vanish, nobody who may read may go unsaid by an answer that calls itself
complete, the gap names the operation with what to grant, and the run never ends in 0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import emulators
from google_cloud import Cloud
from google_exports import ADA, EVE, FOLDER, NUMBER, ORGANISATION, PROJECT, Lab, binding, denial
from google_lab import cloud, credentials
from weightguard import api
from weightguard.access.model import WhoCan
from weightguard.assess.model import Report
from weightguard.assess.status import exit_status
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.permissions import methods
from weightguard.demo.gcp.server import serving
from weightguard.sources import GcpSource

pytestmark = [pytest.mark.wire, pytest.mark.slow]
BUCKET = "gs://weights"
MALLORY = "principal://goog/subject/mallory@lab.example"
CONTENTS = ("RESOURCE", "IAM_POLICY", "ORG_POLICY", "ACCESS_POLICY")
READER = "roles/storage.objectViewer"
ORDER = ("fail", "unknown", "waived", "pass", "not_applicable")
SCENARIOS: dict[str, dict[str, Any]] = {
    "organization": {"organization": "900"},
    "project": {"projects": (PROJECT,)},
    "direct": {"organization": "900"},
}
"""``direct``: without an inventory."""
KEEPS_OUT = {
    "iam.policies.listPolicies", "iam.policies.get", "iam.organizations.locations.principalAccessBoundaryPolicies.list",
    "iam.folders.locations.policyBindings.list", "iam.organizations.locations.policyBindings.list",
    "iam.projects.locations.policyBindings.list",
}  # fmt: skip
"""What only forbids: refused, it can hide nobody; whom it keeps out is then named as well."""


def _lab() -> Lab:
    found = Lab(bucket={"softDeletePolicy": {"retentionDurationSeconds": "604800"}})
    found.allow(found.store, binding(READER, "group:eng@lab.example"))
    found.allow(found.project, binding("roles/viewer", EVE))
    found.allow(found.folder, binding(READER, "user:folder@lab.example"))
    found.allow(found.organisation, binding(f"{ORGANISATION}/roles/reads", "user:org@lab.example"))
    found.account("train", binding("roles/iam.serviceAccountTokenCreator", ADA))
    found.allow(
        found.store,
        binding(f"projects/{PROJECT}/roles/reads", "serviceAccount:train@lab.iam.gserviceaccount.com"),
    )
    found.allow(found.store, binding("projects/other/roles/reads", "user:other@lab.example"))
    found.role("reads", "storage.objects.get", "storage.objects.list")
    found.role("reads", "storage.objects.get", "storage.objects.list", on=ORGANISATION)
    return found


def _world() -> Cloud:
    lab = _lab()
    found = cloud(
        lab, {"weights": {"m/model.safetensors": emulators.safetensors(), "README.md": b"words\n" * 9}}
    )
    for line in lab.lines():
        data = line.get("resource", {}).get("data", {})
        if line["asset_type"].endswith("/Role"):
            found.answers.setdefault(f"/v1/{data['name'].partition('/roles/')[0]}/roles", []).append(data)
        if line["asset_type"].endswith("/Role"):
            found.answers[f"/v1/{data['name']}"] = data
        if line["asset_type"].endswith("/ServiceAccount") and data:
            found.answers.setdefault(f"/v1/projects/{PROJECT}/serviceAccounts", []).append(data)
            found.answers[f"/v1/{data['name']}/keys"] = [
                {
                    "name": f"{data['name']}/keys/1",
                    "keyType": "USER_MANAGED",
                    "validAfterTime": "2024-01-01T00:00:00Z",
                }
            ]
            found.answers[f"/v1/{data['name']}:getIamPolicy"] = {
                "etag": "x", "bindings": [binding("roles/iam.serviceAccountTokenCreator", ADA)],
            }  # fmt: skip
    found.answers["/v1/projects/other/roles/reads"] = {
        "name": "projects/other/roles/reads", "title": "reads", "includedPermissions": ["storage.objects.get"],
    }  # fmt: skip
    for on in (f"projects/{PROJECT}", FOLDER, ORGANISATION):
        denied = denial(
            on,
            "no",
            "principal://goog/subject/mallory@lab.example",
            permissions=["storage.googleapis.com/objects.get"],
        )
        attached = denied["name"].replace("%2F", "/")
        found.answers[f"/v2/{attached.rpartition('/')[0]}"] = [{"name": denied["name"], "kind": "DenyPolicy"}]
        found.answers[f"/v2/{attached}"] = denied
    found.answers |= {
        "/v1/groups:lookup?groupKey.id=eng@lab.example": {"name": "groups/1"},
        "/v1/groups/1/memberships": [
            {"name": "groups/1/memberships/1", "preferredMemberKey": {"id": "bob@lab.example"}, "type": "USER"}
        ],
        "/storage/v1/b/weights/managedFolders": [{"name": "m/", "bucket": "weights"}],
        "/storage/v1/b/weights/managedFolders/m//iam": {
            "etag": "x", "bindings": [binding(READER, "user:folder-reader@lab.example")],
        },
        f"/storage/v1/projects/{PROJECT}/hmacKeys": [
            {"accessId": "GOOG1E", "serviceAccountEmail": "train@lab.iam.gserviceaccount.com", "state": "ACTIVE"}
        ],
        f"/v1/accessPolicies?parent={ORGANISATION}": [{"name": "accessPolicies/1", "parent": ORGANISATION}],
        "/v1/accessPolicies/1/servicePerimeters": [
            {
                "name": "accessPolicies/1/servicePerimeters/all", "title": "all", "perimeterType": "PERIMETER_TYPE_REGULAR",
                "status": {"resources": [f"projects/{NUMBER}"], "restrictedServices": ["storage.googleapis.com"]},
            }
        ],
    }  # fmt: skip
    return found


@dataclass(frozen=True)
class Seen:
    """A scan.

    Attributes:
        asked: the methods that it took, by id and what tells two of one id apart.
    """

    report: Report
    readers: WhoCan
    asked: frozenset[str]


def label(method: Method) -> str:
    content = dict(method.query).get("contentType", "")
    return f"{method.id} {content}".strip()


ALL = {label(method): method for method in methods()}


def _scan(folder: Path, scenario: str, refused: str | None = None) -> Seen:
    world = _world()
    if scenario == "direct":
        world.deny("cloudasset.*")
    if refused is not None:
        id, _, content = refused.partition(" ")
        world.deny(id, about=content)
    with serving(world) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_GCE_CHECK", "true")
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials(folder, url)))
        api.collect(folder / "snapshot", {"gcp": GcpSource(endpoint_url=url, **SCENARIOS[scenario])})
    assert not world.odd, world.odd
    evidence = api.load(folder / "snapshot")
    asked = frozenset(f"{id} {_content(target)}".strip() for id, target in world.asked)
    return Seen(api.assess(evidence), api.who_can(evidence, "read", BUCKET), asked)


def _content(target: str) -> str:
    return next((one for one in CONTENTS if f"contentType={one}" in target), "")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    return {name: _scan(tmp_path_factory.mktemp(name), name) for name in SCENARIOS}


def test_every_method_has_its_turn(undisturbed: dict[str, Seen]) -> None:
    assert frozenset().union(*(one.asked for one in undisturbed.values())) == ALL.keys()
    assert undisturbed["organization"].readers.complete
    assert undisturbed["project"].readers.complete
    names = {one.principal for one in undisturbed["organization"].readers.answers}
    assert names == {one.principal for one in undisturbed["project"].readers.answers}
    assert {"user:org@lab.example", "user:other@lab.example"} <= names, "by roles that are told of by name"


def _worst(report: Report) -> dict[str, str]:
    found: dict[str, list[str]] = defaultdict(list)
    for result in report.results:
        found[result.control].append(result.status)
    return {control: min(said, key=ORDER.index) for control, said in found.items()}


@pytest.mark.parametrize("named", sorted(ALL))
def test_what_is_refused_is_missed(named: str, undisturbed: dict[str, Seen], tmp_path: Path) -> None:
    scenario = next(name for name in SCENARIOS if named in undisturbed[name].asked)
    before, after = undisturbed[scenario], _scan(tmp_path, scenario, named)
    was, now = _worst(before.report), _worst(after.report)
    assert was.keys() <= now.keys(), f"vanished: {was.keys() - now.keys()}"
    passing = {(one.control, one.subject) for one in after.report.results if one.status == "pass"}
    turned = {
        (one.control, one.subject) for one in before.report.results if one.status in ("fail", "unknown")
    } & passing
    assert not turned, f"turned to pass: {turned}"
    assert exit_status(after.report, fail_on="low") in (3, 4)
    operation = ALL[named].operation
    gaps = [
        gap
        for gap in after.report.coverage.gaps
        if (gap.service, gap.operation) == (operation.service, operation.name)
    ]
    assert any(gap.reason == "denied" and gap.controls and gap.hides for gap in gaps), gaps
    grants = {one for gap in gaps for one in (gap.grant or "").split(", ")}
    assert set(operation.permissions) <= grants
    held = {one.principal for one in before.readers.answers} - {
        one.principal for one in after.readers.answers
    }
    assert not held or not after.readers.complete, f"unsaid, and called complete: {held}"
    if named in KEEPS_OUT:
        assert not held
