"""The Condition element. IAM User Guide, "Condition operators", "Conditions with multiple context keys or values"."""

from __future__ import annotations

from typing import Any

import pytest
from policies import allow, ask, deny, layers, matches


def met(operator: str, value: Any, given: Any = ..., key: str = "aws:x") -> bool:
    """Whether one condition holds; without `given` the key is absent."""
    context = {} if given is ... else {key: given}
    return matches(allow(Condition={operator: {key: value}}), context=context)


@pytest.mark.parametrize(
    ("operator", "value", "given", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", "", "", True),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", "a", "a", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "Abc", "aBC", True),
        ("StringNotEqualsIgnoreCase", "Abc", "aBC", False),
        ("StringNotEqualsIgnoreCase", "Abc", "x", True),
        ("StringLike", "a*c", "abbc", True),
        ("StringLike", "a?c", "abc", True),
        ("StringLike", "a?c", "ac", False),
        ("StringLike", "A*", "abc", False),
        ("StringLike", "*", "", True),
        ("StringLike", ["x", "ab*"], "abc", True),
        ("StringNotLike", "a*", "abc", False),
        ("StringNotLike", ["a*", "b*"], "c", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, 10, True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericNotEquals", ["10", "11"], "11", False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThan", "10", "9.99", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "100", True),
        ("NumericGreaterThan", "10", "9", False),
        ("NumericGreaterThanEquals", "-5", "-5", True),
        ("NumericEquals", "10", "ten", False),
        ("NumericNotEquals", "10", "ten", False),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", True),
        ("DateGreaterThan", "2026", "2026-06-01", True),
        ("DateGreaterThanEquals", "2026-01", "2026-01-01", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "soon", False),
        ("Bool", "true", "true", True),
        ("Bool", "true", "True", True),
        ("Bool", True, True, True),
        ("Bool", "true", False, False),
        ("Bool", "false", "false", True),
        ("Bool", "true", "yes", False),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "BinaryValueInBase64", True),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("IpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.7", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", False),
        ("IpAddress", "203.0.113.0/24", "2001:db8::1", False),
        ("IpAddress", "0.0.0.0/0", "198.51.100.1", True),
        ("IpAddress", "203.0.113.0/24", "nowhere", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1", False),
        ("ArnEquals", "arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sns:us-east-1:111111111111:t", True),
        ("ArnEquals", "arn:aws:sns:*:111111111111:*", "arn:aws:sns:us-east-1:111111111111:t", True),
        ("ArnLike", "arn:aws:sns:*:111111111111:t?p", "arn:aws:sns:eu-west-1:111111111111:top", True),
        ("ArnLike", "arn:aws:iam::111111111111:role/*", "arn:aws:iam::111111111111:role/a/b", True),
        ("ArnLike", "arn:aws:iam::111111111111:role/*", "arn:aws:iam::111111111111:Role/a", False),
        ("ArnLike", "*", "arn:aws:iam::111111111111:role/a", True),
        ("ArnNotEquals", "arn:aws:iam::111111111111:role/a", "arn:aws:iam::111111111111:role/b", True),
        ("ArnNotLike", "arn:aws:iam::111111111111:role/*", "arn:aws:iam::111111111111:role/b", False),
        ("ArnLike", "arn:aws:iam::111111111111:role/a", "not an arn", False),
    ],
)
def test_operators(operator: str, value: Any, given: Any, expected: bool) -> None:
    assert met(operator, value, given) is expected


def test_arn_operators_check_the_six_parts_separately() -> None:
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    assert met("StringLike", pattern, value)
    assert not met("ArnLike", pattern, value)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("StringEquals", "a", False),
        ("StringLike", "*", False),
        ("StringNotEquals", "a", True),
        ("StringNotLike", "*", True),
        ("NumericEquals", "1", False),
        ("NumericNotEquals", "1", True),
        ("DateLessThan", "2026-01-01", False),
        ("DateNotEquals", "2026-01-01", True),
        ("Bool", "false", False),
        ("Bool", "true", False),
        ("IpAddress", "0.0.0.0/0", False),
        ("NotIpAddress", "10.0.0.0/8", True),
        ("ArnLike", "*", False),
        ("ArnNotLike", "arn:aws:iam::111111111111:role/a", True),
        ("BinaryEquals", "QQ==", False),
        ("StringEqualsIfExists", "a", True),
        ("StringNotEqualsIfExists", "a", True),
        ("StringLikeIfExists", "a", True),
        ("NumericLessThanIfExists", "1", True),
        ("BoolIfExists", "true", True),
        ("IpAddressIfExists", "10.0.0.0/8", True),
        ("ArnLikeIfExists", "arn:aws:iam::111111111111:role/a", True),
        ("Null", "true", True),
        ("Null", "false", False),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAllValues:StringNotEquals", "a", True),
        ("ForAnyValue:StringEquals", "a", False),
        ("ForAnyValue:StringNotEquals", "a", False),
        ("ForAnyValue:StringEqualsIfExists", "a", True),
        ("ForAllValues:StringEqualsIfExists", "a", True),
    ],
)
def test_absent_key(operator: str, value: str, expected: bool) -> None:
    assert met(operator, value) is expected


@pytest.mark.parametrize(
    ("operator", "value", "given", "expected"),
    [
        ("StringEqualsIfExists", "a", "a", True),
        ("StringEqualsIfExists", "a", "b", False),
        ("StringNotEqualsIfExists", "a", "a", False),
        ("BoolIfExists", "true", "false", False),
        ("Null", "true", "x", False),
        ("Null", "false", "x", True),
        ("Null", False, "x", True),
        ("Null", True, None, True),
        ("Null", "true", [], True),
    ],
)
def test_present_key(operator: str, value: Any, given: Any, expected: bool) -> None:
    assert met(operator, value, given) is expected


@pytest.mark.parametrize(
    ("operator", "values", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a", "b"], "a", True),
        ("ForAllValues:StringEquals", ["a", "b"], [], True),
        ("ForAllValues:StringEquals", ["a"], "", True),
        ("ForAllValues:StringLike", ["a*", "b"], ["ax", "ay"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "a"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "d"], False),
        ("ForAnyValue:StringEquals", ["a"], [], False),
        ("ForAnyValue:StringEquals", [""], "", False),
        ("ForAnyValue:StringLike", ["o-1/r-1/*"], ["o-1/r-1/ou-2/"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
        ("ForAnyValue:NumericGreaterThan", ["5"], ["1", "9"], True),
        ("ForAllValues:NumericGreaterThan", ["5"], ["1", "9"], False),
        ("ForAnyValue:IpAddress", ["10.0.0.0/8"], ["192.0.2.1", "10.1.1.1"], True),
        ("ForAllValues:ArnLike", ["arn:aws:iam::*:role/*"], ["arn:aws:iam::1:role/a"], True),
        ("forallvalues:stringequals", ["a"], ["a"], True),
    ],
)
def test_set_operators(operator: str, values: list[str], given: Any, expected: bool) -> None:
    assert met(operator, values, given) is expected


def test_a_key_with_several_values_needs_a_set_operator() -> None:
    assert not met("StringEquals", ["a", "b"], ["a", "b"])
    assert met("StringEquals", ["a", "b"], ["a"])


def test_operators_and_keys_are_joined_by_and() -> None:
    condition = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    full = {"aws:a": "1", "aws:b": "2", "aws:c": "true"}
    assert matches(allow(Condition=condition), context=full)
    for key in full:
        assert not matches(allow(Condition=condition), context={**full, key: "no"})


def test_names_of_keys_ignore_case() -> None:
    assert matches(
        allow(Condition={"StringEquals": {"AWS:SourceVpce": "v"}}), context={"aws:sourcevpce": "v"}
    )
    assert matches(
        allow(Condition={"StringEquals": {"aws:PrincipalTag/Team": "ml"}}),
        context={"aws:principaltag/team": "ml"},
    )


def test_a_deny_counts_only_when_its_condition_is_met() -> None:
    given = layers(identity=[allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})])
    assert ask(given, context={"aws:SecureTransport": "true"}).outcome == "allowed"
    assert ask(given, context={"aws:SecureTransport": "false"}).outcome == "denied_explicitly"
    assert ask(given).outcome == "allowed"


def test_empty_condition_is_always_met() -> None:
    assert matches(allow(Condition={}))


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("StringMatches", "a"),
        ("ForSomeValues:StringEquals", "a"),
        ("NullIfExists", "true"),
        ("NumericLessThan", "ten"),
        ("NumericLessThan", "NaN"),
        ("DateLessThan", "tomorrow"),
        ("DateLessThan", "2026-13-01"),
        ("Bool", "maybe"),
        ("BinaryEquals", "not base64!"),
        ("IpAddress", "300.0.0.0/8"),
        ("IpAddress", "10.0.0.0/33"),
        ("ArnLike", "no arn"),
        ("Null", "perhaps"),
        ("StringEquals", {"a": 1}),
        ("StringEquals", None),
    ],
)
@pytest.mark.parametrize(("effect", "beside_an_allow"), [(allow, "allowed"), (deny, "unknown")])
def test_a_malformed_condition_keeps_an_allow_from_matching_and_leaves_a_denial_open(
    operator: str, value: Any, effect: Any, beside_an_allow: str
) -> None:
    from policies import policy

    from weightguard.policy.aws import Layers

    bad = policy(effect(Sid="Bad", Condition={operator: {"aws:x": value}}))
    good = policy(allow(), name="good")
    assert ask(Layers(identity=[bad]), context={"aws:x": "1"}).outcome == "denied_implicitly"
    assert ask(Layers(identity=[bad, good]), context={"aws:x": "1"}).outcome == beside_an_allow
    assert [(problem.statement, problem.grants_nothing) for problem in bad.problems] == [("Bad", True)]
