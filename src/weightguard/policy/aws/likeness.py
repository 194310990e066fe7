"""Compare a policy's values with a value of the request that is known only in part, as patterns: yes, no, or open.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from weightguard.policy.aws.context import Partly
from weightguard.policy.aws.operators import arn_patterns
from weightguard.policy.pattern import Glob, glob, is_pattern

Resolved = tuple[str, Glob]
"""A policy's value as a literal text, and as a pattern."""
_ARN_PARTS: Final = 6


def compares_texts(operator: str) -> bool:
    """Whether an operator compares texts, so that patterns say something about it."""
    return operator in _COMPARISONS


def likeness(operator: str, wanted: Sequence[Resolved], known: Partly) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the known value is one of the wanted ones, and the wanted texts that this hangs on; None: it hangs on them."""
    compare = _COMPARISONS[operator]
    sides = [[compare(one, pattern) for one in wanted] for pattern in known.patterns]
    if all(True in row for row in sides):
        return True, ()
    if all(set(row) <= {False} for row in sides):
        return False, ()
    open_texts = {
        text for row in sides for (text, _), side in zip(wanted, row, strict=True) if side is not False
    }
    return None, tuple(sorted(open_texts))


def _equals(wanted: Resolved, known: str) -> bool | None:
    return _side(Glob(wanted[0]), glob(known))


def _equals_in_any_case(wanted: Resolved, known: str) -> bool | None:
    return _side(Glob(wanted[0].lower()), glob(known.lower()))


def _like(wanted: Resolved, known: str) -> bool | None:
    return _side(wanted[1], glob(known))


def _arn_like(wanted: Resolved, known: str) -> bool | None:
    """Part by part, where the colons of the known value are certain; a part with a wildcard may hold a colon, else."""
    if wanted[1].matches_all:
        return True
    parts = known.split(":", _ARN_PARTS - 1)
    patterns = arn_patterns(wanted[1])
    if patterns is None:
        return False
    if len(parts) < _ARN_PARTS or any(is_pattern(part) for part in parts[:-1]):
        return None if wanted[1].overlaps(glob(known)) else False
    sides = [_side(one, glob(part)) for one, part in zip(patterns, parts, strict=True)]
    if False in sides:
        return False
    return None if None in sides else True


def _side(wanted: Glob, known: Glob) -> bool | None:
    """Whether every text of the known pattern is wanted, none of them, or only some."""
    if wanted.covers(known):
        return True
    return None if wanted.overlaps(known) else False


_COMPARISONS: Final[dict[str, Callable[[Resolved, str], bool | None]]] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_in_any_case,
    "StringLike": _like,
    "ArnLike": _arn_like,
}
