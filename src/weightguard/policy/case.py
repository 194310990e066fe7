"""What an evaluation case of any provider is asked: the shape that each provider's package gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from weightguard.memory import Memory
from weightguard.policy.decision import Decision
from weightguard.policy.lines import Lines

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
        lines: what the lines end in.
        memory: what is worked out from the policies.
    """

    __slots__ = ("_held", "_read", "lines", "memory")
    _MOST = 65_536
    _MOST_BYTES = 1 << 25
    """Of the parts that are kept; what is made of one takes several times as much."""

    def __init__(self) -> None:
        self._read: dict[tuple[object, ...], object] = {}
        self._held = 0
        self.lines = Lines()
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
        return self.lines.written(content)

    def kept(self, written: bytes | None, read: Callable[[], _T], *more: object) -> _T:
        """As `once`, of a part that is `written` already."""
        if written is None:
            return read()
        key = (written, *more)
        found = self._read.get(key)
        if found is None:
            found = read()
            self._held += len(written)
            if len(self._read) >= self._MOST or self._held > self._MOST_BYTES:
                self._read.clear()
                self._held = len(written)
            self._read[key] = found
        return found  # type: ignore[return-value]


class CaseReader(Protocol):
    """Reads a line, raising InputError for what is missing or is not what it should be."""

    def __call__(self, entry: Mapping[str, object], remembered: Remembered) -> Case: ...
