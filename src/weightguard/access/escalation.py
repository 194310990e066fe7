"""Who can become whom, by every technique that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightguard.access.becoming import Becoming
from weightguard.access.changing import Changing
from weightguard.access.links import Graph, Link
from weightguard.access.needs import Needs
from weightguard.access.passing import Passing
from weightguard.access.running import Running
from weightguard.access.trust import Trusts

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


def escalations(owner: AccessGraph) -> Graph:
    """The links of an estate."""
    graph = Graph()
    trusts, needs = Trusts(owner), Needs(owner)
    changing = Changing(owner, needs)
    accounts = sorted(owner.population.realms)
    for account in accounts:
        changing.prepare(account)
    for group in owner.population.groups:
        for member in group.members:
            graph.add(Link(member, group))
    becoming, passing, running = Becoming(owner, needs, trusts), Passing(owner, needs, trusts), Running(owner, needs)
    for link in (*trusts.links(), *running.holding()):
        graph.add(link)
    for account in accounts:
        for link in (*becoming.links(account), *passing.links(account), *running.links(account)):
            graph.add(link)
    for account in accounts:
        for link in list(changing.links(account, graph)):
            graph.add(link)
    return graph
