"""Wildcard patterns of policy languages: ``*`` for any characters, ``?`` for exactly one.

Source: IAM User Guide, "IAM JSON policy elements: Resource" and "... Condition operators". Both wildcards cross ``/``
and ``:``. Matching never backtracks: a pattern written to be slow costs no more than its length times the text's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cached_property


class Wild(Enum):
    """A wildcard in a pattern's token list."""

    ONE = "?"
    MANY = "*"


Token = str | Wild
"""One literal character, or a wildcard."""

_MOST_STATE_SETS = 64


class Glob:
    """A compiled pattern.

    Args:
        tokens: literal characters and wildcards, in order; or a text without wildcards. Build one from text with `glob`.
    """

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._exact: str | None
        self._pieces: tuple[_Piece, ...]
        if isinstance(tokens, str):
            self._source: str | tuple[Token, ...] = tokens
            self._exact, self._pieces = tokens, ()
        else:
            self._source = _normalised(tokens)
            self._exact = _literal(self._source)
            self._pieces = () if self._exact is not None else _pieces(self._source)
        self._weigh()

    @classmethod
    def of_stars(cls, text: str) -> Glob:
        """The pattern of a text whose only wildcards are ``*``, one at least; its tokens are told apart when they are asked for."""
        found = cls.__new__(cls)
        found._source, found._exact = text, None
        first, *between, last = text.split("*")
        found._pieces = tuple(map(_Piece, (first, *filter(None, between), last)))
        found._weigh()
        return found

    def _weigh(self) -> None:
        self._shortest = sum(piece.length for piece in self._pieces)
        self.matches_all = len(self._pieces) == 2 and not self._shortest

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Literal characters and wildcards, in order."""
        if self._exact is not None:
            return tuple(self._exact)
        return _normalised(tokens_of(self._source)) if isinstance(self._source, str) else self._source

    @property
    def literal(self) -> str | None:
        """The one text that this pattern matches, or None when it has a wildcard."""
        return self._exact

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text. Linear in the text for each literal piece."""
        if self._exact is not None:
            return text == self._exact
        if self.matches_all:
            return True
        if len(text) < self._shortest:
            return False
        return self._match_pieces(text)

    def _match_pieces(self, text: str) -> bool:
        pieces = self._pieces
        first, last = pieces[0], pieces[-1]
        if len(pieces) == 1:
            return len(text) == first.length and first.stands_at(text, 0)
        if not first.stands_at(text, 0) or not last.stands_at(text, len(text) - last.length):
            return False
        position, end = first.length, len(text) - last.length
        for piece in pieces[1:-1]:
            found = piece.find(text, position, end)
            if found < 0:
                return False
            position = found + piece.length
        return position <= end

    @cached_property
    def _ends(self) -> tuple[str, str] | None:
        """What stands before the first ``*`` and after the last one; None where there is none, or a ``?`` in what does."""
        if len(self._pieces) < 2:
            return None
        first, last = self._pieces[0].literal, self._pieces[-1].literal
        return None if first is None or last is None else (first, last)

    @cached_property
    def _machine(self) -> _Machine:
        return _Machine(self.tokens)

    def overlaps(self, other: Glob) -> bool:
        """Whether some text is matched by both patterns."""
        if self.literal is not None:
            return other.matches(self.literal)
        if other.literal is not None:
            return self.matches(other.literal)
        if self._ends is not None and other._ends is not None:
            # Between their ends anything may stand: first what the one wants there, then what the other does.
            (start, end), (first, last) = self._ends, other._ends
            begins = start.startswith(first) or first.startswith(start)
            return begins and (end.endswith(last) or last.endswith(end))
        machine = self._machine
        states = machine.start
        for token in other.tokens:
            states = machine.reach(states, token)
            if not states:
                return False
        return bool(states & machine.accept)

    def covers(self, other: Glob) -> bool:
        """Whether every text that `other` matches is matched by this pattern.

        True only when it is so; in a few contrived patterns with very many wildcards it answers False
        rather than search on, which can only make a denial count for less.
        """
        if self.matches_all:
            return True
        if other.literal is not None:
            return self.matches(other.literal)
        if self.literal is not None:
            return False
        if self._ends is not None and other._ends is not None and len(self._pieces) == 2:
            (start, end), (first, last) = self._ends, other._ends
            return first.startswith(start) and last.endswith(end)
        return self._machine.accepts_all(other.tokens)


class _Piece:
    """What stands between two ``*``: characters and ``?``, of fixed length."""

    __slots__ = ("_pattern", "length", "literal")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.length = len(tokens)
        self.literal: str | None = None
        self._pattern: re.Pattern[str] | None = None
        if isinstance(tokens, str):
            self.literal = tokens
        elif Wild.ONE in tokens:
            # Fixed length, no repetition: this expression has nothing to backtrack over.
            body = "".join("." if token is Wild.ONE else re.escape(str(token)) for token in tokens)
            self._pattern = re.compile(body, re.DOTALL)
        else:
            self.literal = "".join(str(token) for token in tokens)

    def stands_at(self, text: str, position: int) -> bool:
        if self.literal is not None:
            return text.startswith(self.literal, position)
        return self._pattern is not None and self._pattern.match(text, position) is not None

    def find(self, text: str, start: int, end: int) -> int:
        if self.literal is not None:
            return text.find(self.literal, start, end)
        found = self._pattern.search(text, start, end) if self._pattern is not None else None
        return found.start() if found else -1


class _Machine:
    """The pattern as a row of states, one a token, held as the bits of an integer."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._many = 0
        self._any = 0
        self._on: dict[str, int] = {}
        for index, token in enumerate(tokens):
            bit = 1 << index
            if token is Wild.MANY:
                self._many |= bit
            elif token is Wild.ONE:
                self._any |= bit
            else:
                self._on[token] = self._on.get(token, 0) | bit
        self.accept = 1 << len(tokens)
        self._all = (self.accept << 1) - 1
        self.start = self._close(1)

    def _close(self, states: int) -> int:
        return states | ((states & self._many) << 1)

    def _step(self, states: int, moving: int) -> int:
        return self._close(((states & moving) << 1) | (states & self._many))

    def reach(self, states: int, token: Token) -> int:
        """The states reached by any text that `token` of another pattern stands for."""
        if token is Wild.MANY:
            lowest = states & -states
            return self._close(self._all & ~(lowest - 1)) if states else 0
        if token is Wild.ONE:
            return self._step(states, self._all & ~self.accept)
        return self._step(states, self._any | self._on.get(str(token), 0))

    def accepts_all(self, tokens: tuple[Token, ...]) -> bool:
        """Whether every text of another pattern is accepted.

        A character that this pattern never names is the hardest to accept, so it stands for every
        wildcard of the other pattern; a ``*`` is tried with every number of them that makes a difference.
        """
        sets = {self.start}
        for token in tokens:
            if token is Wild.MANY:
                sets = _smallest(self._repeated(sets))
            elif token is Wild.ONE:
                sets = {self._step(states, self._any) for states in sets}
            else:
                sets = {self._step(states, self._any | self._on.get(str(token), 0)) for states in sets}
            if 0 in sets or len(sets) > _MOST_STATE_SETS:
                return False
        return all(states & self.accept for states in sets)

    def _repeated(self, sets: set[int]) -> set[int]:
        seen: set[int] = set()
        for states in sets:
            current = states
            while current not in seen:
                seen.add(current)
                current = self._step(current, self._any)
        return seen


def _smallest(sets: set[int]) -> set[int]:
    kept: list[int] = []
    for candidate in sorted(sets, key=int.bit_count):
        if not any(candidate & smaller == smaller for smaller in kept):
            kept.append(candidate)
            if len(kept) > _MOST_STATE_SETS:
                break
    return set(kept)


def _normalised(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """A run of wildcards as its ``?`` first and at most one ``*``: the same texts, one spelling."""
    result: list[Token] = []
    run: list[Wild] = []
    for token in tokens:
        if isinstance(token, Wild):
            run.append(token)
            continue
        result.extend(_run(run))
        run.clear()
        result.append(token)
    result.extend(_run(run))
    return tuple(result)


def _literal(tokens: tuple[Token, ...]) -> str | None:
    """The text that the tokens spell, or None when one is a wildcard."""
    characters = [token for token in tokens if not isinstance(token, Wild)]
    return "".join(characters) if len(characters) == len(tokens) else None


def _run(wildcards: list[Wild]) -> list[Wild]:
    ones = wildcards.count(Wild.ONE)
    return [Wild.ONE] * ones + [Wild.MANY] * (ones < len(wildcards))


def _pieces(tokens: tuple[Token, ...]) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    current: list[Token] = []
    for token in tokens:
        if token is Wild.MANY:
            pieces.append(_Piece(current))
            current = []
        else:
            current.append(token)
    pieces.append(_Piece(current))
    return tuple(pieces)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text in which ``*`` and ``?`` are wildcards."""
    return [Wild.MANY if c == "*" else Wild.ONE if c == "?" else c for c in text]


def glob(text: str) -> Glob:
    """Compile a text in which ``*`` and ``?`` are wildcards."""
    if "?" in text:
        return Glob(tokens_of(text))
    return Glob.of_stars(text) if "*" in text else Glob(text)


def is_pattern(text: str) -> bool:
    """Whether a text has a wildcard."""
    return "*" in text or "?" in text
