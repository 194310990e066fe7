"""The AWS part of an estate, as the graph asks for it: who becomes whom, who has what directly, and what stands behind a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from weightguard.access.aws.context import context_of
from weightguard.access.aws.escalations import Escalations
from weightguard.access.aws.identities.actor_kinds import ActorKinds
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.named_principals import account_in
from weightguard.access.aws.removals.nearby import lying_in
from weightguard.access.aws.removals.removals import AwsRemovals
from weightguard.access.aws.stores.direct_access import DirectAccess
from weightguard.access.aws.stores.disk_copies import DiskAccess
from weightguard.access.aws.stores.joint_opening import JointOpening
from weightguard.access.aws.stores.policy_index import PolicyIndex
from weightguard.access.aws.stores.prefixes import Prefixes
from weightguard.access.aws.stores.store_policies import StoreSurface, split, surface
from weightguard.access.aws.techniques.foreign_tokens import ForeignTokens
from weightguard.access.aws.techniques.replication_roles import replicators
from weightguard.access.aws.techniques.trust_policies import TrustPolicies
from weightguard.access.aws.unlisted_workloads import UnlistedWorkloads
from weightguard.access.federation import Abroad
from weightguard.access.links import Graph, Link
from weightguard.access.model import AccessKind
from weightguard.access.provider import Actor, Direct, Place, Port, Wanted
from weightguard.access.worth import Worth
from weightguard.estate.fact import Known
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Estate, Store


def reach(estate: Estate, graph: Graph) -> Port:
    """What answers for the AWS part of an estate.

    Args:
        graph: who can become whom; takes the links.
    """
    found = _Reach(estate, graph)
    return Port(
        found.links, found.direct, found.place, found.kind_of, found.removals, found.within, found.abroad
    )


@dataclass(slots=True)
class _Seeds:
    """The links that end at a store.

    Attributes:
        rounds: how many rounds of actors were asked so far.
        size: how many links the graph had.
        direct: those of the actors.
        links: these, and those of whoever borrows of them, or has others open the store.
    """

    rounds: int = 0
    size: int = 0
    direct: list[Link] = field(default_factory=list)
    links: tuple[Link, ...] = ()


class _Reach:
    def __init__(self, estate: Estate, graph: Graph) -> None:
        self._context = context_of(estate)
        self._graph = graph
        self._kinds = ActorKinds(estate, self._context.population)
        self._stores = {store.id: store for store in estate.stores if store.provider == "aws"}
        self._accounts = {account.id: account for account in estate.accounts}
        self._disks = DiskAccess(self._context)
        self._unlisted = UnlistedWorkloads(self._context)
        self._trusts = TrustPolicies(self._context)
        self._places: dict[tuple[str, str], StoreSurface] = {}
        self._seeds: dict[tuple[AccessKind, str, str], _Seeds] = {}
        graph.group_of.update(self._context.population.group_of)

    @cached_property
    def _direct(self) -> DirectAccess:
        context = self._context
        index = PolicyIndex(context.population, context.named)
        return DirectAccess(
            context.decisions, index, context.named, tuple(replicators(context, self._trusts))
        )

    @cached_property
    def _prefixes(self) -> Prefixes:
        return Prefixes(self._context.population)

    @property
    def abroad(self) -> Abroad:
        """Its part in federation with other clouds."""
        return ForeignTokens(self._context, self._trusts).abroad

    @cached_property
    def _opening(self) -> JointOpening:
        return JointOpening(self._direct, self._context.population, self._graph)

    @cached_property
    def _escalations(self) -> Escalations:
        return Escalations(self._context, self._trusts, self._graph, self._readers)

    @cached_property
    def _removals(self) -> AwsRemovals:
        return AwsRemovals(self._context.estate)

    def removals(self) -> AwsRemovals:
        """What can be taken out of the estate."""
        return self._removals

    def within(self, estate: Estate, accounts: frozenset[str], place: Place) -> Estate:
        """What lies in some accounts; everything where taking away what makes a policy public may open what else it says.

        Source: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage", RestrictPublicBuckets.
        """
        held = self.place(place.id, "").documents
        public = any(one.document.is_public() or one.document.is_public(of_access_point=True) for one in held)
        by_object = any(one.kind == "object" and one.account in accounts for one in estate.secrets)
        return estate if public or by_object else lying_in(estate, accounts)

    def _readers(self, store: str, prefix: str, actors: Actors) -> Iterator[Link]:
        """Who of some groups may read objects of a store."""
        return self._direct.links(AccessKind.READ, self.place(store, prefix), actors)

    def links(self, wanted: Wanted | None) -> bool:
        """Who can become whom, as far as it is worth something; see `Port.links`."""
        found = self._escalations
        if wanted is None:
            return True
        opened = wanted.opened or found.ideals.may_be_tagged
        return found.widen(
            Worth(self._graph, found.ideals, wanted.reached, wanted.besides, opened, wanted.only)
        )

    def place(self, store: str, prefix: str | None) -> StoreSurface:
        """The store, the prefix in it, or the disk that a question is about."""
        named = split(store, prefix)
        found = self._places.get(named)
        if found is None:
            held = self._stores.get(named[0])
            account = None if held is None else self._accounts.get(held.account)
            bare = surface(held, account, self._context.keys, self._context.estate.memory, *named)
            disk, limits = self._disks.find(bare.id), tuple(self._limits(bare.store))
            found = self._places[named] = replace(bare, disk=disk, limits=limits)
        return found

    def _limits(self, store: Store | None) -> Iterator[Limit]:
        """Whether some policy looks at a tag that the store carries, and nobody knows whether policies see its tags."""
        if store is None or not isinstance(store.tags, Known) or isinstance(store.tags_decide, Known):
            return
        looked_at = self._context.population.tag_keys
        keys = (
            f"{prefix}:resourcetag/{tag.lower()}"
            for tag in store.tags.value or ()
            for prefix in ("aws", "s3")
        )
        if any(key in looked_at for key in keys):
            yield Limit(LimitKind.BUCKET_TAGS, store.id)

    def direct(self, access: AccessKind, store: str, prefix: str | None) -> Direct:
        """Who can do something to a place, as far as the graph was worked out."""
        rounds, graph = self._escalations.rounds, self._graph
        asked = self.place(store, prefix)
        place = self._prefixes.widest(asked, self.place(asked.id, ""))
        found = self._seeds.setdefault((access, place.id, place.objects), _Seeds())
        if found.rounds < len(rounds) or found.size < graph.size:
            for actors in rounds[found.rounds :]:
                found.direct += self._of_actors(access, place, actors)
            found.rounds, found.size = len(rounds), graph.size
            alone = (*found.direct, *self._escalations.lending.borrowed(access, found.direct))
            found.links = (*alone, *self._opened_by_others(access, place, alone))
        opened = any(self._opening.may_open(access, one) for one in place.by_key(access))
        return Direct(found.links, opened)

    def _of_actors(self, access: AccessKind, place: StoreSurface, actors: Actors) -> Iterable[Link]:
        if place.disk is None:
            return self._direct.links(access, place, actors)
        return self._disks.links(access, place.disk, actors)

    def _opened_by_others(
        self, access: AccessKind, place: StoreSurface, alone: tuple[Link, ...]
    ) -> Iterator[Link]:
        if place.disk is None:
            for one in place.by_key(access):
                yield from self._opening.links(access, one, alone, self._escalations.rounds)

    def kind_of(self, name: str) -> Actor:
        """Who stands behind a name."""
        return Actor(self._kinds.of(name), account_in(name), self._unlisted.of(name))
