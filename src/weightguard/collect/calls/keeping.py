"""What of an answer enters a snapshot: the fields that its operation declares in `keeps`, and nothing else.

Answers hold secrets in places that nobody can list (a template's body, a command line, a tag of a resource that no rule reads). So
a record is made by what is kept, not by what is taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

Fields = dict[str, "Fields | None"]
"""Member names with what is kept below each; None: a plain value, or a list of them."""

ALL: Final = "*"


def kept(data: Mapping[str, Any], keeps: tuple[str, ...]) -> dict[str, Any]:
    """The declared fields of an answer, or of an entry of one.

    A field in another shape than its declaration expects leaves ``{"redacted": true}`` with its length in bytes: whoever reads it
    finds something malformed, never something absent.
    """
    return _members(data, _compiled(keeps))


@lru_cache(maxsize=1024)
def _compiled(keeps: tuple[str, ...]) -> Fields:
    found: Fields = {}
    for path in keeps:
        *above, last = path.split(".")
        place = found
        for name in above:
            place = place.setdefault(name, {})  # type: ignore[assignment]
        place.setdefault(last, None)
    return found


def _members(data: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    return {name: _value(value, fields[name]) for name, value in data.items() if name in fields}


def _value(value: Any, below: Fields | None) -> Any:
    if value is None or (below is not None and ALL in below):
        return value
    if isinstance(value, list | tuple):
        return [_value(item, below) for item in value]
    if isinstance(value, Mapping) and below is not None:
        return _members(value, below)
    if isinstance(value, Mapping) or below is not None:
        return {"redacted": True, "bytes": len(str(value))}
    return value


def undeclared(paths: Iterable[str], keeps: tuple[str, ...]) -> list[str]:
    """Those of some dotted paths that `keeps` does not cover."""
    fields = _compiled(keeps)
    return [path for path in paths if not _covers(fields, path.split("."))]


def _covers(fields: Fields | None, names: list[str]) -> bool:
    for name in names:
        if fields is None:
            return False
        if ALL in fields:
            return True
        if name not in fields:
            return False
        fields = fields[name]
    return True
