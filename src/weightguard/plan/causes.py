"""Which changes a path rests on: those without which it would not have opened, or would still be there.

Decided by leaving changes out and asking again. Where no single one is needed, since others would do as well, each smallest set of
changes that is enough by itself is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from weightguard.access.model import WhoCan
from weightguard.plan.questions import Question
from weightguard.plan.sides import Mark, Sides, Standing

_MOST: Final = 400
"""Mixtures that are built for one plan."""
_KEPT: Final = 24
_WAYS: Final = 3
"""Sets of changes, each of them enough by itself, that are named for one row."""


class Causes:
    """Finds the changes behind rows; what a mixture of changes comes to is worked out once."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._all = sides.touched
        self._mixed: dict[frozenset[Mark], Standing] = {frozenset(self._all): sides.after}
        self._built = 0
        self._found: dict[tuple[str, str | None, str, str, bool], tuple[str, ...]] = {}
        self._told: dict[tuple[frozenset[Mark], Question], frozenset[str]] = {}

    def of(self, question: Question, principal: str, *, opens: bool) -> tuple[str, ...]:
        """The addresses of the changes, in the order of the plan.

        Args:
            opens: whether the row opened; else it closed.
        """
        marks = self._needed(question, principal, opens)
        named = [self._sides.changes[mark].address for mark in self._all if mark in marks]
        return tuple(dict.fromkeys(named))

    def _needed(self, question: Question, principal: str, opens: bool) -> frozenset[Mark]:
        """The changes with which the row is as it is after: every set that is enough by itself, of as few as there may be."""
        found: frozenset[Mark] = frozenset()
        for _ in range(_WAYS):
            left = [mark for mark in self._all if mark not in found]
            if not left or (found and not self._is_after(left, question, principal, opens)):
                break
            found |= self._fewest(left, question, principal, opens)
        return found

    def _fewest(self, enough: list[Mark], question: Question, principal: str, opens: bool) -> frozenset[Mark]:
        """As few of some changes as are enough: halves of them are left out, then ever smaller parts."""
        kept, size = enough, max(1, len(enough) // 2)
        while self._built <= _MOST:
            fewer = next(
                (one for one in _left_out(kept, size) if self._is_after(one, question, principal, opens)),
                None,
            )
            if fewer is not None:
                kept, size = fewer, max(1, min(size, len(fewer) // 2))
            elif size == 1:
                break
            else:
                size //= 2
        return frozenset(kept)

    def _is_after(self, applied: Sequence[Mark], question: Question, principal: str, opens: bool) -> bool:
        return (principal in self._who(frozenset(applied), question)) is opens

    def _who(self, applied: frozenset[Mark], question: Question) -> frozenset[str]:
        key = (applied, question)
        if key not in self._told:
            self._told[key] = frozenset(one.principal for one in self._answer(applied, question).answers)
        return self._told[key]

    def _answer(self, applied: frozenset[Mark], question: Question) -> WhoCan:
        if not applied:
            return question.asked_of(self._sides.before.access)
        if applied not in self._mixed:
            if len(self._mixed) > _KEPT:
                self._mixed.pop(next(one for one in self._mixed if one != frozenset(self._all)))
            self._mixed[applied] = self._sides.mixed(applied)
            self._built += 1
        return question.asked_of(self._mixed[applied].access)


def _left_out(kept: list[Mark], size: int) -> Iterator[list[Mark]]:
    """Some changes without one part after the other."""
    return (kept[:at] + kept[at + size :] for at in range(0, len(kept), size))
