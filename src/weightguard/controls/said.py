"""What a verdict says, as a value: a sentence with places, and what stands in them; and, last, the sentence itself.

Nothing is decided by what a sentence says. Whoever hides names, links them or groups verdicts by cause finds them in the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Union


@dataclass(frozen=True, slots=True)
class Ref:
    """Something of the audited estate or of the configuration, by the id, name or address that a sentence calls it by."""

    name: str


@dataclass(frozen=True, slots=True)
class Some:
    """Several things: those that are said, and how many are not."""

    items: tuple[Value, ...]
    more: int = 0
    between: str = ", "


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, or a part of one.

    Attributes:
        template: the sentence with the names of its places in braces; without values it is the sentence itself.
        values: what stands in the places.
    """

    template: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value = Union[None, str, int, float, Ref, Some, Said]  # noqa: UP007 - refers to what refers to it
Name = Callable[[Ref], str]


def said(template: str, /, **values: Value) -> Said:
    """A sentence, or a part of one, with what stands in its places."""
    return Said(template, values)


def some(items: Iterable[Value], most: int = 3, between: str = ", ") -> Some:
    """Several things, each once, in the order of their words: the first `most` of them."""
    found = {_word(item, by_name): item for item in items}
    order = sorted(found)
    return Some(tuple(found[word] for word in order[:most]), max(0, len(order) - most), between)


def refs(names: Iterable[object], most: int = 3) -> Some:
    """Several things of the estate by their ids or names, as `some` has them."""
    return some((Ref(str(name)) for name in names), most)


def each(items: Iterable[Value], between: str = "; ") -> Some:
    """Several things, all of them, in the order given."""
    return Some(tuple(items), between=between)


def by_name(ref: Ref) -> str:
    """What a thing is called where nothing is hidden."""
    return ref.name


def worded(message: Said, name: Name = by_name) -> str:
    """The sentence.

    Args:
        name: what each thing is called: its name, a pseudonym, a link.
    """
    if not message.values:
        return message.template
    return message.template.format(**{place: _word(value, name) for place, value in message.values.items()})


def _word(value: Value, name: Name) -> str:
    if isinstance(value, Ref):
        return name(value)
    if isinstance(value, Said):
        return worded(value, name)
    if isinstance(value, Some):
        more = f" and {value.more} more" if value.more else ""
        return value.between.join(_word(item, name) for item in value.items) + more
    return str(value)
