"""What answers for the Google Cloud part of an estate.

Links are worked out backwards, node by node, where a search got to: who may become an account matters once that account reaches
something.
"""

from __future__ import annotations

from functools import cached_property

from weightguard.access.federation import NOWHERE, Abroad
from weightguard.access.gcp.actor_kinds import ActorKinds
from weightguard.access.gcp.context import Context, context_of
from weightguard.access.gcp.foreign_tokens import abroad_of
from weightguard.access.gcp.removals import GcpRemovals
from weightguard.access.gcp.sleepers import Sleepers
from weightguard.access.gcp.stores import Stores
from weightguard.access.gcp.techniques import Techniques
from weightguard.access.links import Graph
from weightguard.access.model import AccessKind
from weightguard.access.provider import Actor, Direct, Port, Wanted
from weightguard.access.provider import Place as AnyPlace
from weightguard.estate.model import Estate


def reach(estate: Estate, graph: Graph) -> Port:
    """What answers for the Google Cloud part of an estate.

    Args:
        graph: who can become whom; takes the links.
    """
    found = _Reach(estate, graph)
    return Port(
        found.links,
        found.direct,
        found.place,
        found.kind_of,
        lambda: GcpRemovals(estate),
        abroad=found.abroad(),
    )


class _Reach:
    def __init__(self, estate: Estate, graph: Graph) -> None:
        self._estate = estate
        self._graph = graph
        self._expanded: set[str] = set()
        self._is_empty = not any(
            one.provider == "gcp" for one in (*estate.accounts, *estate.stores, *estate.containers)
        )

    def abroad(self) -> Abroad:
        """Its part in federation with other clouds."""
        return NOWHERE if self._is_empty else abroad_of(lambda: self._context)

    @cached_property
    def _context(self) -> Context:
        return context_of(self._estate)

    @cached_property
    def _stores(self) -> Stores:
        return Stores(self._context)

    @cached_property
    def _techniques(self) -> Techniques:
        return Techniques(self._context)

    @cached_property
    def _sleepers(self) -> Sleepers:
        return Sleepers(self._context, self._techniques.by_right_on)

    @cached_property
    def _kinds(self) -> ActorKinds:
        return ActorKinds(self._context.source)

    def links(self, wanted: Wanted | None) -> bool:
        """Links into everything that reaches the store so far; see `Port.links`."""
        if wanted is None or self._is_empty:
            return wanted is None
        nodes = self._techniques.nodes() if wanted.only is not None else wanted.reached.first
        new = [node for node in nodes if isinstance(node, str) and node not in self._expanded]
        size = self._graph.size
        for node in new:
            self._expanded.add(node)
            self._graph.extend(self._sleepers.woken(self._techniques.into(node)))
        return self._graph.size > size

    def place(self, store: str, prefix: str | None) -> AnyPlace | None:
        """The bucket, or the prefix in it, that a question is about."""
        return self._stores.place(store, prefix)

    def direct(self, access: AccessKind, store: str, prefix: str | None) -> Direct:
        """Who can do something to a bucket, as things are or after changing what stands in the way."""
        place = self._stores.place(store, prefix)
        if place is None:
            return Direct(())
        return Direct(tuple(self._sleepers.woken(self._stores.links(access, place))))

    def kind_of(self, name: str) -> Actor | None:
        """Who stands behind a name."""
        return self._kinds.of(name)
