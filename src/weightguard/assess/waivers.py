"""Waivers: risks that somebody accepted, by name, for a reason, until a day.

```yaml
waivers:
  - control: WG-STO-04
    subject: "arn:aws:s3:::aurora-eval*"     # a shell pattern over results' subjects
    owner: jo@example.com
    reason: The evaluation store moves to its own key in March.
    ticket: SEC-1234
    granted: 2026-11-01                      # optional; otherwise the time of the audit counts
    expires: 2027-03-31                      # required, at most a year
    compensating_control: Access is limited to two people and alarmed.
```

A waiver hides a failure or an unknown, never a pass, and the result keeps what it was. Expired, unmatched and
refused ones are reported. Prowler mutelists are read too (docs.prowler.com, "Mutelisting"): each check there
becomes waivers of the controls that cover it, when the entry says how long it lasts, as ``expires:
YYYY-MM-DD`` in its Description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from weightguard import yaml_file
from weightguard.assess.model import WaiverEntry, WaiverStamp
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.engine import Result
from weightguard.controls.schema import ControlId, Status, Strict, Text
from weightguard.errors import ConfigError
from weightguard.yaml_file import Document

LONGEST = timedelta(days=366)
_EXPIRES = re.compile(r"\bexpires[:=]\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)


class WaiverRow(Strict):
    """One waiver of a file."""

    control: ControlId
    subject: Text
    owner: Text
    reason: Text
    ticket: Text
    granted: date | None = None
    expires: date
    compensating_control: Text


class WaiverFile(Strict):
    """A waiver file."""

    waivers: tuple[WaiverRow, ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver from either kind of file.

    Attributes:
        matches: whether it speaks of a subject, given the subject's id and account.
        refused: why it cannot be applied at all; empty when it can.
    """

    control: str
    subject: str
    owner: str
    reason: str
    ticket: str
    expires: date | None
    compensating_control: str
    source: str
    matches: Callable[[str, str | None], bool] = field(compare=False)
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """What waivers did: the stamp of each result that is waived, by its place, and every waiver's fate."""

    stamps: Mapping[int, WaiverStamp]
    entries: tuple[WaiverEntry, ...]


def read_waivers(paths: Iterable[Path], catalogue: Catalogue, as_of: datetime) -> tuple[Waiver, ...]:
    """Reads waiver files and Prowler mutelists.

    Raises:
        ConfigError: a file that breaks the schema, names an unknown control or asks for more than a year;
        with file and line.
    """
    found: list[Waiver] = []
    for path in paths:
        document = yaml_file.read(path, error=ConfigError)
        if isinstance(document.value, Mapping) and "Mutelist" in document.value:
            found.extend(_mutelist(document, catalogue))
        else:
            found.extend(_own(document, catalogue, as_of))
    return tuple(found)


def apply(
    waivers: Sequence[Waiver], results: Sequence[Result], accounts: Mapping[str, str], as_of: datetime
) -> Waived:
    """Finds the first live waiver of every result that fails or is unknown.

    Args:
        accounts: account id by subject id, for mutelists, which speak of accounts.
    """
    by_control: dict[str, list[int]] = {}
    for place, result in enumerate(results):
        if result.status in (Status.FAIL, Status.UNKNOWN):
            by_control.setdefault(result.control, []).append(place)
    stamps: dict[int, WaiverStamp] = {}
    entries = []
    for waiver in waivers:
        places = [
            place
            for place in by_control.get(waiver.control, ())
            if waiver.matches(results[place].subject, accounts.get(results[place].subject))
        ]
        state, why = _fate(waiver, places, as_of)
        if state == "applied":
            for place in places:
                stamps.setdefault(place, _stamp(waiver, results[place]))
        entries.append(_entry(waiver, state, why, len(places)))
    return Waived(stamps, tuple(sorted(entries, key=lambda one: (one.control, one.subject, one.source))))


def _fate(
    waiver: Waiver, places: list[int], as_of: datetime
) -> tuple[Literal["applied", "expired", "unmatched", "refused"], str]:
    if waiver.refused:
        return "refused", waiver.refused
    if waiver.expires is not None and datetime.combine(waiver.expires, time.max, UTC) < as_of:
        return "expired", f"it expired on {waiver.expires.isoformat()}"
    if not places:
        return "unmatched", "no failing or unknown result is of this control and subject"
    return "applied", f"{len(places)} result{'s' if len(places) > 1 else ''}"


def _own(document: Document, catalogue: Catalogue, as_of: datetime) -> Iterator[Waiver]:
    file = yaml_file.validate(WaiverFile, document, error=ConfigError)
    for index, row in enumerate(file.waivers):
        if row.control not in catalogue.by_id:
            raise ConfigError(
                f"unknown control {row.control!r}",
                where=document.where("waivers", index, "control"),
                fix="weightguard controls list shows them",
            )
        start = row.granted or as_of.date()
        if row.expires - start > LONGEST:
            raise ConfigError(
                f"the waiver lasts longer than a year ({row.expires.isoformat()})",
                where=document.where("waivers", index, "expires"),
                fix="set an earlier day and renew it",
            )
        yield Waiver(
            control=row.control,
            subject=row.subject,
            owner=row.owner,
            reason=row.reason,
            ticket=row.ticket,
            expires=row.expires,
            compensating_control=row.compensating_control,
            source=_source(document, "waivers", index),
            matches=_shell(row.subject),
        )


def _shell(pattern: str) -> Callable[[str, str | None], bool]:
    return lambda subject, _account: fnmatchcase(subject, pattern)


def _mutelist(document: Document, catalogue: Catalogue) -> Iterator[Waiver]:
    accounts = _mapping(document, "Mutelist", "Accounts")
    for account, content in accounts.items():
        checks = content.get("Checks") if isinstance(content, Mapping) else None
        for check, entry in (checks or {}).items():
            where = _source(document, "Mutelist", "Accounts", account, "Checks", check)
            yield from _muted(account, check, entry if isinstance(entry, Mapping) else {}, where, catalogue)


def _mapping(document: Document, *keys: str) -> Mapping[str, Any]:
    value = document.value
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        raise ConfigError(
            "not a Prowler mutelist", where=document.where(*keys), fix="expected Mutelist: Accounts: ..."
        )
    return value


def _muted(
    account: str, check: str, entry: Mapping[str, Any], where: str, catalogue: Catalogue
) -> Iterator[Waiver]:
    description = str(entry.get("Description") or "")
    stated = _EXPIRES.search(description)
    resources = tuple(str(one) for one in entry.get("Resources") or ("*",))
    covering = [
        control.id
        for control in catalogue.controls
        if any(
            fnmatchcase(name, check) or _found(f"^(?:{check})$", name) for name in control.mappings.prowler
        )
    ]
    for control in covering or [f"prowler:{check}"]:
        yield Waiver(
            control=control,
            subject=" or ".join(resources),
            owner="the mutelist's owner",
            reason=description or "muted in Prowler",
            ticket=check,
            expires=date.fromisoformat(stated.group(1)) if stated else None,
            compensating_control="none stated",
            source=where,
            matches=_prowler(account, resources, entry.get("Exceptions")),
            refused=_refusal(entry, stated, bool(covering)),
        )


def _refusal(entry: Mapping[str, Any], stated: re.Match[str] | None, covered: bool) -> str:
    if not covered:
        return "no control covers this check"
    if stated is None:
        return "it has no expiry: write 'expires: YYYY-MM-DD' into its Description"
    exceptions = entry.get("Exceptions") or {}
    if entry.get("Tags") or exceptions.get("Tags"):
        return "it depends on tags, which results do not carry"
    if "*" not in (entry.get("Regions") or ["*"]) or exceptions.get("Regions"):
        return "it is limited to regions, which results do not carry"
    return ""


def _prowler(account: str, resources: tuple[str, ...], exceptions: Any) -> Callable[[str, str | None], bool]:
    """Prowler's rule: a resource is muted when any expression is found in its name, unless an exception holds
    for it.
    """

    def matches(subject: str, subject_account: str | None) -> bool:
        if account not in ("*", subject_account):
            return False
        name = subject.rsplit(":", 1)[-1]
        muted = any(_found(expression, name) for expression in resources)
        return muted and not _excepted(exceptions, name, subject_account)

    return matches


def _excepted(exceptions: Any, name: str, account: str | None) -> bool:
    if not isinstance(exceptions, Mapping):
        return False
    accounts, resources = exceptions.get("Accounts") or (), exceptions.get("Resources") or ()
    if not accounts and not resources:
        return False
    of_account = not accounts or account in accounts or "*" in accounts
    return of_account and (not resources or any(_found(str(one), name) for one in resources))


def _found(expression: str, text: str) -> bool:
    """Whether a regular expression, in which a leading ``*`` means anything, is found in `text`."""
    try:
        return re.search(f".{expression}" if expression.startswith("*") else expression, text) is not None
    except re.error:
        return expression == text


def _stamp(waiver: Waiver, result: Result) -> WaiverStamp:
    return WaiverStamp(
        was="fail" if result.status is Status.FAIL else "unknown",
        owner=waiver.owner,
        reason=waiver.reason,
        ticket=waiver.ticket,
        expires=waiver.expires.isoformat() if waiver.expires else "",
        compensating_control=waiver.compensating_control,
    )


def _entry(
    waiver: Waiver, state: Literal["applied", "expired", "unmatched", "refused"], why: str, results: int
) -> WaiverEntry:
    return WaiverEntry(
        control=waiver.control,
        subject=waiver.subject,
        owner=waiver.owner,
        reason=waiver.reason,
        ticket=waiver.ticket,
        expires=waiver.expires.isoformat() if waiver.expires else None,
        compensating_control=waiver.compensating_control,
        state=state,
        why=why,
        results=results if state in ("applied", "expired") else 0,
        source=waiver.source,
    )


def _source(document: Document, *location: str | int) -> str:
    """File and line without the folder: a report is the same wherever its inputs lie."""
    return document.where(*location).rpartition("/")[2]
