"""What a run works out once, and what dies with it.

Judging a lab asks the same things over and over: what a policy's text means, what follows from what the layers say. Whatever is
kept for the next time hangs on a memory, and a memory on an estate or on a run of cases: nothing that one lab wrote is still there
when the next one is judged. Kept for the whole process is only what comes with the tool itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, TypeVarTuple
from weakref import WeakValueDictionary

_Found = TypeVar("_Found")
_Thing = TypeVar("_Thing")
_Of = TypeVar("_Of", bound=Hashable)
_Arguments = TypeVarTuple("_Arguments")


class Memory:
    """Answers of functions whose answer follows from their arguments alone.

    Args:
        most: how many answers of one function are kept; one more, and that function's are forgotten.
    """

    __slots__ = ("_answers", "_most", "_shared")

    def __init__(self, most: int = 262_144) -> None:
        self._answers: dict[object, dict[object, Any]] = {}
        self._shared: WeakValueDictionary[object, Any] | None = None
        self._most = most

    def once(self, work: Callable[[*_Arguments], _Found], *arguments: *_Arguments) -> _Found:
        """What a function answers to arguments that hash; the same object for equal ones."""
        found: _Found
        try:
            found = self._answers[work][arguments]
        except KeyError:
            found = work(*arguments)
            kept = self._answers.setdefault(work, {})
            if len(kept) >= self._most:
                kept.clear()
            kept[arguments] = found
        return found

    def of(
        self, work: Callable[[_Thing, *_Arguments], _Found], thing: _Thing, *arguments: *_Arguments
    ) -> _Found:
        """As `once`, of a thing that does not hash: the same object for the very same one."""
        kept = self._answers.setdefault((work, "of"), {})
        key = (id(thing), *arguments)
        if key not in kept:
            if len(kept) >= self._most:
                kept.clear()
            # The thing is kept beside it: a freed one's identity would be given to another.
            kept[key] = (thing, work(thing, *arguments))
        found: _Found = kept[key][1]
        return found

    def shared(self, make: Callable[[_Of], _Found], content: _Of) -> _Found:
        """As `once`, but what is made is kept only as long as somebody else holds it."""
        if self._shared is None:
            self._shared = WeakValueDictionary()
        found: _Found | None = self._shared.get((make, content))
        if found is None:
            found = self._shared[(make, content)] = make(content)
        return found
