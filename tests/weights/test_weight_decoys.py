"""What is not weights is not taken for weights: data sets, locale files, noise, truncated and lying headers, pointers."""

from __future__ import annotations

import gzip
import json
import pickle
import random
import struct

import pytest
from test_weight_formats import SAMPLES
from weight_files import LFS, Lab, bomb, genuine, npy, npz, safetensors, torch_zip, verdict, zipped

NOISE = random.Random(7).randbytes(5_000)
PORTUGUESE = 'msgid "Hello"\nmsgstr "Olá, mundo"\n'.encode() * 40
NOISY_NAMES = [
    "firmware.bin",
    "bios.dat",
    "pytorch_model.bin",
    "model.safetensors",
    "model.gguf",
    "model.onnx",
    "model.tflite",
    "model.h5",
    "model.pb",
    "saved_model.pb",
    "model.msgpack",
    "weights.npy",
    "weights.npz",
    "model.keras",
    "model.mlmodel",
    "__0_0.distcp",
    "model.nemo",
    "model.tensors",
    "model.pth",
    "model.ckpt",
    "model.pkl",
]
ENTRY = {"dtype": "F32", "shape": [5, 5], "data_offsets": [0, 100]}

DECOYS: dict[str, bytes] = {
    "data/train.npz": npz({"x_train": npy((100, 20)), "y_train": npy((100,), "<i8", 8)}),
    "data/mnist.npz": npz({"x_train": npy((10, 28, 28), "|u1", 1), "y_train": npy((10,), "|u1", 1)}),
    "d/arrays.npz": npz({"arr_0": npy((100, 20)), "arr_1": npy((100,))}),
    "d/sensors.npz": npz({"t": npy((100,)), "temperature": npy((100,))}),
    "data/X_train.npy": npy((100, 20)),
    "d/embeddings.npy": npy((100, 64)),
    "d/labels.npy": npy((10,), "<i8", 8),
    "d/records.pkl": pickle.dumps([{"id": 1, "text": "hello"}] * 50),
    "d/config.pkl": pickle.dumps({"lr": 0.1, "layers": 12}),
    "d/table.pkl": genuine("table.pkl"),
    "d/table.parquet": genuine("table.parquet"),
    "d/dataset.h5": genuine("dataset.h5"),
    "d/train.pt": genuine("torch_dataset.pt"),
    "d/steps.pt": torch_zip({"input_ids": (8, 4)}, storage="LongStorage"),
    "app/locale/messages.pt": PORTUGUESE,
    "app/i18n/strings.pt": "saudação=Olá\ndespedida=Tchau\n".encode("latin-1") * 30,
    "app/lang/pt.json.pt": json.dumps({"greeting": "Olá"}).encode() * 20,
    "locale/pt.mo.pt": b"\xde\x12\x04\x95" + NOISE,
    **{f"fw/{name}": NOISE for name in NOISY_NAMES},
    "z/model.safetensors": bytes(5_000),
    "t/model.safetensors": b"this is a text file " * 50,
    "t/tokenizer.json": json.dumps({"model": {"vocab": {str(n): n for n in range(200)}}}).encode(),
    "t/config.json": json.dumps({"architectures": ["LlamaForCausalLM"], "hidden_size": 4096}).encode(),
    "t/metadata.json": b'{"name": "something", "version": 3, "tags": []}',
    "mp/event.msgpack": b"\x82\xa1a\x93\x01\x02\x03\xa1b\xaa0123456789",
    "mp/extension.msgpack": b"\x82\xa1t\xd6\xff\x00\x00\x00\x01\xa1x\xc7\x10\x05" + bytes(16),
    "zip/docs.zip": zipped({"a.txt": b"hello " * 40, "b/data.csv": b"1,2\n" * 100}),
    "zip/fake.keras": zipped({"config.json": b"{}" * 60}),
    "zip/fake.pt": zipped({"archive/readme": b"{}" * 60}),
    "zip/liar.pt": zipped({"archive/data.pkl": pickle.dumps({"lr": 0.1}), "archive/version": b"3\n"}),
    "csv/x.csv.gz": gzip.compress(b"1,2,3\n" * 1_000),
    "lie/size.safetensors": safetensors({}, header={"w": ENTRY}) + b"\1" * 99,
    "lie/long.safetensors": safetensors({}, header={"w": ENTRY}) + b"\1" * 200,
    "lie/overlap.safetensors": safetensors(
        {}, header={"w": ENTRY, "v": {"dtype": "F32", "shape": [5], "data_offsets": [80, 100]}}
    )
    + b"\1" * 100,
    "lie/hole.safetensors": safetensors(
        {}, header={"w": ENTRY, "v": {"dtype": "F32", "shape": [5], "data_offsets": [120, 140]}}
    )
    + b"\1" * 140,
    "lie/shape.safetensors": safetensors({}, header={"w": {**ENTRY, "shape": [7]}}) + b"\1" * 100,
    "lie/negative.safetensors": safetensors({}, header={"w": {**ENTRY, "shape": [-5, -5]}}) + b"\1" * 100,
    "lie/empty.safetensors": safetensors({}),
    "lie/header.safetensors": struct.pack("<Q", 10**12) + b'{"w":1}' + bytes(100),
    "lie/json.safetensors": struct.pack("<Q", 50) + b"{" + b"x" * 49,
    "lie/deep.safetensors": struct.pack("<Q", 60_000) + b'{"a":' * 12_000,
    "lie/counts.gguf": b"GGUF" + struct.pack("<IQQ", 3, 10**9, 10**9) + bytes(500),
    "lie/empty.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(100),
    "lie/address.h5": b"\x89HDF\r\n\x1a\n" + NOISE,
    "lie/root.tflite": struct.pack("<I", 0x7FFFFFFF) + b"TFL3" + NOISE,
    "lie/table.tflite": struct.pack("<I", 28) + b"TFL3" + NOISE,
    "lie/model.tensors": b"|TZR|" + NOISE,
    "lie/model.pt": b"PK\x03\x04" + NOISE,
}


@pytest.mark.parametrize("key", DECOYS)
def test_a_decoy_is_not_taken_for_weights(key: str) -> None:
    assert verdict(DECOYS[key], key).format is None


def test_no_decoy_forms_a_weight_set_in_a_store() -> None:
    assert Lab(DECOYS).sets() == []


# Left out: compressed files, of which only the head is looked at, and formats whose header tells no size.
_TELLING = [
    name for name, (kind, _, _) in SAMPLES.items()
    if kind not in ("nemo", "other") and not name.endswith((".gz", ".xz", ".bz2", ".zst"))
]  # fmt: skip


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", _TELLING)
def test_a_truncated_model_is_not_taken_for_weights(name: str, share: float) -> None:
    _, data, _ = SAMPLES[name]
    assert verdict(data[: int(len(data) * share)], f"m/{name}").format is None


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("hf/model.safetensors", LFS),
        ("hf/model-00001-of-00002.safetensors", LFS),
        ("hf/pytorch_model.bin", LFS),
        (
            "dvc/model.pt.dvc",
            b"outs:\n- md5: a304afb96060aad90176268345e10355\n  size: 37891850\n  path: model.pt\n",
        ),
        ("annex/model.onnx", b"../.git/annex/objects/SHA256E-s1--abc.onnx\n"),
        ("xet/model.gguf", b"# xet version 0\nfilesize = 123\nhash = 'abc'\n"),
    ],
)
def test_a_pointer_is_listed_and_is_no_weight_set(key: str, data: bytes) -> None:
    lab = Lab({key: data})
    (row,) = lab.rows()
    assert (row.format, row.weight_set) == ("pointer", None)
    assert lab.sets() == []


def test_pickles_are_never_unpickled(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    verdict(bomb(), "m/model.pkl")
    verdict(zipped({"archive/data.pkl": bomb(), "archive/version": b"3\n"}), "m/model.pt")
    assert list(tmp_path.iterdir()) == []
