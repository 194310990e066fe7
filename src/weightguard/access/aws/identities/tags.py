"""Tags that somebody who may set them would choose: found in what a decision hangs on, to be decided again as chosen.

A choice is only a proposal: whoever uses it asks the engine again with the chosen tags, and whether setting just these is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from weightguard.policy.aws import Condition, ContextValue, Formula, alternatives
from weightguard.policy.formula import conditions_of

Tags = Mapping[str, str | None]
"""Tags to set, by key; None for one to take away."""

_MOST_ALTERNATIVES: Final = 64
_MOST_CHOICES: Final = 16
_ANY_VALUE: Final = "weightguard"
_UNRESOLVED: Final = "${"


def choices(formula: Formula, prefixes: tuple[str, ...]) -> Iterator[Tags]:
    """Sets of tags, any of which may make a formula hold; each once.

    Args:
        formula: what a decision hangs on while the tags are left open.
        prefixes: the context keys of the tags in question up to their own key, in lower case, as ``aws:resourcetag/``.
    """
    seen: list[Tags] = []
    for row in (alternatives(formula, _MOST_ALTERNATIVES) or ())[:_MOST_CHOICES]:
        chosen = chosen_for(row, prefixes)
        if chosen and chosen not in seen:
            seen.append(chosen)
            yield chosen


def named_values(formula: Formula, key: str) -> tuple[str, ...]:
    """Values that the tests of a context key (in lower case) in a formula name, each as a text that meets its test."""
    tests = [one for one in conditions_of(formula) if one.key.lower() == key and _names(one)]
    return tuple(dict.fromkeys(_concrete(one, text) for one in tests for text in one.values))


def request_context(tags: Tags) -> dict[str, ContextValue]:
    """What a request that sets these tags says of them."""
    return {
        "aws:TagKeys": tuple(tags) or None,
        **{f"aws:RequestTag/{key}": value for key, value in tags.items() if value is not None},
    }


def applied(tags: Mapping[str, str], chosen: Tags) -> dict[str, str]:
    """Tags as they are after the choice. Keys are told apart by case alone where the provider does so; policies do not."""
    replaced = {key.lower() for key in chosen}
    kept = {key: value for key, value in tags.items() if key.lower() not in replaced}
    return kept | {key: value for key, value in chosen.items() if value is not None}


def chosen_for(row: Iterable[Condition], prefixes: tuple[str, ...]) -> Tags:
    """The tags that meet some tests at once, as far as they say which."""
    tests: dict[str, list[Condition]] = {}
    for one in row:
        prefix = next((text for text in prefixes if one.key.lower().startswith(text)), None)
        if prefix is not None:
            tests.setdefault(one.key[len(prefix) :], []).append(one)
    return {key: _value(found) for key, found in tests.items()}


def _value(tests: list[Condition]) -> str | None:
    """A value that meets the tests of one tag as far as they say which; None where it has to be absent."""
    if any(_wants_absent(one) for one in tests):
        return None
    offered = [[_concrete(one, text) for text in one.values] for one in tests if _names(one)]
    common = [text for text in offered[0] if all(text in other for other in offered)] if offered else []
    return next(iter([*common, *(text for texts in offered for text in texts)]), _ANY_VALUE)


def _operator(test: Condition) -> str:
    return test.operator.rpartition(":")[2].removesuffix("IfExists")


def _wants_absent(test: Condition) -> bool:
    return _operator(test) == "Null" and ("true" in test.values) is not test.negated


def _names(test: Condition) -> bool:
    """Whether the test names the values that meet it."""
    return (
        not test.negated
        and _operator(test) != "Null"
        and not any(_UNRESOLVED in text for text in test.values)
    )


def _concrete(test: Condition, text: str) -> str:
    """A text that a policy's value takes."""
    return text.replace("*", _ANY_VALUE).replace("?", "x") if _operator(test).endswith("Like") else text
