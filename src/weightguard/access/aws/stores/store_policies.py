"""A store as a request meets it: what names its objects, which key wraps them, and which policies bear on both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from weightguard.access.aws.identities.compiled import is_malformed
from weightguard.access.aws.identities.policy_texts import compiled
from weightguard.access.aws.keys import Keys, KeySurface
from weightguard.access.model import AccessKind
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.key_names import uncollected
from weightguard.estate.limit import Limit
from weightguard.estate.model import AccessPoint as EstateAccessPoint
from weightguard.estate.model import Account, DiskCopy, NamedPolicy, Store
from weightguard.estate.model import PublicAccessBlock as EstateBlock
from weightguard.memory import Memory
from weightguard.policy.aws import (
    AccessPoint,
    AclGrant,
    CompiledPolicy,
    PolicyKind,
    PolicySet,
    PublicAccessBlock,
    S3Access,
    effective_block,
    policy_set,
    unread_policy,
)


@dataclass(frozen=True, slots=True)
class StoreSurface:
    """A store, or a prefix of one.

    Attributes:
        objects: the pattern of the objects in question.
        policy: the bucket policy; None where there is none, or it could not be read (see `policy_unread`).
        policy_unread: whether the bucket policy says something that could not be read or understood.
        key: the key; None where the provider encrypts with a key of its own, that the caller needs no permission for.
        wrapping: every key that wraps some of the objects, `key` among them; see `by_key`.
        default: the key of objects to come.
        disk: where it is no store but a disk that may hold weights.
        limits: what of it is not modelled and bears on who gets in.
        points: its access points, each with the Block Public Access settings that count there.
        memory: the estate's, where policies are compiled that are written for it.
    """

    id: str
    objects: str
    account: str | None
    region: str | None
    store: Store | None
    policy: CompiledPolicy | None
    policy_source: NamedPolicy | None
    policy_unread: bool
    s3: S3Access
    key: KeySurface | None
    gaps: tuple[Unknown, ...]
    points: tuple[AccessPoint, ...] = ()
    wrapping: tuple[KeySurface | None, ...] = ()
    default: KeySurface | None = None
    disk: DiskCopy | None = None
    limits: tuple[Limit, ...] = ()
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    @property
    def itself(self) -> tuple[object, ...]:
        """Tells it from other places, and from itself under another key."""
        key = self.key
        return self.id, self.objects, None if key is None else (key.arn, key.account, key.provider_managed)

    def by_key(self, access: AccessKind) -> Iterator[StoreSurface]:
        """The place once for every key that an access may meet.

        What is there to read lies under the keys that it was put under, whatever the default is now; what is written will lie
        under the default; and who owns or destroys a store's keys owns or destroys both.
        """
        keys: tuple[KeySurface | None, ...] = self.wrapping or (self.key,)
        if access is AccessKind.WRITE:
            keys = (self.default,) if self.wrapping else keys
        elif access in (AccessKind.ADMINISTER, AccessKind.DELETE) and self.wrapping:
            keys = _distinct((*keys, self.default))
        for key in keys:
            yield self if key == self.key else replace(self, key=key)

    @property
    def held(self) -> bool:
        """Whether some snapshot holds the store or disk."""
        return self.store is not None or self.disk is not None

    @property
    def accounts(self) -> frozenset[str | None]:
        """The accounts that it and its keys lie in."""
        keys = self.wrapping or (self.key,)
        return frozenset((self.account, *(key.account for key in keys if key is not None)))

    @property
    def own_policies(self) -> frozenset[str]:
        """The names of its own policies and its keys': no principal carries them."""
        surfaces = [one for one in (self, self.key, self.default, *self.wrapping) if one is not None]
        found = {one.policy.name for one in surfaces if one.policy is not None}
        found.update(policy.name for point in self.points for policy in point.policy or ())
        return frozenset(found)

    @property
    def documents(self) -> tuple[CompiledPolicy, ...]:
        """Its policy and those of its access points, as far as they are known."""
        own = () if self.policy is None else (self.policy,)
        return (*own, *(policy for point in self.points for policy in point.policy or ()))

    @property
    def keys(self) -> tuple[str, ...]:
        """Ids of the keys that wrap some of the objects."""
        return tuple(key.arn for key in self.wrapping if key is not None and key.arn is not None)


def split(store: str, prefix: str | None) -> tuple[str, str]:
    """A store's id and key prefix, from ``arn:aws:s3:::bucket/prefix`` or from the two apart."""
    if prefix is None and store.startswith("arn:") and ":s3:::" in store:
        bucket, _, prefix = store.partition("/")
        return bucket, prefix
    return store, prefix or ""


def surface(
    found: Store | None, account: Account | None, keys: Keys, memory: Memory, store: str, prefix: str
) -> StoreSurface:
    """The surface of a store (or of a prefix in it), as far as the estate knows it.

    Args:
        found: the store. account: the account that it lies in.
        store: its id, also where the estate does not hold it.
    """
    objects = f"{store}/{prefix}*"
    if found is None:
        return StoreSurface(
            store, objects, None, None, None, None, None, False, S3Access(), None, (), memory=memory
        )
    gaps = [
        fact
        for fact in (found.policy, found.public_access_block, found.encryption, found.acl, found.wrapped)
        if isinstance(fact, Unknown) and not (fact is found.public_access_block and _lets_nobody_in(found))
    ]
    policy = found.policy.value if isinstance(found.policy, Known) else None
    default = keys.of_store(found)
    wrapping = _wrapping(found, prefix, keys, default)
    gaps += [gap for key in wrapping for gap in _key_gaps(key)]
    gaps += _object_gaps(found)
    document = None if policy is None else compiled(policy, PolicyKind.RESOURCE, memory)
    strange = _not_understood(found.policy, document)
    return StoreSurface(
        id=store,
        objects=objects,
        account=found.account,
        region=found.region,
        store=found,
        policy=document,
        policy_source=policy,
        policy_unread=isinstance(found.policy, Unknown) or bool(strange),
        s3=_s3(found, account),
        key=default if default in wrapping else wrapping[0],
        gaps=tuple(dict.fromkeys((*gaps, *strange, *_point_gaps(found)))),
        points=tuple(_point(one, account, memory) for one in found.access_points),
        memory=memory,
        wrapping=wrapping,
        default=default,
    )


def _wrapping(
    store: Store, prefix: str, keys: Keys, default: KeySurface | None
) -> tuple[KeySurface | None, ...]:
    """The keys of the objects under a prefix, as far as they were seen; and the default's for those that were not.

    Source: Amazon S3 User Guide, "Setting default server-side encryption behavior": a new default changes nothing for objects that
    are there, and an uploader may name another key.
    """
    found = store.keys_under(prefix)
    surfaces = [
        default if name is None else None if not name else keys.of_name(name, store.account, store.region)
        for name in sorted(found.keys, key=str)
    ]
    if not found.seen or not prefix:
        surfaces.append(default)
    return _distinct(surfaces)


def _object_gaps(store: Store) -> list[Unknown]:
    """Objects that could have been listed and were not: which keys they lie under, and so who uses those, is not known.

    Of a source that lists no objects nothing is missing here.
    """
    contents = store.contents
    if isinstance(contents, Known) or (contents.reason is Reason.NOT_COLLECTED and contents.code is None):
        return []
    return [contents]


def _distinct(keys: Iterable[KeySurface | None]) -> tuple[KeySurface | None, ...]:
    found: dict[object, KeySurface | None] = {}
    for key in keys:
        found.setdefault(None if key is None else (key.arn, key.account, key.provider_managed), key)
    return tuple(found.values())


def _point(point: EstateAccessPoint, account: Account | None, memory: Memory) -> AccessPoint:
    """An access point as a request meets it. One of another account answers to that account's settings, which nobody says."""
    blocks = [_block(point.public_access_block)]
    if account is not None and account.id == point.account:
        blocks.append(_block(account.public_access_block))
    block = effective_block(one for one in blocks if one is not None)
    return AccessPoint(point.id, _point_policy(point, memory), _vpc(point), block)


def _point_policy(point: EstateAccessPoint, memory: Memory) -> PolicySet | None:
    name = f"access point policy of {point.id}"
    if isinstance(point.policy, Unknown):
        return policy_set((unread_policy(kind=PolicyKind.RESOURCE, name=name, memory=memory),))
    policy = point.policy.value
    return None if policy is None else policy_set((compiled(policy, PolicyKind.RESOURCE, memory),))


def _vpc(point: EstateAccessPoint) -> str | None:
    """The VPC that requests must come from; ``vpc-*`` where it is one that could not be read."""
    known = point.vpc.value if isinstance(point.vpc, Known) else None
    if known is None and isinstance(point.network_origin, Known) and point.network_origin.value == "VPC":
        return "vpc-*"
    return known


def _point_gaps(store: Store) -> list[Unknown]:
    return [point.policy for point in store.access_points if isinstance(point.policy, Unknown)]


def _not_understood(fact: Fact[NamedPolicy | None], policy: CompiledPolicy | None) -> tuple[Unknown, ...]:
    """What a policy says beyond what can be understood of it."""
    if policy is None or not is_malformed(policy):
        return ()
    return (Unknown(Reason.MALFORMED, fact.source),)


def _lets_nobody_in(store: Store) -> bool:
    """Whether neither policy nor ACL names anybody but the owner: there is nothing that a block could take away."""
    if (
        not isinstance(store.policy, Known)
        or store.policy.value is not None
        or not isinstance(store.acl, Known)
    ):
        return False
    acl = store.acl.value or {}
    grantees = [grant.get("Grantee") for grant in acl.get("Grants", ())]
    return all(isinstance(grantee, Mapping) and _is_owner(grantee, acl) for grantee in grantees)


def _is_owner(grantee: Mapping[str, Any], acl: Mapping[str, Any]) -> bool:
    owner = acl.get("Owner")
    return isinstance(owner, Mapping) and owner.get("ID") is not None and grantee.get("ID") == owner["ID"]


def _key_gaps(key: KeySurface | None) -> list[Unknown]:
    if key is None or key.provider_managed:
        return []
    if key.key is None:
        # Its policy and its grants may let in whoever they like.
        if key.arn:
            return [uncollected(key.arn)]
        return [Unknown(Reason.NOT_COLLECTED, Source.asked("aws", key.account, "kms", "DescribeKey"))]
    unread = [fact for fact in (key.key.policy, key.key.grants) if isinstance(fact, Unknown)]
    return [*unread, *_not_understood(key.key.policy, key.policy)]


def _s3(store: Store, account: Account | None) -> S3Access:
    blocks = [_block(store.public_access_block)]
    if account is not None:
        blocks.append(_block(account.public_access_block))
    disabled = isinstance(store.object_lists, Known) and not store.object_lists.value.in_force
    grants = () if disabled else _acl(store.acl)
    return S3Access(
        block=effective_block(one for one in blocks if one is not None),
        bucket_acl=grants,
        object_acl=(),
        acls_disabled=disabled,
    )


def _block(fact: Fact[EstateBlock | None]) -> PublicAccessBlock | None:
    if isinstance(fact, Unknown) or fact.value is None:
        return None
    found = fact.value
    return PublicAccessBlock(found.block_acls, found.ignore_acls, found.block_policy, found.restrict_buckets)


def _acl(fact: Fact[Mapping[str, Any] | None]) -> tuple[AclGrant, ...]:
    """The grants to others than the owner: what the owner's account grants itself decides nothing about its principals."""
    if isinstance(fact, Unknown) or fact.value is None:
        return ()
    owner = fact.value.get("Owner")
    own = owner.get("ID") if isinstance(owner, Mapping) else None
    found = []
    grants = fact.value.get("Grants")
    for entry in grants if isinstance(grants, list) else ():
        grantee = entry.get("Grantee") if isinstance(entry, Mapping) else None
        name = (grantee.get("URI") or grantee.get("ID")) if isinstance(grantee, Mapping) else None
        if isinstance(name, str) and name != own:
            found.append(AclGrant(name, str(entry.get("Permission"))))
    return tuple(found)
