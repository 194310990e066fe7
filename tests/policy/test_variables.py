"""Policy variables. IAM User Guide, "IAM policy elements: Variables and tags"."""

from __future__ import annotations

from typing import Any

import pytest
from policies import ACCOUNT, ROLE, ROOT, SESSION, USER, allow, ask, deny, layers, matches

from weightguard.policy.aws import parse_principal

HOME = "arn:aws:s3:::home/"


@pytest.mark.parametrize(
    ("pattern", "resource", "context", "expected"),
    [
        ("${aws:username}/*", "alice/k", {}, True),
        ("${aws:username}/*", "bob/k", {}, False),
        ("${AWS:UserName}/*", "alice/k", {}, True),
        ("${aws:PrincipalTag/team}/*", "ml/k", {"aws:PrincipalTag/team": "ml"}, True),
        ("${aws:PrincipalTag/team}/*", "ml/k", {}, False),
        ("${aws:PrincipalTag/team, 'none'}/*", "none/k", {}, True),
        ("${aws:PrincipalTag/team,'none'}/*", "none/k", {}, True),
        ("${aws:PrincipalTag/team, 'none'}/*", "ml/k", {"aws:PrincipalTag/team": "ml"}, True),
        ("${aws:PrincipalTag/team, 'none'}/*", "none/k", {"aws:PrincipalTag/team": "ml"}, False),
        ("${aws:PrincipalTag/team}/*", "x/k", {"aws:PrincipalTag/team": "*"}, False),
        ("${aws:PrincipalTag/team}/*", "*/k", {"aws:PrincipalTag/team": "*"}, True),
        ("${aws:PrincipalTag/team}/*", "ml/k", {"aws:PrincipalTag/team": ["ml", "ops"]}, False),
        ("a${*}b", "a*b", {}, True),
        ("a${*}b", "axb", {}, False),
        ("a${?}b", "a?b", {}, True),
        ("a${?}b", "axb", {}, False),
        ("a${$}b", "a$b", {}, True),
        ("${aws:username}-${aws:PrincipalAccount}", f"alice-{ACCOUNT}", {}, True),
        ("${aws:username", "${aws:username", {}, True),
        ("${}", "x", {}, False),
    ],
)
def test_in_resources(pattern: str, resource: str, context: dict[str, Any], expected: bool) -> None:
    assert matches(allow("s3:*", HOME + pattern), resource=HOME + resource, context=context) is expected


@pytest.mark.parametrize(
    ("operator", "pattern", "given", "expected"),
    [
        ("StringEquals", "${aws:username}", "alice", True),
        ("StringEquals", "${aws:username}", "bob", False),
        ("StringLike", "${aws:username}/*", "alice/x", True),
        ("StringLike", ["nothing", "${aws:username}/*"], "alice/x", True),
        ("StringNotEquals", "${aws:username}", "bob", True),
        ("StringNotEquals", "${aws:username}", "alice", False),
        ("ArnLike", "arn:aws:iam::*:user/${aws:username}", USER, True),
        ("Bool", "${aws:PrincipalIsAWSService}", "false", True),
        ("StringEquals", "${aws:PrincipalTag/none}", "x", False),
        ("StringEquals", ["${aws:PrincipalTag/none}", "x"], "x", True),
        ("StringNotEquals", "${aws:PrincipalTag/none}", "x", False),
        ("NumericEquals", "1", "1", True),
    ],
)
def test_in_conditions(operator: str, pattern: Any, given: str, expected: bool) -> None:
    entry = allow(Condition={operator: {"aws:x": pattern}})
    assert matches(entry, context={"aws:x": given}) is expected


def test_a_wildcard_in_a_variables_value_is_no_wildcard_in_an_arn() -> None:
    entry = allow(Condition={"ArnLike": {"aws:x": "arn:aws:sqs:us-east-1:${aws:PrincipalTag/a}:q"}})
    given = {"aws:x": "arn:aws:sqs:us-east-1:111111111111:q", "aws:PrincipalTag/a": "*"}
    assert not matches(entry, context=given)
    assert matches(entry, context={**given, "aws:PrincipalTag/a": "111111111111"})


def test_operators_that_take_no_variables_refuse_them() -> None:
    assert not matches(
        allow(Condition={"NumericEquals": {"aws:x": "${aws:y}"}}), context={"aws:x": "1", "aws:y": "1"}
    )


def test_if_exists_saves_a_statement_from_an_unresolved_variable() -> None:
    entry = allow(Condition={"StringEqualsIfExists": {"aws:x": "${aws:TokenIssueTime}"}})
    assert matches(entry)


def test_a_deny_with_an_unresolved_variable_does_not_apply() -> None:
    given = layers(identity=[allow(), deny("s3:*", HOME + "${aws:PrincipalTag/team}/*")])
    assert ask(given, resource=HOME + "ml/k").outcome == "allowed"
    assert (
        ask(given, resource=HOME + "ml/k", context={"aws:PrincipalTag/team": "ml"}).outcome
        == "denied_explicitly"
    )


@pytest.mark.parametrize(
    ("principal", "key", "expected"),
    [
        (USER, "aws:username", "alice"),
        (ROLE, "aws:username", None),
        (USER, "aws:PrincipalArn", USER),
        (SESSION, "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/reader"),
        (ROOT, "aws:PrincipalArn", ROOT),
        (USER, "aws:PrincipalAccount", ACCOUNT),
        (USER, "aws:PrincipalType", "User"),
        (SESSION, "aws:PrincipalType", "AssumedRole"),
        (ROOT, "aws:PrincipalType", "Account"),
        (ROOT, "aws:userid", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/fay", "aws:userid", f"{ACCOUNT}:fay"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/fay", "aws:PrincipalType", "FederatedUser"),
        (USER, "aws:PrincipalIsAWSService", "false"),
        ({"service": "cloudtrail.amazonaws.com"}, "aws:PrincipalIsAWSService", "true"),
        ({"service": "cloudtrail.amazonaws.com"}, "aws:PrincipalServiceName", "cloudtrail.amazonaws.com"),
        ({"service": "cloudtrail.amazonaws.com"}, "aws:PrincipalAccount", None),
        ("*", "aws:PrincipalArn", None),
        (USER, "aws:ResourceAccount", ACCOUNT),
        (USER, "s3:ResourceAccount", ACCOUNT),
    ],
)
def test_keys_that_follow_from_the_principal(principal: Any, key: str, expected: str | None) -> None:
    condition = {"Null": {key: "true"}} if expected is None else {"StringEquals": {key: expected}}
    given = layers(resource=[allow(Principal="*", Condition=condition)])
    decision = ask(given, principal)
    reached = "resource" in {layer for layer, verdict in decision.steps if verdict.allowed_by}
    assert reached


def test_what_the_caller_gives_wins_over_what_follows() -> None:
    entry = allow(
        Condition={"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/path/reader"}}
    )
    given = {"aws:principalarn": "arn:aws:iam::111111111111:role/path/reader"}
    assert ask(layers(identity=[entry]), SESSION, context=given).outcome == "allowed"


def test_user_id_needs_the_unique_id() -> None:
    entry = layers(identity=[allow(Condition={"StringLike": {"aws:userid": "AROAEXAMPLE:*"}})])
    assert ask(entry, SESSION).outcome == "denied_implicitly"
    assert ask(entry, parse_principal(SESSION, unique_id="AROAEXAMPLE")).outcome == "allowed"


def test_known_tags_settle_the_key() -> None:
    entry = layers(identity=[allow(Condition={"StringEquals": {"aws:PrincipalTag/Team": "ml"}})])
    assert ask(entry, parse_principal(USER, tags={"team": "ml"})).outcome == "allowed"
    assert ask(entry, parse_principal(USER, tags={}), unknown=True).outcome == "denied_implicitly"
    assert ask(entry, parse_principal(USER), unknown=True).missing == ("aws:PrincipalTag/Team",)
