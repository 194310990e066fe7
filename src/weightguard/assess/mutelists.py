"""Prowler's mutelists as waivers: exactly what its own matcher mutes, never more, each with an end.

A file is refused as Prowler's schema refuses it. An entry becomes waivers of the controls that ask what its check asks
(`mappings.prowler` of the catalogue). What an entry hangs on and results do not carry (tags, regions) refuses the entry.

Source: Prowler 5 documentation, "Mutelisting" ("Each field", "How the Mutelist Works"): in every expression ``*`` stands for
anything, and an expression that is found anywhere in a name matches; the check that an exception holds for ends the look through
the account's checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from weightguard import yaml_file
from weightguard.controls.schema import Control, Strict, Text
from weightguard.errors import ConfigError
from weightguard.yaml_file import Document

_EXPIRES = re.compile(r"\bexpires[:=]\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
_LONGEST_EXPRESSION = 1_000
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
        matches: whether it mutes a subject of an account.
        refused: why it is not applied; empty where it is.
    """

    control: str
    check: str
    resources: tuple[str, ...]
    reason: str
    expires: date | None
    where: tuple[str | int, ...]
    matches: Callable[[str, str | None], bool]
    refused: str


def read(document: Document, controls: Sequence[Control], as_of: datetime) -> Iterator[Muted]:
    """The entries of a mutelist, one for each control that they bear on.

    Raises:
        ConfigError: by file and line: another shape than Prowler's own, an expression or a day that is none, an end more than a
        year away.
    """
    file = yaml_file.validate(MutelistFile, document, error=ConfigError)
    for account, content in file.Mutelist.Accounts.items():
        entries = tuple(content.Checks.items())
        for place, (check, entry) in enumerate(entries):
            where = ("Mutelist", "Accounts", account, "Checks", check)
            _check_expressions(entry, check, document, where)
            expires = _end(entry, document, where, as_of)
            matches = _matcher(account, entries[: place + 1])
            covering = [
                control.id
                for control in controls
                if any(_is_check(check, name) for name in control.mappings.prowler)
            ]
            for control in covering or [f"prowler:{check}"]:
                yield Muted(
                    control=control,
                    check=check,
                    resources=entry.Resources,
                    reason=entry.Description or "muted in Prowler",
                    expires=expires,
                    where=where,
                    matches=matches,
                    refused=_refusal(entry, expires, bool(covering)),
                )


def _refusal(entry: MutedCheck, expires: date | None, covered: bool) -> str:
    exceptions = entry.Exceptions or Excepted()
    if not covered:
        return "no control covers this check"
    if expires is None:
        return "it has no expiry: write 'expires: YYYY-MM-DD' into its Description"
    if entry.Tags or exceptions.Tags:
        return "it depends on tags, which results do not carry"
    if "*" not in entry.Regions or exceptions.Regions:
        return "it is limited to regions, which results do not carry"
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


def _matcher(account: str, entries: tuple[tuple[str, MutedCheck], ...]) -> Callable[[str, str | None], bool]:
    """Whether the last of some entries mutes a subject: the ones before it may have ended the look with an exception."""
    check, entry = entries[-1]

    def matches(subject: str, subject_account: str | None) -> bool:
        if account not in ("*", subject_account):
            return False
        name = subject.rsplit(":", 1)[-1]
        if any(
            _excepted(one.Exceptions, name, subject_account)
            for pattern, one in entries
            if pattern == check or _is_check(pattern, check)
        ):
            return False
        return _found_in(entry.Resources, name)

    return matches


def _excepted(exceptions: Excepted | None, name: str, account: str | None) -> bool:
    """An exception holds where each of its parts that says something matches."""
    if exceptions is None or not (exceptions.Accounts or exceptions.Resources):
        return False
    of_account = not exceptions.Accounts or _found_in(exceptions.Accounts, account or "")
    return of_account and (not exceptions.Resources or _found_in(exceptions.Resources, name))


def _is_check(pattern: str, check: str) -> bool:
    """Whether an entry's check speaks of a check. Prowler searches; here the whole name has to fit, which mutes less."""
    written = re.sub(r"^lambda", "awslambda", pattern)
    return written in ("*", check) or _compiled(f"^(?:{written})$").search(check) is not None


def _found_in(expressions: Iterable[str], text: str) -> bool:
    return any(_compiled(expression).search(text) is not None for expression in expressions)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    """An expression as RE2 compiles it: its time grows with the text alone, whoever wrote it."""
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression.replace("*", ".*"), options)


def _check_expressions(
    entry: MutedCheck, check: str, document: Document, where: tuple[str | int, ...]
) -> None:
    import re2

    exceptions = entry.Exceptions or Excepted()
    for expression in (f"^(?:{check})$", *entry.Resources, *exceptions.Accounts, *exceptions.Resources):
        try:
            if len(expression) > _LONGEST_EXPRESSION:
                raise re2.error("longer than a thousand characters")
            _compiled(expression)
        except re2.error as error:
            raise ConfigError(
                f"{expression[:80]!r} is no expression", where=document.where(*where), fix=_text(error)
            ) from error


def _text(error: Exception) -> str:
    found = error.args[0] if error.args else error
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def is_mutelist(document: Document) -> bool:
    """Whether a file is meant as a mutelist, of whatever spelling."""
    return isinstance(document.value, Mapping) and any(
        isinstance(key, str) and key.lower() == "mutelist" for key in document.value
    )
