"""Direct access to a store: object and key decided for the same caller, each limit with the pair where it is lifted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    LISTS_OFF,
    LISTS_ON,
    STORE,
    account,
    administrator,
    allow,
    arn,
    boundary,
    deny,
    disk,
    document,
    estate,
    key,
    known,
    organisation,
    role,
    secret,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.access.condition import SIGNED_IN, UNREAD_KEY_DELEGATION
from weightguard.access.wording import all_worded
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.model import AccessPoint, Estate, KeyGrant, NamedPolicy, PublicAccessBlock

READER = arn("user", "reader")
OTHER = "222222222222"
ROOT = f"arn:aws:iam::{HOME}:root"
OBJECTS = f"{STORE}/*"
DELEGATING = document({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"})
ALONE = document(
    {
        "Sid": "Admin",
        "Effect": "Allow",
        "Principal": {"AWS": arn("role", "key-admin")},
        "Action": "kms:*",
        "Resource": "*",
    }
)


def found(things: Estate, access: AccessKind = AccessKind.READ, at: str = STORE) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(access, at).answers}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return document(*statements)


def letting(principal: Any, actions: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {
        "Sid": "Lets",
        "Effect": "Allow",
        "Principal": principal,
        "Action": actions,
        "Resource": [STORE, OBJECTS],
        **more,
    }


# --- the object ---------------------------------------------------------------------------------------------------------------


def test_an_identity_policy_is_enough_in_the_same_account() -> None:
    answer = found(estate(user("reader", allow("s3:GetObject", OBJECTS)), store()))[READER]
    assert (answer.direct, answer.certainty, answer.kind) == (True, "certain", "unknown")
    assert [(hop.origin, hop.target, hop.how) for hop in answer.path] == [(READER, STORE, "s3:GetObject")]
    assert [(one.policy, one.statement) for one in answer.path[0].because] == [(f"{READER}#own", "0")]


def test_listing_the_bucket_is_not_reading_it() -> None:
    assert (
        found(estate(user("reader", allow("s3:ListBucket", "*"), allow("s3:GetObject", STORE)), store()))
        == {}
    )


@pytest.mark.parametrize(
    "stopped",
    [
        [user("reader", allow("s3:GetObject", OBJECTS), deny("s3:*", OBJECTS)), store()],
        [user("reader", allow("s3:GetObject", OBJECTS), boundary=boundary(allow("ec2:*"))), store()],
        [
            user("reader", allow("s3:GetObject", OBJECTS)),
            store(policy=policy({**letting("*"), "Effect": "Deny"})),
        ],
        [user("reader", allow("s3:GetObject", OBJECTS)), store(), account(HOME, document(allow("ec2:*")))],
        [user("reader", allow("s3:GetObject", OBJECTS)), store(account=OTHER), account(HOME), account(OTHER)],
        [
            user(
                "reader",
                allow(
                    "s3:GetObject",
                    OBJECTS,
                    Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
                ),
            ),
            store(),
        ],
        [
            user(
                "reader",
                allow("s3:GetObject", OBJECTS, Condition={"StringEquals": {"aws:username": "somebody-else"}}),
            ),
            store(),
        ],
    ],
    ids=["deny", "boundary", "bucket-deny", "scp", "another-account", "past-date", "another-name"],
)
def test_each_limit_stops_a_reader(stopped: list[Any]) -> None:
    assert found(estate(*stopped)) == {}


def test_a_deny_on_a_part_leaves_the_rest() -> None:
    things = estate(
        user("reader", allow("s3:GetObject", OBJECTS), deny("s3:GetObject", f"{STORE}/secret/*")), store()
    )
    assert READER in found(things)
    assert READER not in found(things, at=f"{STORE}/secret/")
    assert READER in found(things, at=f"{STORE}/models/")


def test_conditions_stay_on_the_answer() -> None:
    through = {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}
    answer = found(estate(user("reader", allow("s3:GetObject", OBJECTS, **through)), store()))[READER]
    assert answer.certainty == "conditional"
    assert all_worded(answer.conditions) == ("only through VPC endpoint vpce-1",)


SIGNED_IN_ONLY = [
    {"StringEquals": {"aws:PrincipalTag/team": "ml"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/partner*"}},
    {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
]


@pytest.mark.parametrize("condition", SIGNED_IN_ONLY, ids=lambda one: str(one)[:60])
@pytest.mark.parametrize("everybody", ["*", {"AWS": "*"}], ids=["star", "aws-star"])
def test_a_policy_may_let_in_whoever_is_signed_in_anywhere(everybody: Any, condition: dict[str, Any]) -> None:
    lets = policy(letting(everybody, Condition=condition))
    answer = found(estate(store(policy=lets)))["*"]
    assert (answer.kind, answer.certainty, answer.direct) == ("external", "conditional", True)
    assert SIGNED_IN in answer.conditions
    shut = PublicAccessBlock(False, False, False, True)
    assert found(estate(store(policy=lets, public_access_block=known(shut)))) == {}


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEquals": {"aws:PrincipalAccount": [HOME]}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}},
        {"ArnEquals": {"aws:PrincipalArn": arn("role", "somebody")}},
    ],
    ids=lambda one: str(one)[:60],
)
def test_a_condition_on_ones_own_keeps_strangers_out(condition: dict[str, Any]) -> None:
    ours = (account(organisation="o-1"), organisation("o-1", HOME))
    assert found(estate(store(policy=policy(letting("*", Condition=condition))), *ours)) == {}


def test_what_everybody_may_anonymously_is_said_of_the_public_alone() -> None:
    answer = found(estate(store(policy=policy(letting("*")))))["*"]
    assert (answer.kind, answer.certainty) == ("anonymous", "certain")


def test_a_condition_that_cannot_be_understood_stays_a_condition() -> None:
    strange = {"Condition": {"Foo": [1, 2]}}
    words = 'only if the condition {"Foo": [1, 2]}, which cannot be understood, is true'
    partner = f"arn:aws:iam::{OTHER}:root"
    lets = store(policy=policy(letting({"AWS": [READER, partner]}, **strange)))
    answers = found(estate(user("reader", allow("ec2:*")), lets))
    assert {name: (one.certainty, all_worded(one.conditions)) for name, one in answers.items()} == {
        READER: ("conditional", (words,)),
        partner: ("conditional", (words,)),
    }
    own = found(estate(user("reader", allow("s3:GetObject", OBJECTS, **strange)), store()))[READER]
    assert (own.certainty, all_worded(own.conditions)) == ("conditional", (words,))
    public = found(estate(store(policy=policy(letting("*", **strange)))))["*"]
    assert (public.certainty, all_worded(public.conditions)) == ("conditional", (words,))


def test_a_denial_whose_condition_cannot_be_understood_leaves_nobody_certain() -> None:
    denial = {**letting("*"), "Effect": "Deny", "Condition": {"Foo": [1, 2]}}
    things = estate(user("reader", allow("s3:GetObject", OBJECTS)), store(policy=policy(denial)))
    assert found(things)[READER].certainty == "conditional"


@pytest.mark.parametrize(
    "strange",
    [
        policy({"Effect": "Perhaps", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}),
        policy({**letting("*"), "Effect": "Perhaps", "Condition": {"Foo": [1, 2]}}),
        {**policy(letting({"AWS": READER})), "Version": "2099-01-01"},
    ],
    ids=["effect", "effect-and-condition", "version"],
)
def test_a_statement_that_cannot_be_understood_is_a_gap(strange: dict[str, Any]) -> None:
    things = estate(user("reader", allow("s3:GetObject", OBJECTS)), store(policy=strange))
    answer = build(things).who_can(AccessKind.READ, STORE)
    assert not answer.complete
    assert [gap.reason for gap in answer.gaps] == [Reason.MALFORMED]
    assert {one.principal: one.certainty for one in answer.answers} == {READER: "conditional"}


def test_what_the_caller_chooses_is_no_condition() -> None:
    tls = {**letting("*"), "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    answer = found(estate(user("reader", allow("s3:GetObject", OBJECTS)), store(policy=policy(tls))))[READER]
    assert answer.certainty == "certain"


def test_a_bucket_policy_lets_in_whom_it_names_and_nobody_alike() -> None:
    things = estate(
        user("reader", allow("ec2:DescribeRegions")),
        user("twin", allow("ec2:DescribeRegions")),
        store(policy=policy(letting({"AWS": READER}))),
    )
    assert set(found(things)) == {READER}


def test_across_accounts_both_sides_must_agree() -> None:
    other = arn("user", "reader", OTHER)
    accounts = (account(HOME), account(OTHER))
    named = store(policy=policy(letting({"AWS": f"arn:aws:iam::{OTHER}:root"})))
    able = user("reader", allow("s3:GetObject", OBJECTS), account=OTHER)
    assert set(found(estate(able, named, *accounts))) == {other}
    assert found(estate(user("reader", allow("ec2:*"), account=OTHER), named, *accounts)) == {}
    assert found(estate(able, store(), *accounts)) == {}


def test_an_account_that_no_snapshot_covers_is_an_external_answer() -> None:
    things = estate(store(policy=policy(letting({"AWS": f"arn:aws:iam::{OTHER}:role/partner"}))))
    answer = found(things)[f"arn:aws:iam::{OTHER}:root"]
    assert (answer.kind, answer.direct) == ("external", True)


def test_the_public_is_an_answer_unless_the_account_blocks_it() -> None:
    open_policy = policy(letting("*"))
    assert found(estate(store(policy=open_policy)))["*"].kind == "anonymous"
    blocked = known(PublicAccessBlock(True, True, True, True))
    assert "*" not in found(estate(store(policy=open_policy, public_access_block=blocked)))
    ours = letting("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})
    members = (account(organisation="o-ours"), organisation("o-ours", HOME))
    assert "*" not in found(estate(store(policy=policy(ours)), *members))


def test_public_grants_of_access_control_lists_count_unless_they_are_ignored() -> None:
    grant = {
        "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
        "Permission": "FULL_CONTROL",
    }
    acl = known({"Owner": {"ID": "me"}, "Grants": [grant]})
    # What a bucket's list grants is the bucket, not its objects: writing, not reading.
    things = store(acl=acl, object_lists=known(LISTS_ON))
    assert "*" in found(estate(things), AccessKind.WRITE)
    disabled = store(acl=acl, object_lists=known(LISTS_OFF))
    assert "*" not in found(estate(disabled), AccessKind.WRITE)


def test_an_unread_block_is_no_gap_where_nobody_is_let_in() -> None:
    unread = Unknown(Reason.NOT_COLLECTED, Source.named("s3", "GetPublicAccessBlock", "somewhere"))
    own = {"Grantee": {"Type": "CanonicalUser", "ID": "me"}, "Permission": "FULL_CONTROL"}
    other = {"Grantee": {"Type": "CanonicalUser", "ID": "you"}, "Permission": "READ"}
    odd = {"Grantee": "me", "Permission": "READ"}

    def gaps(*grants: Any, **given: Any) -> tuple[Unknown, ...]:
        acl = known({"Owner": {"ID": "me"}, "Grants": list(grants)})
        things = estate(store(acl=acl, public_access_block=unread, **given))
        return build(things).who_can(AccessKind.READ, STORE).gaps

    assert gaps(own) == ()
    assert gaps(own, other) == (unread,)
    assert gaps(own, odd) == (unread,)
    assert gaps(own, policy=policy(letting("*"))) == (unread,)


def test_a_service_that_the_policy_names_is_an_answer() -> None:
    things = estate(store(policy=policy(letting({"Service": "cloudfront.amazonaws.com"}))))
    assert found(things)["cloudfront.amazonaws.com"].kind == "service"


# --- the key ------------------------------------------------------------------------------------------------------------------

ABLE = user("reader", allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", KEY))


def test_reading_needs_the_key_too() -> None:
    assert READER in found(estate(ABLE, store(key=KEY), key(DELEGATING)))
    assert (
        found(estate(user("reader", allow("s3:GetObject", OBJECTS)), store(key=KEY), key(DELEGATING))) == {}
    )


def test_a_key_policy_that_does_not_delegate_leaves_identity_policies_without_effect() -> None:
    assert found(estate(ABLE, store(key=KEY), key(ALONE))) == {}


def test_a_key_policy_may_name_the_reader_itself() -> None:
    naming = document(
        {"Effect": "Allow", "Principal": {"AWS": READER}, "Action": "kms:Decrypt", "Resource": "*"}
    )
    assert READER in found(
        estate(user("reader", allow("s3:GetObject", OBJECTS)), store(key=KEY), key(naming))
    )


def test_a_grant_gives_the_key_to_its_grantee() -> None:
    grant = KeyGrant("g1", READER, ("Decrypt",), {}, None, None)
    reader = user("reader", allow("s3:GetObject", OBJECTS))
    assert READER in found(estate(reader, store(key=KEY), key(ALONE, grant)))
    encrypting = KeyGrant("g1", READER, ("Encrypt",), {}, None, None)
    assert found(estate(reader, store(key=KEY), key(ALONE, encrypting))) == {}


def test_a_key_that_only_works_for_another_service_does_not_unwrap_objects() -> None:
    via = {"Condition": {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}}
    reader = user("reader", allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", KEY, **via))
    assert found(estate(reader, store(key=KEY), key(DELEGATING))) == {}
    ours = {"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}
    reader = user("reader", allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", KEY, **ours))
    assert READER in found(estate(reader, store(key=KEY), key(DELEGATING)))


def test_a_disabled_key_unwraps_nothing() -> None:
    assert found(estate(ABLE, store(key=KEY), key(DELEGATING, state="Disabled"))) == {}


def test_a_key_that_no_snapshot_holds_leaves_the_answer_hanging() -> None:
    answer = found(estate(ABLE, store(key=KEY)))[READER]
    assert answer.certainty == "conditional"
    assert answer.conditions == (UNREAD_KEY_DELEGATION,)


@pytest.mark.parametrize("action", ["kms:CreateGrant", "kms:PutKeyPolicy"])
def test_who_may_grant_itself_the_key_reads(action: str) -> None:
    actor = user("reader", allow("s3:GetObject", OBJECTS), allow(action, KEY))
    answer = found(estate(actor, store(key=KEY), key(DELEGATING)))[READER]
    assert [hop.how for hop in answer.path] == [action, "s3:GetObject + kms:Decrypt"]
    assert not answer.direct
    assert found(estate(actor, store(key=KEY), key(ALONE))) == {}


@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"])
def test_who_may_change_the_bucket_policy_lets_itself_in(action: str) -> None:
    shut = policy({**letting("*"), "Effect": "Deny"})
    actor = user("reader", allow(action, STORE), allow("s3:GetObject", OBJECTS))
    answer = found(estate(actor, store(policy=shut)))[READER]
    assert [hop.how for hop in answer.path] == [action, "s3:GetObject"]
    assert found(estate(user("reader", allow("s3:GetObject", OBJECTS)), store(policy=shut))) == {}
    own_deny = user("reader", allow(action, STORE), allow("s3:GetObject", OBJECTS), deny("s3:GetObject*"))
    assert found(estate(own_deny, store(policy=shut))) == {}


INSIDE = {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}
OUTSIDE = {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
UNREAD = Unknown(Reason.DENIED, Source.named("s3", "GetBucketPolicy", "somewhere"), "AccessDenied")
OWNING = user("reader", allow("s3:*", [STORE, OBJECTS]))


@pytest.mark.parametrize(
    "things",
    [
        [OWNING, replace(store(), policy=UNREAD)],
        [
            OWNING,
            store(policy=policy({**letting("*", "s3:GetObject*"), "Effect": "Deny", **OUTSIDE})),
        ],
        [user("reader", allow("s3:GetObject", OBJECTS, **INSIDE), allow("s3:PutBucketPolicy", STORE)), store()],
        [
            user("reader", allow("s3:GetObject", OBJECTS, **INSIDE), allow("sts:AssumeRole", arn("role", "other"))),
            role("other", allow("s3:GetObject", OBJECTS), trust=trusting(ROOT)),
            store(),
        ],
    ],
    ids=["unread-policy", "bucket-deny", "own-policy", "by-a-role"],
)  # fmt: skip
def test_a_right_under_conditions_is_seen_beside_a_longer_way_that_is_certain(things: list[Any]) -> None:
    answer = found(estate(*things))[READER]
    assert answer.direct
    if answer.certainty == "certain":
        assert answer.goes_around
        assert len(answer.path) == 2
    else:
        assert not answer.goes_around
        assert len(answer.path) == 1


def test_a_certain_longer_way_is_what_the_answer_shows() -> None:
    limited = allow("s3:GetObject", OBJECTS, **INSIDE)
    helper = role("other", allow("s3:GetObject", OBJECTS), trust=trusting(ROOT))
    both = estate(user("reader", limited, allow("sts:AssumeRole", helper.id)), helper, store())
    answer = found(both)[READER]
    assert (answer.certainty, answer.direct, answer.goes_around) == ("certain", True, True)
    assert [hop.target for hop in answer.path] == [helper.id, STORE]
    cut = build(both).cut(STORE)
    assert [(change.principal, change.closes) for change in cut.changes] == [(READER, (READER,))]
    without = found(estate(user("reader", allow("sts:AssumeRole", helper.id)), helper, store()))[READER]
    assert (without.certainty, without.direct) == ("certain", False)


def test_a_workload_has_the_standing_right_of_its_role_besides() -> None:
    code = f"arn:aws:lambda:us-east-1:{HOME}:function:code"
    reading = allow("s3:GetObject", OBJECTS, **INSIDE)
    runner = role(
        "runner",
        reading,
        allow("s3:PutBucketPolicy", STORE),
        trust=trusting({"Service": "lambda.amazonaws.com"}),
    )
    answers = found(estate(runner, workload(code, "lambda", "function", runner.id), store()))
    assert {name: one.direct for name, one in answers.items()} == {runner.id: True, code: True}


@pytest.mark.parametrize(
    "access", [AccessKind.READ, AccessKind.WRITE, AccessKind.DELETE, AccessKind.COPY, AccessKind.DECRYPT]
)
def test_whoever_holds_every_right_is_direct_in_all_of_them(access: AccessKind) -> None:
    able = user("reader", allow(["s3:*", "kms:*"], "*"))
    answer = found(estate(able, replace(store(key=KEY), policy=UNREAD), key(DELEGATING)), access)[READER]
    assert answer.direct


# --- other accesses -----------------------------------------------------------------------------------------------------------


def test_each_access_is_its_own() -> None:
    things = estate(
        user("reader", allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", KEY)),
        user("writer", allow("s3:PutObject", OBJECTS), allow("kms:GenerateDataKey", KEY)),
        user("half-writer", allow("s3:PutObject", OBJECTS)),
        user("deleter", allow("s3:DeleteObject", OBJECTS)),
        user("expirer", allow("s3:PutLifecycleConfiguration", STORE)),
        user("key-killer", allow("kms:ScheduleKeyDeletion", KEY)),
        user("decrypter", allow("kms:Decrypt", KEY)),
        store(key=KEY),
        key(DELEGATING),
    )

    def names(access: AccessKind) -> set[str]:
        return {name.rpartition("/")[2] for name in found(things, access)}

    assert names(AccessKind.READ) == {"reader"}
    assert names(AccessKind.WRITE) == {"writer"}
    assert names(AccessKind.DELETE) == {"deleter", "expirer", "key-killer"}
    assert names(AccessKind.DECRYPT) == {"reader", "decrypter"}
    assert names(AccessKind.ADMINISTER) == {"expirer", "key-killer"}
    assert names(AccessKind.COPY) == {"reader"}


def test_reading_inside_a_network_alone_is_not_copying() -> None:
    inside = {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}
    things = estate(user("reader", allow("s3:GetObject", OBJECTS, **inside)), store())
    assert READER in found(things)
    assert READER not in found(things, AccessKind.COPY)


def test_replicating_with_a_role_that_reads_copies() -> None:
    reading = [allow(["s3:GetObject", "s3:GetObjectVersion*"], OBJECTS)]
    actor = user(
        "reader",
        allow("s3:PutReplicationConfiguration", STORE),
        allow("iam:PassRole", arn("role", "replica")),
    )
    replica = role("replica", *reading, trust=trusting({"Service": "s3.amazonaws.com"}))
    assert READER in found(estate(actor, replica, store()), AccessKind.COPY)
    mute = role("replica", trust=trusting({"Service": "s3.amazonaws.com"}))
    assert READER not in found(estate(actor, mute, store()), AccessKind.COPY)
    alone = user("reader", allow("s3:PutReplicationConfiguration", STORE))
    assert READER not in found(estate(alone, replica, store()), AccessKind.COPY)


# --- access points, secrets, workloads ----------------------------------------------------------------------------------------


def point(named: dict[str, Any] | None, *, vpc: str | None = None) -> Collection[AccessPoint]:
    identifier = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/door"
    own = None
    if named is not None:
        statement = {
            "Effect": "Allow",
            "Principal": named,
            "Action": "s3:GetObject",
            "Resource": f"{identifier}/object/*",
        }
        own = NamedPolicy(f"{identifier}#policy", "access point policy", document(statement), "inline")
    return Collection(
        (
            AccessPoint(
                identifier,
                STORE,
                HOME,
                "us-east-1",
                known("VPC" if vpc else "Internet"),
                known(vpc),
                known(None),
                known(own),
            ),
        )
    )


def test_an_access_point_lets_in_only_where_the_bucket_delegates_to_it() -> None:
    delegating = policy(
        letting({"AWS": "*"}, Condition={"StringEquals": {"s3:DataAccessPointAccount": HOME}})
    )
    reader = user("reader", allow("ec2:DescribeRegions"))
    doors = point({"AWS": READER})
    assert READER in found(estate(reader, store(policy=delegating, access_points=doors)))
    assert READER not in found(estate(reader, store(access_points=doors)))
    inside = found(
        estate(reader, store(policy=delegating, access_points=point({"AWS": READER}, vpc="vpc-1")))
    )[READER]
    assert any("vpc-1" in condition.values for condition in inside.conditions)


def test_whoever_reads_a_stored_credential_is_its_owner() -> None:
    owner = user("owner", allow("s3:GetObject", OBJECTS))
    parameter = secret(f"arn:aws:ssm:us-east-1:{HOME}:parameter/key", "parameter", arn("user", "owner"))
    able = user("reader", allow("ssm:GetParameter", parameter.id))
    assert READER in found(estate(able, owner, parameter, store()))
    assert READER not in found(
        estate(user("reader", allow("ssm:DescribeParameters")), owner, parameter, store())
    )
    kept = secret("arn:aws:s3:::drawer/keys.txt", "object", arn("user", "owner"))
    reading = user("reader", allow("s3:GetObject", "arn:aws:s3:::drawer/*"))
    things = (owner, kept, store(), store("arn:aws:s3:::drawer"))
    assert next(hop.target for hop in found(estate(reading, *things))[READER].path) == kept.id
    assert READER not in found(
        estate(user("reader", allow("s3:GetObject", "arn:aws:s3:::drawer/other")), *things)
    )


def test_a_workload_is_an_answer_with_its_role() -> None:
    name = f"arn:aws:lambda:us-east-1:{HOME}:function:f"
    things = estate(
        role("r", allow("s3:GetObject", OBJECTS), trust=trusting({"Service": "lambda.amazonaws.com"})),
        workload(name, "lambda", "function", arn("role", "r")),
        store(),
    )
    answers = found(things)
    assert set(answers) == {name, arn("role", "r")}
    assert answers[name].kind == "workload"
    assert [hop.how for hop in answers[name].path] == ["runs as", "s3:GetObject"]


def test_the_roles_that_start_a_task_are_not_its_own() -> None:
    task = workload(
        f"arn:aws:ecs:us-east-1:{HOME}:task-definition/t:1", "ecs", "task_definition", arn("role", "start"), arn("role", "own"),
        taskRoleArn=arn("role", "own"), executionRoleArn=arn("role", "start"),
    )  # fmt: skip
    trust = trusting({"Service": "ecs-tasks.amazonaws.com"})
    starting = estate(
        role("start", allow("s3:GetObject", OBJECTS), trust=trust), role("own", trust=trust), task, store()
    )
    assert task.id not in found(starting)
    owning = estate(
        role("start", trust=trust), role("own", allow("s3:GetObject", OBJECTS), trust=trust), task, store()
    )
    assert task.id in found(owning)


# --- disks --------------------------------------------------------------------------------------------------------------------

SNAPSHOT = "arn:aws:ec2:us-east-1::snapshot/snap-1"


def test_a_disk_is_read_block_by_block_with_its_key() -> None:
    blocks = allow(["ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock"], "*")
    able = user("reader", blocks, allow("kms:Decrypt", KEY))
    assert READER in found(estate(able, disk(SNAPSHOT, "snapshot", KEY), key(DELEGATING)), at=SNAPSHOT)
    assert READER not in found(
        estate(user("reader", blocks), disk(SNAPSHOT, "snapshot", KEY), key(DELEGATING)), at=SNAPSHOT
    )
    assert READER in found(estate(user("reader", blocks), disk(SNAPSHOT)), at=SNAPSHOT)
    assert READER not in found(estate(user("reader", blocks), disk(SNAPSHOT, "volume")), at=SNAPSHOT)


def test_a_disk_that_is_shared_is_read_by_those_whom_it_is_shared_with() -> None:
    assert (
        found(estate(disk(SNAPSHOT, "snapshot", None, OTHER)), at=SNAPSHOT)[f"arn:aws:iam::{OTHER}:root"].kind
        == "external"
    )
    assert found(estate(disk(SNAPSHOT, public=True)), at=SNAPSHOT)["*"].kind == "anonymous"
    changes = build(estate(disk(SNAPSHOT, "snapshot", None, OTHER))).cut(SNAPSHOT).changes
    assert [change.remove for change in changes] == [f"stop sharing {SNAPSHOT}"]
    sharing = user("reader", allow("ec2:ModifySnapshotAttribute"))
    assert READER in found(estate(sharing, disk(SNAPSHOT)), AccessKind.COPY, SNAPSHOT)


# --- who, and what is not known ------------------------------------------------------------------------------------------------


def test_kinds_are_told_by_evidence() -> None:
    reading = allow("s3:GetObject", OBJECTS)
    from small_estates import keys

    things = estate(
        user("person", reading, console_password=known(True)),
        user("robot", reading, credentials=keys(1)),
        user(
            "either",
            reading,
            console_password=Unknown(Reason.NOT_COLLECTED, Source.named("iam", "GetLoginProfile", "x")),
        ),
        role("service", reading, trust=trusting({"Service": "lambda.amazonaws.com"})),
        role("ci", reading, trust=trusting({"Federated": f"arn:aws:iam::{HOME}:oidc-provider/ci.example"})),
        role("people", reading, trust=trusting({"Federated": f"arn:aws:iam::{HOME}:saml-provider/corp"})),
        role("borrowed", reading, trust=trusting(arn("user", "person"))),
        store(),
    )
    kinds = {
        name.rpartition("/")[2]: answer.kind for name, answer in found(things).items() if "#" not in name
    }
    assert kinds == {
        "person": "person",
        "robot": "workload",
        "either": "person",
        "service": "workload",
        "ci": "workload",
        "people": "person",
        "borrowed": "person",
    }


def test_a_federated_subject_is_named_by_provider_and_pattern() -> None:
    host = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
    subject = "repo:lab/weights:ref:refs/heads/main"
    condition = {
        "StringLike": {"token.actions.githubusercontent.com:sub": subject},
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
    }

    def trust(**more: Any) -> dict[str, Any]:
        return document(
            {
                "Effect": "Allow",
                "Principal": {"Federated": host},
                "Action": "sts:AssumeRoleWithWebIdentity",
                **more,
            }
        )

    ci = role("ci", allow("s3:GetObject", OBJECTS), trust=trust(Condition=condition))
    answer = found(estate(ci, store()))[f"{host}#{subject}"]
    assert (answer.kind, answer.certainty) == ("workload", "certain")
    anybody = role("ci", allow("s3:GetObject", OBJECTS), trust=trust())
    assert found(estate(anybody, store()))[f"{host}#*"].kind == "external"


def test_a_store_that_no_snapshot_holds_is_answered_and_said_to_be() -> None:
    result = build(estate(user("reader", allow("s3:GetObject", "*")))).who_can(
        AccessKind.READ, "arn:aws:s3:::elsewhere"
    )
    assert [answer.principal for answer in result.answers] == [READER]
    assert result.answers[0].certainty == "conditional"
    assert not result.complete


def test_a_bucket_policy_that_could_not_be_read_is_a_gap_and_a_condition() -> None:
    refused = Unknown(Reason.DENIED, Source.named("s3", "GetBucketPolicy", "x"), "AccessDenied")
    result = build(estate(user("reader", allow("s3:GetObject", OBJECTS)), store(policy=None))).who_can(
        AccessKind.READ, STORE
    )
    assert result.complete
    hidden = replace(store(), policy=refused)
    result = build(estate(user("reader", allow("s3:GetObject", OBJECTS)), hidden)).who_can(
        AccessKind.READ, STORE
    )
    assert (result.complete, result.gaps) == (False, (refused,))
    assert result.answers[0].certainty == "conditional"


def test_a_managed_policy_that_a_snapshot_only_names_is_known() -> None:
    named = replace(administrator(), document=None)
    assert READER in found(estate(user("reader", attached=[named]), store()))
    custom = NamedPolicy(f"arn:aws:iam::{HOME}:policy/unseen", "unseen", None, "customer")
    answer = found(estate(user("reader", attached=[custom]), store()))[READER]
    assert answer.certainty == "conditional"
