"""One thing that several states hold: it is recorded once, with what they agree on.

Which of two states is the newer one, their texts do not tell: what they say differently is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import Row, agreed, contradictory

_ATTACHED: Final[Mapping[str, str]] = {
    "iam.user": "ListAttachedUserPolicies",
    "iam.group": "ListAttachedGroupPolicies",
    "iam.role": "ListAttachedRolePolicies",
}
"""Kinds whose policies lie in the record itself -> the read that says whether all of them are there."""


def joined(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, those about one thing made one, in the order of the first."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = found.setdefault((row.kind, row.id), row)
        if known is not row:
            _join(known, row)
    yield from found.values()


def _join(known: Row, other: Row) -> None:
    for operation, read in other.reads.items():
        known.reads[operation] = agreed((known.reads.get(operation, read), read))
    if known.data != other.data:
        known.data = _both(known.data, other.data)
        if known.kind in _ATTACHED:
            known.reads[_ATTACHED[known.kind]] = contradictory()


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The members that both say alike, those that one alone says, and everything that their lists hold."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys((*one, *other)):
        first, second = one.get(name, other.get(name)), other.get(name, one.get(name))
        if isinstance(first, list) and isinstance(second, list):
            found[name] = [*first, *(item for item in second if item not in first)]
        elif first == second:
            found[name] = first
    return found
