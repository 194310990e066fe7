"""Every who-can question about the containers of an Azure tenant: CPU seconds, memory, growth.

python benchmarks/bench_access_azure.py           # 2,500 to 20,000 assignments, a tenth as many scopes
python benchmarks/bench_access_azure.py 20000     # one size
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from questions import main

SIZES = (2_500, 5_000, 10_000, 20_000)


def make(folder: Path, size: int) -> Sequence[str]:
    """A snapshot of a tenant with that many assignments."""
    from azure_tenant import Tenant
    from weightguard.api import collect_graph_export

    tenant = Tenant(size, size // 10, size // 100)
    collect_graph_export(folder / "snapshot", tenant.write(folder))
    return tenant.stores


if __name__ == "__main__":
    main(__file__, make, SIZES, "assignments")
