"""Which groups' policies name an action at all, and which name a store: so that nobody else is asked about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from weightguard.access.population import Group, Population
from weightguard.access.surfaces import StoreSurface
from weightguard.errors import InputError
from weightguard.policy.aws import (
    CompiledPolicy,
    Layers,
    PolicyKind,
    Principal,
    PrincipalType,
    compile_policy,
    parse_principal,
)
from weightguard.policy.aws.glob import glob, is_pattern
from weightguard.policy.aws.principal import Naming, PrincipalElement
from weightguard.policy.aws.statement import target

ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
OUTSIDE = "arn:aws:iam::000000000000:role/outside"
"""A principal in nobody's account: no account has this number."""
_ANYTHING = target("*", literal=False)
_NOBODY: frozenset[str] = frozenset()


def administrator(name: str) -> CompiledPolicy:
    """A policy that allows everything, under the name that an answer is to cite."""
    return compile_policy(ADMINISTRATOR, kind=PolicyKind.IDENTITY, name=name)


@lru_cache(maxsize=262_144)
def allows_somewhere(policy: CompiledPolicy, action: str) -> bool:
    """Whether some statement of a policy allows an action (lower-case) on something."""
    document = policy.document
    return document.unread or any(
        one.allows and one.may_apply(action, _ANYTHING) for one in document.statements
    )


class Index:
    """Finds the groups that are worth asking about.

    Args:
        population: everybody.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._able: dict[tuple[str, str], tuple[Group, ...]] = {}
        self._hits: dict[tuple[str, str], frozenset[str]] = {}
        self._wild: list[str] = []
        self._patterns: set[str] = set()
        self._everywhere: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        for group in population.groups:
            self.note(group)

    def note(self, group: Group) -> None:
        """Take a group's resource patterns into account."""
        for pattern in group.patterns - self._patterns:
            self._patterns.add(pattern)
            if is_pattern(pattern):
                self._wild.append(pattern)

    def able(self, account: str, action: str) -> tuple[Group, ...]:
        """The groups of an account whose identity policies allow an action on something, whatever limits them."""
        key = (account, action.lower())
        found = self._able.get(key)
        if found is None:
            found = tuple(
                group
                for group in self._population.in_account(account)
                if any(allows_somewhere(policy, key[1]) for policy in group.documents)
            )
            self._able[key] = found
        return found

    def forget(self, account: str) -> None:
        """Drop what was found for an account that has got new groups."""
        for key in [key for key in self._able if key[0] == account]:
            del self._able[key]

    def hits(self, group: Group, place: StoreSurface) -> frozenset[str]:
        """Those of a group's resource patterns that concern the store or its objects."""
        key = (place.id, place.objects)
        found = self._hits.get(key)
        if found is None:
            bucket, objects = glob(place.id), glob(place.objects)
            wild = (one for one in self._wild if glob(one).overlaps(bucket) or glob(one).overlaps(objects))
            plain = (one for one in self._patterns if one.startswith(place.id))
            found = self._hits[key] = frozenset(wild) | frozenset(plain)
        return found & group.patterns

    def groups_for(self, actions: Iterable[str], place: StoreSurface) -> list[Group]:
        """The groups to ask about a store: those whose policies name it, and those that its own policies name."""
        found: dict[Group, None] = {}
        home = [place.account] if place.account is not None else sorted(self._population.realms)
        wanted = list(actions)
        on_key = {action for action in wanted if action.startswith("kms:")}
        named_accounts, named = self._named_by(place)
        for account in dict.fromkeys([*home, *named_accounts]):
            for action in wanted:
                for group in self.able(account, action):
                    if group not in found and (action in on_key or self.hits(group, place)):
                        found[group] = None
        for name in sorted(named):
            member_of = self._population.group_of.get(name)
            if member_of is not None:
                found.setdefault(member_of, None)
        return list(found)

    def _named_by(self, place: StoreSurface) -> tuple[list[str], frozenset[str]]:
        """The accounts and principals that the policies of the store and its key let in."""
        names: set[str] = set()
        for policy in policies_of(place):
            names |= _names(policy)
        for grant in place.key.grants if place.key is not None else ():
            names.add(grant.grantee)
        if "*" in names:
            return sorted(self._population.realms), frozenset(names)
        accounts = {account for name in names if (account := _account(name)) in self._population.realms}
        return sorted(account for account in accounts if account), frozenset(names)

    def named_in(self, document: Mapping[str, object] | str) -> frozenset[str]:
        """The AWS principals and services that a resource policy names, in allowing and in denying."""
        text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
        return _names(compile_policy(text, kind=PolicyKind.RESOURCE, name=""))

    def is_named(self, group: Group, named: frozenset[str]) -> bool:
        """Whether some of these names is, or is a session or an id of, a member of the group."""
        return bool(named) and any(
            self._population.group_of.get(owner) is group for owner in self._owners(group, named)
        )

    def _owners(self, group: Group, named: frozenset[str]) -> frozenset[str]:
        """The principals of an account that the names stand for."""
        key = (group.account, named)
        found = self._everywhere.get(key)
        if found is None:
            plain = {name for name in named if name in self._population.group_of}
            odd = {
                name
                for name in named
                if name not in plain and (":assumed-role/" in name or name.startswith(("AIDA", "AROA")))
            }
            if odd:
                plain |= {
                    member
                    for other in self._population.in_account(group.account)
                    for member in other.members
                    if self.naming(self._population.callers[member], frozenset(odd))
                }
            found = self._everywhere[key] = frozenset(plain)
        return found

    @staticmethod
    def naming(caller: Principal, named: frozenset[str]) -> tuple[str, ...]:
        """Those of the names that mean this very principal."""
        if not named:
            return ()
        own = []
        for name in sorted(named):
            how, _ = PrincipalElement(frozenset((name,)), _NOBODY, _NOBODY, _NOBODY, False).names(caller)
            if how not in (Naming.NOT, Naming.ACCOUNT) and name != "*":
                own.append(name)
        return tuple(own)

    def stranger(self, name: str) -> Principal | None:
        """The service, or the principal of an account that no snapshot covers, that a policy names; else None."""
        try:
            caller = parse_principal(name)
        except InputError:
            return None
        if caller.type in (PrincipalType.SERVICE, PrincipalType.CANONICAL_USER):
            return caller
        if caller.account is None or self.is_covered(caller.account):
            return None
        return caller

    def is_covered(self, account: str) -> bool:
        """Whether some snapshot holds the account's principals."""
        return bool(self._population.in_account(account))

    @staticmethod
    def outsider() -> Principal:
        """Somebody of an account that has nothing to do with the estate."""
        return parse_principal(OUTSIDE)

    @staticmethod
    def names(policy: CompiledPolicy) -> frozenset[str]:
        """The AWS principals and services that a compiled resource policy names."""
        return _names(policy)

    @staticmethod
    def everything(caller: Principal) -> Layers:
        """The layers of a principal whose own policies nobody knows: they may allow anything."""
        if caller.account is None:
            return Layers()
        return Layers(identity=(administrator(f"policies of account {caller.account}"),))


def policies_of(place: StoreSurface) -> list[CompiledPolicy]:
    """The compiled resource policies of the store and its key."""
    found = [place.policy, place.key.policy if place.key is not None else None]
    return [policy for policy in found if policy is not None]


@lru_cache(maxsize=65_536)
def _names(policy: CompiledPolicy) -> frozenset[str]:
    names: set[str] = set()
    for statement in policy.document.statements:
        element = statement.principals
        if element is None:
            continue
        names |= element.aws | element.service
        if element.everybody or (statement.not_principal and statement.allows):
            names.add("*")
    return frozenset(names)


def _account(name: str) -> str | None:
    if len(name) == 12 and name.isdigit():
        return name
    parts = name.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else None
