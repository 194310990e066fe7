"""An organisation's administrators take its policies off an account before they act in it."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.permissions import Permissions, how_of
from weightguard.access.aws.technique_data.schema import Guardrails, techniques
from weightguard.access.links import Graph, Link, Node, Step


class GuardrailRemoval:
    """Works out who takes an organisation's policies off an account, and the principals as they are without.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._needs = needs
        self._free: dict[PrincipalGroup, PrincipalGroup] = {}

    def links(self, graph: Graph, actors: Actors) -> Iterator[Link]:
        """Links to principals of member accounts as they are without guardrails, for those who become them and may take these off.

        Args:
            graph: who assumes which role.
        """
        steps: dict[PrincipalGroup, Step] = {}
        for cohort, step in self._makers(actors):
            for group in cohort.parts:
                steps.setdefault(group, step)
        if not steps:
            return
        population = self._context.population
        for name, group in list(population.group_of.items()):
            if not group.layers.scp:
                continue
            for origin, become in graph.ways_into(name):
                for actor, node in actors_of(origin, population):
                    if actor in steps:
                        yield Link(node, self._freed(group), (steps[actor], *become), named=name)

    def _makers(self, actors: Actors) -> Iterator[tuple[PrincipalGroup, Step]]:
        """Those of some groups that may take the organisation's policies off an account; the first entry of a group counts."""
        for realm in self._context.population.realms.values():
            if not realm.is_management:
                continue
            for entry in techniques():
                if not isinstance(entry, Guardrails):
                    continue
                actions = [need.action for need in entry.needs]
                for group in actors.cohorts(realm.id, actions, actions[:1]):
                    grant = self._needs.all_chosen(group, entry.needs)
                    if grant is not None:
                        yield group, Step(how_of(need.action for need in entry.needs), grant)

    def _freed(self, group: PrincipalGroup) -> PrincipalGroup:
        free = self._free.get(group)
        if free is None:
            free = self._free[group] = PrincipalGroup(
                group.account,
                group.kind,
                group.caller,
                group.layers.replace(scp=None),
                group.documents,
                group.patterns,
                group.origin,
                change=("without guardrails",),
                own=group.own,
            )
            self._context.population.add_changed(free)
        return free


def actors_of(origin: Node, population: Population) -> Iterator[tuple[PrincipalGroup, Node]]:
    """The groups that an origin of a link stands for, each with the node that stands for it alone."""
    if isinstance(origin, PrincipalGroup):
        for part in origin.parts or (origin,):
            yield part, part
    elif isinstance(origin, str) and origin in population.group_of:
        yield population.group_of[origin], origin
