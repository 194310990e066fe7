"""The answers of the access graph: who can, by which path, and which changes close it.

Shapes follow the public JSON of ``who-can``, ``paths`` and ``cut``; `Access` is what the rest of weightguard asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, Protocol, Self

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
    """The statement that allows a hop: a policy's name or ARN, and the statement's label: its Sid, or its position from 0 where
    that alone is unambiguous.
    """

    policy: str
    statement: str


class Stated(Protocol):
    """Names a statement of a policy."""

    @property
    def policy(self) -> str:
        """The policy's name or ARN."""
        ...

    @property
    def statement(self) -> str:
        """The statement's label."""
        ...


Needed = tuple[tuple[tuple[Stated, ...], ...], ...]
"""Every way to be granted one thing: per layer that must agree, the statements of which one is enough."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: who does what to reach whom, allowed by what.

    Attributes:
        because: the statements that allow it.
        needs: per thing that has to be granted every way to it; what closes the hop follows from it.
    """

    origin: str
    target: str
    how: str
    because: tuple[Because, ...]
    conditions: tuple[Condition, ...] = ()
    needs: tuple[Needed, ...] = field(default=(), compare=False, repr=False)


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
        named = (self.principal, self.kind, self.certainty, self.direct, self.conditions)
        return (*named, self.goes_around, self.path)

    def __eq__(self, other: object) -> bool:
        return self._all() == other._all() if isinstance(other, Answer) else NotImplemented

    def __hash__(self) -> int:
        return hash(
            (self.principal, self.kind, self.certainty, self.direct, self.conditions, self.goes_around)
        )

    def __repr__(self) -> str:
        names = ("principal", "kind", "certainty", "direct", "conditions", "goes_around", "path")
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
    """One concrete change that closes paths: what to remove from which policy, and whose paths that ends.

    Attributes:
        principal: whose policy it is: a principal, a group, a store, a key, a managed policy of a customer.
        remove: the change in words.
        statement: the statement's label; ``*`` for an attachment or a grant.
        closes: whose ways rest on it.
        after: the policy as it is to stand, earlier changes of it in this answer included; None: it is to be deleted, detached or
            revoked.
        costs: those to be kept who lose their access by it.
    """

    principal: str
    remove: str
    policy: str
    statement: str
    closes: tuple[str, ...]
    after: Mapping[str, Any] | None = None
    costs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """The smallest set of changes that closes every path, those that close most first.

    Attributes:
        complete: False where somebody is left, something could not be seen, or a limit is in play.
        left: who gets in still when all changes are made, though nobody means to keep them.
    """

    access: AccessKind
    store: str
    changes: tuple[Change, ...]
    complete: bool
    gaps: tuple[Unknown, ...]
    limits: tuple[Limit, ...] = ()
    left: tuple[str, ...] = ()


class Paths(tuple[tuple[Hop, ...], ...]):
    """Paths, with the bounds that were met when they were listed.

    Args:
        found: the paths, hop by hop.
        limits: what there may be besides.
    """

    limits: tuple[Limit, ...]

    def __new__(cls, found: Iterable[tuple[Hop, ...]], limits: tuple[Limit, ...] = ()) -> Self:
        self = super().__new__(cls, found)
        self.limits = limits
        return self


class Access(Protocol):
    """What judgement and reports may ask of the access graph. Built by `weightguard.access.graph.build(estate)`."""

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        """Everybody who can do `access` to objects of `store` (an id), directly or by becoming somebody else."""
        ...

    def paths(self, principal: str, store: str, access: AccessKind = AccessKind.READ) -> Paths:
        """Every shortest path from `principal` to `store`."""
        ...

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        """The smallest set of changes after which nobody but the direct, intended readers reach `store`."""
        ...

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        """Ids of the principals, stores and keys that `principal` reaches."""
        ...


RUNS_AS: Final = "runs as"
"""How a hop reads from a workload to the role that it runs as."""
