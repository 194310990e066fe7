"""Who acts: users, roles, groups, service accounts, and the identity providers that vouch for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from weightguard.estate.fact import Fact, Known
from weightguard.estate.model.credential import Credential
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import NOT_HERE, Provider


class PrincipalKind(StrEnum):
    """What a principal is, before anybody asks whether a person stands behind it."""

    USER = "user"
    ROLE = "role"
    GROUP = "group"
    SERVICE_ACCOUNT = "service_account"
    FEDERATED = "federated"
    APPLICATION = "application"  # Azure: an application with its service principal
    AGENT = "agent"  # of the provider's own, which acts for a service. Google Cloud: a service agent
    DOMAIN = "domain"  # everybody of a domain or tenant
    EVERYBODY = "everybody"  # Google Cloud: allUsers, allAuthenticatedUsers


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
    groups: Fact[tuple[str, ...]]  # ids of the groups that it is in, groups in groups included
    policies: Fact[tuple[NamedPolicy, ...]]  # own identity policies, without those of groups
    boundary: Fact[NamedPolicy | None]
    trust: Fact[NamedPolicy | None]  # who may become it; None for users and groups
    tags: Fact[Mapping[str, str]]
    service_linked: bool
    last_used: Fact[str | None]
    console_password: Fact[bool]
    mfa_active: Fact[bool]
    credentials: Fact[tuple[Credential, ...]]
    instance_profiles: tuple[str, ...] = ()  # AWS: ids of the instance profiles that hold this role
    owners: Fact[tuple[str, ...]] = (
        NOT_HERE  # Azure: of an application or group; they may change its credentials or members
    )
    members: Fact[tuple[str, ...]] = NOT_HERE  # of a group: ids of whom it holds itself, groups among them
    enabled: Fact[bool] = NOT_HERE  # Google Cloud: of a service account. Azure: of a user, service principal
    attributes: Mapping[str, Fact[Any]] = field(
        default_factory=dict
    )  # what a technique or control needs besides, by the provider's own field names

    @property
    def known_groups(self) -> tuple[str, ...]:
        """The groups that it is known to be in: those of an unknown membership are none of them."""
        return self.groups.value if isinstance(self.groups, Known) else ()


@dataclass(frozen=True, slots=True)
class FederatedProvider:
    """AWS: an OIDC or SAML provider. Google Cloud: a workload identity pool provider. Azure: a federated credential."""

    id: str
    provider: Provider
    account: str
    kind: str  # oidc, saml; Google Cloud also: aws, x509
    issuer: Fact[str | None]
    audiences: Fact[tuple[str, ...]]
    condition: Fact[str | None] = NOT_HERE  # Google Cloud: the attribute condition, as written
    mapping: Fact[Mapping[str, str]] = (
        NOT_HERE  # Google Cloud: attribute -> expression over the token's claims
    )
    enabled: Fact[bool] = NOT_HERE  # Google Cloud: neither disabled nor deleted
