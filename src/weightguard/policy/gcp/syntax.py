"""Conditions as they are written: the part of the Common Expression Language that IAM takes, as a tree.

Source: the CEL language definition (github.com/google/cel-spec, doc/langdef.md, "Syntax"). Left out are what IAM does not take:
messages, maps, byte strings and macros.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from weightguard.policy.tokens import Parser, Token

LONGEST: Final = 12_000
"""Characters. IAM takes 12 logical operators; what is longer than this has far more, and is refused unread."""

Scalar = str | int | float | bool | None


class NotAnExpression(ValueError):
    """The text is no expression of the language."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, a boolean or null."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Name:
    """A name on its own."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``of.name``."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``of[at]``."""

    of: Node
    at: Node


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``, or ``on.name(arguments)``."""

    on: Node | None
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``!of`` or ``-of``."""

    sign: str
    of: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

    left: Node
    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class Choice:
    """``test ? yes : no``."""

    test: Node
    yes: Node
    no: Node


Node = Literal | Name | Member | Index | Call | Items | Unary | Binary | Choice

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+|//[^\n]*)
  | (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<int>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
  | (?P<raw>[rR](?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*'))
  | (?P<text>\"\"\"(?:[^\\]|\\[\s\S])*?\"\"\"|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>()\[\].,?:{}])
    """,
    re.VERBOSE,
)
_ESCAPES: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_ESCAPED: Final = re.compile(
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.|\n))"
)
_RELATIONS: Final = ("==", "!=", "<=", ">=", "<", ">", "in")
_LEVELS: Final = (("||",), ("&&",), _RELATIONS, ("+", "-"), ("*", "/", "%"))
"""Operators that stand between two operands, the loosest first; all of them lean to the left."""


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        NotAnExpression: it is none, with what is wrong and where.
    """
    return _Parser(text, _TOKEN, NotAnExpression, longest=LONGEST).whole()


class _Parser(Parser):
    def whole(self) -> Node:
        found = self._expression()
        if self._peek.kind != "end":
            self._refuse()
        return found

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _at(self, text: str) -> bool:
        return self._peek.text == text and self._peek.kind in ("sign", "name")

    def _accept(self, text: str) -> bool:
        if self._at(text):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            self._refuse(f"{text!r} is missing")

    def _refuse(self, why: str | None = None) -> None:
        raise self._refusal(why)

    def _expression(self) -> Node:
        self._deeper()
        test = self._level(0)
        if self._accept("?"):
            yes = self._level(0)
            self._expect(":")
            test = Choice(test, yes, self._expression())
        self._depth -= 1
        return test

    def _level(self, number: int) -> Node:
        if number == len(_LEVELS):
            return self._signed()
        left = self._level(number + 1)
        while any(map(self._at, _LEVELS[number])):
            left = Binary(left, self._take().text, self._level(number + 1))
        return left

    def _signed(self) -> Node:
        if self._at("!") or self._at("-"):
            self._deeper()
            found = Unary(self._take().text, self._signed())
            self._depth -= 1
            return found
        return self._member()

    def _member(self) -> Node:
        found = self._primary()
        while True:
            if self._accept("."):
                found = self._named(found)
            elif self._accept("["):
                found = Index(found, self._expression())
                self._expect("]")
            else:
                return found

    def _named(self, of: Node | None) -> Node:
        token = self._take()
        if token.kind != "name":
            self._next -= 1
            self._refuse("a name is missing")
        if self._accept("("):
            return Call(of, token.text, self._list(")"))
        return Name(token.text) if of is None else Member(of, token.text)

    def _list(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._accept(end):
            if found:
                self._expect(",")
                if self._accept(end):
                    break
            found.append(self._expression())
        return tuple(found)

    def _primary(self) -> Node:
        token = self._peek
        if token.kind in ("int", "float", "text", "raw"):
            self._next += 1
            return Literal(_value(token))
        if self._accept("("):
            found = self._expression()
            self._expect(")")
            return found
        if self._accept("["):
            return Items(self._list("]"))
        if token.kind == "name" and token.text != "in":
            if token.text in _WORDS:
                self._next += 1
                return Literal(_WORDS[token.text])
            return self._named(None)
        self._refuse()
        raise AssertionError  # pragma: no cover - _refuse never returns


_WORDS: Final = {"true": True, "false": False, "null": None}


def _value(token: Token) -> Scalar:
    if token.kind == "float":
        return float(token.text)
    if token.kind == "int":
        digits = token.text.rstrip("uU")
        return int(digits, 16) if digits[:2].lower() == "0x" else int(digits)
    text = token.text[1:] if token.kind == "raw" else token.text
    marks = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
    inner = text[marks:-marks]
    return inner if token.kind == "raw" else _ESCAPED.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    plain, two, four, eight, octal, odd = match.groups()
    if plain:
        return _ESCAPES[plain]
    if odd is not None:
        raise NotAnExpression(f"the escape \\{odd} is none")
    code = int(two or four or eight, 16) if octal is None else int(octal, 8)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise NotAnExpression(f"{match[0]} is no character")
    return chr(code)


def literals(text: str) -> tuple[str, ...]:
    """The texts that an expression holds, in their order. Raises `NotAnExpression` as `parse` does."""
    found: list[str] = []
    waiting: list[object] = [parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Literal):
            found += [node.value] if isinstance(node.value, str) else []
        elif isinstance(node, tuple):
            waiting.extend(reversed(node))
        else:
            names = getattr(node, "__dataclass_fields__", {})
            waiting.extend(getattr(node, name) for name in reversed(names))
    return tuple(found)
