"""Who can become whom, by every technique that is known.

The links of the estate's principals as they are come first. What a change could make of a principal is worked out only where it
is worth something to a question: for somebody who does not reach the store so far (or not for certain), and of a principal that
reaches it once it may do anything. What then comes about is an actor like any other, with links of its own; and so on, until
nothing new does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.ideals import Ideals
from weightguard.access.aws.permissions import Permissions
from weightguard.access.aws.techniques.assume_role import AssumeRole
from weightguard.access.aws.techniques.federation_changes import FederationChanges
from weightguard.access.aws.techniques.guardrail_removal import GuardrailRemoval
from weightguard.access.aws.techniques.new_principals import NewPrincipals
from weightguard.access.aws.techniques.pass_role import PassedRoles
from weightguard.access.aws.techniques.permission_sets import PermissionSets
from weightguard.access.aws.techniques.principal_changes import PrincipalChanges
from weightguard.access.aws.techniques.service_roles import ServiceRoles
from weightguard.access.aws.techniques.stored_credentials import Readers, StoredCredentials
from weightguard.access.aws.techniques.tagged_sessions import TaggedSessions
from weightguard.access.aws.techniques.trust_policies import TrustPolicies
from weightguard.access.aws.techniques.workloads import Workloads
from weightguard.access.links import Graph, Link
from weightguard.access.worth import Worth


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of technique.

    Attributes:
        name: what it is about.
        links: the links of some actors, given who can become whom so far.
        after: the stages whose links it looks at.
    """

    name: str
    links: Callable[[Graph, Actors], Iterable[Link]]
    after: tuple[str, ...] = ()


class Stages:
    """Stages in the order in which they are run.

    Args:
        stages: those that another one looks at before it.

    Raises:
        ValueError: a stage would run before one whose links it looks at, or looks at one that there is not.
    """

    def __init__(self, stages: Iterable[Stage]) -> None:
        self._stages = tuple(stages)
        done: set[str] = set()
        for stage in self._stages:
            early = sorted({*stage.after} - done)
            if early:
                raise ValueError(
                    f"stage {stage.name!r} looks at the links of {early[0]!r}, which runs later or never"
                )
            done.add(stage.name)

    def run(self, graph: Graph, actors: Actors) -> None:
        """Add the links of some actors to a graph, stage by stage."""
        for stage in self._stages:
            graph.extend(stage.links(graph, actors))


OUTSIDE: Final = "trusted from outside"
ASSUMED: Final = "roles assumed"
REWRITTEN: Final = "trust policies rewritten"


class Escalations:
    """The links of an estate, and what services lend besides.

    Args:
        context: what techniques may ask.
        trusts: knows the roles' trust policies.
        graph: who can become whom; takes the links.
        readers: who may read objects of a store.

    Attributes:
        rounds: the groups that were taken in together, in turn; the estate's own with all others first.
        ideals: everybody's ideal, which nobody becomes: it tells what would be worth anything.
    """

    def __init__(self, context: Context, trusts: TrustPolicies, graph: Graph, readers: Readers) -> None:
        self._population = context.population
        self._graph = graph
        self.rounds: list[Actors] = []
        needs = Permissions(context)
        self._stages = _stages(context, needs, trusts, readers)
        self._changing = PrincipalChanges(context, needs, graph)
        self.lending = ServiceRoles(context, needs, trusts)
        self._taken = 0
        self._take_in()
        self.ideals = Ideals(context.population, context.named)
        self._admit(Actors(context.population, self.ideals.groups))

    def widen(self, worth: Worth) -> bool:
        """Work out the changes that are worth something to a question; False where there are none that are not known yet."""
        known = len(self._population.groups)
        links = self._changing.links(worth)
        self._take_in()
        hopes = self._changing.hoped()
        if hopes:
            self._admit(Actors(self._population, hopes))
        return bool(links or hopes) or len(self._population.groups) > known

    def _take_in(self) -> None:
        """Work out the links of all groups that came about, and of those that come about by it."""
        groups = self._population.groups
        while not self.rounds or self._taken < len(groups):
            new = groups[self._taken :]
            self._taken = len(groups)
            actors = Actors(self._population, new, with_others=not self.rounds)
            self._admit(actors)
            self._changing.admit(actors)

    def _admit(self, actors: Actors) -> None:
        self._stages.run(self._graph, actors)
        self.lending.admit(actors)
        self.rounds.append(actors)


def _stages(context: Context, needs: Permissions, trusts: TrustPolicies, readers: Readers) -> Stages:
    """Every kind of technique, in order: those that make principals first, those that look at other links after these."""
    sets, creating = PermissionSets(context, needs), NewPrincipals(context, needs)
    becoming, passing = AssumeRole(context, needs, trusts), PassedRoles(context, needs, trusts)
    running, credentials = Workloads(context, needs), StoredCredentials(context, needs, readers)
    unguarding, federation = GuardrailRemoval(context, needs), FederationChanges(context, needs)
    sessions = TaggedSessions(context, trusts)
    sessions.prepare(Actors(context.population, context.population.groups))

    def outside(graph: Graph, actors: Actors) -> Iterator[Link]:
        if actors.with_others:
            yield from trusts.outside()

    def held(graph: Graph, actors: Actors) -> Iterator[Link]:
        if actors.with_others:
            yield from running.holding()

    return Stages(
        (
            Stage("permission sets", lambda graph, actors: sets.links(actors)),
            Stage("new principals", lambda graph, actors: creating.links(actors)),
            Stage(OUTSIDE, outside),
            Stage("roles of workloads", held),
            Stage(ASSUMED, lambda graph, actors: trusts.links(actors)),
            Stage("guardrails removed", unguarding.links, after=(OUTSIDE, ASSUMED)),
            Stage(REWRITTEN, lambda graph, actors: becoming.links(actors)),
            Stage("roles passed", lambda graph, actors: passing.links(actors)),
            Stage("code run on workloads", lambda graph, actors: running.links(actors)),
            Stage("stored credentials", lambda graph, actors: credentials.links(actors)),
            Stage("identity providers changed", federation.links, after=(OUTSIDE,)),
            Stage("sessions tagged", lambda graph, actors: sessions.links(graph), after=(ASSUMED, REWRITTEN)),
        )
    )
