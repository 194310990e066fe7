"""Requests through an S3 access point. Amazon S3 User Guide, "Configuring IAM policies for using access points"."""

from __future__ import annotations

from typing import Any

from policies import ACCOUNT, OBJECT, OTHER, RESOURCE, STRANGER, USER, allow, deny, layers, policy

from weightguard.policy.aws import (
    AccessPoint,
    Decision,
    Layers,
    PublicAccessBlock,
    Request,
    decide_through,
    in_words,
    parse_principal,
    policy_set,
)

ARN = f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/train"
BEHIND = f"{ARN}/object/llm/*"
DELEGATED = allow(
    "*", "*", Principal={"AWS": "*"}, Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}}
)


def through(
    given: Layers, *statements: Any, principal: str = USER, unknown: bool = False, **more: Any
) -> Decision:
    found = (
        policy_set([policy(*statements, kind=RESOURCE, name="access point policy")]) if statements else None
    )
    context = more.pop("context", {})
    request = Request(parse_principal(principal), "s3:GetObject", OBJECT, ACCOUNT, context, unknown)
    return decide_through(request, given, AccessPoint(ARN, found, **more))


GRANT = allow("s3:GetObject", BEHIND, Principal={"AWS": USER})


def test_what_the_access_point_grants_the_bucket_must_allow_too() -> None:
    assert through(layers(), GRANT).outcome == "denied_implicitly"
    assert through(layers(resource=[DELEGATED]), GRANT).outcome == "allowed"
    same = allow("s3:GetObject", "arn:aws:s3:::models/llm/*", Principal={"AWS": USER})
    assert through(layers(resource=[same]), GRANT).outcome == "allowed"


def test_delegating_grants_nothing_by_itself() -> None:
    assert through(layers(resource=[DELEGATED])).outcome == "denied_implicitly"


def test_identity_policies_of_the_account_are_asked_about_the_access_point() -> None:
    assert through(layers(identity=[allow("s3:GetObject", BEHIND)])).outcome == "allowed"
    assert (
        through(layers(identity=[allow("s3:GetObject", "arn:aws:s3:::models/*")])).outcome
        == "denied_implicitly"
    )


def test_a_deny_on_either_side_wins() -> None:
    both = [allow("s3:*")]
    assert through(layers(identity=both), deny("s3:*", BEHIND, Principal="*")).outcome == "denied_explicitly"
    only_vpc = deny(
        "s3:*", Principal="*", Condition={"StringNotEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}
    )
    assert through(layers(identity=both, resource=[only_vpc])).outcome == "denied_explicitly"
    from_vpc = {"vpc": "vpc-1", "context": {"aws:SourceVpc": "vpc-1"}}
    assert through(layers(identity=both, resource=[only_vpc]), **from_vpc).outcome == "allowed"


def test_across_accounts_three_sides_must_allow() -> None:
    grant = allow("s3:GetObject", BEHIND, Principal={"AWS": OTHER})
    full = layers(identity=[allow("s3:*")], resource=[DELEGATED])
    assert through(full, grant, principal=STRANGER).outcome == "allowed"
    assert through(full, principal=STRANGER).outcome == "denied_implicitly"
    assert through(layers(resource=[DELEGATED]), grant, principal=STRANGER).outcome == "denied_implicitly"
    assert through(layers(identity=[allow("s3:*")]), grant, principal=STRANGER).outcome == "denied_implicitly"


def test_an_access_point_of_a_vpc_is_open_to_that_vpc_alone() -> None:
    own = layers(identity=[allow("s3:*")])
    assert through(own, vpc="vpc-1").outcome == "denied_implicitly"
    assert through(own, vpc="vpc-1", context={"aws:SourceVpc": "vpc-2"}).outcome == "denied_implicitly"
    left_open = through(own, vpc="vpc-1", unknown=True)
    assert in_words(left_open.conditions) == "only from VPC vpc-1"


def test_restricting_public_access_points() -> None:
    grant = allow("s3:GetObject", BEHIND, Principal="*")
    restricted = PublicAccessBlock(restrict_public_buckets=True)
    given = layers(resource=[DELEGATED])
    assert through(given, grant, principal="*").outcome == "allowed"
    assert through(given, grant, principal="*", block=restricted).outcome == "denied_implicitly"
    by_arn = {"Condition": {"ArnLike": {"s3:DataAccessPointArn": ARN}}}
    assert through(given, {**grant, **by_arn}, principal="*", block=restricted).outcome == "denied_implicitly"
    in_vpc = {"vpc": "vpc-1", "context": {"aws:SourceVpc": "vpc-1"}}
    assert through(given, grant, principal="*", block=restricted, **in_vpc).outcome == "allowed"


def test_limits_of_the_principal_count() -> None:
    given = layers(identity=[allow("s3:*")], boundary=[allow("ec2:*")])
    assert through(given).lacking == ("boundary",)
