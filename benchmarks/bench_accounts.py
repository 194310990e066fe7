"""How judging grows with accounts: the whole catalogue over organisations of equal accounts, report.json and the page included.

    python benchmarks/bench_accounts.py             # 20, 100, 400 and 1,600 accounts
    python benchmarks/bench_accounts.py 20 80 160

Each size runs in a process of its own, on one core: five stores with weights, three keys and ten roles an account, a store open
to a role of the next account. Printed are seconds of the processor (judged, written as JSON and read back, the page, two such
reports compared), the peak of memory, what report.json takes, and the seconds of an account against those of the smallest size.
A report.json that is larger than what is read back (256 MB) shows nan there.
Bounds: 60 s and 1.5 GB at 400, 300 s and 5 GB at 1,600, an account within 1.5 times that of the smallest size.
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
from itertools import pairwise
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weightguard.assess.model import Report

SIZES = (20, 100, 400, 1_600)
BOUNDS = {400: (60.0, 1_500.0), 1_600: (300.0, 5_000.0)}
SLOWER = 1.5


def measure(accounts: int) -> dict[str, float]:
    """One size, in this process."""
    from accounts import organisation_of, provenance_of
    from weightguard.access import build
    from weightguard.assess.assessment import assess
    from weightguard.assess.serialise import MAXIMUM_BYTES, to_json
    from weightguard.config import Config
    from weightguard.controls.catalogue import load_catalogue
    from weightguard.report import render

    gc.set_threshold(50_000, 500, 50)  # As the command does.
    catalogue = load_catalogue()
    for name in ("html", "json"):
        __import__(f"weightguard.report.formats.{name}")
    estate, source = organisation_of(accounts), provenance_of(accounts)
    clock = [time.process_time()]
    report = assess(estate, build(estate), catalogue, Config(), source=source)
    clock.append(time.process_time())
    written = to_json(report)
    clock.append(time.process_time())
    page = render("html", report)
    clock.append(time.process_time())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    judged, wrote, paged = (after - before for before, after in pairwise(clock))
    read, compared = _read_back(report, written) if len(written) <= MAXIMUM_BYTES else (nan, nan)
    return {
        "accounts": accounts, "results": len(report.results), "judged": judged, "written": wrote, "paged": paged,
        "read": read, "compared": compared, "whole": judged + wrote + paged, "megabytes": peak,
        "json": len(written), "page": len(page),
    }  # fmt: skip


def _read_back(report: Report, written: bytes) -> tuple[float, float]:
    """Seconds to read a report, and to compare it; one that is larger than what is read back is told as nan."""
    from weightguard.assess.serialise import from_json
    from weightguard.report.changes import compare

    started = time.process_time()
    again = from_json(written)
    read = time.process_time()
    compare(report, again)
    return read - started, time.process_time() - read


def _apart(accounts: int) -> dict[str, float]:
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, str(here), str(accounts), "--json"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(here.parent)},
    )
    return dict(json.loads(done.stdout))


def _bound(row: dict[str, float], slower: float) -> str:
    seconds, megabytes = BOUNDS.get(int(row["accounts"]), (float("inf"), float("inf")))
    broken = [
        name
        for name, held in (
            ("CPU", row["whole"] <= seconds),
            ("memory", row["megabytes"] <= megabytes),
            ("growth", slower <= SLOWER),
        )
        if not held
    ]
    return f"over: {', '.join(broken)}" if broken else ""


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("accounts", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--json", action="store_true", help="measure one size here and print JSON")
    asked = parser.parse_args()
    if asked.json:
        print(json.dumps(measure(asked.accounts[0])))
        return
    print(
        f"{'accounts':>8} {'results':>8} {'judge s':>8} {'json s':>7} {'page s':>7} {'read s':>7} {'diff s':>7} {'whole s':>8} "
        f"{'peak MB':>8} {'json MB':>8} {'kB/result':>9} {'page MB':>8} {'ms/account':>10} {'times':>6}"
    )
    first = 0.0
    for size in asked.accounts:
        row = _apart(size)
        each = row["whole"] / size
        first = first or each
        print(
            f"{size:>8,} {row['results']:>8,} {row['judged']:>8.2f} {row['written']:>7.2f} {row['paged']:>7.2f} "
            f"{row['read']:>7.2f} {row['compared']:>7.2f} {row['whole']:>8.2f} {row['megabytes']:>8,.0f} "
            f"{row['json'] / 1e6:>8.1f} {row['json'] / 1e3 / row['results']:>9.2f} {row['page'] / 1e6:>8.2f} "
            f"{each * 1e3:>10.0f} {each / first:>6.2f}  {_bound(row, each / first)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
