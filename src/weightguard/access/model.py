"""The answers of the access graph: who can, by which path, and which changes close it.

Shapes follow the public JSON of ``who-can``, ``paths`` and ``cut``; `Access` is what the rest of weightguard asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from weightguard.access.condition import Condition
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import Limit

ActorKind = Literal["person", "workload", "service", "external", "anonymous", "unknown"]
Certainty = Literal["certain", "conditional"]


class AccessKind(StrEnum):
    """What somebody may do to weights."""

    READ = "read"
    WRITE = "write"
    COPY = "copy"
    DECRYPT = "decrypt"
    DELETE = "delete"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Because:
    """The statement that allows a hop: a policy's name or ARN, and the statement's Sid or its index from 0."""

    policy: str
    statement: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: who does what to reach whom, allowed by what."""

    origin: str
    target: str
    how: str
    because: tuple[Because, ...]
    conditions: tuple[Condition, ...] = ()


class Ways(Protocol):
    """Knows the paths of the answers to one question."""

    def path(self, principal: str) -> tuple[Hop, ...]:
        """A shortest path, hop by hop."""
        ...


class Answer:
    """One principal that can reach a store. Equal when all of its attributes are.

    Attributes:
        principal: as the contract names principals.
        certainty: ``conditional`` when every way hangs on something that the snapshot cannot settle.
        direct: True when some way needs to become nobody else and to change nothing.
        conditions: what must hold for the path.
        goes_around: True when it is direct, but only under conditions, and the path is a longer way that is certain.
        path: a shortest path, hop by hop, certain ones before others; one hop when direct and not going around. Worked out when it
            is first asked for: there are as many answers as principals times stores, and few of their paths are ever looked at.
    """

    __slots__ = ("_path", "certainty", "conditions", "direct", "goes_around", "kind", "principal")

    def __init__(
        self,
        principal: str,
        kind: ActorKind,
        certainty: Certainty,
        direct: bool,
        conditions: tuple[Condition, ...],
        path: tuple[Hop, ...] | Ways,
        goes_around: bool = False,
    ) -> None:
        self.principal = principal
        self.kind = kind
        self.certainty = certainty
        self.direct = direct
        self.conditions = conditions
        self.goes_around = goes_around
        self._path = path

    @property
    def path(self) -> tuple[Hop, ...]:
        """A shortest path, hop by hop."""
        if not isinstance(self._path, tuple):
            self._path = self._path.path(self.principal)
        return self._path

    def _all(self) -> tuple[object, ...]:
        return self.principal, self.kind, self.certainty, self.direct, self.conditions, self.path

    def __eq__(self, other: object) -> bool:
        return self._all() == other._all() if isinstance(other, Answer) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.principal, self.kind, self.certainty, self.direct, self.conditions))

    def __repr__(self) -> str:
        names = ("principal", "kind", "certainty", "direct", "conditions", "path")
        return f"Answer({', '.join(f'{name}={value!r}' for name, value in zip(names, self._all(), strict=True))})"


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Everybody who can, and what could not be seen.

    Attributes:
        complete: False where something that this input should hold is missing, or a limit is in play.
        gaps: what could not be read and may hide an answer.
        limits: what was not modelled, tried or searched to its end and bears on this question.
    """

    access: AccessKind
    store: str
    answers: tuple[Answer, ...]
    complete: bool
    gaps: tuple[Unknown, ...]
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One concrete change that closes paths: what to remove from which policy, and whose paths that ends."""

    principal: str
    remove: str
    policy: str
    statement: str
    closes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """The smallest set of changes that closes every path, fewest first."""

    access: AccessKind
    store: str
    changes: tuple[Change, ...]
    complete: bool
    gaps: tuple[Unknown, ...]
    limits: tuple[Limit, ...] = ()


class Access(Protocol):
    """What judgement and reports may ask of the access graph. Built by `weightguard.access.graph.build(estate)`."""

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        """Everybody who can do `access` to objects of `store` (an id), directly or by becoming somebody else."""
        ...

    def paths(
        self, principal: str, store: str, access: AccessKind = AccessKind.READ
    ) -> tuple[tuple[Hop, ...], ...]:
        """Every shortest path from `principal` to `store`."""
        ...

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        """The smallest set of changes after which nobody but the direct, intended readers reach `store`."""
        ...

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        """Ids of the principals, stores and keys that `principal` reaches."""
        ...
