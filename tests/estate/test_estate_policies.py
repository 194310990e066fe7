"""A policy that cannot be understood is unknown, never absent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from estates import estate, ok
from test_estate_facts import bucket

from weightguard.access import AccessKind, build
from weightguard.access.cut import is_kept
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import Estate, NamedPolicy

DEEP = json.dumps({"Statement": [{"Effect": "Allow", "Condition": 0}]})


def with_policy(policy: Any) -> Estate:
    return estate(bucket(GetBucketPolicy=ok({"Policy": policy})))


def read(policy: Any) -> Fact[NamedPolicy | None]:
    return with_policy(policy).stores.items[0].policy


@pytest.mark.parametrize(
    "policy",
    [
        "{{{",
        "[" * 5000,
        "[" * 100_000,
        '{"Statement":' * 500 + "[]" + "}" * 500,
        DEEP.replace("0", "[" * 80 + "]" * 80),
        "null",
        "[]",
        '"x"',
        "7",
        "{}",
        '{"Version": "2012-10-17"}',
        '{"Statement": "x"}',
        '{"Statement": null}',
        '{"Statement": ["x"]}',
        "x" * 2_000_000,
        json.dumps({"Statement": [], "Id": "x" * 20_480}),
        {"Statement": [], "Id": "x" * 20_480},
        ["x"],
        {"redacted": True, "bytes": 3},
    ],
    ids=lambda policy: repr(policy)[:30],
)
def test_what_is_no_policy_is_unknown(policy: Any) -> None:
    found = read(policy)
    assert isinstance(found, Unknown)
    assert (found.reason, found.source.call) == (Reason.MALFORMED, "s3:GetBucketPolicy")


@pytest.mark.parametrize(
    "policy",
    [
        '{"Version": "2012-10-17", "Statement": []}',
        '{"Statement": {"Effect": "Allow"}}',
        '{"Statement": [{"Effect": "Allow"}]}',
        "%7B%22Statement%22%3A%5B%5D%7D",
        {"Statement": []},
    ],
)
def test_what_has_statements_or_an_empty_list_of_them_is_a_policy(policy: Any) -> None:
    found = read(policy)
    assert isinstance(found, Known)
    assert found.value is not None


@pytest.mark.parametrize("policy", ["{{{", "[" * 5000, "null"])
def test_every_question_about_a_store_whose_policy_is_rubbish_has_an_answer_with_a_gap(policy: str) -> None:
    things = with_policy(policy)
    store = things.stores.items[0].id
    access = build(things)
    for kind in AccessKind:
        found = access.who_can(kind, store)
        assert not found.complete
        assert "s3:GetBucketPolicy malformed" in {gap.words() for gap in found.gaps}
        assert all(is_kept(answer) for answer in found.answers)
        assert not access.cut(store, kind).complete
