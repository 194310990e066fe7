"""Changes of a store or its key that let somebody in: what each asks for, and the store as it is afterwards.

The technique data's entries of kind ``store`` say what a change needs; the change is applied to the store's, its access points' or
its key's own policies, grants, tags and state, and whoever wants to know what that gives decides again on the surface that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from weightguard.access.aws.identities.tags import Tags, applied
from weightguard.access.aws.keys import KeySurface
from weightguard.access.aws.stores.mentioned import trusted_makers
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.aws.technique_data.schema import OnStore, techniques
from weightguard.access.model import AccessKind
from weightguard.estate.aws.partition import partition_of
from weightguard.estate.fact import Known
from weightguard.estate.model import KeyState
from weightguard.memory import Memory
from weightguard.policy.aws import (
    AccessPoint,
    CompiledPolicy,
    KmsGrant,
    PolicyKind,
    Principal,
    compile_policy,
    policy_set,
)
from weightguard.policy.aws.arn import account_of

GRANTABLE: Final = frozenset(
    (
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    )
)
_ON_STORE: Final = ("rewrite_policy", "delete_policy", "access_point")
_ON_POINTS: Final = ("rewrite_point_policy", "delete_point_policy")
_ON_KEY: Final = ("grant_key", "rewrite_key_policy")
_SWITCHING: Final[Mapping[str, KeyState]] = {
    "enable_key": KeyState.DISABLED,
    "keep_key": KeyState.PENDING_DELETION,
}
"""What ends which state of a key."""
_NEW_POINT: Final = "weightguard-new"


@dataclass(frozen=True, slots=True)
class Alteration:
    """One change of a store, of an access point of it, or of its key.

    Attributes:
        entries: the techniques that it takes, all of them.
        point: the ARN of the access point that it changes.
        tags: the tags that it sets or takes away.
        alias: the alias that it gives a key.
        parent: the grant by whose leave it makes another grant, which can give no more than the first one does.
        grantee: patterns of the ARN of whom a new grant names; empty where nobody asks.
        operation: what a new grant is for, as KMS names operations.
    """

    entries: tuple[OnStore, ...]
    point: str | None = None
    tags: tuple[tuple[str, str | None], ...] = ()
    alias: str | None = None
    parent: KmsGrant | None = None
    grantee: tuple[str, ...] = ()
    operation: str | None = None

    @property
    def effect(self) -> str:
        """What it does."""
        return self.entries[0].effect

    @property
    def on_key(self) -> bool:
        """Whether it changes the key rather than the store."""
        return self.effect not in (*_ON_STORE, *_ON_POINTS)

    def target(self, place: StoreSurface) -> str:
        """The ARN of what it changes."""
        if self.on_key:
            return place.key.arn or place.id if place.key is not None else place.id
        return self.point or place.id

    def owner(self, place: StoreSurface) -> str | None:
        """The account of what it changes."""
        if self.on_key:
            return None if place.key is None else place.key.account
        return place.account if self.point is None else account_of(self.point)

    def leaves(self, place: StoreSurface, caller: Principal) -> StoreSurface:
        """The store afterwards, changed in favour of a caller."""
        return _LEAVES[self.effect](self, place, caller)


@cache
def store_entries() -> tuple[OnStore, ...]:
    """The technique data's entries about stores and keys."""
    return tuple(entry for entry in techniques() if isinstance(entry, OnStore))


@cache
def _having(effect: str) -> tuple[OnStore, ...]:
    return tuple(entry for entry in store_entries() if entry.effect == effect)


@cache
def _opening(access: AccessKind) -> tuple[tuple[Alteration, bool], ...]:
    """The changes that may open a store's objects, and whether each is made on an access point that is there."""
    entries = (entry for entry in store_entries() if access.value in entry.reaches)
    return tuple(
        (Alteration((entry,)), entry.effect in _ON_POINTS)
        for entry in entries
        if entry.effect in _ON_STORE or entry.effect in _ON_POINTS
    )


def of_store(access: AccessKind, place: StoreSurface) -> Iterator[Alteration]:
    """The changes that may open a store's objects."""
    for change, is_on_point in _opening(access):
        if is_on_point:
            yield from (replace(change, point=point.arn) for point in place.points)
            continue
        yield change
        if change.effect == "access_point":
            yield from (replace(change, point=new_point(place, other)) for other in trusted_makers(place))


def of_key(place: StoreSurface) -> Iterator[Alteration]:
    """The changes that may give the use of a store's key."""
    key = place.key
    if key is None or key.provider_managed:
        return
    for effect in _ON_KEY:
        yield from (Alteration((entry,)) for entry in _having(effect))
    for grant in key.grants:
        if "CreateGrant" in grant.operations:
            yield from (Alteration((entry,), parent=grant) for entry in _having("grant_key"))


def of_key_tags(tags: Tags) -> Iterator[Alteration]:
    """The change that sets these tags on a key."""
    effects = [
        effect
        for effect, wanted in (("tag_key", True), ("untag_key", False))
        if any((value is not None) is wanted for value in tags.values())
    ]
    entries = tuple(entry for effect in effects for entry in _having(effect))
    if entries:
        yield Alteration(entries, tags=tuple(tags.items()))


def of_key_aliases(aliases: Iterable[str]) -> Iterator[Alteration]:
    """The changes that give a key one of some aliases."""
    for alias in aliases:
        yield from (Alteration((entry,), alias=alias) for entry in _having("alias_key"))


def of_key_state(place: StoreSurface) -> Iterator[Alteration]:
    """The changes that make a key unwrap again which is switched off."""
    key = place.key
    if key is None or key.key is None or key.provider_managed or not isinstance(key.key.state, Known):
        return
    for effect, state in _SWITCHING.items():
        if key.key.state.value is state:
            yield from (Alteration((entry,)) for entry in _having(effect))


def written(name: str, caller: Principal, memory: Memory) -> CompiledPolicy:
    """A resource policy that lets its writer, or whom its writer names, do anything."""
    statement = {
        "Sid": "Written",
        "Effect": "Allow",
        "Principal": {"AWS": caller.identifier},
        "Action": "*",
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return compile_policy(document, kind=PolicyKind.RESOURCE, name=name, memory=memory)


def _policy_rewritten(_: Alteration, place: StoreSurface, caller: Principal) -> StoreSurface:
    policy = written(f"bucket policy of {place.id} as rewritten", caller, place.memory)
    return replace(place, policy=policy, policy_unread=False)


def _policy_deleted(_: Alteration, place: StoreSurface, __: Principal) -> StoreSurface:
    return replace(place, policy=None, policy_unread=False)


def new_point(place: StoreSurface, account: str | None) -> str:
    """The ARN of an access point that somebody of an account makes for a store."""
    region = place.region or "us-east-1"
    return f"arn:{partition_of(place.id)}:s3:{region}:{account}:accesspoint/{_NEW_POINT}"


def _point_opened(change: Alteration, place: StoreSurface, caller: Principal) -> StoreSurface:
    arn = change.point or new_point(place, place.account)
    policy = written(f"access point policy of {arn} as written", caller, place.memory)
    return replace(place, points=(*place.points, AccessPoint(arn, policy_set((policy,)))))


def _point_rewritten(change: Alteration, place: StoreSurface, caller: Principal) -> StoreSurface:
    policy = written(f"access point policy of {change.point} as rewritten", caller, place.memory)
    return _with_point(change, place, policy)


def _point_emptied(change: Alteration, place: StoreSurface, _: Principal) -> StoreSurface:
    return _with_point(change, place, None)


def _with_point(change: Alteration, place: StoreSurface, policy: CompiledPolicy | None) -> StoreSurface:
    found = None if policy is None else policy_set((policy,))
    points = (replace(one, policy=found) if one.arn == change.point else one for one in place.points)
    return replace(place, points=tuple(points))


def _key_granted(change: Alteration, place: StoreSurface, caller: Principal) -> StoreSurface:
    """ "You can use the CreateGrant operation in a grant to create a grant that is as restrictive or more" (KMS, "Grants")."""
    grant = KmsGrant("the caller's own grant", caller.identifier, GRANTABLE)
    if change.parent is not None:
        given = change.parent.operations & GRANTABLE
        grant = replace(
            change.parent, id=grant.id, grantee=caller.identifier, operations=given, retiring=None
        )
    return _with_key(place, lambda key: replace(key, grants=(*key.grants, grant)))


def _key_policy_rewritten(change: Alteration, place: StoreSurface, caller: Principal) -> StoreSurface:
    policy = written(f"key policy of {change.target(place)} as rewritten", caller, place.memory)
    return _with_key(place, lambda key: replace(key, policy=policy))


def _key_switched_on(_: Alteration, place: StoreSurface, __: Principal) -> StoreSurface:
    def on(key: KeySurface) -> KeySurface:
        if key.key is None:
            return key
        return replace(key, key=replace(key.key, state=Known(KeyState.ENABLED, key.key.state.source)))

    return _with_key(place, on)


def _key_tagged(change: Alteration, place: StoreSurface, _: Principal) -> StoreSurface:
    def tagged(key: KeySurface) -> KeySurface:
        if key.key is None:
            return key
        held = key.key.tags.value if isinstance(key.key.tags, Known) else {}
        tags = applied(held, dict(change.tags))
        return replace(key, key=replace(key.key, tags=Known(tags, key.key.tags.source)))

    return _with_key(place, tagged)


def _key_aliased(change: Alteration, place: StoreSurface, _: Principal) -> StoreSurface:
    return _with_key(place, lambda key: replace(key, alias=change.alias))


def _with_key(place: StoreSurface, change: Callable[[KeySurface], KeySurface]) -> StoreSurface:
    return place if place.key is None else replace(place, key=change(place.key))


_LEAVES: Final[Mapping[str, Callable[[Alteration, StoreSurface, Principal], StoreSurface]]] = {
    "rewrite_policy": _policy_rewritten,
    "delete_policy": _policy_deleted,
    "access_point": _point_opened,
    "rewrite_point_policy": _point_rewritten,
    "delete_point_policy": _point_emptied,
    "grant_key": _key_granted,
    "rewrite_key_policy": _key_policy_rewritten,
    "enable_key": _key_switched_on,
    "keep_key": _key_switched_on,
    "tag_key": _key_tagged,
    "untag_key": _key_tagged,
    "alias_key": _key_aliased,
}
