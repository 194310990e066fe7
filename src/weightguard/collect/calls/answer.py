"""What came of a call: the provider's answer, or the kind of obstacle in its place.

"Not configured" (absent) is said only by an error code that the operation declares for it; a refused, throttled, broken or
malformed answer never becomes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from weightguard.collect.calls.keeping import kept

Outcome = Literal["ok", "absent", "denied", "throttled", "failed", "skipped"]

MALFORMED = "Malformed"
"""The code of an answer that does not hold what the provider documents."""
_MESSAGE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one operation on one thing.

    Attributes:
        outcome: ``ok``, ``absent``, ``denied``, ``throttled``, ``failed`` or ``skipped``.
        data: the answer without its transport metadata; of a listing that broke off, the pages that came before.
        code: the provider's error code, or the name of the obstacle (``ReadTimeoutError``, ``Malformed``).
        message: the provider's own words, cut short, without control characters; for ``skipped``, why.
        gone: the thing that was asked about is not there any more.
        keeps: the fields of `data` that enter a snapshot, as the operation declares them.
    """

    outcome: Outcome
    data: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None
    message: str | None = None
    keeps: tuple[str, ...] = ()
    gone: bool = False

    @property
    def ok(self) -> bool:
        """True when the provider answered, in full."""
        return self.outcome == "ok"

    @property
    def settled(self) -> bool:
        """True when the provider answered or said "not configured"."""
        return self.outcome in ("ok", "absent")

    def as_read(self) -> dict[str, Any]:
        """The answer as a record's ``reads`` entry. A broken answer keeps none of its data."""
        if self.outcome == "ok":
            return {"outcome": "ok", "data": kept(self.data, self.keeps)}
        if self.outcome == "skipped":
            return {"outcome": "skipped", "why": self.message}
        read: dict[str, Any] = {"outcome": self.outcome, "code": self.code}
        return read


def skipped(why: str) -> Answer:
    """The read was not needed."""
    return Answer("skipped", message=why)


def plain(message: object) -> str:
    """A provider's message as one short line that a terminal can show."""
    text = "".join(character if character.isprintable() else " " for character in str(message))
    return text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"
