"""The smallest cut of one store in organisations of growing size: seconds, and how often the estate was asked.

    python benchmarks/bench_cut.py                 # 300 to 5,000 principals
    python benchmarks/bench_cut.py 300 1250

Each size runs in a process of its own, on one core. The first question, which works out who can become whom, is timed apart.
Bound: 3 s at 1,250 principals.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

SIZES = (300, 600, 1_250, 2_500, 5_000)


def measure(principals: int, stores: int) -> dict[str, float]:
    """One size, in this process."""
    from organisation import organisation
    from weightguard.access import AccessKind, build
    from weightguard.access import graph as graphs

    import_module(
        "weightguard.access.aws.reach"
    )  # Loaded when it is asked for; the time of imports is not measured.
    asked = [0]
    who_can = graphs.AccessGraph.who_can

    def counted(
        self: graphs.AccessGraph, access: AccessKind, store: str, prefix: str | None = None
    ) -> object:
        asked[0] += 1
        return who_can(self, access, store, prefix)

    estate = organisation(principals, stores)
    store = estate.stores.items[0].id
    started = time.process_time()
    access = build(estate)
    found = access.who_can(AccessKind.READ, store)
    first = time.process_time() - started
    graphs.AccessGraph.who_can = counted  # type: ignore[method-assign, assignment]
    started = time.process_time()
    cut = access.cut(store)
    return {
        "principals": principals,
        "answers": len(found.answers),
        "changes": len(cut.changes),
        "left": len(cut.left),
        "complete": cut.complete,
        "asked": asked[0] - 1,
        "first_seconds": first,
        "cut_seconds": time.process_time() - started,
    }


def _apart(principals: int, stores: int) -> dict[str, float]:
    command = [sys.executable, str(Path(__file__)), str(principals), "--stores", str(stores), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("principals", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--stores", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="measure one size here and print JSON")
    asked = parser.parse_args()
    if asked.json:
        print(json.dumps(measure(asked.principals[0], asked.stores)))
        return
    print(
        f"{'principals':>10} {'answers':>8} {'changes':>8} {'asked':>6} {'first s':>8} {'cut s':>8}  complete"
    )
    for size in asked.principals:
        row = _apart(size, asked.stores)
        print(
            f"{row['principals']:>10,} {row['answers']:>8,} {row['changes']:>8} {row['asked']:>6} "
            f"{row['first_seconds']:>8.2f} {row['cut_seconds']:>8.2f}  {bool(row['complete'])}"
        )


if __name__ == "__main__":
    main()
