"""Which subjects of a provider a role's trust policy lets in: decided by the engine, each with the pair where one fact differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_estates import HOME, STORE, account, allow, arn, document, estate, known, provider, role, store

from weightguard.access import AccessKind, Answer, build
from weightguard.access.wording import all_worded
from weightguard.estate.model import NamedPolicy

ISSUER = "token.actions.githubusercontent.com"
HOST = f"arn:aws:iam::{HOME}:oidc-provider/{ISSUER}"
CORPORATE = f"arn:aws:iam::{HOME}:saml-provider/corporate"
COGNITO = "cognito-identity.amazonaws.com"
ROLE = arn("role", "deploy")
WEB, SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"


def lets(
    condition: Any = None, action: Any = WEB, federated: str = HOST, effect: str = "Allow"
) -> dict[str, Any]:
    found = {"Effect": effect, "Principal": {"Federated": federated}, "Action": action}
    return found if condition is None else {**found, "Condition": condition}


def subjects(*statements: dict[str, Any], beside: tuple[Any, ...] = ()) -> dict[str, str]:
    """The subjects that read, with the certainty of each; without the provider's name."""
    return {
        name.partition("#")[2]: one.certainty for name, one in answers(*statements, beside=beside).items()
    }


def answers(*statements: dict[str, Any], beside: tuple[Any, ...] = ()) -> dict[str, Answer]:
    reader = role("deploy", allow("s3:GetObject", f"{STORE}/*"), trust=document(*statements))
    found = build(estate(reader, store(), *beside)).who_can(AccessKind.READ, STORE).answers
    return {one.principal: one for one in found if "#" in one.principal}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, {"*": "certain"}),
        ({"StringLike": {SUB: "repo:a/*"}}, {"repo:a/*": "certain"}),
        ({"StringEquals": {SUB: "repo:a/b:ref:refs/heads/main"}}, {"repo:a/b:ref:refs/heads/main": "certain"}),
        ({"StringLike": {SUB: ["repo:a/*", "repo:b/*"]}}, {"repo:a/*": "certain", "repo:b/*": "certain"}),
        ({"StringEquals": {SUB: "repo:a/*"}}, {}),
        ({"StringEquals": {SUB: ["repo:a/*", "repo:a/b:ref:x"]}}, {"repo:a/b:ref:x": "certain"}),
        ({"ForAllValues:StringLike": {SUB: "repo:a/*"}}, {"repo:a/*": "certain"}),
        ({"ForAnyValue:StringLike": {SUB: "repo:a/*"}}, {"repo:a/*": "certain"}),
        ({"StringLikeIfExists": {SUB: "repo:a/*"}}, {"repo:a/*": "certain"}),
        ({"Null": {SUB: "true"}}, {}),
        ({"Null": {SUB: "false"}}, {"*": "certain"}),
        ({"StringNotLike": {SUB: "repo:a/*"}}, {"*": "conditional"}),
        ({"StringLike": {SUB: "repo:a/*"}, "StringNotLike": {SUB: "repo:b/*"}}, {"repo:a/*": "certain"}),
        ({"StringLike": {SUB: "repo:a/*"}, "StringNotEquals": {SUB: "repo:a/b"}}, {"repo:a/*": "conditional"}),
        ({"StringLike": {SUB: "repo:a/*"}, "StringNotEquals": {SUB: "repo:a/*"}}, {"repo:a/*": "certain"}),
        ({"StringLike": {SUB: "repo:a/*"}, "ForAnyValue:StringLike": {SUB: "repo:a/b:*"}}, {"repo:a/b:*": "certain"}),
        ({"StringLike": {SUB: "repo:a/*"}, "ForAnyValue:StringLike": {SUB: "*:main"}}, {"repo:a/*": "conditional"}),
        ({"StringLike": {SUB: "repo:a/*"}, "StringEquals": {SUB: "repo:b/x"}}, {}),
        ({"StringLike": {SUB: "repo:a/*", AUD: "sts.*"}}, {"repo:a/*": "certain"}),
        ({"StringLike": {SUB: "repo:a/*", f"{ISSUER}:job_workflow_ref": "a/*"}}, {"repo:a/*": "conditional"}),
        ({"StringLike": {f"{ISSUER}:subscription": "pro"}}, {"*": "conditional"}),
        ({"StringLike": {"gitlab.example.com:sub": "project_path:x/*"}}, {}),
        ({"StringLikeIfExists": {"gitlab.example.com:sub": "project_path:x/*"}}, {"*": "certain"}),
        ({"StringLike": {SUB.upper(): "repo:a/*"}}, {"repo:a/*": "certain"}),
    ],
    ids=str,
)  # fmt: skip
def test_the_engine_says_which_subjects(condition: Any, expected: dict[str, str]) -> None:
    assert subjects(lets(condition)) == expected


def test_a_denial_on_the_subject_counts() -> None:
    wide = lets({"StringLike": {SUB: "repo:a/*"}})
    but = lets({"StringNotLike": {SUB: "repo:a/b:*"}}, effect="Deny")
    assert subjects(wide, but) == {"repo:a/b:*": "certain"}
    one_less = lets({"StringLike": {SUB: "repo:a/c:*"}}, effect="Deny")
    assert subjects(wide, one_less) == {"repo:a/*": "conditional"}
    assert subjects(wide, lets({"StringLike": {SUB: "repo:z/*"}}, effect="Deny")) == {"repo:a/*": "certain"}
    assert subjects(wide, lets(effect="Deny")) == {}


def test_statements_are_alternatives_each_with_its_own_conditions() -> None:
    office = lets({"StringLike": {SUB: "repo:a/*"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    endpoint = lets({"StringLike": {SUB: "repo:b/*"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}})
    found = answers(office, endpoint)
    assert {name.partition("#")[2]: all_worded(one.conditions) for name, one in found.items()} == {
        "repo:a/*": ("only from 203.0.113.0/24",),
        "repo:b/*": ("only through VPC endpoint vpce-1",),
    }
    reasons = {name.partition("#")[2]: one.path[0].because[0].statement for name, one in found.items()}
    assert reasons == {"repo:a/*": "0", "repo:b/*": "1"}


@pytest.mark.parametrize(
    ("action", "let_in"),
    [
        (WEB, True),
        ("sts:*", True),
        ([WEB, "sts:TagSession"], True),
        ("sts:TagSession", False),
        (SAML, False),
        ("sts:AssumeRole", False),
    ],
    ids=str,
)
def test_only_the_action_that_takes_tokens_lets_subjects_in(action: Any, let_in: bool) -> None:
    narrow = {"StringLike": {SUB: "repo:a/*"}}
    assert subjects(lets(narrow, action)) == ({"repo:a/*": "certain"} if let_in else {})
    assert subjects(lets(narrow), lets(action="sts:TagSession")) == {"repo:a/*": "certain"}


def test_tokens_are_for_an_audience_of_the_provider_s_list() -> None:
    def with_list(*audiences: str) -> tuple[Any, ...]:
        return (replace(provider(HOST), audiences=known(audiences)),)

    ours = lets({"StringEquals": {AUD: "sts.amazonaws.com"}})
    assert subjects(ours, beside=with_list("sts.amazonaws.com")) == {"*": "certain"}
    assert subjects(ours, beside=with_list("sts.amazonaws.com", "else")) == {"*": "certain"}
    assert subjects(ours, beside=with_list("else")) == {}
    assert subjects(ours, beside=with_list()) == {"*": "certain"}


def test_a_provider_of_another_account_vouches_for_nobody() -> None:
    elsewhere = HOST.replace(HOME, "222222222222")
    assert subjects(lets(federated=elsewhere)) == {}


def test_a_resource_control_policy_on_the_subject_counts() -> None:
    def guarded(pattern: str) -> tuple[Any, ...]:
        refused = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": WEB,
            "Resource": "*",
            "Condition": {"StringNotLikeIfExists": {SUB: pattern}},
        }
        levels = ((NamedPolicy("p-1", "rcp", document(allow("*", Principal="*"), refused), "customer"),),)
        return (replace(account(HOME), resource_guardrails=known(levels)),)

    wide = lets({"StringLike": {SUB: "repo:a/*"}})
    assert subjects(wide, beside=guarded("repo:a/*")) == {"repo:a/*": "certain"}
    assert subjects(wide, beside=guarded("repo:z/*")) == {}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, {"*": "certain"}),
        ({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, {"*": "certain"}),
        ({"StringEquals": {"SAML:aud": "https://example.com/"}}, {}),
        ({"StringEquals": {"SAML:sub": "somebody"}}, {"somebody": "certain"}),
        ({"StringLike": {"saml:sub": "some*"}}, {"some*": "certain"}),
        ({"StringEquals": {"SAML:sub_type": "persistent"}}, {"*": "conditional"}),
        ({"StringLike": {SUB: "repo:a/*"}}, {}),
    ],
    ids=str,
)
def test_assertions_are_read_as_tokens_are(condition: Any, expected: dict[str, str]) -> None:
    statement = lets(condition, SAML, CORPORATE)
    assert subjects(statement) == expected
    assert all(one.kind == "person" for one in answers(statement).values())


def of_pool(method: Any, operator: str = "ForAnyValue:StringLike") -> dict[str, Any]:
    pool = {"StringEquals": {f"{COGNITO}:aud": "us-east-1:pool"}}
    return lets({**pool, operator: {f"{COGNITO}:amr": method}}, federated=COGNITO)


@pytest.mark.parametrize(
    ("statement", "kind", "certainty"),
    [
        (of_pool("unauthenticated"), "anonymous", "certain"),
        (of_pool("authenticated"), "person", "certain"),
        (of_pool(["authenticated", "unauthenticated"]), "anonymous", "certain"),
        (of_pool("graph.facebook.com"), "person", "conditional"),
        (lets(federated=COGNITO), "anonymous", "certain"),
    ],
    ids=str,
)
def test_guests_of_an_identity_pool_are_anybody(statement: dict[str, Any], kind: str, certainty: str) -> None:
    (found,) = answers(statement).values()
    assert (found.principal, found.kind, found.certainty) == (f"{COGNITO}#*", kind, certainty)


def test_other_sign_in_services_name_their_subjects_in_their_own_words() -> None:
    facebook = "graph.facebook.com"
    named = lets({"StringEquals": {f"{facebook}:id": "123", f"{facebook}:app_id": "9"}}, federated=facebook)
    assert subjects(named) == {"123": "certain"}
    assert subjects(lets({"StringEquals": {f"{facebook}:app_id": "9"}}, federated=facebook)) == {
        "*": "certain"
    }
