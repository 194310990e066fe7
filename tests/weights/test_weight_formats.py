"""Genuine files of every single-file format are found under their own name and under any other."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile

import pytest
import zstandard
from weight_files import genuine, npy, npz, safetensors, tensorizer, torch_zip, verdict, zipped

LAYERS = {"layer.0.weight": (8, 4), "layer.0.bias": (8,)}


def _nemo() -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as out:
        for name, data in (
            ("./model_config.yaml", b"name: asr\n" * 20),
            ("./model_weights.ckpt", torch_zip(LAYERS)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return archive.getvalue()


SAMPLES: dict[str, tuple[str, bytes, int | None]] = {
    # own name: format, bytes, parameters
    "model.safetensors": ("safetensors", safetensors(LAYERS), 40),
    "built.pt": ("pytorch", torch_zip(LAYERS), 40),
    "torch_zip.pt": ("pytorch", genuine("torch_zip.pt"), 23),
    "torch_legacy.pth": ("pytorch", genuine("torch_legacy.pth"), 23),
    "torchscript.pt": ("torchscript", genuine("torchscript.pt"), 8),
    "tiny.gguf": ("gguf", genuine("tiny.gguf"), 128),
    "linear.onnx": ("onnx", genuine("linear.onnx"), 23),
    "linear.mlmodel": ("coreml", genuine("linear.mlmodel"), None),
    "keras3.keras": ("keras", genuine("keras3.keras"), 10),
    "keras3.weights.h5": ("keras", genuine("keras3.weights.h5"), 10),
    "keras2.h5": ("keras", genuine("keras2.h5"), 10),
    "linear.tflite": ("tflite", genuine("linear.tflite"), None),
    "flax.msgpack": ("flax", genuine("flax.msgpack"), 10),
    "sklearn.pkl": ("pickle", genuine("sklearn.pkl"), 4),
    "sklearn.joblib": ("pickle", genuine("sklearn.joblib"), 4),
    "arrays.pkl": ("pickle", genuine("arrays.pkl"), 15),
    "weights.npz": ("numpy", npz({"dense/kernel": npy((8, 4)), "dense/bias": npy((4,))}), 36),
    "arr.npz": (
        "numpy",
        npz({"arr_0": npy((8, 16)), "arr_1": npy((16,)), "arr_2": npy((16, 4)), "arr_3": npy((4,))}),
        212,
    ),
    "model.tensors": ("tensorizer", tensorizer(["a.weight", "b.weight"]), 8),
    "asr.nemo": ("nemo", _nemo(), 40),
    "asr_gz.nemo": ("nemo", gzip.compress(_nemo()), 40),
    "model.safetensors.gz": ("safetensors", gzip.compress(safetensors(LAYERS)), 40),
    "model.safetensors.xz": ("safetensors", lzma.compress(safetensors(LAYERS)), 40),
    "model.safetensors.bz2": ("safetensors", bz2.compress(safetensors(LAYERS)), 40),
    "model.safetensors.zst": ("safetensors", zstandard.compress(safetensors(LAYERS)), 40),
    "parcel.zip": (
        "safetensors",
        zipped({"readme.txt": b"hello " * 30, "m/model.safetensors": safetensors(LAYERS)}),
        None,
    ),
    "ggml-model.bin": ("other", b"lmgg" + bytes(60), None),
    "net.mxnet": ("other", struct.pack("<QQ", 0x112, 0) + bytes(64), None),
    "booster.json": (
        "other",
        b'{"learner": {"gradient_booster": {"model": {}}}, "version": [3, 2, 0]}',
        None,
    ),
}
NAMES = ["photos/cat.jpg", "notes.txt", "backup/part", "x/y.bin", "table.parquet", "a/0123456789abcdef"]


@pytest.mark.parametrize("name", SAMPLES)
def test_found_under_its_own_name(name: str) -> None:
    kind, data, parameters = SAMPLES[name]
    found = verdict(data, f"models/m/{name}")
    assert (found.format, found.confidence, found.parameters) == (kind, "header", parameters)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("other", NAMES)
def test_found_under_any_other_name(name: str, other: str) -> None:
    kind, data, _ = SAMPLES[name]
    assert verdict(data, other).format == kind


def test_a_single_array_counts_when_named_as_a_parameter_or_disguised() -> None:
    array = npy((64, 32))
    assert verdict(array, "m/weights.npy").format == "numpy"
    assert verdict(array, "m/layers.0.attn.weight.npy").format == "numpy"
    assert verdict(array, "holiday/beach.jpg").format == "numpy"
    assert verdict(npy((64, 30), "<f8", 8), "m/array.npy").format is None


def test_safetensors_header_is_described_by_types_and_counts_only() -> None:
    found = verdict(safetensors(LAYERS))
    assert (dict(found.dtypes), found.tensors, found.parameters) == ({"F32": 2}, 2, 40)


def test_a_header_longer_than_the_reading_budget_is_still_recognised() -> None:
    data = safetensors({f"model.layers.{index}.{'deep.' * 20}weight": (2,) for index in range(8_000)})
    found = verdict(data)
    assert int.from_bytes(data[:8], "little") > 1 << 20
    assert (found.format, found.parameters) == ("safetensors", None)
    assert found.note is not None and "longer" in found.note


def test_onnx_names_its_external_data() -> None:
    assert verdict(genuine("onnx_external/model.onnx")).links == ("model.onnx_data",)


def test_zip64_records_are_followed() -> None:
    data = bytearray(torch_zip(LAYERS))
    end = data.rfind(b"PK\x05\x06")
    count, size, offset = struct.unpack("<HII", data[end + 10 : end + 20])
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    ending = data[end:]
    ending[10:20] = b"\xff" * 10
    assert verdict(bytes(data[:end]) + record + locator + bytes(ending)).format == "pytorch"
