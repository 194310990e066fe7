"""What a collection from AWS costs: wall time, CPU, peak memory, calls, bytes written, at growing sizes.

    python benchmarks/bench_collect_aws.py [BUCKETS ...]      (default: 50 200 1000)

moto serves an account with N buckets (one in four holds weights), N roles and N / 2 keys; the collector runs in a process of its
own, so that its memory is its own. Straight-line growth shows as figures per bucket that do not rise.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import emulators

SIZES = (50, 200, 1000)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def build(url: str, buckets: int) -> None:
    """Fill the emulator."""
    client = emulators.clients(url)
    s3, iam, kms = client("s3"), client("iam"), client("kms")
    trust = emulators.policy(
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    allow = emulators.policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})

    def bucket(number: int) -> None:
        name = f"bench-{number:05d}"
        s3.create_bucket(Bucket=name)
        key = "model.safetensors" if number % 4 == 0 else "table.csv"
        body = emulators.safetensors() if number % 4 == 0 else b"a,b\n" * 50
        s3.put_object(Bucket=name, Key=key, Body=body)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def role(number: int) -> None:
        iam.create_role(RoleName=f"role-{number:05d}", AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=f"role-{number:05d}", PolicyName="read", PolicyDocument=allow)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(bucket, range(buckets)))
        list(pool.map(lambda _: kms.create_key(), range(buckets // 2)))
    for number in range(buckets):  # moto's IAM does not bear threads
        role(number)


def collect(url: str, path: str) -> None:
    """The process that is measured: collect, then print what it took."""
    from weightguard.collect.aws import AwsOptions, collect, connect
    from weightguard.snapshot import SnapshotWriter

    started = time.monotonic()
    entry = connect(AwsOptions(endpoint_url=url))
    with SnapshotWriter.create_or_resume(path, "bench") as writer:
        collect(entry, writer)
        writer.seal()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    took = {
        "wall": time.monotonic() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
    }
    print(json.dumps(took))


def measure(buckets: int) -> dict[str, Any]:
    """Build, collect in a process of its own, and count."""
    with tempfile.TemporaryDirectory() as folder, emulators.moto_server(Path(folder) / "moto.log") as url:
        build(url, buckets)
        path = Path(folder) / "snapshot"
        command = [sys.executable, __file__, "--collect", url, str(path)]
        output = subprocess.run(
            command, env=os.environ | CREDENTIALS, check=True, capture_output=True, text=True
        ).stdout
        lines = (path / "calls.jsonl").read_text().splitlines()
        calls = Counter(json.loads(line)["service"] for line in lines)
        written = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return json.loads(output) | {"calls": calls, "written": written}


def main() -> None:
    """Print a line a size."""
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    print(
        "buckets  roles   keys   wall s    CPU s  peak MB  written MB   calls  s3/bucket  iam/role  kms/key  ms/bucket"
    )
    for buckets in sizes:
        found = measure(buckets)
        calls = found["calls"]
        print(
            f"{buckets:7d} {buckets:6d} {buckets // 2:6d} {found['wall']:8.1f} {found['cpu']:8.1f} {found['peak']:8.0f}"
            f" {found['written'] / 1e6:11.2f} {calls.total():7d} {calls['s3'] / buckets:10.2f} {calls['iam'] / buckets:9.3f}"
            f" {calls['kms'] / (buckets // 2):8.2f} {found['wall'] * 1000 / buckets:10.1f}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--collect"]:
        collect(sys.argv[2], sys.argv[3])
    else:
        main()
