"""One progress over several runs of units, as if they were one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from weightguard.collect.progress import Progress, State


@dataclass(slots=True)
class Stages:
    """Adds the runs up, and keeps the display open between them.

    Attributes:
        shown: the display.
    """

    shown: Progress
    _before: State = field(default_factory=partial(State, 0, 0))
    _now: State = field(default_factory=partial(State, 0, 0))

    def update(self, state: State) -> None:
        """Something was finished or found."""
        self._now = replace(
            state, done=self._before.done + state.done, known=self._before.known + state.known
        )
        self.shown.update(self._now)

    def note(self, line: str) -> None:
        """Something happened that the user should know now."""
        self.shown.note(line)

    def close(self) -> None:
        """A run is over; the display stays until `finish`."""

    def next_stage(self) -> None:
        """What follows is counted on top."""
        self._before = self._now

    def finish(self) -> None:
        """Nothing more will come."""
        self.shown.close()
