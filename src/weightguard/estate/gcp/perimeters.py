"""Service perimeters, and the access levels that let in.

Source: Access Context Manager REST reference, `accessPolicies.servicePerimeters` and `accessPolicies.accessLevels`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.gcp.scope import Records, told
from weightguard.estate.model import Perimeter
from weightguard.estate.shape import Malformed, mapping, objects, text_or_none, texts

KIND: Final = "accesscontextmanager.service_perimeter"
ACCESS_LEVEL: Final = "accesscontextmanager.access_level"
_BRIDGE: Final = "PERIMETER_TYPE_BRIDGE"


def perimeters(records: Records) -> list[Perimeter]:
    """The perimeters that refuse something, and what those that are only tried would. Bridges refuse nothing of their own."""
    found = [one for record in records.of(KIND) for one in _perimeters(records, record)]
    return sorted(found, key=lambda one: one.id)


def _perimeters(records: Records, record: Record) -> Iterator[Perimeter]:
    data = data_of(record)
    if data.get("perimeterType") == _BRIDGE:
        return
    name = text_or_none(data.get("name")) or record.id
    title = text_or_none(data.get("title")) or name
    for part, dry in (("status", False), ("spec", True)):
        stated = data.get(part)
        if isinstance(stated, Mapping):
            yield _perimeter(records, record, name + ("#dry-run" if dry else ""), title, stated, dry)


def _perimeter(
    records: Records, record: Record, id: str, title: str, stated: Mapping[str, Any], dry: bool
) -> Perimeter:
    levels = tuple({"accessLevel": level} for level in _texts(stated.get("accessLevels")))
    ingress = _rules(record, stated.get("ingressPolicies"))
    if isinstance(ingress, Known) and levels:
        ingress = Known((*ingress.value, *levels), ingress.source)
    return Perimeter(
        id, "gcp", title, tuple(map(records.named, _texts(stated.get("resources")))), _texts(stated.get("restrictedServices")),
        ingress, _rules(record, stated.get("egressPolicies")), dry,
    )  # fmt: skip


def _rules(record: Record, raw: Any) -> Fact[tuple[Mapping[str, Any], ...]]:
    source = listing_source(record)
    try:
        return Known(tuple(objects(raw)), source)
    except Malformed:
        return Unknown(Reason.MALFORMED, source)


def _texts(raw: Any) -> tuple[str, ...]:
    try:
        return texts(raw)
    except Malformed:
        return ()


def level_of(record: Record) -> Mapping[str, Any]:
    """What an access level asks, as written: its conditions, or an expression."""
    basic = told(record, "basic")
    return mapping(basic) if isinstance(basic, Mapping) else {}
