"""Whole scenarios in Terraform states: hops and accounts in a row, buckets, keys, secrets, federation, what is open to all."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attack_labs import workloads
from attack_labs.answering import START, answers
from attack_labs.lab import ADMINISTRATOR, HOME, SSM_CORE, Lab, allow, deny, trusting

DEV, OPS = "222222222222", "333333333333"
ROOT = f"arn:aws:iam::{HOME}:root"


def role_of(name: str, account: str = HOME) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def user_of(name: str, account: str = HOME) -> str:
    return f"arn:aws:iam::{account}:user/{name}"


# To a bucket


SECRET_STORE = "arn:aws:s3:::sensitive-data"
READ = ["s3:GetObject", "s3:ListBucket"]
BOTH = [SECRET_STORE, f"{SECRET_STORE}/*"]


def to_bucket(**bucket: Any) -> Lab:
    lab = Lab()
    lab.bucket("sensitive-data", **bucket)
    return lab


def reads(folder: Path, lab: Lab, *more: Lab, everybody: bool = False) -> dict[str, str]:
    return answers(folder, lab, *more, store=SECRET_STORE, everybody=everybody)


def granted(principal: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": READ, "Resource": BOTH, **more}


def with_policy(*statements: dict[str, Any], blocked: bool = True) -> Lab:
    lab = Lab()
    lab.bucket("sensitive-data", *statements, blocked=blocked)
    return lab


def test_a_role_that_reads_one_bucket(tmp_path: Path) -> None:
    lab = to_bucket()
    lab.user("starting-user", allow("sts:AssumeRole", role_of("bucket-role")))
    lab.role("bucket-role", trusting(START), allow(READ, BOTH))
    lab.role("other-role", trusting(START), allow(READ, "arn:aws:s3:::elsewhere/*"))
    found = reads(tmp_path, lab)
    assert {START, role_of("bucket-role")} <= set(found)
    assert role_of("other-role") not in found


def test_a_role_that_the_bucket_alone_lets_in(tmp_path: Path) -> None:
    lab = with_policy(granted(role_of("bucket-role")))
    lab.user("starting-user", allow("sts:AssumeRole", role_of("bucket-role")))
    lab.role("bucket-role", trusting(START))
    found = reads(tmp_path, lab)
    assert set(found) == {START, role_of("bucket-role")}


def test_a_user_that_the_bucket_alone_lets_in(tmp_path: Path) -> None:
    lab = with_policy(granted(START))
    lab.user("starting-user")
    assert set(reads(tmp_path, lab)) == {START}


def test_a_bucket_that_keeps_everybody_else_out(tmp_path: Path) -> None:
    """Whoever may do anything with the storage does not read; whoever assumes the role that the bucket excepts, does."""
    exclusive = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": BOTH,
        "Condition": {"StringNotEquals": {"aws:PrincipalArn": role_of("bucket-role")}},
    }
    lab = with_policy(granted(role_of("bucket-role")), exclusive)
    lab.user("starting-user", allow("sts:AssumeRole", role_of("bucket-role")))
    lab.user("reader", allow("s3:*"))
    lab.role("bucket-role", trusting(START), allow(READ, BOTH))
    found = reads(tmp_path, lab)
    assert START in found
    assert user_of("reader") not in found


def test_whoever_rewrites_the_bucket_policy_reads(tmp_path: Path) -> None:
    lab = to_bucket()
    lab.user("starting-user", allow("s3:PutBucketPolicy", SECRET_STORE))
    lab.user("other-user", allow("s3:PutBucketPolicy", "arn:aws:s3:::elsewhere"))
    found = reads(tmp_path, lab)
    assert START in found
    assert user_of("other-user") not in found


def test_whoever_deletes_the_policy_that_denies_it_reads(tmp_path: Path) -> None:
    shut = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{SECRET_STORE}/*"}
    lab = with_policy(shut)
    lab.user("starting-user", allow([*READ, "s3:DeleteBucketPolicy"], BOTH))
    lab.user("reader", allow(READ, BOTH))
    found = reads(tmp_path, lab)
    assert START in found
    assert user_of("reader") not in found


def open_bucket(*, blocked: bool) -> Lab:
    return with_policy(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{SECRET_STORE}/*"},
        blocked=blocked,
    )


def test_a_bucket_open_to_the_world(tmp_path: Path) -> None:
    assert "*" in reads(tmp_path, open_bucket(blocked=False), everybody=True)


def test_a_block_shuts_a_bucket_open_to_the_world(tmp_path: Path) -> None:
    """Save to the principals of its own account, whom such a policy lets in all the same."""
    found = reads(tmp_path, open_bucket(blocked=True), Lab(DEV), everybody=True)
    assert "*" not in found
    assert user_of("bystander", DEV) not in found


def test_an_object_under_a_key_needs_the_key_too(tmp_path: Path) -> None:
    lab = Lab()
    reader, decrypter = user_of("reader"), user_of("decrypter")
    owner = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    key = lab.kms_key("weights", owner)
    lab.bucket("sensitive-data", key=key)
    lab.user("reader", allow(READ, BOTH))
    lab.user("decrypter", allow(READ, BOTH), allow("kms:Decrypt", key))
    lab.user("starting-user", allow("sts:AssumeRole", role_of("pipeline")))
    lab.role("pipeline", trusting(START), allow(READ, BOTH), allow(["kms:Decrypt", "kms:DescribeKey"], key))
    found = reads(tmp_path, lab)
    assert {START, decrypter} <= set(found)
    assert reader not in found


def test_a_key_that_does_not_delegate_keeps_readers_out(tmp_path: Path) -> None:
    lab = Lab()
    only = {
        "Effect": "Allow",
        "Principal": {"AWS": role_of("pipeline")},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    key = lab.kms_key("weights", only)
    lab.bucket("sensitive-data", key=key)
    lab.user("starting-user", allow("*"))
    lab.role("pipeline", trusting("ec2.amazonaws.com"), allow(READ, BOTH))
    found = reads(tmp_path, lab)
    assert role_of("pipeline") in found


@pytest.mark.parametrize(
    "make", [workloads.function, workloads.instance, workloads.notebook], ids=lambda one: one.__name__
)
def test_a_workload_whose_role_reads_the_bucket(make: workloads.Maker, tmp_path: Path) -> None:
    lab = to_bucket()
    services = {"function": "lambda", "instance": "ec2", "notebook": "sagemaker"}
    role = lab.role(
        "bucket-role",
        trusting(f"{services[make.__name__]}.amazonaws.com"),
        allow(READ, BOTH),
        attached=[SSM_CORE],
    )
    target = make(lab, role)
    lab.user(
        "starting-user",
        allow(
            ["lambda:UpdateFunctionCode", "ssm:StartSession", "sagemaker:CreatePresignedNotebookInstanceUrl"],
            target,
        ),
    )
    assert START in reads(tmp_path, lab)


@pytest.mark.parametrize("action", ["iam:PutUserPolicy", "iam:AttachUserPolicy"])
def test_self_escalation_reaches_a_bucket(action: str, tmp_path: Path) -> None:
    lab = to_bucket()
    lab.user("starting-user", allow(action, START))
    assert START in reads(tmp_path, lab)


def test_attaching_a_policy_that_reads_the_bucket_and_nothing_else(tmp_path: Path) -> None:
    lab = to_bucket()
    reading = lab.policy("reads-bucket", allow(READ, BOTH))
    harmless = lab.policy("reads-logs", allow("logs:*"))
    lab.user(
        "starting-user",
        allow("iam:AttachUserPolicy", START, Condition={"ArnEquals": {"iam:PolicyARN": reading}}),
    )
    other = user_of("other-user")
    lab.user(
        "other-user",
        allow("iam:AttachUserPolicy", other, Condition={"ArnEquals": {"iam:PolicyARN": harmless}}),
    )
    found = reads(tmp_path, lab)
    assert START in found
    assert other not in found


# Several hops


def test_three_roles_in_a_chain(tmp_path: Path) -> None:
    lab = Lab()
    first, second, third = role_of("first"), role_of("second"), role_of("third")
    lab.user("starting-user", allow("sts:AssumeRole", first))
    lab.role("first", trusting(START), allow("sts:AssumeRole", second))
    lab.role("second", trusting(first), allow("sts:AssumeRole", third))
    lab.role("third", trusting(second), attached=[ADMINISTRATOR])
    lab.user("outside-user", allow("sts:AssumeRole", "*"))
    found = answers(tmp_path, lab)
    assert {START, first, second, third} <= set(found)
    assert user_of("outside-user") not in found


def test_a_chain_with_a_gap_leads_nowhere(tmp_path: Path) -> None:
    lab = Lab()
    first, _second = role_of("first"), role_of("second")
    lab.user("starting-user", allow("sts:AssumeRole", first))
    lab.role("first", trusting(START))
    lab.role(
        "second",
        trusting(first, Condition={"StringEquals": {"aws:PrincipalTag/team": "weights"}}),
        attached=[ADMINISTRATOR],
    )
    assert START not in answers(tmp_path, lab)


def test_techniques_in_a_row(tmp_path: Path) -> None:
    """A key of a user, who puts a policy on a role, by which a function's code is changed, that runs as administrator."""
    lab = Lab()
    admin = lab.role("function-role", trusting("lambda.amazonaws.com"), attached=[ADMINISTRATOR])
    function = workloads.function(lab, admin)
    lab.user("starting-user", allow("iam:CreateAccessKey", user_of("second-user")), keys=1)
    lab.user("second-user", allow(["iam:PutRolePolicy", "sts:AssumeRole"], role_of("third-role")))
    lab.role(
        "third-role",
        trusting(user_of("second-user")),
        deny("iam:*"),
        allow("lambda:UpdateFunctionCode", function),
    )
    assert START in answers(tmp_path, lab)


def test_a_function_that_may_make_keys_of_the_administrator(tmp_path: Path) -> None:
    lab = Lab()
    lab.admin_user()
    role = lab.role(
        "function-role",
        trusting("lambda.amazonaws.com"),
        allow("iam:CreateAccessKey", user_of("target-user")),
    )
    function = workloads.function(lab, role)
    lab.user("starting-user", allow(["lambda:UpdateFunctionCode", "lambda:InvokeFunction"], function))
    lab.user("second-user", allow("lambda:InvokeFunction", function))
    found = answers(tmp_path, lab)
    assert START in found
    assert user_of("second-user") not in found


def test_a_policy_on_a_role_that_runs_code_of_ones_own(tmp_path: Path) -> None:
    """The role of a function whose code one may change is given everything."""
    lab = Lab()
    role = lab.role("function-role", trusting("lambda.amazonaws.com"))
    function = workloads.function(lab, role)
    lab.user("starting-user", allow("iam:PutRolePolicy", role), allow("lambda:UpdateFunctionCode", function))
    lab.user("second-user", allow("iam:PutRolePolicy", role))
    found = answers(tmp_path, lab)
    assert START in found
    assert user_of("second-user") not in found


def test_a_policy_on_a_role_that_one_may_pass(tmp_path: Path) -> None:
    lab = Lab()
    role = lab.role("function-role", trusting("lambda.amazonaws.com"))
    lab.user(
        "starting-user",
        allow(["iam:AttachRolePolicy", "iam:PassRole"], role),
        allow(["lambda:CreateFunction", "lambda:InvokeFunction"]),
    )
    assert START in answers(tmp_path, lab)


def test_a_user_made_administrator_by_the_group_that_it_is_put_in(tmp_path: Path) -> None:
    lab = Lab()
    lab.group("admins", attached=[ADMINISTRATOR])
    lab.user("second-user")
    lab.user(
        "starting-user",
        allow("iam:AddUserToGroup", lab.iam("group/admins")),
        allow("iam:CreateLoginProfile", user_of("second-user")),
    )
    assert START in answers(tmp_path, lab)


# Several accounts


def two(trust: str | dict[str, Any], *statements: dict[str, Any], name: str = "prod-role") -> tuple[Lab, Lab]:
    """An administrator's role in production, and a development account whose user has some statements."""
    production, development = Lab(), Lab(DEV)
    trusted = trusting(trust) if isinstance(trust, str) else trust
    production.role(name, trusted, attached=[ADMINISTRATOR])
    development.user("starting-user", *statements)
    return production, development


DEV_START = user_of("starting-user", DEV)
PROD_ROLE = role_of("prod-role")

ACROSS: dict[str, tuple[Callable[[], tuple[Lab, ...]], bool]] = {
    "by name": (lambda: two(DEV_START, allow("sts:AssumeRole", PROD_ROLE)), True),
    "by account": (lambda: two(f"arn:aws:iam::{DEV}:root", allow("sts:AssumeRole", PROD_ROLE)), True),
    "by account and a wildcard": (
        lambda: two(DEV, allow("sts:AssumeRole", f"arn:aws:iam::{HOME}:role/*")),
        True,
    ),
    "by external id": (
        lambda: two(
            trusting(DEV_START, Condition={"StringEquals": {"sts:ExternalId": "x"}}),
            allow("sts:AssumeRole", PROD_ROLE),
        ),
        True,
    ),
    "without permission at home": (lambda: two(DEV_START), False),
    "without trust": (lambda: two(ROOT, allow("sts:AssumeRole", PROD_ROLE)), False),
    "by another account's trust": (
        lambda: two(f"arn:aws:iam::{OPS}:root", allow("sts:AssumeRole", PROD_ROLE)),
        False,
    ),
    "denied at home": (
        lambda: two(DEV_START, allow("sts:AssumeRole", PROD_ROLE), deny("sts:AssumeRole", PROD_ROLE)),
        False,
    ),
}


@pytest.mark.parametrize("way", ACROSS)
def test_a_role_of_another_account(way: str, tmp_path: Path) -> None:
    make, reached = ACROSS[way]
    assert (DEV_START in answers(tmp_path, *make())) is reached


def test_a_role_that_trusts_everybody(tmp_path: Path) -> None:
    """Whoever may assume roles elsewhere gets in, and nobody of another account who may not."""
    found = answers(tmp_path, *two("*", allow("sts:AssumeRole", PROD_ROLE)), everybody=True)
    assert DEV_START in found
    assert user_of("bystander", DEV) not in found


def test_from_operations_over_development_to_production(tmp_path: Path) -> None:
    production, development, operations = Lab(), Lab(DEV), Lab(OPS)
    middle = role_of("middle", DEV)
    operations.user("starting-user", allow("sts:AssumeRole", middle))
    development.role("middle", trusting(user_of("starting-user", OPS)), allow("sts:AssumeRole", PROD_ROLE))
    production.role("prod-role", trusting(middle), attached=[ADMINISTRATOR])
    found = answers(tmp_path, production, development, operations)
    assert {user_of("starting-user", OPS), middle} <= set(found)


def test_a_function_of_another_account(tmp_path: Path) -> None:
    """Its policy lets a development role change its code."""
    production, development = Lab(), Lab(DEV)
    role = production.role("function-role", trusting("lambda.amazonaws.com"), attached=[ADMINISTRATOR])
    function = workloads.function(production, role)
    for action in ("lambda:UpdateFunctionCode", "lambda:InvokeFunction"):
        production.add(
            "aws_lambda_permission",
            action,
            statement_id=action,
            action=action,
            function_name="target-function",
            principal=DEV_START,
        )
    development.user("starting-user", allow(["lambda:UpdateFunctionCode", "lambda:InvokeFunction"], function))
    development.user("other-user", allow(["lambda:UpdateFunctionCode", "lambda:InvokeFunction"], function))
    found = answers(tmp_path, production, development)
    assert DEV_START in found
    assert user_of("other-user", DEV) not in found


def test_a_new_function_at_home_as_a_role_that_production_trusts(tmp_path: Path) -> None:
    production, development = two(
        role_of("function-role", DEV), allow("iam:PassRole", role_of("function-role", DEV)), allow("lambda:*")
    )
    development.role("function-role", trusting("lambda.amazonaws.com"), allow("sts:AssumeRole", PROD_ROLE))
    assert DEV_START in answers(tmp_path, production, development)


def test_a_bucket_of_another_account(tmp_path: Path) -> None:
    lab = with_policy(granted(f"arn:aws:iam::{DEV}:root"))
    development = Lab(DEV)
    development.user("starting-user", allow(READ, BOTH))
    development.user("other-user")
    found = reads(tmp_path, lab, development)
    assert DEV_START in found
    assert user_of("other-user", DEV) not in found


def test_a_role_in_another_module_of_the_state(tmp_path: Path) -> None:
    lab = Lab(nested=True)
    lab.user("starting-user", allow("sts:AssumeRole", role_of("target-role")))
    lab.admin_role(START)
    assert START in answers(tmp_path, lab)


# Federation


GITHUB = "token.actions.githubusercontent.com"


def federated(condition: dict[str, Any] | None, host: str = GITHUB, *, admin: bool = True) -> tuple[Lab, str]:
    lab = Lab()
    provider = lab.iam(f"oidc-provider/{host}")
    lab.add(
        "aws_iam_openid_connect_provider",
        "provider",
        arn=provider,
        id=provider,
        url=host,
        client_id_list=["sts.amazonaws.com"],
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    lab.role(
        "ci-role",
        {**trust, "Condition": condition} if condition else trust,
        attached=[ADMINISTRATOR] if admin else [],
    )
    return lab, provider


FEDERATED: dict[str, dict[str, Any] | None] = {
    "one branch": {
        "StringEquals": {
            f"{GITHUB}:aud": "sts.amazonaws.com",
            f"{GITHUB}:sub": "repo:lab/weights:ref:refs/heads/main",
        }
    },
    "one repository": {"StringLike": {f"{GITHUB}:sub": "repo:lab/weights:*"}},
    "audience only": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
    "nothing": None,
}


@pytest.mark.parametrize("condition", FEDERATED)
def test_whoever_the_provider_vouches_for_is_an_answer(condition: str, tmp_path: Path) -> None:
    lab, provider = federated(FEDERATED[condition])
    assert any(one.partition("#")[0] == provider for one in answers(tmp_path, lab))


def test_a_provider_whose_role_reads_nothing_is_no_answer(tmp_path: Path) -> None:
    lab, provider = federated(FEDERATED["one repository"], admin=False)
    assert not any(one.partition("#")[0] == provider for one in answers(tmp_path, lab))


def test_a_pipeline_of_operations_reaches_production(tmp_path: Path) -> None:
    operations, production = Lab(OPS), Lab()
    provider = operations.iam(f"oidc-provider/{GITHUB}")
    operations.add(
        "aws_iam_openid_connect_provider", "provider", arn=provider, id=provider, url=f"https://{GITHUB}"
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    operations.role(
        "deployer", {**trust, "Condition": FEDERATED["one repository"]}, allow("sts:AssumeRole", PROD_ROLE)
    )
    production.role("prod-role", trusting(role_of("deployer", OPS)), attached=[ADMINISTRATOR])
    assert any(one.partition("#")[0] == provider for one in answers(tmp_path, production, operations))


# Open to all


def public_function(auth: str = "NONE", *, admin: bool = True) -> Lab:
    lab = Lab()
    role = lab.role(
        "function-role", trusting("lambda.amazonaws.com"), attached=[ADMINISTRATOR] if admin else []
    )
    arn = workloads.function(lab, role)
    lab.add(
        "aws_lambda_function_url", "open", function_name="target-function", function_arn=arn, authorization_type=auth,
        function_url="https://x.lambda-url.us-east-1.on.aws/",
    )  # fmt: skip
    if auth == "NONE":
        lab.add(
            "aws_lambda_permission", "open", statement_id="open", action="lambda:InvokeFunctionUrl", principal="*",
            function_name="target-function", function_url_auth_type="NONE",
        )  # fmt: skip
    return lab


def test_a_function_open_to_the_internet(tmp_path: Path) -> None:
    found = answers(tmp_path, public_function())
    assert {
        "arn:aws:lambda:us-east-1:111111111111:function:target-function",
        role_of("function-role"),
    } <= set(found)
    assert "*" in found


def test_a_function_behind_iam_is_not_open(tmp_path: Path) -> None:
    assert "*" not in answers(tmp_path, public_function("AWS_IAM"))


def test_an_open_function_that_reads_nothing(tmp_path: Path) -> None:
    assert "*" not in answers(tmp_path, public_function(admin=False))


@pytest.mark.parametrize("guests", [True, False])
def test_guests_of_an_identity_pool(guests: bool, tmp_path: Path) -> None:
    lab = Lab()
    identifier = "us-east-1:00000000-0000-4000-8000-000000000000"
    lab.add(
        "aws_cognito_identity_pool", "pool", id=identifier, arn=lab.arn("cognito-identity", f"identitypool/{identifier}"),
        identity_pool_name="pool", allow_unauthenticated_identities=guests,
    )  # fmt: skip
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identifier},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
        },
    }
    role = lab.role("guest-role", trust, attached=[ADMINISTRATOR])
    lab.add(
        "aws_cognito_identity_pool_roles_attachment",
        "pool",
        identity_pool_id=identifier,
        roles={"unauthenticated": role},
    )
    assert ("*" in answers(tmp_path, lab)) is guests


def test_an_instance_with_an_administrators_role(tmp_path: Path) -> None:
    """Whoever opens a session on it."""
    lab = Lab()
    role = lab.role("instance-role", trusting("ec2.amazonaws.com"), attached=[ADMINISTRATOR])
    instance = workloads.instance(lab, role)
    lab.user(
        "starting-user",
        allow("ssm:StartSession", [instance, "arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell"]),
    )
    found = answers(tmp_path, lab)
    assert {START, instance} <= set(found)


@pytest.mark.parametrize(
    ("key", "environment", "reached"),
    [
        ("ssm:resourceTag/Environment", "development", True),
        ("ssm:resourceTag/Environment", "production", False),
        ("aws:ResourceTag/Environment", "development", True),
        ("aws:ResourceTag/Environment", "production", False),
    ],
)
def test_sessions_on_instances_of_some_tag(key: str, environment: str, reached: bool, tmp_path: Path) -> None:
    lab = Lab()
    role = lab.role("instance-role", trusting("ec2.amazonaws.com"), attached=[ADMINISTRATOR])
    workloads.instance(lab, role, {"Environment": environment})
    condition = {"Condition": {"StringLike": {key: ["development"]}}}
    lab.user("starting-user", allow("ssm:StartSession", "arn:aws:ec2:*:*:instance/*", **condition))
    assert (START in answers(tmp_path, lab)) is reached


# Credentials that lie about


def in_secret(lab: Lab, text: str) -> dict[str, Any]:
    arn = lab.arn("secretsmanager", "secret:admin-keys-AbCdEf")
    lab.add("aws_secretsmanager_secret", "admin", arn=arn, id=arn, name="admin-keys")
    lab.add("aws_secretsmanager_secret_version", "admin", arn=arn, secret_id=arn, secret_string=text)
    return allow("secretsmanager:GetSecretValue", arn)


def in_parameter(lab: Lab, text: str) -> dict[str, Any]:
    arn = lab.arn("ssm", "parameter/admin/key")
    lab.add(
        "aws_ssm_parameter",
        "admin",
        arn=arn,
        id="/admin/key",
        name="/admin/key",
        type="SecureString",
        value=text,
        key_id="",
    )
    return allow("ssm:GetParameter", arn)


def in_object(lab: Lab, text: str) -> dict[str, Any]:
    lab.bucket("config")
    lab.add("aws_s3_object", "admin", bucket="config", key="credentials.json", content=text)
    return allow("s3:GetObject", "arn:aws:s3:::config/*")


def in_environment(lab: Lab, text: str) -> dict[str, Any]:
    role = lab.role("harmless-function", trusting("lambda.amazonaws.com"))
    variables = dict(
        zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), json.loads(text).values(), strict=True)
    )
    arn = workloads.function(lab, role, environment=[{"variables": variables}])
    return allow("lambda:GetFunctionConfiguration", arn)


def in_environment_read_whole(lab: Lab, text: str) -> dict[str, Any]:
    return {**in_environment(lab, text), "Action": "lambda:GetFunction"}


def in_environment_listed(lab: Lab, text: str) -> dict[str, Any]:
    return {**in_environment(lab, text), "Action": "lambda:ListFunctions", "Resource": "*"}


def in_user_data(lab: Lab, text: str) -> dict[str, Any]:
    lab.add(
        "aws_instance", "plain", arn=lab.arn("ec2", "instance/i-0aaaaaaaaaaaaaaaa"), id="i-0aaaaaaaaaaaaaaaa",
        instance_state="running",
        user_data=f"#!/bin/bash\nexport KEYS='{text}'\n", iam_instance_profile="",
    )  # fmt: skip
    return allow("ec2:DescribeInstanceAttribute")


def in_user_data_encoded(lab: Lab, text: str) -> dict[str, Any]:
    encoded = base64.b64encode(f"#!/bin/bash\nexport KEYS='{text}'\n".encode()).decode()
    lab.add(
        "aws_instance", "plain", arn=lab.arn("ec2", "instance/i-0aaaaaaaaaaaaaaaa"), id="i-0aaaaaaaaaaaaaaaa",
        instance_state="running",
        user_data_base64=encoded, iam_instance_profile="",
    )  # fmt: skip
    return allow("ec2:DescribeInstanceAttribute", lab.arn("ec2", "instance/*"))


def in_template(lab: Lab, text: str) -> dict[str, Any]:
    lab.add(
        "aws_launch_template", "plain", arn=lab.arn("ec2", "launch-template/lt-0aaaaaaaaaaaaaaaa"), id="lt-0aaaaaaaaaaaaaaaa",
        name="plain",
        user_data=base64.b64encode(text.encode()).decode(),
    )  # fmt: skip
    return allow("ec2:DescribeLaunchTemplateVersions")


def in_build(lab: Lab, text: str) -> dict[str, Any]:
    arn = lab.arn("codebuild", "project/plain")
    values = json.loads(text)
    lab.add(
        "aws_codebuild_project", "plain", arn=arn, id=arn, name="plain",
        service_role=lab.role("harmless-build", trusting("codebuild.amazonaws.com")),
        environment=[{"environment_variable": [{"name": "SECRET", "value": values["secret"], "type": "PLAINTEXT"}]}],
    )  # fmt: skip
    return allow("codebuild:BatchGetProjects", arn)


def in_task(lab: Lab, text: str) -> dict[str, Any]:
    arn = lab.arn("ecs", "task-definition/plain:1")
    containers = [{"name": "app", "environment": [{"name": "SECRET", "value": json.loads(text)["secret"]}]}]
    lab.add(
        "aws_ecs_task_definition", "plain", arn=arn, arn_without_revision=arn.removesuffix(":1"), family="plain", revision=1,
        task_role_arn="", execution_role_arn="", container_definitions=json.dumps(containers),
    )  # fmt: skip
    return allow("ecs:DescribeTaskDefinition")


HOLDERS = (
    in_secret, in_parameter, in_object, in_environment, in_environment_read_whole, in_environment_listed, in_user_data,
    in_user_data_encoded, in_template, in_build, in_task,
)  # fmt: skip


@pytest.mark.parametrize("hide", HOLDERS, ids=lambda one: one.__name__)
def test_whoever_reads_an_administrators_key_reads_the_weights(
    hide: Callable[[Lab, str], dict[str, Any]], tmp_path: Path
) -> None:
    lab = Lab()
    lab.admin_user("admin-user")
    identifier, secret = lab.key("admin-user")
    lab.user("starting-user", hide(lab, json.dumps({"id": identifier, "secret": secret})))
    found = answers(tmp_path, lab)
    assert START in found
    written = b"".join(path.read_bytes() for path in (tmp_path / "snapshot").rglob("*") if path.is_file())
    assert secret.encode() not in written


@pytest.mark.parametrize("hide", HOLDERS, ids=lambda one: one.__name__)
def test_somebody_elses_key_leads_nowhere(hide: Callable[[Lab, str], dict[str, Any]], tmp_path: Path) -> None:
    lab = Lab()
    lab.user("clerk", allow("logs:*"))
    identifier, secret = lab.key("clerk")
    lab.user("starting-user", hide(lab, json.dumps({"id": identifier, "secret": secret})))
    assert START not in answers(tmp_path, lab)


def test_a_key_of_production_that_lies_about_in_operations(tmp_path: Path) -> None:
    production, operations = Lab(), Lab(OPS)
    production.admin_user("admin-user")
    identifier, secret = production.key("admin-user")
    operations.user(
        "starting-user", in_parameter(operations, json.dumps({"id": identifier, "secret": secret}))
    )
    assert user_of("starting-user", OPS) in answers(tmp_path, production, operations)


# Who is not stopped, and who is


def test_effective_permissions_of_many(tmp_path: Path) -> None:
    """Administrators in every manner of speaking, and those who only look like it."""
    lab = Lab()
    everything = lab.policy("everything", allow("*"))
    storage = lab.policy("storage-only", allow("s3:ListAllMyBuckets"))
    nothing = lab.policy("nothing", deny("*"))
    lab.group("admins", attached=[ADMINISTRATOR])
    lab.group("inline-admins", allow("*"))
    are = {
        lab.user("by-attachment", attached=[ADMINISTRATOR]),
        lab.user("by-inline", allow("*")),
        lab.user("by-services", allow(["iam:*", "s3:*", "ec2:*"])),
        lab.user("by-own-policy", attached=[everything]),
        lab.user("by-group", groups=["admins"]),
        lab.user("by-inline-group", groups=["inline-admins"]),
        lab.user("by-what-is-not", {"Effect": "Allow", "NotAction": ["ec2:*"], "Resource": "*"}),
        lab.user("denied-elsewhere", deny("ec2:*"), attached=[ADMINISTRATOR]),
        lab.user("bounded-widely", attached=[ADMINISTRATOR], boundary=everything),
        lab.role("role-by-attachment", trusting("ec2.amazonaws.com"), attached=[ADMINISTRATOR]),
        lab.role("role-by-inline", trusting("ec2.amazonaws.com"), allow("*")),
    }
    are_not = {
        lab.user("denied-all", deny("*"), attached=[ADMINISTRATOR]),
        lab.user(
            "denied-all-but-some",
            {"Effect": "Deny", "NotAction": ["ec2:Describe*"], "Resource": "*"},
            attached=[ADMINISTRATOR],
        ),
        lab.user("denied-by-policy", attached=[ADMINISTRATOR, nothing]),
        lab.user(
            "denied-everywhere-else",
            {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:ec2:*:*:instance/*"},
            attached=[ADMINISTRATOR],
        ),
        lab.user("bounded", attached=[ADMINISTRATOR], boundary=storage),
        lab.user("bounded-in-group", groups=["admins"], boundary=storage),
        lab.role("role-bounded", trusting("ec2.amazonaws.com"), attached=[ADMINISTRATOR], boundary=storage),
        lab.role("role-denied", trusting("ec2.amazonaws.com"), deny("*"), attached=[ADMINISTRATOR]),
        lab.user("just-looking", allow(["s3:ListBucket", "s3:ListAllMyBuckets", "iam:List*", "iam:Get*"])),
    }
    found = set(answers(tmp_path, lab))
    assert are <= found
    assert not are_not & found
