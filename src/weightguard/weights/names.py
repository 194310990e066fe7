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
_RAW = re.compile(
    r"\.data-\d{5}-of-\d{5}$|\.onnx[._-]?data(?:[._-]?\d+)?$|\.onnx\.weights?$|^params_shard_\d+\.bin$|^group\d+-shard\d+of\d+(?:\.bin)?$"
    r"|\.mnn\.weight$|^llm\.weight$|\.mnn\.data$",
    re.IGNORECASE,
)


def raw_data(key: str) -> bool:
    """Whether a name is one that a description's raw data has: nothing in such bytes could say what they are."""
    return bool(_RAW.search(key.rsplit("/", 1)[-1]))


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
ENCRYPTED = frozenset(
    {"enc", "age", "gpg", "pgp", "aes", "asc", "p7m", "vault", "encrypted", "crypt", "cpt", "kms", "luks"}
)
"""Endings under which an object is sealed, whatever its first bytes are."""
_ARCHIVES = (
    frozenset(
        {
            "gz",
            "tgz",
            "zst",
            "zstd",
            "xz",
            "bz2",
            "tar",
            "lz4",
            "7z",
            "lzma",
            "br",
            "sz",
            "lzo",
            "rar",
            "zip",
            "weight",
            "b64",
        }
    )
    | ENCRYPTED
)
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
        if inner and ending == "weight":
            return inner if inner.strength == "strong" else None
        return Hint(inner.format, "weak", "wrapped") if inner and inner.strength == "strong" else None
    return Hint("other", "weak") if _SHARD.search(base) else _part_hint(key, base)


def _part_hint(key: str, base: str) -> Hint | None:
    """A piece of a file whose name says weights."""
    part = part_of(base)
    inner = hint(f"{key[: len(key) - len(base)]}{part.stem}") if part else None
    return Hint(inner.format, "weak", "part") if inner and inner.strength == "strong" else None


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


_PART = re.compile(
    r"^(?P<stem>.+?)(?:"
    r"[._-](?:part|chunk|split|piece|seg|segment|vol|volume|block)?[._-]?(?P<number>\d{1,5})"
    r"|[._-]?(?:part|chunk|split|piece|seg|segment|vol|volume)[._-]?(?P<numbered>\d{1,5})(?:[._-]?of[._-]?\d{1,5})?"
    r"|[._-](?:part|chunk|split|piece)?[._-]?(?P<letters>[a-z]{1,4})|[._-][rz](?P<volume>\d{2,3}))$"
)
# GNU split adds to the name that it is given, and puts nothing between.
_CLOSE_PART = re.compile(
    r"^(?P<stem>.+\.(?:safetensors|gguf|ckpt|pth|pt|onnx))(?:(?P<number>\d{2,3})|(?P<letters>a[a-z]))$"
)
_SPLIT_DEFAULT = re.compile(r"^x[a-z]{2,3}$")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a file that was cut by bytes: pieces of one folder with the same `stem` are one file."""

    stem: str
    order: str


def part_of(base: str) -> Part | None:
    """Of which file a name says that it is a piece: ``model.safetensors.ab``, ``.part-0``, ``.001``, ``.gguf-split-a``.

    A name alone is no proof: the pieces must be there, and the first must begin as the whole would.
    """
    if _SPLIT_DEFAULT.match(base):
        return Part("x", base[1:])
    close = _CLOSE_PART.match(base)
    if close is not None:
        return Part(close["stem"], close["letters"] or close["number"].zfill(8))
    match = _PART.match(base)
    if match is None:
        return None
    number = match["number"] or match["numbered"] or match["volume"]
    order = number.zfill(8) if number else match["letters"] or ""
    stem = match["stem"].rstrip("._-")
    return Part(stem, order) if "." in stem else None


_FAMILIES = (
    re.compile(r"^(?P<stem>.*?)[-_.]?(?P<index>\d{1,6})[-_]of[-_](?P<total>\d{1,6})(?P<rest>.*)$"),
    re.compile(r"^(?P<stem>.*?)[-_.]?part[-_.]?(?P<index>\d{1,5})of(?P<total>\d{1,5})(?P<rest>.*)$"),
)
_CONSOLIDATED = re.compile(r"^(?P<stem>consolidated)\.(?P<index>\d{2})(?P<rest>\..*)$")
_NUMBERED = re.compile(
    r"^(?P<stem>.*?)(?:[-_.]?(?:part|shard|rank|chunk|split))?[-_.]?(?P<index>\d{1,5})(?P<rest>\.[A-Za-z]\w*)?$"
)


# What tells the ranks of one checkpoint apart: a word of parallelism, and a number.
_RANK = re.compile(
    r"(?:(?<=^)|(?<=[-_./]))(?P<word>(?:mp_|tp_|pp_|dp_|ep_|model_|tensor_|pipeline_|expert_)?(?:rank|shard|part|partition|slice|parallel)"
    r"|tp|pp|mp|ep|cp|tensor_parallel|pipeline_parallel)[-_.]?(?P<number>\d{1,5})(?=[-_./]|$)",
    re.IGNORECASE,
)
_RANKED_FOLDERS = 4


def ranked(key: str) -> tuple[str, str, str]:
    """``(place, skeleton, ranks)`` of a key: the folder above all that are named by rank, the rest with ``#`` for each
    rank, and the ranks. No rank in the name: no ranks, and the skeleton is the file's own name.
    """
    parts = key.split("/")
    first = len(parts) - 1
    while first and len(parts) - first <= _RANKED_FOLDERS and _wholly_ranked(parts[first - 1]):
        first -= 1
    rest = "/".join(parts[first:])
    ranks = "-".join(match["number"] for match in _RANK.finditer(rest))
    skeleton = _RANK.sub(lambda match: f"{match['word'].lower()}#", rest)
    return "".join(f"{part}/" for part in parts[:first]), skeleton, ranks


def _wholly_ranked(part: str) -> bool:
    """Whether a folder's name is made of ranks alone: ``rank_0``, ``tp_rank_00_pp_rank_001``, ``mp_rank_00``."""
    return bool(part) and not _RANK.sub("", part).strip("-_.0123456789")


_HEX = re.compile(r"^[0-9a-f]{32,128}$")


def addresses(key: str) -> frozenset[str]:
    """Digests that a key may be the content address of: ``blobs/sha256/ab/<hex>/data``, ``md5/ab/<rest>``, ``sha256-<hex>``."""
    found: set[str] = set()
    parts = key.lower().split("/")[-5:]
    for index, part in enumerate(parts):
        bare = re.sub(r"^(?:sha\d+|md5|blake2b|blake3|etag)[-_:]", "", part).split(".", 1)[0]
        if _HEX.match(bare):
            found.add(bare)
        joined = bare
        for before in reversed(parts[max(0, index - 2) : index]):
            if not re.fullmatch(r"[0-9a-f]{2,4}", before):
                break
            joined = before + joined
            if _HEX.match(joined):
                found.add(joined)
    return frozenset(found)


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
