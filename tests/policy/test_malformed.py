"""What the provider would refuse is a finding about the policy: never a crash, never an allow."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import USER, allow, ask, deny, document, layers, outcome

from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, Layers, PolicyKind, compile_policy

GOOD = allow("s3:*")


def read(content: Any, kind: PolicyKind = PolicyKind.IDENTITY) -> Any:
    return compile_policy(content, kind=kind, name="p")


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"StringEquals": value}
    return value


BROKEN_DOCUMENTS: list[Any] = [
    "",
    "{",
    "null",
    "[]",
    "5",
    '"text"',
    "{'Version': '2012-10-17'}",
    json.dumps(document(GOOD))[:-1],
    '{"Version":"2012-10-17","Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}',
    "[" * 100_000,
    '{"Statement":' * 50_000,
    None,
    5,
    [],
    {},
    {"Version": "2012-10-17"},
    {"Version": "2012-10-17", "Statement": "Allow"},
    {"Version": "2012-10-17", "Statement": None},
    {"Version": "2013-01-01", "Statement": [GOOD]},
    {"Version": 20121017, "Statement": [GOOD]},
    {"Version": "2012-10-17", "statement": [GOOD]},
    {"Version": "2012-10-17", "Statement": [GOOD], "Extra": 1},
    {"Version": "2012-10-17", "Statement": [GOOD], "Id": b"bytes"},
    deep(100_000),
    document(*[allow("s3:" + "x" * 1000) for _ in range(500)], GOOD),
]


@pytest.mark.parametrize("content", BROKEN_DOCUMENTS, ids=range(len(BROKEN_DOCUMENTS)))
@pytest.mark.parametrize("kind", [PolicyKind.IDENTITY, PolicyKind.RESOURCE])
def test_a_document_that_cannot_be_read_grants_nothing_and_says_so(content: Any, kind: PolicyKind) -> None:
    found = read(content, kind)
    assert [(problem.statement, problem.grants_nothing) for problem in found.problems] == [(None, True)]
    layer = "identity" if kind is PolicyKind.IDENTITY else "resource"
    assert outcome(Layers(**{layer: [found]})) == "denied_implicitly"


BROKEN_STATEMENTS: list[Any] = [
    None,
    "Allow",
    [GOOD],
    {},
    {**GOOD, "Effect": "allow"},
    {**GOOD, "Effect": "Permit"},
    {**GOOD, "Effect": ["Allow"]},
    {**GOOD, "effect": "Allow"},
    {**GOOD, "Sid": 5},
    {**GOOD, "NotAction": "ec2:*"},
    {**GOOD, "NotResource": "arn:aws:s3:::x"},
    {**GOOD, "Principal": "*"},
    {"Effect": "Allow", "Resource": "*"},
    {"Effect": "Allow", "Action": "*"},
    {**GOOD, "Action": []},
    {**GOOD, "Action": {}},
    {**GOOD, "Action": 5},
    {**GOOD, "Action": ["s3:*", 5]},
    {**GOOD, "Action": "s3"},
    {**GOOD, "Action": ":GetObject"},
    {**GOOD, "Action": ""},
    {**GOOD, "Resource": []},
    {**GOOD, "Resource": None},
    {**GOOD, "Resource": ""},
    {**GOOD, "Resource": "models/*"},
    {**GOOD, "Resource": [["*"]]},
    {**GOOD, "Condition": []},
    {**GOOD, "Condition": "Bool"},
    {**GOOD, "Condition": {"Bool": "true"}},
    {**GOOD, "Condition": {"Bool": {"aws:x": {"a": "b"}}}},
    {**GOOD, "Condition": {"Bool": {"aws:x": [["true"]]}}},
    {**GOOD, "Condition": deep(50)},
]


@pytest.mark.parametrize("entry", BROKEN_STATEMENTS, ids=range(len(BROKEN_STATEMENTS)))
def test_a_malformed_statement_never_matches_and_the_others_still_count(entry: Any) -> None:
    found = read({"Version": "2012-10-17", "Statement": [entry, allow("ec2:*", Sid="Other")]})
    assert outcome(Layers(identity=[found])) == "denied_implicitly"
    assert outcome(Layers(identity=[found]), action="ec2:StopInstances", resource="*") == "allowed"
    assert any(problem.grants_nothing for problem in found.problems)


@pytest.mark.parametrize(
    "principal",
    [
        None,
        5,
        [],
        {},
        {"AWS": []},
        {"AWS": 5},
        {"aws": USER},
        {"AWS": [USER, 5]},
        {"Group": "g"},
        {"AWS": {"x": "y"}},
    ],
)
def test_a_malformed_principal_never_matches(principal: Any) -> None:
    found = read(
        {"Version": "2012-10-17", "Statement": [{**GOOD, "Principal": principal}]}, PolicyKind.RESOURCE
    )
    assert outcome(Layers(resource=[found])) == "denied_implicitly"
    assert found.problems[0].grants_nothing


def test_a_resource_policy_must_name_principals() -> None:
    assert outcome(layers(resource=[GOOD])) == "denied_implicitly"
    assert outcome(layers(identity=[allow()], resource=[deny()])) == "unknown"


DENIALS: list[Any] = [
    {**deny(), "Principal": "*"},
    {
        **deny(),
        "Principal": {"AWS": USER},
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    },
    {**deny(), "effect": "x"},
    {**deny(), "Effect": "deny"},
    {**deny(), "Sid": 5},
    {**deny(), "NotAction": "ec2:*"},
    {**deny(), "NotResource": "arn:aws:s3:::x"},
    {**deny(), "Resource": "models/*"},
    {**deny(), "Resource": []},
    {**deny(), "Action": "s3"},
    {**deny(), "Action": ["s3:*", 5]},
    {**deny(), "Condition": {"Foo": [1]}},
    {"Effect": "Deny", "Action": "*"},
    {"Effect": "Deny", "Resource": "*"},
]


@pytest.mark.parametrize("entry", DENIALS, ids=range(len(DENIALS)))
@pytest.mark.parametrize("layer", ["identity", "boundary", "session"])
def test_a_malformed_denial_leaves_the_decision_open(entry: Any, layer: str) -> None:
    kind = PolicyKind(layer)
    found = read({"Version": "2012-10-17", "Statement": [entry, GOOD]}, kind)
    given: dict[str, Any] = {"identity": [read(document(GOOD))]}
    given[layer] = [found]
    decision = ask(Layers(**given))
    assert decision.outcome == "unknown" and len(decision.missing) == 1
    assert any(problem.grants_nothing for problem in found.problems)


def test_a_document_that_is_refused_as_a_whole_still_may_deny() -> None:
    refused = read({"Version": "2013-01-01", "Statement": [deny(), GOOD]})
    assert outcome(Layers(identity=[refused, read(document(GOOD))])) == "unknown"
    assert outcome(Layers(identity=[refused])) == "denied_implicitly"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"Action": "ec2:*", "Resource": "*"},
        {"NotAction": "s3:*", "Resource": "*"},
        {"Action": "*", "Resource": "arn:aws:s3:::other/*"},
        {"Action": "*", "NotResource": "arn:aws:s3:::models*"},
        {"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}},
    ],
    ids=str,
)
def test_a_malformed_denial_of_something_else_changes_nothing(elsewhere: dict[str, Any]) -> None:
    entry = {"Effect": "Deny", "Principal": "*", **elsewhere}
    found = read({"Version": "2012-10-17", "Statement": [entry, GOOD]})
    assert outcome(Layers(identity=[found])) == "allowed"
    of_another = {**deny(), "Principal": {"AWS": "arn:aws:iam::111111111111:user/another"}, "Sid": 5}
    resource = read({"Version": "2012-10-17", "Statement": [of_another]}, PolicyKind.RESOURCE)
    assert outcome(Layers(identity=[read(document(GOOD))], resource=[resource])) == "allowed"


def test_a_resource_control_policy_names_everybody_or_is_malformed() -> None:
    found = read(document(deny(Principal={"AWS": USER})), PolicyKind.RCP)
    assert found.problems[0].grants_nothing


def test_what_is_odd_is_said_without_keeping_it_from_granting() -> None:
    odd = read(
        document(allow("s3:*", "arn:aws:s3:::models/${aws:username}", Sid="A"), allow(Sid="A"), version=None)
    )
    assert {problem.message.split(" ")[-1] for problem in odd.problems} == {"resolve", "statements"}
    assert outcome(Layers(identity=[odd])) == "allowed"


def test_text_percent_encoded_text_and_objects_read_the_same() -> None:
    content = document(GOOD)
    for form in (content, json.dumps(content), json.dumps(content, indent=2), quote(json.dumps(content))):
        assert outcome(Layers(identity=[read(form)])) == "allowed"


def test_equal_documents_are_compiled_once_in_a_memory() -> None:
    def compiled(name: str, memory: Memory) -> CompiledPolicy:
        return compile_policy(document(GOOD), kind=PolicyKind.IDENTITY, name=name, memory=memory)

    memory = Memory()
    assert compiled("p", memory) is compiled("p", memory)
    assert compiled("p", memory).document is compiled("q", memory).document
    assert compiled("p", memory).document is not compiled("p", Memory()).document


def test_thousands_of_wildcards_are_no_matter() -> None:
    found = read(document(*[allow("s3:" + "*a" * 200, "arn:aws:s3:::" + "*?b" * 200) for _ in range(60)]))
    decision = ask(
        Layers(identity=[found]), action="s3:" + "a" * 500, resource="arn:aws:s3:::" + "b" * 1000 + "*"
    )
    assert decision.outcome in {"allowed", "denied_implicitly"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["Allow", "Deny", "*", "s3:*", USER, "arn:aws:s3:::models/*", "${aws:username}", "true", "2012-10-17"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Version",
                    "Statement",
                    "Effect",
                    "Action",
                    "NotAction",
                    "Resource",
                    "NotResource",
                    "Principal",
                    "NotPrincipal",
                    "Condition",
                    "Sid",
                    "AWS",
                    "Service",
                    "StringLike",
                    "Bool",
                    "Null",
                    "aws:username",
                    "ForAnyValue:StringEquals",
                    "IpAddressIfExists",
                    "ArnLike",
                    "DateLessThan",
                    "NumericEquals",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(json_values, st.sampled_from(list(PolicyKind)), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_document_breaks_the_engine(content: Any, kind: PolicyKind, unknown: bool) -> None:
    found = read(content, kind)
    layer = {"trust": "resource"}.get(kind.value, kind.value)
    given_layers = {layer: [[found]] if layer in {"scp", "rcp"} else [found]}
    decision = ask(Layers(**given_layers), unknown=unknown)
    if layer not in {"identity", "resource"}:
        assert not decision.may_be_allowed


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read(text).problems


values = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.text(max_size=4), max_size=3),
)


@given(
    st.sampled_from(
        [
            "StringEquals",
            "StringLike",
            "NumericLessThan",
            "DateGreaterThan",
            "Bool",
            "BinaryEquals",
            "IpAddress",
            "ArnLike",
            "Null",
            "ForAllValues:StringNotLike",
            "ForAnyValue:NumericEqualsIfExists",
        ]
    ),
    values,
    values,
)
@settings(max_examples=250, deadline=None)
def test_no_value_breaks_an_operator(operator: str, wanted: Any, given_value: Any) -> None:
    entry = allow(Condition={operator: {"aws:x": wanted}})
    decision = ask(layers(identity=[entry]), context={"aws:x": given_value})
    assert decision.outcome in {"allowed", "denied_implicitly"}
