"""One change that somebody may make before."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.access.links import Step
from weightguard.policy.decision import Reason
from weightguard.policy.gcp import Policies


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody may do before.

    Attributes:
        after: what it leaves: other policies, or a binding that gives them the permission where everything else stays as it is.
        steps: what is done.
    """

    member: str
    after: Policies | Reason
    steps: tuple[Step, ...]
