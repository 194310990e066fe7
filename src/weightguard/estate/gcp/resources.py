"""Every other thing that bears on weights, and what no reader knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Collection, Fact, Reason, Unknown
from weightguard.estate.gcp import attributes
from weightguard.estate.gcp.containers import BINDING, BOUNDARY, DENY, KINDS
from weightguard.estate.gcp.identities import ACCOUNT, GROUP, HMAC_KEY, KEY, POOLS, PROVIDERS
from weightguard.estate.gcp.perimeters import ACCESS_LEVEL
from weightguard.estate.gcp.perimeters import KIND as PERIMETER
from weightguard.estate.gcp.scope import (
    ORGANISATION,
    Records,
    allow_policy,
    fact,
    labels,
    project_of,
    region_of,
    relative,
    told,
)
from weightguard.estate.gcp.workloads import SHAPES
from weightguard.estate.model import Resource, Secret
from weightguard.estate.shape import every, text_or_none

SECRET: Final = "secretmanager.secret"  # noqa: S105 - a kind of record
ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    ORGANISATION: ("owner.directoryCustomerId", "directoryCustomerId"),
    **attributes.ATTRIBUTES,
    ACCESS_LEVEL: ("basic", "custom"),
    **dict.fromkeys(POOLS, ("name", "state", "disabled")),
}
"""Kind of record -> what of it the estate holds, beside its policy and labels."""
ELSEWHERE: Final = frozenset(
    {
        *(KINDS.keys() - {ORGANISATION}), DENY, BOUNDARY, BINDING, PERIMETER, ACCOUNT, KEY, GROUP, *PROVIDERS, *SHAPES, SECRET,
        "iam.role", "orgpolicy.policy", "storage.bucket", "storage.managed_folder", "cloudkms.key_ring", "cloudkms.crypto_key",
        "cloudkms.crypto_key_version", "container.node_pool", HMAC_KEY,
    }
)  # fmt: skip
"""Kinds that other readers know."""


def resources(records: Records) -> dict[str, Collection[Resource]]:
    """By kind; a kind that no reader knows is there with a gap: what such things do is not known."""
    found: dict[str, Collection[Resource]] = {}
    for kind in sorted(one for one in records.by_kind.keys() - ELSEWHERE if not one.endswith(".contents")):
        held = records.by_kind[kind]
        items = sorted((_resource(records, record) for record in held), key=lambda one: one.id)
        gaps = () if kind in ATTRIBUTES else (Unknown(Reason.NOT_READ, listing_source(held[0])),)
        found[kind] = Collection(tuple(items), gaps)
    return found


def _resource(records: Records, record: Record) -> Resource:
    return Resource(
        record.id, "gcp", project_of(record), region_of(record), record.kind,
        text_or_none(told(record, "name")) or relative(record.id).rpartition("/")[2], allow_policy(record, record.id),
        labels(record), dict(_attributes(record)),
    )  # fmt: skip


def _attributes(record: Record) -> Iterator[tuple[str, Fact[Any]]]:
    for path in ATTRIBUTES.get(record.kind, ()):
        yield path, fact(record, told(record, path))


def secrets(records: Records) -> list[Secret]:
    """The secrets by name."""
    return [
        Secret(
            records.named(relative(record.id)), "gcp", project_of(record), region_of(record), "secretmanager",
            allow_policy(record, record.id), fact(record, _key(record)),
        )
        for record in records.of(SECRET)
    ]  # fmt: skip


def _key(record: Record) -> str | None:
    """The key that a secret is encrypted with; of one that is kept in several places, that of the first."""
    for path in ("replication.automatic", "replication.userManaged.replicas"):
        for name in every(record.data, f"{path}.customerManagedEncryption.kmsKeyName"):
            if isinstance(name, str) and name:
                return name
    return None
