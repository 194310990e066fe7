"""Stages of escalation run in an order that each of them relies on; a list in another order is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from weightguard.access.aws.escalations import Stage, Stages
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.principals import Population
from weightguard.access.links import Graph, Link
from weightguard.estate.model import Estate


def nothing(graph: Graph, actors: Actors) -> Iterator[Link]:
    yield from ()


def test_a_stage_before_one_whose_links_it_looks_at_is_refused() -> None:
    first, second = Stage("assumed", nothing), Stage("unguarded", nothing, after=("assumed",))
    Stages((first, second))
    with pytest.raises(ValueError, match="'unguarded' looks at the links of 'assumed'"):
        Stages((second, first))


def test_a_stage_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="looks at the links of 'nowhere'"):
        Stages((Stage("unguarded", nothing, after=("nowhere",)),))


def test_a_stage_sees_what_those_before_it_found() -> None:
    seen: list[int] = []

    def one(graph: Graph, actors: Actors) -> Iterator[Link]:
        seen.append(graph.size)
        yield Link("a", "b")

    graph, nobody = Graph(), Actors(Population(Estate("2026-01-01T00:00:00Z")), [])
    Stages((Stage("one", one), Stage("two", one, after=("one",)))).run(graph, nobody)
    assert (seen, graph.size) == ([0, 1], 2)
