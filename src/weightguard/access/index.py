"""Which groups' policies name an action at all, and which name a store: so that nobody else is asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from weightguard.access.mentions import trusted_makers
from weightguard.access.naming import Named, account_in, allows_everybody, lets_in
from weightguard.access.population import Group, Population
from weightguard.access.surfaces import StoreSurface
from weightguard.estate.model import PrincipalKind
from weightguard.estate.partition import keys_of, partition_of
from weightguard.policy.aws import CompiledPolicy, PolicySet
from weightguard.policy.aws.glob import Glob, glob, is_pattern

Likeness = tuple[
    tuple[CompiledPolicy, ...], PrincipalKind, PolicySet | None, tuple[PolicySet, ...], bool, object
]
"""What two groups share that nothing about some actions tells apart."""


class Index:
    """Finds the groups that are worth asking about.

    Args:
        population: everybody.
        named: resolves the names in a store's own policies.
    """

    def __init__(self, population: Population, named: Named) -> None:
        self._population = population
        self._named = named
        self._able: dict[tuple[str, tuple[str, ...], tuple[str, ...]], tuple[Group, ...]] = {}
        self._made: dict[tuple[str, tuple[str, ...], tuple[str, ...], Likeness], Group] = {}
        self._concerned: dict[tuple[CompiledPolicy, tuple[str, ...]], bool] = {}
        self._hits: dict[tuple[object, ...], frozenset[str]] = {}
        self._wild: list[tuple[str, str, Glob]] = []
        self._plain: list[str] = []
        self._patterns: set[str] = set()
        for group in population.groups:
            self.note(group)

    def note(self, group: Group) -> None:
        """Take a group's resource patterns into account."""
        for pattern in group.patterns - self._patterns:
            self._patterns.add(pattern)
            if not _may_name_store(pattern):
                continue
            if is_pattern(pattern):
                self._wild.append((pattern, _beginning(pattern), glob(pattern)))
            else:
                self._plain.append(pattern)

    def able(self, account: str, action: str) -> tuple[Group, ...]:
        """Cohorts of an account whose identity policies allow an action on something, whatever limits them."""
        return self.cohorts(account, (action,))

    def cohorts(
        self, account: str, actions: Iterable[str], allowing: Iterable[str] | None = None
    ) -> tuple[Group, ...]:
        """The groups of an account that are allowed one of the actions somewhere, joined where their policies say the same.

        A policy that says nothing about the actions tells nobody apart: two roles with data of their own each, and one shared
        deployment policy, are one when it is about deploying.

        Args:
            actions: all actions that will be asked about.
            allowing: those of which one must be allowed somewhere; None: any of `actions`.
        """
        wanted = tuple(sorted(action.lower() for action in actions))
        needed = wanted if allowing is None else tuple(sorted(action.lower() for action in allowing))
        key = (account, wanted, needed)
        found = self._able.get(key)
        if found is None:
            found = self._able[key] = tuple(self._joined(account, wanted, needed))
        return found

    def _joined(self, account: str, actions: tuple[str, ...], needed: tuple[str, ...]) -> Iterator[Group]:
        together: dict[Likeness, list[Group]] = {}
        for group in self._population.in_account(account):
            relevant = self._relevant(group, actions)
            if any("Allow" in self._population.effects(policy, one) for policy in relevant for one in needed):
                together.setdefault(self._sameness(group, relevant), []).append(group)
        for likeness, groups in together.items():
            key = (account, actions, needed, likeness)
            cohort = self._made.get(key)
            if cohort is None:
                cohort = self._made[key] = self._cohort(groups, likeness[0], actions, needed)
            # What was decided for the cohort holds for whoever joins it.
            cohort.parts = tuple(groups)
            yield cohort

    def _relevant(self, group: Group, actions: tuple[str, ...]) -> tuple[CompiledPolicy, ...]:
        """The group's policies that concern one of the actions."""
        return tuple(policy for policy in group.documents if self._concerns(policy, actions))

    def _concerns(self, policy: CompiledPolicy, actions: tuple[str, ...]) -> bool:
        key = (policy, actions)
        found = self._concerned.get(key)
        if found is None:
            services = self._population.services(policy)
            likely = (
                actions if services is None else [one for one in actions if one.partition(":")[0] in services]
            )
            effects = self._population.effects
            found = self._concerned[key] = any(effects(policy, action) for action in likely)
        return found

    def _sameness(self, group: Group, relevant: tuple[CompiledPolicy, ...]) -> Likeness:
        """Equal for groups that nothing which bears on some actions tells apart."""
        looks = self._population.realm(group.account).sensitivity
        for policy in (*relevant, *(group.layers.boundary or ())):
            looks |= self._population.looks_of(policy)
        tags = group.caller.known_tags
        told = looks.signature(group.caller.identifier, tags)
        return (
            relevant,
            group.kind,
            group.layers.boundary,
            group.layers.scp,
            group.caller.is_service_linked,
            told,
        )

    def _cohort(
        self,
        groups: list[Group],
        relevant: tuple[CompiledPolicy, ...],
        actions: tuple[str, ...],
        needed: tuple[str, ...],
    ) -> Group:
        first = groups[0]
        patterns_for = self._population.patterns_for
        return Group(
            first.account,
            first.kind,
            first.caller,
            first.layers.replace(identity=relevant),
            relevant,
            frozenset[str]().union(*(patterns_for(policy, actions) for policy in relevant)),
            first.origin,
            change=first.change if all(group.change for group in groups) else (),
            own=first.own,
            parts=tuple(groups),
            reach=frozenset[str]().union(*(patterns_for(policy, needed) for policy in relevant)),
        )

    def speaking_of(self, groups: Iterable[Group], hits: frozenset[str]) -> list[Group]:
        """Those of some groups whose policies speak of a resource, given the patterns that concern it."""
        return [one for one in groups if "*" in one.reach or not hits.isdisjoint(one.reach)]

    def forget(self, account: str) -> None:
        """Drop what was found for an account that has got new groups."""
        for key in [key for key in self._able if key[0] == account]:
            del self._able[key]

    def hits(self, place: StoreSurface) -> frozenset[str]:
        """The resource patterns that concern the store, its objects, what leads to them, or its key."""
        key = place.itself
        found = self._hits.get(key)
        if found is None:
            names = [place.id, place.objects]
            if place.key is not None:
                names.append(place.key.arn or keys_of(place.key.account, partition_of(place.id)))
            names += _point_names(place)
            globs = [(_beginning(name), glob(name)) for name in names]
            wild = (text for text, start, pattern in self._wild if _meets(start, pattern, globs))
            plain = (text for text in self._plain if any(one.matches(text) for _, one in globs))
            found = self._hits[key] = frozenset(wild) | frozenset(plain)
        return found

    def groups_for(
        self, actions: tuple[str, ...], allowing: tuple[str, ...], place: StoreSurface
    ) -> list[Group]:
        """The cohorts to ask about a store: those whose policies speak of it, and those that its own policies name."""
        home = [place.account] if place.account is not None else sorted(self._population.realms)
        if place.key is not None and place.key.account not in home:
            home.append(place.key.account)
        named_accounts, named = self._named_by(place)
        hits = self.hits(place)
        found: dict[Group, None] = {}
        for account in dict.fromkeys([*home, *named_accounts]):
            able = self.cohorts(account, actions, allowing)
            found.update(dict.fromkeys(self.speaking_of(able, hits)))
        taken = {part for cohort in found for part in cohort.parts}
        for account in _opened_to_all(place, allowing):
            # Within the account, a policy that names everybody needs no other policy to agree.
            everybody = [group for group in self._population.in_account(account) if group not in taken]
            taken.update(everybody)
            found.update(dict.fromkeys(everybody))
        for name in self._named.meant(named):
            for group in (self._population.group_of[name], *self._named.stand_ins(name)):
                if group not in taken:
                    taken.add(group)
                    found[group] = None
        return list(found)

    def _named_by(self, place: StoreSurface) -> tuple[list[str], frozenset[str]]:
        """The accounts and principals that the policies of the store and its key let in."""
        names: set[str] = set()
        for policy in policies_of(place):
            names |= lets_in(policy)
        for grant in place.key.grants if place.key is not None else ():
            names.add(grant.grantee)
        if "*" in names:
            return sorted(self._population.realms), frozenset(names)
        accounts = {account for name in names if (account := account_in(name)) in self._population.realms}
        return sorted(account for account in accounts if account), frozenset(names)


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


def _may_name_store(pattern: str) -> bool:
    """Whether a resource pattern can be about S3 or KMS at all; most are about something else."""
    service = pattern.split(":", 3)[2:3]
    return (
        not service
        or is_pattern(pattern[: pattern.find(service[0]) + len(service[0])])
        or service[0] in ("s3", "kms")
    )


def _beginning(pattern: str) -> str:
    """What a pattern says before its first wildcard."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def _meets(start: str, pattern: Glob, names: Iterable[tuple[str, Glob]]) -> bool:
    """Whether a pattern and one of several others have something in common; those that begin otherwise have not."""
    return any(
        (start.startswith(other) or other.startswith(start)) and pattern.overlaps(one) for other, one in names
    )
