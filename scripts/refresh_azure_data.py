"""Rebuild the packaged table of Azure's built-in roles.

    python scripts/refresh_azure_data.py roles.json.gz --made 2026-08-22

Takes the roles of the project iann0036/iam-dataset, or what the provider's own API lists, packed or not:
`az role definition list --output json`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import zstandard

TARGET = Path(__file__).parent.parent / "src" / "weightguard" / "policy" / "azure" / "data" / "roles.json.zst"


def main() -> None:
    """Read the source, write the table and say how large it is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("--made", required=True, help="the day the source was taken, as YYYY-MM-DD")
    options = parser.parse_args()
    written = options.source.read_bytes()
    raw = json.loads(gzip.decompress(written) if written[:2] == b"\x1f\x8b" else written)
    listed: list[dict[str, Any]] = raw if isinstance(raw, list) else raw["roles"]
    roles = {
        role["name"].lower(): {"name": role["roleName"], "permissions": role["permissions"]}
        for role in listed
    }
    about = {
        "version": options.made,
        "source": "iann0036/iam-dataset",
        "licence": "MIT",
        "made": options.made,
    }
    if isinstance(raw, list):
        about |= {"source": "az role definition list", "licence": "none"}
    names = {role["name"].lower(): id for id, role in roles.items()}
    table = {"about": about, "names": names, "roles": roles}
    unpacked = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    packed = zstandard.ZstdCompressor(level=19, write_content_size=True).compress(unpacked)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(packed)
    sys.stdout.write(f"{TARGET.name}: {len(packed):,} bytes, {len(unpacked):,} unpacked\n")


if __name__ == "__main__":
    main()
