"""What the techniques and stores of AWS may ask: everything that is worked out once for an estate, and nothing of the graph."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.access.aws.identities.decisions import Decisions
from weightguard.access.aws.identities.named_principals import NamedPrincipals
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.resource_classes import ResourceClasses
from weightguard.access.aws.keys import Keys
from weightguard.estate.model import Estate


@dataclass(frozen=True, slots=True)
class Context:
    """An estate, prepared for questions.

    Attributes:
        estate: everything that the snapshots say exists.
        population: its users and roles, told apart only where some policy tells them apart.
        named: whom policies mean by the names in them.
        patterns: which resources policies tell apart by the patterns in them.
        decisions: puts questions to the policy engine.
        keys: the keys that wrap stores, disks and secrets.
    """

    estate: Estate
    population: Population
    named: NamedPrincipals
    patterns: ResourceClasses
    decisions: Decisions
    keys: Keys


def context_of(estate: Estate) -> Context:
    """The context of an estate."""
    population = Population(estate)
    return Context(
        estate,
        population,
        NamedPrincipals(population),
        ResourceClasses(population),
        Decisions(population, estate.collected_at),
        Keys(estate),
    )
