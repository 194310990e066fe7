"""Principals that no policy can tell apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from weightguard.access.aws.identities.sensitivity import BLIND, Sensitivity
from weightguard.access.links import Group
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, Layers
from weightguard.policy.aws import Principal as Caller
from weightguard.policy.aws.statement import Statement, target

ANYTHING: Final = target("*", literal=True)


@dataclass(slots=True, eq=False)
class PrincipalGroup(Group):
    """Principals that no policy can tell apart, or a principal as a change would leave it.

    Attributes:
        names: ids of its principals; empty for a changed one, and for a cohort.
        caller: one of them, as the engine knows it.
        layers: identity policies, boundary and SCPs.
        documents: the identity policies by name.
        change: what was changed, in words; empty for principals as they are.
        own: what its policies and guardrails look at in a caller.
        patterns: the resources that its identity policies speak of.
        reach: of a cohort, those that they speak of where they allow what it was gathered for.
        parts: the groups that it joins, where it is several whose policies say the same about some actions (a cohort).
    """

    account: str
    kind: PrincipalKind
    caller: Caller
    layers: Layers
    documents: tuple[CompiledPolicy, ...]
    patterns: frozenset[str]
    origin: Principal
    names: list[str] = field(default_factory=list)
    change: tuple[str, ...] = ()
    own: Sensitivity = BLIND
    parts: tuple[PrincipalGroup, ...] = ()
    reach: frozenset[str] = frozenset()

    @property
    def example(self) -> str:
        """One of its principals; of a changed one, the principal that was changed."""
        return self.origin.id


def is_unlimited(group: PrincipalGroup) -> bool:
    """Whether the group's own policies allow everything and nothing but guardrails limits it: no change gives it more."""
    if group.layers.boundary is not None:
        return False
    statements = [one for policy in group.documents for one in policy.document.statements]
    return all(one.allows for one in statements) and any(_allows_everything(one) for one in statements)


def _allows_everything(statement: Statement) -> bool:
    return not statement.depends_on_request and statement.may_apply("any:action", ANYTHING)
