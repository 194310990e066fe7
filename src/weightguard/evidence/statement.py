"""The in-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md): which files, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, field_validator

from weightguard import json_text
from weightguard.controls.schema import Strict
from weightguard.errors import InputError
from weightguard.evidence.declared import Digest
from weightguard.evidence.names import STATEMENT
from weightguard.evidence.predicate import TYPE, Audit

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


class Digests(Strict):
    """Digests of one file."""

    sha256: Digest


class Subject(Strict):
    """One file, by its path in the bundle."""

    name: Annotated[str, Field(min_length=1)]
    digest: Digests


class Statement(Strict):
    """A statement of ours.

    Attributes:
        predicate: as it was written; held against the files as it is, not as a model reads it.
    """

    type_: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: tuple[Subject, ...]
    predicate_type: Annotated[
        Literal["https://github.com/weightguard/weightguard/audit/v1"], Field(alias="predicateType")
    ]
    predicate: dict[str, Any]

    @field_validator("subject")
    @classmethod
    def _each_once(cls, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
        if len({one.name for one in subjects}) != len(subjects):
            raise ValueError("a subject is named twice")
        return subjects

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 by name."""
        return {one.name: one.digest.sha256 for one in self.subject}


def written(digests: Mapping[str, str], audit: Audit) -> bytes:
    """The payload: the same files and the same audit give the same bytes."""
    value = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(digests.items())],
        "predicateType": TYPE,
        "predicate": audit.model_dump(mode="json"),
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(payload: bytes) -> Statement:
    """A statement from the bytes that were signed.

    Raises:
        InputError: it is no statement of an audit, or ambiguous.
    """
    try:
        value = json_text.whole(payload)
        json_text.refuse_halves(payload, value)
        return Statement.model_validate(value)
    except json_text.OddJson as problem:
        raise InputError(f"the statement {problem}", where=STATEMENT) from problem
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part)[:60] for part in first["loc"])
        raise InputError(
            f"the statement is none of an audit ({first['msg'].lower()} at {place or 'its top'})",
            where=STATEMENT,
        ) from problem
