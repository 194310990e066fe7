"""What a value that nobody knows before apply makes unknown: the facts of the estate that would be others if it were another.

The resources are read as they are with the value left out, and again with values in its place. A fact that is not the same then
rests on it, and becomes an unknown whose reason says so, before any control is asked. A value whose place nothing shows (it says
on whom something hangs) leaves a gap in everything that it could be about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Final

from weightguard.access.graph import build
from weightguard.access.model import Access
from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import Estate
from weightguard.memory import Memory
from weightguard.plan.after import DOCUMENTS, Waiting
from weightguard.plan.identities import leaf_of
from weightguard.plan.sides import Mark, Sides, Standing

_MOST: Final = 12
"""Values that are supposed one by one; of more, all are supposed at once and each is taken to bear on all that changes."""
_SAID: Final = "known-after-apply"
_SUPPOSED: Final[tuple[Any, ...]] = (_SAID, True, [_SAID], [{}])
_NOTHING: Final = '{"Version":"2012-10-17","Statement":[]}'
_ABOUT: Final = (
    ("_iam_", "principals"), ("role_", "principals"), ("azuread_", "principals"), ("_kms_", "keys"), ("_key", "keys"),
    ("bucket", "stores"), ("storage", "stores"),
)  # fmt: skip
"""A part of a type's name -> what of the estate its resources hang on."""


@dataclass(frozen=True, slots=True)
class Late:
    """A value that is known after apply alone, of one resource.

    Attributes:
        code: how facts that rest on it name it.
    """

    mark: Mark
    waiting: Waiting

    @property
    def code(self) -> str:
        """Address and attribute."""
        return f"{self.waiting.address}.{self.waiting.attribute}"


@dataclass(slots=True)
class Marked:
    """The estate after, with what rests on late values unknown.

    Attributes:
        late: the values, each under its code.
        without: the same where late values say nothing: a policy that is not known yet grants nothing and denies nothing.
    """

    estate: Estate
    access: Access
    without: Standing
    late: Mapping[str, Late] = field(default_factory=dict)


class _Asked(dict[str, Any]):
    """Attributes that note whether one of them was looked at."""

    def __init__(self, values: Mapping[str, Any], watched: str) -> None:
        super().__init__(values)
        self.watched, self.asked = watched, False

    def get(self, name: str, default: Any = None) -> Any:
        """As a dictionary's."""
        self.asked = self.asked or name == self.watched
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked = self.asked or name == self.watched
        return super().__getitem__(name)


def marked(sides: Sides) -> Marked:
    """The estate after everything was applied."""
    plain = sides.after
    late = [Late(mark, one) for mark in sides.touched for one in sides.waiting.get(mark, ())]
    if not late:
        return Marked(plain.estate, plain.access, plain)
    estate = plain.estate
    groups = [[one] for one in late] if len(late) <= _MOST else [late]
    for group in groups:
        estate = _without(estate, plain.estate, sides, group)
    estate = replace(estate, memory=Memory())
    return Marked(
        estate, build(estate, plain.providers), _saying_nothing(sides, late), {one.code: one for one in late}
    )


def _saying_nothing(sides: Sides, late: list[Late]) -> Standing:
    values: dict[Mark, Mapping[str, Any]] = {}
    for one in late:
        if leaf_of(one.waiting.path) in DOCUMENTS:
            held = values.get(one.mark, sides.values(one.mark))
            values[one.mark] = _put(held, one.waiting.path, _NOTHING)
    return sides.supposed(values) if values else sides.after


def _without(estate: Estate, plain: Estate, sides: Sides, group: list[Late]) -> Estate:
    """The estate where what rests on some values is unknown."""
    code = "; ".join(one.code for one in group)
    found, asked = estate, False
    for supposed in _SUPPOSED:
        values = {
            one.mark: _Asked(
                _put(sides.values(one.mark), one.waiting.path, supposed), str(one.waiting.path[0])
            )
            for one in group
        }
        for one in group[1:]:
            held = values[one.mark]
            values[one.mark] = _Asked(_put(held, one.waiting.path, supposed), held.watched)
        other = sides.supposed(values).estate
        asked = asked or any(held.asked for held in values.values())
        found = _compared(found, plain, other, code)
    if found is estate and asked:
        return _gap(estate, group, code)
    return found


def _put(values: Any, path: tuple[str | int, ...], supposed: Any) -> Any:
    """Attributes with a value at a path."""
    if not path:
        return supposed
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        items = list(values) if isinstance(values, list) else []
        if first < len(items):
            items[first] = _put(items[first], rest, supposed)
        else:
            items.append(_put(None, rest, supposed))
        return items
    held = dict(values) if isinstance(values, Mapping) else {}
    held[first] = _put(held.get(first), rest, supposed)
    return held


def _gap(estate: Estate, group: Iterable[Late], code: str) -> Estate:
    """The estate with a gap in what the values could be about."""
    names = {
        next((name for part, name in _ABOUT if part in one.waiting.address), "principals") for one in group
    }
    more: dict[str, Any] = {}
    for name in sorted(names):
        held: Collection[Any] = getattr(estate, name)
        source = Source.named("terraform", "Plan", code)
        more[name] = Collection(held.items, (*held.gaps, Unknown(Reason.AFTER_APPLY, source, code)))
    return replace(estate, **more)


# Where two estates differ


def _compared(estate: Estate, plain: Estate, other: Estate, code: str) -> Estate:
    """The estate with every fact unknown in which two readings of it differ."""
    more: dict[str, Any] = {}
    for one in fields(Estate):
        held = getattr(estate, one.name)
        if isinstance(held, Collection):
            found = _collection(held, getattr(plain, one.name), getattr(other, one.name), code)
            if found is not held:
                more[one.name] = found
    resources = dict(estate.resources)
    for kind in dict.fromkeys((*plain.resources, *other.resources)):
        held = resources.get(kind, Collection())
        found = _collection(
            held, plain.resources.get(kind, Collection()), other.resources.get(kind, Collection()), code
        )
        if found is not held:
            resources[kind] = found
    if any(resources[kind] is not estate.resources.get(kind) for kind in resources):
        more["resources"] = resources
    return replace(estate, **more) if more else estate


def _collection(
    held: Collection[Any], plain: Collection[Any], other: Collection[Any], code: str
) -> Collection[Any]:
    one, two = ({item.id: item for item in items if hasattr(item, "id")} for items in (plain, other))
    changed = {name: item for name, item in one.items() if name in two and item != two[name]}
    items = tuple(
        _item(item, changed[item.id], two[item.id], code) if getattr(item, "id", None) in changed else item
        for item in held
    )
    odd = sorted(one.keys() ^ two.keys())
    gaps = tuple(
        Unknown(Reason.AFTER_APPLY, Source.named("terraform", "Plan", name), code) for name in odd[:1]
    )
    if all(new is old for new, old in zip(items, held, strict=True)) and not gaps:
        return held
    return Collection(items, (*held.gaps, *(gap for gap in gaps if gap not in held.gaps)))


def _item(held: Any, plain: Any, other: Any, code: str) -> Any:
    """A thing with every fact unknown in which two readings of it differ."""
    more = dict(_facts(held, plain, other, code))
    return replace(held, **more) if more else held


def _facts(held: Any, plain: Any, other: Any, code: str) -> Iterator[tuple[str, Any]]:
    for one in fields(held):
        value, first, second = (getattr(item, one.name) for item in (held, plain, other))
        if first == second:
            continue
        if isinstance(first, Known | Unknown):
            yield one.name, _late(first, code)
        elif isinstance(first, Mapping) and isinstance(second, Mapping):
            yield one.name, _mapped(value, first, second, code)
        elif isinstance(first, Collection) and isinstance(second, Collection):
            yield one.name, _collection(value, first, second, code)
        elif is_dataclass(first) and type(first) is type(second):
            yield one.name, _item(value, first, second, code)


def _mapped(
    held: Mapping[str, Any], plain: Mapping[str, Any], other: Mapping[str, Any], code: str
) -> dict[str, Any]:
    found = dict(held)
    for name in dict.fromkeys((*plain, *other)):
        first, second = plain.get(name), other.get(name)
        if first != second and isinstance(known := first or second, Known | Unknown):
            found[name] = _late(known, code)
    return found


def _late(fact: Known[Any] | Unknown, code: str) -> Unknown:
    return Unknown(Reason.AFTER_APPLY, fact.source, code)
