"""What contradicts itself, is cut, packed, sealed, archived or of no known kind is never clean: one fact decides."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import random
import struct
import tarfile
import zipfile

import pytest
import zstandard
from weight_files import STORE, Lab, genuine, npy, npz, safetensors, torch_zip, verdict, zipped

from weightguard.weights import UNREAD, ListedObject, ReadArchived, ReadSealed, StoreScan, examine

LAYERS = {f"model.layers.{n}.mlp.weight": (16, 16) for n in range(6)}
MODEL = safetensors(LAYERS, fill=b"\xc3")
NOISE = random.Random(3).randbytes(60_000)


def tarred(members: dict[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def small_files(count: int) -> dict[str, bytes]:
    return {f"code/part_{n:03}.py": f"# part {n}\n".encode() * 20 for n in range(count)}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("safetensors", MODEL),
        ("pytorch", torch_zip(LAYERS)),
        ("pytorch", genuine("torch_legacy.pth")),
        ("gguf", genuine("tiny.gguf")),
        ("onnx", genuine("linear.onnx")),
        ("flax", genuine("flax.msgpack")),
        ("numpy", npz({"dense/kernel": npy((8, 4)), "dense/bias": npy((4,))})),
    ],
)
def test_a_model_with_a_byte_behind_it_is_still_found(kind: str, data: bytes) -> None:
    assert verdict(data + b"\0", "m/blob").format == kind


def test_more_behind_the_tensors_than_in_them_is_unread() -> None:
    found = verdict(MODEL + bytes(3 * len(MODEL)), "m/model.safetensors")
    assert (found.format, found.examined) == (None, "damaged")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
@pytest.mark.parametrize(
    "data", [MODEL, torch_zip(LAYERS), genuine("tiny.gguf"), genuine("torch_legacy.pth")]
)
def test_a_model_that_is_cut_off_is_unread(data: bytes, share: float) -> None:
    assert verdict(data[: int(len(data) * share)], "m/x.pt").examined in UNREAD


@pytest.mark.parametrize(
    "names",
    [
        ("m/model.safetensors.aa", "m/model.safetensors.ab", "m/model.safetensors.ac"),
        ("m/model.safetensors.part-0", "m/model.safetensors.part-1", "m/model.safetensors.part-2"),
        ("m/blob.001", "m/blob.002", "m/blob.003"),
        ("m/a.b.part1of3", "m/a.b.part2of3", "m/a.b.part3of3"),
        ("m/model.safetensors00", "m/model.safetensors01", "m/model.safetensors02"),
        ("m/model.safetensorsaa", "m/model.safetensorsab", "m/model.safetensorsac"),
    ],
)
def test_pieces_of_a_file_are_one_set_led_by_its_beginning(names: tuple[str, ...]) -> None:
    step = -(-len(MODEL) // 3)
    pieces = {name: MODEL[n * step : (n + 1) * step] for n, name in enumerate(names)}
    if names[0].startswith("m/blob"):
        pieces = {name.replace("blob.", "blob.bin."): data for name, data in pieces.items()}
    (found,) = Lab(pieces).sets()
    assert (found.format, found.file_count, found.note) == (
        "safetensors",
        3,
        "3 pieces of a file cut by bytes",
    )


def test_numbered_files_that_no_beginning_leads_are_no_set() -> None:
    assert Lab({f"m/dump.sql.{n:03}": NOISE[n * 99 : n * 99 + 5000] for n in range(3)}).sets() == []


@pytest.mark.parametrize("count", [20, 300])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_weights_behind_many_small_files_are_found(count: int, mode: str) -> None:
    data = tarred({**small_files(count), "model.safetensors": MODEL}, mode)
    assert verdict(data, "job/output/model.tar.gz").format == "safetensors"
    assert verdict(tarred(small_files(count), mode), "job/output/code.tar.gz").examined == "header"


def test_an_archive_that_is_longer_than_what_is_read_is_unread() -> None:
    many = {f"f{n}": NOISE for n in range(40)}
    for data in (tarred(many), tarred(many, "w:gz"), zipped(many, zipfile.ZIP_DEFLATED)):
        assert verdict(data, "backup/x").examined == "partial"


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
)
def test_zip_methods_are_looked_through(method: int) -> None:
    assert verdict(zipped({"a/model.safetensors": MODEL}, method), "share/a.zip").format == "safetensors"


def test_a_mark_that_says_encrypted_hides_nothing() -> None:
    data = bytearray(torch_zip(LAYERS))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    assert verdict(bytes(data), "inbox/adapter.pt").format == "pytorch"


def test_an_encrypted_member_counts_by_its_name() -> None:
    data = bytearray(zipped({"a/model.safetensors": NOISE}, zipfile.ZIP_DEFLATED))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    begin = 30 + len("a/model.safetensors")
    data[begin : begin + 16] = b"\xff" * 16
    found = verdict(bytes(data), "share/a.zip")
    assert (found.format, found.confidence, found.examined) == ("safetensors", "name", "sealed")


def test_what_lies_behind_an_executable_is_found() -> None:
    llamafile = b"MZqFpD='\n" + NOISE + zipped({"model.gguf": genuine("tiny.gguf")})
    archive = io.BytesIO(b"MZqFpD='\n" + NOISE)
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr("model.gguf", genuine("tiny.gguf"))
    for data in (llamafile, archive.getvalue()):
        assert verdict(data, "tools/setup.exe").format == "gguf"
    assert verdict(b"MZqFpD='\n" + NOISE, "tools/setup.exe").format is None


def test_streams_one_behind_another_are_one() -> None:
    half = len(MODEL) // 2
    skippable = b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"abcd"
    for pack in (gzip.compress, bz2.compress, lzma.compress, zstandard.compress):
        assert verdict(pack(MODEL[:half]) + pack(MODEL[half:]), "m/x").format == "safetensors"
    assert verdict(skippable + zstandard.compress(MODEL), "m/x").format == "safetensors"


def test_sizes_beyond_the_old_field_of_tar_are_followed() -> None:
    info = tarfile.TarInfo("m/model.safetensors")
    info.size = 9 << 30
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        head = info.tobuf(form)
        header = (
            b'{"model.layers.0.weight":{"dtype":"F32","shape":[2415919082],"data_offsets":[0,9663676328]}}'
        )
        data = head + struct.pack("<Q", len(header)) + header
        size = len(head) + (9 << 30) + 1024

        def read(_: str, offset: int, length: int, data: bytes = data) -> bytes:
            return data[offset : offset + length].ljust(length, b"\0")

        assert examine(ListedObject("x.tar", size), read).format == "safetensors"


@pytest.mark.parametrize(
    ("key", "data", "state"),
    [
        ("cold/llama.tar.age", b"age-encryption.org/v1\n" + NOISE, "sealed"),
        ("cold/x", b"Salted__" + NOISE, "sealed"),
        ("cold/x.gpg", b"\x8c\x0d\x04\x09\x03\x02" + NOISE, "sealed"),
        ("cold/x", b"\x8c\x0d\x04\x09\x03\x02" + NOISE, "sealed"),
        ("cold/x", b"-----BEGIN PGP MESSAGE-----\n\n" + b"abcd\n" * 50, "sealed"),
        ("cold/x.enc", NOISE, "sealed"),
        ("cold/x.7z", b"7z\xbc\xaf\x27\x1c" + NOISE, "partial"),
        ("cold/x", b"\x04\x22\x4d\x18" + NOISE, "partial"),
        ("m/model.safetensors", NOISE, "damaged"),
        ("m/model.onnx_data", NOISE, "damaged"),
        ("m/a", NOISE * 17, "opaque"),
        ("m/notes.txt", base64.encodebytes(NOISE * 17), "opaque"),
        ("m/notes", base64.b64encode(NOISE * 17), "opaque"),
        ("m/notes", (NOISE * 17).hex().encode(), "opaque"),
        ("m/model.pt.b64", base64.encodebytes(NOISE), "damaged"),
        ("m/notes.txt", base64.encodebytes(NOISE), "header"),
        ("m/a", NOISE * 16, "header"),
    ],
)
def test_what_says_nothing_is_told_by_how_it_is_closed(key: str, data: bytes, state: str) -> None:
    found = verdict(data, key)
    assert (found.format, found.examined) == (None, state)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + NOISE * 20,
        b"\0\0\0\x18ftypmp42" + NOISE * 20,
        b"SQLite format 3\0" + NOISE * 20,
        b"PAR1" + NOISE * 20,
        b"ID3\x04" + NOISE * 20,
        b"a line of text\n" * 90_000,
        b"".join(
            hashlib.sha256(bytes([n % 250, n // 250])).hexdigest().encode() + b"\n" for n in range(20_000)
        ),
        b">chain\n" + b"ACDEFGHIKLMNPQRSTVWYACDEFGHIKLMNPQRSTVWYACDEFGHIKLMNPQRSTVWY\n" * 20_000,
        "Grüße aus Köln\n".encode("latin-1") * 90_000,
        gzip.compress(b'{"a": 1}\n' * 300_000),
    ],
)
def test_what_is_known_to_be_no_weights_is_not_opaque(data: bytes) -> None:
    found = verdict(data, "d/x")
    assert (found.format, found.examined) == (None, "header")


def test_text_that_turns_into_something_else_is_opaque() -> None:
    assert verdict(b"a line of text\n" * 30_000 + NOISE * 20, "d/x.log").examined == "opaque"


def test_archived_and_client_side_encrypted_objects_are_unread() -> None:
    def archived(*_: object) -> bytes:
        raise ReadArchived("InvalidObjectState")

    def sealed(*_: object) -> bytes:
        raise ReadSealed("sealed")

    assert examine(ListedObject("a", 500), archived).examined == "archived"
    assert examine(ListedObject("a", 500), sealed).examined == "sealed"
    scan = StoreScan(STORE)
    objects = [ListedObject("2024/7f3a", 10**9, None, "DEEP_ARCHIVE"), ListedObject("m/model.gguf", 500)]
    for obj in objects:
        scan.offer(obj)
    scan.settle(objects[1], examine(objects[1], sealed))
    assert [(row.examined, row.weight_set is None) for row in scan.rows(objects)] == [
        ("archived", True),
        ("sealed", False),
    ]


def test_uploads_and_deleted_keys_are_rows_and_no_sets() -> None:
    scan = StoreScan(STORE)
    objects = [
        ListedObject("m/model.safetensors", 0, state="unfinished"),
        ListedObject("m/old.safetensors", 10**9, state="old_version"),
    ]
    for obj in objects:
        scan.offer(obj)
    assert scan.plan() == []
    assert [(row.examined, row.weight_set) for row in scan.rows(objects)] == [
        ("unfinished", None),
        ("old_version", None),
    ]
