"""How much a snapshot may ask of its reader. A snapshot may come from anybody."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that an honest snapshot of ten thousand stores stays far below.

    Attributes:
        line_bytes: one line of JSON.
        manifest_bytes: the manifest as a whole.
        files: how many files a snapshot may have.
        lines: lines of one file.
        file_bytes: one file, decompressed.
        total_bytes: all files, decompressed.
        ratio: decompressed over compressed bytes of an archive, once past `ratio_floor`.
        window_bytes: memory that a zstd frame may ask for.
        rows: rows of one objects file.
        row_group_bytes: one row group of an objects file, decompressed.
    """

    line_bytes: int = 16 * MIB
    manifest_bytes: int = 64 * MIB
    files: int = 200_000
    lines: int = 50_000_000
    file_bytes: int = 16 * GIB
    total_bytes: int = 64 * GIB
    ratio: int = 200
    ratio_floor: int = 256 * MIB
    window_bytes: int = 128 * MIB
    rows: int = 2_000_000_000
    row_group_bytes: int = 512 * MIB


DEFAULT = Limits()
