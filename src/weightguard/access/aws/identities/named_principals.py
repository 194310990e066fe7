"""Whom a policy that names principals means: who of the estate, which accounts, and strangers.

A group is asked about as one, unless a policy names members of it or looks at who asks; then it is told apart just as far.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from weightguard.access.aws.identities.compiled import understood
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.sensitivity import BLIND, Sensitivity, sensitivity
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import NamedPolicy
from weightguard.estate.model import Principal as EstatePrincipal
from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind, Principal, compile_policy
from weightguard.policy.aws.principal import Naming, PrincipalElement
from weightguard.policy.aws.statement import target
from weightguard.policy.pattern import glob, is_pattern

ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_ACCOUNT_DIGITS = 12
_NOBODY: frozenset[str] = frozenset()
_ANY = target("*", literal=False)
Class = tuple[Principal, tuple[PrincipalGroup | str, ...]]
"""A caller, and what stands for all who are like it: a group, groups, or names."""


def administrator(name: str, memory: Memory) -> CompiledPolicy:
    """A policy that allows everything, under the name that an answer is to cite."""
    return compile_policy(ADMINISTRATOR, kind=PolicyKind.IDENTITY, name=name, memory=memory)


class NamedPrincipals:
    """Resolves the names in policies.

    Args:
        population: everybody.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._memory = population.memory
        self._everywhere: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def named_in(self, document: Mapping[str, object] | str) -> frozenset[str]:
        """The AWS principals and services that a resource policy names, in allowing and in denying."""
        text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
        return self.names(understood(text, PolicyKind.RESOURCE, "", self._memory))

    def is_named(self, group: PrincipalGroup, named: frozenset[str]) -> bool:
        """Whether some of these names is, or is a session or an id of, a member of the group."""
        return bool(named) and bool(self._named_members(group, named))

    def _named_members(self, group: PrincipalGroup, named: frozenset[str]) -> list[PrincipalGroup | str]:
        """Members of a group that names mean, and changed groups in it that are kept apart for one of them."""
        owners = self._owners(group, named)
        own = set(group.parts) or {group}
        found: list[PrincipalGroup | str] = [
            name for name in sorted(owners) if self._population.group_of.get(name) in own
        ]
        if owners:
            found += [
                part
                for part in group.parts or (group,)
                if not part.names and part.origin.id in owners and part.origin.id in self.kept_apart
            ]
        return found

    def apart(self, group: PrincipalGroup, named: frozenset[str], looks: Sensitivity) -> list[Class]:
        """A group as a whole, or told apart where a resource's policy names members of it or looks at who asks.

        Returns:
            Per class of members one of them, and what stands for all of them: the group, groups in it, or names.
        """
        if not looks.is_blind:
            return self._by_looks(group, named, looks)
        special = self._named_members(group, named) if named else []
        if not special:
            return [(group.caller, (group,))]
        found: list[Class] = [(self._caller(node), (node,)) for node in special]
        rest = self._left_of(group, special)
        if rest:
            found.append((self._caller(rest[-1]), tuple(rest)))
        return found

    def _left_of(
        self, group: PrincipalGroup, special: list[PrincipalGroup | str]
    ) -> list[PrincipalGroup | str]:
        """A group without some that are told apart: what of it they leave whole, and the names beside theirs."""
        touched = {self._population.group_of[node] for node in special if isinstance(node, str)}
        parts = [part for part in group.parts or (group,) if part not in special]
        rest: list[PrincipalGroup | str] = [part for part in parts if part not in touched]
        rest += [name for part in parts if part in touched for name in part.names if name not in special]
        return rest

    def _caller(self, node: PrincipalGroup | str) -> Principal:
        """Somebody of what a node stands for; of a changed group that is kept apart, the one that it is of."""
        if isinstance(node, str):
            return self._population.callers[node]
        if node.names:
            return self._population.callers[node.names[0]]
        return node.caller if node.origin.id in self.kept_apart else self._nobody(node)

    @staticmethod
    def _nobody(group: PrincipalGroup) -> Principal:
        """A caller that no policy names, for a changed group that may be any of several principals."""
        partition, account = group.caller.identifier.split(":")[1], group.account
        return replace(
            group.caller,
            identifier=f"arn:{partition}:iam::{account}:{group.kind.value}/(changed)",
            unique_id=None,
        )

    def _by_looks(self, group: PrincipalGroup, named: frozenset[str], looks: Sensitivity) -> list[Class]:
        classes: dict[object, list[PrincipalGroup | str]] = {}
        for part in group.parts or (group,):
            for node in part.names or (part,):
                caller = self._caller(node)
                long_term = self._population.is_long_term(caller.identifier)
                key = (
                    self.naming(caller, named),
                    looks.signature(caller.identifier, caller.known_tags, long_term),
                )
                classes.setdefault(key, []).append(node)
        if len(classes) == 1:
            return [(self._caller(nodes[0]), (group,)) for nodes in classes.values()]
        return [(self._caller(nodes[0]), tuple(nodes)) for nodes in classes.values()]

    def _owners(self, group: PrincipalGroup, named: frozenset[str]) -> frozenset[str]:
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
    def kept_apart(self) -> frozenset[str]:
        """Principals that a store's, key's or workload's policy names or looks at, or a trust policy that may not suffice them.

        Changed, such a principal may do what nobody like it may; it is therefore kept apart from the others of its class.
        """
        found: set[str] = set()
        for principal in self._population.estate.principals:
            for name in self.meant(self._named_by(principal.trust, PolicyKind.TRUST)):
                if not self._suffices(name, principal):
                    found.add(name)
        for key in self._population.estate.keys:
            if isinstance(key.grants, Known):
                found.update(self.meant(grant.grantee for grant in key.grants.value))
        for fact in self._resource_policies():
            found.update(self.meant(self._named_by(fact, PolicyKind.RESOURCE)))
            policy = fact.value if isinstance(fact, Known) else None
            for pattern in self._looks(policy).arns:
                found.update(self._matching(pattern))
        return frozenset(found)

    @cached_property
    def looked_at(self) -> Sensitivity:
        """What the policies of roles, stores, keys and other resources look at in their callers."""
        found = BLIND
        facts = [principal.trust for principal in self._population.estate.principals]
        for fact in (*facts, *self._resource_policies()):
            policy = fact.value if isinstance(fact, Known) else None
            found |= self._looks(policy)
        return found

    def _looks(self, policy: NamedPolicy | None) -> Sensitivity:
        return BLIND if policy is None else sensitivity(document_of(policy), self._memory)

    def _named_by(self, fact: Fact[NamedPolicy | None], kind: PolicyKind) -> frozenset[str]:
        """Whom a policy names, to let in or to keep out."""
        policy = fact.value if isinstance(fact, Known) else None
        return _NOBODY if policy is None else self.names(compiled(policy, kind, self._memory)) - {"*"}

    def _suffices(self, name: str, role: EstatePrincipal) -> bool:
        """Whether a trust policy that names a principal surely lets it in as it is."""
        group = self._population.group_of[name]
        if group.layers.boundary is not None or _denies(group):
            return False
        if group.account == role.account:
            return True
        allowing = [
            one for one in group.documents if "Allow" in self._population.effects(one, "sts:assumerole")
        ]
        patterns = (self._population.patterns_for(one, ("sts:assumerole",)) for one in allowing)
        return any(role.id in found or "*" in found for found in patterns)

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
            name if len(name) == _ACCOUNT_DIGITS else account_in(name)
            for name in names
            if _is_whole_account(name)
        }
        return sorted(account for account in found if account in self._population.realms)

    @staticmethod
    def names(policy: CompiledPolicy) -> frozenset[str]:
        """The AWS principals and services that a compiled resource policy names."""
        return policy.memory.once(_names, policy)


def lets_in(policy: CompiledPolicy) -> frozenset[str]:
    """Whom the policy's allowing statements name; ``*`` for everybody."""
    return policy.memory.once(_lets_in, policy)


def _lets_in(policy: CompiledPolicy) -> frozenset[str]:
    names: set[str] = set()
    for statement in policy.document.statements:
        element = statement.principals
        if element is not None and statement.allows:
            names |= element.aws
            if element.everybody or statement.not_principal:
                names.add("*")
    return frozenset(names)


def allows_somebody(policy: CompiledPolicy, action: str) -> bool:
    """Whether some statement of a resource policy allows an action (lower-case), on whatever and to whomever."""
    return policy.memory.once(_allows_somebody, policy, action)


def _allows_somebody(policy: CompiledPolicy, action: str) -> bool:
    return any(
        statement.allows and statement.may_apply(action, _ANY) for statement in policy.document.statements
    )


def allows_everybody(policy: CompiledPolicy, action: str) -> bool:
    """Whether some statement of a resource policy allows an action (lower-case) without naming who."""
    return policy.memory.once(_allows_everybody, policy, action)


def _allows_everybody(policy: CompiledPolicy, action: str) -> bool:
    return any(
        statement.allows
        and statement.may_apply(action, _ANY)
        and statement.principals is not None
        and (statement.principals.everybody or "*" in statement.principals.aws or statement.not_principal)
        for statement in policy.document.statements
    )


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


def _other_name(name: str) -> str:
    """``account/role`` of a session's ARN; the unique id, without a session's name, as it is."""
    if ":assumed-role/" in name:
        return f"{account_in(name)}/{name.partition(':assumed-role/')[2].partition('/')[0]}"
    return name.partition(":")[0]


def _denies(group: PrincipalGroup) -> bool:
    """Whether some policy of a group's denies anything."""
    return any(not one.allows for policy in group.documents for one in policy.document.statements)


def _is_whole_account(name: str) -> bool:
    return name.endswith(":root") or (len(name) == _ACCOUNT_DIGITS and name.isdigit())


def account_in(name: str) -> str | None:
    if len(name) == 12 and name.isdigit():
        return name
    parts = name.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else None
