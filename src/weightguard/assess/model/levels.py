"""What the results add up to: levels, scores, attack vectors, and the fixes that buy most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic.dataclasses import dataclass

from weightguard.assess.model.results import EvaluationEntry
from weightguard.assess.model.terms import STRICT, Level, Reached, Severity, Status, VectorState


@dataclass(frozen=True, slots=True, config=STRICT)
class Score:
    """A score with everything needed to redo it by hand.

    Attributes:
        value: 0 to 100.
        formula: the formula in words and symbols.
        computed: the same with the numbers put in.
        passed: passing controls by severity. applicable: the applicable ones. unknown: those among them that
            are unknown.
        cap: why the value was capped; None when it was not.
    """

    value: int
    formula: str
    computed: str
    passed: Mapping[Severity, int]
    applicable: Mapping[Severity, int]
    unknown: Mapping[Severity, int]
    cap: str | None


@dataclass(frozen=True, slots=True, config=STRICT)
class Summary:
    """The report in one glance.

    Attributes:
        level_reached: the lowest of the weight sets' levels.
        level_by_evidence: the same over what facts decide alone, attestations left out; never above SL3.
        by_status, by_severity: results; by_severity counts failures that bear on weights.
        claim: the one sentence that the level may be reported with.
        level_but_for_risks: the level that would be reached if the accepted risks were none. Shown beside the level, never instead.
        accepted_risks: the waived controls that keep `level_reached` below it.
    """

    level_reached: Reached
    level_by_evidence: Reached
    target_level: Level
    score: int
    by_status: Mapping[Status, int]
    by_severity: Mapping[Severity, int]
    footnotes: int
    claim: str
    score_details: Score
    level_but_for_risks: Reached | None = None
    accepted_risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class LevelEntry:
    """One level: how many controls of exactly this level passed, failed and so on, and which."""

    level: Level
    title: str
    claim: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int
    attested: int
    waived: int
    not_attested: int
    controls: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, config=STRICT)
class VectorEntry:
    """One of the 38 attack vectors.

    Attributes:
        feasible_for: the attacker capacities with more than a 20 % chance against an average target at SL1.
        controls: the controls that bear on it, by what they say of this estate.
        state: ``open`` (a control fails, accepted or not), ``unknown`` (one could not be decided), ``partly`` (some hold, the
            others nobody attested, or only the organisation itself), ``not_attested`` (none holds, and nobody attested any),
            ``closed_in_configuration`` (every one holds or is attested by a third party, as far as configuration shows),
            ``attested`` (the same, all by attestation, or beyond evidence), ``beyond_evidence`` (configuration cannot speak to
            it), ``no_control`` (this catalogue has none that applies).
        beyond: what configuration evidence cannot see of it. Never counted as covered.
    """

    id: str
    category: str
    label: str
    feasibility: Mapping[str, int]
    feasible_for: tuple[str, ...]
    controls: Mapping[str, tuple[str, ...]]
    state: VectorState
    beyond: str


@dataclass(frozen=True, slots=True, config=STRICT)
class Fix:
    """One thing to do.

    Attributes:
        kind: ``change`` the estate, ``grant`` a read to the auditor, or ``attest``.
        title: in a few words.
        controls: what it settles. subjects: the first 20 of `subject_count`.
        do: how, from the catalogue; lines that begin with ``#`` are comments.
        effect: what a change's command does to what is there; None for what is no change.
        warning: what else may come of it, and what to look at before.
    """

    kind: Literal["change", "grant", "attest"]
    title: str
    controls: tuple[str, ...]
    subjects: tuple[str, ...]
    subject_count: int
    severity: Severity
    weights: tuple[str, ...]
    do: str
    effect: Literal["reads", "adds", "replaces", "deletes", "irreversible"] | None = None
    warning: str | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class NextLevel:
    """The shortest list of fixes after which the organisation reaches `level`; exact, since every one of them
    blocks it.
    """

    level: Level | None
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class ModelEntry:
    """A declared model: its tier, what the tier rests on, and what was found of it."""

    name: str
    declared_tier: str | None
    evaluated_tier: str | None
    tier: str
    target_level: Level
    tier_table: int
    released: bool
    weights: tuple[str, ...]
    findings: tuple[str, ...]
    readers: tuple[str, ...] = ()
    evaluations: tuple[EvaluationEntry, ...] = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class WhatIf:
    """What a fix would buy. Nothing else in the report assumes it.

    Attributes:
        assumed: control -> pass.
        weights: weight set -> level and score before and after.
    """

    assumed: Mapping[str, str]
    level_before: Reached
    level_after: Reached
    score_before: int
    score_after: int
    weights: Mapping[str, Mapping[str, str | int]]
