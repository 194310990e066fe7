"""Objects that a state manages, as rows of an objects file: recognised by name alone, for a state holds no bytes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.state import Resource
from weightguard.weights import FileVerdict, ListedObject, StoreScan

TYPES: Final = ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy")
UNREAD: Final = FileVerdict(None, examined="name", note="a Terraform state states neither content nor size")

UNKNOWN_SIZE: Final = 1 << 30
"""Stands in for the size while names are judged, so that it rules nothing out; the rows say 0."""


Placed = tuple[str, str, Resource]
"""The id of a store, a key in it, and what the state says of the object."""


def rows(placed: Iterable[Placed]) -> Iterator[dict[str, Any]]:
    """A row an object. `bytes` is 0 where the state does not say."""
    for store, found in sorted(_by_store(placed).items()):
        scan = StoreScan(store)
        listed = [
            ListedObject(key, UNKNOWN_SIZE, item.text("last_modified"), item.text("storage_class"))
            for key, item in sorted(found.items())
        ]
        for obj in listed:
            scan.offer(obj)
            scan.settle(obj, UNREAD)
        for row in scan.rows(listed):
            item = found[row.key]
            yield {
                "store": row.store,
                "key": row.key,
                "bytes": 0,
                "format": row.format,
                "confidence": row.confidence,
                "weight_set": row.weight_set,
                "parameters": row.parameters,
                "note": row.note,
                "last_modified": row.last_modified,
                "storage_class": row.storage_class,
                "encryption": item.text("server_side_encryption"),
                "kms_key": item.text("kms_key_id"),
                "examined": "name",
            }


def in_s3(items: Iterable[Resource]) -> Iterator[Placed]:
    """The objects that some resources of `TYPES` make."""
    for item in items:
        bucket, key = item.text("bucket"), item.text("key")
        if bucket is not None and key is not None:
            yield f"arn:{item.partition}:s3:::{bucket.rpartition(':')[2]}", key, item


def _by_store(placed: Iterable[Placed]) -> Mapping[str, Mapping[str, Resource]]:
    found: dict[str, dict[str, Resource]] = {}
    for store, key, item in placed:
        found.setdefault(store, {})[key] = item
    return found
