"""Prefixes that nothing tells from the whole store: who may do something to all of its objects may do it to theirs, and so back.

A policy sees an object through the values of Resource and NotResource, and the use of its key through the encryption context.
Where each value that could be about an object of a store is about all of them, and nobody looks at the context, one question
serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.readings import Reading
from weightguard.access.aws.stores.alterations import new_point
from weightguard.access.aws.stores.mentioned import trusted_makers
from weightguard.access.aws.stores.resource_patterns import Wild, beginning, may_name_store
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.policy.pattern import Glob, glob, is_pattern

_EVERYTHING = "*"


class Prefixes:
    """Finds the place that a question about a prefix is the same for.

    Args:
        population: everybody, with every policy that anybody carries or may come to carry.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._read = dict.fromkeys(population.readings)
        self._given = 0
        self._index()

    def widest(self, place: StoreSurface, whole: StoreSurface) -> StoreSurface:
        """The whole store, where nothing tells a place in it from that; else the place."""
        if place is whole or place.store is None:
            return place
        self._take_in(self._population.givable)
        key = place.itself
        if key not in self._alike:
            self._alike[key] = self._is_alike(place, whole)
        return whole if self._alike[key] else place

    def _take_in(self, givable: Sequence[Reading]) -> None:
        """What somebody may come to carry is found on the way; most of it is known."""
        if self._given < len(givable):
            known = len(self._read)
            self._read.update(dict.fromkeys(givable[self._given :]))
            self._given = len(givable)
            if len(self._read) > known:
                self._index()

    def _index(self) -> None:
        said = [one for reading in self._read for one in reading.said]
        self._fixed = Wild(_within_stores(one.patterns for one in said if not one.has_variables))
        self._varying = Wild(_within_stores(one.patterns for one in said if one.has_variables))
        self._by_context = any(one.looks_at_contexts for one in said)
        self._alike: dict[tuple[object, ...], bool] = {}

    def _is_alike(self, place: StoreSurface, whole: StoreSurface) -> bool:
        keys = (whole.key, whole.default, *whole.wrapping)
        if (place.key, place.default, *place.wrapping) != keys:
            return False
        wrapped = [key for key in keys if key is not None]
        if wrapped and (self._by_context or any(one.is_bound for key in wrapped for one in key.grants)):
            return False
        return not any(self._is_divided(objects) for objects in _names_of_objects(whole))

    def _is_divided(self, objects: str) -> bool:
        """Whether some policy is about some of these objects, and not about others."""
        start, every = beginning(objects), glob(objects)
        return any(one.overlaps(every) for _, one in self._varying.near(start)) or any(
            _divides(one, every) for _, one in self._fixed.near(start)
        )


def _divides(pattern: Glob, every: Glob) -> bool:
    return pattern.overlaps(every) and not pattern.covers(every)


def _within_stores(patterns: Iterable[frozenset[str]]) -> list[str]:
    """Those that may be about some objects of a store and not about others."""
    every = dict.fromkeys(pattern for held in patterns for pattern in held)
    return [one for one in every if may_name_store(one) and not _is_of_whole_stores(one)]


def _is_of_whole_stores(pattern: str) -> bool:
    """Whether it is plainly about all objects of each store that it is about, or about none."""
    start, slash, key = pattern.partition("/")
    if is_pattern(start):
        return not slash and start == f"{beginning(start)}{_EVERYTHING}"
    return not slash or key == _EVERYTHING


def _names_of_objects(whole: StoreSurface) -> Iterator[str]:
    """What policies may call all objects of a store: by itself, and by each access point that it has or may be given."""
    yield whole.objects
    for point in whole.points:
        yield f"{point.arn}/object/*"
    for account in (whole.account, *trusted_makers(whole)):
        yield f"{new_point(whole, account)}/object/*"
