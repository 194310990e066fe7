"""Who acts: users, roles, groups, service accounts, and the identity providers that vouch for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from weightguard.estate.fact import Fact
from weightguard.estate.model.credential import AccessKey
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import Provider


class PrincipalKind(StrEnum):
    """What a principal is, before anybody asks whether a person stands behind it."""

    USER = "user"
    ROLE = "role"
    GROUP = "group"
    SERVICE_ACCOUNT = "service_account"
    FEDERATED = "federated"


@dataclass(frozen=True, slots=True)
class Principal:
    """AWS: an IAM user, role or group. Google Cloud: a service account. Azure: a service principal or managed identity."""

    id: str
    unique_id: str | None  # AWS: AIDA.../AROA...
    provider: Provider
    account: str
    kind: PrincipalKind
    name: str
    path: str
    created: str | None
    groups: tuple[str, ...]  # ids of the groups a user is in
    policies: Fact[tuple[NamedPolicy, ...]]  # own identity policies, without those of groups
    boundary: Fact[NamedPolicy | None]
    trust: Fact[NamedPolicy | None]  # who may become it; None for users and groups
    tags: Fact[Mapping[str, str]]
    service_linked: bool
    last_used: Fact[str | None]
    console_password: Fact[bool]
    mfa_active: Fact[bool]
    access_keys: Fact[tuple[AccessKey, ...]]
    instance_profiles: tuple[str, ...] = ()  # AWS: ids of the instance profiles that hold this role


@dataclass(frozen=True, slots=True)
class FederatedProvider:
    """AWS: an OIDC or SAML provider. Google Cloud: a workload identity pool provider. Azure: a federated credential."""

    id: str
    provider: Provider
    account: str
    kind: Literal["oidc", "saml"]
    issuer: Fact[str | None]
    audiences: Fact[tuple[str, ...]]
    thumbprints: Fact[tuple[str, ...]]
