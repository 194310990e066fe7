"""The "now" of every rule."""

from __future__ import annotations

from datetime import datetime

from weightguard.errors import InputError

_FIRST_YEAR, _LAST_YEAR = 1990, 2200
"""Beyond them nothing was audited, and dates that are counted from a time may not exist."""


def timestamp(text: str) -> datetime:
    """An aware time from ISO-8601 text.

    Raises:
        InputError: it is none, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as problem:
        raise InputError(
            "not an ISO-8601 time", where=text, fix="write it as 2026-01-31T12:00:00Z"
        ) from problem
    if moment.tzinfo is None:
        raise InputError("a time without a time zone", where=text, fix="end it with Z or an offset")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise InputError(f"no time of an audit: before {_FIRST_YEAR} or after {_LAST_YEAR}", where=text)
    return moment
