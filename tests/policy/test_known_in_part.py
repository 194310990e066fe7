"""Values that are known in part, keys that a request cannot have, and rules that no policy states."""

from __future__ import annotations

from typing import Any

import pytest
from policies import KEY, OBJECT, ROLE, ROOT, USER, allow, ask, deny, layers, outcome

from weightguard.policy.aws import Condition, KmsGrant, Layers, PrincipalType, in_words, parse_principal
from weightguard.policy.aws.context import Partly
from weightguard.policy.aws.request_keys import may_have_key

TRAINER = parse_principal(ROLE, unique_id="AROATRAINER")
CONTEXT = "kms:EncryptionContext:aws:s3:arn"
WEIGHTS = Partly(("arn:aws:s3:::weights", "arn:aws:s3:::weights/*"))


def decided(operator: str, key: str, values: Any, known: Any, **more: Any) -> str:
    given = layers(identity=[allow(Condition={operator: {key: values}})])
    return outcome(given, context={key: known}, unknown=True, **more)


@pytest.mark.parametrize(
    ("operator", "values", "answer"),
    [
        ("StringLike", "AROATRAINER:*", "allowed"),
        ("StringLike", ["AROATRAINER:*", "111111111111"], "allowed"),
        ("StringLike", "AROATRAINER:night", "unknown"),
        ("StringLike", "*:night", "unknown"),
        ("StringLike", "AROAOTHER:*", "denied_implicitly"),
        ("StringEquals", "AROATRAINER:*", "unknown"),
        ("StringEquals", "AROAOTHER:x", "denied_implicitly"),
        ("StringNotLike", "AROAOTHER:*", "allowed"),
        ("StringNotLike", "AROATRAINER:*", "denied_implicitly"),
        ("StringNotLike", "AROATRAINER:night", "unknown"),
        ("StringEqualsIgnoreCase", "aroaother:x", "denied_implicitly"),
        ("StringEqualsIgnoreCase", "aroatrainer:x", "unknown"),
        ("StringLikeIfExists", "AROAOTHER:*", "denied_implicitly"),
        ("ForAllValues:StringLike", "AROAOTHER:*", "denied_implicitly"),
        ("ForAnyValue:StringNotLike", "AROAOTHER:*", "allowed"),
        ("Null", "true", "denied_implicitly"),
        ("Null", "false", "allowed"),
        ("NumericLessThan", "5", "unknown"),
    ],
)
def test_the_id_of_a_role_s_session_is_the_role_s_id_and_any_name(
    operator: str, values: Any, answer: str
) -> None:
    given = layers(identity=[allow(Condition={operator: {"aws:userid": values}})])
    assert outcome(given, TRAINER, unknown=True) == answer


def test_an_id_that_nobody_told_still_tells_what_it_is_of() -> None:
    def of(pattern: str, principal: Any) -> str:
        given = layers(identity=[allow(Condition={"StringLike": {"aws:userid": pattern}})])
        return outcome(given, principal, unknown=True)

    assert [of("AIDA*", USER), of("AROA*", USER), of("AIDAX", USER)] == [
        "allowed",
        "denied_implicitly",
        "unknown",
    ]
    assert [of("AROA*", ROLE), of("*:*", ROLE), of("AIDA*", ROLE)] == [
        "allowed",
        "allowed",
        "denied_implicitly",
    ]
    public = layers(resource=[allow(Principal="*", Condition={"StringLike": {"aws:userid": "AROA*"}})])
    assert outcome(public, "*", unknown=True) == "denied_implicitly"
    anonymous = layers(
        resource=[allow(Principal="*", Condition={"StringEquals": {"aws:userid": "anonymous"}})]
    )
    assert outcome(anonymous, "*") == "allowed"


@pytest.mark.parametrize(
    ("operator", "values", "answer"),
    [
        ("StringLike", ["arn:aws:s3:::weights", "arn:aws:s3:::weights/*"], "allowed"),
        ("StringLike", "arn:aws:s3:::weights*", "allowed"),
        ("StringLike", "arn:aws:s3:::weights/*", "unknown"),
        ("StringLike", "arn:aws:s3:::other*", "denied_implicitly"),
        ("StringEquals", "arn:aws:s3:::other", "denied_implicitly"),
        ("ArnLike", ["arn:aws:s3:::weights", "arn:aws:s3:::weights/*"], "allowed"),
        ("ArnLike", "arn:aws:s3:::other/*", "denied_implicitly"),
        ("ArnLike", "arn:*:weights*", "denied_implicitly"),
        ("ArnNotLike", "arn:aws:s3:::other/*", "allowed"),
        ("StringNotEquals", "arn:aws:s3:::weights", "unknown"),
    ],
)
def test_one_of_several_patterns(operator: str, values: Any, answer: str) -> None:
    if values == "arn:*:weights*":
        given = layers(identity=[allow(Condition={operator: {CONTEXT: values}})])
        assert ask(given, context={CONTEXT: WEIGHTS}).outcome == answer  # five colons lack: it is no ARN
        return
    assert decided(operator, CONTEXT, values, WEIGHTS) == answer


def test_what_stays_open_is_said_by_the_values_that_may_match() -> None:
    given = layers(
        identity=[
            allow(Condition={"StringLike": {CONTEXT: ["arn:aws:s3:::weights/a*", "arn:aws:s3:::other"]}})
        ]
    )
    found = ask(given, context={CONTEXT: WEIGHTS}, unknown=True)
    assert found.conditions == Condition(
        CONTEXT, "StringLike", ("arn:aws:s3:::weights/a*",), needs=(CONTEXT,)
    )


def test_a_variable_of_a_value_known_in_part_is_open() -> None:
    given = layers(identity=[allow(resource="arn:aws:s3:::models/${aws:userid}/*")])
    assert outcome(given, TRAINER, resource="arn:aws:s3:::models/AROATRAINER:x/w", unknown=True) == "unknown"
    assert outcome(given, TRAINER, resource="arn:aws:s3:::elsewhere/w", unknown=True) == "denied_implicitly"


def test_a_grant_for_another_context_is_none() -> None:
    def of(value: str, **more: Any) -> str:
        grant = KmsGrant(
            "g", ROLE, frozenset({"Decrypt"}), encryption_context_subset=(("aws:s3:arn", value),)
        )
        return outcome(
            Layers(kms_grants=[grant], resource=[]),
            ROLE,
            action="kms:Decrypt",
            resource=KEY,
            context={CONTEXT: WEIGHTS},
            unknown=True,
        )

    assert of("arn:aws:s3:::other") == "denied_implicitly"
    assert of("arn:aws:s3:::weights/llm.safetensors") == "unknown"


@pytest.mark.parametrize(
    ("action", "key", "may"),
    [
        ("s3:GetObject", "s3:prefix", False),
        ("s3:ListBucket", "s3:prefix", True),
        ("s3:GetObject", "s3:x-amz-acl", False),
        ("s3:PutObject", "s3:x-amz-acl", True),
        ("s3:GetObject", "s3:requestobjecttag/team", False),
        ("s3:PutObject", "s3:requestobjecttag/team", True),
        ("s3:GetObject", "s3:existingobjecttag/team", True),
        ("s3:GetObject", "s3:versionid", False),
        ("s3:GetObjectVersion", "s3:versionid", True),
        ("s3:GetObject", "aws:requesttag/team", False),
        ("s3:GetObject", "aws:tagkeys", False),
        ("sts:AssumeRole", "aws:requesttag/team", True),
        ("s3:GetObject", "kms:viaservice", True),
        ("s3:GetObject", "iam:passedtoservice", False),
        ("iam:PassRole", "iam:passedtoservice", True),
        ("kms:Decrypt", "kms:encryptioncontext:aws:s3:arn", True),
        ("kms:Decrypt", "kms:grantisforawsresource", False),
        ("kms:CreateGrant", "kms:grantisforawsresource", True),
        ("kms:Decrypt", "kms:resourcealiases", True),
        ("kms:Decrypt", "sts:externalid", False),
        ("s3:GetObject", "aws:sourceip", True),
        ("s3:GetObject", "s3:somethingnew", True),
        ("s3:SomethingNew", "s3:prefix", True),
        ("s3:GetObject", "cognito-identity.amazonaws.com:sub", True),
    ],
)
def test_a_request_has_the_keys_of_its_action(action: str, key: str, may: bool) -> None:
    assert may_have_key(action.lower(), key) is may


def test_a_key_that_the_request_cannot_have_is_absent() -> None:
    listing = layers(identity=[allow(Condition={"StringLike": {"s3:prefix": "home/*"}})])
    assert outcome(listing, unknown=True) == "denied_implicitly"
    assert outcome(listing, action="s3:ListBucket", resource="arn:aws:s3:::models", unknown=True) == "unknown"
    but = layers(identity=[allow(), deny(Condition={"StringNotLike": {"s3:prefix": "public/*"}})])
    assert outcome(but, unknown=True) == "denied_explicitly"


def test_a_key_policy_s_statement_without_resource_has_no_effect() -> None:
    root = {"AWS": ROOT}
    own = [allow("kms:*")]
    able = allow("kms:*", Principal=root)
    assert (
        outcome(layers(identity=own, resource=[able]), USER, action="kms:Decrypt", resource=KEY) == "allowed"
    )
    bare = allow("kms:*", None, Principal=root)
    assert (
        outcome(layers(identity=own, resource=[bare]), USER, action="kms:Decrypt", resource=KEY)
        == "denied_implicitly"
    )
    refused = deny("kms:Decrypt", None, Principal="*")
    assert (
        outcome(layers(identity=own, resource=[able, refused]), USER, action="kms:Decrypt", resource=KEY)
        == "allowed"
    )
    without_action = deny(None, "*", Principal="*")
    assert (
        outcome(
            layers(identity=own, resource=[able, without_action]), USER, action="kms:Decrypt", resource=KEY
        )
        == "unknown"
    )


def test_elsewhere_a_resource_policy_stands_for_its_own_resource() -> None:
    given = layers(resource=[allow("ecr:BatchGetImage", None, Principal={"AWS": USER})])
    repository = "arn:aws:ecr:us-east-1:111111111111:repository/models"
    assert outcome(given, USER, action="ecr:BatchGetImage", resource=repository) == "allowed"


def test_long_term_credentials_always_get_a_session_token() -> None:
    refused = layers(identity=[deny()])
    assert outcome(refused, USER, action="sts:GetSessionToken", resource="*") == "allowed"
    assert outcome(refused, ROOT, action="sts:GetSessionToken", resource="*") == "allowed"
    assert (
        outcome(layers(identity=[allow()]), ROLE, action="sts:GetSessionToken", resource="*")
        == "denied_implicitly"
    )


@pytest.mark.parametrize("named", [[USER], [ROLE]])
def test_a_denial_with_not_principal_excepts_nobody_whose_account_it_leaves_out(named: list[str]) -> None:
    given = layers(identity=[allow()], resource=[deny(NotPrincipal={"AWS": named})])
    assert outcome(given, named[0]) == "denied_explicitly"
    also = layers(identity=[allow()], resource=[deny(NotPrincipal={"AWS": [*named, ROOT]})])
    assert outcome(also, named[0]) == "allowed"


@pytest.mark.parametrize(
    ("operator", "value", "negated", "words"),
    [
        ("Bool", "true", False, "only with MFA"),
        ("BoolIfExists", "true", False, "unless the session says that it was made without MFA"),
        ("Bool", "false", True, "unless the session says that it was made without MFA"),
        ("BoolIfExists", "false", True, "only with MFA"),
        ("Bool", "false", False, "only in a session that says that it was made without MFA"),
        ("BoolIfExists", "true", True, "only in a session that says that it was made without MFA"),
        ("BoolIfExists", "false", False, "not in a session with MFA"),
        ("Bool", "true", True, "not in a session with MFA"),
    ],
)
def test_mfa_is_worded_by_suffix_and_negation_together(
    operator: str, value: str, negated: bool, words: str
) -> None:
    assert in_words(Condition("aws:MultiFactorAuthPresent", operator, (value,), negated)) == words


@pytest.mark.parametrize(
    ("operator", "negated"), [("Bool", True), ("BoolIfExists", True), ("BoolIfExists", False)]
)
def test_a_key_that_is_never_absent_is_worded_without_that_case(operator: str, negated: bool) -> None:
    value = "false" if negated else "true"
    assert in_words(Condition("aws:SecureTransport", operator, (value,), negated)) == "only over TLS"


def test_principals_without_an_account_need_none_named() -> None:
    service = {"service": "logging.s3.amazonaws.com"}
    given = layers(
        resource=[deny(NotPrincipal={"Service": "logging.s3.amazonaws.com"}), allow(Principal="*")]
    )
    assert parse_principal(service).type is PrincipalType.SERVICE
    assert outcome(given, service, action="s3:PutObject", resource=OBJECT) == "allowed"
