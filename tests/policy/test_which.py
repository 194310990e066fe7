"""The question without enumerating: which of these actions, on which of these places."""

from __future__ import annotations

from policies import ACCOUNT, KEY, RESOURCE, SESSION, USER, allow, deny, layers, policy

from weightguard.policy.aws import Layers, Place, in_words, parse_principal, policy_set, which

OBJECTS = Place(
    "arn:aws:s3:::models/llm/*", ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), account=ACCOUNT
)
BUCKET = Place("arn:aws:s3:::models", ("s3:ListBucket", "s3:PutBucketPolicy"), account=ACCOUNT)
THE_KEY = Place(
    KEY,
    ("kms:Decrypt", "kms:ScheduleKeyDeletion"),
    account=ACCOUNT,
    policy=policy_set([policy(allow("kms:*", Principal={"AWS": ACCOUNT}), kind=RESOURCE, name="key policy")]),
)


def found(given: Layers, principal: str = USER) -> set[tuple[str, str]]:
    answers = which(parse_principal(principal), given, [OBJECTS, BUCKET, THE_KEY])
    return {(answer.place.resource, answer.action) for answer in answers}


def test_finds_what_is_allowed_and_only_that() -> None:
    reader = layers(
        identity=[allow(["s3:Get*", "s3:List*"], ["arn:aws:s3:::models*"]), allow("kms:Decrypt", KEY)]
    )
    assert found(reader) == {
        (OBJECTS.resource, "s3:GetObject"),
        (BUCKET.resource, "s3:ListBucket"),
        (KEY, "kms:Decrypt"),
    }
    assert found(layers(identity=[allow("ec2:*")])) == set()
    assert len(found(layers(identity=[allow()]))) == 7


def test_a_place_is_a_pattern() -> None:
    one_object = layers(identity=[allow("s3:GetObject", "arn:aws:s3:::models/llm/config.json")])
    assert found(one_object) == {(OBJECTS.resource, "s3:GetObject")}
    partly = layers(identity=[allow("s3:*"), deny("s3:*", "arn:aws:s3:::models/llm/a*")])
    assert (OBJECTS.resource, "s3:GetObject") in found(partly)
    wholly = layers(identity=[allow("s3:*"), deny("s3:*", "arn:aws:s3:::models/*")])
    assert (OBJECTS.resource, "s3:GetObject") not in found(wholly)


def test_what_it_hangs_on_comes_with_it() -> None:
    given = layers(identity=[allow("s3:GetObject", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})])
    answers = list(which(parse_principal(SESSION), given, [OBJECTS]))
    assert [in_words(answer.decision.conditions) for answer in answers] == [
        "only through VPC endpoint vpce-1"
    ]
    known = which(parse_principal(SESSION), given, [OBJECTS], context={"aws:SourceVpce": "vpce-2"})
    assert list(known) == []


def test_the_places_policy_counts() -> None:
    shut = Place(
        OBJECTS.resource, OBJECTS.actions, ACCOUNT, policy_set([policy(deny(Principal="*"), kind=RESOURCE)])
    )
    assert list(which(parse_principal(USER), layers(identity=[allow()]), [shut])) == []


def test_work_is_shared_by_principals_with_the_same_policies() -> None:
    shared = policy(allow("s3:GetObject", Sid="SharedWork"), name="shared")
    for number in range(50):
        list(
            which(
                parse_principal(f"arn:aws:iam::{ACCOUNT}:user/u{number}"),
                Layers(identity=[shared]),
                [OBJECTS],
            )
        )
    assert policy_set([shared]) is Layers(identity=[shared]).identity
    assert len(shared.document.matches) == len(OBJECTS.actions)
