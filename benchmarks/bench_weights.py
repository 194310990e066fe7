"""How classifying a store grows with its objects, and what examining one header costs.

    python benchmarks/bench_weights.py [largest]

Prints, for listings of growing length: seconds and microseconds an object for both passes, peak memory, and the ratio to the
listing a tenth as long (10.0 is a straight line); then the time and bytes read for headers of several formats; then 10,000
objects of mixed formats in one store, every one of them read: at most 20 s and 300 MB (the resident set's growth).
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import resource
import struct
import sys
import tarfile
import time
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Iterator

from weightguard.weights import ListedObject, StoreScan, assemble, examine

_LARGEST = 1_000_000


def _safetensors(tensors: int) -> bytes:
    header = {
        f"model.layers.{n}.mlp.weight": {"dtype": "F32", "shape": [4], "data_offsets": [16 * n, 16 * n + 16]}
        for n in range(tensors)
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16 * tensors)


def _listing(count: int) -> Iterator[ListedObject]:
    """A store as they are: mostly logs and pictures, one model of shards in a thousand objects."""
    for n in range(count):
        if n % 1000 < 8:
            yield ListedObject(
                f"models/m{n // 1000:06}/model-{n % 1000 + 1:05}-of-00008.safetensors", 5_000_000_000
            )
        elif n % 3:
            yield ListedObject(f"images/{n:09}.jpg", 150_000 + n % 1000)
        else:
            yield ListedObject(f"logs/2026/{n:09}.json.gz", 4_000 + n % 1000)


def _classify(count: int) -> tuple[float, int]:
    data, other = _safetensors(4), bytes(range(256)) * 4

    def read(key: str, offset: int, length: int) -> bytes:
        return (data if key.startswith("models/") else other)[offset : offset + length]

    started = time.perf_counter()
    scan = StoreScan("arn:aws:s3:::bench")
    for obj in _listing(count):
        scan.offer(obj)
    for obj in scan.plan():
        scan.settle(obj, examine(ListedObject(obj.key, len(data)), read))
    sets = assemble(scan.rows(_listing(count)))
    return time.perf_counter() - started, len(sets)


def _peak(count: int) -> float:
    tracemalloc.start()
    _classify(count)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Print the tables."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else _LARGEST
    counts = [largest // 100, largest // 10, largest]
    print(f"{'objects':>10} {'seconds':>8} {'us/object':>10} {'sets':>7} {'ratio':>6}")
    before = 0.0
    for count in counts:
        seconds, sets = _classify(count)
        ratio = f"{seconds / before:6.1f}" if before else "     -"
        print(f"{count:>10} {seconds:8.2f} {seconds / count * 1e6:10.1f} {sets:>7} {ratio}")
        before = seconds
    print(f"peak memory at {counts[1]} objects: {_peak(counts[1]):.0f} MB")
    print(f"{'header':>24} {'ms':>7} {'KiB read':>9}")
    for tensors in (10, 500, 5_000):
        _header(f"safetensors, {tensors} tensors", _safetensors(tensors))
    _identify(10_000)


def _mixed() -> list[tuple[str, bytes]]:
    """Objects as they lie in a bucket: models, archives, pictures, texts, tables, and bytes that say nothing."""
    noise = random.Random(1).randbytes(1 << 20)
    model = _safetensors(200)
    members = {f"code/part_{n}.py": f"# part {n}\n".encode() * 40 for n in range(40)}
    return [
        ("safetensors", model),
        ("pt", _zip({"archive/data.pkl": pickle.dumps({"a": 1}), "archive/data/0": noise[:4096]})),
        ("gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + noise[:4096]),
        ("tar.gz", gzip.compress(_tar({**members, "model.safetensors": model}))),
        ("tar", _tar({**members, "x.bin": noise[:200_000]})),
        ("zip", _zip({**members, "m/adapter.safetensors": model})),
        ("png", b"\x89PNG\r\n\x1a\n" + noise[:100_000]),
        ("json", json.dumps({"layers": [{"name": str(n), "value": n} for n in range(2_000)]}).encode()),
        ("csv.gz", gzip.compress(b"1,2,3,4\n" * 60_000)),
        ("parquet", b"PAR1" + noise[:100_000] + b"PAR1"),
        ("pkl", pickle.dumps([{"id": n, "text": "hello"} for n in range(500)])),
        (
            "npy",
            b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (64, 64), }".ljust(128)
            + noise[:16_384],
        ),
        ("bin", noise),
        ("enc", b"Salted__" + noise[:50_000]),
        ("log", b"2026-01-01T00:00:00Z a line of a log\n" * 3_000),
        ("", noise[:50_000]),
    ]


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _identify(count: int) -> None:
    samples = _mixed()
    objects = {
        f"store/{n % 100:03}/{n:06}.{ending}": data
        for n in range(count)
        for ending, data in [samples[n % len(samples)]]
    }
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    scan = StoreScan("arn:aws:s3:::bench", budget=count)
    listing = [ListedObject(key, len(data)) for key, data in objects.items()]
    for obj in listing:
        scan.offer(obj)
    spent: Counter[str] = Counter()
    for obj in scan.plan():
        before = time.process_time()
        scan.settle(obj, examine(obj, lambda key, offset, length: objects[key][offset : offset + length]))
        spent[obj.key.rpartition(".")[2]] += time.process_time() - before
    sets = assemble(scan.rows(listing))
    seconds = time.process_time() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    print(
        f"{count} objects of {len(samples)} kinds: {seconds:.1f} s of CPU, {grown:.0f} MB, {len(sets)} sets"
    )
    per = count / len(samples) / 1e3
    print(
        "  ms an object: "
        + ", ".join(f"{ending or 'none'} {taken / per:.2f}" for ending, taken in spent.most_common())
    )


def _header(name: str, data: bytes) -> None:
    read_bytes = 0

    def read(_: str, offset: int, length: int) -> bytes:
        nonlocal read_bytes
        read_bytes += length
        return data[offset : offset + length]

    started = time.perf_counter()
    examine(ListedObject("m/x", len(data)), read)
    print(f"{name:>24} {(time.perf_counter() - started) * 1e3:7.2f} {read_bytes / 1024:9.0f}")


if __name__ == "__main__":
    main()
