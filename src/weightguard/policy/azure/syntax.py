"""Conditions of role assignments as they are written, as a tree.

Source: Azure RBAC documentation, "Azure role assignment condition format and syntax".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from weightguard.policy.tokens import Parser, Token

LONGEST: Final = 8_192
"""Characters: the provider's own limit ("Condition limits": 8 KB)."""


class NotACondition(ValueError):
    """The text is no condition."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """``@Resource[Microsoft.Storage/...:name]``.

    Args:
        source: Resource, Request, Principal or Environment, in lower case.
        name: what stands in the brackets, without ``<$key_case_sensitive$>``.
        case_sensitive: whether that mark was there: then a tag's key has to be written in the very same way.
    """

    source: str
    name: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """``ActionMatches{'...'}`` or ``SubOperationMatches{'...'}``."""

    function: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """``Exists @Resource[...]``."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Comparison:
    """``@Resource[...] StringEquals 'x'``.

    Args:
        quantifier: ``forallofanyvalues`` and the like, in lower case; None: single values are compared.
        operator: in lower case.
        values: texts, numbers, booleans, or one attribute.
    """

    left: Attribute
    quantifier: str | None
    operator: str
    values: tuple[str, ...] | Attribute


@dataclass(frozen=True, slots=True)
class Not:
    """``!`` or ``NOT``."""

    of: Node


@dataclass(frozen=True, slots=True)
class Both:
    """``&&`` or ``AND``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Either:
    """``||`` or ``OR``."""

    left: Node
    right: Node


Node = Matches | Exists | Comparison | Not | Both | Either

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<attribute>@(?P<source>Resource|Request|Principal|Environment)\s*\[(?P<name>[^\]\n]*)\])
  | (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
  | (?P<number>-?\d+(?:\.\d+)?)
  | (?P<word>[A-Za-z]+(?::[A-Za-z]+)?)
  | (?P<sign>&&|\|\||[!(){},])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_EXACTLY: Final = "<$key_case_sensitive$>"
_QUANTIFIERS: Final = frozenset(
    {"foranyofanyvalues", "forallofanyvalues", "foranyofallvalues", "forallofallvalues"}
)


def parse(text: str) -> Node:
    """The tree of a condition.

    Raises:
        NotACondition: it is none, with what is wrong and where.
    """
    return _Parser(text, _TOKEN, NotACondition, longest=LONGEST).whole()


class _Parser(Parser):
    def whole(self) -> Node:
        found = self._either()
        if self._peek.kind != "end":
            raise self._refusal()
        return found

    def _take(self, kind: str | None = None) -> Token:
        token = self._peek
        if token.kind == "end" or (kind is not None and token.kind != kind):
            raise self._refusal()
        self._next += 1
        return token

    def _accept(self, *texts: str) -> bool:
        if self._peek.kind in ("sign", "word") and self._peek.text.upper() in texts:
            self._next += 1
            return True
        return False

    def _either(self) -> Node:
        left = self._both()
        while self._accept("||", "OR"):
            left = Either(left, self._both())
        return left

    def _both(self) -> Node:
        left = self._single()
        while self._accept("&&", "AND"):
            left = Both(left, self._single())
        return left

    def _single(self) -> Node:
        self._deeper()
        found = self._opened()
        self._depth -= 1
        return found

    def _opened(self) -> Node:
        if self._accept("!", "NOT"):
            return Not(self._single())
        if self._accept("("):
            found = self._either()
            if not self._accept(")"):
                raise self._refusal()
            return found
        if self._accept("EXISTS"):
            return Exists(_attribute(self._take("attribute")))
        if self._peek.kind == "attribute":
            return self._comparison(_attribute(self._take("attribute")))
        function = self._take("word")
        if function.text.lower() not in ("actionmatches", "suboperationmatches"):
            self._next -= 1
            raise self._refusal()
        return Matches(function.text.lower(), self._set())

    def _comparison(self, left: Attribute) -> Node:
        quantifier, colon, operator = self._take("word").text.lower().partition(":")
        if not colon:
            quantifier, operator = "", quantifier
        elif quantifier not in _QUANTIFIERS:
            self._next -= 1
            raise self._refusal()
        values: tuple[str, ...] | Attribute
        if self._peek.kind == "attribute":
            values = _attribute(self._take())
        else:
            values = self._set() if self._peek.text == "{" else (self._scalar(),)
        return Comparison(left, quantifier or None, operator, values)

    def _set(self) -> tuple[str, ...]:
        if not self._accept("{"):
            raise self._refusal()
        found = [self._scalar()]
        while self._accept(","):
            found.append(self._scalar())
        if not self._accept("}"):
            raise self._refusal()
        return tuple(found)

    def _scalar(self) -> str:
        token = self._take()
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind in ("number", "guid") or token.text.lower() in ("true", "false"):
            return token.text.lower()
        self._next -= 1
        raise self._refusal()


def _attribute(token: Token) -> Attribute:
    match = _TOKEN.fullmatch(token.text)
    assert match is not None  # noqa: S101 - the token was found by the very same pattern
    name = match["name"].replace(_EXACTLY, "").strip()
    return Attribute(match["source"].lower(), name, _EXACTLY in match["name"])
