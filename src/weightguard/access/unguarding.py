"""An organisation's administrators take its policies off an account before they act in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from weightguard.access.links import Graph, Link, Step
from weightguard.access.population import Group

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


def unguard(owner: AccessGraph, graph: Graph, makers: list[tuple[Group, Step]]) -> Iterator[Link]:
    """Links to principals of member accounts as they are without guardrails, for those who become them and may take these off.

    Args:
        graph: who assumes which role.
        makers: the groups that may take guardrails off, and how; the first entry of a group counts.
    """
    steps: dict[Group, Step] = {}
    for group, step in makers:
        steps.setdefault(group, step)
    if not steps:
        return
    population = owner.population
    free: dict[Group, Group] = {}
    for name, group in list(population.group_of.items()):
        if not group.layers.scp:
            continue
        for origin, become in graph.ways_into(name):
            actor = origin if isinstance(origin, Group) else population.group_of.get(str(origin))
            if actor is None or actor not in steps:
                continue
            state = free.get(group) or _freed(owner, group)
            free[group] = state
            yield Link(origin, state, (steps[actor], *become), named=name)


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
    owner.index.note(freed)
    owner.index.forget(group.account)
    return freed
