"""Whose policies speak of a store, and whom its own policies name: so that nobody else is asked about."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.named_principals import (
    NamedPrincipals,
    account_in,
    allows_everybody,
    lets_in,
)
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.stores.mentioned import trusted_makers
from weightguard.access.aws.stores.resource_patterns import Sorted, Wild, beginning, may_name_store
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.estate.aws.partition import keys_of, partition_of
from weightguard.policy.aws import CompiledPolicy
from weightguard.policy.pattern import glob, is_pattern


class PolicyIndex:
    """Finds the groups that are worth asking about a store.

    Args:
        population: everybody.
        named: resolves the names in a store's own policies.
    """

    def __init__(self, population: Population, named: NamedPrincipals) -> None:
        self._population = population
        self._named = named
        self._hits: dict[tuple[object, ...], frozenset[str]] = {}
        self._letting: dict[tuple[object, ...], tuple[list[str], list[str]]] = {}
        wild: list[str] = []
        plain: list[str] = []
        for pattern in dict.fromkeys(
            pattern
            for account in sorted(population.realms)
            for reading in population.held_in(account)
            for pattern in sorted(reading.patterns)
        ):
            if not may_name_store(pattern):
                continue
            if is_pattern(pattern):
                wild.append(pattern)
            else:
                plain.append(pattern)
        self._wild, self._plain = Wild(wild), Sorted(plain)

    def hits(self, place: StoreSurface) -> frozenset[str]:
        """The resource patterns that concern the store, its objects, what leads to them, or its key."""
        key = place.itself
        found = self._hits.get(key)
        if found is None:
            names = [place.id, place.objects]
            if place.key is not None:
                names.append(place.key.arn or keys_of(place.key.account, partition_of(place.id)))
            names += _point_names(place)
            globs = [(beginning(name), glob(name)) for name in names]
            wild = (
                text for start, one in globs for text, other in self._wild.near(start) if other.overlaps(one)
            )
            plain = (
                text for start, one in globs for text in self._plain.beginning(start) if one.matches(text)
            )
            found = self._hits[key] = frozenset(wild) | frozenset(plain)
        return found

    def groups_for(
        self, actors: Actors, actions: tuple[str, ...], allowing: tuple[str, ...], place: StoreSurface
    ) -> list[PrincipalGroup]:
        """The cohorts to ask about a store: those whose policies speak of it, and those that its own policies name."""
        home = [place.account] if place.account is not None else sorted(self._population.realms)
        if place.key is not None and place.key.account not in home:
            home.append(place.key.account)
        named_accounts, meant = self._named_by(place)
        hits = self.hits(place)
        found: dict[PrincipalGroup, None] = {}
        for account in dict.fromkeys([*home, *named_accounts]):
            able = actors.cohorts(account, actions, allowing)
            found.update(dict.fromkeys(able.speaking_of(hits)))
        taken = {part for cohort in found for part in cohort.parts}
        for account in _opened_to_all(place, allowing):
            # Within the account, a policy that names everybody needs no other policy to agree.
            everybody = [group for group in actors.in_account(account) if group not in taken]
            taken.update(everybody)
            found.update(dict.fromkeys(everybody))
        for name in meant:
            own = self._population.group_of[name]
            changed = actors.standing_in_for(name) if name in self._named.kept_apart else ()
            for group in (*([own] if own in actors else ()), *changed):
                if group not in taken:
                    taken.add(group)
                    found[group] = None
        return list(found)

    def _named_by(self, place: StoreSurface) -> tuple[list[str], list[str]]:
        """The accounts and principals that the policies of the store and its key let in."""
        found = self._letting.get(place.itself)
        if found is None:
            found = self._letting[place.itself] = self._let_in(place)
        return found

    def _let_in(self, place: StoreSurface) -> tuple[list[str], list[str]]:
        names: set[str] = set()
        for policy in policies_of(place):
            names |= lets_in(policy)
        for grant in place.key.grants if place.key is not None else ():
            names.add(grant.grantee)
        meant = self._named.meant(names)
        if "*" in names:
            return sorted(self._population.realms), meant
        accounts = {account for name in names if (account := account_in(name)) in self._population.realms}
        return sorted(account for account in accounts if account), meant


def _point_names(place: StoreSurface) -> Iterator[str]:
    """The store's access points, those that may be made, by accounts that it trusts as well, and the grants of S3 Access Grants."""
    for point in place.points:
        yield from (point.arn, f"{point.arn}/object/*")
    if place.account is not None and place.region is not None:
        own = f"arn:{partition_of(place.id)}:s3:{place.region}:{place.account}"
        yield from (f"{own}:accesspoint/*", f"{own}:access-grants/*")
    for account in trusted_makers(place):
        yield f"arn:{partition_of(place.id)}:s3:*:{account}:accesspoint/*"


def policies_of(place: StoreSurface) -> list[CompiledPolicy]:
    """The compiled resource policies of the store, its access points and its key."""
    found = [place.policy, place.key.policy if place.key is not None else None]
    found += [policy for point in place.points for policy in point.policy or ()]
    return [policy for policy in found if policy is not None]


def _opened_to_all(place: StoreSurface, allowing: tuple[str, ...]) -> list[str]:
    """The accounts whose own store or key names everybody where it allows one of the actions."""
    found: dict[str, None] = {}
    if place.policy is not None and place.account is not None and "*" in lets_in(place.policy):
        found[place.account] = None
    key = place.key
    if key is not None and key.policy is not None:
        policy = key.policy
        if any(allows_everybody(policy, one.lower()) for one in allowing if one.startswith("kms:")):
            found[key.account] = None
    return list(found)
