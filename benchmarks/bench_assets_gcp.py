"""What an inventory of Google Cloud costs from its export to a report: processor seconds and memory of both commands, on one core.

    python benchmarks/bench_assets_gcp.py [ASSETS ...]      (default: 25000 100000)

Target: 100,000 assets read and assessed in at most 60 s and 1.5 GB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from google_assets import Inventory

SIZES = (25_000, 100_000)


def main(sizes: tuple[int, ...]) -> None:
    """A row a size."""
    head = f"{'assets':>8}  {'MB':>5}  {'collect s':>9} {'peak MB':>8}  {'assess s':>9} {'peak MB':>8}"
    print(f"{head}  {'together s':>10} {'wall s':>7}")
    for size in sizes:
        with TemporaryDirectory() as text:
            folder = Path(text)
            files = Inventory(size).write(folder)
            megabytes = sum(one.stat().st_size for one in files) / 1e6
            started = time.perf_counter()
            read = run("collect", "assets", *map(str, files), "-o", str(folder / "snapshot"))
            judged = run("assess", str(folder / "snapshot"), "-o", str(folder / "report"), "-f", "json")
            wall = time.perf_counter() - started
        told = f"{read[0]:>9.1f} {read[1]:>8.0f}  {judged[0]:>9.1f} {judged[1]:>8.0f}"
        print(f"{size:>8,}  {megabytes:>5.0f}  {told}  {read[0] + judged[0]:>10.1f} {wall:>7.1f}", flush=True)


def run(*arguments: str) -> tuple[float, float]:
    """Processor seconds and highest memory (MB) of one command."""
    command = [str(Path(sys.executable).parent / "weightguard"), *arguments, "-q"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode in (1, 2):
        raise SystemExit(f"{' '.join(arguments[:2])} failed: {said.decode()[-2_000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
