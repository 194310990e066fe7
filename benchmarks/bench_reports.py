"""What each format costs for a report of 50,000 results: seconds of the clock and the processor, memory above the report, bytes.

    python benchmarks/bench_reports.py [RESULTS [FORMAT ...]]

Each format is rendered in a process of its own. The last columns are shares of the budget: 10 s of the processor and 500 MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

SECONDS, MEGABYTES = 10.0, 500.0
_REPORTS = Path(__file__).resolve().parents[1] / "tests" / "report"


def peak() -> float:
    """The process's largest resident size, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def processor() -> float:
    """Seconds of the processor that this process and those it started took: a machine that others use slows only the clock."""
    return time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def one(name: str, results: int) -> None:
    """Render one format and print its line."""
    sys.path.insert(0, str(_REPORTS))
    import build

    from weightguard import report

    large = build.large(results)
    report.find(name)
    before, began, worked = peak(), time.perf_counter(), processor()
    rendered = report.render(name, large)
    elapsed, seconds, memory = time.perf_counter() - began, processor() - worked, peak() - before
    print(
        f"{name:<24}{elapsed:>8.2f} s{seconds:>8.2f} s{memory:>8.0f} MB{len(rendered) / 1e6:>9.2f} MB out"
        f"{seconds / SECONDS:>8.0%}{memory / MEGABYTES:>8.0%}",
        flush=True,
    )


def main() -> None:
    """Every format, or those named."""
    from weightguard import report

    results = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    print(f"{results} results")
    for name in sys.argv[2:] or report.names():
        subprocess.run([sys.executable, __file__, "--one", name, str(results)], check=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        main()
