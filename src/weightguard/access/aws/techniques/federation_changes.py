"""Become whoever an identity provider vouches for, by changing the provider that roles trust."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Able, Actors
from weightguard.access.aws.permissions import Permissions
from weightguard.access.aws.technique_data.schema import Federation, techniques
from weightguard.access.condition import besides
from weightguard.access.links import Graph, Link, Step


class FederationChanges:
    """Works out who changes identity providers.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._needs = needs

    def links(self, graph: Graph, actors: Actors) -> Iterator[Link]:
        """From those of some groups that may change an identity provider, to the subjects of it that roles trust."""
        subjects: dict[str, list[str]] = {}
        for links in list(graph.into.values()):
            for link in links:
                if isinstance(link.origin, str) and "#" in link.origin:
                    subjects.setdefault(link.origin.partition("#")[0], []).append(link.origin)
        held = {one.id: one for one in self._context.estate.federated_providers}
        for name in sorted(subjects.keys() & held.keys()):
            provider = held[name]
            for entry in techniques():
                if isinstance(entry, Federation) and entry.provider == provider.kind:
                    yield from self._changing_provider(
                        entry,
                        provider.id,
                        actors.able(provider.account, entry.needs[0].action),
                        sorted(set(subjects[name])),
                    )

    def _changing_provider(
        self, entry: Federation, provider: str, able: Able, subjects: list[str]
    ) -> Iterator[Link]:
        action = entry.needs[0].action
        for group in able:
            grant = self._needs.on(group, action, provider)
            if grant is None:
                continue
            if entry.conditional is not None:
                grant = grant.provided(besides(entry.conditional))
            for subject in subjects:
                yield Link(group, subject, (Step(action, grant, provider),))
