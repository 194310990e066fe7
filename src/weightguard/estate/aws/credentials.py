"""What the credential report, access key listings and login profiles say of an IAM user's own credentials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from weightguard.estate.calls import CallLog
from weightguard.estate.evidence import Record, answer, data_of, outcome, read, read_source, stated
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import Credential, CredentialKind
from weightguard.estate.shape import Malformed, find, flag, mapping, member, objects, text, text_or_none

T = TypeVar("T")
NEVER = frozenset({"N/A", "no_information", "not_supported"})
ROOT = "<root_account>"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The rows of the credential report by ARN and by user name, and access keys by user name."""

    rows: Mapping[str, Record]
    keys: Mapping[str, tuple[Record, ...]]
    calls: CallLog

    @property
    def root(self) -> Record | None:
        """The row of the account's root user."""
        return self.rows.get(ROOT)


def index(rows: Iterable[Record], keys: Iterable[Record], calls: CallLog) -> Credentials:
    """Indexes the report; a row is found by the user's ARN, the root user's by its marker."""
    by_name: dict[str, Record] = {}
    for row in rows:
        data = data_of(row)
        for key in (text_or_none(data.get("arn")), text_or_none(data.get("user"))):
            if key is not None:
                by_name[key] = row
    by_user: dict[str, tuple[Record, ...]] = {}
    for record in keys:
        user = text_or_none(data_of(record).get("UserName"))
        if user is not None:
            by_user[user] = (*by_user.get(user, ()), record)
    return Credentials(by_name, by_user, calls)


def console_password(known: Credentials, record: Record) -> Fact[bool]:
    """Whether the user can sign in to the console."""
    if outcome(record, "GetLoginProfile") is not None:
        return read(record, "GetLoginProfile", lambda _: True, absent=False)
    row = known.rows.get(record.id)
    return _unreported(known, record) if row is None else _cell(row, "password_enabled")


def mfa_active(known: Credentials, record: Record) -> Fact[bool]:
    """Whether the user has a second factor."""
    if outcome(record, "ListMFADevices") is not None:
        return read(
            record, "ListMFADevices", lambda found: bool(objects(member(found, "MFADevices"))), absent=False
        )
    row = known.rows.get(record.id)
    return _unreported(known, record) if row is None else _cell(row, "mfa_active")


def access_keys(known: Credentials, record: Record, name: str) -> Fact[tuple[Credential, ...]]:
    """The user's access keys: listed by id where they were, else as the credential report numbers them."""
    listed = known.keys.get(name, ())
    if outcome(record, "ListAccessKeys") is not None:
        return read(record, "ListAccessKeys", _from_listing, absent=())
    if listed:
        return _merged([stated(key, lambda data, key=key: _from_record(key, data)) for key in listed])  # type: ignore[misc]
    row = known.rows.get(record.id)
    if row is not None:
        return stated(row, lambda data: _from_report(record.id, mapping(data)))
    refused = known.calls.obstacle_of(record.id, frozenset({"ListAccessKeys"}))
    if refused is None and known.calls.asked("iam", "ListAccessKeys"):
        return Known((), read_source(record, "ListAccessKeys"))
    return refused or _unreported(known, record)


def last_used(known: Credentials, record: Record) -> Fact[str | None]:
    """The latest use of any of the user's credentials, as the credential report knows it."""
    row = known.rows.get(record.id)
    return _unreported(known, record) if row is None else stated(row, _latest)


def _unreported(known: Credentials, record: Record) -> Unknown:
    refused = known.calls.obstacle("iam", "GetCredentialReport")
    return refused or Unknown(Reason.NOT_COLLECTED, read_source(record, "GetCredentialReport"))


def _cell(row: Record, column: str) -> Fact[bool]:
    return stated(row, lambda data: flag(member(data, column)))


def _merged(facts: list[Fact[Credential]]) -> Fact[tuple[Credential, ...]]:
    found: list[Credential] = []
    for fact in facts:
        if isinstance(fact, Unknown):
            return fact
        found.append(fact.value)
    first = facts[0]
    return Known(tuple(sorted(found, key=lambda key: key.id)), first.source)


def _from_record(record: Record, data: Any) -> Credential:
    used = find(answer(record, "GetAccessKeyLastUsed"), "AccessKeyLastUsed.LastUsedDate")
    return Credential(
        id=text_or_none(mapping(data).get("AccessKeyId")) or record.id,
        kind=CredentialKind.ACCESS_KEY,
        active=text(member(data, "Status")) == "Active",
        created=text_or_none(mapping(data).get("CreateDate")),
        last_used=text_or_none(used),
    )


def _from_listing(found: Any) -> tuple[Credential, ...]:
    keys = [
        Credential(
            text(member(entry, "AccessKeyId")),
            CredentialKind.ACCESS_KEY,
            text(member(entry, "Status")) == "Active",
            text_or_none(entry.get("CreateDate")),
            None,
        )
        for entry in objects(member(found, "AccessKeyMetadata"))
    ]
    return tuple(sorted(keys, key=lambda key: key.id))


def _date(row: Mapping[str, Any], column: str) -> str | None:
    value = text_or_none(row.get(column))
    return None if value in NEVER else value


def _from_report(owner: str, row: Mapping[str, Any]) -> tuple[Credential, ...]:
    found = []
    for number in (1, 2):
        active = flag(member(row, f"access_key_{number}_active"))
        rotated = _date(row, f"access_key_{number}_last_rotated")
        if active or rotated is not None:
            used = _date(row, f"access_key_{number}_last_used_date")
            found.append(
                Credential(f"{owner}#access_key_{number}", CredentialKind.ACCESS_KEY, active, rotated, used)
            )
    return tuple(found)


def _latest(data: Any) -> str | None:
    row = mapping(data)
    columns = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
    if not any(column in row for column in columns):
        raise Malformed("a credential report without its columns")
    dates = [date for column in columns if (date := _date(row, column)) is not None]
    return max(dates, default=None)
