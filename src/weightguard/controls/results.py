"""What judging gives: a result for every control and subject, with its evidence, and what broke on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from weightguard.controls.declared import Declarations
from weightguard.controls.said import Said
from weightguard.controls.schema import Level, Severity, Status
from weightguard.controls.subjects import Subjects
from weightguard.controls.unread import Unread
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import Limit


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that a verdict rests on: plain JSON, and the call and record it came from. Shared between
    results.
    """

    fact: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Result:
    """A control's word about one subject.

    Attributes:
        subject: the provider's id; a scope where a listing was refused; ``estate`` or ``model:<name>``.
        severity: the control's, or low for a failure that bears on no weights.
        weights: ids of the weight sets that hang on it.
        unknowns: the reads that were missing, those that decided and those that were merely noted.
        provider, account, region, name: of the subject, as its `Target` has them.
        bears: False for a footnote: a failure that bears on no weights.
        attestable: True when nothing but an attestation can decide it.
        limits: what the answers that it rests on did not model, try or search to the end.
    """

    control: str
    subject: str
    status: Status
    severity: Severity
    level: Level
    message: Said
    evidence: tuple[Evidence, ...]
    weights: tuple[str, ...]
    unknowns: tuple[Unknown, ...]
    provider: str | None = None
    account: str | None = None
    region: str | None = None
    name: str = ""
    bears: bool = True
    attestable: bool = False
    limits: tuple[Limit, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Stable across runs for the same control and subject."""
        return hashlib.sha256(f"{self.control}\0{self.subject}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Breakage:
    """A mistake of weightguard's own: a check raised what no check should.

    Attributes:
        error: the class of what was raised.
        place: ``file:line`` of the code that raised it.
        subjects: those whose verdict is unknown for it, in the order in which they were judged.
    """

    control: str
    error: str
    place: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All results, sorted by control and subject, with what they were judged in.

    Attributes:
        breakages: the checks that broke, by control and place; each was also told on the log.
    """

    results: tuple[Result, ...]
    declarations: Declarations
    subjects: Subjects
    as_of: datetime
    unread: Mapping[str, Unread] = field(default_factory=dict)
    breakages: tuple[Breakage, ...] = ()
