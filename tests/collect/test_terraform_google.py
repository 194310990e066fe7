"""Google Cloud in Terraform states: the same estate as through an export, and what a state does not tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from google_exports import (
    ADA,
    BUCKET,
    EVE,
    FOLDER,
    NUMBER,
    ORGANISATION,
    PROJECT,
    Lab,
    asset,
    binding,
    denial,
)
from weightguard import api
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate

EMAIL = f"reader@{PROJECT}.iam.gserviceaccount.com"
ROBOT, GROUP = f"serviceAccount:{EMAIL}", "group:eng@lab.example"
ACCOUNT = f"projects/{PROJECT}/serviceAccounts/{EMAIL}"
ROLE = f"projects/{PROJECT}/roles/maker"
ONLY_MODELS = "resource.name.startsWith('projects/_/buckets/weights/objects/models/')"
PERMISSIONS = ["run.services.create"]
DENIED = ["storage.googleapis.com/objects.delete"]


def entry(kind: str, mode: str = "managed", **values: Any) -> dict[str, Any]:
    return {"address": f"{kind}.a", "mode": mode, "type": kind, "name": "a", "values": values}


def state() -> list[dict[str, Any]]:
    """An organisation with a bucket, an account that reads it, and people who may become that account."""
    deny = [
        {
            "denied_principals": [ADA],
            "denied_permissions": DENIED,
            "exception_principals": [],
            "denial_condition": [],
        }
    ]
    return [
        entry(
            "google_organization",
            "data",
            org_id="900",
            name=ORGANISATION,
            domain="lab.example",
            directory_customer_id="C9",
        ),
        entry("google_folder", name=FOLDER, folder_id="800", display_name="ml", parent=ORGANISATION),
        entry("google_project", project_id=PROJECT, number=NUMBER, folder_id="800", org_id=""),
        entry(
            "google_storage_bucket",
            name="weights",
            project=PROJECT,
            location="EUROPE-WEST4",
            uniform_bucket_level_access=True,
            public_access_prevention="inherited",
            encryption=[{"default_kms_key_name": "k"}],
            versioning=[{"enabled": True}],
        ),
        entry(
            "google_service_account",
            email=EMAIL,
            unique_id="7",
            name=ACCOUNT,
            id=ACCOUNT,
            project=PROJECT,
            disabled=False,
        ),
        entry(
            "google_project_iam_custom_role",
            id=ROLE,
            name=ROLE,
            title="maker",
            permissions=PERMISSIONS,
            stage="GA",
            project=PROJECT,
        ),
        entry(
            "google_storage_bucket_iam_member",
            bucket="b/weights",
            role="roles/storage.objectViewer",
            member=ROBOT,
            condition=[],
        ),
        entry(
            "google_storage_bucket_iam_member",
            bucket="b/weights",
            role="roles/storage.objectViewer",
            member="user:bob@lab.example",
            condition=[{"title": "c", "expression": ONLY_MODELS, "description": ""}],
        ),
        entry(
            "google_service_account_iam_binding",
            service_account_id=ACCOUNT,
            role="roles/iam.serviceAccountUser",
            members=[GROUP],
        ),
        entry(
            "google_project_iam_policy",
            project=PROJECT,
            policy_data=json.dumps({"bindings": [binding(ROLE, GROUP)]}),
        ),
        entry("google_cloud_identity_group", name="groups/1", group_key=[{"id": "eng@lab.example"}]),
        entry(
            "google_cloud_identity_group_membership",
            group="groups/1",
            preferred_member_key=[{"id": "eve@lab.example"}],
            type="USER",
        ),
        entry(
            "google_iam_deny_policy",
            parent=f"cloudresourcemanager.googleapis.com%2Fprojects%2F{PROJECT}",
            name="no",
            rules=[{"deny_rule": deny}],
        ),
        entry(
            "google_org_policy_policy",
            name=f"{ORGANISATION}/policies/storage.publicAccessPrevention",
            parent=ORGANISATION,
            spec=[{"rules": [{"enforce": "TRUE", "values": [], "condition": []}]}],
        ),
        entry(
            "google_access_context_manager_service_perimeter",
            name="accessPolicies/1/servicePerimeters/p",
            title="p",
            status=[
                {
                    "resources": [f"projects/{NUMBER}"],
                    "restricted_services": ["storage.googleapis.com"],
                    "access_levels": [],
                    "ingress_policies": [
                        {
                            "ingress_from": [{"identities": [ROBOT], "sources": [{"access_level": "*"}]}],
                            "ingress_to": [
                                {
                                    "resources": ["*"],
                                    "operations": [
                                        {
                                            "service_name": "storage.googleapis.com",
                                            "method_selectors": [{"method": "*"}],
                                        }
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ],
        ),
    ]


def export() -> Lab:
    """The same, as the inventory writes it."""
    lab = Lab(bucket={"encryption": {"defaultKmsKeyName": "k"}, "versioning": {"enabled": True}})
    lab.account("reader", binding("roles/iam.serviceAccountUser", GROUP))
    lab.role("maker", *PERMISSIONS)
    lab.allow(Lab.store, binding("roles/storage.objectViewer", ROBOT))
    lab.allow(Lab.store, binding("roles/storage.objectViewer", "user:bob@lab.example", condition=ONLY_MODELS))
    lab.allow(Lab.project, binding(ROLE, GROUP))
    lab.beside_it(
        {"group": "eng@lab.example", "members": [EVE]},
        denial(f"projects/{PROJECT}", "no", ADA, permissions=DENIED),
    )
    organisation = "cloudresourcemanager.googleapis.com/Organization"
    prevention = [
        {"constraint": "constraints/storage.publicAccessPrevention", "boolean_policy": {"enforced": True}}
    ]
    rule = {
        "ingressFrom": {"identities": [ROBOT], "sources": [{"accessLevel": "*"}]},
        "ingressTo": {
            "resources": ["*"],
            "operations": [{"serviceName": "storage.googleapis.com", "methodSelectors": [{"method": "*"}]}],
        },
    }
    status = {
        "resources": [f"projects/{NUMBER}"],
        "restrictedServices": ["storage.googleapis.com"],
        "ingressPolicies": [rule],
    }
    perimeter = {"name": "accessPolicies/1/servicePerimeters/p", "title": "p", "status": status}
    return lab.add(
        asset(Lab.organisation, organisation, [ORGANISATION], org_policy=prevention),
        asset(Lab.organisation, organisation, [ORGANISATION], service_perimeter=perimeter),
    )


def from_state(folder: Path, *resources: dict[str, Any]) -> api.Evidence:
    document = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": list(resources)}},
    }
    path = folder / "state.json"
    path.write_text(json.dumps(document))
    api.collect_terraform(folder / "from-state", [path])
    return api.load(folder / "from-state")


def told(estate: Estate) -> dict[str, Any]:
    """What both doors tell, without where it stood."""
    store = next(iter(estate.stores))
    settled = ("encryption", "versioning", "object_lists", "public_access", "retention")
    return {
        "containers": {one.id: (one.kind, one.parent) for one in estate.containers},
        "store": {name: getattr(store, name).value for name in settled},
        "roles": {one.id: set(one.document["includedPermissions"]) for one in estate.role_definitions},  # type: ignore[index,call-overload]
        "groups": {one.id: one.members.value for one in estate.principals if isinstance(one.members, Known)},
        "accounts": {
            one.id: one.enabled.value for one in estate.principals if isinstance(one.enabled, Known)
        },
        "perimeters": {one.id: (one.members, one.services, one.ingress.value) for one in estate.perimeters},  # type: ignore[union-attr]
    }


def test_a_state_and_an_export_of_one_estate_tell_the_same(tmp_path: Path) -> None:
    one, two = export().evidence(tmp_path).estate, from_state(tmp_path, *state()).estate
    assert told(one) == told(two)


@pytest.mark.parametrize("access", ["read", "write", "delete", "administer"])
def test_and_are_answered_alike(tmp_path: Path, access: str) -> None:
    one, two = export().evidence(tmp_path), from_state(tmp_path, *state())
    first, second = (api.who_can(evidence, access, BUCKET) for evidence in (one, two))
    assert [(a.principal, a.direct, a.certainty) for a in first.answers] == [
        (a.principal, a.direct, a.certainty) for a in second.answers
    ]
    assert access != "read" or {a.principal for a in first.answers} == {ROBOT, EVE, "user:bob@lab.example"}


def test_a_state_shows_what_terraform_made_and_never_all_there_is(tmp_path: Path) -> None:
    found = api.who_can(from_state(tmp_path, *state()), "read", BUCKET)
    assert not found.complete and "partial-policies" in {
        limit.kind.id for limit in found.limits if limit.in_play
    }


def test_a_folder_that_the_state_does_not_hold_is_not_known(tmp_path: Path) -> None:
    rest = [one for one in state() if one["type"] != "google_folder"]
    found = api.who_can(from_state(tmp_path, *rest), "read", BUCKET)
    assert FOLDER.replace("/", "-") in {gap.source.scope for gap in found.gaps}


def test_lists_of_a_bucket_are_joined(tmp_path: Path) -> None:
    rest = [one for one in state() if "bucket" not in one["type"]]
    bucket = entry(
        "google_storage_bucket", name="weights", project=PROJECT, uniform_bucket_level_access=False
    )
    acl = entry("google_storage_bucket_access_control", bucket="weights", entity="allUsers", role="OWNER")
    default = entry(
        "google_storage_default_object_acl", bucket="weights", role_entity=["READER:user-bob@lab.example"]
    )
    store = next(iter(from_state(tmp_path, *rest, bucket, acl, default).estate.stores))
    assert store.acl.value == {  # type: ignore[union-attr]
        "acl": [{"entity": "allUsers", "role": "OWNER"}],
        "defaultObjectAcl": [{"entity": "user-bob@lab.example", "role": "READER"}],
    }


def test_a_type_that_nothing_reads_is_a_gap(tmp_path: Path) -> None:
    unread = from_state(tmp_path, *state(), entry("google_new_thing", project=PROJECT)).estate.resources_of(
        "terraform.unread_types"
    )
    assert [one.id for one in unread] == ["google_new_thing"] and unread.gaps


def test_two_clouds_in_one_state_are_two_scopes(tmp_path: Path) -> None:
    bucket = entry("aws_s3_bucket", bucket="w", arn="arn:aws:s3:::w", id="w")
    caller = entry("aws_caller_identity", "data", account_id="111111111111")
    evidence = from_state(tmp_path, *state(), bucket, caller)
    assert {"aws/111111111111", f"gcp/{PROJECT}"} <= set(evidence.snapshots[0].scopes)
    assert {store.id for store in evidence.estate.stores} == {"arn:aws:s3:::w", BUCKET}


def test_no_secret_of_a_state_enters(tmp_path: Path) -> None:
    machine = entry(
        "google_compute_instance", project=PROJECT, zone="z", name="m", metadata={"startup-script": "hush-hush"},
        metadata_startup_script="hush-hush", service_account=[{"email": EMAIL, "scopes": ["cloud-platform"]}],
    )  # fmt: skip
    key = entry("google_service_account_key", name=f"{ACCOUNT}/keys/1", private_key="hush-hush")
    from_state(tmp_path, *state(), machine, key)
    assert not any(
        b"hush-hush" in path.read_bytes() for path in (tmp_path / "from-state").rglob("*") if path.is_file()
    )


def test_who_may_ask_for_a_role(tmp_path: Path) -> None:
    """Blocks of an entitlement are lists in the API, however few there are."""
    access = {
        "resource": f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
        "resource_type": "cloudresourcemanager.googleapis.com/Project",
        "role_bindings": [{"role": "roles/storage.objectViewer", "condition_expression": None}],
    }
    entitlement = entry(
        "google_privileged_access_manager_entitlement",
        parent=f"projects/{PROJECT}",
        location="global",
        entitlement_id="oncall",
        state="AVAILABLE",
        eligible_users=[{"principals": ["user:mia@lab.example"]}],
        privileged_access=[{"gcp_iam_access": [access]}],
    )
    found = api.who_can(from_state(tmp_path, *state(), entitlement), "read", BUCKET).answers
    assert [(one.direct, one.certainty) for one in found if one.principal == "user:mia@lab.example"] == [
        (False, "conditional")
    ]


@pytest.mark.parametrize(
    ("values", "counted"), [({}, True), ({"id": "projects/lab/locations/eu/keyRings/r/cryptoKeys/k"}, False)]
)
def test_a_thing_that_nothing_names_is_counted(tmp_path: Path, values: dict[str, Any], counted: bool) -> None:
    key = entry("google_kms_crypto_key", name="k", key_ring="r", **values)
    unread = from_state(tmp_path, *state(), key).estate.resources_of("terraform.unread_types")
    assert bool([one for one in unread if "google_kms_crypto_key" in one.name]) == counted
