"""What a check is handed and what it answers.

A check is a function ``(subject, context) -> Verdict`` in `weightguard.checks`. It reads facts through the
context, which notes every one of them as evidence; reading a fact that is not known stops the check, and the
engine answers `unknown` with the reason. The author of a check therefore writes neither evidence nor the
handling of gaps, and cannot forget either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from weightguard.access.model import Access, AccessKind, Cut, Paths, WhoCan
from weightguard.controls.declared import Declarations, DeclaredModel
from weightguard.controls.disclosure import Disclosure
from weightguard.controls.said import Said, Value
from weightguard.controls.schema import Status
from weightguard.estate.fact import Collection, Fact, Known, Source, Unknown
from weightguard.estate.limit import Limit
from weightguard.estate.model import Estate

MAXIMUM_NOTES = 40  # facts that a verdict shows in full; one that read ten thousand says how many more
T = TypeVar("T")
Check = Callable[[Any, "Context"], "Verdict"]


class UnknownFact(Exception):
    """A check needed a value that the snapshot does not hold."""

    def __init__(self, unknowns: Sequence[Unknown]) -> None:
        self.unknowns = tuple(unknowns)
        super().__init__("; ".join(unknown.words() for unknown in self.unknowns))


class OutOfScope(Exception):
    """A check asked the access graph about something that bears on no weights: the question is not worth its
    answer.
    """


class ExpressionFailed(Exception):
    """A control's own expression met a shape that it did not expect, or went over its budget."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check's answer, in one plain sentence: a template, and what stands in its places."""

    status: Status
    message: Said

    @classmethod
    def passed(cls, template: str, /, **values: Value) -> Verdict:
        """The statement of the control holds for this subject."""
        return cls(Status.PASS, Said(template, values))

    @classmethod
    def failed(cls, template: str, /, **values: Value) -> Verdict:
        """It does not; the message says what an attacker finds."""
        return cls(Status.FAIL, Said(template, values))

    @classmethod
    def not_applicable(cls, template: str, /, **values: Value) -> Verdict:
        """The control has nothing to say about this subject, and why."""
        return cls(Status.NOT_APPLICABLE, Said(template, values))


@dataclass(frozen=True, slots=True)
class Note:
    """A fact that a check read: its name, what was read, and where that came from."""

    name: str
    value: Any
    source: Source
    unknown: Unknown | None = None


class Notes:
    """What a check read, in order: the first facts in full, those beyond counted, every gap and limit remembered."""

    __slots__ = ("first", "further", "lacking", "limits", "unknowns")

    def __init__(self) -> None:
        self.first: list[Note] = []
        self.further = 0
        self.unknowns: dict[Unknown, None] = {}
        self.limits: dict[Limit, None] = {}
        self.lacking: dict[Unknown, None] = {}

    def add(self, note: Note) -> None:
        """Takes in one more fact."""
        if note.unknown is not None:
            self.unknowns[note.unknown] = None
        if len(self.first) < MAXIMUM_NOTES:
            self.first.append(note)
        else:
            self.further += 1

    def answered(self, name: str, answer: WhoCan | Cut) -> None:
        """Takes in what an answer of the access graph lacks: whoever rests on it cannot say that there is nothing."""
        self.gaps(name, answer.gaps)
        self.lacking.update(dict.fromkeys(answer.gaps))
        self.limits.update(dict.fromkeys(answer.limits))

    def gaps(self, name: str, unknowns: Iterable[Unknown]) -> None:
        """Takes in what could not be read of a listing."""
        for unknown in unknowns:
            self.add(Note(name, None, unknown.source, unknown))


@dataclass(frozen=True, slots=True)
class Unseen:
    """Weights may hang on something, and the reads that would have shown them were refused."""

    unknowns: tuple[Unknown, ...]


@dataclass(slots=True)
class Surroundings:
    """What is the same for every check of one run.

    Attributes:
        weights_of: the weight sets that depend on a store, key, account or principal, by its id.
        unlisted: the missing reads behind which weights may lie that nobody saw.
        names: what evidence calls the estate's own collections, by identity.
        memory: room for what checks compute once and share, by a key of their own (`Context.once`).
    """

    estate: Estate
    access: Access
    as_of: datetime
    declarations: Declarations
    disclosure: Disclosure
    weights_of: Callable[[str], tuple[str, ...] | Unseen]
    unlisted: Callable[[], tuple[Unknown, ...]] = tuple
    names: Mapping[int, str] = field(default_factory=dict)
    memory: dict[Any, Any] = field(default_factory=dict)


class Context:
    """A check's window on the estate. One is made for every control and subject."""

    __slots__ = ("_access", "_around", "_bears", "_names", "_notes", "parameters")

    def __init__(
        self,
        around: Surroundings,
        parameters: Mapping[str, Any],
        names: Mapping[int, str] | None = None,
        *,
        bears: bool = True,
    ) -> None:
        self._around = around
        self._names = names or {}
        self._notes = Notes()
        self._bears = bears
        self._access: _NotedAccess | None = None
        self.parameters = parameters

    @property
    def estate(self) -> Estate:
        """Everything that the snapshots say exists. Walk its collections through `listed`."""
        return self._around.estate

    @property
    def access(self) -> Access:
        """The access graph; its answers are noted as evidence.

        Raises:
            OutOfScope: the subject bears on no weights; the engine then gives no verdict.
        """
        if not self._bears:
            raise OutOfScope
        if self._access is None:
            self._access = _NotedAccess(self._around.access, self._notes, self._around.memory)
        return self._access

    @property
    def as_of(self) -> datetime:
        """The "now" of every rule: when the snapshot was taken, or what ``--as-of`` said. Aware, UTC."""
        return self._around.as_of

    @property
    def models(self) -> tuple[DeclaredModel, ...]:
        """The models that the configuration declares, each with its tier and target level."""
        return self._around.declarations.models

    @property
    def declarations(self) -> Declarations:
        """The declared models and which weight set belongs to which of them."""
        return self._around.declarations

    @property
    def disclosure(self) -> Disclosure:
        """The organisation's disclosure documents, as facts: security.txt, policy, safe harbours."""
        return self._around.disclosure

    @property
    def notes(self) -> Notes:
        """What has been read so far, in order."""
        return self._notes

    def read(self, fact: Fact[T], name: str | None = None) -> T:
        """The value of `fact`.

        Args:
            fact: an attribute of something in the estate.
            name: what the evidence calls it, ``key.rotation``; an attribute of the subject names itself.

        Raises:
            UnknownFact: the value is missing; the engine answers `unknown` with the reason.
        """
        self._note(fact, name)
        if isinstance(fact, Unknown):
            raise UnknownFact((fact,))
        return fact.value

    def peek(self, fact: Fact[T], name: str | None = None) -> Fact[T]:
        """`fact` itself, for a check that can decide without it (a public policy fails whatever the ACL
        says).
        """
        self._note(fact, name)
        return fact

    def listed(self, collection: Collection[T], name: str | None = None) -> tuple[T, ...]:
        """The items of `collection`, for a verdict that rests on having seen all of them.

        Raises:
            UnknownFact: a listing behind the collection was not read to its end.
        """
        self._note_listing(collection, name)
        if collection.gaps:
            raise UnknownFact(collection.gaps)
        return collection.items

    def glance(self, collection: Collection[T], name: str | None = None) -> tuple[T, ...]:
        """The items that were seen, for a verdict that one item decides. Call `require` before passing on
        absence.
        """
        self._note_listing(collection, name)
        return collection.items

    def require(self, gaps: Iterable[Unknown]) -> None:
        """Stops with `unknown` when there is any gap: ``context.require(answer.gaps)`` before passing."""
        found = tuple(gaps)
        if found:
            raise UnknownFact(found)

    def weights_of(self, subject_id: str) -> tuple[str, ...]:
        """Ids of the weight sets that the store, key, principal or account `subject_id` bears on; empty when
        none.

        Raises:
            UnknownFact: none was seen, and what it depends on could not be listed.
        """
        found = self._around.weights_of(subject_id)
        if isinstance(found, Unseen):
            raise UnknownFact(found.unknowns)
        return found

    @property
    def unlisted(self) -> tuple[Unknown, ...]:
        """The missing reads behind which weights may lie that nobody saw: of stores, of their objects, of headers."""
        return self._around.unlisted()

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """What `compute` gives, computed once in a run. For pure work over the whole estate that every
        subject repeats.
        """
        memory = self._around.memory
        if key not in memory:
            memory[key] = compute()
        value: T = memory[key]
        return value

    def _note(self, fact: Fact[Any], name: str | None) -> None:
        named = name or self._names.get(id(fact)) or fact.source.call
        if isinstance(fact, Known):
            self._notes.add(Note(named, fact.value, fact.source))
        else:
            self._notes.add(Note(named, None, fact.source, fact))

    def _note_listing(self, collection: Collection[Any], name: str | None) -> None:
        known = self._names.get(id(collection)) or self._around.names.get(id(collection))
        named = name or known or "collection"
        self._notes.gaps(named, collection.gaps)
        self._notes.add(Note(named, len(collection.items), Source.named("snapshot", "", "records")))


def names_of(subject: Any, kind: str) -> dict[int, str]:
    """What evidence calls the attributes of `subject`, by the identity of each:
    ``store.public_access_block``.

    Identity, not equality: two attributes may hold equal facts. Valid while `subject` lives.
    """
    if not is_dataclass(subject):
        return {}
    names: dict[int, str] = {}
    for attribute in fields(subject):
        value = getattr(subject, attribute.name)
        if isinstance(value, (Known, Unknown, Collection)):
            names[id(value)] = f"{kind}.{attribute.name}"
        elif attribute.name in ("settings", "attributes") and isinstance(value, Mapping):
            names.update({id(fact): f"{kind}.{key}" for key, fact in value.items()})
    return names


_MOST_RECENT = 16
_MOST_TOLD = 50
"""Principals that the evidence of an answer names; `weightguard who-can` names all."""


class _NotedAccess:
    """The access graph with its answers noted, so that a verdict shows what it rests on."""

    __slots__ = ("_graph", "_memory", "_notes")

    def __init__(self, graph: Access, notes: Notes, memory: dict[Any, Any]) -> None:
        self._graph = graph
        self._notes = notes
        self._memory = memory

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        answer, note = self._recent(access, store, prefix)
        self._notes.add(note)
        self._notes.answered(note.name, answer)
        return answer

    def _recent(self, access: AccessKind, store: str, prefix: str | None) -> tuple[WhoCan, Note]:
        """The answer and its note; the last few are kept, because the controls on one store ask the same
        questions.
        """
        recent: dict[Any, tuple[WhoCan, Note]] = self._memory.setdefault("recent answers", {})
        key = (access, store, prefix)
        if key not in recent:
            if len(recent) >= _MOST_RECENT:
                del recent[next(iter(recent))]
            answer = self._graph.who_can(access, store, prefix)
            source = Source.named("access graph", "", f"{store}/{prefix}" if prefix else store)
            recent[key] = (answer, Note(f"who_can.{access.value}", _who(answer), source))
        return recent[key]

    def paths(self, principal: str, store: str, access: AccessKind = AccessKind.READ) -> Paths:
        found = self._graph.paths(principal, store, access)
        value = [" > ".join([path[0].origin, *(hop.target for hop in path)]) for path in found if path]
        self._notes.add(
            Note(f"paths.{access.value}", value, Source.named("access graph", "", f"{principal} to {store}"))
        )
        return found

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        answer = self._graph.cut(store, access)
        value = [f"{change.principal}: {change.remove} in {change.policy}" for change in answer.changes]
        self._notes.add(Note(f"cut.{access.value}", value, Source.named("access graph", "", store)))
        self._notes.answered(f"cut.{access.value}", answer)
        return answer

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        reached = self._graph.blast_radius(principal)
        self._notes.add(Note("blast_radius", list(reached), Source.named("access graph", "", principal)))
        return reached


def _who(answer: WhoCan) -> list[str]:
    told = [
        f"{one.principal} ({one.kind}, {'direct' if one.direct else 'by a path'}, {one.certainty})"
        for one in answer.answers[:_MOST_TOLD]
    ]
    more = len(answer.answers) - len(told)
    return [*told, f"and {more} more"] if more else told
