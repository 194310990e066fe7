"""The formulas that decisions hang on: simplified without changing their meaning, and printed in words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.policy.aws import (
    ALWAYS,
    NEVER,
    AllOf,
    Condition,
    Formula,
    all_of,
    alternatives,
    any_of,
    conditions_of,
    in_words,
    keys_of,
    negation,
)

ATOMS = [Condition(f"aws:k{index}", "Bool", ("true",), needs=(f"aws:k{index}",)) for index in range(4)]

formulas = st.recursive(
    st.sampled_from([ALWAYS, NEVER, *ATOMS, *map(negation, ATOMS)]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: ("all", parts)),
        st.lists(inner, max_size=3).map(lambda parts: ("any", parts)),
    ),
    max_leaves=12,
)

WORLDS = [
    dict(zip((atom.key for atom in ATOMS), values, strict=True))
    for values in itertools.product((True, False), repeat=4)
]


def plainly(tree: object, world: dict[str, bool]) -> bool:
    """The truth of an unsimplified tree."""
    if isinstance(tree, tuple):
        kind, parts = tree
        return (all if kind == "all" else any)(plainly(part, world) for part in parts)
    return truth(tree, world)  # type: ignore[arg-type]


def truth(formula: Formula, world: dict[str, bool]) -> bool:
    if isinstance(formula, Condition):
        return world[formula.key] is not formula.negated
    if isinstance(formula, AllOf):
        return all(truth(part, world) for part in formula.parts)
    return any(truth(part, world) for part in formula.parts)


def build(tree: object) -> Formula:
    if isinstance(tree, tuple):
        kind, parts = tree
        return (all_of if kind == "all" else any_of)(build(part) for part in parts)
    return tree  # type: ignore[return-value]


@given(formulas)
@settings(max_examples=400, deadline=None)
def test_simplification_and_negation_keep_the_meaning(tree: object) -> None:
    formula = build(tree)
    for world in WORLDS:
        assert truth(formula, world) is plainly(tree, world)
        assert truth(negation(formula), world) is not truth(formula, world)


@given(formulas)
@settings(max_examples=200, deadline=None)
def test_alternatives_are_the_same_formula(tree: object) -> None:
    formula = build(tree)
    rows = alternatives(formula)
    assert rows is not None
    for world in WORLDS:
        assert truth(formula, world) is any(all(truth(one, world) for one in row) for row in rows)


def test_alternatives_give_up_beyond_their_limit() -> None:
    pairs = [
        any_of((Condition(f"a{i}", "Bool", ("true",)), Condition(f"b{i}", "Bool", ("true",))))
        for i in range(10)
    ]
    assert alternatives(all_of(pairs)) is None
    assert alternatives(ALWAYS) == ((),)
    assert alternatives(NEVER) == ()


def test_settled_formulas_are_the_constants_themselves() -> None:
    one = ATOMS[0]
    assert all_of([one, negation(one)]) is NEVER
    assert any_of([one, negation(one)]) is ALWAYS
    assert all_of([]) is ALWAYS and any_of([]) is NEVER
    assert all_of([one, ALWAYS]) == one


def test_one_key_cannot_have_two_values_at_once() -> None:
    a = Condition("aws:SourceVpce", "StringEquals", ("vpce-1", "vpce-2"))
    b = Condition("aws:SourceVpce", "StringEquals", ("vpce-3",))
    absent = Condition("aws:SourceVpce", "Null", ("true",))
    assert all_of([a, b]) is NEVER
    assert all_of([a, absent]) is NEVER
    assert all_of([a, negation(absent)]) is not NEVER
    assert (
        all_of([b, Condition("aws:SourceVpce", "StringEquals", ("vpce-3", "vpce-4"), negated=True)]) is NEVER
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("StringEquals", ("vpce-1",)), ("StringLike", ("vpce-2*", "x*"))),
        (("Bool", ("true",)), ("Bool", ("false",))),
        (("StringLike", ("a*",)), ("Null", ("true",))),
        (("IpAddress", ("10.0.0.0/8",)), ("Null", ("true",))),
    ],
)
def test_conditions_that_cannot_both_be_met(
    one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]
) -> None:
    assert all_of([Condition("aws:x", *one), Condition("aws:x", *other)]) is NEVER
    assert all_of([Condition("aws:x", *one), Condition("aws:y", *other)]) is not NEVER


def test_conditions_that_can_both_be_met_stay() -> None:
    exact = Condition("aws:x", "StringEquals", ("vpce-1", "other"))
    assert all_of([exact, Condition("aws:x", "StringLike", ("vpce-*",))]) is not NEVER
    assert all_of([exact, Condition("aws:x", "StringLike", ("vpce-*",), negated=True)]) is not NEVER
    assert (
        all_of([Condition("aws:x", "Bool", ("true",), True), Condition("aws:x", "Bool", ("false",), True)])
        is not NEVER
    )


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (ALWAYS, "always"),
        (NEVER, "never"),
        (Condition("aws:SourceVpce", "StringEquals", ("vpce-1",)), "only through VPC endpoint vpce-1"),
        (
            Condition("aws:SourceVpce", "StringEquals", ("vpce-1", "vpce-2")),
            "only through VPC endpoint vpce-1 or vpce-2",
        ),
        (Condition("aws:SourceVpce", "StringEquals", ("vpce-1",), True), "not through VPC endpoint vpce-1"),
        (Condition("aws:SourceIp", "IpAddress", ("203.0.113.0/24",)), "only from 203.0.113.0/24"),
        (Condition("aws:MultiFactorAuthPresent", "Bool", ("true",)), "only with MFA"),
        (Condition("aws:SecureTransport", "Bool", ("false",), True), "only over TLS"),
        (Condition("aws:PrincipalTag/team", "StringEquals", ("ml",)), "only if aws:PrincipalTag/team is ml"),
        (Condition("aws:x", "StringLike", ("a*",), True), "only if it is not so that aws:x matches a*"),
        (Condition("aws:x", "StringEqualsIfExists", ("a",)), "only if aws:x is a or is absent"),
        (Condition("aws:x", "Null", ("true",)), "only if aws:x is absent"),
        (Condition("aws:x", "Null", ("false",)), "only if aws:x is present"),
        (
            Condition("aws:TagKeys", "ForAllValues:StringEquals", ("a", "b")),
            "only if every value of aws:TagKeys is a or b",
        ),
        (
            Condition("aws:CurrentTime", "DateLessThan", ("2026-01-01",)),
            "only if aws:CurrentTime is before 2026-01-01",
        ),
        (
            Condition("Resource", "ResourceLike", ("arn:aws:s3:::home/${aws:PrincipalTag/a}/*",)),
            "only where the resource matches arn:aws:s3:::home/${aws:PrincipalTag/a}/*",
        ),
    ],
)
def test_in_words(formula: Formula, words: str) -> None:
    assert in_words(formula) == words


def test_words_come_in_one_order() -> None:
    vpce = Condition("aws:SourceVpce", "StringEquals", ("vpce-1",))
    mfa = Condition("aws:MultiFactorAuthPresent", "Bool", ("true",))
    assert (
        in_words(all_of([vpce, mfa]))
        == in_words(all_of([mfa, vpce]))
        == "only with MFA and only through VPC endpoint vpce-1"
    )
    assert in_words(any_of([vpce, mfa])) == "either only with MFA or only through VPC endpoint vpce-1"


def test_keys_and_conditions() -> None:
    formula = all_of([ATOMS[1], any_of([ATOMS[0], ATOMS[2]])])
    assert keys_of(formula) == ("aws:k0", "aws:k1", "aws:k2")
    assert set(conditions_of(formula)) == set(ATOMS[:3])
