"""`weightguard scan gcp` over HTTP, against answers and requests that Google's own descriptions check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import emulators
from google_cloud import OFF, Cloud
from google_exports import ADA, FOLDER, ORGANISATION, PROJECT, Lab, binding, denial
from google_lab import cloud, credentials
from weightguard import api
from weightguard.assess.status import exit_status
from weightguard.demo.gcp.server import error, serving
from weightguard.errors import CredentialsError, InputError
from weightguard.estate.fact import Known, Unknown
from weightguard.snapshot import Snapshot
from weightguard.sources import GcpSource

pytestmark = pytest.mark.wire
READER = "roles/storage.objectViewer"
ENG = "group:eng@lab.example"
BUCKET = "gs://weights"
MODEL = "m/model.safetensors"
HELD = {
    "weights": {
        "README.md": b"What this bucket holds, in words that say nothing of weights.\n",
        "m/model.safetensors": emulators.safetensors(),
        "m/notes #1?.txt": b"a name that a URL would cut\n",
        "old/renamed.bin": emulators.safetensors(),
    }
}


def lab() -> Lab:
    """A bucket that a group reads; an account that may be acted as; a role of the project's own."""
    found = Lab()
    found.allow(found.store, binding(READER, ENG))
    found.allow(found.organisation, binding("roles/iam.securityReviewer", "user:audit@lab.example"))
    found.account("train", binding("roles/iam.serviceAccountTokenCreator", ADA))
    found.role("reads", "storage.objects.get")
    return found


@pytest.fixture
def world() -> Iterator[Cloud]:
    found = cloud(lab(), HELD)
    found.answers |= {
        "/v1/groups:lookup?groupKey.id=eng@lab.example": {"name": "groups/1"},
        "/v1/groups:lookup?groupKey.id=inner@lab.example": {"name": "groups/2"},
        "/v1/groups/1/memberships": [
            _membership("groups/1", "bob@lab.example", "USER"),
            _membership("groups/1", "inner@lab.example", "GROUP"),
        ],
        "/v1/groups/2/memberships": [
            _membership("groups/2", "bot@lab.iam.gserviceaccount.com", "SERVICE_ACCOUNT")
        ],
    }
    yield found
    assert not found.odd, found.odd


def _membership(group: str, id: str, kind: str) -> dict[str, Any]:
    return {"name": f"{group}/memberships/{id}", "preferredMemberKey": {"id": id}, "type": kind}


@pytest.fixture
def url(world: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("weightguard.collect.gcp.transport.time.sleep", lambda seconds: None)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with serving(world) as at:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials(tmp_path, at)))
        yield at


def scanned(folder: Path, url: str, **settings: Any) -> api.Evidence:
    """The snapshot of a scan, opened; of the whole organisation where nothing else is asked for."""
    asked = settings or {"organization": ORGANISATION.partition("/")[2]}
    api.collect(folder / "snapshot", {"gcp": GcpSource(endpoint_url=url, **asked)})
    return api.load(folder / "snapshot")


def broken(snapshot: Snapshot) -> set[tuple[str, str, str | None]]:
    """What did not answer: scope, operation, code."""
    return {
        (call.scope, f"{call.service}:{call.operation}", call.code)
        for call in snapshot.calls()
        if call.outcome not in ("ok", "absent")
    }


def readers(evidence: api.Evidence, access: Any = "read") -> dict[str, bool]:
    """Who may, and whether directly."""
    return {one.principal: one.direct for one in api.who_can(evidence, access, BUCKET).answers}


def test_an_organisation_is_read(world: Cloud, url: str, tmp_path: Path) -> None:
    evidence = scanned(tmp_path, url)
    assert not broken(evidence.snapshots[0])
    answer = api.who_can(evidence, "read", BUCKET)
    assert answer.complete
    assert readers(evidence) == {
        "user:bob@lab.example": True,
        "serviceAccount:bot@lab.iam.gserviceaccount.com": True,
    }
    (found,) = [one for one in evidence.estate.weight_sets if one.prefix == MODEL]
    assert (found.format, found.bytes) == ("safetensors", len(emulators.safetensors()))
    rows = {row["key"]: row for batch in evidence.snapshots[0].objects() for row in batch.to_pylist()}
    assert rows.keys() == HELD["weights"].keys()
    assert rows["old/renamed.bin"]["format"] == "safetensors"
    assert world.count("storage.objects.get") == len(HELD["weights"])
    assert world.count("cloudasset.assets.list") > 4, "listings were paged"
    report = api.assess(evidence)
    assert report.coverage.ratio == 1.0
    assert [one.state for one in report.coverage.accounts] == ["read"]


def test_a_project_is_read_with_what_the_containers_above_hand_down(
    world: Cloud, url: str, tmp_path: Path
) -> None:
    above = [ORGANISATION, FOLDER]
    world.answers[f"/v3/{FOLDER}:getIamPolicy"] = {
        "etag": "x",
        "bindings": [binding(READER, "user:eve@lab.example")],
    }
    policies = (
        f"policies/cloudresourcemanager.googleapis.com%2F{ORGANISATION.replace('/', '%2F')}/denypolicies"
    )
    denied = denial(
        ORGANISATION,
        "no",
        "principal://goog/subject/bob@lab.example",
        permissions=["storage.googleapis.com/objects.get"],
    )
    world.answers[f"/v2/{_decoded(policies)}"] = [{"name": denied["name"], "kind": "DenyPolicy"}]
    world.answers[f"/v2/{_decoded(denied['name'])}"] = denied
    evidence = scanned(tmp_path, url, projects=(PROJECT,))
    assert not broken(evidence.snapshots[0])
    assert readers(evidence) == {
        "user:eve@lab.example": True,
        "serviceAccount:bot@lab.iam.gserviceaccount.com": True,
    }
    assert api.who_can(evidence, "read", BUCKET).complete
    assert {one.id for one in evidence.estate.containers} >= set(above)


def test_whom_a_deny_policy_spares_is_looked_up(world: Cloud, url: str, tmp_path: Path) -> None:
    """The exception is for a group that no allow policy names."""
    denied = denial(
        ORGANISATION,
        "no",
        "principalSet://goog/public:all",
        permissions=["storage.googleapis.com/objects.get"],
        exceptionPrincipals=["principalSet://goog/group/sealed@lab.example"],
    )
    listed = f"policies/cloudresourcemanager.googleapis.com/{ORGANISATION}/denypolicies"
    world.answers |= {
        f"/v2/{listed}": [{"name": denied["name"], "kind": "DenyPolicy"}],
        f"/v2/{_decoded(denied['name'])}": denied,
        "/v1/groups:lookup?groupKey.id=sealed@lab.example": {"name": "groups/3"},
        "/v1/groups/3/memberships": [_membership("groups/3", "bob@lab.example", "USER")],
    }
    evidence = scanned(tmp_path, url)
    assert not broken(evidence.snapshots[0])
    assert readers(evidence) == {"user:bob@lab.example": True}
    assert api.who_can(evidence, "read", BUCKET).complete


def _decoded(name: str) -> str:
    return name.replace("%2F", "/")


def test_one_estate_through_two_doors(world: Cloud, url: str, tmp_path: Path) -> None:
    """What an export and a scan both tell is told alike: the same stores, principals, roles, containers, with the same facts."""
    made = lab().beside_it(
        {"group": "eng@lab.example", "members": ["user:bob@lab.example", "group:inner@lab.example"]},
        {"group": "inner@lab.example", "members": ["serviceAccount:bot@lab.iam.gserviceaccount.com"]},
    )
    file = made.evidence(tmp_path / _made(tmp_path, "file")).estate
    wire = scanned(tmp_path / _made(tmp_path, "wire"), url).estate
    for name in ("accounts", "containers", "principals", "role_definitions", "keys", "workloads"):
        assert [one.id for one in getattr(file, name)] == [one.id for one in getattr(wire, name)], name
    (one,), (other,) = file.stores, wire.stores
    for name in ("policy", "object_lists", "encryption", "versioning", "retention", "tags", "networks"):
        assert getattr(one, name).value == getattr(other, name).value, name


def _made(folder: Path, name: str) -> str:
    (folder / name).mkdir()
    return name


def test_a_project_whose_apis_are_off_says_so_once_each(world: Cloud, url: str, tmp_path: Path) -> None:
    world.deny("storage.*", body=OFF)
    evidence = scanned(tmp_path, url)
    assert broken(evidence.snapshots[0]) == {("gcp/lab", "storage:ListBuckets", "SERVICE_DISABLED")}
    report = api.assess(evidence)
    assert (
        len([gap for gap in report.coverage.gaps if gap.service == "storage" and gap.reason == "denied"]) == 1
    )


def test_without_an_inventory_projects_are_asked_themselves(world: Cloud, url: str, tmp_path: Path) -> None:
    world.deny("cloudasset.*")
    account = {
        "name": f"projects/{PROJECT}/serviceAccounts/bot@lab.iam.gserviceaccount.com",
        "email": "bot@lab.iam.gserviceaccount.com",
        "uniqueId": "7",
    }
    world.answers[f"/v1/projects/{PROJECT}/serviceAccounts"] = [account]
    world.answers[f"/v1/{account['name']}:getIamPolicy"] = {
        "etag": "x",
        "bindings": [binding("roles/iam.serviceAccountTokenCreator", ADA)],
    }
    evidence = scanned(tmp_path, url)
    assert {call for _, call, _ in broken(evidence.snapshots[0])} == {
        f"cloudasset:ListAssets/{content}"
        for content in ("RESOURCE", "IAM_POLICY", "ORG_POLICY", "ACCESS_POLICY")
    }
    found = readers(evidence)
    assert found == {
        "user:bob@lab.example": True,
        "serviceAccount:bot@lab.iam.gserviceaccount.com": True,
        ADA: False,
    }
    assert not api.who_can(evidence, "read", BUCKET).complete
    assert {one.prefix for one in evidence.estate.weight_sets} == {MODEL, "old/renamed.bin"}
    assert evidence.estate.stores.complete
    assert not evidence.estate.workloads.complete


def test_what_is_too_often_or_breaks_is_asked_again(world: Cloud, url: str, tmp_path: Path) -> None:
    world.deny(
        "storage.buckets.list",
        status=429,
        body=error(429, "RESOURCE_EXHAUSTED"),
        headers={"Retry-After": "1"},
        times=2,
    )
    world.deny("cloudasset.assets.list", status=503, body=b"<html>", times=3)
    evidence = scanned(tmp_path, url)
    assert not broken(evidence.snapshots[0])
    attempts = [call.attempts for call in evidence.snapshots[0].calls() if call.operation == "ListBuckets"]
    assert attempts == [3]


def test_an_answer_that_is_cut_or_no_answer_is_a_gap(world: Cloud, url: str, tmp_path: Path) -> None:
    world.deny("storage.objects.list", status=200, body=b'{"kind": "storage#objects", "items": [{"na')
    world.deny("storage.projects.hmacKeys.list", status=200, body=b"<html>sign in</html>")
    evidence = scanned(tmp_path, url)
    assert {code for _, _, code in broken(evidence.snapshots[0])} == {"Malformed"}
    assert not isinstance(evidence.estate.stores.items[0].contents, Known)


def test_deleted_and_older_versions_have_a_row(world: Cloud, url: str, tmp_path: Path) -> None:
    older = {
        "name": "gone.safetensors",
        "size": "900",
        "generation": "1",
        "timeDeleted": "2026-02-01T00:00:00Z",
    }
    world.listed["weights"] = [older, older | {"name": "m/model.safetensors", "size": "5"}]
    world.listed["soft weights"] = [
        {
            "name": "soft.safetensors",
            "size": "800",
            "generation": "1",
            "softDeleteTime": "2026-02-01T00:00:00Z",
        }
    ]
    world.answers[f"/storage/v1/b?project={PROJECT}"][0]["softDeletePolicy"] = {
        "retentionDurationSeconds": "604800"
    }
    evidence = scanned(tmp_path, url)
    rows = {row["key"]: row for batch in evidence.snapshots[0].objects() for row in batch.to_pylist()}
    assert {key for key, row in rows.items() if row["examined"] == "old_version"} == {
        "gone.safetensors",
        "soft.safetensors",
    }
    assert rows["m/model.safetensors"]["bytes"] == len(emulators.safetensors())


def test_what_is_deleted_meanwhile_is_no_gap_and_what_is_not_found_is_not_read(
    world: Cloud, url: str, tmp_path: Path
) -> None:
    world.listed["weights"] = [{"name": "gone.bin", "size": "900", "generation": "1"}]
    world.deny(
        "storage.objects.get", about="renamed", status=404, body=b"No such object: weights/old/renamed.bin"
    )
    world.gone.add("gone.bin")
    evidence = scanned(tmp_path, url)
    rows = {
        row["key"]: row["examined"] for batch in evidence.snapshots[0].objects() for row in batch.to_pylist()
    }
    assert "gone.bin" not in rows
    assert rows["old/renamed.bin"] == "failed"
    assert not broken(evidence.snapshots[0])


def test_a_page_that_is_not_google_s_says_nothing_of_a_policy(world: Cloud, url: str, tmp_path: Path) -> None:
    world.deny("cloudasset.*")
    world.deny("storage.buckets.getIamPolicy", status=404, body=b"<html>not here</html>")
    evidence = scanned(tmp_path, url)
    assert isinstance(evidence.estate.stores.items[0].policy, Unknown)
    assert not api.who_can(evidence, "read", BUCKET).complete


def test_a_bucket_costs_few_calls_beside_its_objects(world: Cloud, url: str, tmp_path: Path) -> None:
    name = "//storage.googleapis.com/other"
    more = {
        "name": "other",
        "projectNumber": "700",
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
    }
    world.answers[f"/storage/v1/b?project={PROJECT}"].append(more)
    world.answers["/v1/organizations/900/assets?contentType=RESOURCE"].append(
        {
            "name": name,
            "assetType": "storage.googleapis.com/Bucket",
            "ancestors": ["projects/700"],
            "resource": {"data": more},
        }
    )
    scanned(tmp_path, url)
    about = [id for id, target in world.asked if "/b/other" in target]
    assert sorted(about) == [
        "storage.buckets.getIamPolicy",
        "storage.managedFolders.list",
        "storage.objects.list",
    ]


def test_a_managed_folder_lets_in(world: Cloud, url: str, tmp_path: Path) -> None:
    world.answers["/storage/v1/b/weights/managedFolders"] = [{"name": "m/", "bucket": "weights"}]
    world.answers["/storage/v1/b/weights/managedFolders/m//iam"] = {
        "etag": "x", "bindings": [binding(READER, "user:eve@lab.example")],
    }  # fmt: skip
    evidence = scanned(tmp_path, url)
    assert "user:eve@lab.example" in readers(evidence)
    world.deny("storage.managedFolders.getIamPolicy")
    (tmp_path / "again").mkdir()
    refused = scanned(tmp_path / "again", url)
    assert not api.who_can(refused, "read", BUCKET).complete


def test_hmac_keys_are_credentials(world: Cloud, url: str, tmp_path: Path) -> None:
    key = {
        "accessId": "GOOG1E",
        "serviceAccountEmail": f"train@{PROJECT}.iam.gserviceaccount.com",
        "state": "ACTIVE",
    }
    world.answers[f"/storage/v1/projects/{PROJECT}/hmacKeys"] = [key]
    evidence = scanned(tmp_path, url)
    (account,) = [one for one in evidence.estate.principals if one.id.startswith("serviceAccount:train@")]
    assert [one.id for one in account.credentials.value] == ["GOOG1E"]


# Getting in


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"projects": ("nothing-here",)},
            "there is no project 'nothing-here', or these credentials may read nothing of it",
        ),
        ({"organization": "404"}, "there is no organization '404'"),
    ],
)
def test_what_does_not_exist_is_one_line(
    world: Cloud, url: str, tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    world.deny("cloudresourcemanager.*", about="nothing-here")
    world.deny("cloudresourcemanager.*", body=error(404, "NOT_FOUND"), status=404, about="404")
    with pytest.raises(InputError, match=words):
        scanned(tmp_path, url, **settings)
    assert not (tmp_path / "snapshot").exists()


def test_one_project_of_two_that_answers_nothing_is_said(world: Cloud, url: str, tmp_path: Path) -> None:
    world.deny("cloudresourcemanager.*", "cloudasset.*", "storage.*", "iam.*", "orgpolicy.*", about="closed")
    evidence = scanned(tmp_path, url, projects=(PROJECT, "closed"))
    report = api.assess(evidence)
    assert "gcp/closed" in evidence.snapshots[0].scopes
    assert {gap.scope for gap in report.coverage.gaps if gap.reason == "denied"} == {"gcp/closed"}
    assert exit_status(report) in (3, 4)


def test_credentials_that_are_not_taken_are_one_line(
    world: Cloud, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.expired = True
    with pytest.raises(CredentialsError, match="does not accept the credentials"):
        scanned(tmp_path, url)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "no such file"))
    with pytest.raises(CredentialsError, match="credentials cannot be used"):
        scanned(tmp_path, url)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(CredentialsError, match="no Google Cloud credentials were found"):
        scanned(tmp_path, url)


def test_credentials_that_end_meanwhile_leave_a_scan_that_resumes(
    world: Cloud, url: str, tmp_path: Path
) -> None:
    world.deny("storage.objects.list", status=401, body=error(401, "UNAUTHENTICATED"), times=3)
    with pytest.raises(CredentialsError):
        scanned(tmp_path, url)
    listed = world.count("storage.projects.hmacKeys.list")
    evidence = scanned(tmp_path, url)
    assert not broken(evidence.snapshots[0])
    assert world.count("storage.projects.hmacKeys.list") <= listed + 1
    assert "user:bob@lab.example" in readers(evidence)


def test_an_account_may_be_acted_as(world: Cloud, url: str, tmp_path: Path) -> None:
    scanned(
        tmp_path,
        url,
        projects=(PROJECT,),
        impersonate="reader@lab.iam.gserviceaccount.com",
        quota_project="billing",
    )
    assert (
        "generateAccessToken",
        "/v1/projects/-/serviceAccounts/reader@lab.iam.gserviceaccount.com:generateAccessToken",
    ) in world.asked
    assert {headers.get("x-goog-user-project") for headers in world.headers} == {"billing"}
    (tmp_path / "again").mkdir()
    with pytest.raises(CredentialsError, match="cannot be acted as"):
        scanned(
            tmp_path / "again", url, projects=(PROJECT,), impersonate="forbidden@lab.iam.gserviceaccount.com"
        )


def test_a_workload_s_federation_is_a_way_in(
    world: Cloud, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    (tmp_path / "word").write_text("a-word-of-the-issuer")
    federated = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{url}/sts",
        "credential_source": {"file": str(tmp_path / "word")},
    }
    (tmp_path / "federated.json").write_text(json.dumps(federated))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "federated.json"))
    assert not broken(scanned(tmp_path, url, projects=(PROJECT,)).snapshots[0])
    (tmp_path / "word").write_text("another's word")
    (tmp_path / "again").mkdir()
    with pytest.raises(CredentialsError, match="no token is given"):
        scanned(tmp_path / "again", url, projects=(PROJECT,))


def test_doctor_tries_a_few_reads(world: Cloud, url: str) -> None:
    from weightguard.collect.providers import package

    world.deny("orgpolicy.*")
    found = package("gcp")
    entry = found.connect(found.options(GcpSource(endpoint_url=url, projects=(PROJECT,))))
    assert entry.place == f"project {PROJECT} as auditor@lab.iam.gserviceaccount.com"
    tried = {one.operation.id: one.answer.outcome for one in found.probe(entry)}
    assert tried["orgpolicy:ListPolicies"] == "denied"
    assert {outcome for id, outcome in tried.items() if id != "orgpolicy:ListPolicies"} == {"ok"}
