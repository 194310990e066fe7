"""What each control came to on each thing, its evidence, and what was declared about it."""

from __future__ import annotations

import operator
from typing import Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from weightguard.assess.model.terms import STRICT, Level, Severity, Status


@dataclass(frozen=True, slots=True, config=STRICT)
class EvidenceEntry:
    """A fact, its value and the call and record that it came from.

    A value over 512 bytes is given as ``{"ref": digest, "bytes": size}``; `Report.values` holds it once.
    """

    fact: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True, config=STRICT)
class WaiverStamp:
    """The waiver that a result hides behind, and what it was before."""

    was: Literal["fail", "unknown"]
    owner: str
    reason: str
    ticket: str
    expires: str
    compensating_control: str


@dataclass(frozen=True, slots=True, config=STRICT)
class AttestationStamp:
    """The attestation that a result rests on."""

    by: Literal["self", "third_party"]
    attester: str
    statement: str
    valid_until: str
    evidence: str
    sha256: str


@dataclass(frozen=True, slots=True, config=STRICT)
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


@dataclass(frozen=True, slots=True, config=STRICT)
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


@dataclass(frozen=True, slots=True, config=STRICT)
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


@dataclass(frozen=True, slots=True, config=STRICT)
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
