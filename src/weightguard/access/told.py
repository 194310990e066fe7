"""Answers that are kept for whoever asks the same again: they hold as long as the graph is what it was."""

from __future__ import annotations

from collections import OrderedDict

from weightguard.access.links import Graph
from weightguard.access.model import AccessKind, WhoCan

_MOST_LINES = 100_000
Question = tuple[AccessKind, str, str | None]


class Told:
    """The latest answers, as many as there is room for: one has a line for every reader."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Question, tuple[tuple[int, int], WhoCan]] = OrderedDict()
        self._lines = 0

    def still(self, question: Question, graph: Graph) -> WhoCan | None:
        """What was answered, where nothing has joined the graph since; else None."""
        state, found = self._kept.get(question, (None, None))
        return found if state == _state(graph) else None

    def keep(self, question: Question, graph: Graph, answer: WhoCan) -> WhoCan:
        """The answer, kept in place of what was answered before."""
        self._forget(question)
        self._kept[question] = (_state(graph), answer)
        self._lines += _lines(answer)
        while self._lines > _MOST_LINES and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))
        return answer

    def _forget(self, question: Question) -> None:
        if question in self._kept:
            self._lines -= _lines(self._kept.pop(question)[1])


def _state(graph: Graph) -> tuple[int, int]:
    return graph.size, len(graph.met)


def _lines(answer: WhoCan) -> int:
    return 1 + len(answer.answers)
