"""Values of the estate as plain JSON: what evidence shows and what expressions read."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from weightguard.estate.fact import Collection, Known, Unknown

MAXIMUM_DEPTH = 16


def plain(value: Any, depth: int = MAXIMUM_DEPTH) -> Any:
    """`value` as mappings, lists, text, numbers, booleans and None.

    A fact inside becomes its value, an unknown one ``{"unknown": reason}``. Below `depth` levels text takes
    over.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    if depth <= 0:
        return str(value)
    if isinstance(value, Known):
        return plain(value.value, depth)
    if isinstance(value, Unknown):
        return {"unknown": value.words()}
    if isinstance(value, Collection):
        return [plain(item, depth - 1) for item in value.items]
    return _plain_compound(value, depth)


def _plain_compound(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth - 1) for item in value]
    if isinstance(value, Set):
        return sorted((plain(item, depth - 1) for item in value), key=str)
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name), depth - 1) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
