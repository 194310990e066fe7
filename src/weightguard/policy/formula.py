"""What a decision hangs on: a boolean formula over tests of the request's context.

An auditor knows some of a request's context and not the rest. Instead of guessing, a decision carries the tests
that are still open, in a form that compares and hashes (so a graph can keep it on an edge), that simplifies
itself, and that prints in words.

    ALWAYS, NEVER                       settled
    Condition("aws:SourceVpce", "StringEquals", ("vpce-1",))
    AllOf(frozenset of parts), AnyOf(frozenset of parts)

A `Condition` means "this test, as the provider evaluates it, is met"; with `negated`, that it is not met. So
``StringNotEquals`` is the negated form of ``StringEquals`` (which is also right for an absent key), and an allow
under one meets a deny under the other as exact opposites.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Union

from weightguard.policy.pattern import glob

_MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Condition:
    """One open test of a context key.

    Args:
        key: the context key, spelled as the provider's documentation spells it.
        operator: the positive operator with its set operator and suffix, as ``ForAnyValue:StringLikeIfExists``.
        values: the policy's values, sorted; policy variables that are not known stay as ``${...}``.
        negated: whether the test must fail.
        needs: the context keys whose value would settle it, `key` among them unless it is known.
    """

    key: str
    operator: str
    values: tuple[str, ...]
    negated: bool = False
    needs: tuple[str, ...] = ()

    @property
    def is_met_by_absence(self) -> bool:
        """Whether a request without the key meets it."""
        if self.operator == "Null":
            return (self.values == ("true",)) is not self.negated
        met = self.operator.endswith("IfExists") or self.operator.startswith("ForAllValues:")
        return met is not self.negated


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold; with no part, always true."""

    parts: frozenset[Formula]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold; with no part, never true."""

    parts: frozenset[Formula]


Formula = Union[Condition, AllOf, AnyOf]  # noqa: UP007 - the classes refer to it before it exists

ALWAYS = AllOf(frozenset())
NEVER = AnyOf(frozenset())


def negation(formula: Formula) -> Formula:
    """The formula that holds exactly when this one does not."""
    if isinstance(formula, Condition):
        return replace(formula, negated=not formula.negated)
    if isinstance(formula, AllOf):
        return any_of(negation(part) for part in formula.parts)
    return all_of(negation(part) for part in formula.parts)


def all_of(parts: Iterable[Formula]) -> Formula:
    """The conjunction, simplified: ALWAYS and NEVER come out as those very objects."""
    flat: set[Formula] = set()
    for part in parts:
        if isinstance(part, AllOf):
            flat |= part.parts
        elif isinstance(part, AnyOf) and not part.parts:
            return NEVER
        else:
            flat.add(part)
    if not flat:
        return ALWAYS
    return _conjunction(flat)


def any_of(parts: Iterable[Formula]) -> Formula:
    """The disjunction, simplified: ALWAYS and NEVER come out as those very objects."""
    flat: set[Formula] = set()
    for part in parts:
        if isinstance(part, AnyOf):
            flat |= part.parts
        elif isinstance(part, AllOf) and not part.parts:
            return ALWAYS
        else:
            flat.add(part)
    if not flat:
        return NEVER
    return _disjunction(flat)


def _conjunction(parts: set[Formula]) -> Formula:
    if len(parts) == 1:
        return next(iter(parts))
    for _ in range(_MOST_ROUNDS):
        if _has_opposites(parts) or _at_odds(parts):
            return NEVER
        simpler = _reduced(parts, AnyOf)
        if simpler is None:
            return NEVER
        if simpler == parts:
            break
        parts = simpler
    return next(iter(parts)) if len(parts) == 1 else AllOf(frozenset(parts))


def _disjunction(parts: set[Formula]) -> Formula:
    if len(parts) == 1:
        return next(iter(parts))
    for _ in range(_MOST_ROUNDS):
        if _has_opposites(parts):
            return ALWAYS
        simpler = _reduced(parts, AllOf)
        if simpler is None:
            return ALWAYS
        if simpler == parts:
            break
        parts = simpler
    return next(iter(parts)) if len(parts) == 1 else AnyOf(frozenset(parts))


def _has_opposites(parts: set[Formula]) -> bool:
    return any(negation(part) in parts for part in parts if isinstance(part, Condition))


def _reduced(parts: set[Formula], inner: type[AllOf] | type[AnyOf]) -> set[Formula] | None:
    """Drop what the single conditions beside it make redundant; None when that empties an inner part.

    Inside a conjunction the inner parts are disjunctions: one that contains a condition that holds anyway is
    redundant, and an alternative that contradicts one is no alternative. A disjunction is the mirror image.
    """
    units = {part for part in parts if isinstance(part, Condition)}
    opposites = {negation(unit) for unit in units}
    compound = [part for part in parts if isinstance(part, inner)]
    result: set[Formula] = {part for part in parts if not isinstance(part, inner)}
    for part in compound:
        if part.parts & units or _absorbed(part, compound):
            continue
        remaining = part.parts - opposites
        if not remaining:
            return None
        result.update(_unwrapped(remaining, inner))
    return result


def _absorbed(part: AllOf | AnyOf, others: list[AllOf] | list[AnyOf] | list[AllOf | AnyOf]) -> bool:
    return any(other.parts < part.parts for other in others)


def _unwrapped(remaining: frozenset[Formula], inner: type[AllOf] | type[AnyOf]) -> Iterator[Formula]:
    if len(remaining) > 1:
        yield inner(remaining)
        return
    only = next(iter(remaining))
    if isinstance(only, Condition):
        yield only
    else:
        # Of the outer kind: its parts join the outer ones.
        yield from only.parts


_TEXTS = frozenset({"StringEquals", "Bool"})
_PATTERNS = frozenset({"StringLike", "ArnLike"})
_NEED_A_VALUE = frozenset({*_TEXTS, *_PATTERNS, "StringEqualsIgnoreCase", "IpAddress", "BinaryEquals"})


def _at_odds(parts: set[Formula]) -> bool:
    """Whether conditions on one key leave it no value: it is a and it is b, it is a and it is absent, a and not like a."""
    by_key: dict[str, list[Condition]] = {}
    for part in parts:
        if isinstance(part, Condition) and _is_settled(part):
            by_key.setdefault(part.key, []).append(part)
    return any(len(conditions) > 1 and _leaves_nothing(conditions) for conditions in by_key.values())


def _leaves_nothing(conditions: list[Condition]) -> bool:
    absent = any(one.operator == "Null" and _wants_absent(one) for one in conditions)
    if absent and any(one.operator in _NEED_A_VALUE and not one.negated for one in conditions):
        return True
    fixed = [set(one.values) for one in conditions if one.operator in _TEXTS and not one.negated]
    if not fixed:
        return False
    left = set.intersection(*fixed)
    return not any(all(_admits(one, value) for one in conditions) for value in left)


def _admits(condition: Condition, value: str) -> bool:
    """Whether a key with this one value meets a condition on texts; conditions of other kinds are left open."""
    if condition.operator in _TEXTS:
        return (value in condition.values) is not condition.negated
    if condition.operator not in _PATTERNS or any("${" in pattern for pattern in condition.values):
        return True
    if condition.operator == "ArnLike" and condition.negated:
        # Part by part an ARN matches less than as a whole, so a match as a whole rules nothing out.
        return True
    return any(glob(pattern).matches(value) for pattern in condition.values) is not condition.negated


def _is_settled(condition: Condition) -> bool:
    """Whether the condition's values hold no policy variable whose value is still open."""
    return condition.needs in ((), (condition.key,))


def _wants_absent(condition: Condition) -> bool:
    return (condition.values == ("true",)) is not condition.negated


def conditions_of(formula: Formula) -> Iterator[Condition]:
    """Every condition in the formula, each as often as it occurs."""
    if isinstance(formula, Condition):
        yield formula
        return
    for part in formula.parts:
        yield from conditions_of(part)


def keys_of(formula: Formula) -> tuple[str, ...]:
    """The context keys that the formula hangs on, sorted."""
    return tuple(sorted({key for condition in conditions_of(formula) for key in condition.needs}))


def alternatives(formula: Formula, limit: int = 64) -> tuple[tuple[Condition, ...], ...] | None:
    """The formula as alternatives, each a set of conditions that together suffice; None beyond `limit` of them.

    ALWAYS is one empty alternative, NEVER is none.
    """
    found = _alternatives(formula, limit)
    if found is None:
        return None
    minimal = [one for one in found if not any(other < one for other in found)]
    return _in_order(minimal)


def _in_order(sets: list[frozenset[Condition]]) -> tuple[tuple[Condition, ...], ...]:
    rows = [tuple(sorted(one, key=sort_key)) for one in sets]
    return tuple(sorted(rows, key=lambda row: [sort_key(condition) for condition in row]))


def _alternatives(formula: Formula, limit: int) -> set[frozenset[Condition]] | None:
    if isinstance(formula, Condition):
        return {frozenset((formula,))}
    if isinstance(formula, AnyOf):
        return _union(formula, limit)
    product: set[frozenset[Condition]] = {frozenset()}
    for part in formula.parts:
        inner = _alternatives(part, limit)
        if inner is None:
            return None
        product = {left | right for left in product for right in inner if _possible(left | right)}
        if len(product) > limit:
            return None
    return product


def _union(formula: AnyOf, limit: int) -> set[frozenset[Condition]] | None:
    union: set[frozenset[Condition]] = set()
    for part in formula.parts:
        inner = _alternatives(part, limit)
        if inner is None:
            return None
        union |= inner
    return union if len(union) <= limit else None


def _possible(conditions: frozenset[Condition]) -> bool:
    parts: set[Formula] = set(conditions)
    return not _has_opposites(parts) and not _at_odds(parts)


def sort_key(formula: Formula) -> tuple[str, ...]:
    """A total order over formulas, so that everything printed comes out in one order."""
    if isinstance(formula, Condition):
        return ("0", formula.key.lower(), formula.operator, str(formula.negated), *formula.values)
    kind = "1" if isinstance(formula, AllOf) else "2"
    return (kind, *(text for part in sorted(map(sort_key, formula.parts)) for text in part))
