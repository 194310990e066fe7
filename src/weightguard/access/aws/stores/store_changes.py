"""What a caller may grant itself: a bucket policy rewritten, an access point opened, a key granted; decided as it then stands.

`alterations` says what each change needs and leaves; here it is asked whether the caller may make it, and what that gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from weightguard.access.aws.identities.decisions import Decisions
from weightguard.access.aws.identities.named_principals import administrator, allows_somebody
from weightguard.access.aws.identities.tags import choices, named_values, request_context
from weightguard.access.aws.stores.alterations import (
    Alteration,
    of_key,
    of_key_aliases,
    of_key_state,
    of_key_tags,
    of_store,
    store_entries,
)
from weightguard.access.aws.stores.replication import Replicator, replicating
from weightguard.access.aws.stores.s3_requests import ask_key, open_key_decision, store_context, store_layers
from weightguard.access.aws.stores.store_decisions import StoreDecisions
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.aws.technique_data.schema import OnStore
from weightguard.access.condition import Condition, ConditionKind, Matter, besides
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.access.model import AccessKind
from weightguard.estate.aws.partition import keys_of, partition_of
from weightguard.estate.fact import Known
from weightguard.estate.model import Key
from weightguard.policy.aws import ContextValue, Layers, Partly, Principal, PrincipalType, parse_principal
from weightguard.policy.aws.arn import account_of

SELF_GRANTING: Final = (
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutObjectAcl",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:CreateAccessPoint",
    "s3:PutAccessPointPolicy",
    "s3:DeleteAccessPointPolicy",
    "s3:CreateAccessGrant",
    "s3:PutReplicationConfiguration",
)
"""The S3 actions that a caller grants itself objects by."""
KEY_GRANTING: Final = (
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:EnableKey",
    "kms:CancelKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:CreateAlias",
)
"""The KMS actions that a caller grants itself a key by."""
MOST_STORE_CHANGES: Final = 2
MOST_KEY_CHANGES: Final = 3
"""How many changes follow one upon another: a policy gives the right to change something else, and that opens the place."""
_KEY_TAGS: Final = ("aws:resourcetag/", "kms:resourcetag/")


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done first, and the access as it then is.

    Attributes:
        before: the steps that change something.
        action: the action that the change makes possible.
        grant: what allows that action afterwards.
    """

    before: tuple[Step, ...]
    action: str
    grant: Grant

    @property
    def is_certain(self) -> bool:
        """Whether neither the change nor the access hangs on anything."""
        return self.grant.is_certain and all(step.grant.is_certain for step in self.before)


class StoreChanges:
    """Asks who may change a store or its key, and what that gives.

    Args:
        decisions: puts the questions.
        store_decisions: decides on the store as it is left.
        replicators: the roles that S3 may replicate with.
    """

    def __init__(
        self, decisions: Decisions, store_decisions: StoreDecisions, replicators: Sequence[Replicator]
    ) -> None:
        self._decisions = decisions
        self._deciding = store_decisions
        self._replicators = replicators

    def objects(
        self,
        access: AccessKind,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        actions: tuple[str, ...],
    ) -> Applied | None:
        """The best way to grant oneself one of the object actions; None when there is none."""
        return _best(self._object_ways(access, place, caller, own, actions))

    def _object_ways(
        self,
        access: AccessKind,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        actions: tuple[str, ...],
    ) -> Iterator[Applied]:
        for before, there in self._after(
            place, caller, own, lambda now: of_store(access, now), MOST_STORE_CHANGES
        ):
            then = self._deciding.on_objects(actions, there, caller, own)
            if then is not None:
                yield Applied(before, *then)
        if place.account is not None and caller.account == place.account:
            yield from self._lent(access, place, caller, own, actions)

    def _after(
        self,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        possible: Callable[[StoreSurface], Iterable[Alteration]],
        most: int,
    ) -> Iterator[tuple[tuple[Step, ...], StoreSurface]]:
        """What a caller can make of a place by one change, then by another one that the first lets it make; fewest first."""
        waiting: list[tuple[tuple[Step, ...], StoreSurface, frozenset[str]]] = [((), place, frozenset())]
        for before, there, done in waiting:
            if before:
                yield before, there
            for change in possible(there) if len(done) < most else ():
                steps = None if change.effect in done else self.steps(change, there, caller, own)
                if steps is not None:
                    left = change.leaves(there, caller)
                    waiting.append(((*before, *steps), left, done | {change.effect}))

    def _lent(
        self,
        access: AccessKind,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        actions: tuple[str, ...],
    ) -> Iterator[Applied]:
        """What is had without a change of the store's own policies: by access control lists, and by S3 Access Grants."""
        for entry in store_entries():
            if entry.effect not in ("grant_acl", "access_grant") or access.value not in entry.reaches:
                continue
            if entry.acls and place.s3.acls_disabled:
                continue
            step = self._step(Alteration((entry,)), entry, place, caller, own)
            if step is None:
                continue
            for action in actions:
                grant = _to_another_account() if entry.effect == "grant_acl" else self._vended(action, place)
                if grant is not None:
                    yield Applied((step,), action, grant)

    def key(self, place: StoreSurface, caller: Principal, own: Layers, action: str) -> Applied | None:
        """The best way to grant oneself the use of the store's key; None when there is none."""
        return _best(self._key_ways(place, caller, own, action))

    def _key_ways(
        self, place: StoreSurface, caller: Principal, own: Layers, action: str
    ) -> Iterator[Applied]:
        for before, there in self._after(
            place, caller, own, lambda now: self.on_key(now, caller, own, action), MOST_KEY_CHANGES
        ):
            grant = self._deciding.on_key(action, there, caller, own)
            if grant is not None:
                yield Applied(before, action, grant)

    def on_key(
        self, place: StoreSurface, caller: Principal, own: Layers, action: str
    ) -> Iterator[Alteration]:
        """The changes of a key that may let a caller do something with it: its state and its tags among them."""
        yield from of_key_state(place)
        yield from (self._named(change, caller, action) for change in of_key(place))
        key, population = place.key, self._decisions.population
        if key is None or key.provider_managed or key.key is None:
            return
        if not population.tag_keys and not population.looks_at_aliases:
            return
        decision = open_key_decision(self._decisions, action, place, key, caller, own)
        if decision is not None:
            for tags in choices(decision.conditions, _KEY_TAGS):
                yield from of_key_tags(tags)
            wanted = named_values(decision.conditions, "kms:resourcealiases")
            yield from of_key_aliases(alias for alias in wanted if not self._is_taken(alias, key.key))

    def _is_taken(self, alias: str, key: Key) -> bool:
        """Whether another key of the account and region is known to have an alias: it is unique there."""
        return any(
            isinstance(other.aliases, Known) and alias in other.aliases.value
            for other in self._decisions.population.estate.keys
            if (other.account, other.region) == (key.account, key.region) and other.id != key.id
        )

    def _named(self, change: Alteration, caller: Principal, action: str) -> Alteration:
        """A grant for this caller and action by name, where some policy looks at whom and what grants are made for."""
        if change.effect != "grant_key" or not self._decisions.population.looks_at_grants:
            return change
        arn = caller.identifier
        if caller.type is PrincipalType.SOMEBODY:
            if caller.account is None:
                return change
            arn = f"arn:*:*::{caller.account}:*"
        return replace(change, grantee=(arn,), operation=action.partition(":")[2])

    def steps(
        self, change: Alteration, place: StoreSurface, caller: Principal, own: Layers
    ) -> tuple[Step, ...] | None:
        """What a caller does to make a change; None where it may not. Only grants are made from other accounts than the thing's."""
        if change.effect != "grant_key" and caller.account != change.owner(place):
            return None
        found: list[Step] = []
        for entry in change.entries:
            step = self._step(change, entry, place, caller, own)
            if step is None:
                return None
            found.append(step)
        return tuple(found)

    def _step(
        self, change: Alteration, entry: OnStore, place: StoreSurface, caller: Principal, own: Layers
    ) -> Step | None:
        """The step of an entry, when every need of it is allowed."""
        if not self._allows(own, place, entry.needs[0].action.lower()):
            return None
        names = resource_names(place, caller) | {"point": change.point or ""}
        names["alias"] = f"{names['key'].partition(':key/')[0]}:{change.alias}"
        if change.point is not None:
            names["account"] = account_of(change.point) or "*"
        context = request_context(_set_by(change, entry)) if change.tags else _of_grant(change)
        found = Grant()
        for need in entry.needs:
            resource = need.resource.format_map(names)
            grant = self._need(need.action, resource, _asked_at(change, place), caller, own, context)
            if grant is None:
                return None
            found = found.and_also(grant)
        if entry.conditional is not None:
            found = found.provided(besides(entry.conditional))
        how = " + ".join(dict.fromkeys(need.action for need in entry.needs))
        return Step(how, found, change.target(place))

    def _allows(self, own: Layers, place: StoreSurface, action: str) -> bool:
        """Whether the caller's own policies, or those of the place, allow an action anywhere: without that, nobody need ask."""
        effects = self._decisions.population.effects
        return any("Allow" in effects(policy, action) for policy in own.identity) or itself_allows(
            place, action
        )

    def _need(
        self,
        action: str,
        resource: str,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        context: dict[str, ContextValue],
    ) -> Grant | None:
        if action.startswith("kms:"):
            key = place.key
            if key is None or key.provider_managed:
                return None
            if ":alias/" in resource:  # It has no policy of its own.
                return self._decisions.ask(caller, action, resource, own, owner=key.account, context=context)
            return ask_key(self._decisions, action, place, key, caller, own, through_s3=False, more=context)
        layers = store_layers(self._decisions, place, own) if resource.startswith(place.id) else own
        circumstances = store_context(self._decisions, place) | context
        owner = account_of(resource) or place.account
        return self._decisions.ask(caller, action, resource, layers, owner=owner, context=circumstances)

    def _vended(self, action: str, place: StoreSurface) -> Grant | None:
        """The access of the session that S3 Access Grants hands out: some role's, whom the bucket's own denials bind too."""
        if place.account is None:
            return None
        realm = self._decisions.population.realm(place.account)
        role = parse_principal(f"arn:{realm.partition}:iam::{realm.id}:role/access-grants-location")
        layers = Layers(identity=(administrator("the location's role", place.memory),), scp=realm.scp or None)
        grant = self._deciding.on_store(action, place.objects, place, role, layers)
        return None if grant is None else Grant(conditions=grant.conditions)

    def copies(self, place: StoreSurface, caller: Principal, own: Layers) -> tuple[Step, ...] | None:
        """A way to have the store copied without reading it; None when there is none."""
        return replicating(self._decisions, self._replicators, place, caller, own)


def _of_grant(change: Alteration) -> dict[str, ContextValue]:
    """What the request for a grant says of it: whom it names, and what it is for. Whoever makes it asks for no more than it needs.

    Source: AWS KMS Developer Guide, "AWS KMS condition keys": kms:GranteePrincipal, kms:GrantOperations.
    """
    if change.operation is None:
        return {}
    return {"kms:GranteePrincipal": Partly(change.grantee), "kms:GrantOperations": (change.operation,)}


def _asked_at(change: Alteration, place: StoreSurface) -> StoreSurface:
    """The place as the right to make a grant is asked there: by the leave of the one grant that it rests on, or of none."""
    if change.effect != "grant_key" or place.key is None:
        return place
    return replace(place, key=replace(place.key, grants=() if change.parent is None else (change.parent,)))


def _to_another_account() -> Grant:
    """Access control lists name accounts; the owner's own principals get nothing by them."""
    return Grant(conditions=(Condition(ConditionKind.IDENTITY, Matter.ANOTHER_ACCOUNT),))


def _set_by(change: Alteration, entry: OnStore) -> dict[str, str | None]:
    """The tags of a change that one of its techniques is for: setting them, or taking them away."""
    removes = entry.effect == "untag_key"
    return {key: value for key, value in change.tags if (value is None) is removes}


def itself_allows(place: StoreSurface, action: str) -> bool:
    """Whether the store's or the key's own policy, or a grant of the key, allows somebody an action (lower-case) anywhere."""
    key = place.key if action.startswith("kms:") else None
    policy = place.policy if action.startswith("s3:") else None if key is None else key.policy
    if policy is not None and allows_somebody(policy, action):
        return True
    return key is not None and any(
        action == f"kms:{operation.lower()}" for grant in key.grants for operation in grant.operations
    )


def resource_names(place: StoreSurface, caller: Principal) -> dict[str, str]:
    """What stands in the place of the names in a need's resource."""
    partition = partition_of(place.id)
    key = place.key.arn if place.key is not None and place.key.arn is not None else keys_of("*", partition)
    return {
        "store": place.id,
        "objects": place.objects,
        "key": key,
        "account": place.account or caller.account or "*",
        "partition": partition,
        "region": place.region or "us-east-1",
        "copy": place.id,
        "role": "*",
    }


def _best(ways: Iterator[Applied]) -> Applied | None:
    best: Applied | None = None
    for way in ways:
        if way.is_certain:
            return way
        best = best or way
    return best
