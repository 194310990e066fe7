"""Terraform states as snapshots: what they say, what they leave open, what must never come out of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from states import ACCOUNT, ALLOW, ROLE, SHARED, collected, estate, resource, role, snapshot, state

from weightguard.collect.terraform import providers
from weightguard.collect.terraform.collector import TABLES
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.limit import LimitKind
from weightguard.estate.limits import limits_of
from weightguard.estate.model import Encryption, EncryptionKind, ObjectLists, Replica, Versioning
from weightguard.estate.read import read_estate
from weightguard.snapshot import open_snapshot

# What a state says


def test_a_role_gathers_its_policies_from_everything_that_attaches_one(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/"
    found = estate(
        tmp_path,
        role(
            managed_policy_arns=[arn + "listed"],
            inline_policy=[{"name": "block", "policy": ALLOW}],
            permissions_boundary=arn + "edge",
        ),
        resource("aws_iam_role_policy", name="own", role="runner", policy=ALLOW),
        resource("aws_iam_role_policy_attachment", role="runner", policy_arn=arn + "attached"),
        resource("aws_iam_role_policy_attachment", role="other", policy_arn=arn + "elsewhere"),
        resource("aws_iam_policy_attachment", name="many", roles=["runner"], policy_arn=arn + "shared"),
        resource("aws_iam_policy", arn=arn + "attached", name="attached", policy=ALLOW),
        resource(
            "aws_iam_policy",
            "data",
            arn="arn:aws:iam::aws:policy/ReadOnlyAccess",
            name="ReadOnlyAccess",
            policy=ALLOW,
        ),
        resource(
            "aws_iam_instance_profile",
            arn=f"arn:aws:iam::{ACCOUNT}:instance-profile/box",
            name="box",
            role="runner",
        ),
    ).principals.items[0]
    assert isinstance(found.policies, Known)
    assert {item.name: item.document is not None for item in found.policies.value} == {
        "block": True, "own": True, "attached": True, "listed": False, "shared": False,
    }  # fmt: skip
    assert isinstance(found.boundary, Known)
    assert found.boundary.value is not None
    assert found.boundary.value.id == arn + "edge"
    assert found.instance_profiles == (f"arn:aws:iam::{ACCOUNT}:instance-profile/box",)


def test_users_are_in_the_groups_of_either_membership_resource(tmp_path: Path) -> None:
    group = f"arn:aws:iam::{ACCOUNT}:group/"
    found = estate(
        tmp_path,
        resource("aws_iam_user", arn=f"arn:aws:iam::{ACCOUNT}:user/ann", name="ann", path="/"),
        *(resource("aws_iam_group", arn=group + name, name=name, path="/") for name in ("a", "b", "c")),
        resource("aws_iam_user_group_membership", user="ann", groups=["a"]),
        resource("aws_iam_group_membership", group="b", users=["ann"]),
        resource("aws_iam_group_policy", group="b", name="own", policy=ALLOW),
        resource(
            "aws_iam_group_policy_attachment",
            group="b",
            policy_arn="arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        resource("aws_iam_user_login_profile", user="ann", password="wg-canary-password"),
        resource("aws_iam_access_key", user="ann", id="AKIAEXAMPLE", secret="wg-canary-key", status="Active"),
    )
    by_name = {item.name: item for item in found.principals}
    assert by_name["ann"].known_groups == (group + "a", group + "b")
    assert [item.name for item in by_name["b"].policies.value] == ["own", "AdministratorAccess"]  # type: ignore[union-attr]
    assert by_name["ann"].console_password.value is True  # type: ignore[union-attr]
    assert [key.id for key in by_name["ann"].credentials.value] == ["AKIAEXAMPLE"]  # type: ignore[union-attr]
    assert isinstance(by_name["ann"].mfa_active, Unknown)


def test_a_role_that_the_state_only_looked_up_has_unknown_policies(tmp_path: Path) -> None:
    found = estate(
        tmp_path, resource("aws_iam_role", "data", arn=ROLE, name="runner", assume_role_policy=ALLOW)
    )
    (principal,) = found.principals
    assert isinstance(principal.policies, Unknown)
    assert isinstance(principal.trust, Known)


DOOR = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"


@pytest.mark.parametrize(
    "unresolved",
    [
        resource("aws_iam_role_policy", name="own", role="runner", policy=None),
        resource("aws_iam_role_policy_attachment", role="runner", policy_arn=None),
    ],
)
def test_a_policy_that_the_state_does_not_resolve_leaves_the_role_unknown(
    tmp_path: Path, unresolved: dict[str, Any]
) -> None:
    (principal,) = estate(tmp_path, role(), unresolved).principals
    assert isinstance(principal.policies, Unknown)


def test_a_bucket_policy_that_the_state_does_not_resolve_is_not_an_absent_one(tmp_path: Path) -> None:
    (store,) = estate(
        tmp_path,
        resource("aws_s3_bucket", **BUCKET),
        resource("aws_s3_bucket_policy", bucket="b", policy=None),
    ).stores
    assert isinstance(store.policy, Unknown)


def test_names_that_end_alike_are_told_apart(tmp_path: Path) -> None:
    arn = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/"
    found = estate(
        tmp_path,
        resource("aws_ecr_repository", arn=arn + "a/serve", name="a/serve"),
        resource("aws_ecr_repository", arn=arn + "b/serve", name="b/serve"),
        resource("aws_ecr_repository_policy", repository="b/serve", policy=ALLOW),
    )
    policies = {item.name: item.policy.value is not None for item in found.resources_of("ecr.repository")}  # type: ignore[union-attr]
    assert policies == {"a/serve": False, "b/serve": True}


BUCKET = {"arn": "arn:aws:s3:::b", "bucket": "b", "id": "b"}


def test_a_bucket_gathers_what_configures_it(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        resource("aws_s3_bucket", **BUCKET),
        resource("aws_s3_bucket_policy", bucket="b", policy=ALLOW),
        resource("aws_s3_bucket_public_access_block", bucket="b", block_public_acls=True, restrict_public_buckets=False),
        resource("aws_s3_bucket_ownership_controls", bucket="b", rule=[{"object_ownership": "ObjectWriter"}]),
        resource("aws_s3_bucket_acl", bucket="b", acl="public-read"),
        resource("aws_s3_bucket_versioning", bucket="b", versioning_configuration=[{"status": "Enabled"}]),
        resource(
            "aws_s3_bucket_server_side_encryption_configuration",
            bucket="b",
            rule=[{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": "k"}]}],
        ),
        resource("aws_s3_bucket_logging", bucket="b", target_bucket="logs", target_prefix="b/"),
        resource(
            "aws_s3_bucket_replication_configuration",
            bucket="b", role=ROLE,
            rule=[{"id": "r", "status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::copy", "account": "222222222222"}]}],
        ),
        resource("aws_s3_access_point", name="door", bucket="b", arn=DOOR, policy=ALLOW),
    )  # fmt: skip
    (store,) = found.stores
    values = {
        name: getattr(store, name).value
        for name in (
            "policy",
            "object_lists",
            "acl",
            "encryption",
            "versioning",
            "log_store",
            "replicas",
        )
    }
    assert values["policy"].document == json.loads(ALLOW)
    assert values["object_lists"] == ObjectLists(True, "ObjectWriter")
    assert values["acl"]["Grants"][0]["Grantee"]["URI"].endswith("AllUsers")
    assert values["encryption"] == Encryption(EncryptionKind.NAMED, "k", reader_needs_key=True)
    assert values["versioning"] == Versioning(True, True)
    assert values["log_store"] == "arn:aws:s3:::logs"
    assert values["replicas"] == (Replica("arn:aws:s3:::copy", "222222222222", active=True),)
    assert store.public_access_block.value.block_acls  # type: ignore[union-attr]
    assert [point.id for point in store.access_points] == [DOOR]


def test_what_terraform_would_have_listed_and_did_not_is_not_configured(tmp_path: Path) -> None:
    (store,) = estate(tmp_path, resource("aws_s3_bucket", **BUCKET)).stores
    assert store.policy.value is None  # type: ignore[union-attr]
    assert store.public_access_block.value is None  # type: ignore[union-attr]
    assert store.encryption.value == Encryption(EncryptionKind.PROVIDER)  # type: ignore[union-attr]
    assert store.object_lists.value == ObjectLists(False, "BucketOwnerEnforced")  # type: ignore[union-attr]


def test_a_state_lists_no_objects_so_contents_stay_unknown(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        resource("aws_s3_bucket", **BUCKET),
        resource("aws_s3_object", bucket="b", key="llm/model.safetensors", content="x"),
    )
    assert isinstance(found.stores.items[0].contents, Unknown)
    assert [(item.store, item.format, item.confidence) for item in found.weight_sets] == [
        ("arn:aws:s3:::b", "safetensors", "name")
    ]


def test_keys_carry_policy_grants_and_aliases(tmp_path: Path) -> None:
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k1"
    found = estate(
        tmp_path,
        resource(
            "aws_kms_key", arn=arn, key_id="k1", policy=ALLOW, enable_key_rotation=False, is_enabled=True
        ),
        resource(
            "aws_kms_alias",
            arn=f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/w",
            name="alias/w",
            target_key_id="k1",
        ),
        resource(
            "aws_kms_grant",
            key_id=arn,
            grant_id="g",
            grantee_principal=ROLE,
            operations=["Decrypt"],
            grant_token="wg-canary-token",
        ),
    )
    (key,) = found.keys
    assert key.aliases.value == ("alias/w",)  # type: ignore[union-attr]
    assert key.rotation.value is False  # type: ignore[union-attr]
    assert [(grant.grantee, grant.operations) for grant in key.grants.value] == [(ROLE, ("Decrypt",))]  # type: ignore[union-attr]


def test_a_function_gathers_permissions_and_urls(tmp_path: Path) -> None:
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    found = estate(
        tmp_path,
        role(),
        resource(
            "aws_lambda_function",
            arn=arn,
            function_name="f",
            role=ROLE,
            environment=[{"variables": {"TOKEN": "wg-canary-env"}}],
        ),
        resource(
            "aws_lambda_permission",
            function_name=arn,
            statement_id="s",
            action="lambda:InvokeFunction",
            principal="222222222222",
        ),
        resource(
            "aws_lambda_permission",
            function_name="g",
            statement_id="t",
            action="lambda:InvokeFunction",
            principal="*",
        ),
        resource("aws_lambda_function_url", function_name="f", authorization_type="NONE"),
    )
    (function,) = found.workloads
    statement = {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"AWS": "222222222222"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
    }
    assert function.policy.value.document["Statement"] == [statement]  # type: ignore[union-attr,index]
    assert function.public.value is True  # type: ignore[union-attr]
    assert function.known_roles == (ROLE,)


def test_the_organisation_with_the_default_policies_that_no_state_lists(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        resource(
            "aws_organizations_organization",
            id="o-1", master_account_id=ACCOUNT, enabled_policy_types=["SERVICE_CONTROL_POLICY"], roots=[{"id": "r-1"}],
        ),
        resource("aws_organizations_organizational_unit", id="ou-1", name="lab", parent_id="r-1"),
        resource("aws_organizations_account", id="222222222222", name="training", parent_id="ou-1"),
        resource("aws_organizations_policy", id="p-1", name="no-s3", type="SERVICE_CONTROL_POLICY", content=ALLOW),
        resource("aws_organizations_policy_attachment", policy_id="p-1", target_id="ou-1"),
    )  # fmt: skip
    member = next(account for account in found.accounts if account.id == "222222222222")
    levels = member.guardrails.value  # type: ignore[union-attr]
    assert [[item.name for item in level] for level in levels or ()] == [
        ["FullAWSAccess"],
        ["FullAWSAccess", "no-s3"],
        ["FullAWSAccess"],
    ]


@pytest.mark.parametrize(
    ("made", "attached"),
    [
        (resource("aws_instance", id="i-1", iam_instance_profile="box"), "instance"),
        (
            resource("aws_launch_template", id="lt-1", name="t", iam_instance_profile=[{"name": "box"}]),
            "launch_template",
        ),
        (
            resource("aws_ecs_task_definition", arn="arn:t:1", family="t", task_role_arn=ROLE),
            "task_definition",
        ),
        (resource("aws_sagemaker_notebook_instance", arn="arn:n", name="n", role_arn=ROLE), "notebook"),
        (resource("aws_codebuild_project", arn="arn:p", name="p", service_role=ROLE), "build_project"),
        (resource("aws_cloudformation_stack", id="arn:s", name="s", iam_role_arn=ROLE), "stack"),
        (
            resource("aws_cloudformation_stack_set", arn="arn:ss", name="s", administration_role_arn=ROLE),
            "stack_set",
        ),
        (resource("aws_glue_job", name="j", role_arn=ROLE), "job"),
        (resource("aws_glue_dev_endpoint", arn="arn:d", name="d", role_arn=ROLE), "dev_endpoint"),
        (
            resource(
                "aws_apprunner_service", arn="arn:a", instance_configuration=[{"instance_role_arn": ROLE}]
            ),
            "service",
        ),
        (
            resource(
                "aws_bedrockagentcore_code_interpreter", code_interpreter_id="c", execution_role_arn=ROLE
            ),
            "code_interpreter",
        ),
        (
            resource(
                "aws_batch_job_definition",
                arn="arn:b",
                name="b",
                container_properties=json.dumps({"jobRoleArn": ROLE}),
            ),
            "job_definition",
        ),
        (
            resource("aws_emr_cluster", arn="arn:e", name="e", ec2_attributes=[{"instance_profile": "box"}]),
            "cluster",
        ),
        (
            resource(
                "aws_eks_pod_identity_association", association_arn="arn:pi", role_arn=ROLE, cluster_name="c"
            ),
            "pod_identity",
        ),
        (resource("aws_rolesanywhere_profile", arn="arn:ra", name="p", role_arns=[ROLE]), "profile"),
        (resource("aws_sfn_state_machine", arn="arn:m", name="m", role_arn=ROLE), "state_machine"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["type"],
)
def test_whatever_runs_as_a_role_is_a_workload_of_that_role(
    tmp_path: Path, made: dict[str, Any], attached: str
) -> None:
    profile = resource(
        "aws_iam_instance_profile",
        arn=f"arn:aws:iam::{ACCOUNT}:instance-profile/box",
        name="box",
        role="runner",
    )
    (workload,) = estate(tmp_path, role(), profile, made).workloads
    assert (workload.kind, workload.known_roles) == (attached, (ROLE,))


def test_a_type_that_no_table_knows_is_still_a_workload_of_its_role(tmp_path: Path) -> None:
    fleet = resource(
        "aws_new_fleet",
        arn="arn:fleet",
        name="f",
        settings=[{"execution_role_arn": ROLE, "notes": "wg-plain"}],
    )
    logs = resource("aws_flow_log", id="fl-1", iam_role_arn=ROLE)
    found = estate(tmp_path, role(), fleet, logs)
    assert [(item.id, item.known_roles) for item in found.workloads] == [("arn:fleet", (ROLE,))]


def test_as_whom_a_machine_runs_whose_profile_another_state_made_is_unknown(tmp_path: Path) -> None:
    machine = resource(
        "aws_instance",
        id="i-1",
        arn=f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1",
        iam_instance_profile="box",
    )
    bare = resource("aws_instance", id="i-2", arn=f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-2")
    found = estate(tmp_path, role(), machine, bare)
    one, other = found.workloads
    assert isinstance(one.roles, Unknown)
    assert one.roles.source.subject == "box"
    assert one.roles in found.workloads.gaps
    assert other.roles.value == ()  # type: ignore[union-attr]


def test_a_pipeline_definition_gives_a_pipeline_its_roles(tmp_path: Path) -> None:
    field = [
        {"key": "role", "string_value": "runner"},
        {"key": "*password", "string_value": "wg-canary-password"},
    ]
    (workload,) = estate(
        tmp_path,
        role(),
        resource("aws_datapipeline_pipeline", id="df-1", name="p"),
        resource(
            "aws_datapipeline_pipeline_definition",
            pipeline_id="df-1",
            pipeline_object=[{"id": "Default", "field": field}],
        ),
    ).workloads
    assert workload.known_roles == (ROLE,)


# Secrets


def _texts(folder: Path) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            yield json.dumps(pq.read_table(path).to_pylist()).encode()
        elif path.is_file():
            yield path.read_bytes()


def test_switches_of_a_region_and_watchers_are_settings_and_resources(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        role(),
        resource(
            "aws_ebs_snapshot_block_public_access", id="x", region="us-east-1", state="block-all-sharing"
        ),
        resource("aws_guardduty_detector", id="d1", region="us-east-1", enable=True),
        resource("aws_guardduty_detector_feature", detector_id="d1", name="S3_DATA_EVENTS", status="ENABLED"),
        resource("aws_iam_organizations_features", id="o", enabled_features=["RootCredentialsManagement"]),
    )
    settings = found.accounts.items[0].settings
    assert settings["ec2.us-east-1.GetSnapshotBlockPublicAccessState"].value == {"State": "block-all-sharing"}  # type: ignore[union-attr]
    assert settings["iam.ListOrganizationsFeatures"].value == {
        "EnabledFeatures": ["RootCredentialsManagement"]
    }  # type: ignore[union-attr]
    (detector,) = found.resources_of("guardduty.detector")
    assert detector.attributes["Status"].value == "ENABLED"  # type: ignore[union-attr]
    assert detector.attributes["Features"].value == [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]  # type: ignore[union-attr]


def test_rules_and_routes_of_their_own_belong_to_their_group_and_table(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        resource(
            "aws_security_group",
            id="sg-1",
            name="web",
            ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22}],
        ),
        resource(
            "aws_vpc_security_group_ingress_rule",
            security_group_id="sg-1",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
        ),
        resource("aws_route_table", id="rtb-1", vpc_id="vpc-1", route=[]),
        resource("aws_route", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0", gateway_id="igw-1"),
    )
    (group,) = found.resources_of("ec2.security_group")
    rules = group.attributes["IpPermissions"].value  # type: ignore[union-attr]
    assert [(rule["IpProtocol"], rule["IpRanges"]) for rule in rules] == [
        ("tcp", []),
        ("-1", [{"CidrIp": "0.0.0.0/0"}]),
    ]
    (table,) = found.resources_of("ec2.route_table")
    assert [route["GatewayId"] for route in table.attributes["Routes"].value] == ["igw-1"]  # type: ignore[union-attr]


def test_a_secret_names_whose_key_it_holds_and_never_the_key(tmp_path: Path) -> None:
    user = f"arn:aws:iam::{ACCOUNT}:user/ann"
    arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ci-AbCdEf"
    secret = "wg-canary-0123456789abcdef"
    folder = snapshot(
        tmp_path,
        state(
            resource("aws_iam_user", arn=user, name="ann", path="/"),
            resource(
                "aws_iam_access_key", user="ann", id="AKIAIOSFODNN7EXAMPLE", secret=secret, status="Active"
            ),
            resource("aws_secretsmanager_secret", arn=arn, name="ci"),
            resource(
                "aws_secretsmanager_secret_version", secret_id=arn, secret_string=json.dumps({"key": secret})
            ),
            resource(
                "aws_s3_object",
                bucket="b",
                key="notes.txt",
                content="id=AKIAIOSFODNN7EXAMPLE!",
            ),
            resource(
                "aws_s3_object",
                bucket="b",
                key="coded",
                content_base64=base64.b64encode(secret.encode()).decode(),
            ),
            resource(
                "aws_ssm_parameter",
                name="/other",
                arn=f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/other",
                value="wg-canary-x",
                type="String",
            ),
        ),
    )
    with open_snapshot(folder) as found:
        secrets = {item.id: item.unlocks for item in read_estate([found]).secrets}
    assert secrets == {
        arn: (user,),
        "arn:aws:s3:::b/notes.txt": (user,),
        "arn:aws:s3:::b/coded": (user,),
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/other": (),
    }
    assert not any(b"wg-canary" in text for text in _texts(folder))


def test_no_attribute_enters_unless_a_table_names_it(tmp_path: Path) -> None:
    """Every type that is known, each attribute that no table names filled with a secret of a harmless look."""
    types = sorted({shape.type for shape in TABLES})
    attributes = (
        "user_data",
        "notes",
        "template_body",
        "parameters",
        "environment",
        "default_arguments",
        "on_start",
        "script",
        "metadata",
    )
    made = [
        resource(type_, arn=f"arn:aws:x:us-east-1:{ACCOUNT}:thing/{number}", id=f"id-{number}", name=f"n{number}",
                 **dict.fromkeys(attributes, "plain looking words"))
        for number, type_ in enumerate(types)
    ]  # fmt: skip
    folder = snapshot(tmp_path, state(*made))
    assert not any(b"plain looking" in text for text in _texts(folder))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference cases are not beside the checkout")
def test_the_reference_environments_hold_their_start_and_store_and_leak_nothing(tmp_path: Path) -> None:
    folders = sorted((SHARED / "pathfinding-labs").glob("*/expected.json"))
    assert len(folders) > 30
    for number, expected in enumerate(folders):
        case = json.loads(expected.read_text())
        place = tmp_path / str(number)
        place.mkdir()
        folder = collected(place, *sorted(expected.parent.glob("state-*.json")))
        assert not any(b"wg-canary" in text for text in _texts(folder)), case["id"]
        with open_snapshot(folder) as found:
            estate_ = read_estate([found])
        known = {item.id for item in (*estate_.principals, *estate_.stores, *estate_.workloads)}
        assert case["store"] in known
        assert known & {case["start"], *case["accept"]}, case["id"]
        assert set(case["never"]) <= known
        if "frontier-weights" in case["store"]:
            assert [item.store for item in estate_.weight_sets] == [case["store"]]


STORE = resource("aws_s3_bucket", arn="arn:aws:s3:::weights", bucket="weights", id="weights")


def unread(tmp_path: Path, *resources: dict[str, Any]) -> list[tuple[str, bool]]:
    found = estate(tmp_path, STORE, *resources)
    return [(one.about, one.in_play) for one in limits_of(found) if one.kind is LimitKind.UNREAD_TYPES]


def test_types_that_are_not_read_are_told_and_in_play_where_one_names_a_store(tmp_path: Path) -> None:
    flow = resource(
        "aws_appflow_flow", destination_flow_config=[{"properties": [{"s3": [{"bucket_name": "weights"}]}]}]
    )
    record = resource("aws_route53_record", name="www", records=["192.0.2.1"])
    looked_up = resource("aws_appflow_connector_profile", mode="data", name="x")
    made_up = resource("random_pet", id="weights")
    assert unread(tmp_path, flow, record, looked_up, made_up) == [
        ("arn:aws:s3:::weights", True),
        ("aws_appflow_flow", False),
        ("aws_route53_record", False),
    ]


def test_a_state_of_types_that_are_all_read_leaves_none(tmp_path: Path) -> None:
    assert unread(tmp_path, role()) == []


@pytest.mark.parametrize(
    ("type_", "scope"),
    [("azurerm_storage_account", "azure"), ("azapi_resource", "azure")],
)
def test_a_store_of_a_cloud_that_is_not_read_is_a_gap_of_stores_and_weights(
    tmp_path: Path, type_: str, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "_OTHERS", {})  # as a version that read AWS alone took the state
    found = estate(tmp_path, STORE, resource(type_, name="weights"))
    for gaps in (found.stores.gaps, found.weight_sets.gaps):
        told = [gap for gap in gaps if gap.reason is Reason.NOT_READ]
        assert [gap.source.where for gap in told] == [f"{scope}/state-of-{ACCOUNT} {type_}"]
    assert not any(gap.reason is Reason.NOT_READ for gap in found.principals.gaps)
