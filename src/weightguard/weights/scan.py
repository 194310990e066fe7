"""Classifying one store: which objects to read, and what every object is.

    scan = StoreScan(store)
    for obj in listing: scan.offer(obj)                  # first pass, streamed
    for obj in scan.plan(): scan.settle(obj, examine(obj, read))     # may run in threads
    for row in scan.rows(listing): ...                   # second pass over the same listing, streamed
    sets = assemble(rows)

Memory grows with candidates (bounded), not with objects.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator

from weightguard.weights.claims import Candidate, Claim, Claims, folder
from weightguard.weights.grouping import resolve
from weightguard.weights.model import SMALLEST, Examined, FileVerdict, ListedObject, ObjectRow
from weightguard.weights.names import Hint, extension, hint, part_of, tier
from weightguard.weights.sets import row_note
from weightguard.weights.sketch import written

READ_BUDGET = 10_000
"""Objects of one store whose headers are read, unless the caller says otherwise."""
_MAX_NAMED = 100_000
_FOLDER_TURN = 8
_ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE", "Archive"})
# Google's class ARCHIVE is not among them: its objects are read at once, at a price ("Storage classes").
# Bytes that say nothing of their own; the file's neighbours tell what it is.
_SAYS_NOTHING = frozenset({"opaque", "damaged", "partial"})
_STATES: dict[Examined, str] = {
    "unfinished": "an upload that was not completed",
    "old_version": "deleted; older versions are left",
}
_STRENGTHS = {"marker": 0, "strong": 1, "weak": 2}


def _interesting(key: str, verdict: FileVerdict) -> bool:
    """Whether an object without a telling name has a part in grouping."""
    if verdict.format is not None or verdict.examined != "header":
        return True
    if verdict.traits & {"addresses", "manifest"}:
        return True
    return "raw" in verdict.traits and part_of(key.rsplit("/", 1)[-1]) is not None


def _plan_order(entry: tuple[int, int, str, ListedObject]) -> tuple[int, int, str]:
    return -entry[0], -entry[1], entry[2]


class StoreScan:
    """The state of classifying one store. `offer`, `plan` and `rows` are called from one thread; `settle` from any.

    Args:
        store: the store's identifier (for S3 the bucket's ARN).
        budget: how many objects may be examined.
    """

    def __init__(self, store: str, *, budget: int = READ_BUDGET) -> None:
        self.store = store
        self._budget = max(0, budget)
        self._named: dict[str, tuple[ListedObject, Hint]] = {}
        self._other: list[tuple[int, int, str, ListedObject]] = []
        self._contexts: set[str] = set()
        self._verdicts: dict[str, FileVerdict] = {}
        self._objects: dict[str, ListedObject] = {}
        self._planned: set[str] = set()

    def offer(self, obj: ListedObject) -> None:
        """Take notice of a listed object."""
        if obj.state is not None:
            return
        at = obj.key.find("/context/")
        if at >= 0 and len(self._contexts) < _MAX_NAMED:
            self._contexts.add(obj.key[: at + 1])
        elif obj.key.startswith("context/"):
            self._contexts.add("")
        found = hint(obj.key)
        if found is not None and (len(self._named) < _MAX_NAMED):
            self._named[obj.key] = (obj, found)
        elif obj.bytes >= SMALLEST and self._budget:
            self._keep_other(obj)

    def _keep_other(self, obj: ListedObject) -> None:
        """Keep as many unnamed objects as could be read: unknown kinds before media before text, large before small."""
        entry = (-tier(obj.key), obj.bytes, obj.key, obj)
        if len(self._other) < self._budget:
            heapq.heappush(self._other, entry)
        elif entry[:3] > self._other[0][:3]:
            heapq.heapreplace(self._other, entry)

    def plan(self) -> list[ListedObject]:
        """The objects to examine, most telling first, within the budget.

        Every folder gets a few reads before any gets many, and a quarter of the budget is kept for objects whose names say
        nothing. Archived objects cannot be read and are left out.
        """
        named = [
            obj for obj in self._in_turns() if obj.bytes >= SMALLEST and obj.storage_class not in _ARCHIVED
        ]
        other = [
            entry[3]
            for entry in sorted(self._other, key=_plan_order)
            if entry[3].storage_class not in _ARCHIVED
        ]
        share = max(self._budget - len(other), self._budget * 3 // 4)
        chosen = named[:share]
        chosen += other[: self._budget - len(chosen)]
        self._planned = {obj.key for obj in chosen}
        return chosen

    def _in_turns(self) -> list[ListedObject]:
        turns: Counter[tuple[str, str]] = Counter()
        ordered: list[tuple[int, int, str, ListedObject]] = []
        for key, (obj, found) in sorted(self._named.items()):
            place = (folder(key), extension(key))
            ordered.append((turns[place] // _FOLDER_TURN, _STRENGTHS[found.strength], key, obj))
            turns[place] += 1
        return [entry[3] for entry in sorted(ordered, key=lambda entry: entry[:3])]

    def settle(self, obj: ListedObject, verdict: FileVerdict) -> None:
        """Record what examining an object gave."""
        self._verdicts[obj.key] = verdict
        self._objects[obj.key] = obj

    def forget(self, obj: ListedObject) -> None:
        """Leave out an object that is not there any more."""
        self._named.pop(obj.key, None)

    def rows(self, objects: Iterable[ListedObject]) -> Iterator[ObjectRow]:
        """Classify every object of the listing, streamed past a second time."""
        candidates = self._candidates()
        claims = resolve(self.store, candidates, frozenset(self._contexts))
        for obj in objects:
            yield self._row(obj, candidates.get(obj.key), claims)

    def _candidates(self) -> dict[str, Candidate]:
        candidates = {
            key: Candidate(obj, found, self._verdicts.get(key), obj.storage_class in _ARCHIVED)
            for key, (obj, found) in sorted(self._named.items())
        }
        for key, verdict in sorted(self._verdicts.items()):
            if key not in candidates and _interesting(key, verdict):
                candidates[key] = Candidate(self._objects[key], None, verdict)
        return candidates

    def _row(self, obj: ListedObject, candidate: Candidate | None, claims: Claims) -> ObjectRow:
        if obj.state is not None:
            return self._without_object(obj, obj.state)
        verdict = self._verdicts.get(obj.key)
        claim = claims.find(obj.key)
        pointer = verdict is not None and verdict.format == "pointer"
        if claim is None or pointer:
            return ObjectRow(
                self.store, obj.key, obj.bytes, "pointer" if pointer else None, "header" if pointer else None, None, None,
                verdict.note if verdict else None, obj.last_modified, obj.storage_class, self._examined(obj, verdict),
            )  # fmt: skip
        return self._member(obj, verdict, candidate, claim)

    def _without_object(self, obj: ListedObject, state: Examined) -> ObjectRow:
        return ObjectRow(
            self.store, obj.key, obj.bytes, None, None, None, None, _STATES.get(state), obj.last_modified,
            obj.storage_class, state,
        )  # fmt: skip

    def _member(
        self, obj: ListedObject, verdict: FileVerdict | None, candidate: Candidate | None, claim: Claim
    ) -> ObjectRow:
        effective = candidate.effective if candidate else None
        confidence = (
            effective.confidence if effective and effective.confidence == "header" else claim.confidence
        )
        role = "weights" if claim.role == "weights" else claim.role
        note = row_note(role, claim.note or (effective.note if effective else None))
        return ObjectRow(
            self.store, obj.key, obj.bytes, claim.format, confidence, claim.set_id,
            verdict.parameters if verdict else None, note, obj.last_modified, obj.storage_class,
            self._examined(obj, verdict, claimed=True), obj.etag, verdict.content if verdict else None,
            written(verdict.sketch) if verdict else None,
        )  # fmt: skip

    def _examined(self, obj: ListedObject, verdict: FileVerdict | None, *, claimed: bool = False) -> Examined:
        if verdict is not None:
            by_place = claimed and verdict.format is None and verdict.examined in _SAYS_NOTHING
            return "name" if by_place else verdict.examined
        if obj.bytes < SMALLEST:
            return "not_needed"
        return "archived" if obj.storage_class in _ARCHIVED else "budget"
