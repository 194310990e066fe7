"""Carries out units of work on any executor: in parallel, within a budget, resumable, losing nothing that goes wrong.

Retries are the SDK's business, expected provider errors the unit's. What remains is handled here: an error that nobody foresaw
becomes a failed call in the snapshot, so that it is a gap of the report and not a hole, and the other units go on.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from typing import Final

from weightguard.collect.progress import Progress, Silent, State
from weightguard.errors import CredentialsError, Interrupted, SnapshotError, WeightguardError
from weightguard.snapshot import Call, SnapshotWriter, scrub, utc_now

log = logging.getLogger(__name__)

OUT_OF_TIME: Final = "OutOfTime"
"""The code of a unit that the budget left undone."""

NEVER_READY: Final = "NeverReady"
"""The code of a unit that waited for one that never came."""

_GRACE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.5
_SAME_COMMAND: Final = "run the same command again, it goes on where it stopped"


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work that is done whole or again.

    Attributes:
        id: the same in every run for the same work, unique in the snapshot (``aws/111111111111/s3/eu-west-1``).
        scope: ``aws/111111111111``.
        service: the SDK's client name, for the gap that it leaves if it breaks.
        operation: the operation that most of it hangs on, for the same gap.
        run: does the work, writing to the snapshot from the calling thread, and gives the units that it calls for.
            Provider errors are recorded by it and not raised. Raising `CredentialsError` ends the whole run, resumably;
            any other exception is recorded and costs this unit alone. With an executor of processes it has to be picklable.
        after: ids of units that have to be over before this one starts.
    """

    id: str
    scope: str
    service: str
    operation: str
    run: Callable[[], Iterable[Unit] | None]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitFailure:
    """A unit that did not end as it should.

    Attributes:
        code: the exception's type, `OUT_OF_TIME` or `NEVER_READY`; also the code of the call in the snapshot.
        message: what and where.
    """

    unit: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run went.

    Attributes:
        done: units that this run finished.
        earlier: units that an earlier run had finished.
        failures: units that broke or were left undone; each is a failed call in the snapshot too.
    """

    done: int
    earlier: int
    failures: tuple[UnitFailure, ...]


def run_units(
    units: Iterable[Unit],
    writer: SnapshotWriter,
    *,
    executor: Executor | None = None,
    workers: int = 8,
    seconds: float | None = None,
    progress: Progress | None = None,
    again: str = _SAME_COMMAND,
) -> RunSummary:
    """Carry out the units and all that they call for. The snapshot is left open: `SnapshotWriter.seal` is the caller's.

    Args:
        units: the first ones.
        writer: the snapshot; units that its journal knows as done are passed over.
        executor: any `concurrent.futures.Executor`, a Dask client's for instance; by default `workers` threads.
        workers: how many units are worked on at once, and with an executor given, how many are handed to it at a time.
        seconds: a budget; units not begun by then are left as gaps.
        progress: whoever shows how far it is.
        again: what to tell the user to type to resume.

    Raises:
        Interrupted: Ctrl-C. Units being worked on get a few seconds to finish; the writer is closed, the snapshot resumable.
        CredentialsError, SnapshotError, WeightguardError: the run cannot go on (credentials expired, disk full, workers died);
            the writer is closed, the snapshot resumable.
    """
    own = ThreadPoolExecutor(workers, thread_name_prefix="collect") if executor is None else None
    run = _Run(writer, own or executor, workers + 2, seconds, progress or Silent())  # type: ignore[arg-type]
    try:
        run.admit(units)
        return run.to_end()
    except KeyboardInterrupt:
        run.wind_down()
        raise Interrupted(
            f"stopped with {run.finished_count:,} of {run.known_count:,} units of work done",
            where=str(writer.path),
            fix=again if again == _SAME_COMMAND else f"to go on where it stopped, run: {again}",
        ) from None
    except WeightguardError as error:
        run.wind_down()
        fix = f"{error.fix}; then {again}" if error.fix else again
        raise type(error)(error.what, where=error.where or str(writer.path), fix=fix) from error
    finally:
        run.progress.close()
        if own is not None:
            own.shutdown(wait=False, cancel_futures=True)


def _work(unit: Unit, writer: SnapshotWriter) -> tuple[Unit, ...]:
    """What a worker does. Exceptions travel in the future."""
    with writer.unit(unit.id):
        return tuple(unit.run() or ())


@dataclass
class _Run:
    """The state of one run; touched by the calling thread alone."""

    writer: SnapshotWriter
    executor: Executor
    at_once: int
    seconds: float | None
    progress: Progress
    known: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    ready: deque[Unit] = field(default_factory=deque)
    blocked: dict[str, Unit] = field(default_factory=dict)
    waiting_for: dict[str, list[str]] = field(default_factory=dict)
    running: dict[Future[tuple[Unit, ...]], Unit] = field(default_factory=dict)
    failures: list[UnitFailure] = field(default_factory=list)
    earlier: int = 0

    @property
    def finished_count(self) -> int:
        return len(self.over)

    @property
    def known_count(self) -> int:
        return len(self.known)

    def admit(self, units: Iterable[Unit]) -> None:
        """Take units in: over already, ready, or waiting for others. An id that is known already is not taken twice."""
        for unit in units:
            if unit.id in self.known:
                continue
            self.known.add(unit.id)
            self.writer.add_scope(unit.scope)
            if self.writer.is_done(unit.id):
                self.earlier += 1
                self._ended(unit.id)
            elif missing := self._missing(unit):
                self.blocked[unit.id] = unit
                for name in missing:
                    self.waiting_for.setdefault(name, []).append(unit.id)
            else:
                self.ready.append(unit)

    def _missing(self, unit: Unit) -> list[str]:
        return [name for name in unit.after if name not in self.over and not self.writer.is_done(name)]

    def _ended(self, unit_id: str) -> None:
        self.over.add(unit_id)
        for name in self.waiting_for.pop(unit_id, ()):
            unit = self.blocked.get(name)
            if unit is not None and not self._missing(unit):
                self.ready.append(self.blocked.pop(name))

    def to_end(self) -> RunSummary:
        """Work until nothing is left, or the budget is."""
        deadline = None if self.seconds is None else time.monotonic() + self.seconds
        while self.ready or self.running:
            if deadline is not None and time.monotonic() >= deadline:
                self._leave_the_rest()
            self._start()
            self._show("")
            if self.running:
                finished, _ = wait(self.running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._take(future)
        self._leave(list(self.blocked.values()), NEVER_READY, "it waited for work that never came")
        self._show("")
        done = len(self.over) - self.earlier - len(self.failures)
        return RunSummary(done, self.earlier, tuple(self.failures))

    def _start(self) -> None:
        while self.ready and len(self.running) < self.at_once:
            unit = self.ready.popleft()
            self.running[self.executor.submit(_work, unit, self.writer)] = unit

    def _take(self, future: Future[tuple[Unit, ...]]) -> None:
        unit = self.running.pop(future)
        error = CancelledError("its worker gave it up") if future.cancelled() else future.exception()
        if error is None:
            spawned = future.result()
            self.writer.unit_done(unit.id, spawned=[child.id for child in spawned])
            self.admit(spawned)
        elif _ends_the_run(error):
            raise _as_ours(error)
        else:
            self._broke(unit, error)
        self._ended(unit.id)
        self._show(unit.id)

    def _broke(self, unit: Unit, error: BaseException) -> None:
        log.info("unit %s broke", unit.id, exc_info=error)
        self._fail(unit, type(error).__name__, f"{error} at {_place(error)}")
        self.progress.note(
            f"{unit.id}: {type(error).__name__} at {_place(error)}; noted as a gap (-v shows more)"
        )

    def _leave_the_rest(self) -> None:
        """The budget is spent: what has not begun stays undone, and says so."""
        rest = [*self.ready, *self.blocked.values()]
        self.ready.clear()
        self._leave(rest, OUT_OF_TIME, f"not begun within {self.seconds:g} seconds")

    def _leave(self, units: list[Unit], code: str, message: str) -> None:
        self.blocked.clear()
        for unit in units:
            self._fail(unit, code, message)
            self._ended(unit.id)

    def _fail(self, unit: Unit, code: str, message: str) -> None:
        """Keep what the unit found, note that it is not all, and let a resumed run try again."""
        call = Call(unit.service, unit.operation, unit.scope, "failed", utc_now(), code=code, message=message)
        with self.writer.unit(unit.id):
            self.writer.call(call)
        self.writer.unit_done(unit.id, failed=True)
        self.failures.append(UnitFailure(unit.id, code, scrub(message)))

    def _show(self, latest: str) -> None:
        self.progress.update(State(len(self.over), len(self.known), self.writer.call_outcomes, latest))

    def wind_down(self) -> None:
        """Begin nothing more, let running units finish for a moment, then close the snapshot under the rest."""
        for future in list(self.running):
            if future.cancel():
                del self.running[future]
        try:
            finished, _ = wait(self.running, timeout=_GRACE_SECONDS)
            for future in finished:
                unit = self.running.pop(future)
                if not future.cancelled() and future.exception() is None:
                    self.writer.unit_done(unit.id, spawned=[child.id for child in future.result()])
                    self.over.add(unit.id)
        except KeyboardInterrupt:
            log.info("interrupted again: not waiting for %d units", len(self.running))
        finally:
            self.writer.close()


def _ends_the_run(error: BaseException) -> bool:
    """Would every other unit meet the same? A unit's own InputError (an answer that nobody can write down) is its own."""
    return (
        isinstance(error, (CredentialsError, SnapshotError, Interrupted, BrokenExecutor))
        or type(error) is WeightguardError
    )


def _as_ours(error: BaseException) -> WeightguardError:
    return (
        error
        if isinstance(error, WeightguardError)
        else WeightguardError(f"the workers died, {type(error).__name__}")
    )


def _place(error: BaseException) -> str:
    """File and line of the innermost frame that is ours, else of the innermost."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/weightguard/" in frame.filename.replace("\\", "/")] or list(frames)
    if not ours:
        return "an unknown place"
    return f"{ours[-1].filename.replace(chr(92), '/').split('/weightguard/')[-1]}:{ours[-1].lineno}"
