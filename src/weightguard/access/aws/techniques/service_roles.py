"""Services that read, copy or write objects with a role that they are passed, but run no code of the caller's.

Who may pass such a role borrows of it what the service does with it, at the stores that the role reaches; it does not become
the role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.permissions import Permissions
from weightguard.access.aws.technique_data.schema import PassRole, techniques
from weightguard.access.aws.techniques.pass_role import PassedRoles
from weightguard.access.aws.techniques.trust_policies import TrustPolicies
from weightguard.access.links import Graph, Link, Node, Step
from weightguard.access.model import AccessKind


class ServiceRoles:
    """Works out what is borrowed.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
        trusts: knows the roles' trust policies.
    """

    def __init__(self, context: Context, needs: Permissions, trusts: TrustPolicies) -> None:
        self._population = context.population
        self._lent: dict[AccessKind, Graph] = {kind: Graph() for kind in AccessKind}
        self._passing = [
            (tuple(map(AccessKind, entry.reaches)), PassedRoles(context, needs, trusts, (entry,)))
            for entry in techniques()
            if isinstance(entry, PassRole) and entry.reaches is not None
        ]

    def admit(self, actors: Actors) -> None:
        """Work out what some groups borrow."""
        for kinds, passing in self._passing:
            links = list(passing.links(actors))
            for kind in kinds:
                self._lent[kind].extend(links)

    def borrowed(self, access: AccessKind, seeds: Iterable[Link]) -> Iterator[Link]:
        """Links to a store for those who borrow of a role that reaches it; `seeds` are the links of whoever reaches it."""
        lent = self._lent[access].into
        if not lent:
            return
        by_part: dict[Node, Link] = {}
        for seed in seeds:
            for node in _parts(seed.origin):
                by_part.setdefault(node, seed)
        for role in sorted(node for node in lent if isinstance(node, str)):
            reached = by_part.get(role) or by_part.get(self._population.group_of[role])
            if reached is not None:
                yield from self._through(role, reached, self._lent[access])

    @staticmethod
    def _through(role: str, seed: Link, lent: Graph) -> Iterator[Link]:
        onward = tuple(Step(one.how, one.grant, one.target, by=role) for one in seed.steps)
        for origin, steps in lent.ways_into(role):
            first = tuple(Step(one.how, one.grant, role) for one in steps)
            yield Link(origin, seed.target, (*first, *onward))


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts or (node,) if isinstance(node, PrincipalGroup) else (node,)
