"""Targets that no policy of an account tells apart, so that one decision serves them all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from weightguard.access.population import Population
from weightguard.policy.aws.glob import Glob, glob, is_pattern

_ANY = ""
_SERVICE_PARTS = 4


def _service(arn: str) -> str:
    """The service of an ARN; empty where a pattern leaves it open."""
    parts = arn.split(":", _SERVICE_PARTS - 1)
    if len(parts) < _SERVICE_PARTS or is_pattern("".join(parts[:3])):
        return _ANY
    return parts[2]


class Patterns:
    """The resource patterns that the policies of each account hold.

    Args:
        population: whose policies.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._wild: dict[str, dict[str, list[tuple[str, Glob]]]] = {}
        self._plain: dict[str, frozenset[str]] = {}
        self._hits: dict[tuple[str, str], frozenset[str]] = {}

    def hits(self, account: str, resource: str) -> frozenset[str]:
        """The patterns in an account's policies that concern a resource."""
        key = (account, resource)
        found = self._hits.get(key)
        if found is None:
            if account not in self._wild:
                self._load(account)
            wild = self._wild[account]
            own = (*wild.get(_service(resource), ()), *wild.get(_ANY, ()))
            matching = {text for text, pattern in own if pattern.matches(resource)}
            if resource in self._plain[account]:
                matching.add(resource)
            found = self._hits[key] = frozenset(matching)
        return found

    def _load(self, account: str) -> None:
        texts = self._population.patterns_in(account)
        realm = self._population.realm(account)
        for level in realm.scp:
            for policy in level:
                texts |= self._population.patterns_of(policy)
        texts.discard("*")
        wild = self._wild[account] = {}
        for text in sorted(text for text in texts if is_pattern(text)):
            wild.setdefault(_service(text), []).append((text, glob(text)))
        self._plain[account] = frozenset(text for text in texts if not is_pattern(text))

    def split(
        self, account: str, resources: Iterable[str], attributes: Callable[[str], Hashable]
    ) -> list[tuple[str, ...]]:
        """Resources that neither the account's policies nor their own attributes tell apart, together."""
        found: dict[Hashable, list[str]] = {}
        for resource in resources:
            found.setdefault((self.hits(account, resource), attributes(resource)), []).append(resource)
        return [tuple(members) for members in found.values()]
