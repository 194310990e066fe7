"""What somebody may change about a storage account to get at its blobs: keys, signatures, local users, publicity, replicas,
backups.

Sources: Azure Storage documentation, "Prevent authorization with Shared Key", "Object replication for block blobs", "SSH
File Transfer Protocol (SFTP) support for Azure Blob Storage", "Legal holds for immutable blob data"; REST reference,
"Storage Accounts - List Account SAS"; Resource Manager documentation, "Move Azure resources to a new resource group".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.access.azure.accounts import ACCOUNT, BLOBS, CONTAINER, Accounts, path_of
from weightguard.access.azure.context import attribute
from weightguard.access.azure.decisions import Need
from weightguard.access.azure.offers import ASSIGN, Offer
from weightguard.access.azure.place import AzurePlace
from weightguard.access.condition import besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import AccessKind, Because
from weightguard.estate.fact import Known
from weightguard.estate.model import Container, RetentionMode
from weightguard.policy.azure.scopes import plain

_SIGNS: Final = ("listKeys/action", "regenerateKey/action", "listAccountSas/action", "listServiceSas/action")
_COPY: Final = "reads the copy"
_VERSIONS: Final = besides("versions of blobs have to be kept, which object replication asks for")


@dataclass(slots=True)
class AccountChanges(Accounts):
    """What somebody may change about an account."""

    def accepting(self) -> frozenset[str]:
        """The accounts that take their keys, by plain id."""
        return frozenset(plain(one.id) for one in self.accounts() if takes_keys(one))

    def key_links(self) -> Iterator[Link]:
        """Who gets a key of which account, or has one sign."""
        for account in self.accounts():
            node = self.key_nodes[plain(account.id)]
            allowed = takes_keys(account)
            for action in _SIGNS:
                needs = [Need(ACCOUNT + action, account.id)]
                if not allowed:
                    needs.append(Need(f"{ACCOUNT}write", account.id))
                yield from self.offers.links(
                    Offer(f"azure-storage-{action.partition('/')[0].lower()}", tuple(needs), node, account.id)
                )

    def moves(self) -> Iterator[Link]:
        """Whoever moves an account into a resource group where they assign roles."""
        for account in self.accounts():
            group = "/".join(account.id.split("/")[:5])
            node, links = self.offers.controlling(plain(account.id))
            yield from links
            need = Need("Microsoft.Resources/subscriptions/resourceGroups/moveResources/action", group)
            yield from self.offers.held(
                Offer("azure-move-resource", (need,), node, group, anywhere=(ASSIGN,))
            )

    def made_public(self, place: AzurePlace) -> Iterator[Link]:
        if place.account is None or public_level(place) != "none":
            return
        needs = [Need(f"{CONTAINER}write", place.resource)]
        if attribute(place.account, "allowBlobPublicAccess") is False:
            needs.append(Need(f"{ACCOUNT}write", place.account.id))
        conditions = () if len(needs) > 1 else self.network_conditions(place)
        yield from self.offers.links(
            Offer(
                "azure-storage-make-public",
                tuple(needs),
                place.id,
                place.id,
                conditions=conditions,
                then="anonymous read",
            )
        )

    def replicating(self, place: AzurePlace) -> Iterator[Link]:
        """Whoever sets up replication of the container into an account of which they have the keys."""
        account = place.account
        if account is None or attribute(account, "isHnsEnabled"):
            return
        here = Need(f"{ACCOUNT}objectReplicationPolicies/write", account.id)
        there = (f"{ACCOUNT}listKeys/action",)
        offer = Offer(
            "azure-storage-replicate",
            (here,),
            place.id,
            account.id,
            conditions=(_VERSIONS,),
            anywhere=there,
            then=_COPY,
        )
        yield from self.offers.links(offer)
        if attribute(account, "allowCrossTenantReplication") is not False:
            outside = Offer(
                "azure-storage-replicate-out", (here,), place.id, account.id, conditions=(_VERSIONS,)
            )
            yield from self.offers.links(outside)

    def restoring(self, place: AzurePlace) -> Iterator[Link]:
        """Whoever restores a backup of the account into one of which they have the keys."""
        kind = "dataprotection.backupvaults/backupinstances"
        for instance in self.context.estate.resources_of(kind):
            source = attribute(instance, "dataSourceInfo.resourceID")
            if place.account is not None and plain(str(source or "")) == plain(place.account.id):
                need = Need(
                    "Microsoft.DataProtection/backupVaults/backupInstances/restore/action", instance.id
                )
                there = (f"{ACCOUNT}listKeys/action",)
                held = besides("the backup has to be a vaulted one")
                offer = Offer(
                    "azure-backup-restore",
                    (need,),
                    place.id,
                    instance.id,
                    conditions=(held,),
                    anywhere=there,
                    then=_COPY,
                )
                yield from self.offers.links(offer)

    def local_users(self, access: AccessKind, place: AzurePlace) -> Iterator[Link]:
        account = place.account
        if account is None:
            return
        own = f"{ACCOUNT}localUsers/"
        container = place.resource.rpartition("/")[2].lower()
        letter = {AccessKind.WRITE: "w", AccessKind.DELETE: "d"}.get(access, "r")
        is_on = (
            bool(attribute(account, "isSftpEnabled"))
            and attribute(account, "isLocalUserEnabled") is not False
        )
        conditions = self.network_conditions(place)
        first = () if is_on else (Need(f"{ACCOUNT}write", account.id),)
        if is_on or attribute(account, "isHnsEnabled"):
            needs = (
                Need(f"{own}write", account.id),
                Need(f"{own}regeneratePassword/action", account.id),
                *first,
            )
            yield from self.offers.links(
                Offer(
                    "azure-storage-local-user",
                    needs,
                    place.id,
                    account.id,
                    conditions=conditions,
                    then="SFTP",
                )
            )
        for user in self.context.estate.resources_of("storage.storageaccounts/localusers"):
            if not is_on or not plain(user.id).startswith(f"{plain(account.id)}/"):
                continue
            if any(_lets(one, container, letter) for one in attribute(user, "permissionScopes") or ()):
                because = Because(user.id, "permissionScopes")
                yield Link(user.id, place.id, (Step("SFTP", Grant((because,), conditions), place.id),))
                need = Need(f"{own}regeneratePassword/action", user.id)
                yield from self.offers.links(Offer("azure-storage-local-password", (need,), user.id, user.id))

    def lifting(self, place: AzurePlace) -> tuple[Need, ...] | None:
        """What has to be lifted first for anything to be deleted; None: nothing lifts it."""
        held = place.store.retention if place.store is not None else None
        if not isinstance(held, Known) or held.value is None:
            return ()
        if held.value.mode is RetentionMode.COMPLIANCE:
            return None
        needs = []
        if held.value.legal_hold:
            needs.append(Need(f"{CONTAINER}clearLegalHold/action", place.resource))
        if held.value.days:
            needs.append(
                Need(
                    f"{CONTAINER}immutabilityPolicies/delete",
                    f"{place.resource}/immutabilityPolicies/default",
                )
            )
        return tuple(needs)

    def administering(self, place: AzurePlace) -> Iterator[Link]:
        needs = [Need(f"{CONTAINER}write", place.resource)]
        if place.account is not None:
            needs.append(Need(f"{ACCOUNT}write", place.account.id))
        for need in needs:
            yield from self.offers.links(Offer("azure-storage-write", (need,), place.id, need.resource))
        if place.account is not None and attribute(place.account, "isHnsEnabled"):
            for action in ("modifyPermissions/action", "manageOwnership/action"):
                change = Need(BLOBS + action, f"{place.resource}/blobs/{path_of(place)}", is_data=True)
                yield from self.offers.links(Offer("azure-storage-lists", (change,), place.id, place.id))


def takes_keys(account: Container) -> bool:
    """Whether an account's blobs are opened by its keys."""
    of_service = attribute(account, "allowSharedKeyAccessForServices.blob.enabled")
    if isinstance(of_service, bool):
        return of_service
    return not (isinstance(account.keys_accepted, Known) and account.keys_accepted.value is False)


def public_level(place: AzurePlace) -> str:
    """What a container lets anybody do: ``none``, ``blob`` or ``container``."""
    policy = place.store.policy if place.store is not None else None
    body = policy.value.document if isinstance(policy, Known) and policy.value is not None else None
    return str(body.get("publicAccess") or "none").lower() if isinstance(body, Mapping) else "none"


def _lets(scope: Any, container: str, letter: str) -> bool:
    if not isinstance(scope, Mapping) or str(scope.get("service") or "blob").lower() != "blob":
        return False
    return (
        str(scope.get("resourceName") or "").lower().split("/")[0] == container
        and letter in str(scope.get("permissions") or "").lower()
    )
