"""Units of work: in parallel, in order where it matters, nothing lost when something breaks or somebody stops it."""

from __future__ import annotations

import functools
import io
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path

import pytest

from weightguard.collect.progress import Lines, Silent, State, Terminal, choose_progress, printable
from weightguard.collect.runner import NEVER_READY, OUT_OF_TIME, Unit, run_units
from weightguard.errors import CredentialsError, InputError, Interrupted, WeightguardError
from weightguard.snapshot import Call, SnapshotWriter, open_snapshot

SCOPE = "aws/111111111111"
OTHER = "aws/222222222222"


@pytest.fixture
def writer(tmp_path: Path) -> SnapshotWriter:
    return SnapshotWriter.create(tmp_path / "snapshot", "0.1.0", [SCOPE])


def unit(
    name: str,
    run: Callable[[], Iterable[Unit] | None] = lambda: None,
    scope: str = SCOPE,
    after: tuple[str, ...] = (),
) -> Unit:
    return Unit(name, scope, "s3", "GetBucketPolicy", run, after)


def writes(writer: SnapshotWriter, name: str, scope: str = SCOPE) -> Unit:
    def run() -> None:
        writer.record(scope, "s3", kind="s3.bucket", id=name, region=None, operation="ListBuckets", data={})
        writer.call(Call("s3", "GetBucketPolicy", scope, "ok", "2026-03-01T12:00:00Z", resource=name))

    return unit(name, run, scope)


def again(writer: SnapshotWriter) -> SnapshotWriter:
    writer.close()
    return SnapshotWriter.resume(writer.path)


def test_units_and_those_they_call_for_run_once(writer: SnapshotWriter) -> None:
    ran: list[str] = []

    def child(name: str) -> Unit:
        return unit(name, lambda: ran.append(name))

    def listing() -> list[Unit]:
        ran.append("listing")
        return [child("a"), child("b"), child("a")]

    summary = run_units([unit("listing", listing), child("b")], writer)
    assert sorted(ran) == ["a", "b", "listing"]
    assert (summary.done, summary.earlier, summary.failures) == (3, 0, ())


def test_a_unit_waits_for_those_before_it(writer: SnapshotWriter) -> None:
    over: list[str] = []

    def slow() -> list[Unit]:
        time.sleep(0.05)
        over.append("first")
        return [unit("spawned", lambda: over.append("spawned"))]

    def third() -> None:
        over.append("third")

    run_units([unit("third", third, after=("first", "spawned")), unit("first", slow)], writer)
    assert over == ["first", "spawned", "third"]


def test_waiting_for_what_never_comes_is_a_gap_and_no_hang(writer: SnapshotWriter) -> None:
    ring = [unit("a", after=("b",)), unit("b", after=("a",)), writes(writer, "fine")]
    summary = run_units(ring, writer)
    assert sorted((failure.unit, failure.code) for failure in summary.failures) == [
        ("a", NEVER_READY),
        ("b", NEVER_READY),
    ]
    assert summary.done == 1


def test_an_unforeseen_error_is_a_gap_and_costs_nothing_else(
    writer: SnapshotWriter, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        writer.record(SCOPE, "s3", kind="s3.bucket", id="half", region=None, operation="ListBuckets", data={})
        raise KeyError("Policy token=ghp_" + "a" * 36)

    caplog.set_level(logging.INFO, "weightguard")
    shown = io.StringIO()
    summary = run_units(
        [unit("broken", broken), writes(writer, "fine", OTHER), unit("after", after=("broken",))],
        writer,
        progress=Lines(shown),
    )
    writer.seal()
    snapshot = open_snapshot(writer.path)
    (failed,) = [call for call in snapshot.calls() if call.outcome == "failed"]
    assert (failed.scope, failed.service, failed.operation, failed.code) == (
        SCOPE,
        "s3",
        "GetBucketPolicy",
        "KeyError",
    )
    assert failed.message is not None and "runner" in failed.message and "ghp_" not in failed.message
    assert {record.id for record in snapshot.records()} == {"half", "fine"}
    assert [failure.unit for failure in summary.failures] == ["broken"] and summary.done == 2
    assert "ghp_" not in summary.failures[0].message
    assert "broken: KeyError" in shown.getvalue()
    assert any(record.exc_info for record in caplog.records)


def test_an_answer_that_cannot_be_written_costs_its_unit_alone(writer: SnapshotWriter) -> None:
    def bad() -> None:
        writer.record(SCOPE, "s3", kind="k", id="i", region=None, operation="o", data={"rate": float("nan")})

    summary = run_units([unit("bad", bad), writes(writer, "fine")], writer)
    assert [failure.code for failure in summary.failures] == [InputError.__name__] and summary.done == 1


def test_a_resumed_run_does_what_is_left(writer: SnapshotWriter) -> None:
    ran: list[str] = []
    works = {"b": False}

    def child(name: str, writer: SnapshotWriter) -> Unit:
        def run() -> None:
            ran.append(name)
            writer.call(Call("s3", "GetBucketPolicy", SCOPE, "ok", "2026-03-01T12:00:00Z", resource=name))
            if name == "b" and not works["b"]:
                raise ValueError(name)

        return unit(name, run)

    def listing(writer: SnapshotWriter) -> Unit:
        def run() -> list[Unit]:
            ran.append("listing")
            writer.call(Call("s3", "ListBuckets", SCOPE, "ok", "2026-03-01T12:00:00Z"))
            return [child("a", writer), child("b", writer)]

        return unit("listing", run)

    run_units([listing(writer)], writer)
    works["b"] = True
    second = again(writer)
    ran.clear()
    summary = run_units([listing(second)], second)
    assert sorted(ran) == ["b", "listing"]
    assert (summary.done, summary.earlier) == (2, 1)
    third = again(second)
    ran.clear()
    summary = run_units([listing(third)], third)
    assert ran == [] and (summary.done, summary.earlier) == (0, 1)
    third.seal()
    calls = sorted(
        (call.operation, call.resource, call.outcome) for call in open_snapshot(third.path).calls()
    )
    assert calls == [
        ("GetBucketPolicy", "a", "ok"),
        ("GetBucketPolicy", "b", "ok"),
        ("ListBuckets", None, "ok"),
    ]


def test_a_budget_leaves_the_rest_as_gaps(writer: SnapshotWriter) -> None:
    units = [unit(f"u{number}", lambda: time.sleep(0.05)) for number in range(40)]
    began = time.monotonic()
    summary = run_units(units, writer, workers=2, seconds=0.2)
    assert time.monotonic() - began < 2
    assert 0 < summary.done < 40
    assert {failure.code for failure in summary.failures} == {OUT_OF_TIME}
    assert summary.done + len(summary.failures) == 40
    second = again(writer)
    assert len(run_units(units, second).failures) == 0


@pytest.mark.parametrize(
    "error",
    [
        CredentialsError("the credentials have expired", fix="log in again"),
        WeightguardError("the disk is full"),
    ],
)
def test_what_every_unit_would_meet_ends_the_run_resumably(
    writer: SnapshotWriter, error: WeightguardError
) -> None:
    def stop() -> None:
        raise error

    units = [writes(writer, "fine"), unit("stop", stop, after=("fine",)), unit("later", after=("stop",))]
    with pytest.raises(type(error), match=r"resume it so") as caught:
        run_units(units, writer, again="resume it so")
    assert caught.value.what == error.what
    second = SnapshotWriter.resume(writer.path)
    assert second.is_done("fine") and not second.is_done("stop") and not second.is_done("later")


def test_ctrl_c_between_units_says_how_to_resume_too(writer: SnapshotWriter) -> None:
    with pytest.raises(Interrupted, match="same command again"), writer:
        raise KeyboardInterrupt
    SnapshotWriter.resume(writer.path).close()


INTERRUPTED = """
import sys, time
from weightguard.collect.runner import Unit, run_units
from weightguard.errors import Interrupted
from weightguard.snapshot import Call, SnapshotWriter

path, scope, seconds = sys.argv[1], "aws/111111111111", float(sys.argv[2])
writer = SnapshotWriter.create_or_resume(path, "0.1.0", [scope])

def work(number):
    def run():
        print("at work", flush=True)
        for part in range(5):
            writer.call(Call("s3", "GetBucketPolicy", scope, "ok", "2026-03-01T12:00:00Z", resource=f"{number}/{part}"))
            time.sleep(seconds)
    return Unit(f"u{number}", scope, "s3", "GetBucketPolicy", run)

try:
    run_units([work(number) for number in range(30)], writer, workers=4, again="weightguard collect aws -o DIR --resume")
except Interrupted as error:
    print(error.one_line())
    sys.exit(error.exit_status)
writer.seal()
"""


@pytest.mark.slow
def test_ctrl_c_leaves_a_snapshot_that_resumes_and_says_how(tmp_path: Path) -> None:
    path = tmp_path / "s"
    command = [sys.executable, "-c", INTERRUPTED, str(path)]
    child = subprocess.Popen([*command, "0.02"], stdout=subprocess.PIPE, text=True)
    while not (path / "calls.jsonl").exists() or (path / "calls.jsonl").stat().st_size < 4_000:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGINT)
    output, _ = child.communicate(timeout=30)
    assert child.returncode == Interrupted.exit_status
    assert (
        "of 30 units of work done" in output
        and "weightguard collect aws -o DIR --resume" in output
        and str(path) in output
    )
    with SnapshotWriter.resume(path) as writer:
        finished = [number for number in range(30) if writer.is_done(f"u{number}")]
    assert f"with {len(finished)} of 30" in output and 0 < len(finished) < 30
    assert subprocess.run([*command, "0"], timeout=60).returncode == 0
    resources = sorted(call.resource or "" for call in open_snapshot(path).calls())
    assert resources == sorted(f"{number}/{part}" for number in range(30) for part in range(5))


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait_for_work_that_hangs(tmp_path: Path) -> None:
    path = tmp_path / "s"
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(path), "3"], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert "at work" in child.stdout.readline()
    began = time.monotonic()
    os.kill(child.pid, signal.SIGINT)
    time.sleep(0.3)
    os.kill(child.pid, signal.SIGINT)
    output, _ = child.communicate(timeout=30)
    assert time.monotonic() - began < 4.5 and child.returncode == Interrupted.exit_status
    assert "0 of 30 units" in output


def in_another_process(writer: SnapshotWriter, number: int) -> list[Unit]:
    writer.call(Call("s3", "GetBucketPolicy", SCOPE, "ok", "2026-03-01T12:00:00Z", resource=f"{os.getpid()}"))
    writer.objects(SCOPE, [{"store": f"b{number}", "key": "k", "bytes": number}])
    return [unit("late", functools.partial(in_another_process, writer, 99))] if number == 0 else []


@pytest.mark.slow
def test_any_executor_will_do(writer: SnapshotWriter) -> None:
    units = [unit(f"u{number}", functools.partial(in_another_process, writer, number)) for number in range(6)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        summary = run_units(units, writer, executor=executor)
    assert summary.done == 7 and not summary.failures
    writer.seal()
    snapshot = open_snapshot(writer.path)
    assert str(os.getpid()) not in {call.resource for call in snapshot.calls()}
    assert sorted(row["bytes"] for row in snapshot.object_rows()) == [0, 1, 2, 3, 4, 5, 99]


class GivesUp(Executor):
    """An executor that loses work, as a cluster does when a worker leaves."""

    def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
        future: Future[object] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_work_that_an_executor_loses_is_a_gap(writer: SnapshotWriter) -> None:
    summary = run_units([unit("lost")], writer, executor=GivesUp())
    assert [failure.unit for failure in summary.failures] == ["lost"]


def test_many_units_overlap(writer: SnapshotWriter) -> None:
    meeting = threading.Barrier(6, timeout=5)
    summary = run_units(
        [unit(f"u{number}", lambda: meeting.wait() and None) for number in range(6)], writer, workers=6
    )
    assert not summary.failures


def test_quiet_lines_come_now_and_then() -> None:
    stream, now = io.StringIO(), [0.0]
    lines = Lines(stream, clock=lambda: now[0])
    for done in range(100):
        now[0] += 1
        lines.update(State(done, 100, {"ok": done, "denied": 2}))
    lines.close()
    printed = stream.getvalue().splitlines()
    assert 3 < len(printed) < 10
    assert printed[-1] == "collected: 99 of 100 units, 101 calls (2 denied)"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_that_no_name_can_break() -> None:
    screen = Screen()
    bar = choose_progress(screen)
    assert isinstance(bar, Terminal)
    bar.update(State(1, 2, {"ok": 3}, "[red]\x1b]0;owned\x07\x1b[2J\u202ebucket"))
    bar.note("[bold]\x1b[31mtrouble")
    bar.close()
    shown = screen.getvalue()
    assert "1 of 2 units, 3 calls" in shown and "[bold]" in shown
    assert "\x1b]0;" not in shown and "\x1b[2J" not in shown and "\u202e" not in shown


def test_the_progress_fits_where_it_is_shown() -> None:
    assert isinstance(choose_progress(Screen(), quiet=True), Silent)
    assert isinstance(choose_progress(Screen(), show=False), Lines)
    assert isinstance(choose_progress(io.StringIO()), Lines)
    assert printable("a\x00b\nc") == "a\ufffdb\ufffdc"
