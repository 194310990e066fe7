"""Which changes a path rests on: those without which it would not have opened, or would still be there.

Decided by leaving changes out and asking again. Most paths name what was changed: where one change alone is named on a path, and
the path is not there without the changes that are named on any, that is the one. Otherwise, and where no single change is needed
since others would do as well, each smallest set of changes that is enough by itself is worked out and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from weightguard.access.model import Access
from weightguard.plan.questions import Question, Row, names_on
from weightguard.plan.sides import Mark, Sides

_MOST: Final = 400
"""Mixtures that are built for one plan."""
_KEPT: Final = 24
_WAYS: Final = 3
"""Sets of changes, each of them enough by itself, that are named for one row."""
_NAMING: Final = (
    "arn", "id", "name", "bucket", "email", "member", "principal_id", "object_id", "resource_manager_id", "role_id", "key_id",
)  # fmt: skip
"""Attributes by which a path names a thing."""


class Causes:
    """Finds the changes behind rows; what a mixture of changes comes to is worked out once.

    Args:
        rows: every row, and whether it opens.
    """

    def __init__(self, sides: Sides, rows: Iterable[tuple[Row, bool]]) -> None:
        self._sides = sides
        self._all = sides.touched
        self._mixed: dict[frozenset[Mark], Access] = {frozenset(self._all): sides.after.access}
        self._built = 0
        self._told: dict[tuple[frozenset[Mark], Question], frozenset[str]] = {}
        self._names = self._index()
        self._named = {id(row): self._on_path(row) for row, _ in rows}
        self._others = tuple(
            mark for mark in self._all if not any(mark in named for named in self._named.values())
        )

    def of(self, row: Row, *, opens: bool) -> tuple[str, ...]:
        """The addresses of the changes, in the order of the plan.

        Args:
            opens: whether the row opened; else it closed.
        """
        marks = self._needed(row, opens)
        named = [self._sides.changes[mark].address for mark in self._all if mark in marks]
        return tuple(dict.fromkeys(named))

    # What a path names

    def _index(self) -> Mapping[str, set[Mark]]:
        """The last part of every name of what is changed -> the changes of it."""
        found: dict[str, set[Mark]] = {}
        for mark in self._all:
            for values in self._sides.both(mark):
                for name in _names(values):
                    found.setdefault(name, set()).add(mark)
        return found

    def _on_path(self, row: Row) -> frozenset[Mark]:
        parts = {part for name in names_on(row.answer.path) for part in _parts(name)}
        return frozenset(mark for part in parts for mark in self._names.get(part, ()))

    # What is enough

    def _needed(self, row: Row, opens: bool) -> frozenset[Mark]:
        """The changes with which the row is as it is after: every set that is enough by itself, of as few as there may be."""
        named = self._named[id(row)]
        if len(named) == 1 and not self._is_after(self._others, row, opens):
            return named
        found: frozenset[Mark] = frozenset()
        for _ in range(_WAYS):
            left = [mark for mark in self._all if mark not in found]
            if not left or (found and not self._is_after(left, row, opens)):
                break
            some = [mark for mark in left if mark in named]
            found |= self._fewest(some if some and self._is_after(some, row, opens) else left, row, opens)
        return found

    def _fewest(self, enough: list[Mark], row: Row, opens: bool) -> frozenset[Mark]:
        """As few of some changes as are enough: halves of them are left out, then ever smaller parts."""
        kept, size = enough, max(1, len(enough) // 2)
        while self._built <= _MOST:
            fewer = next((one for one in _left_out(kept, size) if self._is_after(one, row, opens)), None)
            if fewer is not None:
                kept, size = fewer, max(1, min(size, len(fewer) // 2))
            elif size == 1:
                break
            else:
                size //= 2
        return frozenset(kept)

    def _is_after(self, applied: Sequence[Mark], row: Row, opens: bool) -> bool:
        return (row.answer.principal in self._who(frozenset(applied), row.question)) is opens

    def _who(self, applied: frozenset[Mark], question: Question) -> frozenset[str]:
        key = (applied, question)
        if key not in self._told:
            answer = question.asked_of(self._graph(applied))
            self._told[key] = frozenset(one.principal for one in answer.answers)
        return self._told[key]

    def _graph(self, applied: frozenset[Mark]) -> Access:
        if not applied:
            return self._sides.before.access
        if applied not in self._mixed:
            if len(self._mixed) > _KEPT:
                self._mixed.pop(next(one for one in self._mixed if one != frozenset(self._all)))
            self._mixed[applied] = self._sides.mixed(applied).access
            self._built += 1
        return self._mixed[applied]


def _left_out(kept: list[Mark], size: int) -> Iterator[list[Mark]]:
    """Some changes without one part after the other."""
    return (kept[:at] + kept[at + size :] for at in range(0, len(kept), size))


def _names(values: Mapping[str, Any]) -> Iterator[str]:
    for attribute in _NAMING:
        name = values.get(attribute)
        if isinstance(name, str) and name:
            yield from list(_parts(name))[-1:]


def _parts(name: str) -> Iterator[str]:
    """A name and what follows the last sign in it that divides names."""
    whole = name.rstrip("/").lower()
    yield whole
    if "#" in whole:
        owner, _, own = whole.rpartition("#")
        yield from (own, owner)
        whole = owner
    yield whole.rpartition("/")[2].rpartition(":")[2]
