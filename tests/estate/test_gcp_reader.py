"""Google Cloud's records as facts: containers, stores, keys, identities, workloads, perimeters, and what nobody told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from google_exports import ADA, BUCKET, EVE, FOLDER, ORGANISATION, PROJECT, Lab, asset, binding, denial
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import (
    ContainerKind,
    EncryptionKind,
    Estate,
    KeyProtection,
    KeyState,
    PolicyForm,
    PrincipalKind,
    RetentionMode,
)

KEY = f"projects/{PROJECT}/locations/europe-west4/keyRings/r/cryptoKeys/k"


def estate(lab: Lab, folder: Path) -> Estate:
    return lab.evidence(folder).estate


def test_containers_lie_in_one_another_with_their_policies(tmp_path: Path) -> None:
    found = estate(Lab().allow(Lab.folder, binding("roles/viewer", ADA)), tmp_path)
    above = {one.id: one.parent for one in found.containers}
    assert above == {f"projects/{PROJECT}": FOLDER, FOLDER: ORGANISATION, ORGANISATION: None}
    folder = next(one for one in found.containers if one.kind is ContainerKind.FOLDER)
    assert folder.policies.value[0].document["bindings"] == [binding("roles/viewer", ADA)]  # type: ignore[union-attr]


def test_a_folder_that_nobody_exported_is_there_and_not_known(tmp_path: Path) -> None:
    found = estate(Lab(without=frozenset({Lab.folder})), tmp_path)
    folder = next(one for one in found.containers if one.id == FOLDER)
    assert isinstance(folder.policies, Unknown) and folder.policies.reason is Reason.NOT_COLLECTED
    assert folder.parent == ORGANISATION


def test_limits_of_every_form_lie_on_their_containers(tmp_path: Path) -> None:
    lab = Lab()
    org_policy = [
        {
            "constraint": "constraints/iam.disableServiceAccountKeyCreation",
            "boolean_policy": {"enforced": True},
        }
    ]
    lab.add(
        asset(
            Lab.organisation,
            "cloudresourcemanager.googleapis.com/Organization",
            [ORGANISATION],
            org_policy=org_policy,
        )
    )
    boundary = f"{ORGANISATION}/locations/global/principalAccessBoundaryPolicies/p"
    rules = [{"resources": [f"//cloudresourcemanager.googleapis.com/{FOLDER}"], "effect": "ALLOW"}]
    lab.beside_it(
        denial(f"projects/{PROJECT}", "no", ADA, permissions=["storage.googleapis.com/objects.get"]),
        {"name": boundary, "details": {"rules": rules}},
        {
            "name": f"{ORGANISATION}/locations/global/policyBindings/b",
            "policy": boundary,
            "target": {"principalSet": f"//cloudresourcemanager.googleapis.com/{ORGANISATION}"},
        },
    )
    found = estate(lab, tmp_path)
    forms = {one.id: [(limit.form, limit.name) for limit in one.limits.value] for one in found.containers}  # type: ignore[union-attr]
    assert forms[f"projects/{PROJECT}"] == [(PolicyForm.DENY, "no")]
    assert forms[ORGANISATION] == [
        (PolicyForm.CONSTRAINT, "iam.disableServiceAccountKeyCreation"),
        (PolicyForm.BOUNDARY, boundary),
    ]


def test_what_a_bucket_is_set_to(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "encryption": {"defaultKmsKeyName": KEY},
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": "604800"},
        "retentionPolicy": {"retentionPeriod": "864000", "isLocked": True},
        "iamConfiguration": {"publicAccessPrevention": "enforced", "bucketPolicyOnly": {"enabled": True}},
        "ipFilter": {"mode": "Enabled", "publicNetworkSource": {"allowedIpCidrRanges": ["203.0.113.0/24"]}},
    }
    store = next(iter(estate(Lab(bucket=settings), tmp_path).stores))
    assert (store.id, store.account, store.container) == (BUCKET, PROJECT, f"projects/{PROJECT}")
    assert store.encryption.value.kind is EncryptionKind.NAMED and store.encryption.value.key == KEY  # type: ignore[union-attr]
    assert not store.encryption.value.reader_needs_key  # type: ignore[union-attr]
    assert store.versioning.value.on and store.versioning.value.soft_delete_days == 7  # type: ignore[union-attr]
    assert store.retention.value.mode is RetentionMode.COMPLIANCE and store.retention.value.days == 10  # type: ignore[union-attr]
    assert store.public_access.value.blocked and not store.object_lists.value.in_force  # type: ignore[union-attr]
    assert store.networks.value.allowed == ("203.0.113.0/24",)  # type: ignore[union-attr]
    assert isinstance(store.contents, Unknown)


def test_lists_count_where_access_is_not_uniform(tmp_path: Path) -> None:
    lists = {"iamConfiguration": {}, "acl": [{"entity": "allUsers", "role": "READER"}]}
    store = next(iter(estate(Lab(bucket=lists), tmp_path).stores))
    assert store.object_lists.value.in_force  # type: ignore[union-attr]
    assert store.acl.value["acl"] == [{"entity": "allUsers", "role": "READER"}]  # type: ignore[union-attr,index]


def test_prevention_may_come_from_above(tmp_path: Path) -> None:
    lab = Lab()
    policy = [
        {"constraint": "constraints/storage.publicAccessPrevention", "boolean_policy": {"enforced": True}}
    ]
    lab.add(
        asset(
            Lab.folder,
            "cloudresourcemanager.googleapis.com/Folder",
            [FOLDER, ORGANISATION],
            org_policy=policy,
        )
    )
    assert next(iter(estate(lab, tmp_path).stores)).public_access.value.blocked  # type: ignore[union-attr]


def test_keys_with_their_ring(tmp_path: Path) -> None:
    lab = Lab()
    lab.of_project(
        KEY.partition("/cryptoKeys")[0].partition(f"{PROJECT}/")[2], "cloudkms.googleapis.com/KeyRing", {}
    )
    primary = {"name": f"{KEY}/cryptoKeyVersions/1", "state": "DESTROY_SCHEDULED", "protectionLevel": "HSM"}
    data = {
        "name": KEY,
        "purpose": "ENCRYPT_DECRYPT",
        "primary": primary,
        "destroyScheduledDuration": "172800s",
    }
    lab.of_project(KEY.partition(f"{PROJECT}/")[2], "cloudkms.googleapis.com/CryptoKey", data)
    found = estate(lab, tmp_path)
    key = next(iter(found.keys))
    assert (key.id, key.container, key.deletion_delay_days) == (KEY, KEY.partition("/cryptoKeys")[0], 2)
    assert key.state.value is KeyState.PENDING_DELETION and key.rotation == Known(False, key.rotation.source)  # type: ignore[union-attr]
    assert key.material.value.protection is KeyProtection.SHARED_HSM  # type: ignore[union-attr]


def test_identities(tmp_path: Path) -> None:
    agent = "serviceAccount:service-700@gs-project-accounts.iam.gserviceaccount.com"
    lab = Lab().allow(
        Lab.project,
        binding("roles/viewer", "group:ml@lab.example", "group:Eng@lab.example", agent, "allUsers"),
    )
    robot = lab.account("trainer", binding("roles/iam.serviceAccountUser", EVE), disabled=True)
    lab.beside_it({"group": "eng@lab.example", "members": [ADA]})
    found = {one.id: one for one in estate(lab, tmp_path).principals}
    assert found[robot].kind is PrincipalKind.SERVICE_ACCOUNT and found[robot].enabled.value is False  # type: ignore[union-attr]
    assert found[robot].trust.value.document["bindings"][0]["members"] == [EVE]  # type: ignore[union-attr]
    assert found["group:eng@lab.example"].members.value == (ADA,)  # type: ignore[union-attr]
    assert isinstance(found["group:ml@lab.example"].members, Unknown)
    assert found[agent].kind is PrincipalKind.AGENT and found["allUsers"].kind is PrincipalKind.EVERYBODY
    assert found[EVE].kind is PrincipalKind.USER


@pytest.mark.parametrize(
    ("settings", "runs_as", "hidden"),
    [
        (
            {"nodePools": [{"config": {"serviceAccount": "n@lab.iam.gserviceaccount.com"}}]},
            "n@lab.iam.gserviceaccount.com",
            False,
        ),
        ({"nodeConfig": {"serviceAccount": "default"}}, "700-compute@developer.gserviceaccount.com", False),
        (
            {
                "workloadIdentityConfig": {"workloadPool": "lab.svc.id.goog"},
                "nodePools": [
                    {
                        "config": {
                            "serviceAccount": "n@lab.iam.gserviceaccount.com",
                            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
                        }
                    }
                ],
            },
            "n@lab.iam.gserviceaccount.com",
            True,
        ),
    ],
)
def test_what_a_cluster_runs_as(tmp_path: Path, settings: dict[str, Any], runs_as: str, hidden: bool) -> None:
    lab = Lab()
    lab.of_project("locations/l/clusters/c", "container.googleapis.com/Cluster", {"name": "c", **settings})
    cluster = next(iter(estate(lab, tmp_path).workloads))
    assert cluster.known_roles == (f"serviceAccount:{runs_as}",)
    assert cluster.attributes["node_metadata_open"].value is not hidden  # type: ignore[union-attr]


def test_a_perimeter_names_its_projects_by_their_ids(tmp_path: Path) -> None:
    lab = Lab()
    status = {
        "resources": ["projects/700"],
        "restricted_services": ["storage.googleapis.com"],
        "access_levels": ["accessPolicies/1/accessLevels/l"],
    }
    perimeter = {"name": "accessPolicies/1/servicePerimeters/p", "title": "p", "status": status}
    lab.add(
        asset(
            Lab.organisation,
            "cloudresourcemanager.googleapis.com/Organization",
            [ORGANISATION],
            service_perimeter=perimeter,
        )
    )
    found = next(iter(estate(lab, tmp_path).perimeters))
    assert found.members == (f"projects/{PROJECT}",) and not found.dry_run
    assert found.ingress.value == ({"accessLevel": "accessPolicies/1/accessLevels/l"},)  # type: ignore[union-attr]


def test_a_kind_that_no_reader_knows_is_a_gap(tmp_path: Path) -> None:
    lab = Lab()
    lab.of_project("things/t", "new.googleapis.com/Thing", {"name": "t"})
    things = estate(lab, tmp_path).resources_of("new.thing")
    assert len(things) == 1 and [gap.reason for gap in things.gaps] == [Reason.NOT_READ]


def test_without_resources_more_may_exist_of_everything(tmp_path: Path) -> None:
    lab = Lab()
    lab.more = []
    only = [line for line in lab.lines() if "iam_policy" in line]
    lab.lines = lambda: only  # type: ignore[method-assign]
    found = estate(lab, tmp_path)
    assert all(getattr(found, name).gaps for name in ("principals", "stores", "workloads", "accounts"))
    assert isinstance(next(iter(found.stores)).encryption, Unknown)
