"""The access graph of an estate, and the questions that it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from weightguard.access.answers import Answers
from weightguard.access.aws.escalations import Escalation
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.decisions import Asker
from weightguard.access.aws.identities.named_principals import Named, account_in
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.resource_classes import Patterns
from weightguard.access.aws.keys import Keys
from weightguard.access.aws.stores.direct_access import Direct
from weightguard.access.aws.stores.disk_copies import Copies
from weightguard.access.aws.stores.joint_opening import Combining
from weightguard.access.aws.stores.policy_index import Index
from weightguard.access.aws.stores.store_policies import StoreSurface, split, surface
from weightguard.access.links import Graph, Link, Node, Reached, cited_by, search
from weightguard.access.model import Access, AccessKind, Cut, Paths, WhoCan
from weightguard.access.shortest_paths import everything_from
from weightguard.access.worth import Worth
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.limits import EVERYTHING, limits_of
from weightguard.estate.model import Estate, Store


@dataclass(slots=True)
class Seeds:
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


Besides = Callable[[Reached], frozenset[Node]]


class AccessGraph:
    """Who can become whom, and who can do what to which store. Built by `build`.

    Args:
        estate: everything that the snapshots say exists.
    """

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.population = Population(estate)
        self.named = Named(self.population)
        self.index = Index(self.population, self.named)
        self.patterns = Patterns(self.population)
        self.asker = Asker(self.population, estate.collected_at)
        self.direct = Direct(self.asker, self.index, self.named)
        self.selfgrants = self.direct.selfgrants
        self._stores = {store.id: store for store in estate.stores}
        self.keys = Keys(estate)
        self._copies = Copies(self)
        self._combining = Combining(self)
        self.answers = Answers(self)
        self._places: dict[tuple[str, str], StoreSurface] = {}
        self.met: list[Limit] = []
        """Limits that working out who can become whom ran into: whoever stops at a bound adds one here."""
        self._seeds: dict[tuple[AccessKind, str, str], Seeds] = {}
        self._exhausted: set[object] = set()
        """Questions for which no further change is worth anything, by what makes two questions alike."""

    @property
    def graph(self) -> Graph:
        """Who can become whom, as far as a question needed it so far."""
        return self.escalation.graph

    @cached_property
    def escalation(self) -> Escalation:
        """What works out who can become whom; begun at the first question."""
        return Escalation(self)

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        """Everybody who can do `access` to objects of `store`, directly or by becoming somebody else."""
        place = self.place(store, prefix)
        return self.answers.who_can(access, place, self.reached(access, place))

    def paths(self, principal: str, store: str, access: AccessKind = AccessKind.READ) -> Paths:
        """Every shortest path from `principal` to `store`."""
        return self.answers.paths(principal, access, self.place(store, None))

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        """The smallest set of changes after which nobody but the direct, intended readers reach `store`."""
        from weightguard.access.cut import smallest_cut

        return smallest_cut(self, access, store)

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        """Ids of the principals, stores and keys that `principal` reaches."""
        return self.answers.blast_radius(principal)

    def holds(self, name: str) -> bool:
        """Whether some snapshot holds the store or disk."""
        return name in self._stores or self._copies.find(name) is not None

    def place(self, store: str, prefix: str | None) -> StoreSurface:
        """The store, or the prefix in it, that a question is about."""
        named = split(store, prefix)
        found = self._places.get(named)
        if found is None:
            found = self._places[named] = surface(self.estate, self._stores, self.keys, *named)
        return found

    def seeds(self, access: AccessKind, place: StoreSurface) -> tuple[Link, ...]:
        """Who can directly."""
        rounds, graph = self.escalation.rounds, self.graph
        found = self._seeds.setdefault((access, place.id, place.objects), Seeds())
        if found.rounds < len(rounds) or found.size < graph.size:
            for actors in rounds[found.rounds :]:
                found.direct += self._of_actors(access, place, actors)
            found.rounds, found.size = len(rounds), graph.size
            alone = (*found.direct, *self.escalation.lending.borrowed(access, found.direct))
            found.links = (*alone, *self._combined(access, place, alone))
        return found.links

    def _combined(self, access: AccessKind, place: StoreSurface, alone: tuple[Link, ...]) -> Iterable[Link]:
        if self._copies.find(place.id) is not None:
            return
        for one in place.by_key(access):
            yield from self._combining.links(access, one, alone)

    def _of_actors(self, access: AccessKind, place: StoreSurface, actors: Actors) -> Iterable[Link]:
        disk = self._copies.find(place.id)
        if disk is None:
            return self.direct.links(access, place, actors)
        return self._copies.links(access, disk, actors)

    def reached(self, access: AccessKind, place: StoreSurface, besides: Besides | None = None) -> Reached:
        """Everybody who can, nearest first.

        Args:
            besides: of whom changes are wanted though they reach the store already, given what was found.
        """
        while True:
            seeds = self.seeds(access, place)
            found = search(self.graph, seeds)
            others = frozenset[Node]() if besides is None else besides(found)
            opened = any(self._combining.may_open(access, one) for one in place.by_key(access))
            asked = (self.graph.size, opened, others, _likeness(place, seeds))
            if asked in self._exhausted:
                return found
            worth = Worth(self.graph, self.population, self.escalation.ideals, found, others, opened)
            if not self.escalation.widen(worth):
                self._exhausted.add(asked)
                return found

    def reached_from(self, principal: str) -> set[Node]:
        """Everything that a principal reaches, whatever it may change on the way."""
        nowhere = Reached({}, frozenset())
        while True:
            seen = everything_from(self.graph, self.population, principal)
            ideals = self.escalation.ideals
            worth = Worth(self.graph, self.population, ideals, nowhere, opened=True, only=seen)
            if not self.escalation.widen(worth):
                return seen

    def gaps(self, place: StoreSurface, answers: Iterable[str]) -> tuple[Unknown, ...]:
        """What could not be seen and may hide an answer.

        What lies in an account that nobody read reaches a store only as that account does: where the account, or a principal of
        it, or somebody who may be of any account, is among the answers.

        Args:
            answers: the principals that were found.
        """
        named = {account_in(name) for name in answers} | {place.account}
        named.update(key.account for key in place.wrapping or (place.key,) if key is not None)
        unconcerned = frozenset() if None in named else self._unread - named
        found = dict.fromkeys(self._all_gaps(place))
        return tuple(gap for gap in found if scope_account(gap.source.record) not in unconcerned)

    @cached_property
    def _unread(self) -> frozenset[str]:
        """Ids of the accounts that are known by name alone."""
        return frozenset(account.id for account in self.estate.accounts if not account.collected)

    def limits(self, access: AccessKind, place: StoreSurface) -> tuple[Limit, ...]:
        """What was not modelled, tried or searched to its end and bears on a question."""
        store = self._stores.get(place.id)
        places = {EVERYTHING, place.id} if store is None else {EVERYTHING, place.id, store.account}
        own = (limit for limit in self._limits if access in limit.kind.accesses and limit.about in places)
        tagged = () if store is None or not self._looks_at_tags_of(store) else (store.id,)
        tags = (
            Limit(LimitKind.BUCKET_TAGS, name) for name in tagged if access in LimitKind.BUCKET_TAGS.accesses
        )
        return tuple(dict.fromkeys((*own, *tags, *self.met)))

    def _looks_at_tags_of(self, store: Store) -> bool:
        """Whether some policy looks at a tag that the store carries, and nobody knows whether policies see its tags."""
        unknown = isinstance(store.tags, Known) and not isinstance(store.tags_decide, Known)
        held = store.tags.value if unknown and isinstance(store.tags, Known) else {}
        return any(
            f"{prefix}:resourcetag/{tag.lower()}" in self.population.tag_keys
            for tag in held
            for prefix in ("aws", "s3")
        )

    @cached_property
    def _limits(self) -> tuple[Limit, ...]:
        return limits_of(self.estate)

    def _all_gaps(self, place: StoreSurface) -> Iterable[Unknown]:
        estate = self.estate
        yield from place.gaps
        for collection in (
            estate.organisations,
            estate.accounts,
            estate.principals,
            estate.federated_providers,
            estate.workloads,
            estate.secrets,
        ):
            yield from collection.gaps
        if not self.holds(place.id):
            yield from (*estate.stores.gaps, *estate.disk_copies.gaps)
        for account in estate.accounts:
            if not account.collected and account.organisation is None:
                continue  # somebody else's: whatever its guardrails are, they open nothing here
            yield from (
                fact
                for fact in (account.guardrails, account.resource_guardrails)
                if isinstance(fact, Unknown)
            )


def scope_account(record: str) -> str:
    """The account of the place that a gap is about: ``records/aws/111111111111/s3.jsonl:1`` and ``aws/111111111111 eu-west-1``."""
    parts = record.partition(" ")[0].removeprefix("records/").split("/")
    return parts[1] if len(parts) > 1 else ""


def _likeness(place: StoreSurface, seeds: Iterable[Link]) -> frozenset[object]:
    """Equal for questions that reach the same principals by the same policies, whatever the store and its keys are called.

    Which changes are worth anything follows from the graph and from where its ways end; of the policies that the last step rests
    on, the place's own are left out: no principal carries them.
    """
    surfaces = [one for one in (place, place.key, place.default, *place.wrapping) if one is not None]
    own = {one.policy.name for one in surfaces if one.policy is not None}
    own.update(policy.name for point in place.points for policy in point.policy or ())
    return frozenset(
        (link.origin, link.is_certain, frozenset(name for name in cited_by(link) if name not in own))
        for link in seeds
    )


def build(estate: Estate) -> Access:
    """The access graph of an estate.

    Args:
        estate: everything that one or several snapshots say exists; one graph spans them all.

    Returns:
        The graph. Building is cheap; the first question works out who can become whom.
    """
    return AccessGraph(estate)
