"""What hands its policies and limits down to whatever lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.credential import Credential
from weightguard.estate.model.network import NetworkRules
from weightguard.estate.model.policy import ScopedPolicy
from weightguard.estate.model.provider import NOT_HERE, Provider
from weightguard.estate.model.public_access import PublicAccess


class ContainerKind(StrEnum):
    """What a container is."""

    ORGANISATION = "organisation"  # Azure: a tenant, with its root management group
    FOLDER = "folder"  # AWS: an organizational unit. Azure: a management group
    ACCOUNT = "account"
    PROJECT = "project"
    SUBSCRIPTION = "subscription"
    RESOURCE_GROUP = "resource_group"
    STORAGE_ACCOUNT = "storage_account"
    VAULT = "vault"
    KEY_RING = "key_ring"


@dataclass(frozen=True, slots=True)
class Container:
    """Something between an organisation and a thing, whose policies hold for all that lies in it.

    An account, project or subscription is an `Account` besides, under the same id: what it is set to stands there.

    Attributes:
        parent: id of the container that it lies in; None: it is the outermost.
        account: id of the account that it lies in; None: it spans accounts.
        policies: what grants. Google Cloud: its allow policy. Azure: role assignments at its scope, and a vault's access policies.
        limits: what forbids whatever grants say: policies of the forms deny, boundary, constraint and lock.
        credentials: those that open all that lies in it. Azure: the keys of a storage account.
        keys_accepted: whether those are taken at all. Azure: allowSharedKeyAccess; with them, role assignments, conditions and
            lists have no effect ("Access control model in Azure Data Lake Storage").
        public_access: whether things in it can be opened to everybody; None: nothing keeps the public out.
        networks: which networks it takes requests from; None: any.
    """

    id: str
    provider: Provider
    kind: ContainerKind
    name: str
    parent: str | None
    account: str | None
    policies: Fact[tuple[ScopedPolicy, ...]]
    limits: Fact[tuple[ScopedPolicy, ...]]
    credentials: Fact[tuple[Credential, ...]] = NOT_HERE
    keys_accepted: Fact[bool] = NOT_HERE
    public_access: Fact[PublicAccess | None] = NOT_HERE
    networks: Fact[NetworkRules | None] = NOT_HERE
    attributes: Mapping[str, Fact[Any]] = field(
        default_factory=dict
    )  # what a technique or control needs besides, by the provider's own field names
