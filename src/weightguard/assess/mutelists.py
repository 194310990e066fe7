"""Prowler's mutelists as waivers: exactly what its own matcher mutes, never more, each with an end.

A file is refused as Prowler's schema refuses it. An entry becomes waivers of the controls that ask what its check asks
(`mappings.prowler` of the catalogue). What hangs on something that is not known of a result (tags; the region or the name of a
finding that is about another resource) mutes nothing and is told.

Source: Prowler 5 documentation, "Mutelisting" ("Each field", "How the Mutelist Works"), and its behaviour in 5.46: in every
expression ``*`` stands for anything, and an expression that is found anywhere in a name matches, those of checks included; the
check that an exception holds for ends the look through the account's checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from weightguard import yaml_file
from weightguard.assess import expressions
from weightguard.assess.expressions import ANYTHING, every, found_in, some
from weightguard.assess.things import Named, Thing, named
from weightguard.controls.schema import Control, Strict, Text
from weightguard.errors import ConfigError
from weightguard.memory import Memory
from weightguard.yaml_file import Document

_EXPIRES = re.compile(r"\bexpires[:=]\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
_LAMBDA = re.compile(r"^lambda")
_Some = Annotated[tuple[Text, ...], Field(min_length=1)]


class Excepted(Strict):
    """What an entry does not mute, although it matches."""

    Accounts: tuple[Text, ...] = ()
    Regions: tuple[Text, ...] = ()
    Resources: tuple[Text, ...] = ()
    Tags: tuple[Text, ...] = ()


class MutedCheck(Strict):
    """What is muted of one check."""

    Regions: _Some
    Resources: _Some
    Tags: tuple[Text, ...] = ()
    Exceptions: Excepted | None = None
    Description: str = ""


class MutedAccount(Strict):
    """The entries of one account."""

    Checks: dict[Text, MutedCheck]


class MutedAccounts(Strict):
    """The accounts of a mutelist; ``*`` stands for every one."""

    Accounts: dict[Text, MutedAccount]


class MutelistFile(Strict):
    """A mutelist file."""

    Mutelist: MutedAccounts


@dataclass(frozen=True, slots=True)
class Muted:
    """One entry as it bears on one control.

    Attributes:
        control: the control's id; ``prowler:<check>`` where no control asks what the check asks.
        expires: its last day; None where it has no end.
        where: file and line.
        matches: whether it mutes a thing; None: that hangs on what is not known of the thing.
        refused: why it is not applied; empty where it is.
    """

    control: str
    check: str
    resources: tuple[str, ...]
    reason: str
    expires: date | None
    where: tuple[str | int, ...]
    matches: Callable[[Thing], bool | None]
    refused: str


def read(document: Document, controls: Sequence[Control], as_of: datetime) -> Iterator[Muted]:
    """The entries of a mutelist, one for each control that they bear on.

    Raises:
        ConfigError: by file and line: another shape than Prowler's own, an expression or a day that is none, an end more than a
        year away.
    """
    file = yaml_file.validate(MutelistFile, document, error=ConfigError)
    memory = Memory()
    for account, content in file.Mutelist.Accounts.items():
        entries = tuple(content.Checks.items())
        for place, (check, entry) in enumerate(entries):
            where = ("Mutelist", "Accounts", account, "Checks", check)
            _check_expressions(entry, check, document, where)
            expires = _end(entry, document, where, as_of)
            covering = {
                control.id: found
                for control in controls
                if (
                    found := tuple(
                        name for name in control.mappings.prowler if _is_check(check, name, memory)
                    )
                )
            }
            for control, checks in (covering or {f"prowler:{check}": ()}).items():
                yield Muted(
                    control=control,
                    check=check,
                    resources=entry.Resources,
                    reason=entry.Description or "muted in Prowler",
                    expires=expires,
                    where=where,
                    matches=_matcher(account, entries[: place + 1], checks, memory),
                    refused=_refusal(entry, expires, bool(covering)),
                )


def _refusal(entry: MutedCheck, expires: date | None, covered: bool) -> str:
    exceptions = entry.Exceptions or Excepted()
    if not covered:
        return "no control covers this check"
    if expires is None:
        return "it has no expiry: write 'expires: YYYY-MM-DD' into its Description"
    if exceptions.Tags or not ANYTHING.issuperset(entry.Tags):
        return "it depends on tags, which results do not carry"
    return ""


def _end(entry: MutedCheck, document: Document, where: tuple[str | int, ...], as_of: datetime) -> date | None:
    """The last day that an entry states."""
    stated = _EXPIRES.search(entry.Description)
    if stated is None:
        return None
    place = document.where(*where, "Description")
    try:
        day = date.fromisoformat(stated.group(1))
    except ValueError as error:
        raise ConfigError(f"expires: {stated.group(1)} is no day", where=place, fix=str(error)) from error
    if (day - as_of.date()).days > LONGEST_DAYS:
        raise ConfigError(
            f"the entry lasts longer than a year ({day.isoformat()})",
            where=place,
            fix="set an earlier day and renew it",
        )
    return day


LONGEST_DAYS = 366


def _matcher(
    account: str, entries: tuple[tuple[str, MutedCheck], ...], checks: tuple[str, ...], memory: Memory
) -> Callable[[Thing], bool | None]:
    """Whether the last of some entries mutes a finding of one of some checks about a thing."""

    def matches(thing: Thing) -> bool | None:
        if account not in ("*", thing.account):
            return False
        return some(_mutes(entries, check, thing, memory) for check in checks)

    return matches


def _mutes(
    entries: tuple[tuple[str, MutedCheck], ...], check: str, thing: Thing, memory: Memory
) -> bool | None:
    """Whether the last entry mutes: those before it, and its own exceptions, may have ended the look."""
    finding = named(check, thing)
    ended = some(
        _excepted(one.Exceptions, finding, thing.account, memory)
        for pattern, one in entries
        if _is_check(pattern, check, memory)
    )
    entry = entries[-1][1]
    found = every(
        (
            found_in(entry.Regions, finding.region, memory),
            found_in(entry.Resources, finding.name, memory),
        )
    )
    return every((found, None if ended is None else not ended))


def _excepted(exceptions: Excepted | None, finding: Named, account: str, memory: Memory) -> bool | None:
    """An exception holds where each of its parts that says something matches."""
    if exceptions is None:
        return False
    parts = (
        (exceptions.Accounts, account),
        (exceptions.Regions, finding.region),
        (exceptions.Resources, finding.name),
        (exceptions.Tags, None),
    )
    stated = [(written, text) for written, text in parts if written]
    return bool(stated) and every(found_in(written, text, memory) for written, text in stated)


def _is_check(pattern: str, check: str, memory: Memory) -> bool:
    """Whether an entry's check speaks of a check: all, that one, or an expression that is found in its name."""
    written = _LAMBDA.sub("awslambda", pattern)
    return written in ("*", check) or found_in((written,), check, memory) is True


def _check_expressions(
    entry: MutedCheck, check: str, document: Document, where: tuple[str | int, ...]
) -> None:
    excepted = entry.Exceptions or Excepted()
    names = (*entry.Regions, *entry.Resources, *excepted.Accounts, *excepted.Regions, *excepted.Resources)
    for expression in (check, *names):
        try:
            expressions.check(expression)
        except ValueError as error:
            raise ConfigError(
                f"{expression[:80]!r} is no expression", where=document.where(*where), fix=str(error)
            ) from error


def is_mutelist(document: Document) -> bool:
    """Whether a file is meant as a mutelist, of whatever spelling."""
    return isinstance(document.value, Mapping) and any(
        isinstance(key, str) and key.lower() == "mutelist" for key in document.value
    )
