"""Builders of small genuine model files and of stores held in memory."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from weightguard.weights import (
    FileVerdict,
    ListedObject,
    ObjectRow,
    StoreScan,
    WeightSet,
    assemble,
    examine,
)

DATA = Path(__file__).parent / "data"
STORE = "arn:aws:s3:::lab"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 1234567890\n"


def genuine(name: str) -> bytes:
    """A committed file that a library wrote."""
    return (DATA / name).read_bytes()


def genuine_tree(name: str, under: str) -> dict[str, bytes]:
    """A committed folder, laid under a prefix."""
    root = DATA / name
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {f"{under}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in files}


def safetensors(
    tensors: Mapping[str, tuple[int, ...]], *, fill: bytes = b"\x3f", header: object = None
) -> bytes:
    """A safetensors file of F32 tensors; `header` replaces the true header."""
    described: dict[str, object] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name, shape in tensors.items():
        size = 4
        for length in shape:
            size *= length
        described[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(described if header is None else header).encode()
    return struct.pack("<Q", len(text)) + text + fill * position


def torch_zip(values: Mapping[str, tuple[int, ...]], *, storage: str = "FloatStorage") -> bytes:
    """An archive as `torch.save` writes it, its `data.pkl` written opcode by opcode."""
    body = [b"\x80\x02}("]
    members: list[bytes] = []
    for name, shape in values.items():
        count = 1
        for length in shape:
            count *= length
        body += [
            _text(name),
            b"ctorch._utils\n_rebuild_tensor_v2\n((",
            _text("storage"),
            b"ctorch\n",
            storage.encode(),
            b"\n",
        ]
        body += [_text(str(len(members))), _text("cpu"), _number(count), b"tQ", _number(0)]
        body += [
            b"(",
            *map(_number, shape),
            b"t(",
            *map(_number, [1] * len(shape)),
            b"t\x89ccollections\nOrderedDict\n)RtR",
        ]
        members.append(b"\x3f" * 4 * count)
    body.append(b"u.")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("archive/data.pkl", b"".join(body))
        for index, data in enumerate(members):
            out.writestr(f"archive/data/{index}", data)
        out.writestr("archive/version", "3\n")
    return archive.getvalue()


def _text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def npy(shape: tuple[int, ...], dtype: str = "<f4", width: int = 4) -> bytes:
    """A NumPy array of version 1.0."""
    count = 1
    for length in shape:
        count *= length
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text = text.ljust((len(text) + 10 + 64) // 64 * 64 - 11) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\x3f" * (count * width)


def npz(arrays: Mapping[str, bytes]) -> bytes:
    """A NumPy archive of arrays made by `npy`."""
    return zipped({f"{name}.npy": data for name, data in arrays.items()})


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return archive.getvalue()


def tensorizer(names: Iterable[str]) -> bytes:
    """A Tensorizer file of version 1: each tensor four `<f4` numbers."""
    entries = []
    names = list(names)
    table = sum(2 + len(name) + 1 + 1 + 3 + 1 + 4 + 24 for name in names)
    begin = 5 + 60 + 8 + table
    for index, name in enumerate(names):
        entries.append(struct.pack("<H", len(name)) + name.encode() + b"\0\x03<f4\x01" + struct.pack("<I", 4))
        entries.append(struct.pack("<QQQ", begin + 16 * index, begin + 16 * index, 16))
    head = b"|TZR|" + struct.pack("<I", 1) + bytes(32) + struct.pack("<QQQ", 16 * len(names), 0, len(names))
    return head + struct.pack("<Q", table) + b"".join(entries) + b"\x3f" * 16 * len(names)


def every_format() -> dict[str, bytes]:
    """Files of every format that there is, each in a folder of its format's name."""
    layers = {"layer.0.weight": (8, 4), "layer.0.bias": (8,)}
    part = torch_zip({"module.weight": (4, 4)})
    found = {
        "safetensors/model.safetensors": safetensors(layers),
        "pytorch/model.pt": torch_zip(layers),
        "torchscript/model.pt": genuine("torchscript.pt"),
        "pickle/model.pkl": genuine("sklearn.pkl"),
        "onnx/model.onnx": genuine("linear.onnx"),
        "tflite/model.tflite": genuine("linear.tflite"),
        "keras/model.keras": genuine("keras3.keras"),
        "coreml/model.mlmodel": genuine("linear.mlmodel"),
        "gguf/model.gguf": genuine("tiny.gguf"),
        "numpy/weights.npz": npz({"dense/kernel": npy((8, 4)), "dense/bias": npy((4,))}),
        "flax/flax_model.msgpack": genuine("flax.msgpack"),
        "deepspeed/global_step5/mp_rank_00_model_states.pt": part,
        "deepspeed/global_step5/zero_pp_rank_0_mp_rank_00_optim_states.pt": part,
        "deepspeed/latest": b"global_step5",
        "megatron/iter_0000100/mp_rank_00/model_optim_rng.pt": part,
        "megatron/latest_checkpointed_iteration.txt": b"100 is the latest iteration..",
        "nemo/context/model.yaml": b"a: 1\n" * 20,
        "nemo/context/io.json": b"{}" * 20,
        "tensorizer/model.tensors": tensorizer(["a.weight", "b.weight"]),
        "other/ggml-model.bin": b"lmgg" + bytes(60),
    }
    for name, under in {
        "savedmodel": "savedmodel",
        "dcp": "dcp",
        "orbax": "orbax",
        "nemo/weights": "dcp",
    }.items():
        found |= genuine_tree(under, name)
    return found


class Bomb:
    """An object whose unpickling would run a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch unpickled",)


def bomb() -> bytes:
    """A pickle that would run a command, beside something that looks like a model's tensors."""
    return pickle.dumps({"layer.weight": Bomb(), "layer.bias": Bomb()})


class Lab:
    """A store in memory that counts what is read of it."""

    def __init__(self, objects: Mapping[str, bytes], *, denied: Iterable[str] = ()) -> None:
        self.objects = dict(objects)
        self.denied = frozenset(denied)
        self.spent: dict[str, int] = {}

    def read(self, key: str, offset: int, length: int) -> bytes:
        from weightguard.weights import ReadDenied

        if key in self.denied:
            raise ReadDenied("s3:GetObject was denied", where=key)
        data = self.objects[key][offset : offset + length]
        self.spent[key] = self.spent.get(key, 0) + len(data)
        return data

    def listing(self) -> list[ListedObject]:
        return [ListedObject(key, len(data)) for key, data in sorted(self.objects.items())]

    def rows(self, *, budget: int = 2_000) -> list[ObjectRow]:
        scan = StoreScan(STORE, budget=budget)
        for obj in self.listing():
            scan.offer(obj)
        for obj in scan.plan():
            scan.settle(obj, examine(obj, self.read))
        return list(scan.rows(self.listing()))

    def sets(self, *, budget: int = 2_000) -> list[WeightSet]:
        return assemble(self.rows(budget=budget))


def verdict(data: bytes, key: str = "folder/thing") -> FileVerdict:
    """What one object's bytes say."""
    return examine(ListedObject(key, len(data)), lambda _, offset, length: data[offset : offset + length])
