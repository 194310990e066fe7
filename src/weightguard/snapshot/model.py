"""What a snapshot is made of: records, calls, files and the manifest that binds them. Values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from weightguard.errors import InputError

SCHEMA_VERSION: Final = 1
"""The version of the layout and of the lines that this package writes; `upgrade` reads the older ones."""

MANIFEST: Final = "manifest.json"
CALLS: Final = "calls.jsonl"
CHECKSUMS: Final = "checksums.jsonl"
WORKING: Final = "collecting"
"""The folder of a collection's own notes (header, journal, object parts). Gone once the snapshot is sealed."""

Outcome = Literal["ok", "absent", "denied", "throttled", "failed"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
READ_OUTCOMES: Final[frozenset[str]] = frozenset({*OUTCOMES, "skipped"})

_SCOPE = re.compile(r"(aws|gcp|azure)/[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def checked_scope(scope: str) -> str:
    """The scope, ``<provider>/<account, project or subscription>``; InputError where it could not be a file name."""
    if not _SCOPE.fullmatch(scope) or scope.endswith("."):
        raise InputError(
            f"{scope[:80]!r} is not a scope",
            fix='write "aws/<account id>", "gcp/<project>" or "azure/<subscription>"',
        )
    return scope


def checked_service(service: str) -> str:
    """The SDK's client name; InputError where it could not be a file name."""
    if not _SERVICE.fullmatch(service) or service.endswith("."):
        raise InputError(
            f"{service[:80]!r} is not a service name", fix="use the SDK's client name, such as s3control"
        )
    return service


def file_scope(scope: str) -> str:
    """The scope's folder under ``records/``: a colon (``gcp/example.com:project``) is no file name on every system."""
    return checked_scope(scope).replace(":", "%3A")


def records_path(scope: str, service: str) -> str:
    """``records/<provider>/<scope>/<service>.jsonl``."""
    return f"records/{file_scope(scope)}/{checked_service(service)}.jsonl"


def objects_path(scope: str) -> str:
    """``objects/<provider>-<scope id>.parquet``."""
    return f"objects/{file_scope(scope).replace('/', '-', 1)}.parquet"


@dataclass(frozen=True, slots=True)
class Record:
    """One resource as the provider described it.

    Attributes:
        scope: ``aws/111111111111``.
        service: the SDK's client name; the record's file is named after it.
        kind: ``s3.bucket``.
        id: the resource's ARN or id.
        region: None for global services.
        operation: the listing operation that named it.
        data: the raw entry of the listing's answer.
        reads: operation -> ``{"outcome", "data"?, "code"?, "message"?, "why"?}`` of calls made for this resource alone.
        source: the file and line inside the snapshot (``records/aws/111111111111/s3.jsonl:12``).
    """

    scope: str
    service: str
    kind: str
    id: str
    region: str | None
    operation: str
    data: Any
    reads: Mapping[str, Mapping[str, Any]]
    source: str

    @property
    def location(self) -> str:
        """The file and line inside the snapshot."""
        return self.source


@dataclass(frozen=True, slots=True)
class Call:
    """One API call and how it ended.

    Attributes:
        service: the SDK's client name (``s3control``).
        operation: the API's name (``GetPublicAccessBlock``).
        scope: ``aws/111111111111``.
        outcome: ``absent`` is an answer ("not configured"); denied, throttled and failed are not.
        time: ISO-8601, UTC.
        resource: what it was about, where it was about one thing.
        code: the provider's error code.
        message: the provider's own words, cut and scrubbed by the writer.
        attempts: how often the SDK tried.
    """

    service: str
    operation: str
    scope: str
    outcome: Outcome
    time: str
    region: str | None = None
    resource: str | None = None
    code: str | None = None
    message: str | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class CallGroup:
    """Calls that ended alike: the raw material of a report's coverage and gaps."""

    scope: str
    service: str
    operation: str
    outcome: Outcome
    code: str | None
    count: int


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a sealed snapshot: what the manifest promises about it."""

    path: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest: which scopes, when, by which tool, and the digest of every file.

    Attributes:
        schema_version: as stored, before any upgrade.
        started_at: when the collection began; ISO-8601, UTC.
        collected_at: when it ended: the "now" of everything that is judged from it.
        source: what it was collected from and how (``{"name": "aws", ...}``), free of secrets.
        files: sorted by path.
        digest: of all the above; two snapshots with one digest hold the same bytes.
    """

    schema_version: int
    tool: str
    tool_version: str
    scopes: tuple[str, ...]
    started_at: str
    collected_at: str
    files: tuple[FileEntry, ...]
    digest: str
    source: Mapping[str, Any] = field(default_factory=dict)
