"""What allows a step, and what it hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from weightguard.access.condition import Condition
from weightguard.access.model import Because, Needed


@dataclass(frozen=True, slots=True)
class Grant:
    """What allows a step, and what it hangs on.

    Attributes:
        because: the statements that allow.
        conditions: what must hold; empty when the step is certain.
        ways: per decision every way that it is granted; see `Decision.ways`. Empty where the statements are all there is to say.
    """

    because: tuple[Because, ...] = ()
    conditions: tuple[Condition, ...] = ()
    ways: tuple[Needed, ...] = field(default=(), compare=False, repr=False)

    @property
    def needs(self) -> tuple[Needed, ...]:
        """Per thing that has to be granted every way to it: per layer that must agree, the statements of which one is enough."""
        return self.ways or tuple((((one,),),) for one in self.because)

    def and_also(self, other: Grant) -> Grant:
        """Both steps: what allows each, and what either hangs on."""
        return Grant(
            _joined(self.because, other.because),
            _joined(self.conditions, other.conditions),
            self.needs + other.needs,
        )

    def provided(self, *conditions: Condition) -> Grant:
        """The same, hanging on more."""
        return Grant(self.because, _joined(self.conditions, conditions), self.ways)

    @property
    def is_certain(self) -> bool:
        """Whether it hangs on nothing."""
        return not self.conditions


FREELY: Final = Grant()
"""A step that needs no permission."""


def _joined(left: tuple[object, ...], right: tuple[object, ...]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys((*left, *right))) if right else left


TARGETS = "@"
"""What the name of a policy that belongs to a step's target starts with, for the same reason."""
OWN = "#"
"""What the name of a principal's own inline policy starts with, so that principals with the same text share their decisions."""


def owned(policy: str, actor: str, target: str) -> str:
    """A policy that is shared without its owner's name, under the name of the actor or of the target."""
    if policy.startswith(OWN):
        return actor + policy
    return target + policy.removeprefix(TARGETS) if policy.startswith(TARGETS) else policy
