"""Who reads a bucket on Google Cloud: pairs of organisations that differ in one thing, and what that one thing decides."""

from __future__ import annotations

from collections.abc import Callable
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
from weightguard.access.gcp.technique_data.schema import techniques
from weightguard.access.model import WhoCan

Setting = Callable[[Lab], object]
VIEWER, TOKEN, ACT_AS = (
    "roles/storage.objectViewer",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
)
OBJECTS = ["storage.googleapis.com/objects.get"]
EVERYBODY = "principalSet://goog/public:all"
BOB = "user:bob@lab.example"


def asked(lab: Lab, folder: Path, access: str = "read", store: str = BUCKET) -> WhoCan:
    return api.who_can(lab.evidence(folder), access, store)


def readers(lab: Lab, folder: Path, access: str = "read") -> dict[str, tuple[bool, str]]:
    """Name -> direct, certainty."""
    return {one.principal: (one.direct, one.certainty) for one in asked(lab, folder, access).answers}


def reader(lab: Lab, *bindings: dict[str, Any]) -> str:
    """A service account that reads the bucket, with a policy of its own."""
    robot = lab.account("reader", *bindings)
    lab.allow(Lab.store, binding(VIEWER, robot))
    return robot


DIRECT = (True, "certain")
CHANGED = (False, "certain")


# Direct access


@pytest.mark.parametrize("place", [Lab.organisation, Lab.folder, Lab.project, Lab.store])
def test_a_grant_anywhere_above_counts(tmp_path: Path, place: str) -> None:
    assert readers(Lab().allow(place, binding(VIEWER, ADA)), tmp_path) == {ADA: DIRECT}


@pytest.mark.parametrize(
    "role", ["roles/storage.objectCreator", "roles/storage.legacyBucketReader", "roles/viewer"]
)
def test_other_rights_are_no_reading(tmp_path: Path, role: str) -> None:
    assert readers(Lab().allow(Lab.store, binding(role, ADA)), tmp_path) == {}


def test_whoever_may_read_is_complete_where_all_is_told(tmp_path: Path) -> None:
    assert asked(Lab().allow(Lab.store, binding(VIEWER, ADA)), tmp_path).complete


def test_that_two_identities_at_once_are_not_joined_is_said_and_makes_nothing_incomplete(
    tmp_path: Path,
) -> None:
    answer = asked(Lab().allow(Lab.store, binding(VIEWER, ADA)), tmp_path)
    assert ("joint-changes", False) in [(one.kind.id, one.in_play) for one in answer.limits]


def test_groups_are_opened_and_unknown_ones_named(tmp_path: Path) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, "group:known@lab.example", "group:closed@lab.example"))
    lab.beside_it(
        {"group": "known@lab.example", "members": [ADA, "group:inner@lab.example"]},
        {"group": "inner@lab.example", "members": ["user:Bob@lab.example"]},
    )
    found = asked(lab, tmp_path)
    assert {one.principal: one.kind for one in found.answers} == {
        ADA: "person", BOB: "person", "group:closed@lab.example": "unknown",
    }  # fmt: skip
    assert not found.complete and [gap.source.where for gap in found.gaps] == ["group:closed@lab.example"]


@pytest.mark.parametrize(("role", "complete"), [(TOKEN, False), ("roles/iam.serviceAccountViewer", True)])
def test_a_closed_group_matters_where_it_is_answered(tmp_path: Path, role: str, complete: bool) -> None:
    lab = Lab().allow(Lab.project, binding("roles/monitoring.viewer", "group:closed@lab.example"))
    reader(lab, binding(role, "group:closed@lab.example"))
    found = asked(lab, tmp_path)
    assert found.complete is complete
    assert ("group:closed@lab.example" in {one.principal for one in found.answers}) is not complete


def test_convenience_members_are_their_holders(tmp_path: Path) -> None:
    lab = Lab().allow(Lab.project, binding("roles/viewer", ADA), binding("roles/browser", EVE))
    lab.allow(Lab.store, binding("roles/storage.legacyObjectReader", f"projectViewer:{PROJECT}"))
    assert readers(lab, tmp_path) == {ADA: DIRECT}


@pytest.mark.parametrize(("enforced", "found"), [(False, {"allUsers": DIRECT}), (True, {})])
def test_prevention_keeps_the_public_out(tmp_path: Path, enforced: bool, found: dict[str, Any]) -> None:
    access = {
        "uniformBucketLevelAccess": {"enabled": True},
        "publicAccessPrevention": "enforced" if enforced else "inherited",
    }
    lab = Lab(bucket={"iamConfiguration": access}).allow(Lab.store, binding(VIEWER, "allUsers"))
    assert readers(lab, tmp_path) == found


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("request.time < timestamp('2001-01-01T00:00:00Z')", {}),
        ("request.time < timestamp('2999-01-01T00:00:00Z')", {ADA: DIRECT}),
        ("request.time.getHours('Europe/Zurich') < 8", {ADA: (True, "conditional")}),
        ("resource.name.startsWith('projects/_/buckets/weights/objects/models/')", {ADA: DIRECT}),
        ("resource.name.startsWith('projects/_/buckets/other/')", {}),
        ("resource.type == 'storage.googleapis.com/Bucket'", {}),
        ("resource.matchTag('900/env', 'prod')", {ADA: DIRECT}),
        ("resource.matchTag('900/env', 'test')", {}),
        ("this is no expression", {}),
    ],
)
def test_conditions_are_decided(tmp_path: Path, expression: str, found: dict[str, Any]) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, ADA, condition=expression))
    tag = {
        "name": "tagValues/2",
        "namespacedName": "900/env/prod",
        "shortName": "prod",
        "parent": "tagKeys/1",
    }
    bound = {
        "name": "tagBindings/x",
        "parent": f"//cloudresourcemanager.googleapis.com/projects/{NUMBER}",
        "tagValue": "tagValues/2",
    }
    for name, kind, data in (("tagValues/2", "TagValue", tag), ("tagBindings/x", "TagBinding", bound)):
        lab.add(
            {
                "name": f"//cloudresourcemanager.googleapis.com/{name}",
                "asset_type": f"cloudresourcemanager.googleapis.com/{kind}",
                "ancestors": [ORGANISATION],
                "resource": {"data": data},
            }
        )
    assert readers(lab, tmp_path) == found


def tagged(lab: Lab) -> None:
    tag = {
        "name": "tagValues/2",
        "namespacedName": "900/env/prod",
        "shortName": "prod",
        "parent": "tagKeys/1",
    }
    base, kind = (
        "//cloudresourcemanager.googleapis.com/tagValues/2",
        "cloudresourcemanager.googleapis.com/TagValue",
    )
    lab.add(asset(base, kind, [ORGANISATION], resource={"data": tag}))


@pytest.mark.parametrize(
    ("on_value", "on_bucket", "found"), [(True, True, {EVE: CHANGED}), (False, True, {}), (True, False, {})]
)
def test_whoever_puts_the_tag_on_that_a_condition_asks_for(
    tmp_path: Path, on_value: bool, on_bucket: bool, found: dict[str, Any]
) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, EVE, ADA, condition="resource.matchTag('900/env', 'prod')"))
    tagged(lab)
    if on_value:
        role = lab.role("values", "resourcemanager.tagValueBindings.create", on=ORGANISATION)
        lab.allow(Lab.organisation, binding(role, EVE))
    if on_bucket:
        lab.allow(Lab.store, binding(lab.role("tagger", "storage.buckets.createTagBinding"), EVE))
    assert readers(lab, tmp_path) == found


def test_a_prefix_is_asked_about_alone(tmp_path: Path) -> None:
    only = "resource.name.startsWith('projects/_/buckets/weights/objects/models/')"
    evidence = Lab().allow(Lab.store, binding(VIEWER, ADA, condition=only)).evidence(tmp_path)
    assert [one.principal for one in api.who_can(evidence, "read", f"{BUCKET}/models/large/").answers] == [
        ADA
    ]
    assert not api.who_can(evidence, "read", f"{BUCKET}/logs/").answers


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, {}),
        ({"exceptionPrincipals": ["principal://goog/subject/ada@lab.example"]}, {ADA: DIRECT}),
        ({"denialCondition": {"expression": "resource.matchTag('900/env', 'prod')"}}, {ADA: DIRECT}),
    ],
)
def test_deny_policies_come_first(tmp_path: Path, more: dict[str, Any], found: dict[str, Any]) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, ADA))
    lab.beside_it(denial(FOLDER, "no", EVERYBODY, permissions=OBJECTS, **more))
    assert readers(lab, tmp_path) == found


def test_whoever_may_be_in_a_denied_group_reads_under_that_condition(tmp_path: Path) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, ADA))
    lab.beside_it(denial(FOLDER, "no", "principalSet://goog/group/closed@lab.example", permissions=OBJECTS))
    assert readers(lab, tmp_path) == {ADA: (True, "conditional")}


def boundary(lab: Lab, *resources: str) -> None:
    name = f"{ORGANISATION}/locations/global/principalAccessBoundaryPolicies/p"
    lab.beside_it(
        {"name": name, "details": {"rules": [{"resources": list(resources), "effect": "ALLOW"}]}},
        {
            "name": f"{ORGANISATION}/locations/global/policyBindings/b",
            "policy": name,
            "target": {"principalSet": f"//cloudresourcemanager.googleapis.com/{ORGANISATION}"},
        },
    )


@pytest.mark.parametrize(("inside", "found"), [("projects/700", {ADA: DIRECT}), ("projects/701", {})])
def test_boundaries_make_eligible(tmp_path: Path, inside: str, found: dict[str, Any]) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, ADA))
    boundary(lab, f"//cloudresourcemanager.googleapis.com/{inside}")
    assert readers(lab, tmp_path) == found


def perimeter(lab: Lab, **status: Any) -> None:
    held = {"resources": [f"projects/{NUMBER}"], "restrictedServices": ["storage.googleapis.com"], **status}
    document = {"name": "accessPolicies/1/servicePerimeters/p", "title": "p", "status": held}
    lab.add(
        asset(
            Lab.organisation,
            "cloudresourcemanager.googleapis.com/Organization",
            [ORGANISATION],
            service_perimeter=document,
        )
    )


STORAGE = {
    "resources": ["*"],
    "operations": [{"serviceName": "storage.googleapis.com", "methodSelectors": [{"method": "*"}]}],
}


@pytest.mark.parametrize(
    ("status", "certainty"),
    [
        ({}, "conditional"),
        ({"restrictedServices": ["bigquery.googleapis.com"]}, "certain"),
        (
            {
                "ingressPolicies": [
                    {
                        "ingressFrom": {"identities": [ADA], "sources": [{"accessLevel": "*"}]},
                        "ingressTo": STORAGE,
                    }
                ]
            },
            "certain",
        ),
        (
            {
                "ingressPolicies": [
                    {
                        "ingressFrom": {"identities": [EVE], "sources": [{"accessLevel": "*"}]},
                        "ingressTo": STORAGE,
                    }
                ]
            },
            "conditional",
        ),
        ({"accessLevels": ["accessPolicies/1/accessLevels/office"]}, "conditional"),
        (
            {
                "ingressPolicies": [
                    {
                        "ingressFrom": {"identityType": "ANY_IDENTITY", "sources": [{"accessLevel": "*"}]},
                        "ingressTo": {**STORAGE, "resources": ["projects/701"]},
                    }
                ]
            },
            "conditional",
        ),
    ],
)
def test_a_perimeter_asks_where_a_request_comes_from(
    tmp_path: Path, status: dict[str, Any], certainty: str
) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, ADA))
    perimeter(lab, **status)
    assert readers(lab, tmp_path) == {ADA: (True, certainty)}


def test_whoever_reads_through_a_perimeter_alone_copies_nothing_out(tmp_path: Path) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, ADA))
    perimeter(lab)
    assert readers(lab, tmp_path, "copy") == {}


@pytest.mark.parametrize(
    ("uniform", "found"), [(True, {}), (False, {"allAuthenticatedUsers": (True, "conditional")})]
)
def test_lists_of_new_objects(tmp_path: Path, uniform: bool, found: dict[str, Any]) -> None:
    settings = {
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": uniform}},
        "defaultObjectAcl": [{"entity": "allAuthenticatedUsers", "role": "READER"}],
    }
    answer = asked(Lab(bucket=settings), tmp_path)
    assert {one.principal: (one.direct, one.certainty) for one in answer.answers} == found
    assert answer.complete is uniform


def test_a_key_that_is_off_stops_everybody(tmp_path: Path) -> None:
    key = f"projects/{PROJECT}/locations/l/keyRings/r/cryptoKeys/k"
    agent = "serviceAccount:service-700@gs-project-accounts.iam.gserviceaccount.com"
    for state, found in (("ENABLED", {ADA: DIRECT}), ("DISABLED", {})):
        lab = Lab(bucket={"encryption": {"defaultKmsKeyName": key}}).allow(Lab.store, binding(VIEWER, ADA))
        lab.allow(Lab.project, binding("roles/cloudkms.cryptoKeyEncrypterDecrypter", agent))
        data = {
            "name": key,
            "purpose": "ENCRYPT_DECRYPT",
            "primary": {"name": f"{key}/cryptoKeyVersions/1", "state": state},
        }
        lab.of_project(key.partition(f"{PROJECT}/")[2], "cloudkms.googleapis.com/CryptoKey", data)
        (tmp_path / state).mkdir()
        assert readers(lab, tmp_path / state) == found


def test_whoever_reads_and_turns_the_key_on_again(tmp_path: Path) -> None:
    key = f"projects/{PROJECT}/locations/l/keyRings/r/cryptoKeys/k"
    agent = "serviceAccount:service-700@gs-project-accounts.iam.gserviceaccount.com"
    lab = Lab(bucket={"encryption": {"defaultKmsKeyName": key}}).allow(Lab.store, binding(VIEWER, ADA, EVE))
    lab.allow(
        Lab.project,
        binding("roles/cloudkms.cryptoKeyEncrypterDecrypter", agent),
        binding("roles/cloudkms.admin", EVE, BOB),
    )
    primary = {"name": f"{key}/cryptoKeyVersions/1", "state": "DISABLED"}
    data = {"name": key, "purpose": "ENCRYPT_DECRYPT", "primary": primary}
    lab.of_project(key.partition(f"{PROJECT}/")[2], "cloudkms.googleapis.com/CryptoKey", data)
    assert readers(lab, tmp_path) == {EVE: CHANGED}


@pytest.mark.parametrize(("uniform", "found"), [(True, {}), (False, {ADA: DIRECT})])
def test_the_list_of_a_bucket_lets_write(tmp_path: Path, uniform: bool, found: dict[str, Any]) -> None:
    settings = {
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": uniform}},
        "acl": [{"entity": "user-ada@lab.example", "role": "WRITER"}],
    }
    assert readers(Lab(bucket=settings), tmp_path, "write") == found


def test_a_key_that_is_closed_to_the_agent_stops_everybody(tmp_path: Path) -> None:
    key = f"projects/{PROJECT}/locations/l/keyRings/r/cryptoKeys/k"
    lab = Lab(bucket={"encryption": {"defaultKmsKeyName": key}}).allow(Lab.store, binding(VIEWER, ADA))
    data = {
        "name": key,
        "purpose": "ENCRYPT_DECRYPT",
        "primary": {"name": f"{key}/cryptoKeyVersions/1", "state": "ENABLED"},
    }
    lab.of_project(key.partition(f"{PROJECT}/")[2], "cloudkms.googleapis.com/CryptoKey", data)
    assert readers(lab, tmp_path) == {}


def test_a_role_that_nobody_knows_is_never_empty(tmp_path: Path) -> None:
    found = asked(Lab().allow(Lab.store, binding(f"projects/{PROJECT}/roles/lost", ADA)), tmp_path)
    assert [(one.principal, one.certainty) for one in found.answers] == [(ADA, "conditional")]
    assert not found.complete


# What is not told


def test_a_folder_that_nobody_exported_hides_readers(tmp_path: Path) -> None:
    found = asked(Lab(without=frozenset({Lab.folder})).allow(Lab.store, binding(VIEWER, ADA)), tmp_path)
    assert [one.principal for one in found.answers] == [ADA] and not found.complete


def test_a_bucket_that_nobody_exported_is_answered_and_incomplete(tmp_path: Path) -> None:
    found = asked(Lab(), tmp_path, store="gs://elsewhere")
    assert not found.answers and not found.complete


# Becoming an account


@pytest.mark.parametrize("role", [TOKEN, "roles/iam.serviceAccountKeyAdmin", "roles/iam.serviceAccountAdmin"])
@pytest.mark.parametrize("place", ["account", Lab.project, Lab.organisation])
def test_rights_on_an_account_are_its_rights(tmp_path: Path, role: str, place: str) -> None:
    lab = Lab()
    own = [binding(role, EVE)] if place == "account" else []
    robot = reader(lab, *own)
    if place != "account":
        lab.allow(place, binding(role, EVE))
    assert readers(lab, tmp_path) == {robot: DIRECT, EVE: CHANGED}


@pytest.mark.parametrize(
    "role", [ACT_AS, "roles/iam.serviceAccountViewer", "roles/iam.serviceAccountOpenIdTokenCreator"]
)
def test_other_rights_on_an_account_are_not(tmp_path: Path, role: str) -> None:
    lab = Lab()
    robot = reader(lab, binding(role, EVE))
    assert readers(lab, tmp_path) == {robot: DIRECT}


def test_an_account_that_is_off_is_nobody(tmp_path: Path) -> None:
    lab = Lab()
    robot = lab.account("reader", binding(TOKEN, EVE), disabled=True)
    lab.allow(Lab.store, binding(VIEWER, robot))
    assert readers(lab, tmp_path) == {}


@pytest.mark.parametrize(
    ("broker_may", "found"),
    [("roles/iam.serviceAccountTokenCreator", True), ("roles/iam.serviceAccountViewer", False)],
)
def test_delegation_lends_what_the_broker_has(tmp_path: Path, broker_may: str, found: bool) -> None:
    lab = Lab()
    delegate = lab.role("delegate", "iam.serviceAccounts.implicitDelegation")
    broker = lab.account("broker", binding(delegate, EVE))
    reader(lab, binding(broker_may, broker))
    assert (EVE in readers(lab, tmp_path)) is found


def test_denied_impersonation_breaks_the_chain(tmp_path: Path) -> None:
    lab = Lab()
    robot = reader(lab, binding(TOKEN, EVE))
    names = ("getAccessToken", "signBlob", "signJwt", "implicitDelegation")
    lab.beside_it(
        denial(
            f"projects/{PROJECT}",
            "no",
            EVERYBODY,
            permissions=[f"iam.googleapis.com/serviceAccounts.{n}" for n in names],
        )
    )
    assert readers(lab, tmp_path) == {robot: DIRECT}


# Attaching an account to what runs code

ATTACHING = [
    one
    for one in techniques()
    if one.kind == "account" and any(n.any_of == ("iam.serviceAccounts.actAs",) for n in one.needs)
]


def test_attaching_needs_every_right(tmp_path: Path) -> None:
    """One person for each technique and each right that may be lacking; only those who lack none read."""
    lab = Lab()
    robot, whole = reader(lab), set()
    for technique in ATTACHING:
        for lacking in (None, *range(len(technique.needs))):
            person = f"user:{technique.id}-{lacking}@lab.example".lower()
            needs = [need.any_of[0] for at, need in enumerate(technique.needs) if at != lacking]
            role = lab.role(f"{technique.id}_{lacking}".replace("-", "_"), *needs)
            lab.allow(Lab.project, binding(role, person))
            whole |= {person} if lacking is None else set()
    found = {name for name, (direct, _) in readers(lab, tmp_path).items() if not direct}
    assert robot not in found and whole <= found
    assert {one for one in found - whole if not _is_another(one)} == set()


def _is_another(person: str) -> bool:
    """Whether somebody who lacks a right of one technique has all of another one."""
    name, _, lacking = person.removeprefix("user:").removesuffix("@lab.example").rpartition("-")
    technique = next(one for one in ATTACHING if one.id == name)
    held = {need.any_of[0] for at, need in enumerate(technique.needs) if str(at) != lacking}
    return any(all(held & set(need.any_of) for need in one.needs) for one in ATTACHING if one.id != name)


def test_an_account_of_another_project_is_attached_only_where_that_is_let(tmp_path: Path) -> None:
    for let in (False, True):
        lab = Lab()
        robot = reader(lab, binding(ACT_AS, EVE))
        other = "//cloudresourcemanager.googleapis.com/projects/701"
        above = ["projects/701", FOLDER, ORGANISATION]
        data = {"projectId": "tools", "projectNumber": "701", "lifecycleState": "ACTIVE"}
        lab.add(asset(other, "cloudresourcemanager.googleapis.com/Project", above, resource={"data": data}))
        bound = {"bindings": [binding("roles/run.developer", EVE)]}
        lab.add(asset(other, "cloudresourcemanager.googleapis.com/Project", above, iam_policy=bound))
        if let:
            policy = [
                {
                    "constraint": "constraints/iam.disableCrossProjectServiceAccountUsage",
                    "boolean_policy": {"enforced": False},
                }
            ]
            lab.add(
                asset(
                    Lab.folder,
                    "cloudresourcemanager.googleapis.com/Folder",
                    [FOLDER, ORGANISATION],
                    org_policy=policy,
                )
            )
        (tmp_path / str(let)).mkdir()
        assert (EVE in readers(lab, tmp_path / str(let))) is let
        assert robot


# What runs already


def machine(
    lab: Lab, account: str, *, scopes: list[str] | None = None, items: dict[str, str] | None = None
) -> str:
    given = [
        {
            "email": account.removeprefix("serviceAccount:"),
            "scopes": scopes or ["https://www.googleapis.com/auth/cloud-platform"],
        }
    ]
    metadata = {"items": [{"key": key, "value": value} for key, value in (items or {}).items()]}
    data = {"name": "m", "serviceAccounts": given, "metadata": metadata}
    return lab.of_project("zones/z/instances/m", "compute.googleapis.com/Instance", data)


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (["https://www.googleapis.com/auth/cloud-platform"], True, True),
        (["https://www.googleapis.com/auth/devstorage.read_only"], True, False),
        (["https://www.googleapis.com/auth/logging.write"], False, False),
    ],
)
def test_scopes_cut_the_machine_and_not_the_account(
    tmp_path: Path, scopes: list[str], reads: bool, writes: bool
) -> None:
    lab = Lab()
    robot = reader(lab)
    lab.allow(Lab.store, binding("roles/storage.objectAdmin", robot))
    name = machine(lab, robot, scopes=scopes)
    evidence = lab.evidence(tmp_path)
    for access, expected in (("read", reads), ("write", writes)):
        found = {one.principal: one for one in api.who_can(evidence, access, BUCKET).answers}
        assert robot in found and (name in found) is expected


@pytest.mark.parametrize(("agent", "found"), [("TRUE", True), ("FALSE", False)])
def test_patch_jobs_run_where_the_agent_is(tmp_path: Path, agent: str, found: bool) -> None:
    lab = Lab()
    robot = reader(lab)
    machine(lab, robot, items={"enable-osconfig": agent})
    lab.allow(Lab.project, binding("roles/osconfig.patchJobExecutor", EVE))
    assert (EVE in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(("constraint", "found"), [(True, True), (False, False)])
def test_signing_in_to_machines_takes_that_they_let(tmp_path: Path, constraint: bool, found: bool) -> None:
    lab = Lab()
    robot = reader(lab, binding(ACT_AS, EVE))
    machine(lab, robot)
    lab.allow(Lab.project, binding("roles/compute.osLogin", EVE))
    policy = [
        {"constraint": "constraints/compute.requireOsLogin", "boolean_policy": {"enforced": constraint}}
    ]
    lab.add(
        asset(
            Lab.folder,
            "cloudresourcemanager.googleapis.com/Folder",
            [FOLDER, ORGANISATION],
            org_policy=policy,
        )
    )
    assert (EVE in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(("acts", "found"), [(True, True), (False, False)])
def test_metadata_of_a_machine_takes_acting_as_its_account(tmp_path: Path, acts: bool, found: bool) -> None:
    lab = Lab()
    robot = reader(lab, *([binding(ACT_AS, EVE)] if acts else []))
    machine(lab, robot)
    lab.allow(Lab.project, binding(lab.role("keys", "compute.instances.setMetadata"), EVE))
    assert (EVE in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(("hidden", "certainty"), [(False, "certain"), (True, "conditional")])
def test_pods_reach_their_node(tmp_path: Path, hidden: bool, certainty: str) -> None:
    lab = Lab()
    robot = reader(lab)
    config: dict[str, Any] = {
        "serviceAccount": robot.removeprefix("serviceAccount:"),
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
    }
    data: dict[str, Any] = {"name": "c", "nodePools": [{"config": config}]}
    if hidden:
        config["workloadMetadataConfig"] = {"mode": "GKE_METADATA"}
        data["workloadIdentityConfig"] = {"workloadPool": f"{PROJECT}.svc.id.goog"}
    lab.of_project("locations/l/clusters/c", "container.googleapis.com/Cluster", data)
    lab.allow(Lab.project, binding("roles/container.developer", EVE))
    assert readers(lab, tmp_path)[EVE] == (False, certainty)


def test_pods_may_be_any_account_of_their_pool(tmp_path: Path) -> None:
    lab = Lab()
    pod = f"serviceAccount:{PROJECT}.svc.id.goog[ml/train]"
    lab.allow(Lab.store, binding(VIEWER, pod)).allow(Lab.project, binding("roles/container.developer", EVE))
    data = {"name": "c", "workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"}}
    lab.of_project("locations/l/clusters/c", "container.googleapis.com/Cluster", data)
    found = readers(lab, tmp_path)
    assert found[pod] == DIRECT and found[EVE][0] is False


# Services that act as their own account


def test_whoever_sends_a_service_gets_what_its_account_reads(tmp_path: Path) -> None:
    """One person for each technique of that kind; only the accounts in `reading` read."""
    sending = [one for one in techniques() if one.kind == "agent"]
    reading = {one.agent for one in sending[::2]}
    lab, expected = Lab(), set()
    for technique in sending:
        person = f"user:{technique.id}@lab.example"
        role = lab.role(technique.id.replace("-", "_"), *[need.any_of[0] for need in technique.needs])
        lab.allow(Lab.project, binding(role, person))
        expected |= {person} if technique.agent in reading else set()
    for agent in sorted(str(one) for one in reading):
        lab.allow(
            Lab.store, binding(VIEWER, f"serviceAccount:{agent}".format(number=NUMBER, project=PROJECT))
        )
    found = {name for name, (direct, _) in readers(lab, tmp_path).items() if not direct}
    useful = [one for one in sending if one.agent in reading]
    alike = {f"user:{one.id}@lab.example" for one in sending if any(_serves(one, other) for other in useful)}
    assert expected <= found == expected | alike


def _serves(one: Any, other: Any) -> bool:
    """Whether the rights that one technique asks are enough for another one."""
    held = {need.any_of[0] for need in one.needs}
    return all(held & set(need.any_of) for need in other.needs)


# Changing what stands in the way


@pytest.mark.parametrize("place", [Lab.organisation, Lab.folder, Lab.project, Lab.store])
def test_whoever_sets_a_policy_above_lets_itself_in(tmp_path: Path, place: str) -> None:
    kind = {Lab.organisation: "organizations", Lab.folder: "folders", Lab.project: "projects"}.get(place)
    permission = "storage.buckets.setIamPolicy" if kind is None else f"resourcemanager.{kind}.setIamPolicy"
    lab = Lab()
    lab.allow(place, binding(lab.role("setter", permission, on=ORGANISATION), EVE))
    assert readers(lab, tmp_path) == {EVE: CHANGED}


def test_a_denial_outlasts_a_grant_that_somebody_gives_itself(tmp_path: Path) -> None:
    lab = Lab()
    lab.allow(Lab.store, binding(lab.role("setter", "storage.buckets.setIamPolicy"), EVE))
    lab.beside_it(denial(FOLDER, "no", EVERYBODY, permissions=OBJECTS))
    assert readers(lab, tmp_path) == {}


@pytest.mark.parametrize(
    ("allowed", "found"), [(["roles/pubsub.editor"], False), (["roles/pubsub.editor", VIEWER], True)]
)
def test_limits_of_whoever_grants(tmp_path: Path, allowed: list[str], found: bool) -> None:
    only = f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly({allowed})"
    lab = Lab().allow(Lab.project, binding("roles/resourcemanager.projectIamAdmin", EVE, condition=only))
    assert (EVE in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(("holds", "found"), [(True, True), (False, False)])
def test_whoever_changes_a_role_that_it_holds_adds_what_it_lacks(
    tmp_path: Path, holds: bool, found: bool
) -> None:
    lab = Lab()
    role = lab.role("lister", "storage.objects.list")
    lab.allow(Lab.project, binding("roles/iam.roleAdmin", EVE)).allow(
        Lab.store, binding(role, EVE if holds else ADA)
    )
    assert (EVE in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(("where", "found"), [(Lab.organisation, True), (Lab.project, False)])
def test_whoever_takes_a_deny_policy_away(tmp_path: Path, where: str, found: bool) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, EVE))
    lab.allow(where, binding(lab.role("denials", "iam.denypolicies.delete", on=ORGANISATION), EVE))
    lab.beside_it(denial(FOLDER, "no", EVERYBODY, permissions=OBJECTS))
    assert (readers(lab, tmp_path) == {EVE: CHANGED}) is found


def test_a_boundary_keeps_even_its_administrators_from_itself(tmp_path: Path) -> None:
    lab = Lab().allow(Lab.store, binding(VIEWER, EVE, ADA))
    lab.allow(Lab.organisation, binding("roles/iam.principalAccessBoundaryAdmin", EVE))
    boundary(lab, "//cloudresourcemanager.googleapis.com/projects/701")
    assert readers(lab, tmp_path) == {}


@pytest.mark.parametrize(("sets", "found"), [(True, True), (False, False)])
def test_whoever_takes_an_organisation_policy_away(tmp_path: Path, sets: bool, found: bool) -> None:
    lab = Lab()
    reader(lab, binding("roles/iam.serviceAccountKeyAdmin", EVE))
    policy = [
        {
            "constraint": "constraints/iam.disableServiceAccountKeyCreation",
            "boolean_policy": {"enforced": True},
        }
    ]
    lab.add(
        asset(
            Lab.folder,
            "cloudresourcemanager.googleapis.com/Folder",
            [FOLDER, ORGANISATION],
            org_policy=policy,
        )
    )
    if sets:
        lab.allow(Lab.organisation, binding("roles/orgpolicy.policyAdmin", EVE))
    assert (EVE in readers(lab, tmp_path)) is found


def test_whoever_opens_a_bucket_to_the_public(tmp_path: Path) -> None:
    access = {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"}
    lab = Lab(bucket={"iamConfiguration": access}).allow(Lab.store, binding(VIEWER, "allUsers"))
    lab.allow(Lab.store, binding(lab.role("updater", "storage.buckets.update"), EVE))
    assert readers(lab, tmp_path) == {EVE: CHANGED}


@pytest.mark.parametrize(("uniform", "found"), [(True, {}), (False, {EVE: CHANGED})])
def test_whoever_sets_lists_where_lists_count(tmp_path: Path, uniform: bool, found: dict[str, Any]) -> None:
    lab = Lab(bucket={"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": uniform}}})
    lab.allow(Lab.store, binding(lab.role("lists", "storage.objects.setIamPolicy"), EVE))
    assert readers(lab, tmp_path) == found


# Federation

POOL = f"projects/{NUMBER}/locations/global/workloadIdentityPools/ci"


def pool(lab: Lab, **provider: Any) -> None:
    base, above = "//iam.googleapis.com/", [f"projects/{NUMBER}", FOLDER, ORGANISATION]
    lab.add(
        asset(
            base + POOL,
            "iam.googleapis.com/WorkloadIdentityPool",
            above,
            resource={"data": {"name": POOL, "state": "ACTIVE"}},
        )
    )
    name = f"{POOL}/providers/p"
    data = {"name": name, "state": "ACTIVE", **provider}
    lab.add(
        asset(base + name, "iam.googleapis.com/WorkloadIdentityPoolProvider", above, resource={"data": data})
    )


GITHUB = {
    "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
    "attributeMapping": {"google.subject": "assertion.sub", "attribute.repository": "assertion.repository"},
}


@pytest.mark.parametrize(
    ("who", "condition", "found"),
    [
        ("attribute.repository/lab/train", None, True),
        ("attribute.repository/lab/train", "assertion.repository == 'lab/train'", True),
        ("attribute.repository/evil/train", "assertion.repository == 'lab/train'", False),
        ("attribute.repository/lab/train", "assertion.repository_owner == 'lab'", True),
        ("attribute.unmapped/x", None, False),
        ("*", "assertion.repository == 'lab/train'", True),
    ],
)
def test_a_pool_vouches_for_whom_its_provider_lets_in(
    tmp_path: Path, who: str, condition: str | None, found: bool
) -> None:
    lab = Lab()
    member = f"principalSet://iam.googleapis.com/{POOL}/{who}"
    pool(lab, **GITHUB, **({} if condition is None else {"attributeCondition": condition}))
    lab.allow(Lab.store, binding(VIEWER, member))
    assert (member in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(
    ("subject", "found"),
    [("repo:lab/train:ref:refs/heads/main", True), ("repo:evil/train:ref:refs/heads/main", False)],
)
def test_a_subject_says_which_repository_it_is_of(tmp_path: Path, subject: str, found: bool) -> None:
    lab = Lab()
    member = f"principal://iam.googleapis.com/{POOL}/subject/{subject}"
    pool(lab, **GITHUB, attributeCondition="assertion.repository_owner == 'lab'")
    lab.allow(Lab.store, binding(VIEWER, member))
    assert (member in readers(lab, tmp_path)) is found


@pytest.mark.parametrize(("account", "found"), [("111111111111", True), ("222222222222", False)])
def test_a_role_of_another_aws_account_never_gets_in(tmp_path: Path, account: str, found: bool) -> None:
    lab = Lab()
    member = f"principalSet://iam.googleapis.com/{POOL}/attribute.aws_role/arn:aws:sts::{account}:assumed-role/train"
    pool(lab, aws={"accountId": "111111111111"}, attributeMapping={"attribute.aws_role": "assertion.arn"})
    lab.allow(Lab.store, binding(VIEWER, member))
    assert (member in readers(lab, tmp_path)) is found


def test_a_provider_that_is_off_vouches_for_nobody(tmp_path: Path) -> None:
    lab = Lab()
    pool(lab, **GITHUB, disabled=True)
    lab.allow(Lab.store, binding(VIEWER, f"principalSet://iam.googleapis.com/{POOL}/*"))
    assert readers(lab, tmp_path) == {}


def test_whoever_adds_a_provider_is_vouched_for(tmp_path: Path) -> None:
    lab = Lab()
    member = f"principalSet://iam.googleapis.com/{POOL}/*"
    pool(lab, **GITHUB)
    robot = reader(lab, binding("roles/iam.workloadIdentityUser", member))
    lab.allow(Lab.project, binding("roles/iam.workloadIdentityPoolAdmin", EVE))
    assert readers(lab, tmp_path) == {robot: DIRECT, member: CHANGED, EVE: CHANGED}


# The other questions


def test_paths_are_told_hop_by_hop(tmp_path: Path) -> None:
    lab = Lab()
    robot = reader(lab, binding(TOKEN, EVE))
    found = api.paths(lab.evidence(tmp_path), EVE, BUCKET)
    assert [[(hop.origin, hop.how, hop.target) for hop in path] for path in found] == [
        [(EVE, "iam.serviceAccounts.getAccessToken", robot), (robot, "storage.objects.get", BUCKET)]
    ]


def test_the_cut_takes_a_member_out_of_a_binding(tmp_path: Path) -> None:
    lab = Lab()
    robot = reader(lab, binding(TOKEN, EVE, ADA))
    lab.allow(Lab.store, binding(VIEWER, "allUsers"))
    cut = api.cut(lab.evidence(tmp_path), BUCKET)
    assert {one.policy for one in cut.changes} == {f"{robot}#allow", f"{BUCKET}#allow"} and cut.left == ()
    after = {one.policy: one.after for one in cut.changes}
    assert after[f"{BUCKET}#allow"]["bindings"] == [binding(VIEWER, robot)]  # type: ignore[index]


def test_one_change_is_enough_where_two_rights_are_needed(tmp_path: Path) -> None:
    lab = Lab()
    reader(lab, binding(ACT_AS, EVE))
    lab.allow(Lab.project, binding("roles/run.developer", EVE))
    assert len(api.cut(lab.evidence(tmp_path), BUCKET).changes) == 1


def test_the_radius_of_a_principal(tmp_path: Path) -> None:
    lab = Lab()
    robot = reader(lab, binding(TOKEN, EVE))
    assert set(lab.evidence(tmp_path).access.blast_radius(EVE)) == {robot, BUCKET}
