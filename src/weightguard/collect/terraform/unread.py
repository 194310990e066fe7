"""Resource types that no mapper reads, by provider and counted: what a state holds and this tool passes over is said, not dropped.

Types of providers that make nothing in a cloud (``random_*``, ``null_*``...) are left out, and data sources: they look things up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row, ok

IDLE: Final = frozenset(
    {
        "random",
        "null",
        "local",
        "tls",
        "time",
        "template",
        "archive",
        "http",
        "external",
        "cloudinit",
        "terraform",
        "assert",
    }
)
"""Providers whose resources exist in the state alone, or on the machine that it was applied from."""
STORES: Final = ("aws_s3_bucket", "aws_s3_directory_bucket")
TYPE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
DEEPEST: Final = 8
MOST: Final = 500


def rows(inventory: Inventory, read: Collection[str]) -> Iterator[Row]:
    """One record of the types that nobody read; call it when everybody has.

    Args:
        read: types that were read by another way than asking for them.
    """
    unread = {
        name: items for name, items in inventory.unasked().items() if _counts(name) and name not in read
    }
    if not unread:
        return
    stores = {
        name: arn
        for item in inventory.of(*STORES)
        if (arn := item.text("arn")) is not None
        for name in (arn, item.text("bucket"))
        if name is not None
    }
    types: dict[str, dict[str, Any]] = {}
    for name, items in list(unread.items())[:MOST]:
        named = sorted({stores[word] for item in items for word in _words(item.values, 0) if word in stores})
        types.setdefault(name.partition("_")[0], {})[name] = {"count": len(items), "stores": named}
    yield Row(
        "terraform",
        "terraform.settings",
        inventory.account,
        None,
        "ShowState",
        {},
        {"UnreadTypes": ok(types)},
    )


def _counts(name: str) -> bool:
    return TYPE.fullmatch(name) is not None and name.partition("_")[0] not in IDLE


def _words(values: Any, depth: int) -> Iterator[str]:
    """The texts among the attributes, each also as the bucket that an ``s3://`` address in it names."""
    if isinstance(values, str):
        yield from (values, values.removeprefix("s3://").partition("/")[0])
    elif depth < DEEPEST:
        inner = values.values() if isinstance(values, Mapping) else values if isinstance(values, list) else ()
        for value in inner:
            yield from _words(value, depth + 1)
