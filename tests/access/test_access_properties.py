"""Properties over random small estates: the graph agrees with trying everything; denials and cuts only ever close."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from brute_force import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_estates import (
    HOME,
    STORE,
    allow,
    arn,
    boundary,
    deny,
    estate,
    group,
    inline,
    keys,
    known,
    role,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, build
from weightguard.estate.model import Estate

NAMES = ("a", "b", "c")
USERS, ROLES = [arn("user", one) for one in NAMES], [arn("role", one) for one in NAMES]
FUNCTION = f"arn:aws:lambda:us-east-1:{HOME}:function:code"
ON_USERS = [
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:UpdateLoginProfile",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:CreateUser",
]
ON_ROLES = [
    "sts:AssumeRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:CreateRole",
]
ON_GROUPS = ["iam:AddUserToGroup", "iam:PutGroupPolicy"]
ELSEWHERE = ["lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode", "s3:GetObject"]
WIDE = ["*", f"arn:aws:iam::{HOME}:user/*", f"arn:aws:iam::{HOME}:role/b*"]


@st.composite
def statements(draw: st.DrawFn, most: int = 2) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(("users", "roles", "groups", "elsewhere")))
        actions = {"users": ON_USERS, "roles": ON_ROLES, "groups": ON_GROUPS, "elsewhere": ELSEWHERE}[kind]
        resources = {
            "users": [*USERS, *WIDE],
            "roles": [*ROLES, *WIDE],
            "groups": [arn("group", "g"), "*"],
            "elsewhere": ["*", f"{STORE}/*", FUNCTION],
        }[kind]
        chosen = draw(st.lists(st.sampled_from(actions), min_size=1, max_size=3, unique=True))
        found.append(allow(chosen, draw(st.sampled_from(resources))))
    return found


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    def limits() -> dict[str, Any]:
        if draw(st.integers(0, 3)):
            return {}
        return {
            "boundary": boundary(
                allow(
                    draw(
                        st.lists(
                            st.sampled_from(["iam:*", "sts:*", "s3:*", "lambda:*"]), min_size=1, max_size=3
                        )
                    )
                )
            )
        }

    def denied(owner: str) -> tuple[Any, ...]:
        if draw(st.integers(0, 3)):
            return ()
        return (
            inline(
                owner,
                deny(draw(st.sampled_from(["s3:GetObject", "iam:*", "sts:AssumeRole", "iam:PassRole"]))),
                name="denies",
            ),
        )

    trusts = st.sampled_from(
        [f"arn:aws:iam::{HOME}:root", *USERS, *ROLES, {"Service": "lambda.amazonaws.com"}]
    )
    things: list[Any] = [group("g", *draw(statements(1))), store()]
    for name in NAMES:
        things.append(
            user(
                name,
                *draw(statements()),
                attached=denied(arn("user", name)),
                groups=known((arn("group", "g"),) if draw(st.booleans()) else ()),
                credentials=keys(draw(st.integers(0, 2))),
                console_password=known(draw(st.booleans())),
                **limits(),
            )
        )
        trusted = trusting(*draw(st.lists(trusts, min_size=1, max_size=2)))
        things.append(
            role(name, *draw(statements()), trust=trusted, attached=denied(arn("role", name)), **limits())
        )
    if draw(st.booleans()):
        things.append(workload(FUNCTION, "lambda", "function", draw(st.sampled_from(ROLES))))
    return estate(*things)


def readers(found: Estate) -> set[str]:
    answers = build(found).who_can(AccessKind.READ, STORE).answers
    return {
        answer.principal for answer in answers if ":user/" in answer.principal or ":role/" in answer.principal
    }


def direct_readers(found: Estate) -> set[str]:
    answers = build(found).who_can(AccessKind.READ, STORE).answers
    return {answer.principal for answer in answers if answer.direct and ":lambda:" not in answer.principal}


BOUNDED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@settings(BOUNDED, max_examples=12)
@given(estates())
def test_the_graph_agrees_with_trying_everything(found: Estate) -> None:
    assert readers(found) == World(found).readers()
    assert direct_readers(found) == World(found).direct_readers()


@pytest.mark.slow
@BOUNDED
@given(estates())
def test_the_graph_finds_exactly_those_whom_trying_everything_finds(found: Estate) -> None:
    assert readers(found) == World(found).readers()


@pytest.mark.slow
@BOUNDED
@given(
    estates(),
    st.sampled_from([*USERS, *ROLES]),
    st.sampled_from(["s3:GetObject", "iam:*", "sts:*", "lambda:*", "iam:PassRole", "*"]),
)
def test_adding_a_deny_never_adds_a_path(found: Estate, owner: str, action: str) -> None:
    def denying(principal: Any) -> Any:
        if principal.id != owner:
            return principal
        return replace(
            principal, policies=known((*principal.policies.value, inline(owner, deny(action), name="more")))
        )

    less = replace(
        found, principals=replace(found.principals, items=tuple(denying(one) for one in found.principals))
    )
    assert readers(less) <= readers(found)
