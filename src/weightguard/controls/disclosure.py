"""How outsiders may report flaws and test: the organisation's own documents, read as facts.

security.txt follows RFC 9116 (A File Format to Aid in Security Vulnerability Disclosure): fields ``Name:
value``, comments with ``#``, an optional OpenPGP cleartext signature around the whole; Contact at least once,
Expires exactly once, as an RFC 3339 date-time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from weightguard import files
from weightguard.config import DisclosureConfig
from weightguard.errors import ConfigError
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown

MAXIMUM_BYTES = 256 * 1024  # the RFC advises readers to refuse large files (section 5.3)
_SINGLE = ("expires", "preferred-languages")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$")
_URI = re.compile(r"^(https://|mailto:|tel:|openpgp4fpr:|dns:)\S+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SecurityTxt:
    """A parsed security.txt.

    Attributes:
        fields: field name in lower case -> its values in order.
        expires: when its content stops being valid, aware.
        signed: whether it carries an OpenPGP cleartext signature (which is not verified here).
        problems: where it breaks the RFC, in words, with line numbers.
    """

    fields: dict[str, tuple[str, ...]]
    expires: datetime | None
    signed: bool
    problems: tuple[str, ...]

    def usable(self, as_of: datetime) -> bool:
        """Whether it follows the RFC and has not expired."""
        return not self.problems and self.expires is not None and self.expires > as_of


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The disclosure documents. A value of None: the configuration names no such document."""

    security_txt: Fact[SecurityTxt | None]
    policy: Fact[str | None]
    legal_safe_harbour: Fact[str | None]
    technical_safe_harbour: Fact[str | None]


def read_disclosure(config: DisclosureConfig) -> Disclosure:
    """Reads the documents that the configuration names; one that is not named is unknown, not absent.

    Raises:
        ConfigError: a named file cannot be read.
    """
    text = {name: _text(name, path) for name, path in config}
    security_txt = text.pop("security_txt")
    parsed: Fact[SecurityTxt | None]
    if isinstance(security_txt, Known) and security_txt.value is not None:
        parsed = Known(parse_security_txt(security_txt.value), security_txt.source)
    else:
        parsed = Unknown(Reason.NOT_COLLECTED, security_txt.source)
    return Disclosure(parsed, text["policy"], text["legal_safe_harbour"], text["technical_safe_harbour"])


def parse_security_txt(content: str) -> SecurityTxt:
    """Parses `content`; what breaks the RFC is listed, not raised."""
    lines, signed = _unsigned(content.replace("\r\n", "\n").split("\n"))
    fields: dict[str, list[str]] = {}
    problems: list[str] = []
    for number, line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        match = _FIELD.match(line)
        if match is None:
            problems.append(f"line {number} is not a field")
            continue
        name, value = match.group(1).lower(), match.group(2).strip()
        fields.setdefault(name, []).append(value)
        problems.extend(_value_problems(name, value, number))
    problems.extend(f"{name} is given more than once" for name in _SINGLE if len(fields.get(name, [])) > 1)
    problems.extend(
        f"{name.capitalize()} is missing" for name in ("contact", "expires") if name not in fields
    )
    frozen = {name: tuple(values) for name, values in fields.items()}
    return SecurityTxt(frozen, _expires(frozen), signed, tuple(problems))


def _unsigned(lines: list[str]) -> tuple[list[tuple[int, str]], bool]:
    """Numbered lines without an OpenPGP envelope (RFC 9580, cleartext signature framework)."""
    numbered = list(enumerate(lines, start=1))
    if not lines or lines[0].strip() != "-----BEGIN PGP SIGNED MESSAGE-----":
        return numbered, False
    start = next((index for index, (_, line) in enumerate(numbered) if not line.strip()), len(numbered))
    end = next(
        (
            index
            for index, (_, line) in enumerate(numbered)
            if line.strip() == "-----BEGIN PGP SIGNATURE-----"
        ),
        len(numbered),
    )
    return [(number, line.removeprefix("- ")) for number, line in numbered[start:end]], end < len(numbered)


def _value_problems(name: str, value: str, number: int) -> list[str]:
    if not value:
        return [f"line {number}: {name} has no value"]
    if name == "expires" and not _DATE.match(value):
        return [f"line {number}: expires is not an RFC 3339 date-time"]
    if name in (
        "contact",
        "encryption",
        "policy",
        "acknowledgments",
        "canonical",
        "hiring",
    ) and not _URI.match(value):
        return [f"line {number}: {name} is not a URI (web addresses begin with https)"]
    return []


def _expires(fields: dict[str, tuple[str, ...]]) -> datetime | None:
    values = fields.get("expires", ())
    if len(values) != 1 or not _DATE.match(values[0]):
        return None
    try:
        return datetime.fromisoformat(values[0].upper().replace("Z", "+00:00"))
    except ValueError:
        return None


def _text(name: str, path: Path | None) -> Fact[str | None]:
    if path is None:
        return Unknown(Reason.NOT_COLLECTED, Source.named("configuration", "", f"disclosure.{name}"))
    data = files.read(path, f"the document disclosure.{name}", most=MAXIMUM_BYTES, error=ConfigError)
    try:
        content = data.decode()
    except UnicodeDecodeError as problem:
        raise ConfigError(
            "a disclosure document is no text",
            where=f"disclosure.{name}: {path}",
            fix="give a UTF-8 text file",
        ) from problem
    return Known(content, Source.named(path.name, "", f"disclosure.{name}"))
