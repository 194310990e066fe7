"""Policy variables: ``${aws:username}``, defaults ``${aws:username, 'none'}``, and the escapes ``${*} ${?} ${$}``.

Source: IAM User Guide, "IAM policy elements: Variables and tags". Documents of version 2008-10-17 have no variables:
there the same characters stand for themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from weightguard.policy.aws.context import ABSENT, UNKNOWN, Context, Partly
from weightguard.policy.pattern import Glob, Token, glob, tokens_of

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULTED = re.compile(r"^([^,']+),\s*'([^']*)'$")


@dataclass(frozen=True, slots=True)
class Text:
    """Characters of the policy itself; `active` when ``*`` and ``?`` in them are wildcards."""

    text: str
    active: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a context key, with the default to use where the key is absent."""

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value that the context does not settle.

    Args:
        needs: the unknown variables in it; empty when a variable is absent, so that no value can come of it.
        required: those of them that have no default.
    """

    needs: tuple[str, ...]
    required: tuple[str, ...] = ()


class Template:
    """A policy value that may hold variables.

    Args:
        source: the text as the policy has it.
        parts: its text and variables, in order; None for a text without variables.
    """

    __slots__ = ("_static", "parts", "source", "variables")

    def __init__(self, source: str, parts: tuple[Text | Variable, ...] | None = None) -> None:
        self.source = source
        self.parts = () if parts is None else parts
        self.variables = tuple([part for part in self.parts if isinstance(part, Variable)])
        self._static: tuple[str, Glob] | None = None

    @property
    def is_static(self) -> bool:
        """Whether the value is the same for every request."""
        return not self.variables

    def _settled(self) -> tuple[str, Glob] | None:
        """The text and the pattern of a value without variables, worked out when somebody asks; None when it has some."""
        if self._static is None and not self.variables:
            texts = [part for part in self.parts if isinstance(part, Text)]
            self._static = _assembled(tuple(texts)) if texts else (self.source, glob(self.source))
        return self._static

    @property
    def static_glob(self) -> Glob | None:
        """The pattern of a value without variables; None when it has some."""
        found = self._settled()
        return found[1] if found else None

    @property
    def static_text(self) -> str | None:
        """The text of a value without variables; None when it has some."""
        found = self._settled()
        return found[0] if found else None

    def widest(self) -> Glob:
        """The pattern with every variable standing for anything: what the value could become."""
        texts = [part if isinstance(part, Text) else Text("*", True) for part in self.parts]
        return _assembled(tuple(texts))[1]

    def resolve(self, context: Context) -> tuple[str, Glob] | Unresolved:
        """The value for one request: as a literal text, and as a pattern."""
        settled = self._settled()
        if settled is not None:
            return settled
        texts: list[Text] = []
        unknown: list[Variable] = []
        absent = False
        for part in self.parts:
            resolved = part if isinstance(part, Text) else _substituted(part, context)
            if resolved is ABSENT:
                absent = True
            elif resolved is UNKNOWN and isinstance(part, Variable):
                unknown.append(part)
            elif isinstance(resolved, Text):
                texts.append(resolved)
        if absent:
            return Unresolved(())
        if not unknown:
            return _assembled(tuple(texts))
        required = tuple(variable.key for variable in unknown if variable.default is None)
        return Unresolved(tuple(variable.key for variable in unknown), required)


def _substituted(variable: Variable, context: Context) -> Text | object:
    values = context.get(variable.key)
    if values is UNKNOWN or isinstance(values, Partly):
        return UNKNOWN
    if isinstance(values, tuple) and len(values) == 1:
        return Text(values[0], False)
    if values is ABSENT and variable.default is not None:
        return Text(variable.default, False)
    # A key with several values cannot stand for one.
    return ABSENT


def _assembled(texts: tuple[Text, ...]) -> tuple[str, Glob]:
    if len(texts) == 1 and texts[0].active:
        return texts[0].text, glob(texts[0].text)
    tokens: list[Token] = []
    for part in texts:
        tokens.extend(tokens_of(part.text) if part.active else part.text)
    return "".join(part.text for part in texts), Glob(tokens)


def template(source: str, *, with_variables: bool) -> Template:
    """Compile a policy value; `with_variables` is False for documents of version 2008-10-17."""
    if not with_variables or "${" not in source:
        return Template(source)
    parts: list[Text | Variable] = []
    position = 0
    for match in _VARIABLE.finditer(source):
        if match.start() > position:
            parts.append(Text(source[position : match.start()], True))
        parts.append(_reference(match.group(1)))
        position = match.end()
    if position < len(source):
        parts.append(Text(source[position:], True))
    return Template(source, tuple(parts))


def _reference(inside: str) -> Text | Variable:
    if inside in {"*", "?", "$"}:
        return Text(inside, False)
    defaulted = _DEFAULTED.match(inside)
    if defaulted:
        return Variable(defaulted.group(1).strip(), defaulted.group(2))
    return Variable(inside.strip(), None)
