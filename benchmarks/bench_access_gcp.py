"""Every who-can question about the buckets of an organisation on Google Cloud: CPU seconds, memory, growth.

python benchmarks/bench_access_gcp.py           # 2,500 to 20,000 bindings, a tenth as many resources, a hundredth as many buckets
python benchmarks/bench_access_gcp.py 20000     # one size
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from questions import main

SIZES = (2_500, 5_000, 10_000, 20_000)


def make(folder: Path, size: int) -> Sequence[str]:
    """A snapshot of an organisation with that many bindings."""
    from google_cloud import Organisation
    from weightguard.api import collect_assets

    organisation = Organisation(size, size // 10, size // 100)
    collect_assets(folder / "snapshot", organisation.write(folder))
    return organisation.stores


if __name__ == "__main__":
    main(__file__, make, SIZES, "bindings")
