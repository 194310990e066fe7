"""The users and roles of an estate, told apart only where some policy tells them apart.

Work grows with the number of distinct policy sets, not of principals: a `PrincipalGroup` holds the principals of one account and
kind that no policy can tell apart, and every decision is made once for the group.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from weightguard.access.aws.identities.accounts import Realm, guardrail_readings, realms_of
from weightguard.access.aws.identities.callers import caller_of, has_long_term_credentials
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.membership import Membership
from weightguard.access.aws.identities.policy_texts import (
    Document,
    compiled,
    document_of,
    policies_of_resources,
)
from weightguard.access.aws.identities.readings import UNREAD, Reading, reading
from weightguard.access.aws.identities.sensitivity import (
    BLIND,
    Sensitivity,
    looks_at_aliases,
    looks_at_grants,
)
from weightguard.access.grant import OWN
from weightguard.estate.aws.partition import partitions_of
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.model import Estate, NamedPolicy, Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, Layers, PolicyKind, unread_policy
from weightguard.policy.aws import Principal as Caller


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """A policy that somebody carries, compiled and looked through once.

    Attributes:
        looks: what it looks at in its caller; nothing where its text is not held.
        patterns: the resources that it speaks of.
    """

    policy: NamedPolicy
    compiled: CompiledPolicy
    reading: Reading
    looks: Sensitivity
    patterns: frozenset[str]


class Population:
    """Everybody in the estate, grouped.

    Args:
        estate: what the snapshots say.
    """

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.memory = estate.memory
        self.principals = {item.id: item for item in estate.principals}
        self.membership = Membership(estate)
        self.partitions = partitions_of(estate)
        self.realms = realms_of(estate, self.partitions, self.membership)
        self.callers: dict[str, Caller] = {}
        self.groups: list[PrincipalGroup] = []
        self.group_of: dict[str, PrincipalGroup] = {}
        self.tag_keys: frozenset[str] = frozenset()
        self._readings: dict[CompiledPolicy, Reading] = {}
        self._guardrails = guardrail_readings(estate)
        self._carried: dict[tuple[int, PolicyKind], Carried] = {}
        self._held: dict[str, tuple[Reading, ...]] = {}
        self._tags_looked_at: dict[tuple[str, ...], frozenset[str]] = {}
        self.guests: frozenset[str] = frozenset()
        """Subjects whom a provider's tokens name and nobody vouches for, and the roles that they assume."""
        self.givable: list[Reading] = []
        """What policies speak of that somebody may come to carry, in the order in which that was found."""
        self._group_all()

    def realm(self, account: str) -> Realm:
        """The account's realm; one without guardrails for an account that no snapshot covers."""
        found = self.realms.get(account)
        return found or Realm(account, self.partitions.usual, None, False, False, (), (), BLIND)

    @cached_property
    def unique_ids(self) -> frozenset[str]:
        """The unique ids of all principals that are known."""
        held = (caller.unique_id for caller in self.callers.values() if caller.unique_id is not None)
        return self.estate.left_out.unique_ids.union(held)

    @cached_property
    def _of_resources(self) -> tuple[Reading, ...]:
        """What the policies that nobody carries speak of."""
        found = (
            reading(document_of(policy), self.memory) for policy, _ in policies_of_resources(self.estate)
        )
        return tuple(dict.fromkeys(found))

    @cached_property
    def looks_at_grants(self) -> bool:
        """Whether some policy looks at whom or what grants of keys are made for."""
        return any(looks_at_grants(document) for document in self._about_keys)

    @cached_property
    def looks_at_aliases(self) -> bool:
        """Whether some policy looks at the aliases of a key."""
        return any(looks_at_aliases(document) for document in self._about_keys)

    @cached_property
    def _about_keys(self) -> list[Document | None]:
        """The texts of the policies that may bear on a key: those that somebody carries, guardrails, and key policies."""
        policies = [one.policy for one in self._carried.values()]
        for account in self.estate.accounts:
            levels = (account.guardrails, account.resource_guardrails)
            policies += [
                one for fact in levels for level in getattr(fact, "value", None) or () for one in level
            ]
        keys = [getattr(key.policy, "value", None) for key in self.estate.keys]
        return [document_of(one) for one in (*policies, *filter(None, keys))]

    def is_long_term(self, name: str) -> bool:
        """Whether a name is that of a user known to have an access key in use."""
        principal = self.principals.get(name)
        return principal is not None and has_long_term_credentials(principal)

    def in_account(self, account: str) -> list[PrincipalGroup]:
        """The groups of one account."""
        return self._by_account.get(account, [])

    def _group_all(self) -> None:
        self._by_account: dict[str, list[PrincipalGroup]] = {}
        self._iam_groups: dict[str, list[Principal]] = {}
        for principal in self.estate.principals:
            if principal.kind is PrincipalKind.GROUP:
                self._iam_groups.setdefault(principal.account, []).append(principal)
        found: dict[tuple[Any, ...], PrincipalGroup] = {}
        tag_keys: set[str] = set()
        for principal in self.estate.principals:
            if principal.provider != "aws" or principal.kind not in (PrincipalKind.USER, PrincipalKind.ROLE):
                continue
            self._admit(principal, found)
        for carried in self._carried.values():
            tag_keys.update(key for said in carried.reading.said for key in said.tags)
        for one in self._of_resources:
            tag_keys.update(key for said in one.said for key in said.tags)
        self.tag_keys = frozenset(tag_keys)

    def _admit(self, principal: Principal, found: dict[tuple[Any, ...], PrincipalGroup]) -> None:
        realm = self.realm(principal.account)
        caller = caller_of(principal, realm, self.memory)
        self.callers[principal.id] = caller
        policies, boundary, looks, patterns = self._policies(principal)
        looks |= realm.sensitivity
        key = (
            principal.account,
            principal.kind,
            principal.service_linked,
            policies,
            boundary,
            looks.signature(principal.id, caller.known_tags, has_long_term_credentials(principal)),
        )
        group = found.get(key)
        if group is None:
            layers = Layers(
                identity=policies, boundary=None if boundary is None else (boundary,), scp=realm.scp or None
            )
            group = PrincipalGroup(
                principal.account, principal.kind, caller, layers, policies, patterns, principal, own=looks
            )
            found[key] = group
            self.groups.append(group)
            self._by_account.setdefault(principal.account, []).append(group)
        group.names.append(principal.id)
        self.group_of[principal.id] = group

    def _policies(
        self, principal: Principal
    ) -> tuple[tuple[CompiledPolicy, ...], CompiledPolicy | None, Sensitivity, frozenset[str]]:
        found: dict[CompiledPolicy, None] = {}
        carried: list[Carried] = []
        for policy in self.identity_policies(principal):
            own = policy.origin == "inline" and policy.id.startswith(principal.id)
            one = self._read(policy, PolicyKind.IDENTITY, f"{OWN}{policy.name}" if own else None)
            found[one.compiled] = None
            carried.append(one)
        if isinstance(principal.groups, Unknown):
            found[self._unread(PolicyKind.IDENTITY, f"groups of {principal.id}")] = None
        for owner in (principal, *self.groups_of(principal)):
            if isinstance(owner.policies, Unknown):
                found[self._unread(PolicyKind.IDENTITY, f"policies of {owner.id}")] = None
        boundary = self._boundary(principal)
        if isinstance(boundary, Carried):
            carried.append(boundary)
        limit = boundary.compiled if isinstance(boundary, Carried) else boundary
        looks = BLIND
        for sight in {one.looks for one in carried}:
            looks |= sight
        return tuple(found), limit, looks, frozenset[str]().union(*(one.patterns for one in carried))

    def _boundary(self, principal: Principal) -> Carried | CompiledPolicy | None:
        fact = principal.boundary
        if isinstance(fact, Unknown):
            return self._unread(PolicyKind.BOUNDARY, f"boundary of {principal.id}")
        return None if fact.value is None else self._read(fact.value, PolicyKind.BOUNDARY)

    def _unread(self, kind: PolicyKind, name: str) -> CompiledPolicy:
        return unread_policy(kind=kind, name=name, memory=self.memory)

    def _read(self, policy: NamedPolicy, kind: PolicyKind, name: str | None = None) -> Carried:
        """A policy compiled and looked through once, however many principals carry it."""
        key = (id(policy), kind)
        found = self._carried.get(key)
        if found is None:
            document = document_of(policy)
            # Written out once: everything that looks through the text again finds the very same string.
            text = document if document is None or isinstance(document, str) else json.dumps(document)
            made = compiled(replace(policy, document=text), kind, self.memory, name)
            text = None if made.document.unread else text
            read = self._readings[made] = reading(text, self.memory)
            looks = BLIND if text is None else read.looks
            found = Carried(policy, made, read, looks, frozenset() if text is None else read.patterns)
            self._carried[key] = found
        return found

    def reading(self, policy: CompiledPolicy) -> Reading:
        """What a policy that somebody carries, or may come to carry, speaks of; anything where its text is not held."""
        return self._readings.get(policy, UNREAD)

    def bounding(self, account: str) -> list[Reading]:
        """What the boundaries of the account's principals speak of."""
        boundaries = {
            policy: None for group in self.in_account(account) for policy in group.layers.boundary or ()
        }
        return [self.reading(policy) for policy in boundaries]

    @cached_property
    def readings(self) -> frozenset[Reading]:
        """What all policies speak of: those that somebody carries, that an account holds, of resources, and guardrails."""
        held = (one for account in self.realms for one in self.held_in(account))
        return frozenset((*(one.reading for one in self._carried.values()), *self._of_resources, *held))

    def tags_looked_at(self, actions: tuple[str, ...]) -> frozenset[str]:
        """The context keys of resource tags that some policy looks at where it speaks of some actions."""
        found = self._tags_looked_at.get(actions)
        if found is None:
            wanted = tuple(sorted({action.lower() for action in actions}))
            looked_at = (
                said.tags for one in self.readings for said in one.said if said.tags and said.concerns(wanted)
            )
            found = self._tags_looked_at[actions] = frozenset[str]().union(*looked_at)
        return found

    def effects(self, policy: CompiledPolicy, action: str) -> frozenset[str]:
        """Whether a policy allows, denies or does both to an action (lower-case) somewhere; both where its text is not held."""
        said = self.reading(policy).said
        return frozenset("Allow" if one.allows else "Deny" for one in said if one.actions.concern(action))

    def looks_of(self, policy: CompiledPolicy) -> Sensitivity:
        """What a policy that somebody carries, or may come to carry, looks at in its caller."""
        found = self._readings.get(policy)
        return BLIND if found is None else found.looks

    def patterns_for(self, policy: CompiledPolicy, actions: tuple[str, ...]) -> frozenset[str]:
        """The resources that a policy speaks of where it speaks of some actions (lower-case); ``*`` where its text is not held."""
        concern = self.reading(policy).about(actions)
        return frozenset() if concern is None else concern.patterns

    def limits_on(self, account: str) -> list[Reading]:
        """What the account's service control policies speak of."""
        return [
            self._guardrails[policy]
            for level in self.realm(account).scp
            for policy in level
            if policy in self._guardrails
        ]

    def given(self, policy: NamedPolicy) -> CompiledPolicy:
        """An identity policy that somebody may come to carry."""
        made = compiled(policy, PolicyKind.IDENTITY, self.memory)
        if made not in self._readings:
            found = self._readings[made] = reading(document_of(policy), self.memory)
            self.givable.append(found)
        return made

    def limit(self, policy: NamedPolicy) -> CompiledPolicy:
        """A boundary that somebody may come to have."""
        self.givable.append(reading(document_of(policy), self.memory))
        return compiled(policy, PolicyKind.BOUNDARY, self.memory)

    def compiled_for(self, policy: NamedPolicy, owner: Principal) -> CompiledPolicy:
        """An identity policy as the groups hold it."""
        found = self._carried.get((id(policy), PolicyKind.IDENTITY))
        if found is not None:
            return found.compiled
        own = policy.origin == "inline" and owner.kind is not PrincipalKind.GROUP
        return compiled(policy, PolicyKind.IDENTITY, self.memory, f"{OWN}{policy.name}" if own else None)

    def managed(self, account: str) -> list[NamedPolicy]:
        """The managed policies that the account holds, carried or not, and the provider's that anybody carries."""
        found: dict[str, NamedPolicy] = {}
        for policy in self._managed:
            if policy.origin == "provider" or (policy.origin == "customer" and f":{account}:" in policy.id):
                found[policy.id] = policy
        return [found[name] for name in sorted(found)]

    @cached_property
    def _managed(self) -> tuple[NamedPolicy, ...]:
        known = (*(one.policy for one in self._carried.values()), *self.estate.unattached_policies)
        return tuple(policy for policy in known if policy.origin in ("provider", "customer"))

    def held_in(self, account: str) -> tuple[Reading, ...]:
        """What every identity policy of the account speaks of, also where nobody carries it so far."""
        found = self._held.get(account)
        if found is None:
            found = self._held[account] = tuple(dict.fromkeys(self._all_held(account)))
        return found

    def _all_held(self, account: str) -> Iterable[Reading]:
        for group in self.in_account(account):
            for policy in group.documents:
                yield self.reading(policy)
        for owner in self.iam_groups(account):
            for held in owner.policies.value if isinstance(owner.policies, Known) else ():
                yield reading(document_of(held), self.memory)
        for held in self.managed(account):
            yield reading(document_of(held), self.memory)
            for version in held.versions or ():
                yield reading(version, self.memory)

    def iam_groups(self, account: str) -> list[Principal]:
        """The account's IAM groups."""
        return self._iam_groups.get(account, [])

    def changed(self, account: str) -> list[PrincipalGroup]:
        """The principals of an account as changes would leave them."""
        return [group for group in self.in_account(account) if group.change]

    def add_changed(self, group: PrincipalGroup) -> None:
        """Take in a principal as a change would leave it."""
        self._by_account.setdefault(group.account, []).append(group)
        self.groups.append(group)

    def groups_of(self, principal: Principal) -> list[Principal]:
        """The IAM groups that a user is in, as far as the snapshot holds them."""
        return [self.principals[name] for name in principal.known_groups if name in self.principals]

    def identity_policies(self, principal: Principal) -> Iterable[NamedPolicy]:
        """A principal's own policies and those of its groups."""
        for owner in (principal, *self.groups_of(principal)):
            if isinstance(owner.policies, Known):
                yield from owner.policies.value
