"""How classifying a store grows with its objects, and what examining one header costs.

    python benchmarks/bench_weights.py [largest]

Prints, for listings of growing length: seconds and microseconds an object for both passes, peak memory, and the ratio to the
listing a tenth as long (10.0 is a straight line); then the time and bytes read for headers of several formats.
"""

from __future__ import annotations

import json
import struct
import sys
import time
import tracemalloc
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
