"""The users and roles of an estate, told apart only where some policy tells them apart.

Work grows with the number of distinct policy sets, not of principals: a `Group` holds the principals of one account and kind
that no policy can tell apart, and every decision is made once for the group.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from weightguard.access.aws.identities.compiled import understood
from weightguard.access.aws.identities.membership import Membership
from weightguard.access.aws.identities.readings import UNREAD, Reading, reading
from weightguard.access.aws.identities.sensitivity import (
    BLIND,
    Sensitivity,
    looks_at_aliases,
    looks_at_grants,
    sensitivity,
)
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import Account, Estate, NamedPolicy, Principal, PrincipalKind
from weightguard.estate.partition import Partitions, partitions_of
from weightguard.policy.aws import (
    Bounds,
    CompiledPolicy,
    Layers,
    PolicyKind,
    managed_policy,
    parse_principal,
    unread_policy,
)
from weightguard.policy.aws import Principal as Caller
from weightguard.policy.aws.statement import Statement, target

Document = Mapping[str, Any] | str


def document_of(policy: NamedPolicy) -> Document | None:
    """The policy's text; AWS managed policies that a snapshot only names come from the packaged table. None: not known."""
    if policy.document is None and policy.origin == "provider":
        return managed_policy(policy.id)
    return policy.document


_ANYTHING: Final = target("*", literal=True)
TARGETS = "@"
"""What the name of a policy that belongs to a step's target starts with, for the same reason."""
OWN = "#"
"""What the name of a principal's own inline policy starts with, so that principals with the same text share their decisions."""


def compiled(policy: NamedPolicy, kind: PolicyKind, name: str | None = None) -> CompiledPolicy:
    """The policy, compiled under its id or the given name; unread where its text is not known."""
    document = document_of(policy)
    if document is None:
        return unread_policy(kind=kind, name=name or policy.id)
    return understood(document, kind, name or policy.id)


@dataclass(frozen=True, slots=True)
class Realm:
    """An account as its principals see it.

    Attributes:
        id: the account.
        partition: ``aws``, ``aws-cn``...
        organisation: its organisation's id; None where it has none or none is known.
        scp: service control policies per level; empty where none apply or none could be read.
        rcp: resource control policies per level.
        sensitivity: what the guardrails look at in a caller.
        not_of: organisations whose members are all known, and of which it is none.
    """

    id: str
    partition: str
    organisation: str | None
    organisation_known: bool
    is_management: bool
    scp: tuple[tuple[CompiledPolicy, ...], ...]
    rcp: tuple[tuple[CompiledPolicy, ...], ...]
    sensitivity: Sensitivity
    not_of: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Group:
    """Principals that no policy can tell apart, or a principal as a change would leave it.

    Attributes:
        names: ids of its principals; empty for a changed one, and for a cohort.
        caller: one of them, as the engine knows it.
        layers: identity policies, boundary and SCPs.
        documents: the identity policies by name.
        change: what was changed, in words; empty for principals as they are.
        own: what its policies and guardrails look at in a caller.
        patterns: the resources that its identity policies speak of.
        reach: of a cohort, those that they speak of where they allow what it was gathered for.
        parts: the groups that it joins, where it is several whose policies say the same about some actions (a cohort).
    """

    account: str
    kind: PrincipalKind
    caller: Caller
    layers: Layers
    documents: tuple[CompiledPolicy, ...]
    patterns: frozenset[str]
    origin: Principal
    names: list[str] = field(default_factory=list)
    change: tuple[str, ...] = ()
    own: Sensitivity = BLIND
    parts: tuple[Group, ...] = ()
    reach: frozenset[str] = frozenset()

    @property
    def members(self) -> list[str]:
        """Ids of its principals."""
        return [name for part in self.parts for name in part.names] if self.parts else self.names


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
        self.principals = {item.id: item for item in estate.principals}
        self.membership = Membership(estate)
        self.partitions = partitions_of(estate)
        self.realms = _realms(estate, self.partitions, self.membership)
        self.callers: dict[str, Caller] = {}
        self.groups: list[Group] = []
        self.group_of: dict[str, Group] = {}
        self.tag_keys: frozenset[str] = frozenset()
        self._readings: dict[CompiledPolicy, Reading] = {}
        self._guardrails = _guardrail_readings(estate)
        self._carried: dict[tuple[int, PolicyKind], Carried] = {}
        self._held: dict[str, tuple[Reading, ...]] = {}
        self._tags_looked_at: dict[tuple[str, ...], frozenset[str]] = {}
        self.guests: frozenset[str] = frozenset()
        """Subjects whom a provider's tokens name and nobody vouches for, and the roles that they assume."""
        self._group_all()

    def realm(self, account: str) -> Realm:
        """The account's realm; one without guardrails for an account that no snapshot covers."""
        found = self.realms.get(account)
        return found or Realm(account, self.partitions.usual, None, False, False, (), (), BLIND)

    @cached_property
    def unique_ids(self) -> frozenset[str]:
        """The unique ids of all principals that are known."""
        return frozenset(caller.unique_id for caller in self.callers.values() if caller.unique_id is not None)

    @cached_property
    def _of_resources(self) -> tuple[Reading, ...]:
        """What the policies that nobody carries speak of."""
        found = (reading(document_of(policy)) for policy, _ in policies_of_resources(self.estate))
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

    def in_account(self, account: str) -> list[Group]:
        """The groups of one account."""
        return self._by_account.get(account, [])

    def _group_all(self) -> None:
        self._by_account: dict[str, list[Group]] = {}
        self._iam_groups: dict[str, list[Principal]] = {}
        for principal in self.estate.principals:
            if principal.kind is PrincipalKind.GROUP:
                self._iam_groups.setdefault(principal.account, []).append(principal)
        found: dict[tuple[Any, ...], Group] = {}
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

    def _admit(self, principal: Principal, found: dict[tuple[Any, ...], Group]) -> None:
        realm = self.realm(principal.account)
        caller = caller_of(principal, realm)
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
            group = Group(
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
        for owner in (principal, *self.groups_of(principal)):
            if isinstance(owner.policies, Unknown):
                found[unread_policy(kind=PolicyKind.IDENTITY, name=f"policies of {owner.id}")] = None
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
            return unread_policy(kind=PolicyKind.BOUNDARY, name=f"boundary of {principal.id}")
        return None if fact.value is None else self._read(fact.value, PolicyKind.BOUNDARY)

    def _read(self, policy: NamedPolicy, kind: PolicyKind, name: str | None = None) -> Carried:
        """A policy compiled and looked through once, however many principals carry it."""
        key = (id(policy), kind)
        found = self._carried.get(key)
        if found is None:
            document = document_of(policy)
            # Written out once: everything that looks through the text again finds the very same string.
            text = document if document is None or isinstance(document, str) else json.dumps(document)
            made = compiled(replace(policy, document=text), kind, name)
            text = None if made.document.unread else text
            read = self._readings[made] = reading(text)
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

    def tags_looked_at(self, actions: tuple[str, ...]) -> frozenset[str]:
        """The context keys of resource tags that some policy looks at where it speaks of some actions."""
        found = self._tags_looked_at.get(actions)
        if found is None:
            wanted = tuple(sorted({action.lower() for action in actions}))
            readings = {one.reading for one in self._carried.values()}
            readings.update(self._of_resources)
            for account in self.realms:
                readings.update(self.held_in(account))
            looked_at = (
                said.tags for one in readings for said in one.said if said.tags and said.concerns(wanted)
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
        made = compiled(policy, PolicyKind.IDENTITY)
        if made not in self._readings:
            self._readings[made] = reading(document_of(policy))
        return made

    def compiled_for(self, policy: NamedPolicy, owner: Principal) -> CompiledPolicy:
        """An identity policy as the groups hold it."""
        found = self._carried.get((id(policy), PolicyKind.IDENTITY))
        if found is not None:
            return found.compiled
        own = policy.origin == "inline" and owner.kind is not PrincipalKind.GROUP
        return compiled(policy, PolicyKind.IDENTITY, f"{OWN}{policy.name}" if own else None)

    def managed(self, account: str) -> list[NamedPolicy]:
        """The managed policies that the account holds, carried or not, and the provider's that anybody carries."""
        found: dict[str, NamedPolicy] = {}
        for policy in (*(one.policy for one in self._carried.values()), *self.estate.unattached_policies):
            if policy.origin == "provider" or (policy.origin == "customer" and f":{account}:" in policy.id):
                found[policy.id] = policy
        return [found[name] for name in sorted(found)]

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
                yield reading(document_of(held))
        for held in self.managed(account):
            yield reading(document_of(held))
            for version in held.versions or ():
                yield reading(version)

    def iam_groups(self, account: str) -> list[Principal]:
        """The account's IAM groups."""
        return self._iam_groups.get(account, [])

    def changed(self, account: str) -> list[Group]:
        """The principals of an account as changes would leave them."""
        return [group for group in self.in_account(account) if group.change]

    def add_changed(self, group: Group) -> None:
        """Take in a principal as a change would leave it."""
        self._by_account.setdefault(group.account, []).append(group)
        self.groups.append(group)

    def groups_of(self, principal: Principal) -> list[Principal]:
        """The IAM groups that a user is in, as far as the snapshot holds them."""
        return [self.principals[name] for name in principal.groups if name in self.principals]

    def identity_policies(self, principal: Principal) -> Iterable[NamedPolicy]:
        """A principal's own policies and those of its groups."""
        for owner in (principal, *self.groups_of(principal)):
            if isinstance(owner.policies, Known):
                yield from owner.policies.value


def policies_of_resources(estate: Estate) -> Iterator[tuple[NamedPolicy, PolicyKind]]:
    """The policies that nobody carries: of roles, stores, access points, keys, workloads, secrets, and the guardrails."""
    facts: list[Fact[NamedPolicy | None]] = []
    for store in estate.stores:
        facts += [store.policy, *(point.policy for point in store.access_points)]
    facts += [one.policy for one in (*estate.keys, *estate.workloads, *estate.secrets)]
    kinds = [(fact, PolicyKind.RESOURCE) for fact in facts]
    kinds += [(one.trust, PolicyKind.TRUST) for one in estate.principals]
    for fact, kind in kinds:
        if isinstance(fact, Known) and fact.value is not None:
            yield fact.value, kind
    for account in estate.accounts:
        for levels, kind in (
            (account.guardrails, PolicyKind.SCP),
            (account.resource_guardrails, PolicyKind.RCP),
        ):
            for level in (levels.value if isinstance(levels, Known) else None) or ():
                yield from ((policy, kind) for policy in level)


def is_unlimited(group: Group) -> bool:
    """Whether the group's own policies allow everything and nothing but guardrails limits it: no change gives it more."""
    if group.layers.boundary is not None:
        return False
    statements = [one for policy in group.documents for one in policy.document.statements]
    return all(one.allows for one in statements) and any(_allows_everything(one) for one in statements)


def _allows_everything(statement: Statement) -> bool:
    return not statement.depends_on_request and statement.may_apply("any:action", _ANYTHING)


def has_long_term_credentials(principal: Principal) -> bool:
    """Whether it is a user known to have an access key in use, whose requests say nothing of a second factor.

    Source: IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent ("not present in requests made using
    long-term credentials").
    """
    keys = principal.access_keys
    return isinstance(keys, Known) and any(key.active for key in keys.value)


def caller_of(principal: Principal, realm: Realm) -> Caller:
    """The principal as the engine knows it."""
    tags = principal.tags.value if isinstance(principal.tags, Known) else None
    opened = _tagged_by_others(principal) if principal.kind is PrincipalKind.ROLE else ()
    caller = parse_principal(
        principal.id,
        in_management_account=realm.is_management,
        unique_id=principal.unique_id,
        tags=None if _ANY_TAG in opened else tags,
        bounds=Bounds(principal.account, organisations=realm.not_of) if realm.not_of else None,
    )
    return caller if caller.tags is None or not opened else replace(caller, open_tags=opened)


_ANY_TAG: Final = "*"
_PODS: Final = "pods.eks.amazonaws.com"
_OF_PODS: Final = (
    "eks-cluster-arn",
    "eks-cluster-name",
    "kubernetes-namespace",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
    "kubernetes-service-account",
)


def _tagged_by_others(role: Principal) -> tuple[str, ...]:
    """The keys of the tags that identity providers and EKS give to sessions of a role, where its trust policy lets them.

    Sources: IAM User Guide, "Pass session tags in AWS STS" (SAML and OIDC; they override the role's tags; IAM Identity Center
    passes its attributes so); Amazon EKS User Guide, "Grant Pods access to AWS resources based on tags".
    """
    policy = role.trust.value if isinstance(role.trust, Known) else None
    document = None if policy is None else document_of(policy)
    if policy is None or document is None or not reading(document).allows("sts:tagsession"):
        return ()
    found: tuple[str, ...] = ()
    for statement in compiled(policy, PolicyKind.TRUST).document.statements:
        element = statement.principals
        if element is None or not statement.allows or not statement.may_apply("sts:tagsession", _ANYTHING):
            continue
        if element.federated:
            return (_ANY_TAG,)
        found = _OF_PODS if _PODS in element.service else found
    return found


def _realms(estate: Estate, partitions: Partitions, membership: Membership) -> dict[str, Realm]:
    found = {
        account.id: _realm(account, partitions.of(account.id), membership)
        for account in estate.accounts
        if account.provider == "aws"
    }
    for principal in estate.principals:
        if principal.provider == "aws" and principal.account not in found:
            partition = partitions.of(principal.account)
            found[principal.account] = Realm(principal.account, partition, None, False, False, (), (), BLIND)
    return found


def _realm(account: Account, partition: str, membership: Membership) -> Realm:
    scp, looks = _levels(account.guardrails, PolicyKind.SCP)
    rcp, also = _levels(account.resource_guardrails, PolicyKind.RCP)
    known = account.organisation is not None or isinstance(account.guardrails, Known)
    not_of = frozenset() if known else membership.known_in_full
    return Realm(
        account.id,
        partition,
        account.organisation,
        known,
        account.is_management,
        scp,
        rcp,
        looks | also,
        not_of,
    )


Levels = tuple[tuple[CompiledPolicy, ...], ...]


def _levels(
    fact: Fact[tuple[tuple[NamedPolicy, ...], ...] | None], kind: PolicyKind
) -> tuple[Levels, Sensitivity]:
    """Guardrails that could not be read are taken not to limit anybody; the question's gaps name them."""
    if isinstance(fact, Unknown) or fact.value is None:
        return (), BLIND
    looks = BLIND
    for level in fact.value:
        for policy in level:
            looks |= sensitivity(document_of(policy))
    return tuple(tuple(compiled(policy, kind) for policy in level) for level in fact.value), looks


def _guardrail_readings(estate: Estate) -> dict[CompiledPolicy, Reading]:
    found: dict[CompiledPolicy, Reading] = {}
    for account in estate.accounts:
        levels = account.guardrails.value if isinstance(account.guardrails, Known) else None
        for policy in (one for level in levels or () for one in level):
            found[compiled(policy, PolicyKind.SCP)] = reading(document_of(policy))
    return found
