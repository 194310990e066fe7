"""Secrets by reference, and messages that do not give them away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from weightguard import files
from weightguard.config import Secret
from weightguard.errors import ConfigError

_LONGEST = 64 * 1024
_SHORTEST = 4
"""Characters of a piece of an address that is worth hiding: shorter ones are no secrets, and stand in every message."""


def read_secret(secret: Secret, environment: Mapping[str, str]) -> str:
    """The secret's text, without spaces around it.

    Raises:
        ConfigError: it is not there, is empty, or cannot stand on one line.
    """
    if secret.file is not None:
        where, found = f"file {secret.file}", _from_file(secret.file)
    else:
        where, found = f"environment variable {secret.env}", environment.get(secret.env or "", "")
    text = found.strip()
    if not text:
        raise ConfigError(
            "a secret is missing", where=where, fix="set it, or take the channel out of notify:"
        )
    if not text.isprintable():
        raise ConfigError("a secret has a line break or another unprintable character in it", where=where)
    return text


def _from_file(path: Path) -> str:
    try:
        return files.read(path, "a secret", most=_LONGEST, error=ConfigError).decode()
    except UnicodeDecodeError as error:
        raise ConfigError("a secret cannot be read, it is no text", where=f"file {path}") from error


def parts_of(address: str) -> tuple[str, ...]:
    """An address and everything of it that may be a secret: what follows the host, whole and piece by piece, also decoded.

    Chat services and gateways keep the secret in any part of the path (``/api/webhooks/ID/TOKEN/slack``) or the query; an error
    page that repeats the path repeats it.
    """
    split = urlsplit(address)
    after = address.partition("://")[2].partition("/")[2]
    pieces = [piece for piece in re.split(r"[/?&=;#]", after) if len(piece) >= _SHORTEST]
    found = [address, split.path, f"{split.path}?{split.query}", after, *pieces]
    every = [*found, *map(unquote, found)]
    return tuple(
        dict.fromkeys(one for text in every for one in (text, escape(text)) if len(one) >= _SHORTEST)
    )


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it replaced: what a server answers, or a library says, may repeat one."""
    for secret in sorted({one for one in secrets if one}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
