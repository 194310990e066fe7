"""What an actor can change about a principal, as a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from weightguard.access.aws.techniques.tag_choices import Choice as Tagging
from weightguard.access.links import Step
from weightguard.policy.aws import CompiledPolicy


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be added to a change, or left out.

    Attributes:
        added: the policies that it gives.
        step: what is done for it.
        best: the same policies without what they deny.
    """

    added: tuple[CompiledPolicy, ...]
    step: Step
    best: tuple[CompiledPolicy, ...]

    @property
    def denies(self) -> bool:
        """Whether it takes something away as well."""
        return any(not one.allows for policy in self.added for one in policy.document.statements)


@dataclass(slots=True)
class Changes:
    """What an actor can change about a principal.

    Attributes:
        everything: it can give the principal every permission.
        added: policies that it can give besides.
        dropped: policies that it can take away.
        unbounded: it can take the permissions boundary away.
        boundary: the boundary that it can set instead, where it cannot take it away.
        tags: the tags that it can set, or take away.
        steps: what it does.
        choices: what it can give besides, each for a step more.
    """

    everything: bool = False
    added: tuple[CompiledPolicy, ...] = ()
    dropped: tuple[CompiledPolicy, ...] = ()
    unbounded: bool = False
    boundary: CompiledPolicy | None = None
    tags: Tagging = ()
    steps: list[Step] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()

    def choosing(self, chosen: Iterable[Choice], *, at_best: bool = False) -> Changes:
        """The change with some of its choices; `at_best` leaves out what these deny."""
        chosen = tuple(chosen)
        given = (policy for one in chosen for policy in (one.best if at_best else one.added))
        return replace(
            self,
            added=(*self.added, *given),
            steps=[*self.steps, *(one.step for one in chosen)],
            choices=(),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be changed."""
        return not self.steps


def together(moves: Iterable[Changes]) -> Changes:
    """All of several changes at once."""
    found = Changes()
    for move in moves:
        found.everything = found.everything or move.everything
        found.unbounded = found.unbounded or move.unbounded
        found.boundary = found.boundary or move.boundary
        found.tags = found.tags or move.tags
        found.added += move.added
        found.dropped += move.dropped
        found.steps += move.steps
    found.steps = _once(found.steps)
    return found


def _once(steps: list[Step]) -> list[Step]:
    """Doing the same to the same several times (attaching one policy, then another) is one step."""
    found: dict[tuple[str, str | None], Step] = {}
    for step in steps:
        key = (step.how, step.target)
        before = found.get(key)
        found[key] = step if before is None else replace(before, grant=before.grant.and_also(step.grant))
    return list(found.values())
