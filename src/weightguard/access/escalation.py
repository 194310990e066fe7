"""Who can become whom, by every technique that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightguard.access.links import Graph, Link
from weightguard.access.trust import Trusts

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


def escalations(owner: AccessGraph) -> Graph:
    """The links of an estate."""
    graph = Graph()
    for group in owner.population.groups:
        for member in group.members:
            graph.add(Link(member, group))
    for link in Trusts(owner).links():
        graph.add(link)
    return graph
