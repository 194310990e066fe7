"""The engine against the oracle: in known worlds, and in every world that an open decision leaves possible."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import oracle
import pytest

from weightguard.policy.aws import (
    AllOf,
    Condition,
    Formula,
    Layers,
    PolicyKind,
    Request,
    compile_policy,
    decide,
    parse_principal,
)


def compiled(case: oracle.Case) -> Layers:
    def one(name: str, kind: PolicyKind) -> Any:
        text = case.layers[name]
        return None if text is None else [compile_policy(text, kind=kind, name=name)]

    def levels(name: str, kind: PolicyKind) -> Any:
        given = case.layers[name]
        return None if given is None else [[compile_policy(level, kind=kind, name=name)] for level in given]

    return Layers(
        identity=one("identity", PolicyKind.IDENTITY),
        resource=one(
            "resource", PolicyKind.TRUST if case.action == "sts:AssumeRole" else PolicyKind.RESOURCE
        ),
        boundary=one("boundary", PolicyKind.BOUNDARY),
        session=one("session", PolicyKind.SESSION),
        scp=levels("scp", PolicyKind.SCP),
        rcp=levels("rcp", PolicyKind.RCP),
        vpc_endpoint=one("vpc_endpoint", PolicyKind.VPC_ENDPOINT),
    )


def request(case: oracle.Case, *, unknown: bool) -> Request:
    principal = parse_principal(oracle.PRINCIPALS[case.principal]["given"])
    return Request(principal, case.action, case.resource, oracle.A, case.context, unknown)


def world_of(case: oracle.Case, more: dict[str, Any]) -> dict[str, Any]:
    known = {key.lower(): value for key, value in {**more, **case.context}.items() if value is not None}
    if oracle.PRINCIPALS[case.principal]["account"] is None and "aws:PrincipalTag/t" not in case.context:
        known.pop("aws:principaltag/t", None)
    return known


def worlds(case: oracle.Case) -> list[dict[str, Any]]:
    open_keys = [key for key in oracle.KEYS if key not in case.context]
    choices = [[None, *oracle.KEYS[key]] for key in open_keys]
    return [
        world_of(case, dict(zip(open_keys, values, strict=True))) for values in itertools.product(*choices)
    ]


def true_in(formula: Formula, world: dict[str, Any], case: oracle.Case) -> bool:
    if isinstance(formula, Condition):
        return condition_true_in(formula, world, case) is not formula.negated
    parts = [true_in(part, world, case) for part in formula.parts]
    return all(parts) if isinstance(formula, AllOf) else any(parts)


def condition_true_in(condition: Condition, world: dict[str, Any], case: oracle.Case) -> bool:
    if condition.operator == "ResourceLike":
        return any(oracle.resource_hit(value, case.resource, world, True) for value in condition.values)
    key, _, _ = condition.key.partition(" (")
    return oracle.holds_in_formula(condition.operator, key, condition.values, world)


def check(case: oracle.Case) -> str:
    layers = compiled(case)
    expected = oracle.answer(case, world_of(case, {}))
    found = decide(request(case, unknown=False), layers)
    assert found.outcome.value == expected, (case, found)
    left_open = decide(request(case, unknown=True), layers)
    answers = [(world, oracle.answer(case, world)) for world in worlds(case)]
    for world, answer in answers:
        assert true_in(left_open.conditions, world, case) is (answer == "allowed"), (
            case,
            world,
            answer,
            left_open,
        )
    if left_open.outcome.value != "unknown":
        kinds = {answer for _, answer in answers}
        assert (left_open.outcome.value == "allowed") is (kinds == {"allowed"})
    return expected


def run(seed: int, count: int) -> dict[str, int]:
    random = Random(seed)
    tally: dict[str, int] = {}
    for _ in range(count):
        found = check(oracle.generate(random))
        tally[found] = tally.get(found, 0) + 1
    return tally


def test_agrees_with_the_oracle() -> None:
    tally = run(7, 800)
    assert min(tally[kind] for kind in ("allowed", "denied_implicitly", "denied_explicitly")) > 40


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_the_oracle_on_many_more(seed: int) -> None:
    assert sum(run(1000 + seed, 2000).values()) == 2000
