"""Snapshots and interrupted collections of which one file is odd, with digests that vouch for it."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import mutation
import pyarrow as pa
import pyarrow.parquet as pq
import snapshots
from command_line import command

from weightguard import api
from weightguard.snapshot import SnapshotWriter, open_snapshot
from weightguard.snapshot.objects import schema


@lru_cache(maxsize=1)
def _sealed() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return snapshots.contents(snapshots.build(Path(folder) / "s"))


RECORDS = "records/aws/111111111111/s3.jsonl"
OBJECTS = "objects/aws-111111111111.parquet"


def lines_of(name: str) -> Callable[[], list[Any]]:
    return lambda: [[json.loads(line) for line in _sealed()[name].splitlines()]]


def as_lines(document: Any, chance: random.Random) -> bytes:
    rows = document if isinstance(document, list) else [document]
    return b"".join(mutation.as_json(row, chance) + b"\n" for row in rows)


def resealed(name: str) -> Callable[[Path, bytes], None]:
    """Read a snapshot of which one file is another, digests and all; the manifest itself is believed as it is."""

    def read(folder: Path, data: bytes) -> None:
        root = folder / "s"
        for path, content in {**_sealed(), name: data}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        if name != "manifest.json":
            snapshots.forge(root)
        open_snapshot(root).verify()
        evidence = api.load(root)
        api.who_can(evidence, "read", "arn:aws:s3:::bucket-1")

    return read


def changes(folder: Path, data: bytes) -> None:
    resealed(RECORDS)(folder, data)
    command("diff", snapshots.build(folder / "old"), folder / "s")


def manifest() -> list[Any]:
    return [json.loads(_sealed()["manifest.json"])]


def columns(document: Any, chance: random.Random) -> bytes:
    """A table of objects whose rows may hold anything; a column that is none of its kind is of another."""
    rows = [row for row in document if isinstance(row, dict)] if isinstance(document, list) else []
    names = dict.fromkeys(str(name)[:20].encode("utf-8", "replace").decode() for row in rows for name in row)
    columns = {name: _column(name, [row.get(name) for row in rows]) for name in names}
    sink = pa.BufferOutputStream()
    try:
        pq.write_table(pa.table(columns), sink)
    except pa.ArrowException:  # a struct without members has no place in Parquet
        return b"PAR1"
    return bytes(sink.getvalue().to_pybytes())


def _column(name: str, values: list[Any]) -> pa.Array:
    known = schema()
    for kind in (known.field(name).type if name in known.names else None, None):
        try:
            return pa.array(values, kind)
        except (pa.ArrowException, UnicodeError, OverflowError):
            continue
    return pa.array([repr(value)[:50] for value in values])


def rows() -> list[Any]:
    rows = pq.read_table(pa.BufferReader(_sealed()[OBJECTS])).to_pylist()
    return [json.loads(json.dumps(rows, default=str))]


def resumed(name: str) -> Callable[[Path, bytes], None]:
    """Go on with a collection of which one working file is another, and seal it."""

    def read(folder: Path, data: bytes) -> None:
        root = folder / "s"
        clock = snapshots.ticking()
        with SnapshotWriter.create(
            root, "0.1.0", [snapshots.SCOPE], source={"name": "aws"}, clock=clock
        ) as writer:
            snapshots.fill(writer, 1)
        (root / name).write_bytes(data)
        with SnapshotWriter.create_or_resume(root, "0.1.0", source={"name": "aws"}, clock=clock) as writer:
            writer.is_done(f"{snapshots.SCOPE}/s3/bucket-0")
            writer.seal()
        open_snapshot(root).verify()

    return read


@lru_cache(maxsize=8)
def _working(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "s"
        with SnapshotWriter.create(root, "0.1.0", [snapshots.SCOPE], source={"name": "aws"}) as writer:
            snapshots.fill(writer, 1)
        return (root / name).read_bytes()


def working_lines(name: str) -> Callable[[], list[Any]]:
    return lambda: [[json.loads(line) for line in _working(name).splitlines()]]
