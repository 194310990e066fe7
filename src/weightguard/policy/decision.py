"""A policy engine's answer, whichever provider's: what it says, what it hangs on, and which statements say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from weightguard.policy.formula import ALWAYS, NEVER, Formula, keys_of


class Outcome(StrEnum):
    """What a decision says. UNKNOWN: it hangs on `Decision.conditions`."""

    ALLOWED = "allowed"
    DENIED_IMPLICITLY = "denied_implicitly"
    DENIED_EXPLICITLY = "denied_explicitly"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reason:
    """The statement that decides.

    Args:
        layer: identity, boundary, session, scp, rcp, resource, vpc_endpoint, kms_grants, s3_acl or provider.
        policy: the policy's name.
        statement: the statement's label: its Sid, or its position where that says more (see `statement_labels`).
    """

    layer: str
    policy: str
    statement: str


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """One layer's answer. Compared by identity: the same answer to the same question is the same object.

    Args:
        allow: when it allows.
        deny: when it explicitly denies.
        allowed_by: the statements that allow, or that may.
        denied_by: the statements that deny, or that may.
    """

    allow: Formula = NEVER
    deny: Formula = NEVER
    allowed_by: tuple[Reason, ...] = ()
    denied_by: tuple[Reason, ...] = ()


Ways = tuple[tuple[tuple[Reason, ...], ...], ...]
"""Every way to be granted something: per layer that must agree, the statements of which one is enough."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The engine's answer.

    Args:
        outcome: allowed, denied (implicitly or explicitly), or unknown.
        by: for an answer that some policy gives, the statements that give it.
        conditions: what the answer hangs on: ALWAYS for allowed, NEVER for denied, else the open formula.
        lacking: for an implicit denial, the layers that lack an allow.
        steps: what each layer said, in the order of evaluation.
        ways: for such an answer, every way to it: per layer that must agree, the statements of which one is enough.
    """

    outcome: Outcome
    by: tuple[Reason, ...] = ()
    conditions: Formula = ALWAYS
    lacking: tuple[str, ...] = ()
    steps: tuple[tuple[str, Verdict], ...] = field(default=(), compare=False, repr=False)
    ways: Ways = field(default=(), compare=False, repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """The context keys that an unknown answer hangs on, sorted."""
        return keys_of(self.conditions)

    @property
    def may_be_allowed(self) -> bool:
        """Whether the request is allowed, at least under some conditions."""
        return self.outcome in {Outcome.ALLOWED, Outcome.UNKNOWN}
