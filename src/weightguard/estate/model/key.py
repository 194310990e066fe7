"""Keys, and the grants that let others use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import Provider


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """AWS: a KMS grant."""

    id: str
    grantee: str
    operations: tuple[str, ...]
    constraints: Mapping[str, Any]
    retiring_principal: str | None
    issuing_account: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """AWS: a KMS key. Google Cloud: a CryptoKey. Azure: a Key Vault or Managed HSM key."""

    id: str
    provider: Provider
    account: str
    region: str | None
    aliases: Fact[tuple[str, ...]]
    customer_managed: Fact[bool]
    state: Fact[str]  # AWS: Enabled, Disabled, PendingDeletion...
    origin: Fact[str]  # AWS: AWS_KMS, AWS_CLOUDHSM, EXTERNAL, EXTERNAL_KEY_STORE
    spec: Fact[str]
    usage: Fact[str]
    multi_region: Fact[Mapping[str, Any] | None]  # AWS: MultiRegionConfiguration
    rotation: Fact[bool | None]  # None: does not apply (asymmetric, imported, HMAC)
    policy: Fact[NamedPolicy | None]
    grants: Fact[tuple[KeyGrant, ...]]
    tags: Fact[Mapping[str, str]]
    deletion_date: Fact[str | None]
