"""Tiny but genuine weight files: what the libraries would write for a model of a few hundred parameters.

Layouts: safetensors (huggingface/safetensors README), GGUF version 3 (ggml docs/gguf.md), PyTorch's zip archive
(torch/serialization.py), NumPy's .npz. Nothing here needs the library that normally writes the format.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping

FLOAT32_BYTES = 4


def _values(count: int, seed: int) -> bytes:
    """`count` little-endian float32 values that look like weights, the same on every run."""
    state, values = seed * 2654435761 % 2**32, []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(state / 2**32 * 0.2 - 0.1)
    return struct.pack(f"<{count}f", *values)


def _count(shape: tuple[int, ...]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def safetensors(tensors: Mapping[str, tuple[int, ...]], seed: int = 1) -> bytes:
    """A .safetensors file with float32 tensors of the given shapes."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for number, (name, shape) in enumerate(tensors.items()):
        values = _values(_count(shape), seed + number)
        header[name] = {
            "dtype": "F32",
            "shape": list(shape),
            "data_offsets": [len(data), len(data) + len(values)],
        }
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def transformer_shards(layers: int, width: int, shards: int, stem: str = "model") -> dict[str, bytes]:
    """A sharded transformer: file name -> bytes, the index file included."""
    names = {
        f"model.layers.{i}.{part}.weight": (width, width)
        for i in range(layers)
        for part in ("q_proj", "o_proj")
    }
    names |= {"model.embed_tokens.weight": (64, width), "lm_head.weight": (64, width)}
    files: dict[str, bytes] = {}
    weight_map: dict[str, str] = {}
    for shard in range(shards):
        file_name = f"{stem}-{shard + 1:05d}-of-{shards:05d}.safetensors"
        part = dict(list(names.items())[shard::shards])
        files[file_name] = safetensors(part, seed=shard + 1)
        weight_map |= dict.fromkeys(part, file_name)
    total = sum(_count(shape) for shape in names.values()) * FLOAT32_BYTES
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    files[f"{stem}.safetensors.index.json"] = json.dumps(index, indent=2, sort_keys=True).encode()
    return files


def _gguf_string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf(name: str, width: int = 32, blocks: int = 2) -> bytes:
    """A .gguf file, version 3, with float32 tensors."""
    string_type, uint32_type, alignment = 8, 4, 32
    metadata = [
        _gguf_string("general.architecture") + struct.pack("<I", string_type) + _gguf_string("llama"),
        _gguf_string("general.name") + struct.pack("<I", string_type) + _gguf_string(name),
        _gguf_string("llama.block_count") + struct.pack("<II", uint32_type, blocks),
    ]
    infos, data = [], b""
    for block in range(blocks):
        infos.append(
            _gguf_string(f"blk.{block}.attn_q.weight")
            + struct.pack("<I", 2)
            + struct.pack("<QQ", width, width)
            + struct.pack("<IQ", 0, len(data))
        )
        data += _values(width * width, block + 1)
        data += b"\0" * (-len(data) % alignment)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(metadata)) + b"".join(metadata) + b"".join(infos)
    return head + b"\0" * (-len(head) % alignment) + data


def _pickled_state_dict(tensors: Mapping[str, tuple[int, ...]]) -> bytes:
    """The opcodes that torch.save writes for an ordered dict of float32 tensors (pickle protocol 2)."""

    def text(value: str) -> bytes:
        raw = value.encode()
        return b"X" + struct.pack("<I", len(raw)) + raw

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    def pair(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(number(value) for value in values) + b"t"

    out = b"\x80\x02ccollections\nOrderedDict\n)R("
    for storage, (name, shape) in enumerate(tensors.items()):
        strides = tuple(_count(shape[axis + 1 :]) for axis in range(len(shape)))
        persistent = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(storage)) + text("cpu")
        persistent += number(_count(shape)) + b"tQ"
        out += text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + persistent + number(0) + pair(shape)
        out += pair(strides) + b"\x89ccollections\nOrderedDict\n)RtR"
    return out + b"u."


def pytorch(tensors: Mapping[str, tuple[int, ...]], archive: str = "archive", seed: int = 3) -> bytes:
    """A .pt file as torch.save has written since 1.6: a stored zip with data.pkl and one entry a storage."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:

        def add(name: str, content: bytes) -> None:
            bundle.writestr(zipfile.ZipInfo(f"{archive}/{name}", date_time=(1980, 1, 1, 0, 0, 0)), content)

        add("data.pkl", _pickled_state_dict(tensors))
        add("byteorder", b"little")
        for storage, shape in enumerate(tensors.values()):
            add(f"data/{storage}", _values(_count(shape), seed + storage))
        add("version", b"3\n")
    return buffer.getvalue()


def _npy(shape: tuple[int, ...], seed: int) -> bytes:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape!r}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return (
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + _values(_count(shape), seed)
    )


def npz(arrays: Mapping[str, tuple[int, ...]]) -> bytes:
    """A .npz file: a stored zip with one .npy an array."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
        for seed, (name, shape) in enumerate(arrays.items()):
            bundle.writestr(
                zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0)), _npy(shape, seed + 1)
            )
    return buffer.getvalue()


def lab_files() -> dict[str, dict[str, bytes]]:
    """What lies in the hardened lab, whichever cloud it is on: bucket -> key -> bytes."""
    aurora = {f"aurora-1/{name}": data for name, data in transformer_shards(4, 32, shards=2).items()}
    checkpoint = safetensors({"encoder.weight": (64, 32), "decoder.weight": (32, 64)}, seed=5)
    return {
        "aurora-release": {
            **aurora,
            "aurora-1/config.json": b'{"architectures": ["AuroraForCausalLM"], "hidden_size": 32}',
            "aurora-1-mini/aurora-1-mini-f32.gguf": gguf("aurora-1-mini"),
        },
        "aurora-checkpoints": {"run-17/step-1000/model.safetensors": checkpoint},
        "aurora-eval": {"probe/probe.npz": npz({"layer_0.weight": (16, 16), "layer_0.bias": (16,)})},
        "aurora-backup": dict(aurora),
    }
