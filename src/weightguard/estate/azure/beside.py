"""What stands beside stores: copies of disks, private endpoints; and what of them is in a snapshot that no reader knows.

Sources: Azure managed disks documentation, "Server-side encryption of Azure Disk Storage" (always on), "Restrict managed disks
from being imported or exported" (nobody is let in but by a link that somebody with the right makes); Azure Compute Gallery
documentation, "Share a gallery"; Private Link documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from weightguard.estate.azure.tenant import Tenant, parent_of, plain, properties, subscription_of
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import NOT_HERE, DiskCopy, Endpoint
from weightguard.estate.shape import text_or_none

_COPIES: Final[Mapping[str, Literal["snapshot", "image", "volume"]]] = {
    "compute.disks": "volume",
    "compute.snapshots": "snapshot",
    "compute.images": "image",
}
SETS: Final = "compute.diskencryptionsets"


def disk_copies(tenant: Tenant) -> Iterator[DiskCopy]:
    """Disks, snapshots and images: copies of disks that may hold weights."""
    sets = {plain(one.id): one for one in tenant.of(SETS)}
    for kind, sort in _COPIES.items():
        for record in tenant.of(kind):
            nobody = Known(False, listing_source(record))
            yield _copy(tenant, record, sort, nobody, Known((), listing_source(record)), sets)
    galleries = {plain(one.id): one for one in tenant.of("compute.galleries")}
    for record in tenant.of("compute.galleries/images/versions"):
        gallery = galleries.get(plain(parent_of(parent_of(record.id))))
        yield _copy(tenant, record, "image", _is_public(tenant, gallery), _shared(tenant, gallery), sets)


def _copy(
    tenant: Tenant,
    record: Record,
    kind: Literal["snapshot", "image", "volume"],
    public: Fact[bool],
    shared: Fact[tuple[str, ...]],
    sets: Mapping[str, Record],
) -> DiskCopy:
    source = listing_source(record)
    return DiskCopy(
        id=record.id,
        provider="azure",
        account=subscription_of(record.id),
        region=record.region,
        kind=kind,
        public=public,
        shared_with=shared,
        encrypted=Known(True, source),
        key=_key(tenant, record, sets),
        tags=Known(dict(data_of(record).get("tags") or {}), source),
    )


def _key(tenant: Tenant, record: Record, sets: Mapping[str, Record]) -> Fact[str | None]:
    """The key of the set that a disk is encrypted by; None: the provider's own."""
    held = properties(record).get("encryption")
    named = text_or_none(held.get("diskEncryptionSetId")) if isinstance(held, dict) else None
    if named is None:
        return Known(None, listing_source(record))
    found = sets.get(plain(named))
    active = properties(found).get("activeKey") if found is not None else None
    address = text_or_none(active.get("keyUrl")) if isinstance(active, dict) else None
    if found is None or address is None:
        return Unknown(Reason.NOT_COLLECTED, tenant.source("compute", "diskencryptionsets"))
    return Known(address, listing_source(found))


def _sharing(gallery: Record | None) -> Mapping[str, Any] | None:
    held = properties(gallery).get("sharingProfile") if gallery is not None else {}
    return held if isinstance(held, dict) else {} if held is None else None


def _is_public(tenant: Tenant, gallery: Record | None) -> Fact[bool]:
    """Whether a gallery is one for everybody."""
    held = _sharing(gallery)
    if gallery is None or held is None:
        return Unknown(Reason.NOT_COLLECTED, tenant.source("compute", "galleries"))
    return Known(str(held.get("permissions") or "").lower() == "community", listing_source(gallery))


def _shared(tenant: Tenant, gallery: Record | None) -> Fact[tuple[str, ...]]:
    """The subscriptions and tenants that a gallery is shared with: it says whether, and by another call with whom."""
    held = _sharing(gallery)
    if gallery is None or held is None:
        return Unknown(Reason.NOT_COLLECTED, tenant.source("compute", "galleries"))
    if str(held.get("permissions") or "").lower() != "groups":
        return Known((), listing_source(gallery))
    groups = held.get("groups")
    if not isinstance(groups, list):
        return Unknown(Reason.NOT_COLLECTED, tenant.source("compute", "galleries/groups"))
    ids = (str(each) for one in groups if isinstance(one, dict) for each in one.get("ids") or ())
    return Known(tuple(ids), listing_source(gallery))


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
