"""A container of blobs, or a prefix in it, as a question meets it; how containers are named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from weightguard.access.azure.context import Context
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.limit import Limit
from weightguard.estate.model import Container, Store
from weightguard.policy.azure.scopes import plain

_ADDRESS: Final = re.compile(
    r"https://([a-z0-9]{3,24})\.(?:z\d+\.)?(?:blob|dfs)\.([a-z0-9.-]+?)/([a-z0-9$][a-z0-9-]*)(?:/(.*))?$",
    re.IGNORECASE | re.DOTALL,
)
_RESOURCE: Final = re.compile(
    r"(/subscriptions/.+/providers/Microsoft\.Storage/storageAccounts/([^/]+))/blobServices/default/containers/([^/]+)(?:/(.*))?$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a container is called.

    Attributes:
        prefix: of the objects in question; empty: all.
    """

    account: str
    container: str
    prefix: str
    id: str


def split(store: str, prefix: str | None) -> Name | None:
    """The container that is named, and the prefix in it; None for what is no name of one."""
    found = _ADDRESS.match(store)
    if found is not None:
        id = f"https://{found[1].lower()}.blob.{found[2].lower()}/{found[3]}"
        return Name(found[1].lower(), found[3], _joined(found[4], prefix), id)
    found = _RESOURCE.match(store)
    if found is not None:
        id = f"https://{found[2].lower()}.blob.core.windows.net/{found[3]}"
        return Name(found[2].lower(), found[3], _joined(found[4], prefix), id)
    return None


def _joined(within: str | None, prefix: str | None) -> str:
    return f"{within or ''}{'/' if within and prefix and not within.endswith('/') else ''}{prefix or ''}"


@dataclass(frozen=True, slots=True)
class AzurePlace:
    """A container, or a prefix in it.

    Attributes:
        resource: the container's resource id; of one that no snapshot holds, a made-up one under its account's.
        account: the storage account, where it is known.
        found: what stands in the way of knowing who gets in, worked out from what was asked so far.
    """

    id: str
    prefix: str
    resource: str
    store: Store | None
    account: Container | None
    found: Callable[[AzurePlace], tuple[tuple[Unknown, ...], tuple[Limit, ...]]] = field(
        compare=False, repr=False
    )

    @property
    def objects(self) -> str:
        """The pattern of the objects in question."""
        return f"{self.id}/{self.prefix}*"

    @property
    def held(self) -> bool:
        """Whether some snapshot holds it."""
        return self.store is not None and self.account is not None

    @property
    def gaps(self) -> tuple[Unknown, ...]:
        """What could not be read and may let somebody in."""
        return self.found(self)[0]

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What is not modelled and bears on who gets in."""
        return self.found(self)[1]

    @property
    def accounts(self) -> frozenset[str | None]:
        """The subscription that it lies in."""
        return frozenset({None if self.store is None else self.store.account})

    @property
    def own_policies(self) -> frozenset[str]:
        """Names of its own settings and lists."""
        return frozenset({f"{self.resource}#publicAccess", self.resource})

    @property
    def keys(self) -> tuple[str, ...]:
        """The key that its account encrypts with, where it is the customer's."""
        found = self.store.encryption if self.store is not None else None
        key = found.value.key if isinstance(found, Known) and found.value is not None else None
        return (key,) if key else ()


def place_of(
    context: Context,
    name: Name,
    found: Callable[[AzurePlace], tuple[tuple[Unknown, ...], tuple[Limit, ...]]],
) -> AzurePlace:
    """The place of a name."""
    store = next(
        (
            one
            for one in context.estate.stores
            if one.provider == "azure" and one.id.lower() == name.id.lower()
        ),
        None,
    )
    account = (
        _account(context, name.account)
        if store is None
        else context.containers.get(plain(store.container or ""))
    )
    holder = (
        account.id if account is not None else f"/providers/Microsoft.Storage/storageAccounts/{name.account}"
    )
    resource = f"{holder}/blobServices/default/containers/{name.container}"
    return AzurePlace(store.id if store else name.id, name.prefix, resource, store, account, found)


def _account(context: Context, name: str) -> Container | None:
    ending = f"/providers/microsoft.storage/storageaccounts/{name}"
    return next((one for id, one in context.containers.items() if id.endswith(ending)), None)
