"""Where a state's own access keys are stored: compared in memory, recorded as whose they are, never as what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row, ok
from weightguard.collect.terraform.objects import TYPES as OBJECTS
from weightguard.collect.terraform.state import Resource

READ: Final = "StoredCredentials"
SHORTEST: Final = 16
"""An access key id has at least sixteen characters (IAM API reference, "AccessKey"); shorter words would match by chance."""


def mark(inventory: Inventory, found: Iterable[Row]) -> Iterator[Row]:
    """The rows, those of secrets and parameters with the principals whose access keys they hold; then objects that hold some."""
    keys = _keys(inventory)
    contents = _contents(inventory)
    for row in found:
        if row.kind in ("secretsmanager.secret", "ssm.parameter"):
            holders = _holders(keys, contents.get(row.id, []))
            if holders:
                row.reads[READ] = ok({"Principals": holders})
        yield row
    yield from _objects(inventory, keys)


def _keys(inventory: Inventory) -> list[tuple[tuple[str, ...], str]]:
    """Every access key of the state: its id and secret, and the ARN of the user."""
    users = {item.text("name"): item.text("arn") for item in inventory.of("aws_iam_user")}
    found = []
    for item in inventory.of("aws_iam_access_key"):
        user = item.text("user")
        words = tuple(
            word for name in ("id", "secret") if (word := item.text(name)) and len(word) >= SHORTEST
        )
        arn = users.get(user) or f"arn:{inventory.partition}:iam::{inventory.account}:user/{user}"
        if user is not None and words:
            found.append((words, arn))
    shared = [word for words, _ in found for word in words]
    # A word that several keys share is a placeholder and tells nothing.
    return [(tuple(word for word in words if shared.count(word) == 1), arn) for words, arn in found]


def _contents(inventory: Inventory) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in inventory.of("aws_secretsmanager_secret_version"):
        _note(found, item, "arn" if item.text("arn") else "secret_id", ("secret_string",))
    for item in inventory.of("aws_ssm_parameter"):
        _note(found, item, "arn", ("value", "insecure_value"))
    return found


def _note(found: dict[str, list[str]], item: Resource, owner: str, attributes: tuple[str, ...]) -> None:
    name = item.text(owner)
    if name is not None:
        texts = [text for attribute in attributes if (text := item.text(attribute)) is not None]
        found.setdefault(name, []).extend(texts)


def _holders(keys: list[tuple[tuple[str, ...], str]], texts: list[str]) -> list[str]:
    return sorted({arn for words, arn in keys for word in words for text in texts if word in text})


def _objects(inventory: Inventory, keys: list[tuple[tuple[str, ...], str]]) -> Iterator[Row]:
    for item in inventory.of(*OBJECTS):
        bucket, key = item.text("bucket"), item.text("key")
        texts = [text for name in ("content", "content_base64") if (text := item.text(name)) is not None]
        holders = _holders(keys, texts)
        if holders and bucket is not None and key is not None:
            data: dict[str, Any] = {"Key": key}
            arn = f"arn:{item.partition}:s3:::{bucket.rpartition(':')[2]}/{key}"
            yield Row(
                "s3",
                "s3.object",
                arn,
                item.region or None,
                "ListObjectsV2",
                data,
                {READ: ok({"Principals": holders})},
            )
