"""Of whom the policies of a store and its key speak."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from weightguard.access.aws.identities.mentions import EVERYBODY, Mentions, mentions
from weightguard.access.aws.identities.policy_texts import compiled
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.strangers import limits_of
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.model import AccessKind
from weightguard.estate.fact import Known
from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind


def trusted_makers(place: StoreSurface) -> list[str]:
    """Other accounts whose access points, whatever they are, the policy of a store takes for a reason to let somebody in."""
    if place.policy is None:
        return []
    return sorted(mentions((place.policy,)).points - {EVERYBODY, place.account})


def mentioned_by(population: Population, access: AccessKind, place: StoreSurface) -> Mentions | None:
    """Of whom the policies that decide an access speak; None where they let nobody in but by the caller's own policies."""
    key = place.key
    speaks = place.policy is not None or bool(place.s3.bucket_acl)
    by_key = key is not None and access in (AccessKind.DECRYPT, AccessKind.DELETE, AccessKind.ADMINISTER)
    if not speaks and not by_key:
        return None
    grantees = () if key is None else (grant.grantee for grant in key.grants)
    found = mentions(_policies_of(place, population.memory), grantees)
    found |= limits_of(population, place.account, None if key is None else key.account)
    everybody = found.everybody or any(grant.is_public for grant in place.s3.bucket_acl)
    return replace(found, everybody=everybody)


def _policies_of(place: StoreSurface, memory: Memory) -> Iterator[CompiledPolicy]:
    """The policies of the store, its key and its access points."""
    if place.policy is not None:
        yield place.policy
    if place.key is not None and place.key.policy is not None:
        yield place.key.policy
    for point in place.store.access_points if place.store is not None else ():
        if isinstance(point.policy, Known) and point.policy.value is not None:
            yield compiled(point.policy.value, PolicyKind.RESOURCE, memory)


def resource_documents(place: StoreSurface) -> Iterable[Mapping[str, object] | str]:
    """The documents of the store's and the key's own policies."""
    if place.policy_source is not None and place.policy_source.document is not None:
        yield place.policy_source.document
    key = place.key.key if place.key is not None else None
    if key is not None and key.policy is not None:
        fact = key.policy
        value = getattr(fact, "value", None)
        if value is not None and value.document is not None:
            yield value.document
    for point in place.store.access_points if place.store is not None else ():
        value = getattr(point.policy, "value", None)
        if value is not None and value.document is not None:
            yield value.document
