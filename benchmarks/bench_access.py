"""Who-can questions over organisations of growing size: seconds, memory, and the growth curve.

    python benchmarks/bench_access.py                      # 1,250 to 20,000 principals, 200 stores, all six accesses
    python benchmarks/bench_access.py 100000 --stores 200  # one size

Each size runs in a process of its own, on one core, so that the peak memory is that size's.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

SIZES = (1_250, 2_500, 5_000, 10_000, 20_000)


def measure(principals: int, stores: int) -> dict[str, float]:
    """One size, in this process."""
    from organisation import organisation
    from weightguard.access import AccessKind, build

    import_module(
        "weightguard.access.aws.reach"
    )  # Loaded when it is asked for; the time of imports is not measured.
    gc.set_threshold(50_000, 500, 50)  # As the command does.
    estate = organisation(principals, stores)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.process_time()
    access = build(estate)
    access.who_can(AccessKind.READ, estate.stores.items[0].id)
    built = time.process_time() - started
    answers = questions = 0
    for kind in AccessKind:
        for store in estate.stores:
            answers += len(access.who_can(kind, store.id).answers)
            questions += 1
    total = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    held = sum(1 for one in estate.principals if one.kind.value != "group")
    return {
        "principals": held,
        "accounts": len(estate.accounts),
        "stores": stores,
        "build_seconds": built,
        "all_seconds": total,
        "questions": questions,
        "answers": answers,
        "estate_megabytes": before,
        "peak_megabytes": peak,
    }


def _apart(principals: int, stores: int) -> dict[str, float]:
    here = Path(__file__)
    command = [sys.executable, str(here), str(principals), "--stores", str(stores), "--json"]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(here.parent)},
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure one size, or print the curve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("principals", type=int, nargs="?")
    parser.add_argument("--stores", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.principals is not None and given.json:
        print(json.dumps(measure(given.principals, given.stores)))
        return
    print("principals accounts questions   answers  build s    all s  peak MB  s ratio")
    last = None
    for size in (given.principals,) if given.principals is not None else SIZES:
        row = _apart(size, given.stores)
        ratio = f"{row['all_seconds'] / last:8.2f}" if last else " " * 8
        print(
            f"{row['principals']:>10.0f} {row['accounts']:>8.0f} {row['questions']:>9.0f} {row['answers']:>9.0f} "
            f"{row['build_seconds']:>8.2f} {row['all_seconds']:>8.2f} {row['peak_megabytes']:>8.0f} {ratio}",
            flush=True,
        )
        last = row["all_seconds"]


if __name__ == "__main__":
    main()
