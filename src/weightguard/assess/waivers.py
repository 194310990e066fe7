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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import Field

from weightguard import yaml_file
from weightguard.assess import mutelists
from weightguard.assess.model import WaiverEntry, WaiverStamp
from weightguard.assess.things import Thing
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.results import Result
from weightguard.controls.schema import ControlId, Status, Strict, Text
from weightguard.errors import ConfigError
from weightguard.yaml_file import Document

LONGEST = timedelta(days=366)
_WILD = frozenset("*?[")


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
        matches: whether it speaks of a thing; None: that hangs on what is not known of the thing.
        refused: why it cannot be applied at all; empty when it can.
        exact: whether it speaks of the subject that it names and of no other, so that none has to be tried.
    """

    control: str
    subject: str
    owner: str
    reason: str
    ticket: str
    expires: date | None
    compensating_control: str
    source: str
    matches: Callable[[Thing], bool | None] = field(compare=False)
    refused: str = ""
    exact: bool = False


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
        if mutelists.is_mutelist(document):
            found.extend(_mutelist(document, catalogue, as_of))
        else:
            found.extend(_own(document, catalogue, as_of))
    return tuple(found)


def apply(
    waivers: Sequence[Waiver], results: Sequence[Result], things: Mapping[str, Thing], as_of: datetime
) -> Waived:
    """Finds the first live waiver of every result that fails or is unknown.

    Args:
        things: what results are about, by subject, for mutelists, which speak of accounts, regions and names.
    """
    by_control: dict[str, list[int]] = {}
    by_subject: dict[tuple[str, str], list[int]] = {}
    for place, result in enumerate(results):
        if result.status in (Status.FAIL, Status.UNKNOWN):
            by_control.setdefault(result.control, []).append(place)
            by_subject.setdefault((result.control, result.subject), []).append(place)
    stamps: dict[int, WaiverStamp] = {}
    entries = []
    for waiver in waivers:
        near = (
            by_subject.get((waiver.control, waiver.subject), ())
            if waiver.exact
            else by_control.get(waiver.control, ())
        )
        found = {place: waiver.matches(_thing(results[place].subject, things)) for place in near}
        places = [place for place, matches in found.items() if matches]
        state, why = _fate(waiver, len(places), sum(one is None for one in found.values()), as_of)
        if state == "applied":
            for place in places:
                stamps.setdefault(place, _stamp(waiver, results[place]))
        entries.append(_entry(waiver, state, why, len(places)))
    return Waived(stamps, tuple(sorted(entries, key=lambda one: (one.control, one.subject, one.source))))


def _thing(subject: str, things: Mapping[str, Thing]) -> Thing:
    """What a result is about; a scope, the whole estate and a model are in no account."""
    return things.get(subject) or Thing(subject, "other", "", subject)


def _fate(
    waiver: Waiver, applied: int, unsettled: int, as_of: datetime
) -> tuple[Literal["applied", "expired", "unmatched", "refused"], str]:
    if waiver.refused:
        return "refused", waiver.refused
    if waiver.expires is not None and datetime.combine(waiver.expires, time.max, UTC) < as_of:
        return "expired", f"it expired on {waiver.expires.isoformat()}"
    hanging = (
        f"{_results(unsettled)} may be meant: it depends on a region or a name that is not known of them"
    )
    if applied:
        return "applied", _results(applied) + (f"; besides, {hanging}" if unsettled else "")
    if unsettled:
        return "refused", hanging
    return "unmatched", "no failing or unknown result is of this control and subject"


def _results(number: int) -> str:
    return f"{number} result{'' if number == 1 else 's'}"


def _own(document: Document, catalogue: Catalogue, as_of: datetime) -> Iterator[Waiver]:
    file = yaml_file.validate(WaiverFile, document, error=ConfigError)
    for index, row in enumerate(file.waivers):
        if row.control not in catalogue.by_id:
            raise ConfigError(
                f"unknown control {row.control!r}",
                where=document.where("waivers", index, "control"),
                fix="weightguard controls list shows them",
            )
        if row.granted is not None and row.granted > as_of.date():
            raise ConfigError(
                f"the waiver begins in the future ({row.granted.isoformat()})",
                where=document.where("waivers", index, "granted"),
                fix="set the day on which it was granted",
            )
        if row.expires - as_of.date() > LONGEST or row.expires - (row.granted or as_of.date()) > LONGEST:
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
            exact=_WILD.isdisjoint(row.subject),
        )


def _shell(pattern: str) -> Callable[[Thing], bool | None]:
    return lambda thing: fnmatchcase(thing.id, pattern)


def _mutelist(document: Document, catalogue: Catalogue, as_of: datetime) -> Iterator[Waiver]:
    for muted in mutelists.read(document, catalogue.controls, as_of):
        yield Waiver(
            control=muted.control,
            subject=" or ".join(muted.resources),
            owner="the mutelist's owner",
            reason=muted.reason,
            ticket=muted.check,
            expires=muted.expires,
            compensating_control="none stated",
            source=_source(document, *muted.where),
            matches=muted.matches,
            refused=muted.refused,
        )


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
