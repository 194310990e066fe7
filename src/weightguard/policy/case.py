"""What an evaluation case of any provider is asked: the shape that each provider's package gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from weightguard.policy.decision import Decision


@dataclass(frozen=True, slots=True)
class CaseProblem:
    """Something about a policy of a case that the provider would refuse, or that does not do what it seems to.

    Args:
        layer: the layer that the policy is given for.
        policy: the policy's name.
        statement: the statement's label; None for the document as a whole.
        message: what is wrong.
        grants_nothing: whether the statement (or document) is left out because of it.
    """

    layer: str
    policy: str
    statement: str | None
    message: str
    grants_nothing: bool


class Case(Protocol):
    """A request with the policies to decide it by."""

    def decide(self) -> Decision:
        """The decision."""
        ...

    def asked(self) -> str:
        """The question in words."""
        ...

    def explained(self, decision: Decision) -> list[str]:
        """A decision in lines: which layers said what, in order."""
        ...

    def problems(self) -> Sequence[CaseProblem]:
        """What is wrong with the case's policies."""
        ...


class CaseReader(Protocol):
    """Reads a line, raising InputError for what is missing or is not what it should be."""

    def __call__(self, entry: Mapping[str, object]) -> Case: ...
