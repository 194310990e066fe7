"""Attaching, limiting and creating where a condition limits the choice: each way with the pair where one fact stops it."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    STORE,
    allow,
    arn,
    boundary,
    deny,
    document,
    estate,
    known,
    role,
    store,
    trusting,
    user,
)

from weightguard.access import AccessKind, build
from weightguard.estate.fact import Collection
from weightguard.estate.model import Estate, NamedPolicy

ME = arn("user", "me")
PROVIDED = "arn:aws:iam::aws:policy/"
CEILING = f"arn:aws:iam::{HOME}:policy/ceiling"


def hops(things: Estate, name: str = ME) -> list[str]:
    answers = {one.principal: one for one in build(things).who_can(AccessKind.READ, STORE).answers}
    return [hop.how for hop in answers[name].path] if name in answers else []


def held(things: Estate, *policies: NamedPolicy) -> Estate:
    """The estate with policies of the account's that nobody carries."""
    from dataclasses import replace

    return replace(things, unattached_policies=Collection(policies))


def ceiling(*statements: dict[str, Any]) -> NamedPolicy:
    return NamedPolicy(CEILING, "ceiling", document(*statements), "customer")


def only(key: str, value: Any, operator: str = "ArnEquals") -> dict[str, Any]:
    return {operator: {key: value}}


# --- attaching a policy that nobody carries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        (only("iam:PolicyARN", f"{PROVIDED}AmazonS3ReadOnlyAccess"), True),
        (
            only("iam:PolicyARN", [f"{PROVIDED}AmazonEC2ReadOnlyAccess", f"{PROVIDED}AmazonS3FullAccess"]),
            True,
        ),
        (only("iam:PolicyARN", f"{PROVIDED}AmazonEC2ReadOnlyAccess"), False),
        (only("iam:PolicyARN", f"{PROVIDED}AmazonS3*", "ArnLike"), True),
        (only("iam:PolicyARN", f"{PROVIDED}AmazonEC2*", "StringLike"), False),
        (only("iam:PolicyARN", f"{PROVIDED}AdministratorAccess", "ArnNotEquals"), True),
        (only("iam:PolicyARN", f"{PROVIDED}*", "StringNotLike"), False),
        (only("iam:PolicyARN", f"{PROVIDED}NoSuchPolicy"), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["User", "Role"])
def test_a_policy_of_the_providers_is_attached_as_far_as_a_condition_lets(
    kind: str, condition: dict[str, Any], reads: bool
) -> None:
    action = f"iam:Attach{kind}Policy"
    statement = allow(action, "*", Condition=condition)
    one: Any = user("me", statement) if kind == "User" else role("me", statement)
    assert (hops(estate(one, store()), arn(kind.lower(), "me")) == [action, "s3:GetObject"]) is reads


def test_a_denied_policy_leaves_the_others() -> None:
    widest = [f"{PROVIDED}{name}" for name in ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess")]
    denied = deny("iam:AttachUserPolicy", "*", Condition=only("iam:PolicyARN", widest))
    assert "s3:GetObject" in hops(estate(user("me", allow("iam:AttachUserPolicy"), denied), store()))
    everything = deny("iam:AttachUserPolicy", "*", Condition=only("iam:PolicyARN", f"{PROVIDED}*", "ArnLike"))
    assert hops(estate(user("me", allow("iam:AttachUserPolicy"), everything), store())) == []


# --- another boundary -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        (only("iam:PermissionsBoundary", CEILING), True),
        (only("iam:PermissionsBoundary", f"{PROVIDED}AmazonS3FullAccess"), True),
        (only("iam:PermissionsBoundary", f"{PROVIDED}AmazonEC2FullAccess"), False),
        ({"Null": {"iam:PermissionsBoundary": "false"}}, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["User", "Role"])
def test_a_boundary_is_replaced_by_one_that_lets_through(
    kind: str, condition: dict[str, Any], reads: bool
) -> None:
    action = f"iam:Put{kind}PermissionsBoundary"
    statements = (allow("s3:GetObject"), allow(action, "*", Condition=condition))
    tight = boundary(allow("iam:*"))
    make: Any = user if kind == "User" else role
    things = held(estate(make("me", *statements, boundary=tight), store()), ceiling(allow("s3:*")))
    assert (hops(things, arn(kind.lower(), "me")) == [action, "s3:GetObject"]) is reads
    closed = held(estate(make("me", *statements, boundary=tight), store()), ceiling(allow("ec2:*")))
    if CEILING in str(condition):
        assert hops(closed, arn(kind.lower(), "me")) == []


def test_a_boundary_that_may_not_be_changed_stays() -> None:
    tight = boundary(allow("ec2:*"))
    one = user("me", allow("s3:GetObject"), allow("iam:PutUserPermissionsBoundary"), boundary=tight)
    assert hops(estate(one, store())) == []


# --- creating under a boundary --------------------------------------------------------------------------------------------------

UNDER = only("iam:PermissionsBoundary", CEILING, "StringEquals")


def creating(kind: str, condition: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    if kind == "user":
        made = allow(["iam:CreateUser", "iam:PutUserPolicy"], "*", Condition=condition)
        return made, allow("iam:CreateAccessKey")
    return allow(["iam:CreateRole", "iam:PutRolePolicy"], "*", Condition=condition), allow("sts:AssumeRole")


@pytest.mark.parametrize("kind", ["user", "role"])
@pytest.mark.parametrize(
    ("limit", "condition", "reads"),
    [
        (allow(["ec2:*", "s3:*"]), UNDER, True),
        (allow("ec2:*"), UNDER, False),
        (allow("s3:*", f"{STORE}-other/*"), UNDER, False),
        (allow("s3:*"), only("iam:PermissionsBoundary", f"{CEILING}-2", "StringEquals"), False),
        (
            allow("s3:*"),
            only("iam:PermissionsBoundary", f"arn:aws:iam::{HOME}:policy/c*", "StringLike"),
            True,
        ),
        (allow("ec2:*"), {"Null": {"iam:PermissionsBoundary": "false"}}, True),
    ],
    ids=str,
)
def test_a_principal_is_created_under_a_boundary_that_itself_allows(
    kind: str, limit: dict[str, Any], condition: dict[str, Any], reads: bool
) -> None:
    things = held(estate(user("me", *creating(kind, condition)), store()), ceiling(limit))
    assert (hops(things) != []) is reads


def test_what_is_created_under_a_boundary_climbs_no_further_than_that() -> None:
    """The boundary lets what is created assume a role that reads; without that it is let nowhere."""
    target = role("reader", allow("s3:GetObject"), trust=trusting(f"arn:aws:iam::{HOME}:root"))
    things = estate(user("me", *creating("user", UNDER)), target, store())
    assert hops(held(things, ceiling(allow("sts:AssumeRole")))) != []
    assert hops(held(things, ceiling(allow("sts:GetSessionToken")))) == []


@pytest.mark.parametrize(
    ("name", "reads"), [("AmazonS3ReadOnlyAccess", True), ("AmazonEC2ReadOnlyAccess", False)]
)
def test_a_new_user_gets_the_policy_that_may_be_attached(name: str, reads: bool) -> None:
    attach = allow(
        "iam:AttachUserPolicy", arn("user", "new-*"), Condition=only("iam:PolicyARN", PROVIDED + name)
    )
    maker = user("me", allow(["iam:CreateUser", "iam:CreateAccessKey"]), attach)
    things = estate(maker, store())
    assert (hops(things) != []) is reads
    assert hops(estate(user("me", allow("iam:CreateUser"), attach), store())) == []


def test_nobody_is_created_where_the_boundary_is_missing() -> None:
    bare = estate(user("me", *creating("user", UNDER), credentials=known(())), store())
    assert hops(bare) == []
