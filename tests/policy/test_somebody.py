"""Somebody of whom only the account is known, against everybody whom that could be: allowed where some one of them is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from weightguard.policy.aws import (
    Bounds,
    Layers,
    Outcome,
    PolicyKind,
    Principal,
    Request,
    compile_policy,
    decide,
    parse_principal,
    somebody,
)

OTHER, OURS = "999999999999", "111111111111"
BUCKET = "arn:aws:s3:::b/k"
BOUNDS = Bounds(OTHER, frozenset({OURS}), frozenset({"o-own"}), frozenset({"AROAOURS"}))
EVERYTHING = compile_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    kind=PolicyKind.IDENTITY,
    name="own",
)
TESTS: tuple[dict[str, Any], ...] = (
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/ci-*"}},
    {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OURS}:role/ci-1"}},
    {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OURS}:role/ci-1"}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
    {"StringNotEquals": {"aws:PrincipalType": ["User", "AssumedRole"]}},
    {"StringLike": {"aws:username": "b*"}},
    {"StringLikeIfExists": {"aws:username": "x*"}},
    {"Null": {"aws:username": "true"}},
    {"StringLike": {"aws:userid": "AROATHEIRS:*"}},
    {"StringNotLike": {"aws:userid": ["AROA*", "AIDA*"]}},
    {"StringEquals": {"aws:userid": OTHER}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-own"}},
    {"StringNotEquals": {"aws:PrincipalOrgID": "o-own"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-own"}},
    {"StringEquals": {"aws:PrincipalOrgID": ["o-own", "o-theirs"]}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-theirs/*"}},
    {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-own/*"}},
    {"StringEquals": {"aws:PrincipalAccount": OTHER}},
    {"StringNotEquals": {"aws:PrincipalAccount": OTHER}},
    {"StringLike": {"aws:PrincipalAccount": "99*"}},
)


def theirs() -> Iterator[tuple[Principal, dict[str, Any]]]:
    """Callers of the account of every type, in an organisation of theirs and in none."""
    names = ("user/bob", "user/x1", "role/ci-1", "role/other", "root")
    ids = {"user/bob": "AIDABOB", "user/x1": "AIDAX", "role/ci-1": "AROATHEIRS", "role/other": "AROAOTHER"}
    callers = [parse_principal(f"arn:aws:iam::{OTHER}:{name}", unique_id=ids.get(name)) for name in names]
    callers.append(parse_principal(f"arn:aws:sts::{OTHER}:federated-user/fred"))
    for caller, organisation in product(callers, (None, "o-theirs")):
        own: dict[str, Any] = {
            "aws:PrincipalOrgID": organisation,
            "aws:PrincipalOrgPaths": [f"{organisation}/r-1/"] if organisation else None,
        }
        if caller.unique_id is not None and caller.is_session:
            own["aws:userid"] = f"{caller.unique_id}:session"
        yield caller, own


def allowed(caller: Principal, policy: Any, own: dict[str, Any], *, unknown: bool) -> Outcome:
    compiled = compile_policy(policy, kind=PolicyKind.RESOURCE, name="bucket policy")
    layers = Layers(identity=[EVERYTHING], session=[EVERYTHING], resource=[compiled])
    request = Request(caller, "s3:GetObject", BUCKET, OURS, own, assume_unknown=unknown)
    return decide(request, layers).outcome


def statement(effect: str, principal: Any, condition: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": condition,
    }


@pytest.mark.parametrize("principal", ["*", {"AWS": OTHER}], ids=["everybody", "account"])
@pytest.mark.parametrize("condition", TESTS, ids=lambda one: str(one)[:60])
def test_somebody_may_where_one_of_those_whom_it_could_be_may(principal: Any, condition: Any) -> None:
    anyone = somebody(OTHER, BOUNDS)
    for denied in (None, *TESTS):
        statements = [statement("Allow", principal, condition)]
        statements += [] if denied is None else [statement("Deny", "*", denied)]
        policy = {"Version": "2012-10-17", "Statement": statements}
        outcomes = {allowed(caller, policy, own, unknown=False) for caller, own in theirs()}
        found = allowed(anyone, policy, {}, unknown=True)
        possible = found in (Outcome.ALLOWED, Outcome.UNKNOWN)
        if Outcome.ALLOWED in outcomes:
            assert possible, (condition, denied)
        if found is Outcome.ALLOWED:
            assert outcomes == {Outcome.ALLOWED}, (condition, denied)


UNMET: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:PrincipalOrgID": "o-own"}},
    {"StringEquals": {"aws:PrincipalAccount": OURS}},
    {"StringLike": {"aws:userid": "AROAOURS:*"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OURS}:*"}},
    {"Null": {"aws:PrincipalAccount": "true"}},
    {"StringEquals": {"aws:PrincipalType": "User"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    {"StringEquals": {"aws:username": "bob"}, "StringLike": {"aws:userid": "AROA*"}},
    {"StringEquals": {"aws:username": "bob", "aws:PrincipalType": "AssumedRole"}},
    {"Null": {"aws:username": "true"}, "StringEquals": {"aws:PrincipalType": "User"}},
)


@pytest.mark.parametrize("account", [OTHER, None])
@pytest.mark.parametrize("condition", UNMET, ids=lambda one: str(one)[:70])
def test_what_no_such_caller_meets_is_no_condition_but_a_denial(account: str | None, condition: Any) -> None:
    bounds = Bounds(account, BOUNDS.accounts, BOUNDS.organisations, BOUNDS.ids)
    policy = {"Version": "2012-10-17", "Statement": [statement("Allow", "*", condition)]}
    assert allowed(somebody(account, bounds), policy, {}, unknown=True) is Outcome.DENIED_IMPLICITLY


def test_an_anonymous_caller_has_a_user_id_of_its_own() -> None:
    def lets(user_id: str) -> Outcome:
        condition = {"StringEquals": {"aws:userid": user_id}}
        policy = {"Version": "2012-10-17", "Statement": [statement("Allow", "*", condition)]}
        return allowed(parse_principal("*"), policy, {}, unknown=True)

    assert lets("anonymous") is Outcome.ALLOWED
    assert lets(OTHER) is Outcome.DENIED_IMPLICITLY
