"""Listed objects as typed columns: streamed to parts while collecting, merged into one Parquet file a scope, read in batches.

pyarrow is imported on first use: a snapshot without object listings never pays for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot.limits import Limits
from weightguard.snapshot.secrets import scrub, scrub_key

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS: Final[Mapping[str, str]] = {
    "store": "string",
    "key": "string",
    "bytes": "int64",
    "format": "string",
    "confidence": "string",
    "weight_set": "string",
    "parameters": "int64",
    "note": "string",
    "last_modified": "string",
    "storage_class": "string",
    "encryption": "string",
    "kms_key": "string",
    "examined": "string",
    "etag": "string",
    "content": "string",
    "sketch": "string",
}
"""Column -> type. ``store``, ``key`` and ``bytes`` are never null; the last three are of files in a weight set alone."""
LATER: Final = frozenset({"etag", "content", "sketch"})
"""Columns that older files do not have: read as null."""

CONFIDENCES: Final = frozenset({"header", "layout", "name"})
EXAMINED: Final = frozenset(
    ("header", "name", "not_needed", "denied", "failed", "budget", "damaged", "partial", "sealed", "archived", "opaque",
     "unfinished", "old_version")
)  # fmt: skip
_REQUIRED: Final = ("store", "key", "bytes")
_DISTINCT: Final = [
    "store",
    "format",
    "confidence",
    "weight_set",
    "note",
    "storage_class",
    "encryption",
    "kms_key",
    "examined",
]
_BATCH_ROWS: Final = 8_192
_GROUP_ROWS: Final = 65_536
_NOTE_CHARACTERS: Final = 300
_TEXT_CHARACTERS: Final = 8_192


def schema() -> pa.Schema:
    """The Arrow schema of an objects file."""
    import pyarrow as pa

    fields = [
        pa.field(name, pa.type_for_alias(kind), nullable=name not in _REQUIRED)
        for name, kind in COLUMNS.items()
    ]
    return pa.schema(fields)


def write_part(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Stream rows into one part; no rows, no file.

    Returns:
        How many rows were written.

    Raises:
        InputError: a row with a column that does not exist, or a value of the wrong type.
    """
    import pyarrow as pa

    remaining = iter(rows)
    first = list(islice(remaining, _BATCH_ROWS))
    if not first:
        return 0
    columns = schema()
    written = 0
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, columns, options=options) as stream:
        chunk = first
        while chunk:
            stream.write_batch(batch(chunk, columns))
            written += len(chunk)
            chunk = list(islice(remaining, _BATCH_ROWS))
    return written


def batch(rows: Sequence[Mapping[str, Any]], columns: pa.Schema | None = None) -> pa.RecordBatch:
    """Rows turned into columns, each checked as a whole: listings have millions of rows.

    Raises:
        InputError: a row with a column that does not exist, or a value of the wrong type.
    """
    import pyarrow as pa

    columns = columns or schema()
    unknown = set().union(*rows) - COLUMNS.keys()
    if unknown:
        raise InputError(f"an object row has no column {min(map(str, unknown))!r}")
    arrays = []
    for name, kind in COLUMNS.items():
        values = [row.get(name) for row in rows]
        _check_column(name, kind, values)
        arrays.append(
            pa.array(_texts(name, values) if kind == "string" else values, columns.field(name).type)
        )
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _check_column(name: str, kind: str, values: Sequence[Any]) -> None:
    odd = set(map(type, values)) - {str if kind == "string" else int, type(None)}
    if odd:
        raise InputError(f"{name!r} of an object row is {min(kind.__name__ for kind in odd)}, not {kind}")
    if name in _REQUIRED and None in values:
        raise InputError(f"an object row lacks {name!r}")


def _texts(name: str, values: list[str | None]) -> list[str | None]:
    """Texts that UTF-8 can hold, none of them long enough to carry anything else; notes and keys scrubbed."""
    if name == "key":
        values = [scrub_key(value) if value else value for value in values]
    if name == "note":
        values = [scrub(value)[:_NOTE_CHARACTERS] if value else value for value in values]
    try:
        "".join(filter(None, values)).encode()
    except UnicodeEncodeError:
        values = [value.encode("utf-8", "replace").decode() if value else value for value in values]
    return [value[:_TEXT_CHARACTERS] if value else value for value in values]


def merge_parts(parts: Sequence[Path], target: Path) -> int:
    """Write the parts, in the order given, into one Parquet file, a row group at a time.

    Returns:
        How many rows the file holds; with none, no file is written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    writer: pq.ParquetWriter | None = None
    waiting: list[pa.RecordBatch] = []
    waiting_rows = 0
    try:
        for batch in _part_batches(parts):
            waiting.append(batch)
            waiting_rows += batch.num_rows
            rows += batch.num_rows
            if waiting_rows >= _GROUP_ROWS:
                writer = writer or _parquet_writer(target)
                writer.write_table(pa.Table.from_batches(waiting, schema()))
                waiting, waiting_rows = [], 0
        if waiting:
            writer = writer or _parquet_writer(target)
            writer.write_table(pa.Table.from_batches(waiting, schema()))
    finally:
        if writer is not None:
            writer.close()
    return rows


def _part_batches(parts: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for part in parts:
        try:
            with pa.OSFile(str(part), "rb") as source, pa.ipc.open_stream(source) as stream:
                for batch in stream:
                    yield _completed(batch, list(COLUMNS))
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # names and texts that are no UTF-8
            raise SnapshotError(
                "a part of the object listings cannot be read", where=part.name, fix="collect again"
            ) from error


def _completed(batch: pa.RecordBatch, wanted: Sequence[str]) -> pa.RecordBatch:
    """The batch with the wanted columns in their order; a column that its file did not have yet is null."""
    import pyarrow as pa

    types = schema()
    arrays = [
        batch.column(name) if name in batch.schema.names else pa.nulls(batch.num_rows, types.field(name).type)
        for name in wanted
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([types.field(name) for name in wanted]))


def _parquet_writer(target: Path) -> Any:
    import pyarrow.parquet as pq
    from pyarrow.fs import LocalFileSystem

    # With a file system of its own an absolute path is a path: else one with a colon is read as a URI.
    return pq.ParquetWriter(
        str(target.absolute()),
        schema(),
        filesystem=LocalFileSystem(),
        compression="zstd",
        use_dictionary=_DISTINCT,
        write_statistics=True,
    )


class ObjectsFile:
    """One objects file of a snapshot, checked before anything of it is decoded."""

    def __init__(self, path: Path, where: str, limits: Limits) -> None:
        self._path = path
        self._where = where
        self._limits = limits

    def rows(self) -> int:
        """How many rows the file holds."""
        with self._opened() as file:
            return int(file.metadata.num_rows)

    def batches(
        self, columns: Sequence[str] | None = None, stores: Iterable[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Record batches of the columns asked for, of the stores asked for.

        Raises:
            SnapshotError: not Parquet, other columns than `COLUMNS`, or larger than the limits.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = list(columns) if columns is not None else list(COLUMNS)
        filtered = None if stores is None else sorted(set(stores))
        needed = wanted if filtered is None or "store" in wanted else ["store", *wanted]
        try:
            with self._opened() as file:
                groups = [
                    index
                    for index in range(file.num_row_groups)
                    if _may_hold(file.metadata.row_group(index), filtered)
                ]
                there = [name for name in needed if name in file.schema_arrow.names] or ["store"]
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=there, row_groups=groups):
                    batch.validate(full=True)
                    self._check_rows(batch)
                    kept = (
                        batch
                        if filtered is None
                        else batch.filter(pc.is_in(batch["store"], pa.array(filtered, pa.string())))
                    )
                    if kept.num_rows:
                        yield _completed(kept, wanted)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # names and texts that are no UTF-8
            raise SnapshotError(
                "an objects file cannot be read", where=self._where, fix="collect again"
            ) from error

    def _check_rows(self, batch: pa.RecordBatch) -> None:
        """SnapshotError where a row lacks what every object has, or has fewer bytes than none."""
        import pyarrow.compute as pc

        for name in _REQUIRED:
            if name in batch.schema.names and batch[name].null_count:
                raise SnapshotError(
                    f"an object has no {name!r} in the objects file", where=self._where, fix="collect again"
                )
        smallest = pc.min(batch["bytes"]).as_py() if "bytes" in batch.schema.names else None
        if smallest is not None and smallest < 0:
            raise SnapshotError("an object has a negative size", where=self._where, fix="collect again")

    def _opened(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyarrow.fs import LocalFileSystem

        try:
            file = pq.ParquetFile(
                str(self._path.absolute()),
                filesystem=LocalFileSystem(),
                memory_map=False,
                thrift_string_size_limit=64 << 20,
                thrift_container_size_limit=1_000_000,
                arrow_extensions_enabled=False,
            )
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # names and texts that are no UTF-8
            raise SnapshotError(
                "an objects file is not Parquet", where=self._where, fix="collect again"
            ) from error
        try:
            self._check(file)
        except UnicodeDecodeError as error:
            file.close()
            raise SnapshotError(
                "an objects file has columns whose names are no text", where=self._where, fix="collect again"
            ) from error
        except SnapshotError:
            file.close()
            raise
        return file

    def _check(self, file: Any) -> None:
        found = {field.name: str(field.type) for field in file.schema_arrow}
        missing = COLUMNS.keys() - found.keys()
        if missing - LATER or dict(COLUMNS) | found != dict(COLUMNS) or len(file.schema_arrow) != len(found):
            odd = sorted(
                set(found.items()) ^ {item for item in COLUMNS.items() if item[0] not in LATER & missing}
            )
            raise SnapshotError(
                f"an objects file has other columns than it should, {odd[:1]}"[:200], where=self._where
            )
        if file.metadata.num_rows > self._limits.rows:
            raise SnapshotError(f"more than {self._limits.rows} rows", where=self._where)
        for index in range(file.num_row_groups):
            if file.metadata.row_group(index).total_byte_size > self._limits.row_group_bytes:
                raise SnapshotError(
                    f"a row group is larger than {self._limits.row_group_bytes} bytes", where=self._where
                )


def _may_hold(group: Any, stores: Sequence[str] | None) -> bool:
    """Could a row group hold one of the stores? By the statistics of the first column, where there are some."""
    if stores is None:
        return True
    statistics = group.column(0).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return any(statistics.min <= store <= statistics.max for store in stores)
