"""Who can become whom, by every technique that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightguard.access.becoming import Becoming
from weightguard.access.changing import Changing
from weightguard.access.creating import Creating
from weightguard.access.joining import join
from weightguard.access.lending import Lending
from weightguard.access.links import Graph
from weightguard.access.needs import Needs
from weightguard.access.passing import Passing
from weightguard.access.replicating import replicators
from weightguard.access.running import Running
from weightguard.access.sessions import Sessions
from weightguard.access.trust import Trusts
from weightguard.access.unguarding import unguard
from weightguard.access.vouching import Vouching
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.limits import EVERYTHING

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


def escalations(owner: AccessGraph) -> tuple[Graph, Lending]:
    """The links of an estate, and what services lend besides."""
    graph = Graph()
    trusts, needs = Trusts(owner), Needs(owner)
    changing, vouching, creating = Changing(owner, needs), Vouching(owner, needs), Creating(owner, needs)
    accounts = sorted(owner.population.realms)
    sessions = Sessions(owner, trusts)
    sessions.prepare()
    _prepare(changing, accounts)
    graph.extend(vouching.by_permission_set())
    for account in accounts:
        graph.extend(creating.links(account))
    _prepare(changing, accounts)
    for account in accounts:
        graph.extend(creating.links(account))
    becoming, passing, running = (
        Becoming(owner, needs, trusts),
        Passing(owner, needs, trusts),
        Running(owner, needs),
    )
    graph.extend(trusts.links())
    graph.extend(running.holding())
    graph.extend(unguard(owner, graph, list(vouching.unguarded())))
    for account in accounts:
        graph.extend(becoming.links(account))
        graph.extend(passing.links(account))
        graph.extend(running.links(account))
    graph.extend(vouching.by_secret())
    graph.extend(vouching.by_provider(graph))
    graph.extend(sessions.links(graph))
    for account in accounts:
        graph.extend(changing.links(account, graph))
    joined = join(graph, [one for account in accounts for one in changing.conjunctions(account, graph)])
    if not joined:
        owner.met.append(Limit(LimitKind.JOIN_BOUND, EVERYTHING))
    owner.selfgrants.replicators = [*replicators(owner, trusts)]
    return graph, Lending(owner, needs, trusts)


def _prepare(changing: Changing, accounts: list[str]) -> None:
    """Changed principals first: every technique has to know them as actors."""
    for account in accounts:
        changing.prepare(account)
