"""Formats that a few fixed bytes identify."""

from __future__ import annotations

import struct

from weightguard.weights.model import FileVerdict, Role
from weightguard.weights.reader import Damaged, Source

_GGML = {b"lmgg", b"fmgg", b"tjgg", b"algg", b"GGML", b"GGMF", b"GGJT", b"GGLA"}
_OCDBT = {
    bytes.fromhex("0cdb3a2a"): "ocdbt.manifest",
    bytes.fromhex("0cdb20de"): "ocdbt.node",
    bytes.fromhex("0cdb1234"): "ocdbt.node",
}
_TVM = 0xF7E58D4F05049CB7
_MIL_SENTINEL = 0xDEADBEEF
_FASTTEXT = 793712314


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise OCDBT, legacy GGML, TensorRT, MXNet, TVM, fastText, Core ML blobs and others."""
    head = source.at(0, 96)
    for judge in (_ocdbt, _named_magic, _numbers, _coreml_blob, _ctranslate, _paddle):
        verdict = judge(source, head)
        if verdict is not None:
            return verdict
    return None


def _other(note: str) -> FileVerdict:
    return FileVerdict("other", "header", note=note)


def _ocdbt(source: Source, head: bytes) -> FileVerdict | None:
    """Source: TensorStore, "OCDBT storage format": manifest, B-tree node, version tree node; then their length."""
    kind = _OCDBT.get(head[:4])
    if kind is None or len(head) < 12:
        return None
    length = int.from_bytes(head[4:12], "little")
    if length > source.size or (kind == "ocdbt.manifest" and source.exact and length != source.size):
        raise Damaged("OCDBT header does not match the object's size")
    role: Role = "index" if kind == "ocdbt.manifest" else "weights"
    return FileVerdict("orbax", "header", role=role, traits=frozenset({kind}))


def _named_magic(source: Source, head: bytes) -> FileVerdict | None:
    if head[:4] in _GGML and len(head) >= 32:
        return _other("ggml legacy")
    if head[:4] == b"ptrt" or head[:4] == b"ftrt":
        return _other("TensorRT engine")
    if head[:4] == b"RKNN":
        return _other("RKNN")
    if head[:4] == b"CBM1":
        return _other("CatBoost")
    if head[:4] == b"T7\0\0":
        return _other("Torch7")
    if head[:8] == b"7767517\n" or head[:9] == b"7767517\r\n":
        return FileVerdict("other", "header", note="ncnn", role="index", traits=frozenset({"stem:.bin"}))
    if head.startswith(b"{L") and head[10:18] == b"learner{":
        return _other("XGBoost")
    if head.startswith(b"tree\nversion=v") and b"num_class=" in head:
        return _other("LightGBM")
    return None


def _numbers(source: Source, head: bytes) -> FileVerdict | None:
    if len(head) < 32:
        return None
    first, second = struct.unpack("<QQ", head[:16])
    if first == 0x112 and second == 0:
        return _other("MXNet")
    if first == _TVM:
        return _other("TVM parameters")
    if int.from_bytes(head[:4], "little") == _FASTTEXT and head[4:8] == b"\x0c\0\0\0":
        return _other("fastText")
    if _is_llama2c(source, head):
        return _other("llama2.c")
    if struct.unpack("<iii", head[:12]) == (0, 2, 0) and second >> 32 == 0 and source.size > 1000:
        return _other("Darknet") if source.size % 4 == 0 else None
    return None


def _is_llama2c(source: Source, head: bytes) -> bool:
    """Source: llama2.c, export.py (`legacy_export`, `version1_export`, `version2_export`): seven numbers, then 32-bit floats of
    which they say how many; later versions open with ``ak42``.
    """
    if head[:4] == b"24ka" and int.from_bytes(head[4:8], "little") in (1, 2):
        return True
    dim, hidden, layers, heads, kv_heads, vocabulary, length = struct.unpack("<7i", head[:28])
    limits = (
        (dim, 1 << 16),
        (hidden, 1 << 18),
        (layers, 1 << 10),
        (heads, 1 << 10),
        (kv_heads, heads),
        (length, 1 << 22),
    )
    if (
        not all(0 < number <= most for number, most in limits)
        or dim % heads
        or not 0 < abs(vocabulary) < 1 << 24
    ):
        return False
    size = dim // heads
    layer = 2 * dim + 2 * dim * dim + 2 * dim * kv_heads * size + 3 * dim * hidden
    words = abs(vocabulary) * dim * (1 if vocabulary > 0 else 2)
    tables = length * (size // 2) * 2
    return bool(28 + 4 * (words + layers * layer + dim + tables) == source.size)


def _coreml_blob(source: Source, head: bytes) -> FileVerdict | None:
    """Source: coremltools MILBlob: storage header (count, version 2), then blobs with a sentinel at a multiple of 64."""
    if len(head) < 96 or int.from_bytes(head[64:68], "little") != _MIL_SENTINEL:
        return None
    count, version = struct.unpack("<II", head[:8])
    if not count or version not in (1, 2):
        return None
    size, offset = struct.unpack("<QQ", head[72:88])
    if source.exact and offset + size > source.size:
        raise Damaged("Core ML weight blob describes more than the object holds")
    return FileVerdict("coreml", "header", tensors=count, traits=frozenset({"coreml.blob"}))


def _ctranslate(source: Source, head: bytes) -> FileVerdict | None:
    """Source: CTranslate2 converters/model_spec.py: version, name of the specification, revision."""
    if len(head) < 32 or not 1 <= int.from_bytes(head[:4], "little") <= 20:
        return None
    length = int.from_bytes(head[4:6], "little")
    name = head[6 : 6 + length]
    if 5 <= length <= 60 and name.endswith(b"Spec\0"):
        return _other("CTranslate2")
    return None


def _paddle(source: Source, head: bytes) -> FileVerdict | None:
    """Source: Paddle lod_tensor serialisation: version 0, level count 0, version 0, then a short TensorDesc message."""
    if len(head) < 32 or head[:16] != b"\0" * 16:
        return None
    length = int.from_bytes(head[16:20], "little")
    description = head[20 : 20 + min(length, 64)]
    if (
        not 4 <= length <= 64
        or description[:1] != b"\x08"
        or description[1] > 30
        or description[2:3] != b"\x10"
    ):
        return None
    return _other("Paddle parameters")
