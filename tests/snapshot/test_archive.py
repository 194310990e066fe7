"""One file instead of a directory: the same bytes each time, and nothing in it is believed."""

from __future__ import annotations

import io
import os
import random
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import contents

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot import Limits, open_snapshot, pack


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Archives are unpacked here, and nothing may be left behind."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def archive(path: Path, build: Callable[[tarfile.TarFile], None], format: int = tarfile.USTAR_FORMAT) -> Path:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        build(tar)
    path.write_bytes(zstandard.ZstdCompressor().compress(buffer.getvalue()))
    return path


def member(tar: tarfile.TarFile, name: str, content: bytes = b"{}", **attributes: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(content))


def refused(path: Path, match: str, limits: Limits | None = None) -> None:
    with pytest.raises(SnapshotError, match=match):
        open_snapshot(path, limits=limits or Limits())


def test_an_archive_reads_like_its_directory(sealed_once: Path, tmp_path: Path) -> None:
    packed = pack(sealed_once, tmp_path / "one.tar.zst")
    directory = open_snapshot(sealed_once)
    with open_snapshot(packed) as snapshot:
        snapshot.verify()
        assert snapshot.digest == directory.digest
        assert list(snapshot.records()) == list(directory.records())
        assert list(snapshot.object_rows()) == list(directory.object_rows())
        assert contents(snapshot.path) == contents(sealed_once)


def test_packing_gives_the_same_bytes(sealed_once: Path, tmp_path: Path) -> None:
    one = pack(sealed_once, tmp_path / "one.tar.zst")
    os.utime(sealed_once / "calls.jsonl")
    two = pack(sealed_once, tmp_path / "two.tar.zst")
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(InputError, match="already"):
        pack(sealed_once, one)


def test_a_damaged_snapshot_is_not_packed(sealed: Path, tmp_path: Path) -> None:
    (sealed / "calls.jsonl").write_text("{}\n")
    with pytest.raises(SnapshotError, match=r"calls\.jsonl:1"):
        pack(sealed, tmp_path / "one.tar.zst")
    assert not (tmp_path / "one.tar.zst").exists()


def test_what_a_forgotten_reader_unpacked_goes_with_it(
    sealed_once: Path, tmp_path: Path, temporary: Path
) -> None:
    snapshot = open_snapshot(pack(sealed_once, tmp_path / "one.tar.zst"))
    assert len(list(temporary.iterdir())) == 1
    del snapshot


@pytest.mark.parametrize("arguments", [["-C", "{dir}", "."], ["-C", "{parent}", "snapshot"]])
def test_an_archive_made_with_tar_is_read(sealed: Path, tmp_path: Path, arguments: list[str]) -> None:
    tar = tmp_path / "plain.tar"
    places = [argument.format(dir=sealed, parent=sealed.parent) for argument in arguments]
    subprocess.run(["tar", "-cf", str(tar), *places], check=True)
    (tmp_path / "plain.tar.zst").write_bytes(zstandard.ZstdCompressor().compress(tar.read_bytes()))
    with open_snapshot(tmp_path / "plain.tar.zst") as snapshot:
        assert snapshot.digest == open_snapshot(sealed).digest


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "a/../../evil",
        "a//b",
        "C:evil",
        "a\\..\\evil",
        "a/b/c/d/e/f/g",
        "evil\x1b[2J",
        "\u202eevil",
    ],
)
def test_no_member_lands_outside(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "evil.tar.zst", lambda tar: member(tar, name))
    refused(path, "path that a snapshot has not")
    assert not list(tmp_path.rglob("*evil"))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"?",
    ],
)
def test_only_plain_files_are_unpacked(tmp_path: Path, kind: bytes) -> None:
    path = archive(
        tmp_path / "evil.tar.zst", lambda tar: member(tar, "records", b"", type=kind, linkname="/etc")
    )
    refused(path, "other than plain files")


def test_extended_headers_are_not_followed(tmp_path: Path) -> None:
    def build(tar: tarfile.TarFile) -> None:
        member(tar, "calls.jsonl", pax_headers={"path": "../evil", "size": "999999999999"})

    refused(archive(tmp_path / "evil.tar.zst", build, tarfile.PAX_FORMAT), "other than plain files")


def test_a_file_twice_is_refused(tmp_path: Path) -> None:
    def twice(tar: tarfile.TarFile) -> None:
        member(tar, "manifest.json", b"{}")
        member(tar, "MANIFEST.json", b"[]")

    def under_a_file(tar: tarfile.TarFile) -> None:
        member(tar, "records", b"{}")
        member(tar, "records/aws", b"{}")

    refused(archive(tmp_path / "a.tar.zst", twice), "twice")
    refused(archive(tmp_path / "b.tar.zst", under_a_file), "twice")


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, temporary: Path) -> None:
    path = archive(tmp_path / "bomb.tar.zst", lambda tar: member(tar, "calls.jsonl", bytes(64 << 20)))
    assert path.stat().st_size < 100_000
    refused(path, "unpacks to more than it may", Limits(ratio_floor=1 << 20))
    refused(path, "unpacks to more than it may", Limits(total_bytes=1 << 20))
    refused(path, "is larger than", Limits(file_bytes=1 << 20))


def test_a_window_beyond_measure_is_refused(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    path = tmp_path / "window.tar.zst"
    with (
        path.open("wb") as file,
        zstandard.ZstdCompressor(compression_params=parameters).stream_writer(file) as stream,
    ):
        stream.write(bytes(1024))
    refused(path, "damaged", Limits(window_bytes=1 << 20))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    def many(tar: tarfile.TarFile) -> None:
        for number in range(50):
            member(tar, f"f{number}", b"")

    refused(archive(tmp_path / "many.tar.zst", many), "not a snapshot")
    refused(tmp_path / "many.tar.zst", "more than 10 files", Limits(files=10))


def test_a_header_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("calls.jsonl").tobuf(tarfile.USTAR_FORMAT))
    for size in (b"77777777777\0", b"\xff" * 12, b"\x80" + b"\0" * 3 + b"\x7f" * 8):
        header[124:136] = size
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        path = tmp_path / "lie.tar.zst"
        path.write_bytes(zstandard.ZstdCompressor().compress(bytes(header) + bytes(2048)))
        refused(path, "cut off|larger than|damaged")


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_a_damaged_archive_is_a_snapshot_error_or_whole(
    tmp_path_factory: pytest.TempPathFactory, sealed_once: Path, chance: random.Random, inside: bool
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    packed = pack(sealed_once, folder / "s.tar.zst")
    content = bytearray(packed.read_bytes())
    if inside:
        content = bytearray(zstandard.ZstdDecompressor().decompressobj().decompress(bytes(content)))
    for _ in range(chance.randrange(1, 4)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    if chance.random() < 0.3:
        del content[chance.randrange(len(content)) :]
    packed.write_bytes(zstandard.ZstdCompressor().compress(bytes(content)) if inside else bytes(content))
    try:
        with open_snapshot(packed) as snapshot:
            snapshot.verify()
            assert snapshot.digest == open_snapshot(sealed_once).digest
    except SnapshotError as error:
        assert error.where
