"""The index of a TensorFlow checkpoint: a sorted string table whose first entry is the bundle's header.

Sources: tensorflow/core/util/tensor_bundle/tensor_bundle.h, tensor_bundle.proto (BundleHeaderProto, BundleEntryProto),
core/lib/io/table format. LevelDB's own tables end in the same magic number, but have no such first entry.
"""

from __future__ import annotations

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Source

_FOOTER = bytes.fromhex("57fb808b247547db")


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise `*.index`, whose data files hold the weights."""
    head = source.at(0, 8)
    # Block entry: shared 0, unshared 0 (the empty key), a value that begins with num_shards (field 1).
    if len(head) < 8 or head[:2] != b"\0\0" or head[3] != 0x08 or source.size < 48:
        return None
    if source.at(source.size - 8, 8) != _FOOTER:
        if key.endswith(".index"):
            raise Damaged("TensorFlow checkpoint index without its footer (truncated)")
        return None
    return FileVerdict(
        "savedmodel",
        "header",
        note="index of a TensorFlow checkpoint",
        role="index",
        traits=frozenset({"tf.index"}),
    )
