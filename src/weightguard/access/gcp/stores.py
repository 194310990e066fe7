"""Buckets, as questions meet them: which objects are meant, what of them is not known, and who gets at them.

What an object's name decides (conditions on names, managed folders) is decided for examples: one for every way in which a policy
that bears on the bucket tells names apart. Whoever may for some example may for some object.

Sources: Cloud Storage documentation, "IAM permissions for JSON methods", "Managed folders", "Customer-managed encryption keys"
(the service agent uses the key; whoever reads needs no right on it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.gcp.candidates import member_of
from weightguard.access.gcp.context import Context
from weightguard.access.gcp.examples import OBJECTS, Examples
from weightguard.access.gcp.gaps import Gaps
from weightguard.access.gcp.keys import Keys, Stopped
from weightguard.access.gcp.overlay import Over
from weightguard.access.gcp.perimeters import Perimeters
from weightguard.access.gcp.policies import default_grants, value
from weightguard.access.gcp.way import Way
from weightguard.access.links import Link, Step
from weightguard.access.model import AccessKind
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import Limit
from weightguard.estate.model import Store, Workload
from weightguard.policy.gcp.names import lineage

_OF_OBJECTS: Final[Mapping[AccessKind, tuple[str, ...]]] = {
    AccessKind.READ: ("storage.objects.get",),
    AccessKind.COPY: ("storage.objects.get",),
    AccessKind.DECRYPT: ("storage.objects.get",),
    AccessKind.WRITE: ("storage.objects.create",),
    AccessKind.DELETE: ("storage.objects.delete",),
}
_OF_BUCKETS: Final[Mapping[AccessKind, tuple[str, ...]]] = {
    AccessKind.DELETE: ("storage.buckets.update",),
    AccessKind.ADMINISTER: (
        "storage.buckets.setIamPolicy",
        "storage.buckets.update",
        "storage.buckets.delete",
    ),
}
_OF_KEYS: Final[Mapping[AccessKind, tuple[str, ...]]] = {
    AccessKind.DELETE: ("cloudkms.cryptoKeyVersions.destroy", "cloudkms.cryptoKeyVersions.update"),
    AccessKind.ADMINISTER: ("cloudkms.cryptoKeys.setIamPolicy", "cloudkms.cryptoKeyVersions.destroy"),
}
_READING: Final = frozenset({AccessKind.READ, AccessKind.COPY, AccessKind.DECRYPT})
_STORAGE_SCOPES: Final[Mapping[str, frozenset[AccessKind]]] = {
    "devstorage.read_only": _READING,
    "devstorage.read_write": frozenset(AccessKind) - {AccessKind.ADMINISTER},
    "devstorage.full_control": frozenset(AccessKind),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, or a prefix in it; see `weightguard.access.provider.Place`."""

    id: str
    name: str
    prefix: str
    store: Store | None
    gaps: tuple[Unknown, ...] = ()
    limits: tuple[Limit, ...] = ()
    own_policies: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()

    @property
    def objects(self) -> str:
        """The pattern of the objects in question."""
        return f"{self.id}/{self.prefix}*"

    @property
    def held(self) -> bool:
        """Whether some snapshot holds it."""
        return self.store is not None

    @property
    def accounts(self) -> frozenset[str | None]:
        """The projects that it and its keys lie in."""
        own = {self.store.account} if self.store is not None else set()
        return frozenset(own | {key.split("/")[1] for key in self.keys if "/" in key})


def split(store: str, prefix: str | None) -> tuple[str, str] | None:
    """The bucket and the prefix that a name means: ``gs://b/p``, or the full resource name; None for what is no bucket's name."""
    for start in ("gs://", "//storage.googleapis.com/projects/_/buckets/", "//storage.googleapis.com/"):
        if store.startswith(start):
            name, _, rest = store.removeprefix(start).partition("/")
            within = rest.removeprefix("objects/") if start != "gs://" else rest
            return (name, prefix if prefix is not None else within) if name else None
    return None


class Stores:
    """The buckets of an estate.

    Args:
        context: the estate, prepared.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._who = context.who
        self._perimeters = Perimeters(context.source)
        self._keys = Keys(context)
        self._links: dict[tuple[AccessKind, str, str], tuple[Link, ...]] = {}
        self._places: dict[tuple[str, str], Place] = {}
        self._gaps = Gaps(context)
        self._examples = Examples(context)

    def place(self, store: str, prefix: str | None) -> Place | None:
        """The bucket, or the prefix in it, that a question is about."""
        named = split(store, prefix)
        if named is None:
            return None
        if named not in self._places:
            self._places[named] = self._place(*named)
        return self._places[named]

    def _place(self, name: str, within: str) -> Place:
        held = self._context.source.stores.get(name)
        key = self._key(held)
        above = lineage(f"buckets/{name}", self._who.policies.parents)
        return Place(
            f"gs://{name}", name, within, held, self._gaps.of(name), (),
            frozenset(self._context.source.ids.get(one, one) for one in above if one.startswith("buckets/")),
            () if key is None else (key,),
        )  # fmt: skip

    @staticmethod
    def _key(store: Store | None) -> str | None:
        encryption = None if store is None else value(store.encryption)
        return None if encryption is None else encryption.key

    # Who gets at it

    def links(self, access: AccessKind, place: Place) -> tuple[Link, ...]:
        """From everybody who may do something to the bucket or its objects, whatever has to be changed before."""
        key = (access, place.name, place.prefix)
        if key not in self._links:
            best: dict[str, tuple[str, Way]] = {}
            for member, permission, way in self._ways(access, place):
                if member not in best or way.rank < best[member][1].rank:
                    best[member] = (permission, way)
            found = [
                link
                for member, (how, way) in best.items()
                for link in self._ending(access, place, member, how, way)
            ]
            self._links[key] = (*found, *self._by_scopes(access, found))
        return self._links[key]

    def _ways(self, access: AccessKind, place: Place) -> Iterator[tuple[str, str, Way]]:
        stopping = self._keys.stopping(place.store, place.keys) if access in _READING else ()
        if stopping:
            yield from self._after_mending(access, place, stopping)
            return
        yield from self._as_keys_are(access, place)

    def _after_mending(
        self, access: AccessKind, place: Place, stopping: tuple[Stopped, ...]
    ) -> Iterator[tuple[str, str, Way]]:
        """Those who read and may make the key work again."""
        for member, permission, way in self._as_keys_are(access, place):
            steps: list[Step] = []
            for one in stopping:
                mending = None if one.permission is None else self._who.way(member, one.permission, one.key)
                if mending is None:
                    break
                steps += (*mending.changes, Step(str(one.permission), mending.grant, one.key))
            else:
                yield member, permission, Way((*steps, *way.changes), way.grant)

    def _as_keys_are(self, access: AccessKind, place: Place) -> Iterator[tuple[str, str, Way]]:
        for permission in _OF_OBJECTS.get(access, ()):
            for resource in self._examples.of(place.name, place.prefix):
                yield from (
                    (member, permission, way) for member, way in self._who.may(permission, resource).items()
                )
                yield from self._by_default_list(permission, resource, place)
        for permission in _OF_BUCKETS.get(access, ()):
            yield from (
                (m, permission, way) for m, way in self._who.may(permission, f"buckets/{place.name}").items()
            )
        for permission in _OF_KEYS.get(access, ()):
            for held in place.keys:
                yield from (
                    (m, permission, way)
                    for m, way in self._who.may(permission, self._context.source.named(held)).items()
                )

    def _ending(self, access: AccessKind, place: Place, member: str, how: str, way: Way) -> Iterator[Link]:
        conditions = self._perimeters.conditions(member, place.store) if how.startswith("storage.") else ()
        grant = way.grant.provided(*conditions)
        if access is AccessKind.COPY and any(one.kind is ConditionKind.NETWORK for one in grant.conditions):
            return
        yield Link(member, place.id, (*way.changes, Step(how, grant, place.id)))

    def _by_default_list(
        self, permission: str, resource: str, place: Place
    ) -> Iterator[tuple[str, str, Way]]:
        """Whom the list that the bucket gives new objects lets in, if an object still has it."""
        grants = default_grants(place.store)
        held = self._who.policies.buckets.get(place.name)
        if not grants or held is None or held.uniform:
            return
        name = resource.partition(OBJECTS)[2]
        policies = replace(
            self._who.policies,
            buckets=Over(self._who.policies.buckets, {place.name: replace(held, objects={name: grants})}),
        )
        still = Condition(ConditionKind.STATE, Matter.DEFAULT_LIST)
        for member in self._listed(place.store):
            grant = self._who.decisions.decide(member, permission, resource, policies)
            if grant is not None:
                yield member, permission, Way((), grant.provided(still))

    def _listed(self, store: Store | None) -> list[str]:
        """Whom the lists of a bucket may mean."""
        held = {} if store is None else value(store.acl) or {}
        entities = [str(one["entity"]) for rows in held.values() for one in rows]
        named = [one for entity in entities if (one := member_of(entity)) is not None]
        return list(
            dict.fromkeys(
                leaf
                for one in named
                for leaf in self._who.candidates.leaves(self._context.source.member(one))
            )
        )

    def _by_scopes(self, access: AccessKind, links: list[Link]) -> Iterator[Link]:
        """Machines whose credentials reach Cloud Storage and nothing else, by what their accounts may."""
        by_account = {link.origin: link for link in links}
        for workload, reached in self._scoped:
            for account in workload.known_roles if access in reached else ():
                link = by_account.get(account)
                if link is not None and len(link.steps) == 1:
                    yield Link(workload.id, link.target, link.steps)

    @cached_property
    def _scoped(self) -> list[tuple[Workload, frozenset[AccessKind]]]:
        """Machines whose scopes let through some access to Cloud Storage, and not everything: with what they let through."""
        found = []
        for workload in self._context.estate.workloads:
            scopes = value(workload.attributes["scopes"]) if "scopes" in workload.attributes else None
            if workload.provider != "gcp" or not scopes:
                continue
            names = {one.rpartition("/auth/")[2] for one in scopes}
            reached = frozenset(kind for name in names for kind in _STORAGE_SCOPES.get(name, ()))
            if reached and "cloud-platform" not in names:
                found.append((workload, reached))
        return found
