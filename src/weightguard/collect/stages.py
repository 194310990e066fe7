"""A collection in two stages, the second knowing what the first found; their progress is shown as if they were one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from weightguard.collect.progress import Progress, Silent, State
from weightguard.collect.runner import RunSummary, Unit, run_units
from weightguard.snapshot import SnapshotWriter


class TwoStages(Protocol):
    """A collection under way."""

    def units(self) -> Iterable[Unit]:
        """What is known to be worth asking from the start."""
        ...

    def second_units(self) -> Iterable[Unit]:
        """What the first units showed to be worth asking."""
        ...


def run_stages(
    begin: Callable[[Executor], TwoStages],
    writer: SnapshotWriter,
    *,
    threads: int,
    progress: Progress | None,
    again: str | None,
) -> RunSummary:
    """Carry out both stages.

    Args:
        begin: gives the collection, which reads headers of objects with the executor.
        writer: the snapshot.
        threads: units, and headers, under way at a time.
        progress: whoever shows how far it is.
        again: what to tell the user to type to resume.

    Raises:
        Interrupted: Ctrl-C; the snapshot is resumable.
        CredentialsError: the credentials expired meanwhile; the snapshot is resumable.
    """
    words: dict[str, Any] = {} if again is None else {"again": again}
    readers = ThreadPoolExecutor(threads, thread_name_prefix="headers")
    shown = Stages(progress or Silent())
    try:
        collection = begin(readers)
        first = run_units(collection.units(), writer, workers=threads, progress=shown, **words)
        shown.next_stage()
        second = run_units(collection.second_units(), writer, workers=threads, progress=shown, **words)
    finally:
        shown.finish()
        # Whoever stops the run does not want to wait for headers that nobody will look at.
        readers.shutdown(wait=False, cancel_futures=True)
    return RunSummary(
        first.done + second.done, first.earlier + second.earlier, first.failures + second.failures
    )


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
