"""The condition operators: how a policy's value is compared with a value of the request.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators". A policy value that an operator cannot read
raises `MalformedValue` when the policy is compiled; a request value that it cannot read is `None`: no match either way.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from weightguard.policy.pattern import Glob

Matcher = Callable[[str], bool | None]
"""Tests one value of the request: met, not met, or unreadable (None)."""


class MalformedValue(ValueError):
    """A policy value that its operator cannot read."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator, without its negation, set operator and suffix.

    Args:
        name: the positive name, as ``StringEquals``.
        prepare: makes the matcher for one policy value, given as literal text and as pattern.
        takes_variables: whether policy variables are resolved in its values.
    """

    name: str
    prepare: Callable[[str, Glob], Matcher]
    takes_variables: bool


def _string_equals(text: str, _: Glob) -> Matcher:
    return lambda value: value == text


def _string_equals_ignore_case(text: str, _: Glob) -> Matcher:
    lowered = text.lower()
    return lambda value: value.lower() == lowered


def _string_like(_: str, pattern: Glob) -> Matcher:
    return pattern.matches


def _numeric(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str, Glob], Matcher]:
    def prepare(text: str, _: Glob) -> Matcher:
        wanted = _number(text)
        if wanted is None:
            raise MalformedValue(f"{text!r} is not a number")

        def match(value: str) -> bool | None:
            number = _number(value)
            return None if number is None else compare(number, wanted)

        return match

    return prepare


def _date(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str, Glob], Matcher]:
    def prepare(text: str, _: Glob) -> Matcher:
        wanted = _moment(text)
        if wanted is None:
            raise MalformedValue(f"{text!r} is neither an ISO 8601 date nor epoch seconds")

        def match(value: str) -> bool | None:
            moment = _moment(value)
            return None if moment is None else compare(moment, wanted)

        return match

    return prepare


def _bool(text: str, _: Glob) -> Matcher:
    wanted = _truth(text)
    if wanted is None:
        raise MalformedValue(f"{text!r} is neither true nor false")

    def match(value: str) -> bool | None:
        truth = _truth(value)
        return None if truth is None else truth is wanted

    return match


def _binary(text: str, _: Glob) -> Matcher:
    wanted = _decoded(text)
    if wanted is None:
        raise MalformedValue(f"{text!r} is not base64")
    # A request written as JSON carries the bytes themselves as text or, like the policy, in base64.
    return lambda value: value.encode() == wanted or _decoded(value) == wanted


def _ip_address(text: str, _: Glob) -> Matcher:
    wanted = _network(text)
    if wanted is None:
        raise MalformedValue(f"{text!r} is neither an IP address nor a CIDR range")

    def match(value: str) -> bool | None:
        network = _network(value)
        if network is None:
            return None
        return network.version == wanted.version and network.subnet_of(wanted)  # type: ignore[arg-type]

    return match


def _arn_like(text: str, pattern: Glob) -> Matcher:
    if pattern.matches_all:
        return pattern.matches
    patterns = arn_patterns(pattern)
    if patterns is None:
        raise MalformedValue(f"{text!r} is not an ARN of six parts")

    def match(value: str) -> bool:
        parts = value.split(":", 5)
        return len(parts) == 6 and all(
            part_pattern.matches(part) for part_pattern, part in zip(patterns, parts, strict=True)
        )

    return match


def arn_patterns(pattern: Glob) -> tuple[Glob, ...] | None:
    """The six parts of an ARN pattern. Split on tokens, so that a variable's value keeps its characters literal."""
    parts: list[list[Any]] = [[]]
    for item in pattern.tokens:
        if item == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(item)
    return tuple(Glob(part) for part in parts) if len(parts) == 6 else None


def _null(text: str, _: Glob) -> Matcher:
    wanted = _truth(text)
    if wanted is None:
        raise MalformedValue(f"{text!r} is neither true nor false")
    return lambda _value: not wanted


_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "LessThan": lambda value, wanted: value < wanted,
    "LessThanEquals": lambda value, wanted: value <= wanted,
    "GreaterThan": lambda value, wanted: value > wanted,
    "GreaterThanEquals": lambda value, wanted: value >= wanted,
}


def _operators() -> dict[str, tuple[Operator, bool]]:
    positive = {
        "StringEquals": Operator("StringEquals", _string_equals, True),
        "StringEqualsIgnoreCase": Operator("StringEqualsIgnoreCase", _string_equals_ignore_case, True),
        "StringLike": Operator("StringLike", _string_like, True),
        "Bool": Operator("Bool", _bool, True),
        "BinaryEquals": Operator("BinaryEquals", _binary, False),
        "IpAddress": Operator("IpAddress", _ip_address, False),
        # "The ArnEquals and ArnLike condition operators behave identically."
        "ArnEquals": Operator("ArnLike", _arn_like, True),
        "ArnLike": Operator("ArnLike", _arn_like, True),
        "Null": Operator("Null", _null, False),
    }
    for suffix, compare in _COMPARISONS.items():
        positive[f"Numeric{suffix}"] = Operator(f"Numeric{suffix}", _numeric(compare), False)
        positive[f"Date{suffix}"] = Operator(f"Date{suffix}", _date(compare), False)
    negative = {
        "StringNotEquals": "StringEquals",
        "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
        "StringNotLike": "StringLike",
        "NumericNotEquals": "NumericEquals",
        "DateNotEquals": "DateEquals",
        "NotIpAddress": "IpAddress",
        "ArnNotEquals": "ArnEquals",
        "ArnNotLike": "ArnLike",
    }
    table = {name.lower(): (operator, False) for name, operator in positive.items()}
    table.update({name.lower(): (positive[of], True) for name, of in negative.items()})
    return table


_TABLE = _operators()


def find_operator(name: str) -> tuple[Operator, bool] | None:
    """The operator of a name without set operator and suffix, and whether the name negates it; None if unknown."""
    return _TABLE.get(name.lower())


def _number(text: str) -> Decimal | None:
    if len(text) > 64:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.ASCII,
)


def _moment(text: str) -> Decimal | None:
    """Seconds since the epoch of a W3C date-time, or of epoch seconds; None when it is neither."""
    match = _DATE.fullmatch(text)
    if not match:
        return _number(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=_zone(zone),
        )
    except ValueError:
        return None
    return Decimal(int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())) + Decimal(fraction or 0)


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
