"""Small text files that stand for weights or belong to them: pointers, shard indexes, markers, model descriptions.

Sources: the Git LFS, DVC, git-annex and Xet pointer formats; transformers' sharded-checkpoint index; Orbax metadata;
Megatron Core `metadata.json`; TensorFlow.js `model.json`; OpenVINO IR.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from weightguard.weights.model import POINTER, FileVerdict
from weightguard.weights.reader import Exhausted, Source
from weightguard.weights.sketch import sketch_of

_MAX_JSON = 768 << 10
_TELLING = (
    b'"weight_map"', b'"weightsManifest"', b'"modelTopology"', b'"tree_metadata"', b'"item_handlers"', b'"init_timestamp_nsecs"',
    b'"sharded_backend"', b'"zarr_format"', b'"learner"', b'"itemInfoEntries"', b'"layers"', b'"dataPath"', b'"manifests"',
)  # fmt: skip
_MAX_LINKS = 4_096
_TAIL = 128 << 10
_PATHS = re.compile(rb'"paths"\s*:\s*\[([^\]\[]{1,20000})\]')
_NAME = re.compile(rb'"([^"\\]{1,200})"')
_DATA_PATH = re.compile(rb'"dataPath"\s*:\s*"([^"\\]{1,200})"')
_DVC = re.compile(rb"^(?:md5: [0-9a-f]{32}\n|wdir: .*\n|frozen: .*\n)*outs:\n\s*-\s", re.MULTILINE)
_ANNEX = re.compile(rb"^(?:/annex/objects/|(?:\.\./)*\.git/annex/objects/)")
_VALUE = re.compile(
    rb'(?<!\\)"((?:[^"\\]|\\.){1,200})"\s*:\s*"((?:[^"\\]|\\.){1,200}\.(?:safetensors|bin|msgpack|h5))"'
)


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise a pointer, an index or a marker."""
    head = source.at(0, 512)
    pointer = _pointer(head, source)
    if pointer:
        return pointer
    opening = head.lstrip()[:2]
    if opening[:1] == b"{":
        return _json(source, key)
    if opening in (b"[{", b"[\n", b"[ ") and b'"md5"' in head:
        return _directory(source)
    if head.lstrip()[:5] in (b"<?xml", b"<net "):
        return _openvino(head)
    if head.startswith(b"model_checkpoint_path:"):
        return FileVerdict(
            "savedmodel", "header", note="names the latest TensorFlow checkpoint", role="marker",
            links=tuple(_quoted(head)), traits=frozenset({"tf.latest"}),
        )  # fmt: skip
    return None


def _pointer(head: bytes, source: Source) -> FileVerdict | None:
    if source.size > 4096:
        return None
    kind = None
    if head.startswith(
        (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
    ):
        kind = "Git LFS"
    elif head.startswith(b"# xet version"):
        kind = "Xet"
    elif _ANNEX.match(head):
        kind = "git-annex"
    elif _DVC.search(head):
        kind = "DVC"
    return FileVerdict(POINTER, "header", note=f"{kind} pointer", role="marker") if kind else None


def _quoted(head: bytes) -> list[str]:
    first = re.search(rb'model_checkpoint_path:\s*"([^"]{1,300})"', head)
    return [first.group(1).decode("utf-8", "replace")] if first else []


def _json(source: Source, key: str) -> FileVerdict | None:
    """Most JSON is none of ours: a document is read to its end only when its beginning names something of ours."""
    if not any(word in source.at(0, 16 << 10) for word in _TELLING):
        return None
    if source.size > _MAX_JSON:
        return _large_index(source)
    try:
        document = json.loads(source.at(0, source.size))
    except (ValueError, RecursionError, Exhausted):
        return None
    return _document(document, key.rsplit("/", 1)[-1]) if isinstance(document, dict) else None


def _large_index(source: Source) -> FileVerdict | None:
    """A document longer than is parsed: its beginning and its end are searched for what names files."""
    head = source.at(0, 512 << 10)
    tail = source.at(source.size - _TAIL, _TAIL)
    if b'"learner"' in head and b'"gradient_booster"' in head:
        return FileVerdict("other", "header", note="XGBoost")
    if b'"weight_map"' in head:
        files = {value.decode("utf-8", "replace") for _, value in _VALUE.findall(head + b"\n" + tail)}
        found = _index(files)
        return replace(found, traits=found.traits | {"index.partial"})
    if b'"modelTopology"' in head[:4096] or b'"weightsManifest"' in head + tail:
        paths = [name for group in _PATHS.findall(head + tail) for name in _NAME.findall(group)]
        tfjs = _raw_index({name.decode("utf-8", "replace") for name in paths} or {""}, "TensorFlow.js")
        return replace(tfjs, traits=tfjs.traits | {"index.partial"}) if tfjs else None
    if b'"dataPath"' in head:
        names = _DATA_PATH.findall(head + tail)
        return _raw_index({name.decode("utf-8", "replace") for name in names}, "MLC")
    return None


def _directory(source: Source) -> FileVerdict | None:
    """DVC's list of a directory: the content address of every file in it (docs, "Internal directories and files")."""
    try:
        document = json.loads(source.at(0, min(source.size, _MAX_JSON)))
    except (ValueError, RecursionError, Exhausted):
        return None
    links = [
        f"{entry['md5']}:{entry['relpath']}"
        for entry in document
        if isinstance(entry, dict)
        and all(isinstance(entry.get(name), str) and len(entry[name]) < 900 for name in ("md5", "relpath"))
    ]
    return FileVerdict(None, note="list of files by content", links=tuple(links[:_MAX_LINKS]), role="index",
                       traits=frozenset({"addresses"}))  # fmt: skip


def _manifest_of_layers(document: Mapping[str, Any]) -> FileVerdict | None:
    """A manifest of layers by digest (OCI Image Manifest Specification; Ollama): one model, whatever its layers are called."""
    layers = document.get("layers")
    if not isinstance(layers, list) or "schemaVersion" not in document:
        return None
    links = [
        layer["digest"].rpartition(":")[2]
        for layer in layers[:_MAX_LINKS]
        if isinstance(layer, dict) and isinstance(layer.get("digest"), str) and len(layer["digest"]) < 200
    ]
    return FileVerdict(None, note="manifest of layers", links=tuple(links), role="index",
                       traits=frozenset({"manifest"})) if links else None  # fmt: skip


def _index(files: set[str], sketch: frozenset[int] = frozenset()) -> FileVerdict:
    links = tuple(sorted(name for name in files if isinstance(name, str) and len(name) < 1024))[:_MAX_LINKS]
    return FileVerdict(
        _index_format(links),
        "header",
        note="index of shards",
        role="index",
        links=links,
        traits=frozenset({"index"}),
        sketch=sketch,
    )


def _index_format(links: tuple[str, ...]) -> str:
    endings = {name.rsplit(".", 1)[-1] for name in links}
    for ending, kind in (("safetensors", "safetensors"), ("msgpack", "flax"), ("h5", "keras")):
        if ending in endings:
            return kind
    return "pytorch"


def _named_files(weight_map: Mapping[str, Any]) -> set[str]:
    """Files of a shard index; Keras lists several for one layer."""
    files: set[str] = set()
    for value in weight_map.values():
        files.update(
            item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
        )
    return files


def _document(document: Mapping[str, Any], name: str) -> FileVerdict | None:
    weight_map = document.get("weight_map")
    if isinstance(weight_map, dict) and weight_map:
        return _index(_named_files(weight_map), sketch_of(weight_map))
    if isinstance(document.get("weightsManifest"), list):
        return _tensorflow_js(document["weightsManifest"])
    if "tree_metadata" in document or {"item_handlers", "init_timestamp_nsecs"} & document.keys():
        return FileVerdict("orbax", "header", role="marker", traits=frozenset({"orbax.metadata"}))
    if "sharded_backend" in document:
        return FileVerdict("megatron", "header", role="marker", traits=frozenset({"megatron.metadata"}))
    if name in (".zarray", ".zgroup", ".zmetadata", "zarr.json") and (
        "zarr_format" in document or "metadata" in document
    ):
        return FileVerdict("other", "header", note="zarr", role="marker", traits=frozenset({"zarr"}))
    if isinstance(document.get("records"), list):
        return _mlc(document["records"])
    learner = document.get("learner")
    if isinstance(learner, dict) and "gradient_booster" in learner:
        return FileVerdict("other", "header", note="XGBoost")
    return _manifest(document) or _manifest_of_layers(document)


def _manifest(document: Mapping[str, Any]) -> FileVerdict | None:
    if "itemInfoEntries" in document and "rootModelIdentifier" in document:
        return FileVerdict("coreml", "header", role="marker", traits=frozenset({"coreml.manifest"}))
    return None


def _tensorflow_js(manifest: list[Any]) -> FileVerdict | None:
    paths: set[str] = set()
    for group in manifest[:1000]:
        if isinstance(group, dict) and isinstance(group.get("paths"), list):
            paths.update(path for path in group["paths"][:1000] if isinstance(path, str))
    return _raw_index(paths, "TensorFlow.js")


def _mlc(records: list[Any]) -> FileVerdict | None:
    """MLC LLM's `ndarray-cache.json` or `tensor-cache.json`: raw files of parameters, and what lies where in them."""
    paths = {
        record["dataPath"]
        for record in records[:10_000]
        if isinstance(record, dict) and isinstance(record.get("dataPath"), str)
    }
    return _raw_index(paths, "MLC")


def _raw_index(paths: set[str], note: str) -> FileVerdict | None:
    """An index of files whose bytes say nothing themselves."""
    if not paths:
        return None
    links = tuple(sorted(name for name in paths if 0 < len(name) < 1024))[:_MAX_LINKS]
    return FileVerdict(
        "other", "header", note=note, role="index", links=links, traits=frozenset({"index", "raw_index"})
    )


def _openvino(head: bytes) -> FileVerdict | None:
    if re.search(rb"<net\s[^>]*version=\"\d+\"", head) and b"<layers" in head:
        return FileVerdict("other", "header", note="OpenVINO", role="index", traits=frozenset({"stem:.bin"}))
    return None
