"""Keys and the rings that they lie in.

Source: Cloud KMS REST reference, `projects.locations.keyRings.cryptoKeys` and `cryptoKeyVersions`.
"""

from __future__ import annotations

import re
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
    KeyVersion,
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
_VERSION: Final = "/cryptoKeyVersions/"
_REGION: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+")
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


def _versions(records: Records) -> dict[str, dict[str, Record]]:
    """Key -> its versions, by name."""
    found: dict[str, dict[str, Record]] = {}
    for record in records.of("cloudkms.crypto_key_version"):
        name = records.named(relative(record.id))
        found.setdefault(name.partition(_VERSION)[0], {})[name] = record
    return found


def _key(records: Records, record: Record, versions: Mapping[str, Mapping[str, Record]]) -> Key:
    name = records.named(relative(record.id))
    parts = name.split("/")
    primary = records.named(relative(text_or_none(told(record, "primary.name")) or ""))
    held = versions.get(name, {})
    version = held.get(primary)
    word = told(record, "primary.state") if version is None else told(version, "state")
    return Key(
        id=name, provider="gcp", account=project_of(record), region=parts[3] if len(parts) > 3 else None, aliases=NOT_HERE,
        customer_managed=fact(record, True), state=_state(record, word), material=_material(record),
        other_regions=fact(record, _spread(parts[3] if len(parts) > 3 else "")), rotation=_rotation(record),
        policy=allow_policy(record, name),
        grants=NOT_HERE, tags=labels(record), deletion_date=fact(record, _destroyed(version)),
        container=name.rpartition("/cryptoKeys/")[0],
        deletion_delay_days=_delay(told(record, "destroyScheduledDuration")), versions=_all_versions(record, held),
    )  # fmt: skip


def _state(record: Record, word: Any) -> Fact[KeyState]:
    """The state of the primary version. A key without one makes nothing: what it encrypted is another version's."""
    source = listing_source(record)
    found = _STATES.get(word) if isinstance(word, str) else None
    if found is not None:
        return Known(found, source)
    return Unknown(Reason.NOT_COLLECTED if word is None else Reason.MALFORMED, source)


def _material(record: Record) -> Fact[KeyMaterial]:
    word = _protection_word(record)
    source = listing_source(record)
    protection = _PROTECTION.get(word or "")
    if protection is None:
        return Unknown(Reason.NOT_COLLECTED if word is None else Reason.MALFORMED, source)
    if told(record, "importOnly") is True:
        return Known(KeyMaterial(KeyProtection.IMPORTED, "importOnly"), source)
    return Known(KeyMaterial(protection, word or ""), source)


def _rotation(record: Record) -> Fact[bool | None]:
    """Whether new versions are made by themselves; None: they cannot be.

    They cannot be of keys that are asymmetric, imported, or managed by hand in an external manager. Of a key that an external
    manager holds behind a network, its connection says which, and no source here holds that.
    """
    period = told(record, "rotationPeriod")
    if record.data is None or period is not None:
        return fact(record, True)
    by_hand = told(record, "importOnly") is True or _protection_word(record) == "EXTERNAL"
    if told(record, "purpose") not in (None, "ENCRYPT_DECRYPT") or by_hand:
        return fact(record, None)
    if _protection_word(record) == "EXTERNAL_VPC":
        return Unknown(Reason.NOT_COLLECTED, listing_source(record).asking("cloudkms", "GetEkmConnection"))
    return fact(record, False)


def _protection_word(record: Record) -> str | None:
    return text_or_none(told(record, "primary.protectionLevel")) or text_or_none(
        told(record, "versionTemplate.protectionLevel")
    )


def _spread(location: str) -> tuple[str, ...] | None:
    """Where else a key's material lies: a location that is no single region keeps it in several."""
    return None if _REGION.fullmatch(location) else (location,)


def _all_versions(record: Record, held: Mapping[str, Record]) -> Fact[tuple[KeyVersion, ...]]:
    """Every version of a key; not known where no source holds its primary one."""
    if not held:
        return Unknown(
            Reason.NOT_COLLECTED, listing_source(record).asking("cloudkms", "ListCryptoKeyVersions")
        )
    found = (
        KeyVersion(
            name, _STATES.get(str(told(one, "state"))), told(one, "importJob") is not None, _destroyed(one)
        )
        for name, one in sorted(held.items())
    )
    return Known(tuple(found), listing_source(record))


def _destroyed(version: Record | None) -> str | None:
    return None if version is None else text_or_none(told(version, "destroyTime"))


def _delay(raw: Any) -> int:
    """``2592000s``."""
    if isinstance(raw, str) and raw.endswith("s") and raw[:-1].isdigit():
        return int(raw[:-1]) // _DAY
    return _DEFAULT_DELAY
