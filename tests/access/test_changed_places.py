"""Stores and keys that somebody may change first: each way with the pair where one fact stops it."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    access_point,
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
from weightguard.estate.fact import Collection
from weightguard.estate.model import AccessPoint, Estate, KeyGrant, PublicAccessBlock

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


@pytest.mark.parametrize(
    ("operations", "reads"),
    [(("CreateGrant", "Decrypt"), True), (("CreateGrant",), False), (("CreateGrant", "Encrypt"), False)],
)
def test_a_grant_of_granting_gives_what_the_grant_holds(operations: tuple[str, ...], reads: bool) -> None:
    granting = KeyGrant("g", ME, operations, {}, None, None)
    things = (user("me", READS), store(key=KEY), key(document(), granting))
    assert ways(estate(*things)) == ([READ_WITH_KEY] if reads else [])


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
    return KeyGrant("g", grantee, operations or ("Decrypt",), {}, None, None)


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
    within = boundary(allow(["s3:GetObject", "kms:Decrypt"]))
    alike = [role(name, boundary=within, trust=trusting(ME)) for name in ("alpha", "beta")]
    things = (*alike, store(key=KEY), writer)
    assert ME in found(estate(*things, key(document(), grant(SECOND))))
    assert ME not in found(estate(*things, key(document(), grant(arn("role", "alpha")))))


def test_a_grant_to_a_service_is_no_grant_to_principals() -> None:
    things = (user("me", READS), store(key=KEY), key(document(), grant("rds.amazonaws.com")))
    assert ME not in found(estate(*things))


# --- keys that are off, and their tags --------------------------------------------------------------------------------------------

OFF = [
    ("Disabled", "kms:EnableKey", ["kms:EnableKey"]),
    ("PendingDeletion", "kms:CancelKeyDeletion + kms:EnableKey", ["kms:CancelKeyDeletion", "kms:EnableKey"]),
]


@pytest.mark.parametrize(("state", "how", "actions"), OFF)
def test_who_may_switch_a_key_on_reads_what_it_wraps(state: str, how: str, actions: list[str]) -> None:
    off = key(document(to(root(), "kms:*")), state=state)
    able = user("me", READS, allow(["kms:Decrypt", *actions], KEY))
    assert ways(estate(able, store(key=KEY), off)) == [how, READ_WITH_KEY]
    assert not found(estate(able, store(key=KEY), off))[ME].direct
    for lacking in actions:
        less = [one for one in actions if one != lacking]
        assert ways(estate(user("me", READS, allow(["kms:Decrypt", *less], KEY)), store(key=KEY), off)) == []
    switching = user("me", READS, allow(actions, KEY))
    assert ways(estate(switching, store(key=KEY), off)) == []


def test_switching_on_and_granting_go_together() -> None:
    off = key(document(to(root(), "kms:*")), state="Disabled")
    able = user("me", READS, allow(["kms:EnableKey", "kms:CreateGrant"], KEY))
    assert ways(estate(able, store(key=KEY), off)) == ["kms:EnableKey", "kms:CreateGrant", READ_WITH_KEY]
    assert ways(estate(user("me", READS, allow("kms:CreateGrant", KEY)), store(key=KEY), off)) == []


@pytest.mark.parametrize("state", ["PendingImport", "Unavailable", "Creating"])
def test_other_states_of_a_key_are_not_ended_by_a_switch(state: str) -> None:
    off = key(document(to(root(), "kms:*")), state=state)
    assert ways(estate(user("me", READS, allow("kms:*")), store(key=KEY), off)) == []


def tagged(operator: str, value: Any, name: str = "aws:ResourceTag/team") -> dict[str, Any]:
    return {operator: {name: value}}


@pytest.mark.parametrize(
    ("condition", "how"),
    [
        (tagged("StringEquals", "mine"), "kms:TagResource"),
        (tagged("StringLike", "mine-*"), "kms:TagResource"),
        (tagged("StringEqualsIgnoreCase", ["MINE", "YOURS"]), "kms:TagResource"),
        (tagged("StringNotEquals", "other"), "kms:TagResource"),
        (tagged("StringEquals", "mine", "kms:ResourceTag/team"), "kms:TagResource"),
        (tagged("Null", "true"), "kms:UntagResource"),
        (tagged("Null", "false", "aws:ResourceTag/open"), "kms:TagResource"),
    ],
    ids=str,
)
def test_who_may_tag_a_key_tags_it_into_a_policy(condition: dict[str, Any], how: str) -> None:
    mine = key(document(to(root(), "kms:*")), tags={"team": "other"})
    uses = allow("kms:Decrypt", "*", Condition=condition)
    assert ways(estate(user("me", READS, uses, allow(how, "*")), store(key=KEY), mine)) == [
        how,
        READ_WITH_KEY,
    ]
    assert ways(estate(user("me", READS, uses), store(key=KEY), mine)) == []
    limited = deny(how, "*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["team", "open"]}})
    assert ways(estate(user("me", READS, uses, allow(how, "*"), limited), store(key=KEY), mine)) == []


def test_the_value_of_a_tag_may_be_what_is_limited() -> None:
    mine = key(document(to(root(), "kms:*")), tags={"team": "other"})
    uses = allow("kms:Decrypt", "*", Condition=tagged("StringEquals", "mine"))

    def tags(value: str) -> dict[str, Any]:
        return allow("kms:TagResource", "*", Condition={"StringEquals": {"aws:RequestTag/team": value}})

    assert ways(estate(user("me", READS, uses, tags("mine")), store(key=KEY), mine)) != []
    assert ways(estate(user("me", READS, uses, tags("yours")), store(key=KEY), mine)) == []


def test_a_key_policy_may_look_at_the_tags_of_its_key() -> None:
    own = tagged("StringEquals", "yes", "aws:ResourceTag/shared")
    policy = document(to(ME, "kms:Decrypt", Condition=own), to(ME, "kms:TagResource"))
    assert ways(estate(user("me", READS), store(key=KEY), key(policy))) == ["kms:TagResource", READ_WITH_KEY]
    untagging = document(to(ME, "kms:Decrypt", Condition=own), to(ME, "kms:UntagResource"))
    assert ways(estate(user("me", READS), store(key=KEY), key(untagging))) == []


# --- access points ----------------------------------------------------------------------------------------------------------------

PARTNER = "arn:aws:iam::999999999999:role/partner"
STRANGER = "arn:aws:iam::999999999999:root"
DELEGATING = to(
    "*", "s3:*", [STORE, OBJECTS], Condition={"StringEquals": {"s3:DataAccessPointAccount": HOME}}
)


def through(name: str) -> str:
    return f"arn:aws:s3:us-east-1:{HOME}:accesspoint/{name}/object/*"


def opened(name: str, whom: Any = PARTNER, vpc: str | None = None, **more: Any) -> AccessPoint:
    return access_point(name, document(to(whom, "s3:GetObject", through(name), **more)), vpc)


def with_points(*points: AccessPoint, bucket: Any = DELEGATING, **facts: Any) -> Any:
    statements = bucket if isinstance(bucket, list) else [bucket]
    return store(policy=document(*statements), access_points=Collection(tuple(points)), **facts)


def test_a_certain_way_through_an_access_point_beats_a_direct_one_under_conditions() -> None:
    inside = to(PARTNER, "s3:GetObject", OBJECTS, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    both = estate(with_points(opened("open"), bucket=[DELEGATING, inside]), user("idle"))
    assert found(both)[STRANGER].certainty == "certain"
    direct = estate(with_points(bucket=[DELEGATING, inside]), user("idle"))
    assert found(direct)[STRANGER].certainty == "conditional"


@pytest.mark.parametrize("order", [("narrow", "wide"), ("wide", "narrow")])
def test_every_access_point_is_tried(order: tuple[str, str]) -> None:
    points = {"narrow": opened("a-point", vpc="vpc-1"), "wide": opened("b-point")}
    answers = found(estate(with_points(*(points[one] for one in order)), user("idle")))
    assert answers[STRANGER].certainty == "certain"
    assert found(estate(with_points(points["narrow"]), user("idle")))[STRANGER].certainty == "conditional"


def test_an_access_point_blocks_the_public_by_settings_of_its_own() -> None:
    policy = document(to("*", "s3:GetObject", through("open")))
    blocked = PublicAccessBlock(False, False, False, True)
    for block, anybody in ((None, True), (blocked, False)):
        answers = found(estate(with_points(access_point("open", policy, block=block)), user("idle")))
        assert ("*" in answers) is anybody


@pytest.mark.parametrize("action", ["s3:PutAccessPointPolicy", "s3:Put*PointPolicy"])
def test_who_writes_an_access_points_policy_lets_itself_in(action: str) -> None:
    closed = access_point("ap", document(to(arn("user", "other"), "s3:GetObject", through("ap"))))
    where = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/ap"
    writes = user("me", allow(action, where))
    assert ways(estate(writes, with_points(closed))) == ["s3:PutAccessPointPolicy", "s3:GetObject"]
    assert ways(estate(user("me", allow(action, where + "-2")), with_points(closed))) == []
    undelegated = store(access_points=Collection((closed,)))
    assert ways(estate(writes, undelegated)) == []
    shut = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject*", "Resource": OBJECTS}
    assert ways(estate(writes, with_points(closed, bucket=[DELEGATING, shut]))) == []


def test_who_writes_an_access_points_policy_is_limited_by_its_network() -> None:
    inside = access_point("ap", None, "vpc-1")
    where = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/ap"
    answers = found(estate(user("me", allow("s3:PutAccessPointPolicy", where)), with_points(inside)))
    assert answers[ME].certainty == "conditional"


def test_who_deletes_an_access_points_policy_is_left_with_its_own() -> None:
    shut = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": through("ap")}
    point = access_point("ap", document(shut))
    where = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/ap"
    reads = allow("s3:GetObject", through("ap"))
    deletes = allow("s3:DeleteAccessPointPolicy", where)
    assert ways(estate(user("me", reads, deletes), with_points(point))) == [
        "s3:DeleteAccessPointPolicy",
        "s3:GetObject",
    ]
    assert ways(estate(user("me", deletes), with_points(point))) == []
    assert ways(estate(user("me", reads), with_points(point))) == []


def test_a_new_access_point_opens_a_bucket_that_delegates_to_them() -> None:
    where = f"arn:aws:s3:*:{HOME}:accesspoint/*"
    makes = user("me", allow(["s3:CreateAccessPoint", "s3:PutAccessPointPolicy"], where))
    how = "s3:CreateAccessPoint + s3:PutAccessPointPolicy"
    assert ways(estate(makes, with_points())) == [how, "s3:GetObject"]
    assert ways(estate(user("me", allow("s3:CreateAccessPoint", where)), with_points())) == []
    assert ways(estate(makes, store())) == []


# --- one identity opens, another one is let in ------------------------------------------------------------------------------------


def assumable(name: str, *statements: dict[str, Any], by: str = ME, **facts: Any) -> Any:
    return role(name, *statements, trust=trusting(by), **facts)


DELEGATED = key(document(to(root(), "kms:*")))
ASSUMES = allow("sts:AssumeRole", "*")


@pytest.mark.parametrize(
    ("access", "right", "last"),
    [
        (AccessKind.READ, "s3:GetObject", READ_WITH_KEY),
        (AccessKind.COPY, "s3:GetObject", READ_WITH_KEY),
        (AccessKind.WRITE, "s3:PutObject", "s3:PutObject + kms:GenerateDataKey"),
    ],
)
@pytest.mark.parametrize("action", ["kms:PutKeyPolicy", "kms:CreateGrant"])
def test_a_key_is_opened_for_a_role_in_the_same_hands(
    action: str, access: AccessKind, right: str, last: str
) -> None:
    opener = user("me", ASSUMES, allow(action, KEY))
    reader = assumable("reader", allow(right, OBJECTS))
    things = (store(key=KEY), DELEGATED)
    assert ways(estate(opener, reader, *things), access=access) == [action, "sts:AssumeRole", last]
    stranger = assumable("reader", allow(right, OBJECTS), by=arn("user", "other"))
    assert ways(estate(opener, stranger, *things), access=access) == []
    bound = assumable("reader", allow(right, OBJECTS), deny("kms:*"))
    assert ways(estate(opener, bound, *things), access=access) == []


def test_a_bucket_is_opened_for_a_role_that_has_the_key() -> None:
    opener = user("me", ASSUMES, allow("s3:PutBucketPolicy", STORE))
    uses = assumable("uses", allow("kms:Decrypt", KEY))
    things = (store(key=KEY), DELEGATED)
    assert ways(estate(opener, uses, *things)) == ["s3:PutBucketPolicy", "sts:AssumeRole", READ_WITH_KEY]
    assert ways(estate(opener, assumable("uses"), *things)) == []


def test_a_role_opens_the_key_for_the_one_who_assumes_it() -> None:
    opener = assumable("opener", allow("kms:PutKeyPolicy", KEY))
    things = (store(key=KEY), DELEGATED)
    reads = user("me", READS, ASSUMES)
    assert ways(estate(reads, opener, *things)) == ["sts:AssumeRole", "kms:PutKeyPolicy", READ_WITH_KEY]
    assert [hop.origin for hop in found(estate(reads, opener, *things))[ME].path] == [
        ME,
        arn("role", "opener"),
        ME,
    ]
    assert ways(estate(user("me", READS, deny("sts:*")), opener, *things)) == []


def test_three_identities_share_the_work() -> None:
    on_bucket = assumable("bucket", allow("s3:PutBucketPolicy", STORE))
    on_key = assumable("key", allow("kms:CreateGrant", KEY))
    things = (store(key=KEY), DELEGATED)
    reaches = user("me", ASSUMES)
    answer = found(estate(reaches, on_bucket, on_key, *things))[ME]
    assert [hop.how for hop in answer.path] == [
        "sts:AssumeRole",
        "s3:PutBucketPolicy",
        "sts:AssumeRole",
        "kms:CreateGrant",
        READ_WITH_KEY,
    ]
    assert answer.certainty == "certain"
    assert ways(estate(reaches, on_bucket, *things)) == []
    assert ways(estate(reaches, on_key, *things)) == []
    assert ways(estate(user("me", ASSUMES, deny("s3:GetObject")), on_bucket, on_key, *things)) != []
    third = assumable("third")
    shut = user("me", ASSUMES, deny(["s3:GetObject", "kms:Decrypt"]))
    assert ways(estate(shut, on_bucket, on_key, third, *things)) != []


def test_who_is_limited_itself_opens_the_store_for_others_in_its_hands() -> None:
    tight = boundary(allow(["s3:PutBucketPolicy", "sts:*"]))
    opener = assumable("opener", allow("s3:PutBucketPolicy", STORE), boundary=tight)
    assert set(found(estate(user("me", ASSUMES), opener, store()))) == {ME}
    assert found(estate(user("me"), opener, store())).keys() == {ME}  # A role that names it needs no more.
    assert found(estate(user("other", ASSUMES), opener, store())) == {}


def test_a_disabled_key_is_switched_on_by_another_role() -> None:
    off = key(document(to(root(), "kms:*")), state="Disabled")
    things = (store(key=KEY), off, assumable("ops", allow("kms:EnableKey", KEY)))
    reads = user("me", READS, allow("kms:Decrypt", KEY))
    assert ways(estate(reads, *things)) == ["sts:AssumeRole", "kms:EnableKey", READ_WITH_KEY]
    assert ways(estate(user("me", READS), *things)) == []


def test_a_key_is_tagged_for_another_role() -> None:
    uses = allow("kms:Decrypt", "*", Condition=tagged("StringEquals", "mine"))
    things = (store(key=KEY), DELEGATED, assumable("ops", allow("kms:TagResource", KEY)))
    assert ways(estate(user("me", READS, uses), *things)) == [
        "sts:AssumeRole",
        "kms:TagResource",
        READ_WITH_KEY,
    ]
    limited = assumable(
        "ops", allow("kms:TagResource", KEY, Condition={"StringEquals": {"aws:RequestTag/team": "x"}})
    )
    assert ways(estate(user("me", READS, uses), *things[:2], limited)) == []


def test_an_opened_store_of_another_account_needs_the_readers_own_leave() -> None:
    opener = assumable("opener", allow("s3:PutBucketPolicy", STORE), by=arn("user", "me", OTHER))
    mine = arn("user", "me", OTHER)
    tight = boundary(allow(["s3:PutBucketPolicy"]))
    limited = assumable("opener", allow("s3:PutBucketPolicy", STORE), by=mine, boundary=tight)
    things = (store(), account(HOME), account(OTHER))
    assert ways(estate(user("me", ASSUMES, READS, account=OTHER), limited, *things), mine) == [
        "sts:AssumeRole",
        "s3:PutBucketPolicy",
        "s3:GetObject",
    ]
    assert ways(estate(user("me", ASSUMES, account=OTHER), limited, *things), mine) == []
    assert ways(estate(user("me", ASSUMES, account=OTHER), opener, *things), mine) == [
        "sts:AssumeRole",
        "s3:PutBucketPolicy",
        "s3:GetObject",
    ]


def test_one_who_is_changed_is_let_in_by_another() -> None:
    """A role is given the objects by one identity and the key by another one."""
    editor = assumable("editor", allow("iam:PutRolePolicy", arn("role", "reader")))
    opener = assumable("opener", allow("kms:CreateGrant", KEY))
    reader = assumable("reader", boundary=boundary(allow(["s3:*", "kms:Decrypt"])))
    named = key(document(to(arn("role", "opener"), "kms:CreateGrant")))
    me = user("me", ASSUMES)
    assert ME in found(estate(me, editor, opener, reader, store(key=KEY), named))
    for missing in (editor, opener, reader):
        left = [one for one in (editor, opener, reader) if one is not missing]
        assert ME not in found(estate(me, *left, store(key=KEY), named))


# --- one change gives the right to the next ---------------------------------------------------------------------------------------


def test_a_key_policy_rewritten_gives_the_right_to_switch_the_key_on() -> None:
    off = key(document(to(ME, "kms:PutKeyPolicy")), state="Disabled")
    assert ways(estate(user("me", READS), store(key=KEY), off)) == [
        "kms:PutKeyPolicy",
        "kms:EnableKey",
        READ_WITH_KEY,
    ]
    assert ways(estate(user("me", READS, deny("kms:EnableKey")), store(key=KEY), off)) == []


def test_a_bucket_policy_deleted_gives_the_right_to_write_another_one() -> None:
    shut = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:PutBucketPolicy", "s3:GetObject"],
        "Resource": [STORE, OBJECTS],
    }
    both = user("me", allow(["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"], STORE))
    assert ways(estate(both, store(policy=document(shut)))) == [
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:GetObject",
    ]
    for one in ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
        assert ways(estate(user("me", allow(one, STORE)), store(policy=document(shut)))) == []


def test_rights_on_an_access_point_alone_are_seen() -> None:
    reads = user("me", allow("s3:GetObject", through("ap")))
    assert ways(estate(reads, store(access_points=Collection((access_point("ap"),))))) == ["s3:GetObject"]
    assert ways(estate(reads, store(access_points=Collection((access_point("other"),))))) == []


def test_roles_alike_are_told_apart_by_the_policies_of_another_account() -> None:
    one, other = (role(name, READS, trust=trusting(arn("user", "me", OTHER))) for name in ("one", "other"))
    caller = user("me", allow("sts:AssumeRole", arn("role", "one")), account=OTHER)
    closed = role("one", deny("*"), trust=trusting(arn("user", "me", OTHER)))
    things = (caller, other, store(), account(HOME), account(OTHER))
    assert arn("user", "me", OTHER) in found(estate(one, *things))
    assert arn("user", "me", OTHER) not in found(estate(closed, *things))
    listed = trusting(root(OTHER))
    one, other = role("one", READS, trust=listed), role("other", READS, trust=listed)
    paths = found(estate(one, other, caller, store(), account(HOME), account(OTHER)))[
        arn("user", "me", OTHER)
    ].path
    assert paths[0].target == arn("role", "one")
