"""Terraform states as snapshots: what they say, what they leave open, what must never come out of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weightguard.collect.terraform import collect
from weightguard.collect.terraform.collector import TABLES
from weightguard.errors import InputError
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import SnapshotWriter, open_snapshot

SHARED = Path(__file__).parents[3] / "shared" / "cases"
ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
IDENTITY = {"mode": "data", "type": "aws_caller_identity", "name": "me", "values": {"account_id": ACCOUNT}}


def resource(type_: str, mode: str = "managed", **values: Any) -> dict[str, Any]:
    return {"address": f"{type_}.x", "mode": mode, "type": type_, "name": "x", "values": values}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": [IDENTITY, *resources]}},
    }


def snapshot(tmp_path: Path, *documents: Any) -> Path:
    paths = []
    for number, document in enumerate(documents):
        path = tmp_path / f"state-{number}.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        paths.append(path)
    return collected(tmp_path, *paths)


def collected(tmp_path: Path, *paths: Path) -> Path:
    writer = SnapshotWriter.create(tmp_path / "snapshot", "0", source={"name": "terraform"})
    collect(paths, writer)
    writer.seal()
    return tmp_path / "snapshot"


def estate(tmp_path: Path, *resources: dict[str, Any]) -> Estate:
    with open_snapshot(snapshot(tmp_path, state(*resources))) as found:
        return read_estate([found])


def role(name: str = "runner", **values: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return resource("aws_iam_role", arn=arn, name=name, path="/", assume_role_policy=ALLOW, **values)


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
    assert by_name["ann"].groups == (group + "a", group + "b")
    assert [item.name for item in by_name["b"].policies.value] == ["own", "AdministratorAccess"]  # type: ignore[union-attr]
    assert by_name["ann"].console_password.value is True  # type: ignore[union-attr]
    assert [key.id for key in by_name["ann"].access_keys.value] == ["AKIAEXAMPLE"]  # type: ignore[union-attr]
    assert isinstance(by_name["ann"].mfa_active, Unknown)


def test_a_role_that_the_state_only_looked_up_has_unknown_policies(tmp_path: Path) -> None:
    found = estate(
        tmp_path, resource("aws_iam_role", "data", arn=ROLE, name="runner", assume_role_policy=ALLOW)
    )
    (principal,) = found.principals
    assert isinstance(principal.policies, Unknown)
    assert isinstance(principal.trust, Known)


DOOR = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"
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
            "ownership",
            "acl",
            "encryption",
            "versioning",
            "access_logging",
            "replication",
        )
    }
    assert values["policy"].document == json.loads(ALLOW)
    assert values["ownership"] == "ObjectWriter"
    assert values["acl"]["Grants"][0]["Grantee"]["URI"].endswith("AllUsers")
    assert (values["encryption"].algorithm, values["encryption"].key) == ("aws:kms", "k")
    assert values["versioning"] == {"Status": "Enabled"}
    assert values["access_logging"]["TargetBucket"] == "logs"
    assert values["replication"]["Rules"][0]["Destination"]["Account"] == "222222222222"
    assert store.public_access_block.value.block_acls  # type: ignore[union-attr]
    assert [point.id for point in store.access_points] == [DOOR]


def test_what_terraform_would_have_listed_and_did_not_is_not_configured(tmp_path: Path) -> None:
    (store,) = estate(tmp_path, resource("aws_s3_bucket", **BUCKET)).stores
    assert store.policy.value is None  # type: ignore[union-attr]
    assert store.public_access_block.value is None  # type: ignore[union-attr]
    assert store.encryption.value.algorithm == "AES256"  # type: ignore[union-attr]
    assert store.ownership.value == "BucketOwnerEnforced"  # type: ignore[union-attr]


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
    assert function.roles == (ROLE,)


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
    assert (workload.kind, workload.roles) == (attached, (ROLE,))


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
    assert workload.roles == (ROLE,)


# Secrets


def _texts(folder: Path) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            yield json.dumps(pq.read_table(path).to_pylist()).encode()
        elif path.is_file():
            yield path.read_bytes()


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
                content="use AKIAIOSFODNN7EXAMPLE",
                arn="arn:aws:s3:::b/notes.txt",
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


# Whose account, which region


def test_states_of_several_accounts_are_scopes_of_one_snapshot(tmp_path: Path) -> None:
    other = json.loads(json.dumps(state(role())).replace(ACCOUNT, "222222222222"))
    with open_snapshot(snapshot(tmp_path, state(role()), other)) as found:
        assert found.scopes == ("aws/111111111111", "aws/222222222222")
        assert {item.account for item in read_estate([found]).principals} == {ACCOUNT, "222222222222"}


def test_two_states_of_one_account_are_joined(tmp_path: Path) -> None:
    attachment = resource(
        "aws_iam_role_policy_attachment", role="runner", policy_arn=f"arn:aws:iam::{ACCOUNT}:policy/p"
    )
    with open_snapshot(snapshot(tmp_path, state(role()), state(attachment))) as found:
        (principal,) = read_estate([found]).principals
    assert [item.name for item in principal.policies.value] == ["p"]  # type: ignore[union-attr]


def test_a_resource_goes_to_the_account_of_its_own_arn(tmp_path: Path) -> None:
    foreign = resource(
        "aws_iam_role", arn="arn:aws:iam::333333333333:role/r", name="r", assume_role_policy=ALLOW
    )
    with open_snapshot(snapshot(tmp_path, state(role(), foreign))) as found:
        assert {item.id: item.account for item in read_estate([found]).principals}[
            foreign["values"]["arn"]
        ] == "333333333333"


def test_the_account_is_read_from_the_arns_where_nothing_states_it(tmp_path: Path) -> None:
    document = state(role())
    del document["values"]["root_module"]["resources"][0]
    with open_snapshot(snapshot(tmp_path, document)) as found:
        assert found.scopes == (f"aws/{ACCOUNT}",)


def test_modules_raw_states_and_powershell_redirection_are_read(tmp_path: Path) -> None:
    nested = state()
    nested["values"]["root_module"]["child_modules"] = [{"child_modules": [{"resources": [role()]}]}]
    raw = {
        "version": 4, "serial": 1, "lineage": "x",
        "resources": [{"mode": "managed", "type": "aws_iam_role", "name": "x", "instances": [{"attributes": role()["values"]}]}],
    }  # fmt: skip
    (tmp_path / "wide.json").write_bytes(json.dumps(state(role())).encode("utf-16"))
    (tmp_path / "nested.json").write_text(json.dumps(nested))
    (tmp_path / "raw.json").write_text(json.dumps(raw))
    for name in ("wide", "nested", "raw"):
        (tmp_path / name).mkdir()
        with open_snapshot(collected(tmp_path / name, tmp_path / f"{name}.json")) as found:
            assert [item.id for item in read_estate([found]).principals] == [ROLE]


def test_a_state_has_no_gaps_but_says_nothing_of_guardrails(tmp_path: Path) -> None:
    found = estate(tmp_path, role())
    assert found.stores.complete
    assert found.workloads.complete
    guardrails = found.accounts.items[0].guardrails
    assert isinstance(guardrails, Unknown)
    assert guardrails.reason is Reason.NOT_COLLECTED


# Bad input


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no Terraform state"),
        ('{"format_version":"1.2","planned_values":{},"resource_changes":[]}', "plan"),
        ('{"format_version":"1.0","terraform_version":"1.9.8"}', "no resources"),
        ('{"version":3,"serial":1}', "too old"),
        (
            json.dumps({"values": {"root_module": {"resources": [resource("random_id", id="x")]}}}),
            "no AWS account",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_state_gets_one_line_with_the_file_and_the_fix(
    tmp_path: Path, content: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as error:
        snapshot(tmp_path, content)
    assert "state-0.json" in error.value.one_line()
    assert "\n" not in error.value.one_line()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.json"):
        collected(tmp_path, tmp_path / "absent.json")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from([ROLE, "arn:aws:s3:::b", "b", "runner"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["rule", "id", "arn", "name", "grant", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = [
    *sorted({shape.type for shape in TABLES}),
    "aws_iam_role", "aws_iam_user", "aws_iam_policy", "aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_bucket_policy", "aws_s3_object",
    "aws_s3_bucket_replication_configuration", "aws_s3_bucket_server_side_encryption_configuration", "aws_kms_key", "aws_kms_grant",
    "aws_lambda_function", "aws_lambda_permission", "aws_cloudtrail", "aws_organizations_organization", "aws_batch_job_definition",
    "aws_cloudformation_stack_set", "aws_iam_access_key", "aws_datapipeline_pipeline_definition", "aws_ssoadmin_permission_set",
]  # fmt: skip
ATTRIBUTES = sorted(
    {path.partition(".")[0].removesuffix("[]") for shape in TABLES for path in shape.members.values()}
    | {"arn", "id", "name", "bucket", "key", "policy", "rule", "role", "roots", "accounts", "grant", "acl", "inline_policy",
       "operations",
       "event_selector", "container_properties", "function_name", "assume_role_policy", "managed_policy_arns",
       "key_id", "user"}
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.builds(
            lambda type_, mode, values: {"type": type_, "mode": mode, "values": values},
            st.sampled_from(TYPES),
            st.sampled_from(["managed", "managed", "data"]),
            st.dictionaries(st.sampled_from(ATTRIBUTES), VALUES, max_size=8),
        ),
        max_size=8,
    )
)
def test_unresolved_and_odd_values_never_break_a_collection(
    tmp_path_factory: pytest.TempPathFactory, made: list[dict[str, Any]]
) -> None:
    tmp_path = tmp_path_factory.mktemp("odd")
    with open_snapshot(snapshot(tmp_path, state(role(), *made))) as found:
        assert any(item.id == ROLE for item in read_estate([found]).principals)
