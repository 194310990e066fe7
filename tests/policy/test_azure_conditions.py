"""Conditions of role assignments: Microsoft's published examples, texts that mean nothing, and where something is not known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.memory import Memory
from weightguard.policy.azure.conditions import Facts, holds
from weightguard.policy.azure.model import Request
from weightguard.policy.azure.syntax import NotACondition, parse
from weightguard.policy.formula import ALWAYS, NEVER

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st"
READ, WRITE = f"{BLOBS}/read", f"{BLOBS}/write"


def request(
    path: str = "readonly/a.txt",
    container: str = "blobs-example-container",
    action: str = READ,
    open: bool = False,
    **context: Any,
) -> Request:
    resource = f"{ACCOUNT}/blobServices/default/containers/{container}/blobs/{path}"
    return Request("ann", action, True, resource, context, open)


def tagging(tags: dict[str, str]) -> Request:
    return request(action=WRITE, suboperation="Blob.Write.WithTagHeaders", request_tags=tags)


def is_true(text: str, asked: Request) -> bool:
    found = holds(text, Facts(asked), Memory())
    assert found in (ALWAYS, NEVER)
    return found is ALWAYS


# Azure Storage documentation, "Example Azure role assignment conditions for Blob Storage".
TAGGED = (
    f"((!(ActionMatches{{'{READ}'}} AND NOT SubOperationMatches{{'Blob.List'}})) OR "
    f"(@Resource[{BLOBS}/tags:Project<$key_case_sensitive$>] StringEquals 'Cascade'))"
)
NEW_TAGS = (
    f"((!(ActionMatches{{'{WRITE}'}} AND SubOperationMatches{{'Blob.Write.WithTagHeaders'}})) OR "
    f"(@Request[{BLOBS}/tags&$keys$&] ForAllOfAnyValues:StringEquals {{'Project', 'Program'}} AND "
    f"@Request[{BLOBS}/tags:Project] StringEquals 'Cascade'))"
)
IN_PATH = (
    f"((!(ActionMatches{{'{READ}'}} AND NOT SubOperationMatches{{'Blob.List'}})) OR "
    "(@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'blobs-example-container' AND "
    f"@Resource[{BLOBS}:path] StringLike 'readonly/*'))"
)
FROM_ENDPOINT = (
    f"((!(ActionMatches{{'{READ}'}})) OR (@Environment[isPrivateLink] BoolEquals true && "
    "@Environment[Microsoft.Network/privateEndpoints] StringEqualsIgnoreCase '/subscriptions/S/pe'))"
)


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (TAGGED, request(resource_tags={"Project": "Cascade"}), True),
        (TAGGED, request(resource_tags={"project": "Cascade"}), False),  # the key's case is told to count
        (TAGGED, request(resource_tags={"Project": "cascade"}), False),
        (TAGGED, request(resource_tags={}), False),
        (TAGGED, request(), False),
        (TAGGED, request(suboperation="Blob.List"), True),
        (TAGGED, request(action=WRITE), True),
        (NEW_TAGS, tagging({"Project": "Cascade"}), True),
        (NEW_TAGS, tagging({"Project": "Cascade", "Secret": "1"}), False),
        (NEW_TAGS, tagging({"Project": "Baker"}), False),
        (NEW_TAGS, request(action=WRITE), True),
        (IN_PATH, request(), True),
        (IN_PATH, request("Ungranted.txt"), False),
        (IN_PATH, request(container="other"), False),
        (FROM_ENDPOINT, request(**{"isPrivateLink": True, "Microsoft.Network/privateEndpoints": "/SUBSCRIPTIONS/s/pe"}), True),
        (FROM_ENDPOINT, request(**{"isPrivateLink": False, "Microsoft.Network/privateEndpoints": "/subscriptions/s/pe"}), False),
        (FROM_ENDPOINT, request(), False),
    ],
)  # fmt: skip
def test_microsoft_s_examples(text: str, asked: Request, expected: bool) -> None:
    assert is_true(text, asked) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Request[a:x] StringNotEquals 'b'", True),
        ("@Request[a:x] StringEquals 'a'", True),
        ("@Request[a:x] StringEquals {'b', 'a'}", True),
        ("@Request[a:x] StringStartsWith 'a'", True),
        ("@Request[a:x] StringNotStartsWith 'a'", False),
        ("@Request[a:x] StringLike '?'", True),
        ("@Request[a:x] StringLike '*b*'", False),
        ("@Request[a:n] NumericGreaterThan 6", True),
        ("@Request[a:n] NumericLessThanEquals 6.5", False),
        ("@Request[a:t] DateTimeLessThan '2027-01-01T00:00:00Z'", True),
        ("@Request[a:t] DateTimeGreaterThan '2027-01-01T00:00:00.0Z'", False),
        ("@Request[a:g] GuidEquals 8E3AF657-A8FF-443C-A75C-2FE8C4BCB635", True),
        ("@Request[a:x] StringEquals @Request[a:y]", True),
        ("@Request[a:many] ForAnyOfAnyValues:StringEquals {'a', 'z'}", True),
        ("@Request[a:many] ForAllOfAnyValues:StringEquals {'a', 'z'}", False),
        ("@Request[a:many] ForAllOfAnyValues:StringEquals {'a', 'b', 'z'}", True),
        ("@Request[a:many] ForAnyOfAllValues:StringEquals {'a', 'b'}", False),
        ("@Request[a:many] ForAllOfAllValues:StringNotEquals {'c'}", True),
        ("@Request[a:many] ForAnyOfAnyValues:StringNotEquals {'a'}", True),
        ("@Request[a:many] ForAllOfAnyValues:StringNotEquals {'a'}", False),
        ("@Request[a:nothing] StringNotEquals 'a'", True),
        ("Exists @Request[a:x]", True),
        ("NOT Exists @Request[a:nothing]", True),
        ("@Request[a:nothing] StringEquals 'a'", False),
        ("@Request[a:x] StringNoSuchThing 'a'", False),
        ("@Request[a:x] StringEquals 'a' || @Request[a:nothing] StringEquals 'a'", True),
        ("!(@Request[a:x] StringEquals 'a') && Exists @Request[a:x]", False),
    ],
)
def test_operators(text: str, expected: bool) -> None:
    context = {
        "a:x": "a", "a:y": "a", "a:n": 7, "a:many": ["a", "b"], "a:t": "2026-11-27T00:00:00Z",
        "a:g": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    }  # fmt: skip
    assert is_true(text, Request("ann", READ, True, ACCOUNT, context)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "", "(", ")", "()", "ActionMatches", "ActionMatches{}", "ActionMatches{'a'", "@Resource[a]", "@Resource[a] StringEquals",
        "@Nobody[a] StringEquals 'a'", "@Resource[a] Quantified:StringEquals 'a'", "'a' StringEquals 'a'", "true", "a && b",
        "(" * 500 + ")" * 500, "!" * 500, "ActionMatches{'a'} ActionMatches{'b'}", "x" * 10_000, "@Resource[a StringEquals 'a'",
    ],
)  # fmt: skip
def test_what_is_no_condition_grants_nothing(text: str) -> None:
    with pytest.raises(NotACondition):
        parse(text)
    assert holds(text, Facts(request()), Memory()) is NEVER


PIECES = st.sampled_from(
    ["(", ")", "!", "NOT ", " AND ", " OR ", "&&", "||", "{", "}", ",", "'a'", "7", "true", "@Resource[a:b] ", "StringEquals ",
     "ForAnyOfAnyValues:StringEquals ", "ActionMatches", "SubOperationMatches", "Exists ", "\\", "\n"]
)  # fmt: skip


@settings(max_examples=300, deadline=timedelta(seconds=1))
@given(st.lists(PIECES, max_size=25).map("".join), st.booleans())
def test_no_text_breaks_the_reader(text: str, open: bool) -> None:
    assert holds(text, Facts(request(open=open)), Memory()) is not None


def test_an_open_condition_names_what_would_settle_it() -> None:
    found = holds(TAGGED, Facts(request(open=True)), Memory())
    assert getattr(found, "needs", ()) == (f"@Resource[{BLOBS}/tags:Project]",)
    assert holds(TAGGED, Facts(request(open=True, action=WRITE)), Memory()) is ALWAYS
    both = f"({TAGGED}) && !({TAGGED})"
    assert holds(both, Facts(request(open=True)), Memory()) is NEVER


@pytest.mark.parametrize("pattern", ["*" * 200 + "a", "?" * 3_000, "*a" * 1_000])
def test_no_pattern_costs_more_than_its_length(pattern: str) -> None:
    asked = request("b" * 1_000)
    assert is_true(f"@Resource[{BLOBS}:path] StringLike '{pattern}'", asked) is False
    assert is_true(f"ActionMatches{{'{pattern}'}}", asked) is False
