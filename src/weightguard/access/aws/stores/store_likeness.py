"""Which stores no policy of a caller tells apart: what is decided on one of them holds for the others.

A policy sees a resource through the values of Resource and NotResource alone. Of two resources of which each value matches all,
some or nothing alike, everything is said alike. A value with a variable may become another one for each caller and each resource:
where it may be about a resource, the resource is like no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from weightguard.policy.aws import CompiledPolicy, Layers
from weightguard.policy.pattern import Glob, glob


@dataclass(slots=True)
class Met:
    """What the values known so far say of one resource, by number.

    Attributes:
        known: how many values were looked at.
        some: those that match some of it.
        all: those that match all of it.
        varying: those with variables that may match some of it.
    """

    known: int = 0
    some: set[int] = field(default_factory=set)
    all: set[int] = field(default_factory=set)
    varying: set[int] = field(default_factory=set)


class Alike:
    """Compares resources by what policies say of them."""

    def __init__(self) -> None:
        self._values: list[tuple[str, Glob, bool]] = []
        self._numbers: dict[tuple[str, bool], int] = {}
        self._spoken: dict[Layers, frozenset[int]] = {}
        self._met: dict[str, Met] = {}

    def signature(self, resource: str, layers: Layers) -> tuple[frozenset[int], frozenset[int]] | None:
        """Equal for resources that no policy of some layers tells apart; None for one like no other.

        Args:
            resource: an ARN, or a pattern of ARNs.
        """
        spoken = self._spoken.get(layers)
        if spoken is None:
            spoken = self._spoken[layers] = frozenset(self._number(*one) for one in _values(layers))
        met = self._about(resource)
        if not met.varying.isdisjoint(spoken):
            return None
        return spoken & met.some, spoken & met.all

    def _number(self, source: str, pattern: Glob, varies: bool) -> int:
        key = (source, varies)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._values)
            self._values.append((_beginning(pattern), pattern, varies))
        return found

    def _about(self, resource: str) -> Met:
        found = self._met.setdefault(resource, Met())
        if found.known == len(self._values):
            return found
        asked = glob(resource)
        start = _beginning(asked)
        for number in range(found.known, len(self._values)):
            other, pattern, varies = self._values[number]
            if not (start.startswith(other) or other.startswith(start)) or not pattern.overlaps(asked):
                continue
            if varies:
                found.varying.add(number)
                continue
            found.some.add(number)
            if pattern.covers(asked):
                found.all.add(number)
        found.known = len(self._values)
        return found


def _values(layers: Layers) -> Iterator[tuple[str, Glob, bool]]:
    """The values of Resource and NotResource in some layers: their text, their pattern, whether it holds variables."""
    for policies in _policies(layers):
        for policy in policies:
            for statement in policy.document.statements:
                for value in statement.resources or ():
                    pattern = value.static_glob
                    yield value.source, pattern or value.widest(), pattern is None


def _policies(layers: Layers) -> Iterator[Iterable[CompiledPolicy]]:
    single = (layers.identity, layers.boundary, layers.session, layers.resource, layers.vpc_endpoint)
    yield from (policies for policies in single if policies is not None)
    for levels in (layers.scp, layers.rcp):
        yield from levels or ()


def _beginning(pattern: Glob) -> str:
    """What a pattern says before its first wildcard."""
    if pattern.literal is not None:
        return pattern.literal
    characters: list[str] = []
    for token in pattern.tokens:
        if not isinstance(token, str):
            break
        characters.append(token)
    return "".join(characters)
