"""How somebody may do something: what is done before, and what then allows it."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.access.grant import Grant
from weightguard.access.links import Step


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody may do something.

    Attributes:
        changes: what is done before.
        grant: what then allows it.
    """

    changes: tuple[Step, ...]
    grant: Grant

    @property
    def is_certain(self) -> bool:
        """Whether it hangs on nothing."""
        return self.grant.is_certain and all(step.grant.is_certain for step in self.changes)

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts ways: what is certain first, then what takes fewer steps."""
        return not self.is_certain, len(self.changes)
