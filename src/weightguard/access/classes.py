"""Targets that no policy of an account tells apart, so that one decision serves them all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from weightguard.access.population import Population
from weightguard.policy.aws.glob import Glob, glob, is_pattern


class Patterns:
    """The resource patterns that the policies of each account hold.

    Args:
        population: whose policies.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._wild: dict[str, tuple[tuple[str, Glob], ...]] = {}
        self._plain: dict[str, frozenset[str]] = {}
        self._hits: dict[tuple[str, str], frozenset[str]] = {}

    def hits(self, account: str, resource: str) -> frozenset[str]:
        """The patterns in an account's policies that concern a resource."""
        key = (account, resource)
        found = self._hits.get(key)
        if found is None:
            if account not in self._wild:
                self._load(account)
            matching = {text for text, pattern in self._wild[account] if pattern.matches(resource)}
            if resource in self._plain[account]:
                matching.add(resource)
            found = self._hits[key] = frozenset(matching)
        return found

    def _load(self, account: str) -> None:
        texts: set[str] = set()
        for group in self._population.in_account(account):
            texts |= group.patterns
        realm = self._population.realm(account)
        for level in realm.scp:
            for policy in level:
                texts |= self._population.patterns_of(policy)
        texts.discard("*")
        self._wild[account] = tuple((text, glob(text)) for text in sorted(texts) if is_pattern(text))
        self._plain[account] = frozenset(text for text in texts if not is_pattern(text))

    def split(
        self, account: str, resources: Iterable[str], attributes: Callable[[str], Hashable]
    ) -> list[tuple[str, ...]]:
        """Resources that neither the account's policies nor their own attributes tell apart, together."""
        found: dict[Hashable, list[str]] = {}
        for resource in resources:
            found.setdefault((self.hits(account, resource), attributes(resource)), []).append(resource)
        return [tuple(members) for members in found.values()]
