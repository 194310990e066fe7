"""All who-can questions about the stores of a snapshot, measured in a process of their own."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

Made = Callable[[Path, int], Sequence[str]]
"""Makes a snapshot of a size in a folder; answers with its stores."""


def measure(snapshot: str, stores: Sequence[str]) -> dict[str, float]:
    """Every access to every store, in this process."""
    from weightguard.access import AccessKind
    from weightguard.api import load

    for provider in ("aws", "azure", "gcp"):  # Loaded when asked for; the time of imports is not measured.
        import_module(f"weightguard.access.{provider}.reach")
    gc.set_threshold(50_000, 500, 50)  # As the command does.
    started = time.process_time()
    evidence = load(snapshot)
    evidence.estate.stores.items  # noqa: B018 - what reads the estate is not what answers
    read = time.process_time()
    access = evidence.access
    answers = 0
    for kind in AccessKind:
        for store in stores:
            answers += len(access.who_can(kind, store).answers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"read": read - started, "all": time.process_time() - read, "answers": answers, "peak": peak}


def curve(script: str, make: Made, sizes: Sequence[int], unit: str) -> None:
    """Print a row a size; the last column is the time's growth over the size's, 1.0 where both grow alike."""
    print(f"{unit:>12}  stores   answers  read s   all s  peak MB  growth")
    first: tuple[int, float] | None = None
    for size in sizes:
        with TemporaryDirectory() as text:
            stores = make(Path(text), size)
            command = [sys.executable, script, "--ask", str(Path(text) / "snapshot"), *stores]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        first = first or (size, row["all"])
        growth = (row["all"] / first[1]) / (size / first[0])
        counted = f"{size:>12,} {len(stores):>7,} {row['answers']:>9,}"
        taken = f"{row['read']:>7.2f} {row['all']:>7.2f} {row['peak']:>8.0f} {growth:>7.2f}"
        print(counted, taken, flush=True)


def main(script: str, make: Made, usual: Sequence[int], unit: str) -> None:
    """Answer about a snapshot (`--ask`), or print the curve of the sizes that were named."""
    if sys.argv[1:2] == ["--ask"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3:])))
    else:
        curve(script, make, tuple(map(int, sys.argv[1:])) or usual, unit)
