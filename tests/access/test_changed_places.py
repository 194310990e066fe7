"""Stores and keys that somebody may change first: each way with the pair where one fact stops it."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    account,
    allow,
    arn,
    boundary,
    deny,
    document,
    estate,
    key,
    role,
    store,
    trusting,
    user,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.estate.model import Estate, KeyGrant

OTHER = "222222222222"
OBJECTS = f"{STORE}/*"
ME = arn("user", "me")
READS = allow("s3:GetObject", OBJECTS)


def root(account: str = HOME) -> str:
    return f"arn:aws:iam::{account}:root"


def to(principal: Any, actions: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    named = principal if principal == "*" or isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": "Allow", "Principal": named, "Action": actions, "Resource": resource, **more}


def found(things: Estate, access: AccessKind = AccessKind.READ) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(access, STORE).answers}


def ways(things: Estate, name: str = ME, access: AccessKind = AccessKind.READ) -> list[str]:
    """What is done on the way, hop by hop; empty where there is no way."""
    answer = found(things, access).get(name)
    return [] if answer is None else [hop.how for hop in answer.path]


# --- who is allowed the change by the policy that it changes --------------------------------------------------------------------

READ_WITH_KEY = "s3:GetObject + kms:Decrypt"


@pytest.mark.parametrize(
    ("actions", "how"),
    [
        (["kms:PutKeyPolicy"], "kms:PutKeyPolicy"),
        (["kms:CreateGrant"], "kms:CreateGrant"),
        (["kms:Put*", "kms:Create*", "kms:Describe*"], "kms:CreateGrant"),
        (["kms:p*y"], "kms:PutKeyPolicy"),
    ],
)
def test_a_key_policy_alone_lets_an_administrator_use_the_key(actions: list[str], how: str) -> None:
    things = (user("me", READS), store(key=KEY), key(document(to(ME, actions))))
    assert ways(estate(*things)) == [how, READ_WITH_KEY]
    assert found(estate(*things))[ME].certainty == "certain"


@pytest.mark.parametrize(
    "things",
    [
        [user("me", READS), key(document(to(ME, ["kms:Describe*", "kms:Revoke*"])))],
        [user("me", READS, deny("kms:*")), key(document(to(ME, "kms:PutKeyPolicy")))],
        [user("me", READS), key(document(to(arn("user", "other"), "kms:PutKeyPolicy")))],
        [user("me"), key(document(to(ME, "kms:PutKeyPolicy")))],
        [user("me", READS), key(document(to(root(), "kms:PutKeyPolicy")))],
    ],
    ids=["other actions", "denied", "somebody else", "no objects", "the account, without its own policy"],
)
def test_each_fact_stops_an_administrator_of_the_key(things: list[Any]) -> None:
    assert found(estate(store(key=KEY), *things)) == {}


def test_a_key_policy_that_names_nobody_lets_its_account_change_it() -> None:
    mine = {"StringEquals": {"kms:CallerAccount": HOME}}
    opened = key(document(to("*", "kms:PutKeyPolicy", Condition=mine)))
    assert ways(estate(user("me", READS), store(key=KEY), opened)) == ["kms:PutKeyPolicy", READ_WITH_KEY]
    decrypt = ways(estate(user("me"), store(key=KEY), opened), access=AccessKind.DECRYPT)
    assert decrypt == ["kms:PutKeyPolicy", "kms:Decrypt"]
    strange = {"StringEquals": {"kms:CallerAccount": OTHER}}
    closed = key(document(to("*", "kms:PutKeyPolicy", Condition=strange)))
    assert ways(estate(user("me", READS), store(key=KEY), closed)) == []


@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:Put*Policy", "s3:*"])
def test_a_bucket_policy_alone_lets_its_writer_in(action: str) -> None:
    opened = store(policy=document(to(ME, action, STORE)))
    assert ways(estate(user("me"), opened)) == ["s3:PutBucketPolicy", "s3:GetObject"]
    assert found(estate(user("me", deny("s3:PutBucketPolicy")), opened)) == {}
    assert found(
        estate(user("me"), store(policy=document(to(ME, action, OBJECTS)))), AccessKind.DECRYPT
    ).keys() == ({ME} if action == "s3:*" else set())


def test_a_bucket_policy_that_denies_its_writer_is_deleted_by_its_own_leave() -> None:
    shut = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}
    opened = store(policy=document(shut, to(ME, "s3:DeleteBucketPolicy", STORE)))
    assert ways(estate(user("me", READS), opened)) == ["s3:DeleteBucketPolicy", "s3:GetObject"]
    assert found(estate(user("me"), opened)) == {}  # Nothing allows the objects once it is gone.


def test_a_grant_of_granting_gives_what_the_grant_holds() -> None:
    granting = KeyGrant("g", ME, ("CreateGrant", "Decrypt"), {}, None, None, None)
    assert ways(estate(user("me", READS), store(key=KEY), key(document(), granting))) == [READ_WITH_KEY]


# --- both policies have to be changed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "last"),
    [
        (AccessKind.READ, READ_WITH_KEY),
        (AccessKind.COPY, READ_WITH_KEY),
        (AccessKind.WRITE, "s3:PutObject + kms:GenerateDataKey"),
    ],
)
@pytest.mark.parametrize("on_key", ["kms:PutKeyPolicy", "kms:CreateGrant"])
def test_who_may_rewrite_both_policies_needs_no_other_right(
    access: AccessKind, last: str, on_key: str
) -> None:
    delegating = key(document(to(root(), "kms:*")))
    things = (store(key=KEY), delegating)
    both = user("me", allow("s3:PutBucketPolicy", STORE), allow(on_key, KEY))
    assert ways(estate(both, *things), access=access) == ["s3:PutBucketPolicy", on_key, last]
    for one in (allow("s3:PutBucketPolicy", STORE), allow(on_key, KEY)):
        assert ways(estate(user("me", one), *things), access=access) == []


def test_both_policies_may_allow_their_own_change() -> None:
    things = (
        store(policy=document(to(ME, "s3:PutBucketPolicy", STORE)), key=KEY),
        key(document(to(ME, "kms:PutKeyPolicy"))),
    )
    assert ways(estate(user("me"), *things)) == ["s3:PutBucketPolicy", "kms:PutKeyPolicy", READ_WITH_KEY]


def test_an_own_boundary_limits_what_the_changed_policies_give_a_role() -> None:
    tight = boundary(allow(["s3:PutBucketPolicy", "kms:PutKeyPolicy"]))
    mine = allow(["s3:PutBucketPolicy", "kms:PutKeyPolicy"])
    things = (store(key=KEY), key(document(to(root(), "kms:*"))))
    assert ways(estate(role("me", mine, boundary=tight), *things), arn("role", "me")) == []
    assert ways(estate(role("me", mine), *things), arn("role", "me")) != []


# --- across accounts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "works"),
    [("kms:PutKeyPolicy", False), ("kms:CreateGrant", True)],
)
def test_a_key_of_another_account_is_granted_and_not_rewritten(action: str, works: bool) -> None:
    theirs = f"arn:aws:kms:us-east-1:{OTHER}:key/1"
    things = (
        user("me", READS, allow(action, theirs)),
        store(key=theirs),
        key(document(to(ME, action)), id=theirs, account=OTHER),
        account(HOME),
        account(OTHER),
    )
    assert (ME in found(estate(*things))) is works
    assert (ME in found(estate(*things), AccessKind.ADMINISTER)) is works


@pytest.mark.parametrize("action", ["kms:ScheduleKeyDeletion", "kms:DisableKey"])
def test_a_key_of_another_account_is_not_destroyed(action: str) -> None:
    theirs, owner = f"arn:aws:kms:us-east-1:{OTHER}:key/1", arn("user", "me", OTHER)
    things = (
        user("me", allow(action, theirs)),
        user("me", allow(action, theirs), account=OTHER),
        store(key=theirs),
        key(document(to([ME, owner], action)), id=theirs, account=OTHER),
        account(HOME),
        account(OTHER),
    )
    assert set(found(estate(*things), AccessKind.DELETE)) == {owner}


# --- grants name one principal --------------------------------------------------------------------------------------------------


def grant(grantee: str, *operations: str) -> KeyGrant:
    return KeyGrant("g", grantee, operations or ("Decrypt",), {}, None, None, None)


SECOND = arn("role", "beta")


@pytest.mark.parametrize(
    "grantee",
    [SECOND, f"arn:aws:sts::{HOME}:assumed-role/beta/job", f"arn:aws:sts::{HOME}:assumed-role/beta/*"],
)
def test_a_grant_names_one_of_several_alike(grantee: str) -> None:
    alike = [role(name, READS) for name in ("alpha", "beta", "gamma")]
    answers = found(estate(*alike, store(key=KEY), key(document(), grant(grantee))))
    assert set(answers) == (set() if "*" in grantee else {SECOND})


@pytest.mark.parametrize("kind", ["user", "role"])
@pytest.mark.parametrize("lucky", ["alpha", "beta"])
def test_a_grant_across_accounts_names_one_of_several_alike(kind: str, lucky: str) -> None:
    make: Any = user if kind == "user" else role
    needs = (READS, allow("kms:Decrypt", KEY))
    alike = [make(name, *needs, account=OTHER) for name in ("alpha", "beta")]
    opened = store(policy=document(to(root(OTHER), "s3:GetObject", OBJECTS)), key=KEY)
    things = (*alike, opened, key(document(), grant(arn(kind, lucky, OTHER))), account(HOME), account(OTHER))
    assert set(found(estate(*things))) == {arn(kind, lucky, OTHER)}
    assert set(found(estate(*things), AccessKind.DECRYPT)) == {arn(kind, lucky, OTHER)}


def test_a_grant_to_one_of_several_alike_is_its_own_once_that_one_is_changed() -> None:
    """Whoever may write a role's policies gets the objects; the key comes with the one role that has the grant."""
    writer = user("me", allow(["iam:PutRolePolicy", "sts:AssumeRole"], SECOND))
    within = boundary(allow(["s3:*", "kms:*"]))
    alike = [role(name, boundary=within, trust=trusting(ME)) for name in ("alpha", "beta")]
    things = (*alike, store(key=KEY), writer)
    assert ME in found(estate(*things, key(document(), grant(SECOND))))
    assert ME not in found(estate(*things, key(document(), grant(arn("role", "alpha")))))


def test_a_grant_to_a_service_is_no_grant_to_principals() -> None:
    things = (user("me", READS), store(key=KEY), key(document(), grant("rds.amazonaws.com")))
    assert ME not in found(estate(*things))
