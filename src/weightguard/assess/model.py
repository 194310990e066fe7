"""report.json, field by field. Names and shapes are public: add to them, never bend them.

Plain frozen dataclasses, because a report may hold half a million results; pydantic derives the schema from
them and validates what is read back. Lists are tuples, sorted; texts that came from a cloud are as the cloud
gave them and hostile until a renderer escapes them.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

SCHEMA_VERSION = "1.0"
CONFIGURATION = "configuration"
"""Stands for the service of a gap that the user's own weightguard.yaml leaves."""
REACHABLE = ("SL0", "SL1", "SL2", "SL3", "SL4", "SL5")

Status = Literal["pass", "fail", "unknown", "not_applicable", "waived"]
Severity = Literal["critical", "high", "medium", "low"]
Level = Literal["SL1", "SL2", "SL3", "SL4", "SL5"]
Reached = Literal["SL0", "SL1", "SL2", "SL3", "SL4", "SL5"]  # SL0: not even SL1
VectorState = Literal[
    "open", "unknown", "partly", "not_attested", "closed_in_configuration", "attested", "beyond_evidence", "no_control",
]  # fmt: skip
Outcome = Literal["falls", "none", "none_seen", "not_tried"]
"""What became of a starting point: weights fall; none do, and everything was seen; none were seen to, and evidence is missing;
nobody was there to try."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Tool:
    """What wrote the report."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class CatalogueStamp:
    """Which catalogue judged. `aligned_with` is all that a report may claim."""

    id: str
    version: str
    digest: str
    aligned_with: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class SnapshotStamp:
    """What was judged. `as_of` is the "now" of every rule; `digests` has one entry a snapshot."""

    digest: str
    scopes: tuple[str, ...]
    collected_at: str
    as_of: str
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=_STRICT)
class CallCounts:
    """How the calls ended."""

    ok: int = 0
    absent: int = 0
    denied: int = 0
    throttled: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, config=_STRICT)
class Gap:
    """Reads that did not answer, grouped.

    Attributes:
        code: the provider's error code; None where it gave none.
        reason: denied, throttled, failed, malformed or not_collected.
        controls: every control that lost evidence by it.
        hides: what it could hide, in words.
        grant: the permission that the collector lacks; None when a permission is not what is missing.
        count: how many calls, or facts where no call was made.
    """

    scope: str
    service: str
    operation: str
    code: str | None
    controls: tuple[str, ...]
    reason: str
    hides: str
    grant: str | None
    count: int


@dataclass(frozen=True, slots=True, config=_STRICT)
class AccountSight:
    """One account of those that are audited, and whether anybody looked into it.

    Attributes:
        state: ``read``: its stores were listed; ``unread``: it was asked, and they could not be; ``not_collected``: the
            organisation names it, and nobody asked it.
    """

    id: str
    name: str
    state: Literal["read", "unread", "not_collected"]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Coverage:
    """What was seen.

    Attributes:
        ratio: answered reads (ok, absent) of all reads; of decided verdicts where no call was recorded.
        accounts: the accounts of whoever is audited, sorted by id. accounts_unlisted: there may be more of them.
        stores: stores that were listed. stores_unread: those among them whose objects could not be listed to the end.
        sets_unread: listings of weights that were not read to their end, behind which further sets may lie.
    """

    calls: CallCounts
    gaps: tuple[Gap, ...]
    ratio: float
    accounts: tuple[AccountSight, ...] = ()
    accounts_unlisted: bool = False
    stores: int = 0
    stores_unread: int = 0
    sets_unread: int = 0


@dataclass(frozen=True, slots=True, config=_STRICT)
class LimitEntry:
    """What weightguard itself did not model, try, or look at to its end.

    Attributes:
        about: a store, an account, a region, a kind of resource; ``*`` for everything.
        hides: what could be true and would not be seen.
        controls: every control that rests on it.
        in_play: whether this input shows that the thing is, or may be, there: the answers that rest on it are incomplete then.
    """

    id: str
    about: str
    hides: str
    controls: tuple[str, ...]
    in_play: bool


@dataclass(frozen=True, slots=True, config=_STRICT)
class NotWeightsEntry:
    """Who declares that what lies in a place is no weights, why, and until which day."""

    location: str
    reason: str
    owner: str
    expires: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class OpaqueEntry:
    """What a store holds that is in no weight set and of which nothing that was read says that it is no weights.

    Attributes:
        objects: large objects of no known kind; bytes: theirs.
        unread: others: refused, cut off, packed, sealed, archived, unfinished, or of which only old versions are left.
        declared: those of either kind that the configuration declares to be no weights; the other numbers leave them out.
        by: the declarations that cover them.
    """

    store: str
    objects: int
    bytes: int
    unread: int
    declared: int = 0
    by: tuple[NotWeightsEntry, ...] = field(default=())


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
class WeightFile:
    """One file of a weight set."""

    key: str
    bytes: int
    format: str
    confidence: str


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
class Reader:
    """One who can read or copy; the path is in ``weightguard paths``."""

    principal: str
    kind: str
    access: tuple[str, ...]
    direct: bool
    certainty: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class Rung:
    """One level of a weight set's ladder.

    Attributes:
        blocking: the controls that block it and none of the levels below, with what they are.
    """

    level: Level
    reached: bool
    blocking: Mapping[str, Literal["fail", "unknown", "not_attested", "self_attested", "waived"]]


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
class EvidenceEntry:
    """A fact, its value and the call and record that it came from.

    A value over 512 bytes is given as ``{"ref": digest, "bytes": size}``; `Report.values` holds it once.
    """

    fact: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class WaiverStamp:
    """The waiver that a result hides behind, and what it was before."""

    was: Literal["fail", "unknown"]
    owner: str
    reason: str
    ticket: str
    expires: str
    compensating_control: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class AttestationStamp:
    """The attestation that a result rests on."""

    by: Literal["self", "third_party"]
    attester: str
    statement: str
    valid_until: str
    evidence: str
    sha256: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class ResultEntry:
    """A control's word about one subject.

    Attributes:
        weights: the weight sets that it bears on; the first 3 of them where it passes or does not apply.
        footnote: a failure that bears on no weights.
        provider, account, region: whose the subject is and where it lies; not there where nobody knows, or there is none.
        name: the short name that people know the subject by; not there where it has none but its id.
    """

    control: str
    subject: str
    status: Status
    severity: Severity
    level: Level
    message: str
    evidence: tuple[EvidenceEntry, ...]
    weights: tuple[str, ...]
    fingerprint: str
    remediation: str | None
    waiver: WaiverStamp | None = Field(default=None, exclude_if=operator.not_)
    attestation: AttestationStamp | None = Field(default=None, exclude_if=operator.not_)
    footnote: bool = Field(default=False, exclude_if=operator.not_)
    provider: str | None = Field(default=None, exclude_if=operator.not_)
    account: str | None = Field(default=None, exclude_if=operator.not_)
    region: str | None = Field(default=None, exclude_if=operator.not_)
    name: str | None = Field(default=None, exclude_if=operator.not_)


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
class NextLevel:
    """The shortest list of fixes after which the organisation reaches `level`; exact, since every one of them
    blocks it.
    """

    level: Level | None
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class WaiverEntry:
    """A waiver and what became of it: ``applied``, ``expired``, ``unmatched`` or ``refused``."""

    control: str
    subject: str
    owner: str
    reason: str
    ticket: str
    expires: str | None
    compensating_control: str
    state: Literal["applied", "expired", "unmatched", "refused"]
    why: str
    results: int
    source: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class AttestationEntry:
    """An attestation and what became of it: ``accepted``, ``expired``, ``evidence_missing``,
    ``evidence_changed``, ``refused``.
    """

    control: str
    statement: str
    by: Literal["self", "third_party"]
    attester: str
    evidence: str
    sha256: str
    valid_until: str
    state: Literal["accepted", "expired", "evidence_missing", "evidence_changed", "refused"]
    why: str
    source: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class EvaluationEntry:
    """A declared capability evaluation, and whether its score reached the threshold of the grade that it indicates."""

    capability: str
    benchmark: str
    score: float
    threshold: float
    indicates: str
    date: str
    evaluator: str
    reached: bool


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
class Step:
    """One hop of an attacker's path."""

    origin: str
    target: str
    how: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Fall:
    """A weight set that falls, through whom and how; the shortest path is shown."""

    weights: str
    principal: str
    access: str
    certainty: str
    direct: bool
    principals: int
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
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


@dataclass(frozen=True, slots=True, config=_STRICT)
class ProtocolResult:
    """A red-team protocol's outcome; `version` and `digest` make two laboratories' results comparable."""

    id: str
    version: str
    digest: str
    title: str
    starts: tuple[Start, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class PictureNode:
    """A principal or store. `kind`: an actor's, ``step`` on somebody's way, or ``store``; `count`: how many
    it stands for.
    """

    id: str
    kind: str
    count: int = 1


@dataclass(frozen=True, slots=True, config=_STRICT)
class PictureEdge:
    """One hop."""

    origin: str
    target: str
    how: str
    certainty: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class CutChange:
    """One change that closes paths; `closes` names the first of the `closed` principals that it cuts off, `costs` the first of the
    `lost` ones to be kept that lose their access by it.
    """

    principal: str
    remove: str
    policy: str
    statement: str
    closes: tuple[str, ...]
    closed: int
    costs: tuple[str, ...] = ()
    lost: int = 0


@dataclass(frozen=True, slots=True, config=_STRICT)
class CutEntry:
    """The smallest set of changes that closes every path to a store but its direct, intended readers'; `left` names the first of
    those who get in still.
    """

    store: str
    changes: tuple[CutChange, ...]
    complete: bool
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=_STRICT)
class Picture:
    """The access graph as it is drawn. `gathered`: answers that stand behind a node of several."""

    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]
    cuts: tuple[CutEntry, ...]
    gathered: int


@dataclass(frozen=True, slots=True, config=_STRICT)
class SettingEntry:
    """A setting that differs from the default; `value` and `default` as JSON writes them, None where there is none."""

    setting: str
    value: str | None
    default: str | None


@dataclass(frozen=True, slots=True, config=_STRICT)
class SettingsStamp:
    """What the report was judged under. `digest`: ``sha256:`` over the settings that differ, in their order."""

    digest: str
    differs: tuple[SettingEntry, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Report:
    """report.json."""

    schema_version: str
    tool: Tool
    catalogue: CatalogueStamp
    snapshot: SnapshotStamp
    coverage: Coverage
    summary: Summary
    weights: tuple[WeightEntry, ...]
    results: tuple[ResultEntry, ...]
    controls: tuple[Mapping[str, Any], ...]
    levels: tuple[LevelEntry, ...]
    vectors: tuple[VectorEntry, ...]
    next_level: NextLevel
    waivers: tuple[WaiverEntry, ...]
    attestations: tuple[AttestationEntry, ...]
    attestations_needed: Mapping[str, tuple[str, ...]]
    models: tuple[ModelEntry, ...]
    values: Mapping[str, Any]
    disclaimer: str
    what_if: WhatIf | None = None
    protocols: tuple[ProtocolResult, ...] = field(default=())
    organisation: str | None = None
    access: Picture | None = None
    limits: tuple[LimitEntry, ...] = field(default=())
    opaque: tuple[OpaqueEntry, ...] = field(default=())
    settings: SettingsStamp | None = None
