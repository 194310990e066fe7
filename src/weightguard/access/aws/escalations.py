"""Who can become whom, by every technique that is known.

The links of the estate's principals as they are come first. What a change could make of a principal is worked out only where it
is worth something to a question: for somebody who does not reach the store so far (or not for certain), and of a principal that
reaches it once it may do anything. What then comes about is an actor like any other, with links of its own; and so on, until
nothing new does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import Group
from weightguard.access.aws.permissions import Needs
from weightguard.access.aws.stores.replication import replicators
from weightguard.access.aws.techniques.assume_role import Becoming
from weightguard.access.aws.techniques.federation_changes import Vouching
from weightguard.access.aws.techniques.guardrail_removal import unguard
from weightguard.access.aws.techniques.new_principals import Creating
from weightguard.access.aws.techniques.pass_role import Passing
from weightguard.access.aws.techniques.principal_changes import Changing
from weightguard.access.aws.techniques.service_roles import Lending
from weightguard.access.aws.techniques.tagged_sessions import Sessions
from weightguard.access.aws.techniques.trust_policies import Trusts
from weightguard.access.aws.techniques.workloads import Running
from weightguard.access.links import Graph
from weightguard.access.worth import Ideals, Worth

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


class Escalation:
    """The links of an estate, and what services lend besides.

    Args:
        owner: the graph that asks.

    Attributes:
        graph: who can become whom, as far as it was worked out.
        rounds: the groups that were taken in together, in turn; the estate's own with all others first.
        ideals: everybody's ideal, which nobody becomes: it tells what would be worth anything.
    """

    def __init__(self, owner: AccessGraph) -> None:
        self._owner = owner
        self.graph = Graph()
        self.rounds: list[Actors] = []
        needs, trusts = Needs(owner), Trusts(owner)
        self._trusts = trusts
        self._vouching, self._creating = Vouching(owner, needs), Creating(owner, needs)
        self._becoming, self._passing = Becoming(owner, needs, trusts), Passing(owner, needs, trusts)
        self._running, self._changing = Running(owner, needs), Changing(owner, needs)
        self.lending = Lending(owner, needs, trusts)
        self._sessions = Sessions(owner, trusts)
        self._sessions.prepare(Actors(owner.population, owner.population.groups))
        self._taken = 0
        self._free: dict[Group, Group] = {}
        owner.selfgrants.replicators = [*replicators(owner, trusts)]
        self._take_in()
        self.ideals = Ideals(owner.population, owner.named)
        self._admit(Actors(owner.population, self.ideals.groups))

    def widen(self, worth: Worth) -> bool:
        """Work out the changes that are worth something to a question; False where there are none that are not known yet."""
        known = len(self._owner.population.groups)
        links = self._changing.links(self.graph, worth)
        self._take_in()
        hopes = self._changing.hoped()
        if hopes:
            self._admit(Actors(self._owner.population, hopes))
        return bool(links or hopes) or len(self._owner.population.groups) > known

    def _take_in(self) -> None:
        """Work out the links of all groups that came about, and of those that come about by it."""
        groups = self._owner.population.groups
        while not self.rounds or self._taken < len(groups):
            new = groups[self._taken :]
            self._taken = len(groups)
            actors = Actors(self._owner.population, new, with_others=not self.rounds)
            self._admit(actors)
            self._changing.admit(actors)

    def _admit(self, actors: Actors) -> None:
        graph = self.graph
        graph.extend(self._vouching.by_permission_set(actors))
        graph.extend(self._creating.links(actors))
        if actors.with_others:
            graph.extend(self._trusts.outside())
            graph.extend(self._running.holding())
        graph.extend(self._trusts.links(actors))
        graph.extend(unguard(self._owner, graph, list(self._vouching.unguarded(actors)), self._free))
        graph.extend(self._becoming.links(actors))
        graph.extend(self._passing.links(actors))
        graph.extend(self._running.links(actors))
        graph.extend(self._vouching.by_secret(actors))
        graph.extend(self._vouching.by_provider(graph, actors))
        graph.extend(self._sessions.links(graph))
        self.lending.admit(actors)
        self.rounds.append(actors)
