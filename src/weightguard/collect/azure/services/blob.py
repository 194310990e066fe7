"""Blobs: listings of containers, and ranges of blobs.

Sources: Storage REST reference, "List Blobs", "Get Blob"; "Authorize with Microsoft Entra ID".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree

from weightguard.collect.azure.caller import Malformed
from weightguard.collect.azure.route import LISTED, Route
from weightguard.collect.azure.wire import Answered
from weightguard.collect.calls.operation import Operation

VERSION: Final = {"x-ms-version": "2021-12-02"}
_READ: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

LIST: Final = Route(
    Operation("blob", "ListBlobs", (_READ,), "weights in a container that nobody listed", required=("blobs",), entries=("blobs",),
              identity=("name",), paged=True, keeps=("BlobCount", "Bytes")),
    "blob", "/{container}", (("restype", "container"), ("comp", "list"), ("maxresults", "5000"), ("include", "{include}")),
    pages=LISTED,
)  # fmt: skip
GET: Final = Route(
    Operation("blob", "GetBlob", (_READ,), "that a blob holds weights: its name alone tells"),
    "blob",
    "/{container}/{key}",
)
ROUTES: Final = (LIST, GET)
OPERATIONS: Final = tuple(route.operation for route in ROUTES)


def listed(found: Answered) -> dict[str, Any]:
    """A page of a listing.

    Raises:
        Malformed: it is not what the interface documents, or declares entities of its own.
    """
    reader = ElementTree.XMLParser(target=_WithoutEntities())  # noqa: S314 - refuses what declares entities
    try:
        reader.feed(found.body)
        root = reader.close()
    except ElementTree.ParseError as error:
        raise Malformed(f"the listing is no XML: {error}") from error
    if root.tag != "EnumerationResults" or (entries := root.find("Blobs")) is None:
        raise Malformed("the answer is no listing")
    page: dict[str, Any] = {"blobs": list(_blobs(entries))}
    marker = root.findtext("NextMarker")
    return page | ({"marker": marker} if marker else {})


class _WithoutEntities(ElementTree.TreeBuilder):
    """What an XML parser builds of a text that declares no document type: entities cannot be without one."""

    def doctype(self, *_: object) -> None:
        raise Malformed("the listing declares a document type")


def _blobs(entries: ElementTree.Element) -> Iterator[dict[str, Any]]:
    for one in entries.iterfind("Blob"):
        properties = one.find("Properties")
        told = {} if properties is None else {each.tag: each.text for each in properties}
        if told.get("ResourceType") == "directory":
            continue
        name = one.find("Name")
        yield {
            "name": _name(name),
            "bytes": _size(told.get("Content-Length")),
            "modified": told.get("Last-Modified"),
            "tier": told.get("AccessTier"),
            "md5": _digest(told.get("Content-MD5")),
            "deleted": one.findtext("Deleted") == "true",
            "committed": bool(told.get("Etag")),
        }


def _name(found: ElementTree.Element | None) -> str | None:
    if found is None or not found.text:
        return None
    return unquote(found.text) if found.get("Encoded") == "true" else found.text


def _size(text: str | None) -> int:
    """Bytes. Malformed where nothing says them: weights go by their size."""
    if text is None or not (text.isascii() and text.isdigit()):
        raise Malformed("a blob has no size")
    return int(text)


def _digest(text: str | None) -> str | None:
    """The content's MD5 as hexadecimal digits, as other stores write theirs."""
    try:
        found = base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return found.hex() if len(found) == 16 else None
