"""The weights, where they lie, and who reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from pydantic.dataclasses import dataclass

from weightguard.assess.model.levels import Score
from weightguard.assess.model.terms import STRICT, Level, Reached


@dataclass(frozen=True, slots=True, config=STRICT)
class WeightFile:
    """One file of a weight set."""

    key: str
    bytes: int
    format: str
    confidence: str


@dataclass(frozen=True, slots=True, config=STRICT)
class Reach:
    """How many can. `complete` is False when these are lower bounds.

    Attributes:
        conditional_external, conditional_anonymous: of `external` and `anonymous`, those who can on a condition alone that the
            evidence does not settle.
    """

    people: int
    workloads: int
    external: int
    anonymous: int = 0
    services: int = 0
    unknown: int = 0
    complete: bool = True
    conditional_external: int = 0
    conditional_anonymous: int = 0


@dataclass(frozen=True, slots=True, config=STRICT)
class Reader:
    """One who can read or copy; the path is in ``weightguard paths``."""

    principal: str
    kind: str
    access: tuple[str, ...]
    direct: bool
    certainty: str


@dataclass(frozen=True, slots=True, config=STRICT)
class Rung:
    """One level of a weight set's ladder.

    Attributes:
        blocking: the controls that block it and none of the levels below, with what they are.
    """

    level: Level
    reached: bool
    blocking: Mapping[str, Literal["fail", "unknown", "not_attested", "self_attested", "waived"]]


@dataclass(frozen=True, slots=True, config=STRICT)
class WeightEntry:
    """One weight set.

    Attributes:
        model: the declared model it belongs to; None when nobody declared it.
        blocking: controls that keep it from its target level or, that being reached, from the next one.
        who: the first 5 who can read or copy.
        years_to_exfiltrate: bytes against the declared egress budget of its model; None where none is
            declared.
        level_but_for_risks: as in the summary.
        copies: other weight sets of the same content, wherever they lie and whatever they are called (the first 100).
    """

    id: str
    name: str
    store: str
    prefix: str
    format: str
    shards: int
    bytes: int
    parameters: int | None
    declared: bool
    model: str | None
    tier: str | None
    target_level: Level
    level_reached: Reached
    level_by_evidence: Reached
    blocking: tuple[str, ...]
    readers: Reach
    copiers: Reach
    score: int
    score_details: Score
    ladder: tuple[Rung, ...]
    confidence: str
    note: str | None
    files: tuple[WeightFile, ...]
    files_truncated: bool
    who: tuple[Reader, ...]
    account: str | None = None
    released: bool | None = None
    years_to_exfiltrate: float | None = None
    level_but_for_risks: Reached | None = None
    copies: tuple[str, ...] = field(default=())
