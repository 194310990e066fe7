"""Archives of other things: what looking through their members gave, and what of them was not looked at.

An archive is clean only when every member was looked at and is of a known kind. A member that could not be read counts by its
name, as an object of a store does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from weightguard.weights.model import LARGE, SMALLEST, Examined, FileVerdict
from weightguard.weights.names import Hint, believable, hint
from weightguard.weights.reader import Damaged, Exhausted, Source


class Inner(Protocol):
    """Examines a member of an archive, or what a wrapping holds."""

    def __call__(self, source: Source, name: str) -> FileVerdict | None:
        """What the member is; None when its bytes say nothing."""
        ...


PARCELLED = frozenset(
    ("safetensors", "pytorch", "torchscript", "gguf", "onnx", "keras", "tflite", "flax", "coreml", "tensorizer", "savedmodel",
     "nemo", "deepspeed", "megatron")
)  # fmt: skip
"""Formats that count inside an archive of other things: those that no data set is kept in."""
_WORST: tuple[Examined, ...] = ("header", "opaque", "partial", "damaged", "sealed")
_WORDS: dict[Examined, str] = {
    "opaque": "holds large members of no known kind",
    "partial": "was not looked through to its end",
    "damaged": "holds members that are damaged",
    "sealed": "holds encrypted members",
}


@dataclass(slots=True)
class Parcel:
    """What is known of an archive so far. `container` is what to call it: ``zip archive``."""

    container: str
    found: FileVerdict | None = None
    named: tuple[Hint, Examined] | None = None
    state: Examined = "header"
    names: list[str] = field(default_factory=list)

    def look(self, inner: Inner | None, opened: Callable[[], Source], name: str, size: int) -> None:
        """Examine a member of that size; `opened` gives its content."""
        self.names.append(name)
        if size < SMALLEST or self.found is not None:
            return
        try:
            if inner is None:
                raise Exhausted
            source = opened()
            source.work.look()
            verdict = inner(source, name)
        except Damaged as error:
            self.leave(name, "sealed" if isinstance(error, Sealed) else "damaged")
        except Exhausted:
            self.leave(name, "partial")
        else:
            self._take(verdict, name, size)

    def _take(self, verdict: FileVerdict | None, name: str, size: int) -> None:
        if verdict is None:
            if size >= LARGE or strong(name):
                self.leave(name, "opaque")
        elif verdict.format is None:
            if verdict.examined != "header":
                self.leave(name, verdict.examined)
        elif _counts(verdict):
            self.found = verdict

    def leave(self, name: str, state: Examined) -> None:
        """Note a member that was not read to its end, and why."""
        self.state = max(self.state, state if state in _WORST else "partial", key=_WORST.index)
        said = strong(name)
        if said and self.named is None:
            self.named = said, state

    def verdict(self) -> FileVerdict:
        """What the archive is, after everything that could be looked at."""
        if self.found is not None:
            return FileVerdict(self.found.format, "header", note=f"inside a {self.container}")
        if self.named is not None:
            said, state = self.named
            note = f"inside a {self.container}, by name"
            return FileVerdict(said.format, "name", note=note, examined=state)
        if self.state == "header":
            return FileVerdict(None)
        return FileVerdict(None, note=f"{self.container} {_WORDS[self.state]}", examined=self.state)


class Sealed(Damaged):
    """A member is encrypted."""


def strong(name: str) -> Hint | None:
    """What a name says that is enough to assume weights where the bytes say nothing."""
    said = hint(name)
    if said is None or not believable(name, said):
        return None
    return said if said.strength == "strong" or said.note in ("wrapped", "part") else None


def _counts(verdict: FileVerdict) -> bool:
    """Whether a member makes its archive a model's: arrays alone are as often a data set's samples."""
    if verdict.format in PARCELLED:
        return verdict.role == "weights" or "savedmodel" in verdict.traits
    return verdict.format in ("pickle", "other", "dcp") and verdict.role == "weights"
