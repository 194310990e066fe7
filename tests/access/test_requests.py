"""What is assumed of the requests that an access comes down to: each with the pair where one fact stops it."""

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
    deny,
    document,
    estate,
    key,
    keys,
    known,
    role,
    store,
    under,
    user,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.access.condition import ConditionKind
from weightguard.access.wording import all_worded
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.model import Encryption, EncryptionKind, Estate, KeyGrant, NamedPolicy

ME = arn("user", "me")
OTHER = "222222222222"
OBJECTS = f"{STORE}/*"
ROOT = f"arn:aws:iam::{HOME}:root"
DELEGATING = document(allow("kms:*", Principal={"AWS": ROOT}))
READS = allow("s3:GetObject", OBJECTS)


def found(things: Estate, access: AccessKind = AccessKind.READ, at: str = STORE) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(access, at).answers}


def answer(things: Estate, name: str = ME, **more: Any) -> str:
    """``certain`` or ``conditional``; ``nobody`` for who cannot."""
    one = found(things, **more).get(name)
    return "nobody" if one is None else one.certainty


def unwrapping(condition: dict[str, Any], *more: Any) -> Estate:
    """A reader of objects whose use of the key hangs on a condition."""
    return estate(
        user("me", READS, allow("kms:Decrypt", KEY, Condition=condition), *more),
        store(key=KEY),
        key(DELEGATING),
    )


# --- forward access sessions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:ViaAWSService": "true"}}, "certain"),
        ({"Bool": {"aws:ViaAWSService": "false"}}, "nobody"),
        ({"BoolIfExists": {"aws:ViaAWSService": "false"}}, "nobody"),
        ({"Null": {"aws:CalledVia": "false"}}, "certain"),
        (
            {"ForAnyValue:StringEquals": {"aws:CalledVia": ["s3.amazonaws.com", "athena.amazonaws.com"]}},
            "certain",
        ),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}, "nobody"),
        ({"StringEquals": {"aws:CalledViaFirst": "s3.amazonaws.com"}}, "certain"),
        ({"StringEquals": {"aws:CalledViaLast": "ec2.amazonaws.com"}}, "nobody"),
        ({"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}, "certain"),
        ({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, "nobody"),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, "certain"),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, "nobody"),
    ],
    ids=str,
)
def test_s3_asks_for_the_key_in_the_reader_s_name(condition: dict[str, Any], expected: str) -> None:
    assert answer(unwrapping(condition)) == expected


@pytest.mark.parametrize("truth", ["true", "false"])
def test_a_denial_of_direct_use_leaves_the_use_through_s3(truth: str) -> None:
    refused = deny("kms:Decrypt", KEY, Condition={"Bool": {"aws:ViaAWSService": truth}})
    things = estate(user("me", READS, allow("kms:Decrypt", KEY), refused), store(key=KEY), key(DELEGATING))
    assert answer(things) == ("nobody" if truth == "true" else "certain")


def test_the_object_itself_is_asked_for_by_the_reader() -> None:
    through = allow("s3:GetObject", OBJECTS, Condition={"Bool": {"aws:ViaAWSService": "true"}})
    assert answer(estate(user("me", through), store())) == "nobody"


# --- the encryption context ---------------------------------------------------------------------------------------------------

CONTEXT = "kms:EncryptionContext:aws:s3:arn"


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("StringLike", [STORE, OBJECTS], "certain"),
        ("StringLike", f"{STORE}*", "certain"),
        ("ArnLike", [STORE, OBJECTS], "certain"),
        ("StringLike", OBJECTS, "conditional"),
        ("StringEquals", STORE, "conditional"),
        ("StringLike", "arn:aws:s3:::other*", "nobody"),
        ("StringEquals", "arn:aws:s3:::other", "nobody"),
        ("StringNotLike", "arn:aws:s3:::other*", "certain"),
        ("StringNotLike", f"{STORE}*", "nobody"),
    ],
)
def test_the_context_is_the_bucket_or_an_object_of_it(operator: str, values: Any, expected: str) -> None:
    assert answer(unwrapping({operator: {CONTEXT: values}})) == expected


def test_with_a_bucket_key_the_context_is_the_bucket() -> None:
    def of(values: str) -> str:
        reader = user("me", READS, allow("kms:Decrypt", KEY, Condition={"StringLike": {CONTEXT: values}}))
        bucket = store(key=KEY, encryption=known(under(KEY, bucket_key=True)))
        return answer(estate(reader, bucket, key(DELEGATING)))

    assert [of(STORE), of(OBJECTS)] == ["certain", "nobody"]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, "certain"),
        ({"aws:s3:arn": "arn:aws:s3:::other"}, "nobody"),
        ({"aws:s3:arn": STORE}, "conditional"),
    ],
)
def test_a_grant_is_bound_to_its_context(context: dict[str, str], expected: str) -> None:
    constraints = {"EncryptionContextSubset": context} if context else {}
    grant = KeyGrant("g", ME, ("Decrypt",), constraints, None, "g")
    alone = document(allow("kms:Describe*", Principal={"AWS": ROOT}))
    assert answer(estate(user("me", READS), store(key=KEY), key(alone, grant))) == expected


# --- keys that the request has ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "test",
    [
        {"StringLike": {"s3:prefix": "home/*"}},
        {"StringEquals": {"s3:x-amz-acl": "private"}},
        {"StringEquals": {"s3:RequestObjectTag/team": "ml"}},
        {"StringEquals": {"aws:RequestTag/team": "ml"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}},
        {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    ],
    ids=str,
)
def test_a_condition_on_what_reading_does_not_say_lets_nobody_read(test: dict[str, Any]) -> None:
    assert answer(estate(user("me", allow("s3:*Object", OBJECTS, Condition=test)), store())) == "nobody"
    refused = deny("s3:GetObject*", OBJECTS, Condition=test)
    assert answer(estate(user("me", READS, refused), store())) == "certain"


def test_writing_says_what_the_writer_likes() -> None:
    header = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    writer = user("me", allow("s3:PutObject", OBJECTS, Condition=header))
    assert answer(estate(writer, store()), access=AccessKind.WRITE) == "certain"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"kms:GranteePrincipal": ME}}, "certain"),
        ({"StringEquals": {"kms:GranteePrincipal": arn("user", "else")}}, "nobody"),
        ({"StringNotEquals": {"kms:GranteePrincipal": ME}}, "nobody"),
        ({"ArnLike": {"kms:GranteePrincipal": f"arn:aws:iam::{HOME}:role/*"}}, "nobody"),
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}}, "certain"),
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt"]}}, "nobody"),
        ({"ForAnyValue:StringEquals": {"kms:GrantOperations": ["Encrypt"]}}, "nobody"),
        ({"Bool": {"kms:GrantIsForAWSResource": "true"}}, "nobody"),
        ({"Bool": {"kms:GrantIsForAWSResource": "false"}}, "certain"),
    ],
    ids=str,
)
def test_a_grant_for_oneself_says_whom_and_what_it_is_for(condition: dict[str, Any], expected: str) -> None:
    actor = user("me", READS, allow("kms:CreateGrant", KEY, Condition=condition))
    assert answer(estate(actor, store(key=KEY), key(DELEGATING))) == expected


def test_only_the_grantee_among_those_alike_grants_itself_the_key() -> None:
    test = {"StringEquals": {"kms:GranteePrincipal": ME}}
    statements = [READS, allow("kms:CreateGrant", KEY, Condition=test)]
    people = [user(name, *statements) for name in ("me", "other")]
    assert set(found(estate(*people, store(key=KEY), key(DELEGATING)))) == {ME}


def test_a_key_user_of_the_console_s_policy_administers_nothing() -> None:
    for_services = allow("kms:CreateGrant", KEY, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})
    bare = allow("kms:CreateGrant", KEY)
    for statement, expected in ((for_services, "nobody"), (bare, "certain")):
        things = estate(user("me", statement), store(key=KEY), key(DELEGATING))
        assert answer(things, access=AccessKind.ADMINISTER) == expected


# --- reading by version -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("access", [AccessKind.READ, AccessKind.COPY])
def test_the_current_object_is_read_by_its_version_too(access: AccessKind) -> None:
    able = user("me", allow("s3:GetObjectVersion", OBJECTS))
    one = found(estate(able, store()), access)[ME]
    assert (one.certainty, [hop.how for hop in one.path]) == ("certain", ["s3:GetObjectVersion"])
    for other in ("s3:GetObjectVersionTagging", "s3:GetObjectVersionForReplication", "s3:GetObjectTorrent"):
        assert answer(estate(user("me", allow(other, OBJECTS)), store()), access=access) == "nobody"


def test_a_denial_of_one_of_the_two_leaves_the_other() -> None:
    both = allow("s3:GetObject*", OBJECTS)
    refused = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Resource": OBJECTS}
    for action, expected in (("s3:GetObject", "certain"), ("s3:GetObject*", "nobody")):
        shut = document({**refused, "Action": action})
        assert answer(estate(user("me", both), store(policy=shut))) == expected


def test_the_version_needs_the_key_as_well() -> None:
    able = [allow("s3:GetObjectVersion", OBJECTS), allow("kms:Decrypt", KEY)]
    things = (store(key=KEY), key(DELEGATING))
    assert answer(estate(user("me", *able), *things)) == "certain"
    assert answer(estate(user("me", able[0]), *things)) == "nobody"


# --- ids ----------------------------------------------------------------------------------------------------------------------


def test_the_usual_denial_of_all_but_one_role_s_id() -> None:
    refused = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [STORE, OBJECTS],
        "Condition": {"StringNotLike": {"aws:userid": ["AROATRAINER:*", HOME]}},
    }
    people = [
        role("trainer", READS, unique_id="AROATRAINER"),
        role("other", READS, unique_id="AROAOTHER"),
        user("human", READS, unique_id="AIDAHUMAN"),
    ]
    answers = found(estate(*people, store(policy=document(refused))))
    assert {name: one.certainty for name, one in answers.items()} == {arn("role", "trainer"): "certain"}
    public = document(refused, allow("s3:GetObject", OBJECTS, Principal="*"))
    assert "*" not in found(estate(*people, store(policy=public)))


# --- the second factor --------------------------------------------------------------------------------------------------------

FACTOR = "aws:MultiFactorAuthPresent"
AGE = "aws:MultiFactorAuthAge"


@pytest.mark.parametrize(
    ("effect", "condition", "with_keys"),
    [
        ("Deny", {"Bool": {FACTOR: "false"}}, "certain"),
        ("Deny", {"BoolIfExists": {FACTOR: "false"}}, "only with MFA"),
        ("Deny", {"Bool": {FACTOR: "true"}}, "certain"),
        ("Deny", {"Null": {FACTOR: "true"}}, f"only if {FACTOR} is present"),
        ("Deny", {"NumericGreaterThan": {AGE: "3600"}}, "certain"),
        ("Deny", {"NumericGreaterThanIfExists": {AGE: "3600"}}, None),
        ("Deny", {"Null": {AGE: "true"}}, f"only if {AGE} is present"),
        ("Allow", {"Bool": {FACTOR: "true"}}, "only with MFA"),
        ("Allow", {"BoolIfExists": {FACTOR: "true"}}, "certain"),
        ("Allow", {"NumericLessThan": {AGE: "3600"}}, f"only if {AGE} is less than 3600"),
        ("Allow", {"NumericLessThanIfExists": {AGE: "3600"}}, "certain"),
    ],
    ids=str,
)
def test_access_keys_say_nothing_of_a_second_factor(
    effect: str, condition: dict[str, Any], with_keys: str | None
) -> None:
    tested = {**READS, "Condition": condition}
    statements = [tested] if effect == "Allow" else [READS, {**tested, "Effect": "Deny", "Action": "s3:*"}]
    one = found(estate(user("me", *statements, credentials=keys(1)), store()))[ME]
    without = found(estate(user("me", *statements), store()))[ME]
    assert without.certainty == "conditional"
    if with_keys == "certain":
        assert (one.certainty, one.conditions) == ("certain", ())
        assert "only with MFA" not in all_worded(without.conditions)
    else:
        assert one.conditions == without.conditions
        assert with_keys is None or all_worded(one.conditions) == (with_keys,)


def test_a_bucket_s_denial_tells_those_with_keys_apart() -> None:
    refused = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [STORE, OBJECTS],
        "Condition": {"Bool": {FACTOR: "false"}},
    }
    people = [user("me", READS, credentials=keys(1)), user("other", READS)]
    answers = found(estate(*people, store(policy=document(refused))))
    assert {name: one.certainty for name, one in answers.items()} == {
        ME: "certain",
        arn("user", "other"): "conditional",
    }


# --- rules of the provider ----------------------------------------------------------------------------------------------------

OWN_KEY = known(under(None))


def test_the_provider_s_own_key_lets_in_whoever_no_denial_holds() -> None:
    def of(*statements: Any, **more: Any) -> str:
        return answer(
            estate(user("me", READS, *statements), store(encryption=OWN_KEY), *more.get("beside", ()))
        )

    assert of() == "certain"
    assert of(deny("kms:*")) == "nobody"
    assert of(deny("kms:Decrypt", Condition={"Bool": {"aws:ViaAWSService": "false"}})) == "certain"
    assert of(deny("kms:Encrypt")) == "certain"
    guarded = account(HOME, document(allow("*"), deny("kms:Decrypt")))
    assert of(beside=(guarded,)) == "nobody"
    one = found(estate(user("me", READS), store(encryption=OWN_KEY)))[ME]
    assert [reason.policy for hop in one.path for reason in hop.because] == [f"{ME}#own"]


def test_the_provider_s_own_key_lets_in_nobody_of_another_account() -> None:
    stranger = arn("user", "stranger", OTHER)
    lets = document(allow("s3:GetObject", OBJECTS, Principal={"AWS": stranger}))
    reader = user("stranger", allow("*"), account=OTHER)
    for encryption, expected in (
        (OWN_KEY, "nobody"),
        (known(Encryption(EncryptionKind.PROVIDER)), "certain"),
    ):
        things = estate(reader, store(policy=lets, encryption=encryption), account(HOME), account(OTHER))
        assert answer(things, stranger) == expected


def test_a_key_policy_s_statement_without_resource_has_no_effect() -> None:
    lets, refuses = allow("kms:*", Principal={"AWS": ROOT}), deny("kms:*", Principal="*")
    reader = user("me", READS, allow("kms:Decrypt", KEY))

    def of(*statements: dict[str, Any]) -> str:
        return answer(estate(reader, store(key=KEY), key(document(*statements))))

    def bare(statement: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in statement.items() if name != "Resource"}

    assert [of(lets), of(bare(lets)), of(lets, refuses), of(lets, bare(refuses))] == [
        "certain",
        "nobody",
        "nobody",
        "certain",
    ]


@pytest.mark.parametrize(
    "strange",
    [{"Principal": "*"}, {"Sid": 5}, {"NotResource": "x"}, {"Resource": "weights/*"}, {"Extra": 1}],
    ids=str,
)
def test_a_denial_that_cannot_be_understood_leaves_nobody_certain(strange: dict[str, Any]) -> None:
    reader = user("me", READS, {**deny("s3:*"), **strange})
    one = found(estate(reader, store()))[ME]
    assert one.certainty == "conditional" and "cannot be understood" in all_worded(one.conditions)[0]
    elsewhere = user("me", READS, {**deny("ec2:*"), **strange})
    assert answer(estate(elsewhere, store())) == "certain"


def test_a_denial_that_excepts_a_role_without_its_account_denies_it() -> None:
    def of(*names: str) -> str:
        refused = {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": list(names)},
            "Action": "s3:*",
            "Resource": OBJECTS,
        }
        return answer(estate(role("ops", READS), store(policy=document(refused))), arn("role", "ops"))

    assert [of(arn("role", "ops")), of(arn("role", "ops"), ROOT)] == ["nobody", "certain"]


def refused_by(condition: dict[str, Any]) -> dict[str, Any]:
    return deny("s3:*", OBJECTS, Condition=condition)


@pytest.mark.parametrize(
    ("decide", "allowed", "excepted"),
    [
        (known(True), "certain", "certain"),
        (known(False), "nobody", "nobody"),
        (Unknown(Reason.NOT_COLLECTED, Source.named("s3", "GetBucketAbac", "x")), "nobody", "nobody"),
    ],
    ids=["on", "off", "unknown"],
)
def test_a_bucket_s_tags_count_where_the_bucket_says_so(decide: Any, allowed: str, excepted: str) -> None:
    bucket = store(tags=known({"team": "ml"}), tags_decide=decide)
    ours = {"StringEquals": {"aws:ResourceTag/team": "ml"}}
    others = {"StringNotEquals": {"aws:ResourceTag/team": "ml"}}
    assert answer(estate(user("me", allow("s3:GetObject", OBJECTS, Condition=ours)), bucket)) == allowed
    refused = user("me", READS, deny("s3:*", OBJECTS, Condition=others))
    assert answer(estate(refused, bucket)) == excepted
    limits = (
        build(estate(user("me", READS, refused_by(others)), bucket)).who_can(AccessKind.READ, STORE).limits
    )
    assert ("bucket-tags" in [one.kind.id for one in limits]) is isinstance(decide, Unknown)
    bare = store(tags_decide=decide)
    assert answer(estate(user("me", allow("s3:GetObject", OBJECTS, Condition=ours)), bare)) == "nobody"


def test_a_policy_of_a_caller_s_that_cannot_be_read_at_all_may_say_anything() -> None:
    broken = NamedPolicy(f"arn:aws:iam::{HOME}:policy/broken", "broken", "{no policy", "customer")
    attached = found(estate(user("me", READS, attached=[broken]), store()))[ME]
    assert attached.certainty == "conditional"
    bounded = found(estate(user("me", READS, boundary=known(broken)), store()))[ME]
    assert bounded.certainty == "conditional" and bounded.conditions[0].kind is ConditionKind.UNREAD
    whole = NamedPolicy(broken.id, "whole", document(allow("ec2:*")), "customer")
    assert answer(estate(user("me", READS, attached=[whole]), store())) == "certain"
    assert answer(estate(user("me", READS, boundary=known(whole)), store())) == "nobody"
