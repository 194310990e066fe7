"""What a whole `weightguard scan aws` costs: wall time, CPU, peak memory, bytes written, calls, at growing sizes.

    python benchmarks/bench_scan.py [BUCKETS ...]      (default: 50 200 1000)

moto serves an account with N buckets (one in four holds weights), N roles and N / 2 keys. The command runs as a user runs it, in a
process of its own, whose memory and processor time are its own; everything that it leaves on disk counts (snapshot, report.json,
report.html). Straight-line growth shows as ratios near 1: the figures per bucket at one size over those at the size before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import bench_collect_aws as estate
import emulators

SIZES = (50, 200, 1000)
JUDGED = (0, 3, 4)
"""Exit statuses of a scan that worked."""


@dataclass(frozen=True)
class Cost:
    """What one scan took. Seconds, MB, bytes."""

    buckets: int
    wall: float
    cpu: float
    peak: float
    written: dict[str, int]
    calls: Counter[str]

    def row(self, before: Cost | None) -> str:
        """One line of the table."""
        growth = (self.wall / self.buckets) / (before.wall / before.buckets) if before else 1.0
        total = sum(self.written.values())
        return (
            f"{self.buckets:7d} {self.wall:8.1f} {self.cpu:8.1f} {self.peak:8.0f} {total / 1e6:10.2f}"
            f" {self.written['snapshot'] / 1e6:9.2f} {self.written['report.json'] / 1e6:6.2f}"
            f" {self.written['report.html'] / 1e6:6.2f}"
            f" {self.calls.total():7d} {self.calls['s3'] / self.buckets:10.2f} {self.calls['iam'] / self.buckets:9.3f}"
            f" {self.calls['kms'] / (self.buckets // 2):8.2f} {growth:6.2f}"
        )


def scan(url: str, folder: Path) -> tuple[float, float, float]:
    """Run the command; wall and processor seconds, peak memory in MB."""
    command = [
        sys.executable,
        "-m",
        "weightguard",
        "scan",
        "aws",
        "--endpoint-url",
        url,
        "-o",
        str(folder),
        "-q",
    ]
    started = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | estate.CREDENTIALS)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in JUDGED:
        raise RuntimeError(f"the scan ended with exit status {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(buckets: int) -> Cost:
    """Build, scan, and count."""
    with tempfile.TemporaryDirectory() as name, emulators.moto_server(Path(name) / "moto.log") as url:
        estate.build(url, buckets)
        folder = Path(name) / "audit"
        wall, cpu, peak = scan(url, folder)
        lines = (folder / "snapshot" / "calls.jsonl").read_text().splitlines()
        written: Counter[str] = Counter()
        for file in folder.rglob("*"):
            if file.is_file():
                written[file.relative_to(folder).parts[0]] += file.stat().st_size
        calls = Counter(json.loads(line)["service"] for line in lines)
    return Cost(buckets, wall, cpu, peak, dict(written), calls)


def main() -> None:
    """Print a line a size."""
    print(
        "buckets   wall s    CPU s  peak MB  output MB  snapshot   json   html   calls"
        "  s3/bucket  iam/role  kms/key  ratio"
    )
    before = None
    for buckets in [int(argument) for argument in sys.argv[1:]] or SIZES:
        cost = measure(buckets)
        print(cost.row(before), flush=True)
        before = cost


if __name__ == "__main__":
    main()
