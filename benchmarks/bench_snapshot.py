"""What a snapshot costs: time, memory and bytes to write, seal, read and pack, by the number of buckets.

    python benchmarks/bench_snapshot.py [BUCKETS ...]

Each bucket has a record with fourteen answers, fourteen calls and a hundred objects. Growth should be a straight line.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weightguard.snapshot import Call, SnapshotWriter, open_snapshot, pack, utc_now

SCOPE = "aws/111111111111"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}]}'
ENCRYPTION = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]
}


@contextmanager
def timed(what: str, figures: dict[str, float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    figures[what] = time.perf_counter() - began


def fill(writer: SnapshotWriter, buckets: int) -> None:
    reads = {f"GetBucketThing{number}": {"outcome": "ok", "data": ENCRYPTION} for number in range(13)}
    reads["GetBucketPolicy"] = {"outcome": "ok", "data": {"Policy": POLICY}}
    for number in range(buckets):
        arn = f"arn:aws:s3:::bucket-{number:06d}"
        with writer.unit(arn):
            names = {"kind": "s3.bucket", "id": arn, "region": "eu-west-1", "operation": "ListBuckets"}
            writer.record(SCOPE, "s3", **names, data={"Name": arn}, reads=reads)
            for operation in reads:
                writer.call(Call("s3", operation, SCOPE, "ok", utc_now(), resource=arn))
            writer.objects(
                SCOPE,
                ({"store": arn, "key": f"m/{key:05d}.safetensors", "bytes": 10**9} for key in range(100)),
            )
        writer.unit_done(arn)


def measure(buckets: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot"
        with SnapshotWriter.create(path, "benchmark") as writer:
            with timed("write s", figures):
                fill(writer, buckets)
            with timed("seal s", figures):
                writer.seal()
        with timed("open s", figures):
            snapshot = open_snapshot(path)
        with timed("read s", figures):
            snapshot.verify()
        with timed("pack s", figures):
            packed = pack(path, Path(folder) / "snapshot.tar.zst")
        figures["MB"] = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6
        figures["packed MB"] = packed.stat().st_size / 1e6
    figures["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or [50, 200, 1_000]
    for buckets in sizes:
        figures = measure(buckets)
        per_bucket = 1_000 * (figures["write s"] + figures["seal s"]) / buckets
        line = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"{buckets:>6} buckets  {line}  write and seal {per_bucket:.2f} ms a bucket")


if __name__ == "__main__":
    main()
