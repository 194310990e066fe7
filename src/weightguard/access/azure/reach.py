"""The Azure part of an estate, as the graph asks for it: who becomes whom, who has what directly, and what stands behind a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from weightguard.access.azure.context import Context, attribute, context_of
from weightguard.access.azure.decisions import Decisions
from weightguard.access.azure.directory import Directory
from weightguard.access.azure.federation import federated
from weightguard.access.azure.foreign_tokens import abroad_of
from weightguard.access.azure.joint import joint_links
from weightguard.access.azure.offers import Offer, Offers, State
from weightguard.access.azure.place import AzurePlace, place_of, split
from weightguard.access.azure.removals import AzureRemovals
from weightguard.access.azure.resources import Resources
from weightguard.access.azure.storage import StorageAccess
from weightguard.access.azure.unseen import Unseen
from weightguard.access.azure.vaults import VaultAccess
from weightguard.access.federation import NOWHERE, Abroad
from weightguard.access.links import Graph, Link, Node, search
from weightguard.access.model import AccessKind, ActorKind
from weightguard.access.provider import ANYBODY, Actor, Direct, Port, Wanted
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import Limit
from weightguard.estate.model import Container, Estate, Principal, PrincipalKind, Store

_OWN: Final = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that the provider's own applications belong to."""


def reach(estate: Estate, graph: Graph) -> Port:
    """What answers for the Azure part of an estate.

    Args:
        graph: who can become whom; takes the links.
    """
    found = _Reach(estate, graph)
    return Port(
        found.links,
        found.direct,
        found.place,
        found.kind_of,
        lambda: AzureRemovals(estate),
        abroad=found.abroad(),
    )


@dataclass(slots=True)
class _Seeds:
    """The links that end at a place, when the graph had so many links."""

    size: int = -1
    links: tuple[Link, ...] = ()
    joined: set[tuple[str, str, str]] = field(default_factory=set)


@dataclass(slots=True)
class _Known:
    """Everything that answers rest on, made when it is first needed."""

    context: Context
    offers: Offers
    storage: StorageAccess
    vaults: VaultAccess
    resources: Resources
    directory: Directory
    groups: dict[str, State] = field(default_factory=dict)


class _Reach:
    def __init__(self, estate: Estate, graph: Graph) -> None:
        self._estate = estate
        self._graph = graph
        self._places: dict[tuple[str, str], AzurePlace] = {}
        self._seeds: dict[tuple[AccessKind, str, str], _Seeds] = {}
        self._stores: set[object] = set()
        self._said: dict[tuple[str, str], tuple[tuple[int, int], tuple[Unknown, ...], tuple[Limit, ...]]] = {}
        """What was found unseen of a place, when the graph and the links to it were so many."""
        self._joined: set[tuple[str, str, str]] = set()

    @cached_property
    def _known(self) -> _Known:
        context = context_of(self._estate)
        decisions = Decisions(context)
        offers = Offers(context, decisions)
        storage = StorageAccess(context, decisions, offers)
        resources = Resources(context, offers, storage.key_nodes, storage.accepting(), storage.sas_nodes)
        vaults = VaultAccess(context, decisions, offers)
        return _Known(context, offers, storage, vaults, resources, Directory(context, offers))

    @cached_property
    def _has_any(self) -> bool:
        return any(one.provider == "azure" for one in self._estate.containers)

    def abroad(self) -> Abroad:
        """Its part in federation with other clouds."""
        return abroad_of(lambda: self._known.context) if self._has_any else NOWHERE

    def links(self, wanted: Wanted | None) -> bool:
        """Who can become whom; see `Port.links`. What takes two identities at once is worked out once the others are there."""
        if not self._has_any:
            return wanted is None
        if wanted is None:
            self._add(self._of_estate())
            return True
        return self._add(self._joint(self._joined, lambda offer: offer.effect not in self._stores))

    def _joint(self, joined: set[tuple[str, str, str]], concerned: Callable[[Offer], bool]) -> Iterator[Link]:
        return joint_links(self._known.offers, self._graph, self._node, joined, concerned)

    def _of_estate(self) -> Iterator[Link]:
        known = self._known
        yield from known.offers.administrators()
        yield from known.offers.role_changes()
        yield from known.storage.key_links()
        yield from known.storage.moves()
        yield from known.resources.links()
        yield from federated(known.context)
        yield from known.directory.links(self._worth())

    def _worth(self) -> Iterable[str]:
        """The identities that lead on to something: those with a role somewhere, or that a vault's policies or lists name."""
        known = self._known.context
        yield from (one.principal for one in known.assigned)
        for container in known.containers.values():
            yield from _named_by_policies(container)
        yield from (name for name, one in known.principals.items() if one.kind is PrincipalKind.GROUP)
        yield from (name for each in self._known.offers.delegates for _, name in each.roles if name)
        if any(self._has_lists(store) for store in self._estate.stores):
            yield from known.principals

    def _has_lists(self, store: Store) -> bool:
        """Whether a container is of a file system, whose lists may name anybody."""
        if store.provider != "azure":
            return False
        account = self._known.context.containers.get((store.container or "").lower())
        return bool(attribute(account, "isHnsEnabled"))

    def _add(self, links: Iterable[Link]) -> bool:
        before = self._graph.size
        for link in links:
            if self._may_act(link):
                self._graph.add(self._placed(link))
        return self._graph.size > before

    def _may_act(self, link: Link) -> bool:
        """Whether whoever a link starts from can sign in at all."""
        principal = self._known.context.principals.get(link.origin) if isinstance(link.origin, str) else None
        return principal is None or attribute(principal, "accountEnabled") is not False

    def _placed(self, link: Link) -> Link:
        """The link between nodes: a group of known members is one without a name, whose members are answered in its place."""
        link.origin, link.target = self._node(link.origin), self._node(link.target)
        return link

    def _node(self, node: Node) -> Node:
        if not isinstance(node, str) or not node.startswith("azure:"):
            return node
        known = self._known
        if not known.context.is_group(node) or not known.context.is_known(node):
            return node
        return known.groups.setdefault(node, State(node))

    def place(self, store: str, prefix: str | None) -> AzurePlace | None:
        """The container, or the prefix in it, that a question is about."""
        name = split(store, prefix)
        if name is None:
            return None
        key = (name.id, name.prefix)
        if key not in self._places:
            self._places[key] = place_of(self._known.context, name, self._unseen)
            self._stores.add(self._places[key].id)
        return self._places[key]

    def direct(self, access: AccessKind, store: str, prefix: str | None) -> Direct:
        """Who can do something to a place, as far as the graph was worked out."""
        place = self.place(store, prefix)
        if place is None:
            return Direct(())
        found = self._seeds.setdefault((access, place.id, place.prefix), _Seeds())
        if found.size < 0:
            links = (
                self._known.vaults.links(place)
                if access is AccessKind.DECRYPT
                else self._known.storage.links(access, place)
            )
            seeds = []
            for link in links:
                if not self._may_act(link):
                    continue
                placed = self._placed(link)
                if isinstance(
                    placed.target, State
                ):  # A scope on the way to a container, met for the first time.
                    self._graph.add(placed)
                else:
                    seeds.append(placed)
            found.links = tuple(seeds)
        if found.size != self._graph.size:
            joint = self._joint(found.joined, lambda offer: offer.effect == place.id)
            found.links += tuple(self._placed(link) for link in joint if self._may_act(link))
        found.size = self._graph.size
        return Direct(found.links)

    def _unseen(self, place: AzurePlace) -> tuple[tuple[Unknown, ...], tuple[Limit, ...]]:
        known = self._known
        seeds = [
            link
            for access in AccessKind
            if (each := self._seeds.get((access, place.id, place.prefix))) is not None
            for link in each.links
        ]
        asked = (self._graph.size, len(seeds))
        said = self._said.get((place.id, place.prefix))
        if said is None or said[0] != asked:
            reached = search(self._graph, seeds).first
            unseen = Unseen(known.context, known.directory, known.resources)
            said = (asked, unseen.gaps(place, reached), unseen.limits(place, reached))
            self._said[place.id, place.prefix] = said
        return said[1], said[2]

    def kind_of(self, name: str) -> Actor | None:
        """Who stands behind a name."""
        if name == ANYBODY:
            return Actor("anonymous", None)
        if name.startswith("azure:"):
            principal = self._known.context.principals.get(name)
            return Actor("unknown" if principal is None else _kind(principal), None)
        if name.lower().startswith("/subscriptions/") or name.lower().startswith("/providers/"):
            return Actor("external" if "/localusers/" in name.lower() else "workload", None)
        if "#" in name and name.startswith("https://"):
            return Actor("workload" if ".oic.prod-aks.azure.com/" in name else "external", None)
        return None


def _kind(principal: Principal) -> ActorKind:
    if principal.kind is PrincipalKind.USER:
        if "mentioned" in principal.attributes:
            return "unknown"
        return "external" if attribute(principal, "userType") == "Guest" else "person"
    if principal.kind is PrincipalKind.GROUP:
        return "unknown"
    owner = str(attribute(principal, "appOwnerOrganizationId") or "").lower()
    if principal.kind is PrincipalKind.APPLICATION and owner == _OWN:
        return "service"
    foreign = (
        bool(owner) and owner != principal.account.lower() and attribute(principal, "applicationId") is None
    )
    return "external" if principal.kind is PrincipalKind.APPLICATION and foreign else "workload"


def _named_by_policies(container: Container) -> Iterator[str]:
    """Whom the access policies of a vault name."""
    for policy in attribute(container, "accessPolicies") or ():
        if isinstance(policy, dict) and isinstance(policy.get("objectId"), str):
            yield f"azure:{policy['objectId'].lower()}"
