"""What the language computes with, and the functions over it.

Sources: the CEL language definition, "Standard Definitions"; IAM documentation, "Attribute reference for IAM Conditions".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

Value = str | int | float | bool | datetime | timedelta | tuple["Value", ...] | None


class Invalid(Exception):
    """The expression cannot be evaluated: what the language calls an error."""


def typed(value: object) -> Value:
    """A value of a request as the language has it; raises `Invalid` on one that it has not."""
    if isinstance(value, str | int | float | bool | datetime | timedelta) or value is None:
        return value
    if isinstance(value, list | tuple):
        return tuple(map(typed, value))
    raise Invalid("a value that the language does not have")


def equal(one: Value, other: Value) -> bool:
    """Whether two values are equal; those of different types cannot be compared."""
    if _kind(one) != _kind(other) and one is not None and other is not None:
        raise Invalid("values of different types are compared")
    return one == other


def less(one: Value, other: Value) -> bool:
    """Whether one value comes before another."""
    if isinstance(one, bool) or isinstance(other, bool):
        raise Invalid("booleans have no order")
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one < other
    for kind in (str, datetime, timedelta):
        if isinstance(one, kind) and isinstance(other, kind):
            return one < other  # type: ignore[operator]
    raise Invalid("values of different types are compared")


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def arithmetic(one: Value, operator: str, other: Value) -> Value:
    """``+``, ``-``, ``*``, ``/`` and ``%``."""
    try:
        return _computed(one, operator, other)
    except (ArithmeticError, TypeError) as error:
        raise Invalid(f"the operands of {operator} do not fit") from error


def _computed(one: Value, operator: str, other: Value) -> Value:
    if isinstance(one, bool) or isinstance(other, bool):
        raise Invalid("booleans are no numbers")
    if isinstance(one, int | float) and isinstance(other, int | float):
        return _of_numbers(one, operator, other)
    if operator == "+":
        return _added(one, other)
    if operator == "-" and isinstance(one, datetime | timedelta):
        return one - other  # type: ignore[operator]
    raise Invalid(f"the operands of {operator} do not fit")


def _added(one: Value, other: Value) -> Value:
    """Texts and lists one after the other, times and durations together."""
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    if isinstance(one, tuple) and isinstance(other, tuple):
        return (*one, *other)
    if isinstance(one, timedelta) and isinstance(other, datetime):
        return other + one
    if isinstance(one, datetime | timedelta):
        return one + other  # type: ignore[operator]
    raise Invalid("the operands of + do not fit")


def _of_numbers(one: int | float, operator: str, other: int | float) -> int | float:
    if isinstance(one, int) is not isinstance(other, int):
        raise Invalid("numbers of different types are mixed")
    if operator in ("/", "%") and isinstance(one, int) and isinstance(other, int):
        # Division goes towards zero, and the remainder has the sign of what is divided.
        quotient = abs(one) // abs(other) * (1 if (one < 0) is (other < 0) else -1)
        return quotient if operator == "/" else one - quotient * other
    return (
        {"+": one + other, "-": one - other, "*": one * other}[operator] if operator in "+-*" else one / other
    )


def timestamp(text: Value) -> datetime:
    """A point in time from RFC 3339."""
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str) or not _RFC_3339.fullmatch(text):
        raise Invalid("a timestamp is written as 2026-01-31T00:00:00Z")
    try:
        return datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "zZ" else text)
    except ValueError as error:
        raise Invalid(f"there is no {text}") from error


_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)")


def day(text: Value) -> datetime:
    """The beginning of a day, in UTC."""
    try:
        return datetime.combine(date.fromisoformat(_text(text)), datetime.min.time(), UTC)
    except ValueError as error:
        raise Invalid("a date is written as 2026-01-31") from error


_UNITS: Final = {"h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_DURATION: Final = re.compile(r"-?(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|ns))+")


def duration(text: Value) -> timedelta:
    """A length of time, as ``1h30m``."""
    written = _text(text)
    if not _DURATION.fullmatch(written):
        raise Invalid("a duration is written as 1h30m")
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)", written)
    try:
        found = timedelta(seconds=sum(float(amount) * _UNITS[unit] for amount, unit in parts))
    except OverflowError as error:
        raise Invalid("the duration is too long") from error
    return -found if written.startswith("-") else found


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise Invalid("a text was expected")
    return value


def _zone(name: str) -> tzinfo:
    offset = re.fullmatch(r"([+-]?)(\d\d):(\d\d)", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    if not re.fullmatch(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*", name):
        raise Invalid(f"there is no time zone {name}")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # What zoneinfo raises for a name that it does not know.
        raise Invalid(f"there is no time zone {name}") from error


_OF_TIME: Final[Mapping[str, Callable[[datetime], int]]] = {
    "getFullYear": lambda at: at.year,
    "getMonth": lambda at: at.month - 1,
    "getDate": lambda at: at.day,
    "getDayOfMonth": lambda at: at.day - 1,
    "getDayOfWeek": lambda at: at.isoweekday() % 7,
    "getDayOfYear": lambda at: at.timetuple().tm_yday - 1,
    "getHours": lambda at: at.hour,
    "getMinutes": lambda at: at.minute,
    "getSeconds": lambda at: at.second,
    "getMilliseconds": lambda at: at.microsecond // 1_000,
}
_OF_DURATION: Final[Mapping[str, Callable[[timedelta], int]]] = {
    "getHours": lambda length: int(length / timedelta(hours=1)),
    "getMinutes": lambda length: int(length / timedelta(minutes=1)),
    "getSeconds": lambda length: int(length / timedelta(seconds=1)),
    "getMilliseconds": lambda length: int(length / timedelta(milliseconds=1)),
}


def method(on: Value, name: str, arguments: tuple[Value, ...]) -> Value:
    """A function that is called on a value; raises `Invalid` for one that there is not."""
    if isinstance(on, datetime) and name in _OF_TIME and len(arguments) <= 1:
        return _of_time(on, name, *arguments)
    if isinstance(on, timedelta) and name in _OF_DURATION and not arguments:
        return _OF_DURATION[name](on)
    if isinstance(on, str) and name in _OF_TEXT and len(arguments) == 1:
        return _OF_TEXT[name](on, _text(arguments[0]))
    if name == "size" and not arguments:
        return size(on)
    if name == "hasOnly" and isinstance(on, tuple) and len(arguments) == 1:
        return _has_only(on, arguments[0])
    raise Invalid(f"there is no function {name} here")


def _has_only(values: tuple[Value, ...], only: Value) -> bool:
    if not isinstance(only, tuple):
        raise Invalid("there is no function hasOnly here")
    return all(one in only for one in values)


def _of_time(at: datetime, name: str, *zones: Value) -> int:
    """A part of a time, in UTC or in the zone that is named."""
    place = _zone(_text(zones[0])) if zones else UTC
    try:
        return _OF_TIME[name](at.astimezone(place))
    except OverflowError as error:
        raise Invalid("the time is beyond the calendar") from error


def extract(text: str, template: str) -> str:
    """What stands where the template has ``{name}``; empty where the template is not found.

    Source: IAM documentation, "Attribute reference for IAM Conditions", extract.
    """
    prefix, brace, rest = template.partition("{")
    _, end, suffix = rest.partition("}")
    if not brace or not end:
        raise Invalid("the template has no {name}")
    start = text.find(prefix)
    if start < 0:
        return ""
    start += len(prefix)
    stop = text.find(suffix, start) if suffix else len(text)
    return "" if stop < 0 else text[start:stop]


def _matches(text: str, pattern: str) -> bool:
    import re2

    try:
        return bool(re2.search(pattern, text))
    except re2.error as error:
        raise Invalid("the pattern is none") from error


_OF_TEXT: Final[Mapping[str, Callable[[str, str], Value]]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
    "matches": _matches,
    "extract": extract,
}


def size(value: Value) -> int:
    """The characters of a text, the items of a list."""
    if isinstance(value, str | tuple):
        return len(value)
    raise Invalid("only texts and lists have a size")


def _in_range(address: Value, block: Value) -> bool:
    try:
        return ipaddress.ip_address(_text(address)) in ipaddress.ip_network(_text(block), strict=False)
    except ValueError as error:
        raise Invalid("no address, or no block of addresses") from error


def _integer(value: Value) -> int:
    if isinstance(value, datetime):
        return int(value.timestamp())
    try:
        return int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid("no whole number") from error


def _double(value: Value) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid("no number") from error


def _string(value: Value) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise Invalid("cannot be written as a text")


_FUNCTIONS: Final[Mapping[tuple[str, int], Callable[..., Value]]] = {
    ("timestamp", 1): timestamp,
    ("date", 1): day,
    ("duration", 1): duration,
    ("int", 1): _integer,
    ("double", 1): _double,
    ("string", 1): _string,
    ("size", 1): size,
    ("inIpRange", 2): _in_range,
}


def function(name: str, arguments: tuple[Value, ...]) -> Value:
    """A function that stands on its own; raises `Invalid` for one that there is not."""
    found = _FUNCTIONS.get((name, len(arguments)))
    if found is None:
        raise Invalid(f"there is no function {name}")
    return found(*arguments)
