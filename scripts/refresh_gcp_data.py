"""Rebuild the packaged table of Google Cloud's predefined roles.

    python scripts/refresh_gcp_data.py roles.json.gz --made 2026-08-22
    python scripts/refresh_gcp_data.py listed.json --made 2026-12-01

Takes the roles of the project iann0036/iam-dataset, their permissions as ranges (packed or not), or what the provider's own API
lists: the roles of every page of `https://iam.googleapis.com/v1/roles?view=FULL` in one list.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import zstandard

TARGET = Path(__file__).parent.parent / "src" / "weightguard" / "policy" / "gcp" / "data" / "roles.json.zst"


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
    table = from_list(raw) if isinstance(raw, list) else from_ranges(raw)
    source = "https://iam.googleapis.com/v1/roles" if isinstance(raw, list) else "iann0036/iam-dataset"
    about = {"version": options.made, "source": source, "licence": "MIT", "made": options.made}
    unpacked = json.dumps({"about": about, **table}, separators=(",", ":"), sort_keys=True).encode()
    packed = zstandard.ZstdCompressor(level=19, write_content_size=True).compress(unpacked)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(packed)
    sys.stdout.write(f"{TARGET.name}: {len(packed):,} bytes, {len(unpacked):,} unpacked\n")


def from_ranges(raw: dict[str, Any]) -> dict[str, Any]:
    """Permissions in order; each role as its stage and the inclusive ranges of what it permits."""
    return {
        "permissions": raw["permissions"],
        "roles": {
            name: [role.get("stage", "GA"), role["permissions"]] for name, role in raw["roles"].items()
        },
    }


def from_list(raw: list[dict[str, Any]]) -> dict[str, Any]:
    """The same of the provider's own list."""
    names = sorted({one for role in raw for one in role.get("includedPermissions", ())})
    places = {name: at for at, name in enumerate(names)}
    roles = {}
    for role in raw:
        held = sorted(places[one] for one in role.get("includedPermissions", ()))
        ranges: list[list[int]] = []
        for at in held:
            if ranges and at == ranges[-1][1] + 1:
                ranges[-1][1] = at
            else:
                ranges.append([at, at])
        roles[role["name"]] = [role.get("stage", "GA"), ranges]
    return {"permissions": names, "roles": roles}


if __name__ == "__main__":
    main()
