"""An organisation's administrators take its policies off an account before they act in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from weightguard.access.aws.identities.groups import Group
from weightguard.access.aws.identities.principals import Population
from weightguard.access.links import Graph, Link, Node, Step

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


def unguard(
    owner: AccessGraph, graph: Graph, makers: list[tuple[Group, Step]], free: dict[Group, Group]
) -> Iterator[Link]:
    """Links to principals of member accounts as they are without guardrails, for those who become them and may take these off.

    Args:
        graph: who assumes which role.
        makers: the groups that may take guardrails off, and how; the first entry of a group counts.
        free: groups as they are without guardrails, as far as they came about; added to.
    """
    steps: dict[Group, Step] = {}
    for cohort, step in makers:
        for group in cohort.parts:
            steps.setdefault(group, step)
    if not steps:
        return
    population = owner.population
    for name, group in list(population.group_of.items()):
        if not group.layers.scp:
            continue
        for origin, become in graph.ways_into(name):
            for actor, node in actors_of(origin, population):
                if actor not in steps:
                    continue
                state = free.get(group) or _freed(owner, group)
                free[group] = state
                yield Link(node, state, (steps[actor], *become), named=name)


def actors_of(origin: Node, population: Population) -> Iterator[tuple[Group, Node]]:
    """The groups that an origin of a link stands for, each with the node that stands for it alone."""
    if isinstance(origin, Group):
        for part in origin.parts or (origin,):
            yield part, part
    elif isinstance(origin, str) and origin in population.group_of:
        yield population.group_of[origin], origin


def _freed(owner: AccessGraph, group: Group) -> Group:
    layers = group.layers.replace(scp=None)
    freed = Group(
        group.account,
        group.kind,
        group.caller,
        layers,
        group.documents,
        group.patterns,
        group.origin,
        change=("without guardrails",),
        own=group.own,
    )
    owner.population.add_changed(freed)
    return freed
