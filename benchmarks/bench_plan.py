"""How long `weightguard plan` takes: CPU seconds, start-up included, and memory, for plans of 55, 500 and 5,000 resources.

Usage: python benchmarks/bench_plan.py [RESOURCES...]
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LIMITS = {55: 1.0, 500: 2.0, 5_000: 10.0}
ACCOUNT = "111111111111"


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _entry(type_: str, name: str, values: dict[str, Any], *, new: bool = False) -> dict[str, Any]:
    change = {
        "actions": ["create"] if new else ["no-op"],
        "before": None if new else values,
        "after": values,
        "after_unknown": {"id": True} if new else {},
    }
    return {
        "address": f"{type_}.{name}",
        "mode": "managed",
        "type": type_,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": change,
    }


def _unit(number: int) -> list[dict[str, Any]]:
    """Five resources: a bucket with weights and a block, a role with rights on it, the right itself."""
    name, bucket = f"n{number}", f"weights-{number}"
    trust = _policy(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    )
    rights = _policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"})
    role = {
        "name": f"role-{number}",
        "path": "/",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/role-{number}",
        "assume_role_policy": trust,
    }
    return [
        _entry(
            "aws_s3_bucket",
            name,
            {"bucket": bucket, "id": bucket, "arn": f"arn:aws:s3:::{bucket}", "region": "eu-west-1"},
        ),
        _entry(
            "aws_s3_object",
            name,
            {"bucket": bucket, "key": "model/model.safetensors"}
            if number < 20
            else {"bucket": bucket, "key": "log"},
        ),
        _entry(
            "aws_s3_bucket_public_access_block",
            name,
            {
                "bucket": bucket,
                "block_public_acls": True,
                "block_public_policy": True,
                "ignore_public_acls": True,
                "restrict_public_buckets": True,
            },
        ),
        _entry("aws_iam_role", name, role),
        _entry(
            "aws_iam_role_policy",
            name,
            {"name": "reads", "role": f"role-{number}", "policy": rights},
            new=number % 10 == 0,
        ),
    ]


def plan(resources: int) -> dict[str, Any]:
    """A plan of so many resources; one right in ten is new."""
    entries = [entry for number in range(resources // 5) for entry in _unit(number)]
    configured = [
        {
            "address": entry["address"],
            "mode": "managed",
            "type": entry["type"],
            "name": entry["name"],
            "provider_config_key": "aws",
            "expressions": {
                name: {"constant_value": value}
                for name, value in entry["change"]["after"].items()
                if name != "id"
            },
        }
        for entry in entries
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "planned_values": {},
        "resource_changes": entries,
        "configuration": {
            "provider_config": {"aws": {"name": "aws"}},
            "root_module": {"resources": configured},
        },
        "timestamp": "2026-01-01T00:00:00Z",
    }


def measure(resources: int, folder: Path) -> tuple[float, float]:
    """CPU seconds and megabytes of one command."""
    path = folder / f"{resources}.json"
    path.write_text(json.dumps(plan(resources)))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from weightguard.cli import main; main()", "plan", str(path), "-q"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, check=False, env=environment)
    if done.returncode not in (0, 3, 4):
        raise SystemExit(f"the plan of {resources} resources ended in {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def main() -> None:
    """Print a line for each size."""
    sizes = [int(one) for one in sys.argv[1:]] or list(LIMITS)
    with tempfile.TemporaryDirectory() as folder:
        measure(5, Path(folder))
        for size in sizes:
            seconds, megabytes = measure(size, Path(folder))
            most = LIMITS.get(size, 0)
            print(
                f"{size:>6} resources: {seconds:6.2f} s of CPU (at most {most:g}), {megabytes:6.0f} MB at most so far"
            )


if __name__ == "__main__":
    main()
