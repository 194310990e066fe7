"""Small readers of JSON that say what is wrong, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightguard.errors import InputError

_SEE = "see `weightguard schema case`"


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """An object; an empty one where nothing is given."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{where} is not an object", fix=_SEE)
    return value


def rows(value: object, where: str) -> list[Mapping[str, Any]]:
    """A list of objects; an empty one where nothing is given."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise InputError(f"{where} is not a list of objects", fix=_SEE)
    return value


def texts(value: object, where: str) -> tuple[str, ...]:
    """A list of texts, or one text; nothing where nothing is given."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{where} is not a list of texts", fix=_SEE)
    return tuple(value)


def text(of: Mapping[str, Any], name: str, where: str) -> str:
    """A text that has to be there."""
    value = of.get(name)
    if not isinstance(value, str) or not value:
        raise InputError(f"{where} has no {name}", fix=_SEE)
    return value


def flag(value: object, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InputError(f"{where} is neither true nor false", fix=_SEE)
    return value


def is_open(assume: object) -> bool:
    """Whether a case takes what it does not give as unknown; else it is absent."""
    if assume not in (None, "unknown", "absent"):
        raise InputError(f"assume is {assume!r}", fix='give "unknown", or leave it out')
    return assume == "unknown"


def request(entry: Mapping[str, object], parts: frozenset[str]) -> Mapping[str, Any]:
    """A case's request; what it may hold besides `parts` is its context."""
    raw = entry.get("request")
    if not isinstance(raw, Mapping):
        raise InputError("the case has no request", fix=_SEE)
    unknown = sorted(str(name) for name in raw if name not in parts | {"context"})
    if unknown:
        raise InputError(
            f"unknown part of the request {unknown[0]!r}", fix=f"one of {', '.join(sorted(parts))}, context"
        )
    return raw
