"""How far a collection is: a bar on a terminal, a quiet line now and then elsewhere, nothing when asked for nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TextIO

LINE_SECONDS = 15.0
"""Between two lines where there is no terminal to draw on."""


@dataclass(frozen=True, slots=True)
class State:
    """What there is to say at one moment.

    Attributes:
        done: units finished, in this run or an earlier one.
        known: units known so far; listings add to it.
        calls: API calls of this run, by outcome.
        latest: the id of the unit that finished last; it may hold any text that a provider let somebody choose.
    """

    done: int
    known: int
    calls: Mapping[str, int] = field(default_factory=dict)
    latest: str = ""

    def line(self) -> str:
        """``120 of 300 units, 1,840 calls (3 denied)``."""
        total = sum(self.calls.values())
        trouble = [
            f"{self.calls[name]:,} {name}"
            for name in ("denied", "throttled", "failed")
            if self.calls.get(name)
        ]
        return f"{self.done:,} of {self.known:,} units, {total:,} calls" + (
            f" ({', '.join(trouble)})" if trouble else ""
        )


class Progress(Protocol):
    """Whoever shows how far a collection is."""

    def update(self, state: State) -> None:
        """Something was finished or found."""

    def note(self, line: str) -> None:
        """Something happened that the user should know now."""

    def close(self) -> None:
        """Nothing more will come: leave the terminal as it was."""


class Silent:
    """Shows nothing."""

    def update(self, state: State) -> None:
        """Nothing to show."""

    def note(self, line: str) -> None:
        """Nothing to show."""

    def close(self) -> None:
        """Nothing to clear."""


class Lines:
    """A line every `LINE_SECONDS`, and one at the end: for logs and pipelines."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next = clock() + LINE_SECONDS
        self._last: State | None = None

    def update(self, state: State) -> None:
        """Print if it is time to."""
        self._last = state
        if self._clock() >= self._next:
            self._next = self._clock() + LINE_SECONDS
            self._print(f"collecting: {state.line()}")

    def note(self, line: str) -> None:
        """Print at once."""
        self._print(printable(line))

    def close(self) -> None:
        """Print where it ended."""
        if self._last is not None:
            self._print(f"collected: {self._last.line()}")

    def _print(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class Terminal:
    """A bar that is redrawn in place and gone afterwards."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("collecting", style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=Console(file=stream),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=None)

    def update(self, state: State) -> None:
        """Redraw at the next refresh; a second run after `close` draws again."""
        if not self._bar.live.is_started:
            self._bar.start()
        latest = printable(state.latest)[:40]
        self._bar.update(
            self._task, completed=state.done, total=state.known, description=f"{state.line()}  {latest}"
        )

    def note(self, line: str) -> None:
        """Print above the bar."""
        self._bar.console.print(printable(line), markup=False, highlight=False)

    def close(self) -> None:
        """Clear the bar."""
        self._bar.stop()


def printable(text: str) -> str:
    """Text from a provider without what would move a terminal's cursor or turn its writing around."""
    return "".join(character if character.isprintable() else "�" for character in text)


def choose_progress(stream: TextIO, *, quiet: bool = False, show: bool = True) -> Progress:
    """The progress for a stream, usually stderr.

    Args:
        stream: where to show it.
        quiet: ``-q``.
        show: False for ``--no-progress``, which leaves lines instead of a bar.
    """
    if quiet:
        return Silent()
    if show and stream.isatty():
        return Terminal(stream)
    return Lines(stream)
