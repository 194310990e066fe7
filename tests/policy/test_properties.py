"""What must hold for all policies: more denials never allow more, fewer grants never either, order and spelling do not matter."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from test_oracle import compiled, request

from weightguard.policy.aws import NEVER, Decision, all_of, decide, negation

seeds = st.integers(min_value=0, max_value=2**32)
LIMITS = ("boundary", "session", "vpc_endpoint")


def case(seed: int) -> oracle.Case:
    return oracle.generate(Random(seed))


def decided(one: oracle.Case, *, unknown: bool = False) -> Decision:
    return decide(request(one, unknown=unknown), compiled(one))


def no_wider(narrow: oracle.Case, wide: oracle.Case) -> None:
    """Whatever is allowed in the narrower case is allowed in the wider: known world, and every open one."""
    if decided(narrow).may_be_allowed:
        assert decided(wide).may_be_allowed
    before, after = decided(narrow, unknown=True), decided(wide, unknown=True)
    if all_of([before.conditions, negation(after.conditions)]) is NEVER:
        return
    from test_oracle import true_in, worlds

    for world in worlds(narrow):
        if true_in(before.conditions, world, narrow):
            assert true_in(after.conditions, world, wide)


def documents(one: oracle.Case) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for name, value in one.layers.items():
        for doc in value if isinstance(value, list) else [value]:
            if doc is not None:
                found.append((name, doc))
    return found


@given(seeds, seeds)
@settings(max_examples=120, deadline=None)
def test_adding_a_deny_never_allows_more(seed: int, other: int) -> None:
    wide = case(seed)
    narrow = deepcopy(wide)
    random = Random(other)
    for name, doc in documents(narrow):
        principals = (
            "rcp" if name == "rcp" else narrow.action if name in {"resource", "vpc_endpoint"} else None
        )
        extra = oracle.statement(random, principals)
        extra["Effect"] = "Deny"
        doc["Statement"].insert(0, extra)
    no_wider(narrow, wide)


@given(seeds, seeds)
@settings(max_examples=120, deadline=None)
def test_removing_an_allow_never_adds_access(seed: int, other: int) -> None:
    wide = case(seed)
    narrow = deepcopy(wide)
    random = Random(other)
    for _, doc in documents(narrow):
        allows = [entry for entry in doc["Statement"] if entry["Effect"] == "Allow"]
        if allows and random.random() < 0.5:
            doc["Statement"].remove(random.choice(allows))
    no_wider(narrow, wide)


@given(seeds, seeds)
@settings(max_examples=120, deadline=None)
def test_order_never_matters(seed: int, other: int) -> None:
    one = case(seed)
    shuffled = deepcopy(one)
    random = Random(other)
    for _, doc in documents(shuffled):
        random.shuffle(doc["Statement"])
        for index, entry in enumerate(doc["Statement"]):
            items = list(entry.items())
            random.shuffle(items)
            doc["Statement"][index] = {
                key: sorted(value) if isinstance(value, list) else value for key, value in items
            }
    for unknown in (False, True):
        left, right = decided(one, unknown=unknown), decided(shuffled, unknown=unknown)
        assert left.outcome == right.outcome
        assert left.missing == right.missing


@given(seeds)
@settings(max_examples=120, deadline=None)
def test_equal_policies_decide_equally_however_they_are_written(seed: int) -> None:
    one = case(seed)
    other = deepcopy(one)
    for _, doc in documents(other):
        for entry in doc["Statement"]:
            for element in ("Action", "NotAction"):
                if element in entry:
                    entry[element] = [text.upper() for text in [*entry[element], entry[element][0]]]
            for element in ("Resource", "NotResource"):
                if isinstance(entry.get(element), str):
                    entry[element] = [entry[element]]
            if "Condition" in entry:
                entry["Condition"] = {
                    operator: {
                        key.swapcase() if key != "aws:PrincipalTag/t" else key.upper(): value
                        for key, value in keys.items()
                    }
                    for operator, keys in entry["Condition"].items()
                }
    for unknown in (False, True):
        left, right = decided(one, unknown=unknown), decided(other, unknown=unknown)
        assert (left.outcome, left.by, left.lacking) == (right.outcome, right.by, right.lacking)


@given(seeds, seeds)
@settings(max_examples=120, deadline=None)
def test_narrowing_a_wildcard_of_an_allow_never_widens(seed: int, other: int) -> None:
    wide = case(seed)
    narrow = deepcopy(wide)
    random = Random(other)
    for _, doc in documents(narrow):
        for entry in doc["Statement"]:
            if entry["Effect"] != "Allow":
                continue
            for element in ("Action", "Resource"):
                if element in entry:
                    values = entry[element] if isinstance(entry[element], list) else [entry[element]]
                    entry[element] = [narrowed(value, random) for value in values]
    no_wider(narrow, wide)


def narrowed(pattern: str, random: Random) -> str:
    """The pattern with one wildcard replaced by what it may stand for."""
    if pattern == "*":
        return random.choice(["*", "arn:aws:s3:::m/*"]) if random.random() < 0.5 else pattern
    position = pattern.find("*")
    if position < 0:
        return pattern
    return pattern[:position] + random.choice(["", "a", "?", "a*", "*"]) + pattern[position + 1 :]


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_what_is_allowed_on_one_resource_is_allowed_on_a_pattern_that_holds_it(seed: int) -> None:
    one = case(seed)
    if "/" not in one.resource:
        return
    start, _, _ = one.resource.rpartition("/")
    for pattern in (f"{start}/*", "*", one.resource[:-1] + "?"):
        wide = deepcopy(one)
        wide.resource = pattern
        if decided(one).may_be_allowed:
            assert decided(wide).may_be_allowed
        if decided(wide).outcome == "denied_explicitly":
            assert decided(one).outcome == "denied_explicitly"


@given(seeds)
@settings(max_examples=80, deadline=None)
def test_a_layer_that_limits_never_adds_access(seed: int) -> None:
    narrow = case(seed)
    wide = deepcopy(narrow)
    for name in (*LIMITS, "scp", "rcp"):
        wide.layers[name] = None
    no_wider(narrow, wide)
