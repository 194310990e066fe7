"""What a key alone suggests: which objects to look at first, and what a model's files are called.

A name never makes a weight set when the header could be read; it decides the order of reading, and what to assume when a
read is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from weightguard.weights.vocabulary import path_kind, words

Strength = Literal["strong", "weak", "marker"]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a name suggests. A `weak` one needs a model-like path or neighbours to count without its header."""

    format: str
    strength: Strength
    note: str | None = None


_STRONG = {
    "safetensors": "safetensors", "gguf": "gguf", "onnx": "onnx", "tflite": "tflite", "keras": "keras",
    "mlmodel": "coreml", "distcp": "dcp", "nemo": "nemo", "tensors": "tensorizer", "pth": "pytorch", "pt2": "pytorch",
    "ckpt": "pytorch", "pt": "pytorch", "torchscript": "torchscript",
}  # fmt: skip
_STRONG_OTHER = {
    "ggml": "ggml legacy", "pdparams": "Paddle parameters", "pdiparams": "Paddle parameters", "pte": "ExecuTorch",
    "engine": "TensorRT engine", "plan": "TensorRT engine", "trt": "TensorRT engine", "caffemodel": "Caffe",
    "rknn": "RKNN", "cbm": "CatBoost", "mar": "TorchServe model archive", "ot": "PyTorch (tch)", "mnn": "MNN",
}  # fmt: skip
_WEAK = {
    "bin": "pytorch", "pkl": "pickle", "pickle": "pickle", "joblib": "pickle", "h5": "keras", "hdf5": "keras",
    "npy": "numpy", "npz": "numpy", "msgpack": "flax", "pb": "savedmodel", "lite": "tflite", "params": "other",
    "model": "other", "weights": "other", "onnx_data": "onnx", "index": "savedmodel", "t7": "other", "dat": "other",
    "mlpackage": "coreml", "safetensor": "safetensors", "data": "onnx", "jit": "torchscript", "ptl": "torchscript",
    "sav": "pickle", "meta": "savedmodel", "param": "other", "trtengine": "other",
}  # fmt: skip
_MARKERS = {
    "saved_model.pb": "savedmodel", "saved_model.pbtxt": "savedmodel", "keras_metadata.pb": "savedmodel",
    "fingerprint.pb": "savedmodel", "checkpoint": "savedmodel", ".metadata": "dcp", "_CHECKPOINT_METADATA": "orbax",
    "_METADATA": "orbax", "_sharding": "orbax", "manifest.ocdbt": "orbax", "commit_success.txt": "orbax",
    "latest_checkpointed_iteration.txt": "megatron", "latest": "deepspeed", "zero_to_fp32.py": "deepspeed",
    "metadata.json": "megatron", "model_config.yaml": "nemo", "common.pt": "megatron", "Manifest.json": "coreml",
    "coremldata.bin": "coreml", "model.mil": "coreml", ".zarray": "other", ".zgroup": "other", ".zmetadata": "other",
    "zarr.json": "other",
}  # fmt: skip
_INDEX = re.compile(r"\.index\.json$")
_SHARD = re.compile(r"\d{2,6}[-_]of[-_]\d{2,6}")
_TF_DATA = re.compile(r"\.data-\d{5}-of-\d{5}$")
_MEDIA = words(
    """
    jpg jpeg png gif webp tif tiff bmp svg ico mp4 mkv mov avi mp3 wav flac ogg parquet arrow feather orc
    avro csv tsv jsonl zip rar 7z jar whl deb rpm iso vmdk qcow2 pdf docx xlsx pptx so dll exe class wasm
    """
)
_TEXT = words(
    """
    txt md json yaml yml toml ini cfg conf log py ipynb js ts html css xml sh c h cpp rs go java sql lock
    gitignore gitattributes license tf tfvars srt vtt po mo
    """
)
ENCRYPTED = frozenset({"enc", "age", "gpg", "pgp", "aes"})
"""Endings under which an object is sealed, whatever its first bytes are."""
_ARCHIVES = frozenset({"gz", "tgz", "zst", "zstd", "xz", "bz2", "tar", "lz4", "7z"}) | ENCRYPTED
_MODEL_WORD = re.compile(
    r"(?:^|[/._-])(?:models?|weights?|checkpoints?|ckpts?|params|pytorch_model|adapter_model|consolidated|optimizer|state_dict|"
    r"llama|mistral|qwen|gemma|bert|gpt|t5|clip|vit|resnet|unet|vae|lora|net|network)(?=[/._-]|\d|$)",
    re.IGNORECASE,
)


def extension(key: str) -> str:
    """The extension in lower case, empty when there is none."""
    base = key.rsplit("/", 1)[-1]
    return base.rpartition(".")[2].lower() if "." in base[1:] else ""


def hint(key: str) -> Hint | None:
    """What the name suggests, None when nothing."""
    base = key.rsplit("/", 1)[-1]
    if base in _MARKERS:
        return Hint(_MARKERS[base], "marker")
    ending = extension(key)
    if ending in _STRONG:
        return Hint(_STRONG[ending], "strong")
    if ending in _STRONG_OTHER:
        return Hint("other", "strong", _STRONG_OTHER[ending])
    if ending in _WEAK:
        return Hint(_WEAK[ending], "weak")
    if _INDEX.search(base):
        return Hint(_index_format(base), "marker")
    if _TF_DATA.search(base):
        return Hint("savedmodel", "weak")
    if ending in _ARCHIVES:
        inner = hint(key.rpartition(".")[0])
        return Hint(inner.format, "weak", "wrapped") if inner and inner.strength == "strong" else None
    return Hint("other", "weak") if _SHARD.search(base) else None


def _index_format(base: str) -> str:
    for word, kind in (("safetensors", "safetensors"), ("msgpack", "flax"), (".h5", "keras")):
        if word in base:
            return kind
    return "pytorch"


def believable(key: str, found: Hint) -> bool:
    """Whether a name is enough to assume weights when the header cannot be read.

    Portuguese locale files end in ``.pt`` and firmware in ``.bin``: a weak ending, or ``.pt`` among translations, needs a
    model's name in its path.
    """
    if found.strength == "marker":
        return False
    modelled = bool(_MODEL_WORD.search(key)) and path_kind(key) != "data"
    if found.strength == "weak":
        return modelled
    if extension(key) in ("pt", "plan", "engine", "tensors", "ot"):
        return modelled or not re.search(
            r"(?:^|/)(?:locales?|i18n|l10n|lang|languages?|translations?|messages)(?:/|$)", key
        )
    return True


def tier(key: str) -> int:
    """Order in which objects are examined whose names suggest nothing, smallest first: unknown files, media, text."""
    ending = extension(key)
    if ending in _TEXT:
        return 3
    return 2 if ending in _MEDIA else 1


_FAMILIES = (
    re.compile(r"^(?P<stem>.*?)[-_.]?(?P<index>\d{1,6})[-_]of[-_](?P<total>\d{1,6})(?P<rest>.*)$"),
    re.compile(r"^(?P<stem>.*?)[-_.]?part[-_.]?(?P<index>\d{1,5})of(?P<total>\d{1,5})(?P<rest>.*)$"),
)
_CONSOLIDATED = re.compile(r"^(?P<stem>consolidated)\.(?P<index>\d{2})(?P<rest>\..*)$")
_NUMBERED = re.compile(
    r"^(?P<stem>.*?)(?:[-_.]?(?:part|shard|rank|chunk|split))?[-_.]?(?P<index>\d{1,5})(?P<rest>\.[A-Za-z]\w*)?$"
)


@dataclass(frozen=True, slots=True)
class Family:
    """A shard's place: files of one folder with the same `name` are one model. `total` is 0 when the name does not say."""

    name: str
    index: int
    total: int


def family(base: str) -> Family | None:
    """The shard family that a file name spells out, None for a file on its own."""
    for pattern in _FAMILIES:
        match = pattern.match(base)
        if match:
            total = int(match["total"])
            return Family(f"{match['stem']}|{total}|{match['rest']}", int(match["index"]), total)
    match = _CONSOLIDATED.match(base)
    return Family(f"{match['stem']}||{match['rest']}", int(match["index"]), 0) if match else None


def numbered(base: str) -> Family | None:
    """A looser family, by a number at the end of the name; it takes more than the name to believe it."""
    match = _NUMBERED.match(base)
    return Family(f"{match['stem']}|#|{match['rest'] or ''}", int(match["index"]), 0) if match else None
