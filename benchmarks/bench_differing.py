"""Questions about accounts whose principals all differ: CPU seconds, memory, growth; and decisions that bring their own policies.

    python benchmarks/bench_differing.py                # 500, 1,000, 2,000 and 5,000 principals
    python benchmarks/bench_differing.py 2000           # one size

Each question is a command of its own, start-up included. The last column is the growth against the smallest size of the same run:
1.0 where the time grows as the principals do. "and 200 stores" asks for 200 more stores in one process after the first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (500, 1_000, 2_000, 5_000)
ACCESSES = ("read", "write", "copy", "decrypt", "delete", "administer")
_MORE = 200


def run(*arguments: str) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a command, which has to succeed."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def snapshot(folder: Path, principals: int) -> Path:
    """A snapshot of an account of that many principals."""
    from differing import account

    details = folder / f"{principals}.json"
    details.write_text(json.dumps(account(principals)), encoding="utf-8")
    made = folder / f"snapshot-{principals}"
    run("-m", "weightguard", "collect", "gaad", str(details), "-o", str(made), "-q")
    return made


def many(made: str) -> None:
    """The first store, and then 200 more, in this process."""
    from differing import STORE
    from weightguard.api import load, who_can

    evidence = load(made)
    who_can(evidence, "read", STORE)
    first = time.process_time()
    for number in range(_MORE):
        who_can(evidence, "read", f"arn:aws:s3:::other-{number}")
    print(f"{time.process_time() - first:.2f}")


def main() -> None:
    """Measure one size, or print the curve."""
    if sys.argv[1:2] == ["--many"]:
        many(sys.argv[2])
        return
    from differing import STORE, account, requests

    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    base: dict[str, tuple[int, float]] = {}
    print("principals  access        CPU s  peak MB  growth")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for size in sizes:
            made = snapshot(folder, size)
            for access in ACCESSES:
                question = ("-m", "weightguard", "who-can", access, "--snapshot", str(made))
                seconds, peak = run(*question, "--store", STORE, "--json")
                told(size, access, seconds, peak, base)
            seconds, peak = run(__file__, "--many", str(made))
            told(size, "and 200 stores", seconds, peak, base)
            cases = folder / f"{size}.jsonl"
            cases.write_text("\n".join(requests(account(size))) + "\n", encoding="utf-8")
            seconds, peak = run("-m", "weightguard", "evaluate", str(cases))
            told(size, "evaluate", seconds, peak, base)


def told(size: int, what: str, seconds: float, peak: float, base: dict[str, tuple[int, float]]) -> None:
    """Print one row; growth is the time's over the principals'."""
    first, before = base.setdefault(what, (size, seconds))
    growth = (seconds / before) / (size / first)
    print(f"{size:>10,}  {what:<14} {seconds:>6.2f} {peak:>8.0f} {growth:>7.2f}", flush=True)


if __name__ == "__main__":
    main()
