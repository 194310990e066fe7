"""What checking a bundle costs: each step that somebody takes who hands over an audit, or receives one, in seconds and MB.

    python benchmarks/bench_verify.py [AUDIT]

AUDIT is the folder that a scan wrote; without one, the demonstration lab is built and scanned first. Each command runs in a process
of its own, as a user starts it. The last column is the share of the budget of verifying with replay: 10 s of the processor.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET = 10.0
_WEIGHTGUARD = (sys.executable, "-m", "weightguard")


def measured(name: str, *command: str | Path) -> None:
    """Run one command and print its line."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    elapsed, seconds = time.perf_counter() - began, used.ru_utime + used.ru_stime
    ended = os.waitstatus_to_exitcode(status)
    print(
        f"{name:<20}{elapsed:>8.2f} s{seconds:>8.2f} s cpu{used.ru_maxrss / 1024:>8.0f} MB   status {ended}"
        f"{seconds / BUDGET:>8.0%}",
        flush=True,
    )


def main() -> None:
    """Sign, pack, verify, verify with replay."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], folder / "audit")
        else:
            subprocess.run(
                (*_WEIGHTGUARD, "demo", "-o", folder / "audit", "-q"), check=True, stderr=subprocess.DEVNULL
            )
        subprocess.run(
            ("openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "lab.key"), check=True
        )
        subprocess.run(
            ("openssl", "pkey", "-in", folder / "lab.key", "-pubout", "-out", folder / "lab.pub"), check=True
        )
        (folder / "trust.yaml").write_text("parties: [{name: Lab, role: lab, keys: [{public: lab.pub}]}]\n")
        bundle = folder / "audit.wgb"
        measured("sign", *_WEIGHTGUARD, "sign", folder / "audit", "--key", f"file:{folder / 'lab.key'}")
        measured("bundle", *_WEIGHTGUARD, "bundle", folder / "audit", "-o", bundle)
        verify = (*_WEIGHTGUARD, "verify", bundle, "--trust", folder / "trust.yaml")
        measured("verify", *verify)
        measured("verify --replay", *verify, "--replay")
        print(f"the bundle has {bundle.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
