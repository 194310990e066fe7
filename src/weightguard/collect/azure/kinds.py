"""Resources as records, of the same kinds and with the same fields as those of an export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.exports.azure.found import service_of
from weightguard.collect.exports.azure.kinds import BASE, PROPERTIES, kept_of

Row = dict[str, Any]
"""A resource, as `SnapshotWriter.record` takes it after its scope."""
_SUBSCRIPTIONS: Final = "subscriptions"


def named(kind: str) -> tuple[str, str]:
    """The service and the operation that stand for a type of resource: ``("storage", "storageaccounts")``."""
    namespace, _, rest = kind.lower().partition("/")
    return service_of(namespace), rest


def operation_of(
    kind: str, hides: str, *, permission: str | None = None, absent: tuple[str, ...] = (), required: tuple[str, ...] = (),
    entries: tuple[str, ...] = (), paged: bool = False,
) -> Operation:  # fmt: skip
    """The operation that tells of resources of a type.

    Args:
        kind: the type as Azure writes it.
    """
    service, name = named(kind)
    properties = tuple(f"properties.{path}" for path in PROPERTIES.get(kind.lower(), ()))
    return Operation(
        service, name, (permission or f"{kind}/read",), hides, absent=frozenset(absent), required=required, entries=entries,
        identity=("id",) if entries else (), paged=paged, keeps=(*BASE, *properties),
    )  # fmt: skip


def resource_row(kind: str, found: Mapping[str, Any]) -> Row:
    """A resource as a record.

    Args:
        kind: its type, in whatever case.
    """
    service, name = named(kind)
    region = found.get("location")
    return {
        "service": service,
        "kind": f"{service}.{name}",
        "id": str(found["id"]),
        "region": region if isinstance(region, str) and region else None,
        "operation": name,
        "data": kept_of(kind.lower(), found),
        "reads": {},
    }


def scope_of(id: str, tenant: str) -> str:
    """The scope of a resource: its subscription's, or the tenant's."""
    parts = id.split("/")
    if len(parts) > 2 and parts[1].lower() == _SUBSCRIPTIONS and parts[2]:
        return f"azure/{parts[2].lower()}"
    return f"azure/{tenant}"
