"""Small parsers for raw provider answers: the expected shape, or `Malformed`. A snapshot may hold anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final


class Malformed(ValueError):
    """A provider's answer in a shape that its documentation does not give. Never leaves the estate's readers."""


class Missing:
    """The type of `MISSING`: nothing there, where None could be a value."""


MISSING: Final = Missing()


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise Malformed("an object was expected")
    return value


def sequence(value: Any) -> Sequence[Any]:
    """A JSON array; an absent one (None) is empty, as SDKs leave empty lists out."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise Malformed("an array was expected")
    return value


def objects(value: Any) -> list[Mapping[str, Any]]:
    """An array of objects."""
    return [mapping(item) for item in sequence(value)]


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise Malformed("a string was expected")
    return value


def text_or_none(value: Any) -> str | None:
    """A string, or None for anything else and for the empty string."""
    return value if isinstance(value, str) and value else None


def texts(value: Any) -> tuple[str, ...]:
    """An array of strings."""
    return tuple(text(item) for item in sequence(value))


def flag(value: Any) -> bool:
    """A boolean, also as the words that credential reports print."""
    if isinstance(value, bool):
        return value
    if value in ("true", "True"):
        return True
    if value in ("false", "False", "not_supported"):
        return False
    raise Malformed("a boolean was expected")


def number(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("a number was expected")
    return value


def find(value: Any, path: str) -> Any:
    """What stands at a dotted path of member names, or `MISSING`. The last name may hold None, which counts as missing."""
    for name in path.split("."):
        if not isinstance(value, dict):
            return MISSING
        value = value.get(name, MISSING)
    return MISSING if value is None else value


def member(value: Any, path: str) -> Any:
    """What stands at a dotted path; raises `Malformed` when it is missing."""
    found = find(value, path)
    if isinstance(found, Missing):
        raise Malformed(f"{path} is missing")
    return found


TAG_NAMES: Final = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))


def tags(value: Any) -> Mapping[str, str]:
    """Tags, from a list of key-value pairs in any of AWS's spellings or from a plain object."""
    if isinstance(value, dict):
        return {str(key): text(item) for key, item in value.items()}
    found: dict[str, str] = {}
    for pair in objects(value):
        for key, item in TAG_NAMES:
            if key in pair:
                found[text(pair[key])] = text(pair.get(item, ""))
                break
        else:
            raise Malformed("a tag without a key")
    return found


def every(value: Any, path: str) -> list[Any]:
    """All that stands at a dotted path, lists on the way and at its end opened."""
    found = [value]
    for name in path.split("."):
        found = [
            item[name] for item in _opened(found) if isinstance(item, dict) and item.get(name) is not None
        ]
    return _opened(found)


def _opened(values: list[Any]) -> list[Any]:
    return [inner for item in values for inner in (_opened(item) if isinstance(item, list) else [item])]
