"""Targets that no policy of an account tells apart, so that one decision serves them all.

Two kinds of names in policies tell targets apart. A pattern, and whatever a boundary or guardrail names, splits a class for
everybody. A target that an identity policy spells out stays in its class: whoever carries that policy is asked about it apart,
the others are not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.readings import Reading
from weightguard.policy.pattern import Glob, glob, is_pattern

_ANY = ""
_ANYWHERE = "*"
_SERVICE_PARTS = 4


def _service(arn: str) -> str:
    """The service of an ARN; empty where a pattern leaves it open."""
    parts = arn.split(":", _SERVICE_PARTS - 1)
    if len(parts) < _SERVICE_PARTS or is_pattern("".join(parts[:3])):
        return _ANY
    return parts[2]


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Targets that are the same to every policy that spells out none of them.

    Attributes:
        names: the targets.
        hits: the patterns that concern each of them.
        spelt: those of them that some identity policy spells out.
    """

    names: tuple[str, ...]
    hits: frozenset[str]
    spelt: frozenset[str]

    def spelt_by(self, group: PrincipalGroup) -> list[str]:
        """Those of them that a group's policies spell out, sorted."""
        return sorted(self.spelt & group.patterns) if self.spelt else []

    def others(self, spelt: list[str]) -> tuple[str, ...]:
        """Two of them, or as many as there are, that are not spelt out."""
        if not spelt:
            return self.names[:2]
        found = []
        for name in self.names:
            if name not in spelt:
                found.append(name)
                if len(found) == 2:
                    break
        return tuple(found)

    def is_spoken_of_by(self, group: PrincipalGroup) -> bool:
        """Whether a group's policies speak of them all."""
        return _ANYWHERE in group.reach or not self.hits.isdisjoint(group.reach)


class _Spoken:
    """The resources that an account's policies speak of, where they speak of some actions."""

    __slots__ = ("_limits", "_plain", "_wild")

    def __init__(
        self, identity: Iterable[Reading], limits: Iterable[Reading], actions: tuple[str, ...]
    ) -> None:
        held, limiting = _patterns(identity, actions), _patterns(limits, actions)
        self._wild: dict[str, list[tuple[str, Glob]]] = {}
        for text in sorted(text for text in held | limiting if is_pattern(text)):
            self._wild.setdefault(_service(text), []).append((text, glob(text)))
        self._limits = frozenset(text for text in limiting if not is_pattern(text))
        self._plain = frozenset(text for text in held if not is_pattern(text))

    def common(self, resource: str) -> frozenset[str]:
        """What splits a class for everybody."""
        own = (*self._wild.get(_service(resource), ()), *self._wild.get(_ANY, ()))
        matching = {text for text, pattern in own if pattern.matches(resource)}
        if resource in self._limits:
            matching.add(resource)
        return frozenset(matching)

    def spells(self, resource: str) -> bool:
        """Whether some identity policy spells a resource out."""
        return resource in self._plain


def _patterns(readings: Iterable[Reading], actions: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for reading in readings:
        concern = reading.about(actions)
        if concern is not None:
            found |= concern.patterns
    found.discard(_ANYWHERE)
    return found


class ResourceClasses:
    """The resource patterns that the policies of each account hold.

    Args:
        population: whose policies.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._spoken: dict[tuple[str, tuple[str, ...]], _Spoken] = {}
        self._hits: dict[tuple[str, str, tuple[str, ...]], frozenset[str]] = {}

    def hits(self, account: str, resource: str, actions: Iterable[str]) -> frozenset[str]:
        """The patterns in an account's policies that concern a resource, in statements about some of these actions."""
        wanted = _in_order(actions)
        key = (account, resource, wanted)
        found = self._hits.get(key)
        if found is None:
            spoken = self._in(account, wanted)
            found = spoken.common(resource)
            if spoken.spells(resource):
                found |= {resource}
            self._hits[key] = found
        return found

    def _in(self, account: str, actions: tuple[str, ...]) -> _Spoken:
        found = self._spoken.get((account, actions))
        if found is None:
            identity, boundaries = self._population.held_in(account), self._population.bounding(account)
            limits = [*boundaries, *self._population.limits_on(account)]
            found = self._spoken[(account, actions)] = _Spoken(identity, limits, actions)
        return found

    def split(
        self,
        account: str,
        resources: Iterable[str],
        attributes: Callable[[str], Hashable],
        actions: Iterable[str],
    ) -> list[Alike]:
        """Resources that neither the account's policies nor their own attributes tell apart, together.

        Args:
            attributes: what else tells them apart.
            actions: what will be asked about them.
        """
        spoken = self._in(account, _in_order(actions))
        found: dict[tuple[frozenset[str], Hashable], list[str]] = {}
        for resource in resources:
            found.setdefault((spoken.common(resource), attributes(resource)), []).append(resource)
        return [
            Alike(tuple(names), hits, frozenset(name for name in names if spoken.spells(name)))
            for (hits, _), names in found.items()
        ]


def _in_order(actions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({action.lower() for action in actions}))
