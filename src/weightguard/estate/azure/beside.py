"""What stands beside stores: copies of disks, private endpoints; and what of them is in a snapshot that no reader knows.

Sources: Azure managed disks documentation, "Server-side encryption of Azure Disk Storage" (always on), "Restrict managed disks from
being imported or exported" (nobody is let in but by a link that somebody with the right makes); Private Link documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from weightguard.estate.azure.tenant import Tenant, properties, subscription_of
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import NOT_HERE, DiskCopy, Endpoint
from weightguard.estate.shape import text_or_none

_COPIES: Final[Mapping[str, Literal["snapshot", "image", "volume"]]] = {
    "compute.disks": "volume",
    "compute.snapshots": "snapshot",
    "compute.images": "image",
}


def disk_copies(tenant: Tenant) -> Iterator[DiskCopy]:
    """Disks, snapshots and images: copies of disks that may hold weights."""
    for kind, sort in _COPIES.items():
        for record in tenant.of(kind):
            source = listing_source(record)
            held = properties(record).get("encryption")
            key = text_or_none(held.get("diskEncryptionSetId")) if isinstance(held, dict) else None
            yield DiskCopy(
                id=record.id,
                provider="azure",
                account=subscription_of(record.id),
                region=record.region,
                kind=sort,
                public=Known(False, source),
                shared_with=Known((), source),
                encrypted=Known(True, source),
                key=Known(key, source),
                tags=Known(dict(data_of(record).get("tags") or {}), source),
            )


def endpoints(tenant: Tenant) -> Iterator[Endpoint]:
    """Private endpoints, each with the first resource that it leads to."""
    for record in tenant.of("network.privateendpoints"):
        yield Endpoint(
            id=record.id,
            provider="azure",
            account=subscription_of(record.id),
            region=record.region,
            network=_subnet(record),
            service=_service(record),
            kind="private",
            policy=NOT_HERE,
        )


def _subnet(record: Record) -> str | None:
    subnet = properties(record).get("subnet")
    return text_or_none(subnet.get("id")) if isinstance(subnet, dict) else None


def _service(record: Record) -> str:
    connections: Any = properties(record).get("privateLinkServiceConnections")
    for one in connections if isinstance(connections, list) else ():
        body = one.get("properties") if isinstance(one, dict) else None
        if isinstance(body, dict) and isinstance(body.get("privateLinkServiceId"), str):
            return str(body["privateLinkServiceId"])
    return ""


def unread_trails(tenant: Tenant) -> Iterator[Unknown]:
    """That there are diagnostic settings: what they record is not read yet."""
    if tenant.of("insights.diagnosticsettings"):
        yield Unknown(Reason.NOT_READ, tenant.source("insights", "diagnosticsettings"))
