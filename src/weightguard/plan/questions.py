"""Who reaches which weights before and after: what is asked, and what opens and closes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from weightguard.access.model import Access, AccessKind, Answer, WhoCan
from weightguard.estate.model import Estate

_MOST: Final = 200
"""Stores that are asked about where no weights are known."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who can do something to what lies in a place.

    Attributes:
        weights: the weight set in question; None where none is known there.
    """

    access: AccessKind
    store: str
    prefix: str | None
    weights: str | None

    @property
    def place(self) -> str:
        """The store as answers name it."""
        return f"{self.store}/{self.prefix}" if self.prefix else self.store

    def asked_of(self, graph: Access) -> WhoCan:
        """The answer of a graph."""
        return graph.who_can(self.access, self.store, self.prefix)


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody who reaches weights on one side alone.

    Attributes:
        certainty: as the answer has it; ``conditional`` where it hangs on a value that is known after apply alone.
    """

    question: Question
    answer: Answer
    certainty: str


def questions(*estates: Estate) -> list[Question]:
    """What is asked: of every weight set of either side; where there are none, of every store."""
    places: dict[tuple[str, str | None], str | None] = {}
    for estate in estates:
        for one in estate.weight_sets:
            places[one.store, one.prefix or None] = one.id
    if not places:
        for estate in estates:
            for store in estate.stores.items[:_MOST]:
                places[store.id, None] = None
    return [
        Question(access, store, prefix, weights)
        for (store, prefix), weights in sorted(places.items(), key=str)
        for access in AccessKind
    ]


def held_by(estate: Estate, question: Question) -> bool:
    """Whether the place is there at all on one side."""
    return any(store.id == question.store for store in estate.stores)


def opened(before: WhoCan, after: WhoCan, without: WhoCan, question: Question) -> Iterator[Row]:
    """Who reaches it now and did not, whatever the late values are or, conditionally, if they say nothing.

    Args:
        after: where late values are unknown. without: where they say nothing.
    """
    had = {one.principal for one in before.answers}
    now = {one.principal: one for one in after.answers}
    for one in without.answers:
        if one.principal not in had:
            answer = now.get(one.principal)
            yield Row(question, answer or one, answer.certainty if answer else "conditional")


def closed(before: WhoCan, after: WhoCan, without: WhoCan, question: Question) -> Iterator[Row]:
    """Who reached it and no longer does, whatever the late values are."""
    now = {one.principal for one in (*after.answers, *without.answers)}
    for one in before.answers:
        if one.principal not in now:
            yield Row(question, one, one.certainty)


Ask = Callable[[Question], WhoCan]


def by_principal(answer: WhoCan) -> Mapping[str, Answer]:
    """The answers by whom they name."""
    return {one.principal: one for one in answer.answers}


def names_on(path: Iterable[object]) -> Iterator[str]:
    """Everything that a path names."""
    for hop in path:
        yield from (str(getattr(hop, "origin", "")), str(getattr(hop, "target", "")))
        for because in getattr(hop, "because", ()):
            yield str(because.policy)
