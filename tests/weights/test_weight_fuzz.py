"""Whatever the bytes of an archive, a pickle or a header, looking at them ends soon and takes little memory.

Bounds: a second of CPU and 200 MB above start-up for one object. Short here; by hand, longer:
``WEIGHTGUARD_FUZZ=20000 pytest tests/weights/test_weight_fuzz.py``.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import resource
import struct
import tarfile
import time
import zipfile

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_weight_formats import SAMPLES
from weight_files import verdict

from weightguard.weights import FORMATS, HEADER_BUDGET, UNREAD, ListedObject, examine

EXAMPLES = int(os.environ.get("WEIGHTGUARD_FUZZ", "60"))
SECONDS, KILOBYTES = 1.0, 200 << 10
SLACK = 3.0
"""What a busy machine may add to the CPU time of a bound that holds on an idle one."""
fuzz = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
GENUINE = [data for _, data, _ in SAMPLES.values()]
PACKERS = [gzip.compress, bz2.compress, lzma.compress, zstandard.compress]
OPCODES = b"(.012}]q\x94h)RbcNKMt\x85\x86\x87su\x8c\x93\x95\x80Q\x8faelod"


def looked_at(data: bytes, key: str) -> None:
    """One look, within its bounds, that gives a verdict of the known words."""
    spent = 0

    def read(_: str, offset: int, length: int) -> bytes:
        nonlocal spent
        spent += length
        return data[offset : offset + length]

    before, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = examine(ListedObject(key, len(data)), read)
    taken = time.process_time() - before
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert taken < SECONDS * SLACK, f"{taken:.2f} s"
    assert grown < KILOBYTES, f"{grown >> 10} MB"
    assert spent <= HEADER_BUDGET
    assert found.format in (None, "pointer", *FORMATS)
    assert found.examined in (*UNREAD, "header", "not_needed")


def zipped_with(members: list[tuple[str, bytes]], method: int, changes: list[tuple[float, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return changed(out.getvalue(), changes)


def tarred_with(members: list[tuple[str, bytes]], changes: list[tuple[float, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return changed(out.getvalue(), changes)


def changed(data: bytes, changes: list[tuple[float, bytes]]) -> bytes:
    hurt = bytearray(data)
    for place, piece in changes:
        at = int(place * len(hurt))
        hurt[at : at + len(piece)] = piece
    return bytes(hurt)


CHANGES = st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=8)), max_size=5)
CONTENT = st.one_of(st.binary(max_size=2_000), st.sampled_from(GENUINE))
NAMES = st.sampled_from(
    ["a", "m/model.safetensors", "x.zip", "data.pkl", "archive/data.pkl", "config.json", "w.npy", "x.tar.gz"]
)
MEMBERS = st.lists(st.tuples(NAMES, CONTENT), min_size=1, max_size=8, unique_by=lambda member: member[0])
KEYS = st.sampled_from(["a", "m/model.tar.gz", "m/model.pt", "b.zip", "m/model.safetensors.zst"])


@fuzz
@given(
    MEMBERS,
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]),
    CHANGES,
    KEYS,
)
def test_zip_archives(
    members: list[tuple[str, bytes]], method: int, changes: list[tuple[float, bytes]], key: str
) -> None:
    looked_at(zipped_with(members, method, changes), key)


@fuzz
@given(MEMBERS, CHANGES, st.lists(st.sampled_from(PACKERS), max_size=5), CHANGES, KEYS)
def test_tar_archives_in_wrappings(
    members: list[tuple[str, bytes]],
    inside: list[tuple[float, bytes]],
    packers: list[object],
    outside: list[tuple[float, bytes]],
    key: str,
) -> None:
    data = tarred_with(members, inside)
    for pack in packers:
        data = pack(data)  # type: ignore[operator]
    looked_at(changed(data, outside), key)


@fuzz
@given(st.lists(st.sampled_from(list(OPCODES)), max_size=400), st.integers(1, 300), st.booleans())
def test_pickles_of_any_operations(operations: list[int], times: int, protocol: bool) -> None:
    looked_at((b"\x80\x04" if protocol else b"") + bytes(operations) * times + b".", "m/model.pkl")


@fuzz
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    CHANGES,
)
def test_pickles_of_values(value: object, changes: list[tuple[float, bytes]]) -> None:
    looked_at(changed(pickle.dumps(value), changes), "m/model.pkl")


@fuzz
@given(
    st.sampled_from(
        [
            b"GGUF",
            b"\x93NUMPY",
            b"|TZR|",
            b"\x89HDF\r\n\x1a\n",
            b"\x08\x07\x3a",
            b"\xdf",
            b"\x0a",
            b"TFL3",
            b'{"weight_map":',
            b"24ka",
        ]
    ),
    st.lists(
        st.one_of(st.integers(0, (1 << 64) - 1).map(lambda n: struct.pack("<Q", n)), st.binary(max_size=40)),
        max_size=60,
    ),
    st.integers(1, 200),
)
def test_headers_of_any_numbers(magic: bytes, parts: list[bytes], times: int) -> None:
    looked_at(magic + b"".join(parts) * times, "m/model")


MEMOS = (
    b"\x80\x04cnumpy.core.multiarray\n_reconstruct\nq\x00(K\x01K\x02K\x03tq\x01N"
    + b"\x94" * 70_000
    + b"h\x00)Rh\x01b0" * 60_000
    + b"."
)
SHARED = (
    b"\x80\x04ctorch._utils\n_rebuild_tensor_v2\nq\x00)Rq\x010}"
    + b"".join(b"M" + struct.pack("<H", n) + b"h\x01s" for n in range(2000))
    + b"\x94" * 4_000
    + b"N0" * 400_000
)
ZEROS = bytes(64 << 20)


@pytest.mark.parametrize(
    "data",
    [
        MEMOS,
        SHARED,
        b"\x80\x04" + b"N0" * 500_000,
        b"\x80\x04" + b"}q\x00" * 250_000,
        gzip.compress(gzip.compress(gzip.compress(ZEROS) * 40) * 30),
        bz2.compress(ZEROS) * 500,
        lzma.compress(ZEROS) * 50,
        gzip.compress(b"") * 40_000,
        b'{"weight_map":{"' + b'\\"' * 400_000,
        b'{"modelTopology":1,' + b'"paths":[' * 100_000,
        struct.pack("<Q", 1 << 21) + b'{"' + b'\\"' * 400_000 + bytes(2 << 20),
    ],
    ids=[
        "memo",
        "shared",
        "endless",
        "dictionaries",
        "gzips",
        "bzips",
        "xzs",
        "members",
        "quotes",
        "paths",
        "header",
    ],
)
def test_known_attacks_stay_within_the_bounds(data: bytes) -> None:
    looked_at(data, "m/model.pkl")


def test_a_zip_of_slow_pickles_costs_what_one_costs() -> None:
    members = [(f"m{n}.pkl", MEMOS[:300_000] + b".") for n in range(100)]
    looked_at(zipped_with(members, zipfile.ZIP_DEFLATED, []), "x.zip")


def test_memory_that_is_not_there_costs_the_object_and_not_the_store() -> None:
    def read(*_: object) -> bytes:
        raise MemoryError

    assert examine(ListedObject("m/model.safetensors", 500), read).examined == "failed"


def test_the_samples_themselves_are_found_so_that_damage_means_something() -> None:
    assert all(verdict(data).format is not None for data in GENUINE)
