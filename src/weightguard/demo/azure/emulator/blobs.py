"""Blobs: listings of containers, and ranges of blobs.

Source: Storage REST reference, "List Blobs", "Get Blob", "Common REST API error codes".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from weightguard.demo.azure.emulator.tenant import Answer, Refused, Tenant, demand

READ: Final = "microsoft.storage/storageaccounts/blobservices/containers/blobs/read"
_OLDEST: Final = "2017-11-09"
"""The first version of the interface that takes tokens."""
_ENTRY: Final = (
    "<Blob><Name>{}</Name><Properties><Last-Modified>Wed, 02 Sep 2026 10:00:00 GMT</Last-Modified><Etag>0x8D</Etag>"
    "<Content-Length>{}</Content-Length><AccessTier>Hot</AccessTier></Properties></Blob>"
)


def answer(tenant: Tenant, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    """A listing, or a range of a blob."""
    if headers.get("x-ms-version", "") < _OLDEST:
        raise Refused(400, "InvalidHeaderValue")
    demand(READ, tenant.data, "AuthorizationPermissionMismatch")
    _, account, container, *rest = path.split("/")
    held = tenant.blobs.get((account, container), {})
    if query.get("comp") == "list":
        return _listing(held, tenant.listing.get((account, container), ""), query, tenant.page)
    name = "/".join(rest)
    if name not in held:
        raise Refused(404, "BlobNotFound")
    return _range(held[name], headers.get("x-ms-range", ""))


def _range(content: bytes, asked: str) -> Answer:
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
    if found is None:
        return content, {}, 200
    first, last = int(found[1]), int(found[2])
    part = content[first : last + 1]
    if not part:
        raise Refused(416, "InvalidRange")
    return part, {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"}, 206


def _listing(held: Mapping[str, bytes], more: str, query: Mapping[str, str], page: int) -> Answer:
    names = sorted(held)
    start = int(query.get("marker", 0))
    end = start + page
    entries = "".join(_ENTRY.format(escape(name), len(held[name])) for name in names[start:end])
    marker = f"<NextMarker>{end}</NextMarker>" if end < len(names) else "<NextMarker />"
    last = more if end >= len(names) else ""
    inside = f"<EnumerationResults><Blobs>{entries}{last}</Blobs>{marker}</EnumerationResults>"
    body = f'\ufeff<?xml version="1.0" encoding="utf-8"?>{inside}'
    return body.encode(), {"Content-Type": "application/xml"}, 200
