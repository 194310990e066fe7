"""Which weight sets are copies of each other: by content, whatever they are called and wherever they lie.

Two files are one when their sizes agree and so does the store's own mark of their content, or the digest of their headers; where
both marks are digests of the content and differ, they are two (Amazon S3, "Checking object integrity": an ETag is the MD5 of an
object that was written in one piece and is not encrypted with a key of KMS or of the customer).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from weightguard.weights.model import WeightFile, WeightSet
from weightguard.weights.sketch import disjoint

_MD5 = re.compile(r"^[0-9a-f]{32}$")
_MOST_HELD = 8
"""Files of one mark that others are held against: the copies of a file that everybody has are all copies of the first."""
_ALIKE = 1.5

Mark = tuple[str, int, str]


def copies(weight_sets: Iterable[WeightSet]) -> Mapping[str, tuple[str, ...]]:
    """The other sets of the same content, by id; a set without copies is left out.

    Sets are copies when the files that they share are at least half of the smaller one: a shard of a model is a copy of it.
    """
    found = list(weight_sets)
    sizes = [sum(file.bytes for file in one.files) for one in found]
    groups = _Groups(len(found))
    held: dict[Mark, list[tuple[int, WeightFile]]] = defaultdict(list)
    for index, one in enumerate(found):
        for other, shared in _shared(one, held).items():
            if shared and shared * 2 >= min(sizes[index], sizes[other]):
                groups.join(other, index)
        for file in one.files:
            for mark in _marks(file):
                if len(held[mark]) < _MOST_HELD:
                    held[mark].append((index, file))
    return {
        found[index].id: tuple(sorted(found[other].id for other in group if other != index))
        for group in groups.of_several()
        for index in group
    }


class _Groups:
    """Numbers that are joined to groups (union-find)."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def _root(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def join(self, left: int, right: int) -> None:
        """Put the groups of two numbers together."""
        self._above[self._root(right)] = self._root(left)

    def of_several(self) -> Sequence[Sequence[int]]:
        """The groups of more than one."""
        groups: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._above)):
            groups[self._root(number)].append(number)
        return [group for group in groups.values() if len(group) > 1]


def _shared(one: WeightSet, held: Mapping[Mark, list[tuple[int, WeightFile]]]) -> dict[int, int]:
    """Bytes of this set's files that earlier sets have, by set; a file counts once for each."""
    shared: dict[int, int] = defaultdict(int)
    for file in one.files:
        others = {
            other for mark in _marks(file) for other, known in held.get(mark, ()) if not _differ(file, known)
        }
        for other in others:
            shared[other] += file.bytes
    return shared


def _marks(file: WeightFile) -> Iterator[Mark]:
    if file.etag:
        yield "etag", file.bytes, file.etag
    if file.content:
        yield "content", file.bytes, file.content


def _differ(left: WeightFile, right: WeightFile) -> bool:
    """Whether two files are known to differ though their headers are equal: two checkpoints of one architecture."""
    marks = (left.etag or "", right.etag or "")
    return marks[0] != marks[1] and all(_MD5.match(mark) for mark in marks)


def unlike(left: WeightSet, right: WeightSet) -> bool:
    """Whether two sets cannot be one model: no tensor name in common, or quite another number of parameters."""
    if left.format == right.format and disjoint(left.sketch, right.sketch):
        return True
    if not left.parameters or not right.parameters:
        return False
    return max(left.parameters, right.parameters) > _ALIKE * min(left.parameters, right.parameters)
