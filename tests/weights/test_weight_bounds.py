"""Whatever the bytes, examining ends, raises nothing and reads at most 1 MiB."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_weight_formats import SAMPLES
from weight_files import Lab, genuine, npy, verdict

from weightguard.weights import HEADER_BUDGET, ListedObject, StoreScan, examine
from weightguard.weights.pickles import scan
from weightguard.weights.reader import Cursor, Exhausted, HeaderReader, Held

_GENUINE = [data for _, data, _ in SAMPLES.values()] + [
    genuine("savedmodel/saved_model.pb"),
    genuine("dcp/__0_0.distcp"),
]


def _examined(data: bytes, key: str, size: int | None = None) -> int:
    spent = 0

    def read(_: str, offset: int, length: int) -> bytes:
        nonlocal spent
        spent += length
        return data[offset : offset + length]

    examine(ListedObject(key, len(data) if size is None else size), read)
    return spent


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=4_000), st.sampled_from(["a", "m/model.onnx", "b.npy", "model.pt"]))
def test_noise_is_harmless(data: bytes, key: str) -> None:
    assert _examined(data, key) <= HEADER_BUDGET


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(_GENUINE),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
    st.floats(0.1, 1),
)
def test_damaged_models_are_harmless(data: bytes, changes: list[tuple[float, bytes]], kept: float) -> None:
    damaged = bytearray(data[: int(len(data) * kept)])
    for place, piece in changes:
        at = int(place * len(damaged))
        damaged[at : at + len(piece)] = piece
    assert _examined(bytes(damaged), "m/model") <= HEADER_BUDGET


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(_GENUINE), st.integers(1, 1 << 45))
def test_a_listing_that_lies_about_the_size_is_harmless(data: bytes, size: int) -> None:
    assert _examined(data, "m/model", size) <= HEADER_BUDGET


def test_a_long_vocabulary_stops_at_the_budget() -> None:
    import struct

    words = b"".join(struct.pack("<Q", 8) + b"abcdefgh" for _ in range(100_000))
    data = (
        b"GGUF"
        + struct.pack("<IQQ", 3, 1, 1)
        + struct.pack("<Q", 6)
        + b"tokens"
        + struct.pack("<IIQ", 9, 8, 100_000)
        + words
    )
    lab = Lab({"m/model.gguf": data + bytes(100)})
    (found,) = lab.sets()
    assert (found.format, found.confidence) == ("gguf", "header")
    assert lab.spent["m/model.gguf"] <= HEADER_BUDGET


def test_the_reader_fetches_a_byte_once_and_stops_at_its_budget() -> None:
    data = bytes(range(256)) * 1_000
    asked: list[tuple[int, int]] = []

    def read(_: str, offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return data[offset : offset + length]

    reader = HeaderReader(ListedObject("k", len(data)), read, budget=64 << 10)
    assert reader.at(5, 10) == data[5:15] == reader.at(5, 10)
    assert reader.at(len(data) - 4, 100) == data[-4:]
    assert len(asked) == 2
    with pytest.raises(Exhausted):
        reader.at(0, 200_000)
    assert sum(length for _, length in asked) <= 64 << 10


def test_requests_are_bounded() -> None:
    reader = HeaderReader(ListedObject("k", 1 << 40), lambda _, __, length: bytes(length), requests=5)
    for index in range(5):
        reader.at(index << 30, 4)
    with pytest.raises(Exhausted):
        reader.at(1 << 39, 4)


def test_small_and_empty_objects_are_not_read() -> None:
    lab = Lab({"a.safetensors": b"", "b.pt": b"x" * 10})
    assert {row.examined for row in lab.rows()} == {"not_needed"}
    assert lab.spent == {}


def test_a_pickle_is_described_without_being_made() -> None:
    import pickle

    facts = scan(Cursor(Held(pickle.dumps({"a": {"b": [1, "x"]}, "c": 2.0}))))
    assert (facts.complete, facts.top_keys, facts.arrays) == (True, ("a", "c"), [])


def test_many_unnamed_objects_are_kept_only_up_to_the_budget() -> None:
    scan_ = StoreScan("s", budget=10)
    for index in range(5_000):
        scan_.offer(ListedObject(f"logs/{index:05}", 1_000 + index))
    plan = scan_.plan()
    assert [obj.bytes for obj in plan] == sorted((obj.bytes for obj in plan), reverse=True)
    assert (len(plan), plan[0].bytes) == (10, 5_999)


def test_npy_header_with_hostile_text_is_not_evaluated() -> None:
    data = npy((4,)).replace(b"'fortran_order': False", b"'fortran_order': f(1,2)")
    _examined(data, "m/weights.npy")


def test_a_parameter_count_beyond_all_machines_is_not_passed_on() -> None:
    import struct

    dims = struct.pack("<IQQ", 2, 1 << 40, 1 << 40)
    data = (
        b"GGUF"
        + struct.pack("<IQQ", 3, 1, 0)
        + struct.pack("<Q", 1)
        + b"w"
        + dims
        + struct.pack("<IQ", 99, 0)
        + bytes(64)
    )
    found = verdict(data)
    assert (found.format, found.parameters) == ("gguf", None)


@pytest.mark.parametrize("shape", [b"(646 32,)", b"(9" + b"9" * 30 + b",)", b"(, )", b"(1,,2)"])
def test_an_npy_shape_that_is_none_is_turned_down(shape: bytes) -> None:
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + b", }\n"
    assert (
        verdict(
            b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(64), "m/weights.npy"
        ).format
        is None
    )


@pytest.mark.parametrize("number", [b"--5", "²".encode(), b"9" * 5_000, b""])
def test_a_pickle_number_that_is_none_is_harmless(number: bytes) -> None:
    assert (
        verdict(
            b"(I" + number + b"\nL" + number + b"L\np" + number + b"\ng" + number + b"\n." + bytes(40)
        ).format
        is None
    )


def test_a_reader_that_answers_nonsense_leaves_the_object_unknown() -> None:
    def read(key: str, offset: int, length: int) -> bytes:
        raise ValueError("another range came")

    assert examine(ListedObject("m/model.safetensors", 500), read).examined == "failed"
