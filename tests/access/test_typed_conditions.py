"""Conditions are values: decided on by comparing them, worded once, for whoever prints."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_estates import STORE, allow, arn, document, estate, store, user

import weightguard
from weightguard.access import AccessKind, Answer, build
from weightguard.access.aws.identities.condition_keys import confines, kind_of_key, of_formula
from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.wording import all_worded, worded
from weightguard.policy.aws import Condition as ContextTest
from weightguard.policy.aws import any_of

READER = arn("user", "reader")
OBJECTS = f"{STORE}/*"
SOURCE = Path(weightguard.__file__).parent
PRINTS = {"access/serial.py", "assess/picture.py", "assess/protocol.py", "cli/access.py"}
"""The modules that print answers."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text())


def imports(tree: ast.AST) -> set[str]:
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def wordings(name: str, tree: ast.AST) -> list[str]:
    """Where a module takes what the wording says for more than text to print."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if called in ("worded", "all_worded", "in_words"):
            parent = parents[node]
            if isinstance(parent, ast.Compare | ast.Attribute | ast.Subscript | ast.BoolOp | ast.If):
                found.append(f"{name}:{node.lineno}")
    return found


def test_only_what_prints_answers_words_conditions() -> None:
    users = {
        name
        for name, tree in modules()
        for one in imports(tree)
        if one.startswith("weightguard.access.wording.")
    }
    assert users == PRINTS
    of_the_engine = {
        name
        for name, tree in modules()
        if {"weightguard.policy.aws.in_words", "weightguard.policy.aws.words.in_words"} & imports(tree)
    }
    assert of_the_engine == {"policy/providers.py", "policy/aws/__init__.py", "policy/aws/explain.py"}
    asking = {name for name, tree in modules() if "weightguard.policy.providers.in_words" in imports(tree)}
    assert asking == {"access/wording.py"}


def test_nothing_is_decided_by_what_a_wording_says() -> None:
    assert [one for name, tree in modules() for one in wordings(name, tree)] == []


@pytest.mark.parametrize(
    "text", ['"x" in worded(one)', "worded(one).startswith('only')", "all_worded(two)[0]"]
)
def test_a_decision_on_words_would_be_seen(text: str) -> None:
    assert wordings("module", ast.parse(text)) == ["module:1"]


def test_every_matter_has_words() -> None:
    for matter in Matter:
        assert worded(Condition(ConditionKind.STATE, matter, ("a", "b", "c")))


def test_two_conditions_that_read_alike_are_said_once() -> None:
    both = [Condition(ConditionKind.STATE, Matter.SSH, (name,)) for name in ("one", "two")]
    assert all_worded(both) == ("the network must let SSH through to the instance",)


def test_text_of_a_policy_with_braces_is_printed_as_it_is() -> None:
    odd = Condition(ConditionKind.IDENTITY, Matter.MEMBER, ("o-{0}:{1}",))
    assert worded(odd) == "only by a member of organization o-{0}:{1} that no snapshot covers"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("aws:SourceIp", ConditionKind.NETWORK),
        ("aws:PrincipalArn", ConditionKind.IDENTITY),
        ("aws:PrincipalTag/team", ConditionKind.TAG),
        ("s3:ExistingObjectTag/team", ConditionKind.TAG),
        ("aws:MultiFactorAuthPresent", ConditionKind.SESSION),
        ("aws:CurrentTime", ConditionKind.TIME),
        ("aws:SourceArn", ConditionKind.SERVICE),
        ("token.actions.githubusercontent.com:sub", ConditionKind.CLAIM),
        ("SAML:aud", ConditionKind.CLAIM),
        ("aws:ResourceOrgID", ConditionKind.RESOURCE),
        ("aws:SecureTransport", ConditionKind.REQUEST),
    ],
)
def test_a_context_key_says_what_kind_of_thing_it_tells(key: str, kind: ConditionKind) -> None:
    assert kind_of_key(key) is kind


def test_alternatives_confine_when_each_of_them_does() -> None:
    address = ContextTest("aws:SourceIp", "IpAddress", ("10.0.0.0/8",))
    endpoint = ContextTest("aws:SourceVpce", "StringEquals", ("vpce-1",))
    team = ContextTest("aws:PrincipalTag/team", "StringEquals", ("only from partner",))
    assert confines(of_formula(any_of([address, endpoint])))
    assert not confines(of_formula(any_of([address, team])))


NOBODY_CONFINED: list[dict[str, Any]] = [
    {"StringEquals": {"custom:team": "only from partner"}},
    {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Null": {"aws:SourceVpce": "false"}},
    {"StringLike": {"aws:SourceVpce": "vpce-*"}},
    {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
]
CONFINED: list[dict[str, Any]] = [
    {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    {"StringLike": {"aws:SourceVpce": "vpce-0a*"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/2"]}},
    {"StringEquals": {"aws:SourceVpc": "vpc-1", "custom:team": "ml"}},
]
ANYWHERE: list[dict[str, Any]] = [
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"IpAddress": {"aws:SourceIp": ["::/0", "203.0.113.0/24"]}},
]


def public(condition: dict[str, Any]) -> Any:
    return store(policy=document(allow("s3:GetObject", OBJECTS, Principal="*", Condition=condition)))


def asked(access: AccessKind, condition: dict[str, Any], who: Any = None) -> dict[str, Answer]:
    things = who or [user("reader", allow("s3:GetObject", OBJECTS, Condition=condition)), store()]
    return {one.principal: one for one in build(estate(*things)).who_can(access, STORE).answers}


@pytest.mark.parametrize("condition", [*NOBODY_CONFINED, *ANYWHERE], ids=str)
def test_who_is_tied_to_no_network_takes_what_it_reads(condition: dict[str, Any]) -> None:
    assert READER in asked(AccessKind.COPY, condition)


@pytest.mark.parametrize("condition", CONFINED, ids=str)
def test_who_is_tied_to_a_network_reads_but_does_not_take(condition: dict[str, Any]) -> None:
    assert READER in asked(AccessKind.READ, condition)
    assert READER not in asked(AccessKind.COPY, condition)


@pytest.mark.parametrize("condition", ANYWHERE, ids=str)
def test_an_address_that_may_be_any_is_no_condition(condition: dict[str, Any]) -> None:
    answer = asked(AccessKind.READ, condition, [public(condition)])["*"]
    assert (answer.kind, answer.certainty, answer.conditions) == ("anonymous", "certain", ())
    narrow = [public(CONFINED[3])]
    assert asked(AccessKind.READ, condition, narrow)["*"].certainty == "conditional"
