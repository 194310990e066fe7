"""`weightguard evaluate` on Google Cloud and Azure: explained decisions a second, of the engine alone and of the whole command.

    python benchmarks/bench_evaluate.py [cases]      (default: 20000)

"engine": cases that are read already, decided and their reasons and missing keys told. "lines": JSON in, JSON out, in-process.
"command": the command on a file, its start included. Documents repeat as in a run over one estate, or each line has its own.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluated import MADE

_TIMES = 3


def main(count: int) -> None:
    """Print a row a provider and kind of documents."""
    print(
        f"{'cases':>6}  {'documents':<10} {'bytes a line':>12} {'engine/s':>9} {'lines/s':>9} {'command/s':>9}"
    )
    for provider, made in MADE.items():
        for differing in (False, True):
            lines = list(made(count, differing=differing))
            row = (engine(lines), best(lambda lines=lines: answered(lines), count), command(lines))
            size, documents = sum(map(len, lines)) // count, "differing" if differing else "repeated"
            print(
                f"{provider:>6}  {documents:<10} {size:>12,} " + " ".join(f"{rate:>9,.0f}" for rate in row),
                flush=True,
            )


def engine(lines: Iterable[bytes]) -> float:
    """Decisions a second of cases that are read already."""
    from weightguard.json_text import loads
    from weightguard.policy.case import Remembered
    from weightguard.policy.providers import case_reader

    remembered = Remembered()
    entries = [loads(line) for line in lines]
    cases = [case_reader(entry["provider"])(entry, remembered) for entry in entries]
    decisions = [case.decide() for case in cases]
    assert len({decision.outcome for decision in decisions}) > 2

    def decide() -> None:
        for case in cases:
            decision = case.decide()
            decision.by, decision.missing, decision.lacking  # noqa: B018 - what an answer tells

    return best(decide, len(cases))


def answered(lines: Iterable[bytes]) -> None:
    """Lines in, records out."""
    from weightguard.policy.cases import answer_lines

    for answer in answer_lines(lines):
        assert not answer.failed, answer.record
        answer.record  # noqa: B018 - what is written


def best(work, count: int) -> float:  # type: ignore[no-untyped-def]
    """The highest rate of a few goes, in CPU time."""
    found = 0.0
    gc.disable()
    for _ in range(_TIMES):
        started = time.process_time()
        work()
        found = max(found, count / (time.process_time() - started))
    gc.enable()
    return found


def command(lines: list[bytes]) -> float:
    """Lines a second of the whole command, its start included."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cases.jsonl"
        path.write_bytes(b"".join(lines))
        started = time.perf_counter()
        subprocess.run(
            [Path(sys.executable).parent / "weightguard", "evaluate", str(path)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return len(lines) / (time.perf_counter() - started)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000)
