"""A mapping with some entries changed, without a copy of the rest: states after a change are many, and differ in little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

V = TypeVar("V")


class Over(Mapping[str, V]):
    """Some entries over others.

    Args:
        below: what holds where nothing was changed.
        changed: what holds instead.
    """

    __slots__ = ("_below", "_changed")

    def __init__(self, below: Mapping[str, V], changed: Mapping[str, V]) -> None:
        self._below = below
        self._changed = changed

    def __getitem__(self, key: str) -> V:
        return self._changed[key] if key in self._changed else self._below[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._changed
        yield from (key for key in self._below if key not in self._changed)

    def __len__(self) -> int:
        return len({*self._changed, *self._below})
