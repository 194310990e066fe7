"""What a caller may grant itself: a bucket policy rewritten, an access point opened, a key granted; decided as it then stands.

The technique data says what each of these needs; the change is applied to the store's or the key's own policies and the access in
question is decided again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from weightguard.access.asking import Asker, Grant
from weightguard.access.condition import Condition, ConditionKind, Matter, besides
from weightguard.access.links import Step
from weightguard.access.model import AccessKind
from weightguard.access.naming import administrator, allows_somebody
from weightguard.access.population import compiled
from weightguard.access.replicating import Replicator, replicating
from weightguard.access.requests import ask_key, store_context, store_layers
from weightguard.access.surfaces import KeySurface, StoreSurface
from weightguard.access.techniques.schema import OnStore, techniques
from weightguard.estate.fact import Known
from weightguard.estate.model import AccessPoint
from weightguard.policy.aws import (
    CompiledPolicy,
    ContextValue,
    KmsGrant,
    Layers,
    PolicyKind,
    Principal,
    compile_policy,
    parse_principal,
)

_KEY_EFFECTS = ("grant_key", "rewrite_key_policy")
_OBJECT_EFFECTS = ("rewrite_policy", "delete_policy", "grant_acl", "access_point", "access_grant")
_GRANTABLE = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)


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


def own_policy(name: str, caller: Principal) -> CompiledPolicy:
    """A resource policy that lets its writer do anything."""
    statement = {
        "Sid": "Written",
        "Effect": "Allow",
        "Principal": {"AWS": caller.identifier},
        "Action": "*",
        "Resource": "*",
    }
    return compile_policy(
        {"Version": "2012-10-17", "Statement": [statement]}, kind=PolicyKind.RESOURCE, name=name
    )


class SelfGrants:
    """Applies the technique data's entries of kind ``store``.

    Args:
        asker: puts the questions.
    """

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutObjectAcl",
        "s3:PutBucketAcl",
        "s3:CreateAccessPoint",
        "s3:CreateAccessGrant",
        "s3:PutReplicationConfiguration",
    )

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._entries = [entry for entry in techniques() if isinstance(entry, OnStore)]
        self.replicators: list[Replicator] = []

    def objects(
        self,
        access: AccessKind,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        actions: tuple[str, ...],
    ) -> Applied | None:
        """The best way to grant oneself one of the object actions; None when there is none."""
        if place.account is None or caller.account != place.account:
            return None  # The owner's account alone may change a bucket's settings.
        return _best(self._object_ways(access, place, caller, own, actions))

    def _object_ways(
        self,
        access: AccessKind,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        actions: tuple[str, ...],
    ) -> Iterator[Applied]:
        for entry in self._entries:
            if entry.effect not in _OBJECT_EFFECTS or access.value not in entry.reaches:
                continue
            if entry.acls and place.s3.acls_disabled:
                continue
            before = self._steps(entry, place, caller, own)
            if before is None:
                continue
            for action in actions:
                grant = self._after(entry.effect, action, place, caller, own)
                if grant is not None:
                    yield Applied(before, action, grant)

    def _steps(
        self, entry: OnStore, place: StoreSurface, caller: Principal, own: Layers
    ) -> tuple[Step, ...] | None:
        """The steps of an entry, when every need of it is allowed."""
        if not self._allows(own, place, entry.needs[0].action.lower()):
            return None
        names = resource_names(place, caller)
        found: Grant | None = None
        for need in entry.needs:
            resource = need.resource.format_map(names)
            grant = self._need(need.action, resource, place, caller, own)
            if grant is None:
                return None
            found = grant if found is None else found.and_also(grant)
        if found is None:
            return None
        if entry.conditional is not None:
            found = found.provided(besides(entry.conditional))
        how = " + ".join(dict.fromkeys(need.action for need in entry.needs))
        return (Step(how, found, place.id),)

    def _allows(self, own: Layers, place: StoreSurface, action: str) -> bool:
        """Whether the caller's own policies, or those of the place, allow an action anywhere: without that, nobody need ask."""
        effects = self._asker.population.effects
        return any("Allow" in effects(policy, action) for policy in own.identity) or itself_allows(
            place, action
        )

    def _need(
        self, action: str, resource: str, place: StoreSurface, caller: Principal, own: Layers
    ) -> Grant | None:
        if action.startswith("kms:"):
            if place.key is None or place.key.provider_managed:
                return None
            return ask_key(self._asker, action, place, place.key, caller, own, through_s3=False)
        layers = store_layers(self._asker, place, own) if resource.startswith(place.id) else own
        return self._asker.ask(
            caller, action, resource, layers, owner=place.account, context=store_context(self._asker, place)
        )

    def _after(
        self, effect: str, action: str, place: StoreSurface, caller: Principal, own: Layers
    ) -> Grant | None:
        layers = store_layers(self._asker, place, own)
        context = store_context(self._asker, place)
        if effect == "rewrite_policy":
            layers = layers.replace(
                resource=(own_policy(f"bucket policy of {place.id} as rewritten", caller),)
            )
        elif effect == "delete_policy":
            layers = layers.replace(resource=None)
        elif effect == "grant_acl":
            return Grant(conditions=(Condition(ConditionKind.IDENTITY, Matter.ANOTHER_ACCOUNT),))
        elif effect == "access_point":
            context["s3:DataAccessPointAccount"] = place.account
            context.pop("s3:DataAccessPointArn")
            context["s3:AccessPointNetworkOrigin"] = "Internet"
        elif effect == "access_grant":
            return self._vended(action, place)
        return self._asker.ask(caller, action, place.objects, layers, owner=place.account, context=context)

    def _vended(self, action: str, place: StoreSurface) -> Grant | None:
        """The access of the session that S3 Access Grants hands out: some role's, whom the bucket's own denials bind too."""
        if place.account is None:
            return None
        realm = self._asker.population.realm(place.account)
        role = parse_principal(f"arn:{realm.partition}:iam::{realm.id}:role/access-grants-location")
        layers = Layers(identity=(administrator("the location's role"),), scp=realm.scp or None)
        context = store_context(self._asker, place)
        grant = self._asker.ask(
            role,
            action,
            place.objects,
            store_layers(self._asker, place, layers),
            owner=place.account,
            context=context,
        )
        return None if grant is None else Grant(conditions=grant.conditions)

    def through(
        self, point: AccessPoint, action: str, place: StoreSurface, caller: Principal, own: Layers
    ) -> Grant | None:
        """An object action through an access point: its policy and the bucket's must both let the caller in."""
        policy = point.policy.value if isinstance(point.policy, Known) else None
        document = None if policy is None else compiled(policy, PolicyKind.RESOURCE)
        layers = own.replace(resource=None if document is None else (document,))
        objects = f"{point.id}/object/{place.objects.partition('/')[2]}"
        at_point = self._asker.ask(caller, action, objects, layers, owner=point.account, context={})
        if at_point is None:
            return None
        context: dict[str, ContextValue] = {
            **store_context(self._asker, place),
            "s3:DataAccessPointArn": point.id,
            "s3:DataAccessPointAccount": point.account,
        }
        if isinstance(point.network_origin, Known):
            context["s3:AccessPointNetworkOrigin"] = point.network_origin.value
        layers = store_layers(self._asker, place, own)
        behind = self._asker.ask(caller, action, place.objects, layers, owner=place.account, context=context)
        if behind is None:
            return None
        found = at_point.and_also(behind)
        vpc = point.vpc.value if isinstance(point.vpc, Known) else None
        if vpc is None:
            return found
        return found.provided(Condition(ConditionKind.NETWORK, Matter.ACCESS_POINT_NETWORK, (vpc, point.id)))

    def key(
        self,
        place: StoreSurface,
        caller: Principal,
        own: Layers,
        action: str,
        context: Mapping[str, ContextValue],
    ) -> Applied | None:
        """The best way to grant oneself the use of the store's key; None when there is none."""
        key = place.key
        if key is None or key.provider_managed:
            return None
        return _best(self._key_ways(place, key, caller, own, action))

    def _key_ways(
        self, place: StoreSurface, key: KeySurface, caller: Principal, own: Layers, action: str
    ) -> Iterator[Applied]:
        rcp = self._asker.population.realm(key.account).rcp or None
        for entry in self._entries:
            if entry.effect not in _KEY_EFFECTS:
                continue
            before = self._steps(entry, place, caller, own)
            if before is None:
                continue
            target = key.arn or place.id
            steps = tuple(Step(step.how, step.grant, target) for step in before)
            if entry.effect == "grant_key":
                grants = (
                    *key.grants,
                    KmsGrant("the caller's own grant", caller.identifier, frozenset(_GRANTABLE)),
                )
                layers = own.replace(
                    resource=None if key.policy is None else (key.policy,), kms_grants=grants, rcp=rcp
                )
            else:
                policy = own_policy(f"key policy of {target} as rewritten", caller)
                layers = own.replace(resource=(policy,), kms_grants=key.grants, rcp=rcp)
            grant = ask_key(self._asker, action, place, key, caller, own, layers=layers)
            if grant is not None:
                yield Applied(steps, action, grant)

    def copies(self, place: StoreSurface, caller: Principal, own: Layers) -> tuple[Step, ...] | None:
        """A way to have the store copied without reading it; None when there is none."""
        return replicating(self._asker, self.replicators, place, caller, own)


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
    partition = place.id.split(":")[1] if place.id.startswith("arn:") else "aws"
    key = place.key.arn if place.key is not None and place.key.arn is not None else "arn:aws:kms:*:*:key/*"
    return {
        "store": place.id,
        "objects": place.objects,
        "key": key,
        "account": place.account or caller.account or "*",
        "partition": partition,
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
