"""What an evaluation case of any provider is asked: the shape that each provider's package gives."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from weightguard.memory import Memory
from weightguard.policy.decision import Decision

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CaseProblem:
    """Something about a policy of a case that the provider would refuse, or that does not do what it seems to.

    Args:
        layer: the layer that the policy is given for.
        policy: the policy's name.
        statement: the statement's label; None for the document as a whole.
        message: what is wrong.
        grants_nothing: whether the statement (or document) is left out because of it.
    """

    layer: str
    policy: str
    statement: str | None
    message: str
    grants_nothing: bool


class Case(Protocol):
    """A request with the policies to decide it by."""

    def decide(self) -> Decision:
        """The decision."""
        ...

    def asked(self) -> str:
        """The question in words."""
        ...

    def explained(self, decision: Decision) -> list[str]:
        """A decision in lines: which layers said what, in order."""
        ...

    def problems(self) -> Sequence[CaseProblem]:
        """What is wrong with the case's policies."""
        ...


class Remembered:
    """What a run of cases shares: policies that stand in many of them are read once. It lives as long as the run.

    Attributes:
        memory: what is worked out from the policies.
    """

    __slots__ = ("_read", "memory")
    _MOST = 65_536
    _WITHOUT_REFERENCES = 2
    """The version of Python's own notation that is equal for what is equal, whichever of its texts are one object."""

    def __init__(self) -> None:
        self._read: dict[tuple[object, ...], object] = {}
        self.memory = Memory(self._MOST)

    def once(self, content: object, read: Callable[[], _T], *more: object) -> _T:
        """What `read` makes of a part of a case, made once for parts that are equal.

        Args:
            content: the part, as it came out of JSON.
            more: what decides besides; the first says what is made of it.
        """
        return self.kept(self.written(content), read, *more)

    def written(self, content: object) -> bytes | None:
        """What is equal for equal parts; None where a part is nested too deeply for that: whoever reads it says so."""
        try:
            return marshal.dumps(cast(Any, content), self._WITHOUT_REFERENCES)
        except ValueError:
            return None

    def kept(self, written: bytes | None, read: Callable[[], _T], *more: object) -> _T:
        """As `once`, of a part that is `written` already."""
        if written is None:
            return read()
        key = (written, *more)
        found = self._read.get(key)
        if found is None:
            if len(self._read) >= self._MOST:
                self._read.clear()
            found = self._read[key] = read()
        return found  # type: ignore[return-value]


class CaseReader(Protocol):
    """Reads a line, raising InputError for what is missing or is not what it should be."""

    def __call__(self, entry: Mapping[str, object], remembered: Remembered) -> Case: ...
