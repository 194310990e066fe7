"""Principals, organisations, workloads and gaps: what an account's records amount to."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from estates import ACCOUNT, BUCKET, SCOPE, absent, call, estate, ok, record

from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import NOT_HERE, Container, ContainerKind, Estate, PrincipalKind
from weightguard.snapshot.model import Record

ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/trainer"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/read"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
DETAILS = "GetAccountAuthorizationDetails"


def policy(arn: str = MANAGED, document: Any = ALLOW) -> Record:
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": {"Statement": []}},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": document},
    ]
    data = {"Arn": arn, "PolicyName": "read", "DefaultVersionId": "v2", "PolicyVersionList": versions}
    return record("iam.policy", arn, data, region=None, operation=DETAILS)


def role(**more: Any) -> Record:
    data = {
        "Arn": ROLE, "RoleName": "trainer", "RoleId": "AROA1", "Path": "/team/", "AssumeRolePolicyDocument": TRUST,
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": ALLOW}],
        "AttachedManagedPolicies": [{"PolicyName": "read", "PolicyArn": MANAGED}, {"PolicyName": "Admin", "PolicyArn": ADMIN}],
        "InstanceProfileList": [{"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/box", "InstanceProfileName": "box"}],
        "RoleLastUsed": {},
    }  # fmt: skip
    return record("iam.role", ROLE, {**data, **more}, region=None, operation=DETAILS)


def user(reads: Any = None, **more: Any) -> Record:
    data = {
        "Arn": USER,
        "UserName": "ann",
        "UserId": "AIDA1",
        "Path": "/",
        "GroupList": ["readers"],
        "AttachedManagedPolicies": [],
    }
    return record("iam.user", USER, {**data, **more}, reads, region=None, operation=DETAILS)


def principal(found: Estate, arn: str) -> Any:
    return next(item for item in found.principals if item.id == arn)


# Principals


@pytest.mark.parametrize("listed", ["ops", {"a": 1}, [1]])
def test_a_membership_of_an_odd_shape_is_unknown_and_not_none(listed: object) -> None:
    found = principal(estate(user(GroupList=listed)), USER)
    assert isinstance(found.groups, Unknown)
    assert found.groups.reason is Reason.MALFORMED


def test_a_role_carries_inline_and_attached_policies_with_their_default_version() -> None:
    found = principal(estate(policy(), role()), ROLE)
    assert [(item.id, item.document, item.origin) for item in found.policies.value] == [
        (f"{ROLE}#own", ALLOW, "inline"),
        (MANAGED, ALLOW, "customer"),
        (ADMIN, None, "provider"),
    ]
    assert found.trust.value.document == TRUST
    assert found.boundary.value is None
    assert found.instance_profiles == (f"arn:aws:iam::{ACCOUNT}:instance-profile/box",)


def test_a_customer_policy_without_its_text_is_marked_as_not_in_the_snapshot() -> None:
    found = principal(estate(role()), ROLE)
    assert {item.id: item.document for item in found.policies.value}[MANAGED] is None


@pytest.mark.parametrize(
    "write", [lambda document: quote(json.dumps(document)), json.dumps, lambda document: document]
)
def test_documents_are_the_same_however_they_are_written(write: Any) -> None:
    found = principal(
        estate(policy(document=write(ALLOW)), role(AssumeRolePolicyDocument=write(TRUST))), ROLE
    )
    assert found.policies.value[1].document == ALLOW
    assert found.trust.value.document == TRUST


def test_equal_documents_are_held_once() -> None:
    other = record(
        "iam.role", ROLE + "2", {**role().data, "Arn": ROLE + "2", "RoleName": "trainer2"}, region=None
    )
    found = estate(policy(), role(), other)
    first, second = (principal(found, arn).policies.value for arn in (ROLE, ROLE + "2"))
    assert first[0].document is second[0].document
    assert first[1] is second[1]


def test_a_boundary_is_resolved() -> None:
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": MANAGED}
    assert (
        principal(estate(policy(), role(PermissionsBoundary=boundary)), ROLE).boundary.value.document == ALLOW
    )


def test_groups_are_named_by_arn_with_their_path() -> None:
    group = record(
        "iam.group",
        f"arn:aws:iam::{ACCOUNT}:group/ml/readers",
        {"Arn": "g", "GroupName": "readers"},
        region=None,
    )
    assert principal(estate(group, user()), USER).known_groups == (
        f"arn:aws:iam::{ACCOUNT}:group/ml/readers",
    )


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"Arn": ROLE, "RolePolicyList": 3}, {"Arn": ROLE, "RolePolicyList": [{}]}]
)
def test_a_malformed_entry_has_unknown_policies_and_never_none(data: Any) -> None:
    found = principal(estate(record("iam.role", ROLE, data if data is not None else [], region=None)), ROLE)
    assert isinstance(found.policies, Unknown)
    assert found.policies.reason is Reason.MALFORMED


def test_a_source_that_knows_no_policies_says_so() -> None:
    made = record(
        "iam.role",
        ROLE,
        role().data,
        {"ListAttachedRolePolicies": {"outcome": "skipped", "why": "data source"}},
        region=None,
    )
    found = principal(estate(made), ROLE)
    assert isinstance(found.policies, Unknown)
    assert isinstance(found.trust, Known)


def test_service_linked_roles_are_told_by_their_path() -> None:
    assert principal(estate(role(Path="/aws-service-role/guardduty.amazonaws.com/")), ROLE).service_linked
    assert not principal(estate(role()), ROLE).service_linked


# Credentials

REPORT = {
    "user": "ann", "arn": USER, "password_enabled": "true", "password_last_used": "2025-12-01T00:00:00+00:00",
    "mfa_active": "false",
    "access_key_1_active": "true", "access_key_1_last_rotated": "2025-01-01T00:00:00+00:00",
    "access_key_1_last_used_date": "2025-12-24T00:00:00+00:00",
    "access_key_2_active": "false", "access_key_2_last_rotated": "N/A", "access_key_2_last_used_date": "N/A",
}  # fmt: skip


def report(arn: str = USER, **more: str) -> Record:
    return record(
        "iam.credential", arn, {**REPORT, "arn": arn, **more}, region=None, operation="GetCredentialReport"
    )


def test_the_credential_report_tells_of_passwords_factors_and_keys() -> None:
    found = principal(estate(user(), report()), USER)
    assert found.kind is PrincipalKind.USER
    assert found.console_password.value is True
    assert found.mfa_active.value is False
    assert [(key.active, key.created) for key in found.credentials.value] == [
        (True, "2025-01-01T00:00:00+00:00")
    ]
    assert found.last_used.value == "2025-12-24T00:00:00+00:00"
    assert found.mfa_active.source.call == "iam:GetCredentialReport"


def test_without_the_report_credentials_are_unknown_with_its_reason() -> None:
    found = principal(estate(user(), calls=[call("iam", "GetCredentialReport", "denied")]), USER)
    for fact in (found.console_password, found.mfa_active, found.credentials, found.last_used):
        assert isinstance(fact, Unknown)
        assert fact.reason is Reason.DENIED


def test_access_keys_listed_one_by_one_stand_in_for_the_report() -> None:
    listed = record(
        "iam.access_key",
        "AKIA1",
        {"UserName": "ann", "AccessKeyId": "AKIA1", "Status": "Inactive"},
        region=None,
    )
    found = principal(estate(user(), listed, calls=[call("iam", "ListAccessKeys", resource=USER)]), USER)
    assert [(key.id, key.active) for key in found.credentials.value] == [("AKIA1", False)]


def test_the_root_user_is_read_from_the_report_or_the_summary() -> None:
    root = report(
        f"arn:aws:iam::{ACCOUNT}:root", user="<root_account>", mfa_active="true", access_key_1_active="false"
    )
    account = estate(root).accounts.items[0]
    assert (account.root_mfa.value, account.root_access_keys.value) == (True, 0)  # type: ignore[union-attr]
    summary = {"SummaryMap": {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1}}
    record_ = record("iam.account_summary", ACCOUNT, summary, {"GetAccountSummary": ok(summary)}, region=None)
    account = estate(record_).accounts.items[0]
    assert (account.root_mfa.value, account.root_access_keys.value) == (False, 1)  # type: ignore[union-attr]


# Organisation

FULL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
MEMBER = "222222222222"


def organisation(**changes: Any) -> list[Record]:
    """A root, a unit below it, and the management account and a member in the unit."""

    def policy_(name: str, content: str, targets: list[str], kind: str = "SERVICE_CONTROL_POLICY") -> Record:
        summary = {
            "Id": name,
            "Arn": f"arn:aws:organizations::{ACCOUNT}:policy/o-1/{name}",
            "Name": name,
            "Type": kind,
        }
        reads = {
            "DescribePolicy": ok({"Policy": {"PolicySummary": summary, "Content": content}}),
            "ListTargetsForPolicy": ok({"Targets": [{"TargetId": target} for target in targets]}),
        }
        return record("organizations.policy", name, summary, {**reads, **changes.get(name, {})}, region=None)

    described = {"Id": "o-1", "MasterAccountId": ACCOUNT}
    types = [
        {"Type": name, "Status": "ENABLED"} for name in changes.get("types", ("SERVICE_CONTROL_POLICY",))
    ]
    root_reads = {
        "ListOrganizationalUnitsForParent": ok({"OrganizationalUnits": [{"Id": "ou-1"}]}),
        "ListAccountsForParent": ok({"Accounts": [{"Id": ACCOUNT}]}),
    }
    unit_reads = {
        "ListOrganizationalUnitsForParent": ok({}),
        "ListAccountsForParent": ok({"Accounts": [{"Id": MEMBER}]}),
    }
    return [
        record(
            "organizations.organization",
            "o-1",
            described,
            {"DescribeOrganization": ok({"Organization": described})},
            region=None,
        ),
        record("organizations.root", "r-1", {"Id": "r-1", "PolicyTypes": types}, root_reads, region=None),
        record(
            "organizations.ou", "ou-1", {"Id": "ou-1"}, {**unit_reads, **changes.get("unit", {})}, region=None
        ),
        record("organizations.account", MEMBER, {"Id": MEMBER, "Name": "training"}, region=None),
        policy_("p-full", FULL, ["r-1", "ou-1", MEMBER, ACCOUNT]),
        policy_("p-deny", DENY, ["ou-1"]),
    ]


def account_of(found: Estate, account: str) -> Any:
    return next(item for item in found.accounts if item.id == account)


def test_guardrails_are_levels_from_the_root_down_to_the_account() -> None:
    found = estate(*organisation())
    member = account_of(found, MEMBER)
    assert [[item.name for item in level] for level in member.guardrails.value] == [
        ["p-full"],
        ["p-deny", "p-full"],
        ["p-full"],
    ]
    assert (member.name, member.collected, member.is_management) == ("training", False, False)
    assert account_of(found, ACCOUNT).is_management
    assert found.organisations.items[0].parents == {"ou-1": "r-1", ACCOUNT: "r-1", MEMBER: "ou-1"}


def test_a_policy_type_that_is_off_does_not_constrain() -> None:
    member = account_of(estate(*organisation()), MEMBER)
    assert member.resource_guardrails.value is None


@pytest.mark.parametrize("operation", ["DescribePolicy", "ListTargetsForPolicy"])
def test_a_policy_that_could_not_be_read_makes_all_guardrails_unknown(operation: str) -> None:
    denied = {operation: {"outcome": "denied", "code": "AccessDeniedException"}}
    guardrails = account_of(estate(*organisation(**{"p-deny": denied})), MEMBER).guardrails
    assert isinstance(guardrails, Unknown)
    assert guardrails.source.call == f"organizations:{operation}"


@pytest.mark.parametrize("operation", ["ListPolicies", "ListAccountsForParent"])
def test_a_refused_listing_of_the_organisation_is_not_an_absence_of_guardrails(operation: str) -> None:
    records = organisation(unit={"ListAccountsForParent": {"outcome": "denied"}})
    guardrails = account_of(
        estate(*records, calls=[call("organizations", operation, "denied")]), MEMBER
    ).guardrails
    assert isinstance(guardrails, Unknown)
    assert guardrails.reason is Reason.DENIED


def test_an_account_in_no_organisation_has_no_guardrails_and_one_that_may_not_ask_has_unknown_ones() -> None:
    none = record(
        "organizations.organization",
        ACCOUNT,
        {},
        {"DescribeOrganization": absent("AWSOrganizationsNotInUseException")},
    )
    assert account_of(estate(none), ACCOUNT).guardrails.value is None
    refused = record(
        "organizations.organization",
        ACCOUNT,
        {},
        {"DescribeOrganization": {"outcome": "denied", "code": "AccessDenied"}},
    )
    for found in (
        estate(refused),
        estate(role(), calls=[call("organizations", "DescribeOrganization", "denied")]),
    ):
        guardrails = account_of(found, ACCOUNT).guardrails
        assert isinstance(guardrails, Unknown)
        assert guardrails.reason is Reason.DENIED


def test_the_tree_of_the_management_account_serves_its_members() -> None:
    described = {"Id": "o-1", "MasterAccountId": ACCOUNT}
    own = record(
        "organizations.organization",
        "o-1",
        described,
        {"DescribeOrganization": ok({"Organization": described})},
        scope=f"aws/{MEMBER}",
    )
    member = account_of(estate(*organisation(), own), MEMBER)
    assert member.collected
    assert len(member.guardrails.value) == 3


def test_accounts_that_policies_name_are_known_and_not_collected() -> None:
    found = account_of(estate(role()), MEMBER)
    assert not found.collected
    assert isinstance(found.guardrails, Unknown)


# Workloads


def instance() -> Record:
    profile = {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/box"}
    data = {
        "InstanceId": "i-1",
        "IamInstanceProfile": profile,
        "State": {"Name": "running"},
        "Tags": [{"Key": "Name", "Value": "gpu"}],
    }
    return record("ec2.instance", "i-1", data, operation="DescribeInstances")


def test_an_instance_runs_as_the_roles_of_its_profile() -> None:
    (found,) = estate(role(), instance()).workloads
    assert found.id == f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
    assert found.known_roles == (ROLE,)
    assert found.attributes["State.Name"].value == "running"  # type: ignore[union-attr]
    assert found.attributes["tags"].value == {"Name": "gpu"}  # type: ignore[union-attr]


def test_a_service_runs_as_the_roles_of_its_task_definition() -> None:
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/serve:7"
    body = {
        "taskDefinition": {"taskDefinitionArn": arn, "family": "serve", "revision": 7, "taskRoleArn": ROLE}
    }
    task = record(
        "ecs.task_definition", arn, {"taskDefinitionArn": arn}, {"DescribeTaskDefinition": ok(body)}
    )
    service = record(
        "ecs.service",
        f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/c/s",
        {"serviceName": "s", "taskDefinition": "serve:7"},
    )
    found = {item.kind: item for item in estate(task, service).workloads}
    assert found["service"].known_roles == found["task_definition"].known_roles == (ROLE,)


@pytest.mark.parametrize(
    ("kind", "data", "reads"),
    [
        ("lambda.function", {"FunctionName": "f", "Role": ROLE}, {}),
        ("glue.job", {"Name": "j", "Role": "team/trainer"}, {}),
        ("codebuild.project", {"name": "p"}, {"BatchGetProjects": ok({"projects": [{"serviceRole": ROLE}]})}),
        ("sagemaker.notebook_instance", {"NotebookInstanceName": "n"}, {"DescribeNotebookInstance": ok({"RoleArn": ROLE})}),
        ("apprunner.service", {}, {"DescribeService": ok({"Service": {"InstanceConfiguration": {"InstanceRoleArn": ROLE}}})}),
        ("cloudformation.stack", {"StackName": "s", "RoleARN": ROLE}, {}),
        ("ec2.launch_template", {}, {"DescribeLaunchTemplateVersions": ok({"LaunchTemplateVersions": [
            {"LaunchTemplateData": {"IamInstanceProfile": {"Name": "box"}}}, {"LaunchTemplateData": {}}]})}),
        ("batch.job_definition", {"containerProperties": {"jobRoleArn": ROLE}}, {}),
        ("emr.cluster", {}, {"DescribeCluster": ok({"Cluster": {"Ec2InstanceAttributes": {"IamInstanceProfile": "box"}}})}),
    ],
)  # fmt: skip
def test_roles_are_found_wherever_a_service_states_them(kind: str, data: Any, reads: Any) -> None:
    (found,) = estate(
        role(), record(kind, "arn:aws:x:us-east-1:111111111111:thing/one", data, reads)
    ).workloads
    assert found.known_roles == (ROLE,)


def test_a_workload_whose_role_could_not_be_read_is_a_gap() -> None:
    made = record(
        "sagemaker.notebook_instance",
        "arn:n",
        {},
        {"DescribeNotebookInstance": {"outcome": "denied", "code": "AccessDenied"}},
    )
    found = estate(made).workloads
    assert [gap.source.call for gap in found.gaps] == ["sagemaker:DescribeNotebookInstance"]


def test_a_function_with_an_open_url_is_public() -> None:
    for auth, public in (("NONE", True), ("AWS_IAM", False)):
        reads = {
            "ListFunctionUrlConfigs": ok({"FunctionUrlConfigs": [{"AuthType": auth}]}),
            "GetPolicy": absent(),
        }
        (found,) = estate(record("lambda.function", "arn:f", {"Role": ROLE}, reads)).workloads
        assert found.public.value is public  # type: ignore[union-attr]
    (found,) = estate(record("lambda.function", "arn:f", {"Role": ROLE})).workloads
    assert isinstance(found.public, Unknown)


# Everything else


def test_a_shared_snapshot_names_its_accounts_and_a_public_one_says_so() -> None:
    permissions = ok({"CreateVolumePermissions": [{"Group": "all"}, {"UserId": MEMBER}]})
    made = record(
        "ec2.snapshot",
        "snap-1",
        {"SnapshotId": "snap-1", "Encrypted": False},
        {"DescribeSnapshotAttribute": permissions},
    )
    (found,) = estate(made).disk_copies
    assert (found.public.value, found.shared_with.value, found.encrypted.value) == (True, (MEMBER,), False)  # type: ignore[union-attr]


def test_resources_of_other_kinds_keep_their_fields_and_policy() -> None:
    reads = {"GetRepositoryPolicy": ok({"policyText": FULL})}
    made = record(
        "ecr.repository",
        "arn:aws:ecr:us-east-1:111111111111:repository/serve",
        {"imageTagMutability": "MUTABLE"},
        reads,
    )
    (found,) = estate(made).resources_of("ecr.repository")
    assert found.attributes["imageTagMutability"].value == "MUTABLE"  # type: ignore[union-attr]
    assert found.policy.value.document == json.loads(FULL)  # type: ignore[union-attr]


def test_a_kind_that_was_asked_for_is_there_even_empty_and_says_who_did_not_ask() -> None:
    found = estate(role(), calls=[call("ecr", "DescribeRepositories")]).resources
    assert len(found["ecr.repository"]) == 0
    assert found["ecr.repository"].complete
    (unasked,) = found["guardduty.detector"].gaps
    assert (unasked.reason, unasked.source.call) == (Reason.NOT_COLLECTED, "guardduty:ListDetectors")
    other = call("s3", "ListBuckets", scope=f"aws/{MEMBER}")
    (gap,) = (
        estate(role(), calls=[call("ecr", "DescribeRepositories"), other]).resources["ecr.repository"].gaps
    )
    assert (gap.reason, gap.source.where) == (Reason.NOT_COLLECTED, f"aws/{MEMBER}")
    refused = estate(role(), calls=[call("ecr", "DescribeRepositories", "denied")]).resources[
        "ecr.repository"
    ]
    assert [item.reason for item in refused.gaps] == [Reason.DENIED]


def test_a_trail_seen_from_several_accounts_is_one_and_the_best_known() -> None:
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/org"
    data = {"TrailARN": arn, "IsOrganizationTrail": True, "S3BucketName": "logs"}
    shadow = record(
        "cloudtrail.trail", arn, data, {"GetTrailStatus": {"outcome": "denied"}}, scope=f"aws/{MEMBER}"
    )
    home = record("cloudtrail.trail", arn, data, {"GetTrailStatus": ok({"IsLogging": True})})
    (found,) = estate(shadow, home).trails
    assert found.logging.value is True  # type: ignore[union-attr]


# Gaps


@pytest.mark.parametrize(
    ("service", "operation", "collection"),
    [
        ("s3", "ListBuckets", "stores"),
        ("iam", "GetAccountAuthorizationDetails", "principals"),
        ("kms", "ListKeys", "keys"),
        ("cloudtrail", "DescribeTrails", "trails"),
        ("ec2", "DescribeVpcEndpoints", "endpoints"),
        ("lambda", "ListFunctions", "workloads"),
    ],
)
@pytest.mark.parametrize("outcome", ["denied", "throttled", "failed"])
def test_a_refused_listing_leaves_its_collection_incomplete(
    service: str, operation: str, collection: str, outcome: str
) -> None:
    found = estate(role(), calls=[call(service, operation, outcome, region="eu-west-1")])
    gaps = getattr(found, collection).gaps
    assert [(gap.source.call, gap.reason.value, gap.source.where) for gap in gaps] == [
        (f"{service}:{operation}", outcome, f"{SCOPE}/eu-west-1")
    ]


def test_what_nobody_asked_for_is_a_gap_too() -> None:
    found = estate(role(), calls=[call("iam", DETAILS)], complete=False)
    assert found.principals.complete
    assert {(gap.source.call, gap.reason) for gap in found.stores.gaps} == {
        ("s3:ListBuckets", Reason.NOT_COLLECTED),
        ("s3:ListDirectoryBuckets", Reason.NOT_COLLECTED),
    }


def test_a_later_snapshot_of_an_account_is_believed() -> None:
    from estates import MemorySnapshot, in_no_organisation

    from weightguard.estate.read import read_estate

    old = MemorySnapshot([role()], [call("s3", "ListBuckets", "denied")], digest="a")
    new = MemorySnapshot(
        [user(), in_no_organisation()],
        [call("s3", "ListBuckets"), call("s3", "ListDirectoryBuckets")],
        collected_at="2026-02-01T00:00:00Z",
        digest="b",
    )
    found = read_estate([new, old])  # type: ignore[list-item]
    assert [item.id for item in found.principals] == [USER]
    assert found.stores.complete
    assert found.collected_at == "2026-02-01T00:00:00Z"


def test_weight_sets_come_back_from_the_rows() -> None:
    rows = [
        {
            "store": BUCKET, "key": f"llm/model-0000{number}-of-00002.safetensors", "bytes": 10, "format": "safetensors",
            "confidence": "header", "weight_set": "w1", "parameters": 3, "examined": "header",
        }
        for number in (1, 2)
    ]  # fmt: skip
    (found,) = estate(
        role(), rows=[*rows, {"store": BUCKET, "key": "README.md", "bytes": 1, "examined": "header"}]
    ).weight_sets
    assert (found.store, found.prefix, found.shards, found.bytes) == (BUCKET, "llm/", 2, 20)


# What things lie in


def containers_of(found: Estate) -> dict[str, Container]:
    return {one.id: one for one in found.containers}


def names_of(container: Container) -> list[str]:
    assert isinstance(container.limits, Known)
    return [one.name for one in container.limits.value]


def test_the_organisation_its_units_and_its_accounts_are_containers_with_the_limits_on_each() -> None:
    found = containers_of(estate(*organisation()))
    kinds = {
        "o-1": (ContainerKind.ORGANISATION, None, None),
        "ou-1": (ContainerKind.FOLDER, "o-1", None),
        ACCOUNT: (ContainerKind.ACCOUNT, "o-1", ACCOUNT),
        MEMBER: (ContainerKind.ACCOUNT, "ou-1", MEMBER),
    }
    assert {name: (one.kind, one.parent, one.account) for name, one in found.items()} == kinds
    assert {name: names_of(one) for name, one in found.items()} == {
        "o-1": ["p-full"],
        "ou-1": ["p-deny", "p-full"],
        ACCOUNT: ["p-full"],
        MEMBER: ["p-full"],
    }
    assert found[MEMBER].name == "training"
    assert found["ou-1"].policies == NOT_HERE


def test_limits_that_could_not_be_read_are_not_known_on_any_container() -> None:
    denied = {"DescribePolicy": {"outcome": "denied", "code": "AccessDeniedException"}}
    for one in containers_of(estate(*organisation(**{"p-deny": denied}))).values():
        assert isinstance(one.limits, Unknown)
        assert one.limits.reason is Reason.DENIED


def test_an_account_in_no_organisation_is_outermost_and_one_that_may_be_in_one_leaves_a_gap() -> None:
    name = "organizations.organization"
    none = record(
        name, ACCOUNT, {}, {"DescribeOrganization": absent("AWSOrganizationsNotInUseException")}, region=None
    )
    alone = estate(none)
    assert containers_of(alone)[ACCOUNT].parent is None
    assert (names_of(containers_of(alone)[ACCOUNT]), alone.containers.complete) == ([], True)
    refused = record(
        name,
        ACCOUNT,
        {},
        {"DescribeOrganization": {"outcome": "denied", "code": "AccessDenied"}},
        region=None,
    )
    open_ = estate(refused)
    assert isinstance(containers_of(open_)[ACCOUNT].limits, Unknown)
    assert [gap.reason for gap in open_.containers.gaps] == [Reason.DENIED]


def test_a_service_whose_task_definition_is_not_there_runs_as_nobody_knows_whom() -> None:
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/lab/serving"
    lone = record("ecs.service", arn, {"taskDefinition": "serving:3"}, operation="DescribeServices")
    (service,) = estate(lone).workloads.items
    assert isinstance(service.roles, Unknown)
    assert (service.roles.reason, service.known_roles) == (Reason.NOT_COLLECTED, ())
    assert service.roles in estate(lone).workloads.gaps
