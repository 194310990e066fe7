"""Google Cloud's decisions: minimal pairs in which one fact decides, each with the page that says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from weightguard.policy.cases import answer_line
from weightguard.policy.gcp import (
    Binding,
    Boundary,
    Bucket,
    Constraint,
    DenyPolicy,
    DenyRule,
    Grant,
    Groups,
    Policies,
    Request,
    RoleDefinition,
    decide,
)

CASES = Path(__file__).parents[3] / "shared" / "cases" / "gcp-access" / "cases.jsonl"
ALICE, BOB = "user:alice@example.com", "user:bob@example.com"
TRAINER = "serviceAccount:trainer@p1.iam.gserviceaccount.com"
READER = "roles/storage.objectViewer"
WEIGHTS = "buckets/weights/objects/frontier/model.safetensors"
PARENTS = {"buckets/weights": "projects/p1", "projects/p1": "folders/10", "folders/10": "organizations/1"}
GET = "storage.googleapis.com/objects.get"


def world(*bindings: Binding, on: str = "buckets/weights", **more: Any) -> Policies:
    groups = Groups(more.pop("groups", {}))
    return Policies(**{"parents": PARENTS, "bindings": {on: bindings}, "groups": groups, **more})


def says(policies: Policies, member: str = ALICE, **asked: Any) -> str:
    request = Request(**{"member": member, "permission": "storage.objects.get", "resource": WEIGHTS, **asked})
    return decide(request, policies).outcome.value


def reader(*members: str, condition: str | None = None) -> Binding:
    return Binding(READER, members or (ALICE,), condition)


def denial(*principals: str, on: str = "projects/p1", **more: Any) -> DenyPolicy:
    return DenyPolicy("guard", on, (DenyRule(principals, more.pop("permissions", (GET,)), **more),))


@pytest.mark.shared
@pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside the checkout")
def test_published_cases_come_out_as_published() -> None:
    for number, line in enumerate(CASES.read_bytes().splitlines()):
        expected = json.loads(line)["expected"]
        record = answer_line(line, number).record
        assert str(record.get("decision")).partition("_")[0] == expected, record


@pytest.mark.parametrize("on", [WEIGHTS, "buckets/weights", "projects/p1", "folders/10", "organizations/1"])
def test_a_grant_is_inherited_from_everything_above(on: str) -> None:
    """ "Using resource hierarchy for access control": the effective policy is the union."""
    assert says(world(reader(), on=on)) == "allowed"


@pytest.mark.parametrize(
    "on", ["projects/p", "projects/p11", "folders/1", "buckets/weights-2", "organizations/2"]
)
def test_a_name_that_begins_alike_is_another_place(on: str) -> None:
    assert says(world(reader(), on=on)) == "denied_implicitly"


@pytest.mark.parametrize(
    ("folder", "outcome"),
    [("frontier", "allowed"), ("front", "denied_implicitly"), ("frontier/model", "denied_implicitly")],
)
def test_a_managed_folder_holds_what_is_named_below_it(folder: str, outcome: str) -> None:
    """ "Managed folders": permissions on a managed folder apply to the objects whose names begin with the folder's."""
    assert says(world(reader(), on=f"buckets/weights/managedFolders/{folder}")) == outcome


@pytest.mark.parametrize(
    ("member", "asker", "outcome"),
    [
        ("group:eng@example.com", ALICE, "allowed"),
        ("group:all@example.com", ALICE, "allowed"),  # a group in a group
        ("group:eng@example.com", BOB, "denied_implicitly"),
        ("group:elsewhere@example.com", ALICE, "unknown"),  # nobody told who is in it
        ("group:unreadable@example.com", ALICE, "unknown"),
        ("group:unreadable@example.com", "allUsers", "denied_implicitly"),
        ("domain:example.com", ALICE, "allowed"),
        ("domain:example.com", "user:eve@sub.example.com", "denied_implicitly"),
        ("domain:example.com", "user:eve@notexample.com", "denied_implicitly"),
        ("allUsers", "allUsers", "allowed"),
        ("allAuthenticatedUsers", ALICE, "allowed"),
        ("allAuthenticatedUsers", "allUsers", "denied_implicitly"),
        (
            "allAuthenticatedUsers",
            "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci/subject/x",
            "denied_implicitly",
        ),
        ("deleted:user:alice@example.com?uid=1", ALICE, "denied_implicitly"),
        ("user:Alice@Example.com", ALICE, "allowed"),
        ("projectEditor:p1", BOB, "allowed"),
        ("projectEditor:p1", ALICE, "denied_implicitly"),
        ("principal://goog/subject/alice@example.com", ALICE, "allowed"),
    ],
)
def test_whom_a_member_means(member: str, asker: str, outcome: str) -> None:
    """ "Principal identifiers" and "Convenience values" of Cloud Storage."""
    groups = {
        "group:eng@example.com": (ALICE,),
        "group:all@example.com": ("group:eng@example.com", "group:all@example.com"),
        "group:unreadable@example.com": None,
    }
    found = world(reader(member), groups=groups)
    editors = Binding("roles/editor", (BOB,))
    found = replace(found, bindings={**found.bindings, "projects/p1": (editors,)})
    assert says(found, asker) == outcome


POOL = "iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci"


@pytest.mark.parametrize(
    ("member", "context", "outcome"),
    [
        (f"principal://{POOL}/subject/repo:lab/models", {}, "allowed"),
        (f"principalSet://{POOL}/*", {}, "allowed"),
        (f"principalSet://{POOL}-2/*", {}, "denied_implicitly"),
        (f"principalSet://{POOL}/attribute.repository/lab/models", {}, "denied_implicitly"),
        (
            f"principalSet://{POOL}/attribute.repository/lab/models",
            {"attribute.repository": "lab/models"},
            "allowed",
        ),
        (
            f"principalSet://{POOL}/attribute.repository/lab/models",
            {"attribute.repository": "lab/mod"},
            "denied_implicitly",
        ),
        (f"principalSet://{POOL}/group/ml", {"google.groups": ["ml", "ops"]}, "allowed"),
    ],
)
def test_federated_identities(member: str, context: dict[str, Any], outcome: str) -> None:
    asker = f"principal://{POOL}/subject/repo:lab/models"
    assert says(world(reader(member)), asker, context=context) == outcome


def test_an_attribute_that_nobody_told_is_open_where_the_question_is() -> None:
    asker = f"principal://{POOL}/subject/x"
    found = world(reader(f"principalSet://{POOL}/attribute.repository/lab/models"))
    request = Request(asker, "storage.objects.get", WEIGHTS, open=True)
    assert decide(request, found).missing == ("attribute.repository",)


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (denial("principal://goog/subject/alice@example.com"), "denied_explicitly"),
        (denial("principal://goog/subject/bob@example.com"), "allowed"),
        (denial("principalSet://goog/public:all"), "denied_explicitly"),
        (denial("principalSet://goog/public:all", on="organizations/1"), "denied_explicitly"),
        (denial("principalSet://goog/public:all", on="projects/p2"), "allowed"),
        (
            denial(
                "principalSet://goog/public:all", on="cloudresourcemanager.googleapis.com%2Fprojects%2Fp1"
            ),
            "allowed",  # names are relative before they come here: `cases` does that
        ),
        (
            denial(
                "principalSet://goog/public:all",
                except_principals=("principal://goog/subject/alice@example.com",),
            ),
            "allowed",
        ),
        (denial("principalSet://goog/public:all", except_permissions=(GET,)), "allowed"),
        (
            denial("principalSet://goog/public:all", permissions=("storage.googleapis.com/*.*",)),
            "denied_explicitly",
        ),
        (
            denial("principalSet://goog/public:all", permissions=("storage.googleapis.com/objects.*",)),
            "denied_explicitly",
        ),
        (
            denial("principalSet://goog/public:all", permissions=("storage.googleapis.com/*.get",)),
            "denied_explicitly",
        ),
        (denial("principalSet://goog/public:all", permissions=("storage.googleapis.com/*.list",)), "allowed"),
        (
            denial("principalSet://goog/public:all", permissions=("compute.googleapis.com/objects.get",)),
            "allowed",
        ),
        (
            denial("principalSet://goog/public:all", condition="resource.matchTag('1/env', 'prod')"),
            "denied_explicitly",
        ),
        (denial("principalSet://goog/public:all", condition="resource.matchTag('1/env', 'dev')"), "allowed"),
        # What cannot be evaluated denies ("Deny policies").
        (denial("principalSet://goog/public:all", condition="resource.noSuchThing()"), "denied_explicitly"),
        (denial("principalSet://goog/public:all", condition="((("), "denied_explicitly"),
    ],
)
def test_deny_policies(policy: DenyPolicy, outcome: str) -> None:
    found = world(reader(), denials=(policy,), tags={"projects/p1": {"1/env": "prod"}})
    assert says(found) == outcome


def test_the_nearest_value_of_a_tag_counts() -> None:
    tags = {"organizations/1": {"1/env": "prod"}, "projects/p1": {"1/env": "dev"}}
    found = world(reader(condition="resource.matchTag('1/env', 'dev')"), tags=tags)
    assert says(found) == "allowed"


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("resource.name.startsWith('projects/_/buckets/weights/objects/frontier/')", "allowed"),
        ("resource.name.startsWith('projects/_/buckets/weights/objects/open/')", "denied_implicitly"),
        ("resource.type == 'storage.googleapis.com/Object'", "allowed"),
        ("resource.service == 'compute.googleapis.com'", "denied_implicitly"),
        ("request.time < timestamp('2030-01-01T00:00:00Z')", "unknown"),
        ("request.time < timestamp('2030-01-01T00:00:00Z') || true", "allowed"),
        ("request.host == 'x'", "denied_implicitly"),  # absent: cannot be evaluated
        ("no such thing", "denied_implicitly"),
        ("", "denied_implicitly"),
    ],
)
def test_a_condition_that_is_not_true_grants_nothing(expression: str, outcome: str) -> None:
    assert says(world(reader(condition=expression))) == outcome


@pytest.mark.parametrize(
    ("bucket", "constraint", "asker", "outcome"),
    [
        (Bucket(True, "inherited"), None, "allUsers", "allowed"),
        (Bucket(True, "enforced"), None, "allUsers", "denied_implicitly"),
        (Bucket(True, "enforced"), None, ALICE, "allowed"),
        (Bucket(True, "enforced"), None, BOB, "denied_implicitly"),
        (Bucket(True, "inherited"), ("organizations/1", True), "allUsers", "denied_implicitly"),
        (Bucket(True, "inherited"), ("projects/p2", True), "allUsers", "allowed"),
    ],
)
def test_public_access_prevention_takes_only_the_public_out(
    bucket: Bucket, constraint: tuple[str, bool] | None, asker: str, outcome: str
) -> None:
    """ "Public access prevention": by the bucket or by constraints/storage.publicAccessPrevention."""
    own = (
        ()
        if constraint is None
        else (Constraint(constraint[0], "storage.publicAccessPrevention", constraint[1]),)
    )
    found = world(
        reader("allUsers", "allAuthenticatedUsers", ALICE), buckets={"weights": bucket}, constraints=own
    )
    assert says(found, asker) == outcome


def test_the_nearest_organisation_policy_counts() -> None:
    own = tuple(
        Constraint(place, "storage.publicAccessPrevention", enforced)
        for place, enforced in (("organizations/1", True), ("projects/p1", False))
    )
    found = world(reader("allUsers"), buckets={"weights": Bucket(True, "inherited")}, constraints=own)
    assert says(found, "allUsers") == "allowed"


@pytest.mark.parametrize(
    ("bucket", "outcome"),
    [
        (
            Bucket(
                False, objects={"frontier/model.safetensors": (Grant("user-alice@example.com", "READER"),)}
            ),
            "allowed",
        ),
        (
            Bucket(
                True, objects={"frontier/model.safetensors": (Grant("user-alice@example.com", "READER"),)}
            ),
            "denied_implicitly",
        ),
        (Bucket(False, objects={"other": (Grant("user-alice@example.com", "READER"),)}), "denied_implicitly"),
        # The bucket's own list lets see and write objects, never read them.
        (Bucket(False, grants=(Grant("user-alice@example.com", "OWNER"),)), "denied_implicitly"),
        (
            Bucket(False, objects={"frontier/model.safetensors": (Grant("domain-example.com", "OWNER"),)}),
            "allowed",
        ),
        (
            Bucket(False, "enforced", objects={"frontier/model.safetensors": (Grant("allUsers", "READER"),)}),
            "denied_implicitly",
        ),
    ],
)
def test_access_control_lists_count_without_uniform_access(bucket: Bucket, outcome: str) -> None:
    """ "Access control lists (ACLs)" and "Uniform bucket-level access"."""
    assert says(world(buckets={"weights": bucket})) == outcome


def test_a_list_of_the_bucket_lets_see_what_is_there() -> None:
    found = world(buckets={"weights": Bucket(False, grants=(Grant("user-alice@example.com", "READER"),))})
    assert says(found, permission="storage.objects.list", resource="buckets/weights") == "allowed"


@pytest.mark.parametrize(
    ("role", "given", "outcome"),
    [
        ("roles/storage.objectViewer", {}, "allowed"),
        ("roles/storage.objectCreator", {}, "denied_implicitly"),
        ("roles/viewer", {}, "denied_implicitly"),
        ("roles/owner", {}, "denied_implicitly"),
        ("roles/storage.legacyBucketOwner", {}, "denied_implicitly"),
        ("organizations/1/roles/reader", {}, "unknown"),
        ("roles/storage.ofTheFuture", {}, "unknown"),
        (
            "organizations/1/roles/reader",
            {"organizations/1/roles/reader": RoleDefinition(frozenset({"storage.objects.get"}))},
            "allowed",
        ),
        (
            "organizations/1/roles/reader",
            {
                "organizations/1/roles/reader": RoleDefinition(
                    frozenset({"storage.objects.get"}), disabled=True
                )
            },
            "denied_implicitly",
        ),
        (
            "organizations/1/roles/reader",
            {"organizations/1/roles/reader": RoleDefinition(frozenset())},
            "denied_implicitly",
        ),
    ],
)
def test_what_roles_permit(role: str, given: dict[str, RoleDefinition], outcome: str) -> None:
    """Basic roles hold no storage.objects.get of their own; a role that nobody defined is unknown, never empty."""
    assert says(world(Binding(role, (ALICE,)), roles=given)) == outcome


@pytest.mark.parametrize(
    ("boundaries", "asker", "outcome"),
    [
        ((Boundary("b", (ALICE,), ("projects/p1",)),), ALICE, "allowed"),
        ((Boundary("b", (ALICE,), ("projects/p2",)),), ALICE, "denied_implicitly"),
        ((Boundary("b", (ALICE,), ("projects/p2",)),), BOB, "allowed"),
        ((Boundary("b", (ALICE,), ("projects/p2",), (GET,)),), ALICE, "denied_implicitly"),
        ((Boundary("b", (ALICE,), ("projects/p2",), ("compute.googleapis.com/*.*",)),), ALICE, "allowed"),
        # One boundary that makes it eligible is enough.
        (
            (Boundary("a", (ALICE,), ("projects/p2",)), Boundary("b", (ALICE,), ("organizations/1",))),
            ALICE,
            "allowed",
        ),
        (
            (
                Boundary(
                    "b",
                    ("principalSet://cloudresourcemanager.googleapis.com/organizations/1",),
                    ("projects/p2",),
                ),
            ),
            TRAINER,
            "denied_implicitly",
        ),
        (
            (
                Boundary(
                    "b",
                    ("principalSet://cloudresourcemanager.googleapis.com/projects/p1",),
                    ("projects/p2",),
                    condition="principal.type != 'iam.googleapis.com/ServiceAccount'",
                ),
            ),
            TRAINER,
            "allowed",
        ),
    ],
)
def test_principal_access_boundaries(boundaries: tuple[Boundary, ...], asker: str, outcome: str) -> None:
    """ "Principal access boundary policies"."""
    assert says(world(reader(ALICE, BOB, TRAINER), boundaries=boundaries), asker) == outcome


@pytest.mark.parametrize(
    ("constraints", "outcome"),
    [
        ((), "allowed"),
        ((Constraint("organizations/1", "iam.disableServiceAccountKeyCreation", True),), "denied_explicitly"),
        (
            (Constraint("organizations/1", "iam.managed.disableServiceAccountKeyCreation", True),),
            "denied_explicitly",
        ),
        ((Constraint("organizations/1", "iam.disableServiceAccountKeyCreation", False),), "allowed"),
        ((Constraint("organizations/2", "iam.disableServiceAccountKeyCreation", True),), "allowed"),
        ((Constraint("organizations/1", "iam.disableServiceAccountCreation", True),), "allowed"),
        (
            (Constraint("folders/10", "gcp.restrictServiceUsage", denied=("iam.googleapis.com",)),),
            "denied_explicitly",
        ),
        ((Constraint("folders/10", "gcp.restrictServiceUsage", allowed=("iam.googleapis.com",)),), "allowed"),
        (
            (Constraint("folders/10", "gcp.restrictServiceUsage", allowed=("storage.googleapis.com",)),),
            "denied_explicitly",
        ),
    ],
)
def test_organisation_policies_that_refuse_requests(
    constraints: tuple[Constraint, ...], outcome: str
) -> None:
    found = world(
        Binding("roles/iam.serviceAccountKeyAdmin", (ALICE,)), on="projects/p1", constraints=constraints
    )
    account = f"projects/p1/serviceAccounts/{TRAINER.partition(':')[2]}"
    assert says(found, permission="iam.serviceAccountKeys.create", resource=account) == outcome


@pytest.mark.parametrize(
    ("after", "outcome"), [(True, "allowed"), (None, "allowed"), (False, "denied_implicitly")]
)
def test_domain_restriction_takes_nothing_away_that_was_there(after: bool | None, outcome: str) -> None:
    """ "Restricting identities by domain": the constraint is not retroactive."""
    own = Constraint(
        "organizations/1", "iam.allowedPolicyMemberDomains", allowed=("other.test",), set_after=after
    )
    assert says(world(reader(), constraints=(own,))) == outcome


def test_a_group_and_a_condition_that_are_open_are_both_told() -> None:
    binding = reader("group:eng@example.com", condition="request.time < timestamp('2030-01-01T00:00:00Z')")
    request = Request(ALICE, "storage.objects.get", WEIGHTS)
    assert decide(request, world(binding)).missing == ("group:eng@example.com", "request.time")


def test_a_denial_under_an_open_condition_leaves_the_answer_open() -> None:
    policy = denial("principalSet://goog/public:all", condition="resource.hasTagKey('1/frozen')")
    request = Request(ALICE, "storage.objects.get", WEIGHTS, open=True)
    answer = decide(request, world(reader(), denials=(policy,)))
    assert (answer.outcome.value, answer.missing) == ("unknown", ("resource.tags.1/frozen",))


@pytest.mark.parametrize("asked_first", ["group:g@example.com", "group:h@example.com"])
def test_groups_that_hold_each_other_hold_the_same_people(asked_first: str) -> None:
    groups = {
        "group:g@example.com": ("group:h@example.com", ALICE),
        "group:h@example.com": ("group:g@example.com",),
    }
    other = next(name for name in groups if name != asked_first)
    for bindings in ([reader(other)], [Binding("roles/viewer", (asked_first,)), reader(other)]):
        assert says(world(*bindings, groups=groups)) == "allowed"
    policy = denial(f"principalSet://goog/group/{other.partition(':')[2]}")
    assert says(world(reader(asked_first), groups=groups, denials=(policy,))) == "denied_explicitly"


@pytest.mark.parametrize(("viewer", "outcome"), [("allUsers", "allowed"), (BOB, "denied_implicitly")])
def test_the_public_may_be_a_project_s_viewer(viewer: str, outcome: str) -> None:
    found = world(reader("projectViewer:p1"))
    found = replace(found, bindings={**found.bindings, "projects/p1": (Binding("roles/viewer", (viewer,)),)})
    assert says(found, "allUsers") == outcome
