"""What a user may ask of a collection from Google Cloud, checked before the first call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.ways import check_ways
from weightguard.errors import InputError
from weightguard.weights import READ_BUDGET

PROJECT: Final = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{0,61}[a-z0-9]|\d{1,25}")
"""A project's id or number (Resource Manager, "Creating and managing projects"); older ones have a domain in front."""
_NUMBER: Final = re.compile(r"\d{1,25}")
_ACCOUNT: Final = re.compile(r"[^@\s,]+@[a-z0-9.-]+\.gserviceaccount\.com")


@dataclass(frozen=True, slots=True)
class GcpOptions:
    """How to collect from Google Cloud.

    Attributes:
        organization: everything below this organisation, by its number.
        folders: everything below these folders, by their numbers.
        projects: these projects, by id or number; without any of the three, the project of the credentials.
        impersonate: the service account to act as.
        quota_project: the project that the calls are counted against; None: what the credentials say.
        endpoint_url: one endpoint for every service (an emulator, a private endpoint).
        endpoints: another endpoint for one service, by the API's name (``storage``, ``cloudasset``).
        ca_bundle: a file of CA certificates to trust.
        threads: calls in flight at a time.
        max_attempts: requests made of one call before it is given up, the first included.
        header_reads: objects whose header is read, at most, in one bucket.
    """

    organization: str | None = None
    folders: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    impersonate: str | None = None
    quota_project: str | None = None
    endpoint_url: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    threads: int = 16
    max_attempts: int = 4
    header_reads: int = READ_BUDGET

    def __post_init__(self) -> None:
        numbers = [*self.folders, *([self.organization] if self.organization is not None else [])]
        _each(
            numbers, _NUMBER, "the number of an organization or folder", "write digits, such as 123456789012"
        )
        named = [*self.projects, *([self.quota_project] if self.quota_project is not None else [])]
        _each(named, PROJECT, "the id of a project", "write an id such as weights-prod, or a number")
        if self.impersonate is not None and not _ACCOUNT.fullmatch(self.impersonate):
            raise InputError(
                f"{self.impersonate!r} is no service account",
                fix="write NAME@PROJECT.iam.gserviceaccount.com",
            )
        if sum(map(bool, (self.organization, self.folders, self.projects))) > 1:
            raise InputError(
                "an organization, folders and projects all say where to look", fix="keep one of them"
            )
        check_ways(self.endpoint_url, self.endpoints, self.ca_bundle)
        for name, least in (("threads", 1), ("max_attempts", 1), ("header_reads", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}")

    @property
    def asked(self) -> tuple[str, ...]:
        """What was asked for: ``organizations/1``, ``folders/2``, ``projects/lab``; empty: whatever the credentials belong to."""
        if self.organization is not None:
            return (f"organizations/{self.organization}",)
        found = [f"folders/{one}" for one in self.folders] or [f"projects/{one}" for one in self.projects]
        return tuple(dict.fromkeys(found))

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken. A resumed run must ask for the same."""
        ways = {"endpoint": self.endpoint_url, "endpoints": dict(sorted(self.endpoints.items()))}
        return {
            "name": "gcp",
            "impersonate": self.impersonate,
            "header_reads": self.header_reads,
            **{name: value for name, value in ways.items() if value},
        }


def _each(values: Iterable[str], form: re.Pattern[str], what: str, fix: str) -> None:
    for value in values:
        if not form.fullmatch(value):
            raise InputError(f"{value!r} is not {what}", fix=fix)
