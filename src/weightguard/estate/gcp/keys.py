"""Keys and the rings that they lie in.

Source: Cloud KMS REST reference, `projects.locations.keyRings.cryptoKeys` and `cryptoKeyVersions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.gcp.scope import (
    Records,
    allow_policy,
    fact,
    labels,
    project_of,
    relative,
    scoped_policy,
    told,
)
from weightguard.estate.model import (
    NOT_HERE,
    Container,
    ContainerKind,
    Key,
    KeyMaterial,
    KeyProtection,
    KeyState,
)
from weightguard.estate.shape import text_or_none

_STATES: Final = {
    "ENABLED": KeyState.ENABLED,
    "DISABLED": KeyState.DISABLED,
    "DESTROY_SCHEDULED": KeyState.PENDING_DELETION,
    "DESTROYED": KeyState.DESTROYED,
    "PENDING_GENERATION": KeyState.CREATING,
    "PENDING_IMPORT": KeyState.PENDING_IMPORT,
    "IMPORT_FAILED": KeyState.UNAVAILABLE,
    "GENERATION_FAILED": KeyState.UNAVAILABLE,
}
_PROTECTION: Final = {
    "SOFTWARE": KeyProtection.SOFTWARE,
    "HSM": KeyProtection.SHARED_HSM,
    "HSM_SINGLE_TENANT": KeyProtection.DEDICATED_HSM,
    "EXTERNAL": KeyProtection.EXTERNAL,
    "EXTERNAL_VPC": KeyProtection.EXTERNAL,
}
_DAY: Final = 86_400
_DEFAULT_DELAY: Final = 30


def rings(records: Records) -> list[Container]:
    """The key rings, which hand their policies down to their keys."""
    found: list[Container] = []
    for record in records.of("cloudkms.key_ring"):
        name = records.named(relative(record.id))
        project = project_of(record)
        found.append(
            Container(
                name, "gcp", ContainerKind.KEY_RING, name.rpartition("/")[2], f"projects/{project}", project,
                scoped_policy(record, name), NOT_HERE,
            )
        )  # fmt: skip
    return found


def keys(records: Records) -> list[Key]:
    """The keys."""
    versions = _versions(records)
    return [_key(records, record, versions) for record in records.of("cloudkms.crypto_key")]


def _versions(records: Records) -> dict[str, Record]:
    return {
        records.named(relative(record.id)): record for record in records.of("cloudkms.crypto_key_version")
    }


def _key(records: Records, record: Record, versions: Mapping[str, Record]) -> Key:
    name = records.named(relative(record.id))
    parts = name.split("/")
    primary = records.named(relative(text_or_none(told(record, "primary.name")) or ""))
    version = versions.get(primary)
    word = told(record, "primary.state") if version is None else told(version, "state")
    return Key(
        id=name, provider="gcp", account=project_of(record), region=parts[3] if len(parts) > 3 else None, aliases=NOT_HERE,
        customer_managed=fact(record, True), state=_state(record, word), material=_material(record),
        other_regions=fact(record, None), rotation=fact(record, _rotation(record)), policy=allow_policy(record, name),
        grants=NOT_HERE, tags=labels(record), deletion_date=fact(record, _destroyed(version)),
        container=name.rpartition("/cryptoKeys/")[0],
        deletion_delay_days=_delay(told(record, "destroyScheduledDuration")),
    )  # fmt: skip


def _state(record: Record, word: Any) -> Fact[KeyState]:
    """The state of the primary version. A key without one makes nothing: what it encrypted is another version's."""
    source = listing_source(record)
    found = _STATES.get(word) if isinstance(word, str) else None
    if found is not None:
        return Known(found, source)
    return Unknown(Reason.NOT_COLLECTED if word is None else Reason.MALFORMED, source)


def _material(record: Record) -> Fact[KeyMaterial]:
    word = text_or_none(told(record, "primary.protectionLevel")) or text_or_none(
        told(record, "versionTemplate.protectionLevel")
    )
    source = listing_source(record)
    protection = _PROTECTION.get(word or "")
    if protection is None:
        return Unknown(Reason.NOT_COLLECTED if word is None else Reason.MALFORMED, source)
    imported = told(record, "importOnly") is True
    return Known(KeyMaterial(KeyProtection.IMPORTED if imported else protection, word or ""), source)


def _rotation(record: Record) -> bool | None:
    """Only keys that encrypt symmetrically rotate."""
    if told(record, "purpose") not in (None, "ENCRYPT_DECRYPT"):
        return None
    return told(record, "rotationPeriod") is not None


def _destroyed(version: Record | None) -> str | None:
    return None if version is None else text_or_none(told(version, "destroyTime"))


def _delay(raw: Any) -> int:
    """``2592000s``."""
    if isinstance(raw, str) and raw.endswith("s") and raw[:-1].isdigit():
        return int(raw[:-1]) // _DAY
    return _DEFAULT_DELAY
