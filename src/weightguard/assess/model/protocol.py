"""A red-team protocol: where it started, step by step, and what fell."""

from __future__ import annotations

from pydantic.dataclasses import dataclass

from weightguard.assess.model.terms import STRICT, Outcome


@dataclass(frozen=True, slots=True, config=STRICT)
class Step:
    """One hop of an attacker's path."""

    origin: str
    target: str
    how: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Fall:
    """A weight set that falls, through whom and how; the shortest path is shown."""

    weights: str
    principal: str
    access: str
    certainty: str
    direct: bool
    principals: int
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Start:
    """One attacker starting point, played against the access graph.

    Attributes:
        group: the group, where the starting point is played for each.
        actors: who the attacker may be, the first 50 of `actor_count`.
        falls: the weights that fall.
        seen_by: detection controls that hold for those weights. unseen_by: those that do not, or are unknown.
        complete: False when something that matters could not be read: more may fall. False also when nobody was tried.
        outcome: in one word.
    """

    id: str
    title: str
    capacity: str
    group: str | None
    actors: tuple[str, ...]
    actor_count: int
    falls: tuple[Fall, ...]
    seen_by: tuple[str, ...]
    unseen_by: tuple[str, ...]
    complete: bool
    outcome: Outcome = "not_tried"


@dataclass(frozen=True, slots=True, config=STRICT)
class ProtocolResult:
    """A red-team protocol's outcome; `version` and `digest` make two laboratories' results comparable."""

    id: str
    version: str
    digest: str
    title: str
    starts: tuple[Start, ...]
