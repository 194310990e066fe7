"""Objects that stand for all under a prefix: one for every way in which policies tell names of objects apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.gcp.context import Context
from weightguard.access.gcp.setters import texts_in
from weightguard.policy.formula import keys_of
from weightguard.policy.gcp.conditions import Attributes, Truth, holds
from weightguard.policy.gcp.names import attributes, lineage, relative

OBJECTS: Final = "/objects/"
_FOLDERS: Final = "/managedFolders/"
_NAME: Final = "resource.name"
_DEFAULT_NAME: Final = "weights"
_MOST: Final = 64


class Examples:
    """The objects that questions about a bucket are put for.

    Args:
        context: the estate, prepared.
    """

    def __init__(self, context: Context) -> None:
        self._policies = context.who.policies
        self._candidates = context.who.candidates
        self._told = {"request.time": context.estate.collected_at} if context.estate.collected_at else {}
        self._about_names: dict[str, bool] = {}
        self._found: dict[tuple[str, str], tuple[str, ...]] = {}
        self._folders: dict[str, list[str]] = {}
        for place in self._policies.bindings:
            bucket, mark, folder = place.removeprefix("buckets/").partition(_FOLDERS)
            if mark:
                self._folders.setdefault(bucket, []).append(folder)

    def of(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """Objects under a prefix, as resources; one for all that no policy which bears on the bucket tells apart."""
        key = (bucket, prefix)
        if key not in self._found:
            conditions = tuple(self._conditions(bucket))
            names = dict.fromkeys([f"{prefix}{_DEFAULT_NAME}" if prefix[-1:] in ("", "/") else prefix])
            for written in self._written(bucket, conditions):
                names.update(dict.fromkeys(_example(written, bucket, prefix)))
            objects = [f"buckets/{bucket}{OBJECTS}{name}" for name in names]
            self._found[key] = tuple(self._distinct(objects, conditions) if len(objects) > 1 else objects)[
                :_MOST
            ]
        return self._found[key]

    def _distinct(self, objects: list[str], conditions: tuple[str, ...]) -> Iterator[str]:
        """The first of those objects for which every condition says the same, and which lie in the same folders."""
        seen: set[tuple[tuple[str, ...], tuple[Truth, ...]]] = set()
        for one in objects:
            places = tuple(
                place
                for place in lineage(one, self._policies.parents)
                if _FOLDERS in place and place in self._policies.bindings
            )
            told = Attributes({**attributes(one), **self._told}, None, open=True, about_now=True)
            inside = (condition for place in places for condition in self._of_folder(place))
            said = tuple(holds(each, told, self._policies.memory) for each in (*conditions, *inside))
            if (places, said) not in seen:
                seen.add((places, said))
                yield one

    def _of_folder(self, place: str) -> Iterator[str]:
        for one in self._policies.bindings[place]:
            if one.condition is not None and self._hangs_on_names(one.condition):
                yield one.condition

    def _conditions(self, bucket: str) -> Iterator[str]:
        """The conditions over a bucket that hang on an object's name, each once."""
        resource = f"buckets/{bucket}"
        found = dict.fromkeys(condition for _, condition in self._candidates.conditional(resource))
        above = set(lineage(resource, self._policies.parents))
        for policy in self._policies.denials:
            if policy.attached_to in above:
                found.update(dict.fromkeys(rule.condition for rule in policy.rules if rule.condition))
        yield from filter(self._hangs_on_names, found)

    def _hangs_on_names(self, condition: str) -> bool:
        found = self._about_names.get(condition)
        if found is None:
            told = {
                key: each for key, each in attributes(f"buckets/b{OBJECTS}o").items() if key != _NAME
            } | self._told
            said = holds(condition, Attributes(told, None, open=True, about_now=True), self._policies.memory)
            found = _NAME in {*keys_of(said.true), *keys_of(said.false)}
            self._about_names[condition] = found
        return found

    def _written(self, bucket: str, conditions: tuple[str, ...]) -> Iterator[str]:
        """The texts in conditions that bear on a bucket, and its managed folders."""
        for one in conditions:
            yield from texts_in(one)
        for folder in self._folders.get(bucket, ()):
            yield f"projects/_/buckets/{bucket}{OBJECTS}{folder}/"
            for condition in self._of_folder(f"buckets/{bucket}{_FOLDERS}{folder}"):
                yield from texts_in(condition)


def _example(written: str, bucket: str, prefix: str) -> Iterator[str]:
    """Names of objects that a text in a condition may be about."""
    start, mark, name = relative(written).partition(OBJECTS)
    if mark and start == f"buckets/{bucket}":
        if name.startswith(prefix):
            yield from (name, f"{name}{_DEFAULT_NAME}") if name else ()
        elif prefix.startswith(name):
            yield f"{prefix}{_DEFAULT_NAME}"
    elif "/" not in written.strip("/") or written.startswith("."):
        yield f"{prefix}{_DEFAULT_NAME}{written}"
