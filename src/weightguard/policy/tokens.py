"""The text of a condition as tokens, and how far a parser has come in them; what they mean is each provider's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

DEEPEST = 64
"""Brackets, calls and signs within one another."""


@dataclass(frozen=True, slots=True)
class Token:
    """Characters that belong together.

    Args:
        kind: the name of the pattern's group that they match; ``end`` after the last.
        at: where they begin.
    """

    kind: str
    text: str
    at: int


class Parser:
    """What parsers of conditions share.

    Args:
        text: the condition.
        pattern: one token; the names of its groups are the kinds, and ``space`` is left out.
        error: what is raised for what cannot be parsed, with what is wrong and where.
        longest: how many characters a condition may have.

    Raises:
        ValueError: as `error`: it is too long, or has characters that are no token.
    """

    def __init__(self, text: str, pattern: re.Pattern[str], error: type[ValueError], *, longest: int) -> None:
        self._error = error
        if len(text) > longest:
            raise error(f"the condition has {len(text):,} characters")
        self._tokens = self._told_apart(text, pattern)
        self._next = 0
        self._depth = 0

    def _told_apart(self, text: str, pattern: re.Pattern[str]) -> list[Token]:
        found: list[Token] = []
        position = 0
        while position < len(text):
            match = pattern.match(text, position)
            if match is None:
                raise self._error(f"character {position}: {text[position]!r} means nothing here")
            kind = match.lastgroup or ""
            if kind != "space":
                found.append(Token(kind, match[0], position))
            position = match.end()
        found.append(Token("end", "", len(text)))
        return found

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _refusal(self, why: str | None = None) -> ValueError:
        """That the next token is out of place, or why it is."""
        token = self._peek
        what = (
            "the condition ends too soon" if token.kind == "end" else f"{token.text[:40]!r} is out of place"
        )
        return self._error(f"character {token.at}: {why or what}")

    def _deeper(self) -> None:
        """One level further in; the caller takes it back.

        Raises:
            ValueError: as `error`: there are too many.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error("the condition is nested too deeply")
