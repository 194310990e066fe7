"""What a plan calls sensitive, so that it never comes out again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.plan.document import Plan
from weightguard.snapshot import scrub

HIDDEN: Final = "(sensitive)"
_SHORTEST: Final = 6
"""Shorter values are words that stand elsewhere too."""
_DEEPEST: Final = 60
_AT_ONCE: Final = 500


class Secrets:
    """The texts that plans mark as sensitive."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        words = {
            word
            for plan in plans
            for change in plan.changes
            for value, mask in change.secret
            for word in _marked(value, mask, 0)
            if len(word) >= _SHORTEST
        }
        ordered = sorted(words, key=lambda word: (-len(word), word))
        parts = [ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE)]
        self._patterns = [re.compile("|".join(map(re.escape, part))) for part in parts]

    def hide(self, value: Any) -> Any:
        """A value of JSON with every such text in it replaced, and everything that looks like a secret."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {name: self.hide(inner) for name, inner in value.items()}
        return [self.hide(inner) for inner in value] if isinstance(value, list) else value

    def _text(self, text: str) -> str:
        for pattern in self._patterns:
            text = pattern.sub(HIDDEN, text)
        return scrub(text)


def _marked(value: Any, mask: Any, depth: int) -> Iterator[str]:
    """The texts of a value that a mask marks."""
    if depth > _DEEPEST or not mask:
        return
    if mask is True:
        yield from _texts(value, depth)
    elif isinstance(mask, Mapping) and isinstance(value, Mapping):
        for name, inner in mask.items():
            yield from _marked(value.get(name), inner, depth + 1)
    elif isinstance(mask, list) and isinstance(value, list):
        for held, inner in zip(value, mask, strict=False):
            yield from _marked(held, inner, depth + 1)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth <= _DEEPEST and isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner, depth + 1)
