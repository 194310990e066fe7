"""Keys, and the grants that let others use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import NOT_HERE, Provider


class KeyState(StrEnum):
    """Whether a key works. AWS: KeyState. Google Cloud: the primary version's state. Azure: attributes.enabled, and deletion."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    PENDING_DELETION = (
        "PendingDeletion"  # Google Cloud: DESTROY_SCHEDULED. Azure: deleted, and not purged yet
    )
    PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
    PENDING_IMPORT = "PendingImport"
    CREATING = "Creating"  # Google Cloud: PENDING_GENERATION
    UPDATING = "Updating"
    UNAVAILABLE = "Unavailable"  # its store does not answer. Google Cloud: GENERATION_FAILED, IMPORT_FAILED
    DESTROYED = "Destroyed"


class KeyProtection(StrEnum):
    """What keeps a key's material."""

    SOFTWARE = "software"
    SHARED_HSM = "shared_hsm"  # the provider's modules, which all customers share
    DEDICATED_HSM = "dedicated_hsm"  # AWS: CloudHSM. Google Cloud: single-tenant HSM. Azure: Managed HSM
    IMPORTED = "imported"  # made elsewhere and handed over: copies may exist
    EXTERNAL = "external"  # AWS: external key store. Google Cloud: Cloud EKM


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """Where a key's material comes from and lies.

    Attributes:
        stated: the provider's own word for it. AWS: Origin. Google Cloud: protectionLevel. Azure: kty and the vault's sku.
    """

    protection: KeyProtection
    stated: str


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """Google Cloud: a CryptoKeyVersion. What it encrypted needs it, and none after it.

    Attributes:
        imported: whether its material was made elsewhere and handed over.
        destroyed_on: when it is to be destroyed, where that is decided.
    """

    name: str
    state: KeyState | None  # None: in a word that no reader knows
    imported: bool
    destroyed_on: str | None


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """AWS: a KMS grant."""

    id: str
    grantee: str
    operations: tuple[str, ...]
    constraints: Mapping[str, Any]
    retiring_principal: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """AWS: a KMS key. Google Cloud: a CryptoKey. Azure: a Key Vault or Managed HSM key.

    Attributes:
        state: whether it works.
        material: what keeps its material.
        other_regions: where else its material lies; None: it cannot leave its region.
        rotation: None: does not apply (asymmetric, imported, HMAC).
        deletion_date: when it is to be destroyed, where that is decided.
        container: id of the container that it lies in, whose policies and limits it inherits. Google Cloud: a key ring. Azure: a
            vault. AWS: None.
        deletion_delay_days: how long a destroyed key can be had back. Google Cloud: destroyScheduledDuration. Azure: the vault's
            soft-delete retention. AWS: None, whoever schedules a deletion says how long.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    aliases: Fact[tuple[str, ...]]
    customer_managed: Fact[bool]
    state: Fact[KeyState]
    material: Fact[KeyMaterial]
    other_regions: Fact[tuple[str, ...] | None]
    rotation: Fact[bool | None]
    policy: Fact[NamedPolicy | None]
    grants: Fact[tuple[KeyGrant, ...]]
    tags: Fact[Mapping[str, str]]
    deletion_date: Fact[str | None]
    container: str | None = None
    deletion_delay_days: int | None = None
    versions: Fact[tuple[KeyVersion, ...]] = NOT_HERE  # Google Cloud: all of them
