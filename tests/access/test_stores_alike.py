"""Stores without policies of their own are decided once where nothing tells them apart; what does is seen, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import small_estates as made

from weightguard.access import AccessKind, build
from weightguard.estate.model import Estate, NamedPolicy

FIRST, SECOND = "arn:aws:s3:::weights-a", "arn:aws:s3:::weights-b"
EVERYTHING = made.document(made.allow("*"))
READING = made.allow("s3:GetObject")
KEPT = made.deny("s3:*", [FIRST, f"{FIRST}/*"])
PARTLY = made.deny("s3:*", f"{FIRST}/secret/*")
ALIKE_AND_LIKE_IT = made.deny("s3:*", "arn:aws:s3:::*a/*")
"""Meets objects of both, and covers the first's."""
PERSON = made.arn("user", "kim")


def guarded(*statements: Mapping[str, Any]) -> list[Any]:
    return [
        made.user("kim", READING),
        made.account(made.HOME, EVERYTHING, made.document(made.allow("*"), *statements)),
    ]


def limited(*statements: Mapping[str, Any]) -> list[Any]:
    return [made.user("kim", READING, boundary=made.boundary(made.allow("*"), *statements))]


def own(*statements: Mapping[str, Any]) -> list[Any]:
    return [made.user("kim", READING, *statements)]


def owning(*statements: Mapping[str, Any]) -> list[Any]:
    said = [{**one, "Principal": "*"} for one in (made.allow("*"), *statements)]
    levels = ((NamedPolicy("p-0", "rcp", made.document(*said), "customer"),),)
    return [made.user("kim", READING), replace(made.account(), resource_guardrails=made.known(levels))]


def answers(estate: Estate, order: Iterable[str]) -> dict[str, Any]:
    """What is said of each store when they are asked in this order."""
    graph = build(estate)
    return {store: list(graph.who_can(AccessKind.READ, store).answers) for store in order}


@pytest.mark.parametrize("held", [True, False], ids=["held", "not held"])
@pytest.mark.parametrize(
    "statement", [KEPT, PARTLY, ALIKE_AND_LIKE_IT], ids=["all", "some", "all of one, some of another"]
)
@pytest.mark.parametrize("layer", [guarded, limited, owning, own])
def test_what_is_said_of_a_store_does_not_hang_on_which_was_asked_before(
    layer: Any, statement: Any, held: bool
) -> None:
    if layer is owning and not held:
        pytest.skip("nobody knows whose the stores are, or what limits them")
    stores = [made.store(FIRST), made.store(SECOND)] if held else []
    estate = made.estate(*layer(statement), *stores)
    alone = {store: answers(estate, [store])[store] for store in (FIRST, SECOND)}
    assert answers(estate, [FIRST, SECOND]) == alone
    assert answers(estate, [SECOND, FIRST]) == alone
    assert [one.principal for one in alone[SECOND]] == [PERSON]
    assert bool(alone[FIRST]) == (statement is PARTLY)


@pytest.mark.parametrize("held", [True, False], ids=["held", "not held"])
def test_a_value_with_a_variable_is_told_apart_for_each_store(held: bool) -> None:
    """``weights-${aws:username}`` is about one of the two, for each of two people whom no policy tells apart otherwise."""
    home = made.managed("home", made.allow("s3:GetObject", "arn:aws:s3:::weights-${aws:username}/*"))
    stores = [made.store(FIRST), made.store(SECOND)] if held else []
    estate = made.estate(*(made.user(name, attached=[home]) for name in "ab"), *stores)
    found = answers(estate, [FIRST, SECOND])
    assert {store: [one.principal for one in said] for store, said in found.items()} == {
        FIRST: [made.arn("user", "a")],
        SECOND: [made.arn("user", "b")],
    }
