"""The trust file: whom a verifier believes, with which keys, from when until when. It is the verifier's own; no bundle adds to it.

```yaml
parties:
  - name: Aurora
    role: lab                          # or assessor
    keys:
      - public: keys/aurora.pub        # a file beside this one, or the PEM text itself
        from: 2026-01-01T00:00:00Z
        until: 2027-01-01T00:00:00Z    # for a revoked key: when it was revoked
timestamp_authorities:
  - name: Example TSA
    certificates: keys/tsa.pem         # the authority's root, with what lies between
    from: 2026-01-01T00:00:00Z
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from weightguard import files, yaml_file
from weightguard.errors import ConfigError, InputError
from weightguard.evidence.keys import LARGEST_KEY, SCHEMES, public_key
from weightguard.section import Section, Text

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

Role = Literal["lab", "assessor"]
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)")
_MOST_KEYS: Final = 2_000


def _moment(value: Any) -> datetime:
    """An RFC 3339 date-time."""
    if isinstance(value, datetime) and value.tzinfo:
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("a time is written as 2026-01-31T12:00:00Z (RFC 3339)")
    return datetime.fromisoformat(value.upper().replace("Z", "+00:00"))


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Validity(Section):
    """From when until when something is believed; without a bound, always on that side."""

    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Validity:
        if self.since and self.until and self.until < self.since:
            raise ValueError("until is before from")
        return self

    def covers(self, moment: datetime) -> bool:
        """Whether a moment lies within."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment <= self.until)

    def words(self) -> str:
        """The bounds, in words."""
        since = f"from {self.since.isoformat()}" if self.since else ""
        until = f"until {self.until.isoformat()}" if self.until else ""
        return " ".join(filter(None, (since, until))) or "always"


class KeyEntry(Validity):
    """A key of a party.

    Attributes:
        public: PEM text, or a file. scheme: what it is used with, where that is not what keys of its kind are used with as a rule.
    """

    public: Text
    scheme: str | None = None

    @model_validator(mode="after")
    def _known_scheme(self) -> KeyEntry:
        if self.scheme is not None and self.scheme not in SCHEMES:
            raise ValueError(f"no scheme that is used here; there are {', '.join(sorted(SCHEMES))}")
        return self


class PartyEntry(Section):
    """Somebody whose signature counts."""

    name: Text
    role: Role
    keys: tuple[KeyEntry, ...]

    @model_validator(mode="after")
    def _some_key(self) -> PartyEntry:
        if not self.keys:
            raise ValueError("a party has keys, one at least")
        return self


class AuthorityEntry(Validity):
    """An authority whose timestamps prove when something was signed."""

    name: Text
    certificates: Text | tuple[Text, ...]


class LogEntry(Validity):
    """A registry's log, whose receipts prove when it accepted something."""

    origin: Text
    key: Text


class TrustFile(Section):
    """The trust file."""

    parties: tuple[PartyEntry, ...] = ()
    timestamp_authorities: tuple[AuthorityEntry, ...] = ()
    logs: tuple[LogEntry, ...] = ()


@dataclass(frozen=True)
class TrustedKey:
    """A key with whose it is and when it is good."""

    key: SSlibKey
    party: str
    role: Role
    validity: Validity

    @property
    def keyid(self) -> str:
        """The key's id, worked out from the key itself."""
        return str(self.key.keyid)


@dataclass(frozen=True)
class Authority:
    """A timestamp authority with its certificates."""

    name: str
    certificates: tuple[bytes, ...]
    validity: Validity


@dataclass(frozen=True)
class Trust:
    """Whom a verifier believes."""

    keys: tuple[TrustedKey, ...] = ()
    authorities: tuple[Authority, ...] = ()


def load(path: Path) -> Trust:
    """Reads a trust file, with the keys and certificates that it names.

    Raises:
        ConfigError: with file and line; also where one key is given to two parties.
    """
    document = yaml_file.read(path, error=ConfigError)
    file = yaml_file.validate(TrustFile, document, error=ConfigError)
    keys = tuple(_keys(file, document, path.parent))
    if len(keys) > _MOST_KEYS:
        raise ConfigError(f"more than {_MOST_KEYS:,} keys", where=str(path))
    _refuse_shared(keys, str(path))
    authorities = tuple(
        Authority(
            one.name, _certificates(one, path.parent, document.where("timestamp_authorities", number)), one
        )
        for number, one in enumerate(file.timestamp_authorities)
    )
    return Trust(keys, authorities)


def _keys(file: TrustFile, document: yaml_file.Document, folder: Path) -> Iterator[TrustedKey]:
    for number, party in enumerate(file.parties):
        for index, entry in enumerate(party.keys):
            where = document.where("parties", number, "keys", index)
            pem = _content(entry.public, folder, "the public key")
            try:
                key = public_key(pem, where, entry.scheme)
            except InputError as problem:
                raise ConfigError(problem.what, where=where, fix=problem.fix) from problem
            yield TrustedKey(key, party.name, party.role, entry)


def _refuse_shared(keys: tuple[TrustedKey, ...], where: str) -> None:
    owners: dict[str, tuple[str, str]] = {}
    for one in keys:
        owner = owners.setdefault(str(one.key.keyval), (one.party, one.role))
        if owner != (one.party, one.role):
            raise ConfigError(
                f"one key is given to {owner[0]!r} and to {one.party!r}, so that nobody could tell who signed",
                where=where,
            )


def _content(text: str, folder: Path, what: str) -> bytes:
    """PEM text as it stands, or what a file holds."""
    if "-----BEGIN" in text:
        return text.encode()
    return files.read(folder / text, what, most=LARGEST_KEY, error=ConfigError)


def _certificates(entry: AuthorityEntry, folder: Path, where: str) -> tuple[bytes, ...]:
    """The certificates of an authority, in DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    texts = (entry.certificates,) if isinstance(entry.certificates, str) else entry.certificates
    found: list[bytes] = []
    for text in texts:
        try:
            held = x509.load_pem_x509_certificates(_content(text, folder, "the certificate"))
        except ValueError as problem:
            raise ConfigError(f"no certificates in PEM, {str(problem)[:120]}", where=where) from problem
        found.extend(one.public_bytes(Encoding.DER) for one in held)
    return tuple(dict.fromkeys(found))
