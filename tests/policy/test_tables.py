"""The packaged tables."""

from __future__ import annotations

import pytest

from weightguard.policy.aws import (
    action_exists,
    find_action,
    managed_policy,
    resource_types,
    supports_resource,
    versions,
)


def test_actions_are_found_in_any_case() -> None:
    assert action_exists("s3:GetObject") and action_exists("S3:getobject")
    assert not action_exists("s3:StealObject") and not action_exists("nothing") and not action_exists("x:y")
    entry = find_action("S3:GETOBJECT")
    assert entry is not None and entry.name == "s3:GetObject" and entry.access_level == "Read"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:ListAllMyBuckets", False),
        ("s3:GetObject", True),
        ("kms:ListKeys", False),
        ("iam:PassRole", True),
        ("x:Unknown", True),
    ],
)
def test_resource_level_permissions(action: str, expected: bool) -> None:
    assert supports_resource(action) is expected


def test_resource_types_have_their_arn_formats() -> None:
    assert resource_types("s3:GetObject")["object"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert resource_types("kms:Decrypt")["key"].endswith(":key/${KeyId}")
    assert resource_types("x:Unknown") == {}


def test_managed_policies_are_there_in_every_partition() -> None:
    admin = managed_policy("arn:aws:iam::aws:policy/AdministratorAccess")
    assert admin is not None and admin["Statement"][0]["Action"] == "*"
    assert managed_policy("arn:aws-us-gov:iam::aws:policy/AdministratorAccess") == admin
    assert managed_policy("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess") is not None
    assert managed_policy("arn:aws:iam::aws:policy/NoSuchPolicy") is None


def test_every_managed_policy_compiles_without_a_problem() -> None:
    from weightguard.policy.aws import PolicyKind, compile_policy
    from weightguard.policy.aws.tables import managed_policy_arns

    problems = {}
    for arn in managed_policy_arns():
        compiled = compile_policy(managed_policy(arn), kind=PolicyKind.IDENTITY, name=arn)
        if any(problem.grants_nothing for problem in compiled.problems):
            problems[arn] = compiled.problems
    assert len(managed_policy_arns()) > 1000
    assert problems == {}


def test_versions_say_where_the_tables_come_from() -> None:
    for about in versions().values():
        assert {"version", "source", "licence", "made"} <= set(about)
