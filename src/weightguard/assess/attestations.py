"""Attestations: what a named party states where facts cannot tell, with evidence that can be checked to be
the same.

```yaml
attestations:
  - control: WG-RED-01
    statement: An outside party tested the weight environment in June.
    by: third_party            # or self
    attester: Example Assurance Ltd
    evidence: reports/2026-06-penetration-test.pdf   # relative to this file
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    valid_until: 2027-06-30
```

An attestation is accepted when the control allows one, the evidence file is there, its digest is the stated
one and the date has not passed. The evidence is a plain file with something in it, below the folder of the
attestations. Anything else is reported and counts for nothing. Only a third party's lifts
a hybrid control or a level above SL3.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from weightguard import files, yaml_file
from weightguard.assess.model import AttestationEntry, AttestationStamp
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.schema import Control, ControlId, Strict, Text
from weightguard.errors import ConfigError, InputError
from weightguard.yaml_file import Document

LONGEST = timedelta(days=3 * 366)
"""How long an attestation may be good for: the cycle of a certification."""
MAXIMUM_EVIDENCE = 1 << 30
_ALIKE = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
"""Alphabets some of whose letters look like Latin ones, as the Unicode Character Database names them."""

State = Literal["accepted", "expired", "evidence_missing", "evidence_changed", "refused"]


class Attestation(Strict):
    """One attestation of a file."""

    control: ControlId
    statement: Text
    by: Literal["self", "third_party"]
    attester: Text
    evidence: Path
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
    valid_until: date


class AttestationFile(Strict):
    """An attestation file."""

    attestations: tuple[Attestation, ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """What is known of a file that an attestation names.

    Attributes:
        sha256: its digest; None: there is none, and `problem` says why.
    """

    sha256: str | None
    problem: str = ""


Look = Callable[[Path, Path], EvidenceFile]
"""(the attestation file, the path that it names) -> what is known of the file there."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An attestation with what became of it."""

    attestation: Attestation
    state: State
    why: str
    source: str

    @property
    def third_party(self) -> bool:
        """Whether somebody other than the organisation stands behind it."""
        return self.attestation.by == "third_party"

    def stamp(self) -> AttestationStamp:
        """As a result carries it."""
        one = self.attestation
        return AttestationStamp(
            by=one.by,
            attester=one.attester,
            statement=one.statement,
            valid_until=one.valid_until.isoformat(),
            evidence=str(one.evidence),
            sha256=one.sha256,
        )

    def entry(self) -> AttestationEntry:
        """As the report lists it."""
        one = self.attestation
        return AttestationEntry(
            control=one.control,
            statement=one.statement,
            by=one.by,
            attester=one.attester,
            evidence=str(one.evidence),
            sha256=one.sha256,
            valid_until=one.valid_until.isoformat(),
            state=self.state,
            why=self.why,
            source=self.source,
        )


def look(file: Path, evidence: Path) -> EvidenceFile:
    """Looks at the evidence itself: a plain file with something in it, below the folder of the attestation file."""
    try:
        digest = _digest(files.below(file.parent, evidence, "the evidence file"))
    except InputError as problem:
        return EvidenceFile(None, problem.what)
    return EvidenceFile(digest, "" if digest else "the evidence file is empty")


def read_attestations(
    paths: Iterable[Path],
    catalogue: Catalogue,
    as_of: datetime,
    organisation: str | None = None,
    look: Look = look,
) -> tuple[Checked, ...]:
    """Reads and checks every attestation of the files.

    Args:
        organisation: whose audit it is: nobody is a third party to itself.
        look: what is known of the evidence, where not its files but what was found of them is at hand.

    Raises:
        ConfigError: a file that cannot be read, breaks the schema or names an unknown control; with file and
        line.
    """
    checked: list[Checked] = []
    for path in paths:
        document = yaml_file.read(path, error=ConfigError)
        file = yaml_file.validate(AttestationFile, document, error=ConfigError)
        for index, attestation in enumerate(file.attestations):
            where = _source(document, "attestations", index)
            control = catalogue.by_id.get(attestation.control)
            if control is None:
                raise ConfigError(
                    f"unknown control {attestation.control!r}",
                    where=document.where("attestations", index, "control"),
                    fix="weightguard controls list shows them",
                )
            state, why = _check(attestation, control, as_of, organisation, partial(look, path))
            checked.append(Checked(attestation, state, why, where))
    return tuple(sorted(checked, key=lambda one: (one.attestation.control, one.source)))


def accepted(checked: Sequence[Checked]) -> dict[str, Checked]:
    """The accepted attestation of each control, a third party's before one's own."""
    best: dict[str, Checked] = {}
    for one in checked:
        standing = best.get(one.attestation.control)
        if one.state == "accepted" and (standing is None or (one.third_party and not standing.third_party)):
            best[one.attestation.control] = one
    return best


def _check(
    attestation: Attestation,
    control: Control,
    as_of: datetime,
    organisation: str | None,
    look: Callable[[Path], EvidenceFile],
) -> tuple[State, str]:
    if control.mode == "automated":
        return "refused", "this control is decided by facts, not attested"
    if control.mode == "hybrid" and attestation.by == "self":
        return "refused", "only a third party may attest a control that facts decide in part"
    if datetime.combine(attestation.valid_until, time.max, UTC) < as_of:
        return "expired", f"it was valid until {attestation.valid_until.isoformat()}"
    if attestation.valid_until - as_of.date() > LONGEST:
        return "refused", "it would be valid for more than three years"
    if attestation.by == "third_party" and _is_disguised(attestation.attester):
        return "refused", "the attester's name mixes letters of alphabets that look alike"
    if attestation.by == "third_party" and organisation and _same(attestation.attester, organisation):
        return "refused", "the attester is the organisation itself, not a third party"
    found = look(attestation.evidence)
    if found.sha256 is None:
        return "evidence_missing", found.problem
    if found.sha256 != attestation.sha256:
        return "evidence_changed", "the evidence file has another digest than the stated one"
    return "accepted", "the evidence file has the stated digest"


def _same(one: str, other: str) -> bool:
    """Whether two names are one but for case, spaces, points, accents and what is not seen."""
    return _letters(one) == _letters(other)


def _letters(name: str) -> str:
    """The letters and figures of a name, each in its plainest form; the name where it has none."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in plain if character.isalnum()) or name


def _is_disguised(name: str) -> bool:
    """Whether a word of a name mixes Latin letters with those of an alphabet that look like them."""
    return any(
        "LATIN" in alphabets and not alphabets.isdisjoint(_ALIKE)
        for word in name.split()
        for alphabets in [{unicodedata.name(letter, "").partition(" ")[0] for letter in word}]
    )


def _digest(path: Path) -> str | None:
    """The SHA-256 of a plain file; None where it holds nothing.

    Raises:
        InputError: it is not there, no plain file, or too large.
    """
    with files.opened(path, "the evidence file", most=MAXIMUM_EVIDENCE) as file:
        if not file.read(1):
            return None
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _source(document: Document, *location: str | int) -> str:
    """File and line without the folder: a report is the same wherever its inputs lie."""
    return document.where(*location).rpartition("/")[2]
