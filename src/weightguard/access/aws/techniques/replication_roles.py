"""The roles that S3 may replicate with."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.decisions import trust_of_service
from weightguard.access.aws.stores.replication import SERVICE, Replicator
from weightguard.access.aws.techniques.trust_policies import TrustPolicies
from weightguard.estate.model import PrincipalKind


def replicators(context: Context, trusts: TrustPolicies) -> Iterator[Replicator]:
    """The estate's roles that trust S3."""
    population = context.population
    for name, group in population.group_of.items():
        role = population.principals[name]
        trust = trusts.of(role) if role.kind is PrincipalKind.ROLE else None
        if trust is None or SERVICE not in context.named.names(trust):
            continue
        grant = trust_of_service(context.decisions, role, trust, SERVICE)
        if grant is not None:
            yield Replicator(name, group, population.callers[name], grant)
