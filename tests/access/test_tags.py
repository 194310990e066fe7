"""Tags that somebody sets on a principal or on a session: each way with the pair where one fact stops it."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    allow,
    arn,
    deny,
    document,
    estate,
    key,
    known,
    role,
    store,
    trusting,
    user,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.estate.model import Estate

DEV, ANALYST = arn("user", "dev"), arn("role", "analyst")
ROOT = f"arn:aws:iam::{HOME}:root"
OBJECTS = f"{STORE}/*"


def found(things: Estate) -> dict[str, Answer]:
    return {one.principal: one for one in build(things).who_can(AccessKind.READ, STORE).answers}


def hops(things: Estate, name: str = DEV) -> list[str]:
    answer = found(things).get(name)
    return [] if answer is None else [hop.how for hop in answer.path]


def tagged(operator: str, value: Any, name: str = "aws:PrincipalTag/clearance") -> dict[str, Any]:
    return {operator: {name: value}}


READS = allow("s3:GetObject", OBJECTS, Condition=tagged("StringEquals", "weights"))
BOTH = ["sts:AssumeRole", "sts:TagSession"]


def trust(*statements: dict[str, Any]) -> dict[str, Any]:
    return document(*statements)


def lets(actions: Any, principal: Any = None, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal or {"AWS": DEV}, "Action": actions, **more}


# --- tags of a session ----------------------------------------------------------------------------------------------------------


def test_whoever_may_tag_the_session_is_let_in_by_the_tag() -> None:
    things = (store(), role("analyst", READS, trust=trust(lets(BOTH))))
    assert hops(estate(user("dev"), *things)) == ["sts:AssumeRole + sts:TagSession", "s3:GetObject"]
    assert found(estate(user("dev"), *things)).keys() == {DEV}
    assert found(estate(user("dev"), *things))[DEV].certainty == "certain"


@pytest.mark.parametrize(
    "things",
    [
        [user("dev"), role("analyst", READS, trust=trust(lets("sts:AssumeRole")))],
        [user("dev", deny("sts:TagSession")), role("analyst", READS, trust=trust(lets(BOTH)))],
        [user("dev"), role("analyst", READS, trust=trust(lets(BOTH, {"AWS": arn("user", "other")})))],
        [
            user("dev"),
            role(
                "analyst",
                READS,
                trust=trust(
                    lets("sts:AssumeRole"),
                    lets("sts:TagSession", Condition=tagged("StringEquals", "x", "aws:RequestTag/clearance")),
                ),
            ),
        ],
        [
            user(
                "dev",
                deny(
                    "sts:TagSession",
                    "*",
                    Condition=tagged("ForAnyValue:StringEquals", "clearance", "aws:TagKeys"),
                ),
            ),
            role("analyst", READS, trust=trust(lets(BOTH))),
        ],
        [
            user("dev", allow("sts:AssumeRole")),
            role("analyst", READS, trust=trust(lets(BOTH, {"AWS": ROOT}))),
        ],
    ],
    ids=[
        "not in the trust",
        "denied",
        "somebody else",
        "another value",
        "another key",
        "not in the own policy",
    ],
)
def test_each_fact_keeps_a_session_from_being_tagged(things: list[Any]) -> None:
    assert found(estate(store(), *things)) == {}


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        (tagged("StringLike", "weights-*"), True),
        (tagged("StringNotEquals", "none"), True),
        (tagged("Null", "false"), True),
        ({"StringEquals": {"aws:PrincipalTag/clearance": "weights", "aws:PrincipalTag/team": "eval"}}, True),
        (tagged("StringEquals", "weights", "aws:PrincipalAccount"), False),
    ],
    ids=str,
)
def test_tags_are_chosen_as_the_policy_asks(condition: dict[str, Any], reads: bool) -> None:
    statement = allow("s3:GetObject", OBJECTS, Condition=condition)
    analyst = role("analyst", statement, trust=trust(lets(BOTH)), tags=known({"clearance": "none"}))
    assert (hops(estate(user("dev"), analyst, store())) != []) is reads


def test_session_tags_go_before_the_roles_own() -> None:
    own = known({"clearance": "none"})
    analyst = role("analyst", READS, trust=trust(lets(BOTH)), tags=own)
    assert hops(estate(user("dev"), analyst, store())) != []
    fixed = role("analyst", READS, trust=trust(lets("sts:AssumeRole")), tags=own)
    assert hops(estate(user("dev"), fixed, store())) == []
    right = role("analyst", READS, trust=trust(lets("sts:AssumeRole")), tags=known({"clearance": "weights"}))
    assert hops(estate(user("dev"), right, store())) == ["sts:AssumeRole", "s3:GetObject"]


def test_a_denial_by_tag_is_tagged_away() -> None:
    shut = deny("s3:GetObject", "*", Condition=tagged("StringNotEquals", "weights"))
    things = (user("dev"), store())
    plain = allow("s3:GetObject", OBJECTS)
    assert hops(estate(*things, role("analyst", plain, shut, trust=trust(lets(BOTH))))) != []
    assert hops(estate(*things, role("analyst", plain, shut, trust=trust(lets("sts:AssumeRole"))))) == []


def test_a_bucket_policy_may_look_at_the_tags_of_a_session() -> None:
    lets_in = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}
    opened = store(
        policy=document(
            {
                **lets_in,
                "Condition": {
                    "StringEquals": {"aws:PrincipalTag/clearance": "weights", "aws:PrincipalAccount": HOME}
                },
            }
        )
    )
    assert DEV in found(estate(user("dev"), role("analyst", trust=trust(lets(BOTH))), opened))
    assert DEV not in found(estate(user("dev"), role("analyst", trust=trust(lets("sts:AssumeRole"))), opened))


def test_whoever_rewrites_the_trust_lets_itself_tag() -> None:
    analyst = role("analyst", READS)
    writer = user("dev", allow(["iam:UpdateAssumeRolePolicy", *BOTH]))
    assert DEV in found(estate(writer, analyst, store()))
    untagged = user("dev", allow(["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"]), deny("sts:TagSession"))
    assert DEV not in found(estate(untagged, analyst, store()))


def test_the_tag_of_the_caller_may_have_to_be_the_resources() -> None:
    same = {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}}
    uses = (allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", "*", Condition=same))
    delegating = document({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"})
    things = (user("dev"), role("analyst", *uses, trust=trust(lets(BOTH))), store(key=KEY))
    assert hops(estate(*things, key(delegating, tags={"project": "llm"}))) != []
    assert hops(estate(*things, key(delegating, tags={"team": "llm"}))) == []


@pytest.mark.parametrize(
    ("bucket", "reads"),
    [
        ("arn:aws:s3:::${aws:PrincipalTag/bucket}/*", True),
        ("arn:aws:s3:::x-${aws:PrincipalTag/bucket}/*", False),
    ],
)
def test_the_tag_of_the_caller_may_stand_in_a_resource(bucket: str, reads: bool) -> None:
    analyst = role("analyst", allow("s3:GetObject", bucket), trust=trust(lets(BOTH)))
    assert (hops(estate(user("dev"), analyst, store())) != []) is reads


# --- tags that a provider gives -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"])
def test_an_identity_provider_may_give_any_tag(action: str) -> None:
    provider = {"Federated": f"arn:aws:iam::{HOME}:saml-provider/AWSSSO_x_DO_NOT_DELETE"}
    for own in ({}, {"clearance": "none"}):
        analyst = role(
            "analyst", READS, trust=trust(lets([action, "sts:TagSession"], provider)), tags=known(own)
        )
        answer = found(estate(analyst, store()))[ANALYST]
        assert (answer.certainty, answer.direct) == ("conditional", True)
    without = role("analyst", READS, trust=trust(lets(action, provider)))
    assert ANALYST not in found(estate(without, store()))


@pytest.mark.parametrize(
    ("name", "open_"), [("kubernetes-namespace", True), ("eks-cluster-name", True), ("clearance", False)]
)
def test_pod_identity_gives_tags_of_its_own_alone(name: str, open_: bool) -> None:
    reads = allow("s3:GetObject", OBJECTS, Condition=tagged("StringEquals", "x", f"aws:PrincipalTag/{name}"))
    pods = trust(lets(BOTH, {"Service": "pods.eks.amazonaws.com"}))
    answers = found(
        estate(role("analyst", reads, trust=pods), role("same", reads, trust=trusting(DEV)), store())
    )
    assert set(answers) == ({ANALYST} if open_ else set())


# --- tags of the principal itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["User", "Role"])
def test_who_may_tag_itself_is_let_in_by_the_tag(kind: str) -> None:
    make: Any = user if kind == "User" else role
    name, action = arn(kind.lower(), "me"), f"iam:Tag{kind}"
    assert hops(estate(make("me", READS, allow(action)), store()), name) == [action, "s3:GetObject"]
    assert not found(estate(make("me", READS, allow(action)), store()))[name].direct
    for stopped in (
        allow(action, arn(kind.lower(), "other")),
        allow(action, "*", Condition=tagged("StringEquals", "x", "aws:RequestTag/clearance")),
        allow(action, "*", Condition=tagged("StringEquals", "team", "aws:TagKeys")),
        allow(f"iam:Untag{kind}"),
    ):
        assert hops(estate(make("me", READS, stopped), store()), name) == []


@pytest.mark.parametrize("kind", ["User", "Role"])
def test_who_may_untag_itself_loses_a_denial(kind: str) -> None:
    make: Any = user if kind == "User" else role
    name, action = arn(kind.lower(), "me"), f"iam:Untag{kind}"
    shut = deny("s3:GetObject", "*", Condition=tagged("Null", "false", "aws:PrincipalTag/quarantine"))
    bad = known({"quarantine": "yes"})
    reads = allow("s3:GetObject", OBJECTS)
    assert hops(estate(make("me", reads, shut, allow(action), tags=bad), store()), name) == [
        action,
        "s3:GetObject",
    ]
    assert hops(estate(make("me", reads, shut, tags=bad), store()), name) == []


def test_who_tags_a_role_and_becomes_it_is_let_in() -> None:
    analyst = role("analyst", READS, trust=trusting(DEV))
    assert hops(estate(user("dev", allow("iam:TagRole")), analyst, store())) == [
        "iam:TagRole",
        "sts:AssumeRole",
        "s3:GetObject",
    ]
    assert hops(estate(user("dev", allow("iam:TagRole")), role("analyst", READS), store())) == []
    tagger = role("tagger", allow("iam:TagRole"), trust=trusting(DEV))
    assert DEV in found(estate(user("dev"), tagger, analyst, store()))
    assert DEV not in found(estate(user("dev"), role("tagger", allow("iam:TagRole")), analyst, store()))


def test_a_trust_policy_may_look_at_the_tags_of_who_assumes() -> None:
    own = lets("sts:AssumeRole", {"AWS": ROOT}, Condition=tagged("StringEquals", "weights"))
    reader = role("analyst", allow("s3:GetObject", OBJECTS), trust=trust(own))
    assumes = allow("sts:AssumeRole")
    assert DEV in found(estate(user("dev", assumes, allow("iam:TagUser", DEV)), reader, store()))
    assert DEV not in found(estate(user("dev", assumes), reader, store()))


# --- tags of a bucket -----------------------------------------------------------------------------------------------------------


def test_the_tags_of_a_bucket_count_for_nothing_until_access_by_tags_is_turned_on() -> None:
    by_tag = allow("s3:GetObject", OBJECTS, Condition=tagged("StringEquals", "x", "aws:ResourceTag/team"))
    labelled = store(tags=known({"team": "x"}))
    who = build(estate(user("dev", by_tag), labelled)).who_can(AccessKind.READ, STORE)
    assert who.answers == ()
    assert [one.kind.id for one in who.limits if one.in_play] == ["bucket-tags"]
    assert not who.complete
    others = build(estate(user("dev", by_tag), store(tags=known({"owner": "x"})))).who_can(
        AccessKind.READ, STORE
    )
    assert "bucket-tags" not in [one.kind.id for one in others.limits]
