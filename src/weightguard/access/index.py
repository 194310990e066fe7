"""Which groups' policies name an action at all, and which name a store: so that nobody else is asked about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache

from weightguard.access.population import Group, Population, compiled, document_of
from weightguard.access.sensitivity import Sensitivity, sensitivity
from weightguard.access.surfaces import StoreSurface
from weightguard.errors import InputError
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import NamedPolicy, PrincipalKind
from weightguard.policy.aws import (
    CompiledPolicy,
    Layers,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalType,
    compile_policy,
    parse_principal,
)
from weightguard.policy.aws.glob import Glob, glob, is_pattern
from weightguard.policy.aws.principal import Naming, PrincipalElement

ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
OUTSIDE = "arn:aws:iam::000000000000:role/outside"
"""A principal in nobody's account: no account has this number."""
_ACCOUNT_DIGITS = 12
Class = tuple[Principal, tuple[Group | str, ...]]
"""A caller, and what stands for all who are like it: a group, groups, or names."""
Likeness = tuple[
    tuple[CompiledPolicy, ...], PrincipalKind, PolicySet | None, tuple[PolicySet, ...], bool, object
]
"""What two groups share that nothing about some actions tells apart."""
_NOBODY: frozenset[str] = frozenset()


def administrator(name: str) -> CompiledPolicy:
    """A policy that allows everything, under the name that an answer is to cite."""
    return compile_policy(ADMINISTRATOR, kind=PolicyKind.IDENTITY, name=name)


class Index:
    """Finds the groups that are worth asking about.

    Args:
        population: everybody.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._able: dict[tuple[str, tuple[str, ...], tuple[str, ...]], tuple[Group, ...]] = {}
        self._made: dict[tuple[str, tuple[str, ...], tuple[str, ...], Likeness], Group] = {}
        self._concerned: dict[tuple[CompiledPolicy, tuple[str, ...]], bool] = {}
        self._hits: dict[tuple[str, str], frozenset[str]] = {}
        self._wild: list[tuple[str, Glob]] = []
        self._plain: list[str] = []
        self._patterns: set[str] = set()
        self._everywhere: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        for group in population.groups:
            self.note(group)

    def note(self, group: Group) -> None:
        """Take a group's resource patterns into account."""
        for pattern in group.patterns - self._patterns:
            self._patterns.add(pattern)
            if not _may_name_store(pattern):
                continue
            if is_pattern(pattern):
                self._wild.append((pattern, glob(pattern)))
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
        tags = dict(group.caller.tags) if group.caller.tags is not None else None
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
        """The resource patterns that concern the store, its objects or its key."""
        key = (place.id, place.objects)
        found = self._hits.get(key)
        if found is None:
            names = [place.id, place.objects]
            if place.key is not None:
                names.append(place.key.arn or f"arn:aws:kms:*:{place.key.account}:key/*")
            globs = [glob(name) for name in names]
            wild = (text for text, pattern in self._wild if any(pattern.overlaps(one) for one in globs))
            plain = (text for text in self._plain if any(one.matches(text) for one in globs))
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
        if place.policy is not None and "*" in _lets_in(place.policy) and place.account is not None:
            # Within the account, a policy that names everybody needs no other policy to agree.
            everybody = [group for group in self._population.in_account(place.account) if group not in taken]
            taken.update(everybody)
            found.update(dict.fromkeys(everybody))
        for name in self.meant(named):
            for group in (self._population.group_of[name], *self.stand_ins(name)):
                if group not in taken:
                    taken.add(group)
                    found[group] = None
        return list(found)

    def _named_by(self, place: StoreSurface) -> tuple[list[str], frozenset[str]]:
        """The accounts and principals that the policies of the store and its key let in."""
        names: set[str] = set()
        for policy in policies_of(place):
            names |= _lets_in(policy)
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
        return bool(named) and bool(self._named_members(group, named))

    def _named_members(self, group: Group, named: frozenset[str]) -> list[Group | str]:
        """Members of a group that names mean, and changed groups in it that are kept apart for one of them."""
        owners = self._owners(group, named)
        own = set(group.parts) or {group}
        found: list[Group | str] = [
            name for name in sorted(owners) if self._population.group_of.get(name) in own
        ]
        if owners:
            found += [
                part
                for part in group.parts or (group,)
                if not part.names and part.origin.id in owners and part.origin.id in self.named_apart
            ]
        return found

    def apart(self, group: Group, named: frozenset[str], looks: Sensitivity) -> list[Class]:
        """A group as a whole, or told apart where a resource's policy names members of it or looks at who asks.

        Returns:
            Per class of members one of them, and what stands for all of them: the group, groups in it, or names.
        """
        if not looks.is_blind:
            return self._by_looks(group, named, looks)
        special = self._named_members(group, named) if named else []
        if not special:
            return [(group.caller, (group,))]
        special_names = [node for node in special if isinstance(node, str)]
        touched = {self._population.group_of[name] for name in special_names}
        found: list[Class] = [(self._caller(node), (node,)) for node in special]
        parts = [part for part in group.parts or (group,) if part not in special]
        rest: list[Group | str] = [part for part in parts if part not in touched]
        rest += [name for part in parts if part in touched for name in part.names if name not in special]
        if rest:
            found.append((self._caller(rest[-1]), tuple(rest)))
        return found

    def _caller(self, node: Group | str) -> Principal:
        """Somebody of what a node stands for; of a changed group that is kept apart, the one that it is of."""
        if isinstance(node, str):
            return self._population.callers[node]
        if node.names:
            return self._population.callers[node.names[0]]
        return node.caller if node.origin.id in self.named_apart else self._nobody(node)

    @staticmethod
    def _nobody(group: Group) -> Principal:
        """A caller that no policy names, for a changed group that may be any of several principals."""
        partition, account = group.caller.identifier.split(":")[1], group.account
        return replace(
            group.caller,
            identifier=f"arn:{partition}:iam::{account}:{group.kind.value}/(changed)",
            unique_id=None,
        )

    def _by_looks(self, group: Group, named: frozenset[str], looks: Sensitivity) -> list[Class]:
        classes: dict[object, list[Group | str]] = {}
        for part in group.parts or (group,):
            for node in part.names or (part,):
                caller = self._caller(node)
                tags = dict(caller.tags) if caller.tags is not None else None
                key = (self.naming(caller, named), looks.signature(caller.identifier, tags))
                classes.setdefault(key, []).append(node)
        if len(classes) == 1:
            return [(self._caller(nodes[0]), (group,)) for nodes in classes.values()]
        return [(self._caller(nodes[0]), tuple(nodes)) for nodes in classes.values()]

    def _owners(self, group: Group, named: frozenset[str]) -> frozenset[str]:
        """The principals of an account that the names stand for."""
        key = (group.account, named)
        found = self._everywhere.get(key)
        if found is None:
            callers = self._population.callers
            found = self._everywhere[key] = frozenset(
                name for name in self.meant(named) if callers[name].account == group.account
            )
        return found

    def meant(self, names: Iterable[str]) -> list[str]:
        """The estate's principals that names in a policy mean: by ARN, by the ARN of a session, by unique id; sorted."""
        found: set[str] = set()
        for name in names:
            if name in self._population.group_of:
                found.add(name)
            elif ":assumed-role/" in name or name.startswith(("AIDA", "AROA")):
                found.update(self._by_other_names.get(_other_name(name), ()))
        return sorted(found)

    @cached_property
    def named_apart(self) -> frozenset[str]:
        """Principals that a store's, key's or workload's policy names or looks at, or a trust policy that may not suffice them.

        Changed, such a principal may do what nobody like it may; it is therefore kept apart from the others of its class.
        """
        found: set[str] = set()
        for principal in self._population.estate.principals:
            for name in self.meant(_named_by(principal.trust, PolicyKind.TRUST)):
                group = self._population.group_of[name]
                if group.account != principal.account or group.layers.boundary is not None or _denies(group):
                    found.add(name)
        for fact in self._resource_policies():
            found.update(self.meant(_named_by(fact, PolicyKind.RESOURCE)))
            policy = fact.value if isinstance(fact, Known) else None
            for pattern in sensitivity(None if policy is None else document_of(policy)).arns:
                found.update(self._matching(pattern))
        return frozenset(found)

    def _resource_policies(self) -> Iterator[Fact[NamedPolicy | None]]:
        estate = self._population.estate
        for store in estate.stores:
            yield store.policy
            yield from (point.policy for point in store.access_points)
        yield from (key.policy for key in estate.keys)
        yield from (workload.policy for workload in estate.workloads)
        yield from (secret.policy for secret in estate.secrets)

    def _matching(self, pattern: str) -> Iterable[str]:
        """The principals whose ARN a condition's value matches."""
        if not is_pattern(pattern):
            return [pattern] if pattern in self._population.group_of else []
        wanted = glob(pattern)
        return (
            [] if wanted.matches_all else [name for name in self._population.group_of if wanted.matches(name)]
        )

    def stand_ins(self, name: str) -> list[Group]:
        """A principal as changes would leave it, where it is kept apart."""
        if name not in self.named_apart:
            return []
        group = self._population.group_of[name]
        return [one for one in self._population.changed(group.account) if one.origin.id == name]

    @cached_property
    def _by_other_names(self) -> dict[str, list[str]]:
        """Principals by unique id, and roles by account and name."""
        found: dict[str, list[str]] = {}
        for name, caller in self._population.callers.items():
            if caller.unique_id is not None:
                found.setdefault(caller.unique_id, []).append(name)
            if ":role/" in name:
                found.setdefault(f"{caller.account}/{caller.name}", []).append(name)
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

    def accounts_in(self, names: frozenset[str]) -> list[str]:
        """The accounts of the estate that some of the names stand for as a whole."""
        found = {
            name if len(name) == _ACCOUNT_DIGITS else _account(name)
            for name in names
            if _is_whole_account(name)
        }
        return sorted(account for account in found if account in self._population.realms)

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
        if caller.type is PrincipalType.ROOT:
            # A policy that names an account means its principals; the root user itself cannot even assume a role.
            return parse_principal(
                name.removesuffix(":root") + ":role/outside"
                if ":" in name
                else f"arn:aws:iam::{name}:role/outside"
            )
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


def stranger_name(caller: Principal) -> str:
    """How an answer names somebody of an account that no snapshot covers: by the account."""
    return caller.identifier if caller.account is None else f"arn:aws:iam::{caller.account}:root"


def policies_of(place: StoreSurface) -> list[CompiledPolicy]:
    """The compiled resource policies of the store and its key."""
    found = [place.policy, place.key.policy if place.key is not None else None]
    return [policy for policy in found if policy is not None]


@lru_cache(maxsize=65_536)
def _lets_in(policy: CompiledPolicy) -> frozenset[str]:
    """Whom the policy's allowing statements name; ``*`` for everybody."""
    names: set[str] = set()
    for statement in policy.document.statements:
        element = statement.principals
        if element is not None and statement.allows:
            names |= element.aws
            if element.everybody or statement.not_principal:
                names.add("*")
    return frozenset(names)


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


def _may_name_store(pattern: str) -> bool:
    """Whether a resource pattern can be about S3 or KMS at all; most are about something else."""
    service = pattern.split(":", 3)[2:3]
    return (
        not service
        or is_pattern(pattern[: pattern.find(service[0]) + len(service[0])])
        or service[0] in ("s3", "kms")
    )


def _other_name(name: str) -> str:
    """``account/role`` of a session's ARN; the unique id, without a session's name, as it is."""
    if ":assumed-role/" in name:
        return f"{_account(name)}/{name.partition(':assumed-role/')[2].partition('/')[0]}"
    return name.partition(":")[0]


def _named_by(fact: Fact[NamedPolicy | None], kind: PolicyKind) -> frozenset[str]:
    """Whom a policy names, to let in or to keep out."""
    policy = fact.value if isinstance(fact, Known) else None
    return frozenset() if policy is None else _names(compiled(policy, kind)) - {"*"}


def _denies(group: Group) -> bool:
    """Whether some policy of a group's denies anything."""
    return any(not one.allows for policy in group.documents for one in policy.document.statements)


def _is_whole_account(name: str) -> bool:
    return name.endswith(":root") or (len(name) == _ACCOUNT_DIGITS and name.isdigit())


def _account(name: str) -> str | None:
    if len(name) == 12 and name.isdigit():
        return name
    parts = name.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else None
