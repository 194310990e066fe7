"""A table of objects that anybody may have written: damage ends in one clear error, and older tables are still read."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weightguard.errors import SnapshotError
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.objects import COLUMNS, LATER, ObjectsFile, merge_parts, schema, write_part

ROW = {
    "store": "arn:aws:s3:::a",
    "key": "x/model.safetensors",
    "bytes": 1024,
    "examined": "header",
    "etag": "e",
}
SECONDS = 3.0


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("parts")
    write_part(folder / "part", [{**ROW, "key": f"x/{number}"} for number in range(300)])
    merge_parts([folder / "part"], folder / "objects.parquet")
    return (folder / "objects.parquet").read_bytes()


def read(path: Path) -> int:
    file = ObjectsFile(path, "objects/x.parquet", DEFAULT)
    return sum(batch.num_rows for batch in file.batches())


@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
@given(
    changes=st.lists(
        st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6
    ),
    kept=st.floats(0.2, 1),
)
def test_a_damaged_table_is_refused_or_read_and_never_takes_long(
    written: bytes, tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, bytes]], kept: float
) -> None:
    hurt = bytearray(written[: int(len(written) * kept)])
    for place, piece in changes:
        at = int(place * len(hurt))
        hurt[at : at + len(piece)] = piece
    path = tmp_path_factory.getbasetemp() / "hurt.parquet"
    path.write_bytes(bytes(hurt))
    started = time.process_time()
    try:
        assert read(path) <= DEFAULT.rows
    except SnapshotError as error:
        assert error.where == "objects/x.parquet"
    assert time.process_time() - started < SECONDS


def test_a_table_of_before_the_later_columns_is_read_with_nulls(written: bytes, tmp_path: Path) -> None:
    whole = pq.read_table(pa.BufferReader(written))
    path = tmp_path / "old.parquet"
    pq.write_table(whole.drop_columns(sorted(LATER)), path)
    file = ObjectsFile(path, "objects/x.parquet", DEFAULT)
    (batch,) = file.batches()
    assert batch.schema == schema()
    assert {name: batch[name].null_count for name in LATER} == dict.fromkeys(LATER, 300)
    (only,) = file.batches(["etag", "store"], stores=["arn:aws:s3:::a"])
    assert only.schema.names == ["etag", "store"]


@pytest.mark.parametrize("name", [name for name in COLUMNS if name not in LATER])
def test_a_table_without_an_older_column_is_refused(written: bytes, tmp_path: Path, name: str) -> None:
    path = tmp_path / "odd.parquet"
    pq.write_table(pq.read_table(pa.BufferReader(written)).drop_columns([name]), path)
    with pytest.raises(SnapshotError, match="other columns"):
        read(path)
