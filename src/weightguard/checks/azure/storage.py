"""STO and NET: what a storage account refuses, keeps and copies.

Sources: Azure Storage documentation, "Require secure transfer", "Enforce a minimum required version of Transport Layer Security
(TLS)", "Prevent Shared Key authorization", "SFTP support for Azure Blob Storage", "Store business-critical blob data with immutable
storage", "Encryption scopes for Blob storage", "Prevent object replication across Microsoft Entra tenants" (unset means allowed on
accounts of before December 2023); Storage resource provider REST reference, "Storage Accounts - Get Properties" (defaults).
"""

from __future__ import annotations

from typing import Final

from weightguard.checks import storage as neutral
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.azure.places import holder, told
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Value, each, said
from weightguard.controls.schema import Status
from weightguard.estate.fact import Source
from weightguard.estate.model import Container, EncryptionKind, RetentionMode, Store

_MODERN: Final = frozenset({"TLS1_2", "TLS1_3"})


def encrypted_transport_only(store: Store, context: Context) -> Verdict:
    """The account refuses requests in the clear, and its lowest version of TLS is 1.2."""
    account = holder(store, context)
    problems: list[Value] = []
    if not told(account, "supportsHttpsTrafficOnly", True, context):
        problems.append("requests without TLS are not refused")
    lowest = str(told(account, "minimumTlsVersion", "TLS1_0", context))
    if lowest not in _MODERN:
        problems.append(said("the lowest version that is taken is {lowest}", lowest=lowest))
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    return Verdict.passed("requests without TLS 1.2 are refused")


def weaker_encryption_refused(store: Store, context: Context) -> Verdict:
    """Uploads have the container's own encryption scope: none may name another."""
    record = prepared(context).resources.get(_container_id(store))
    if record is None:
        missing(
            Source.named("storage", "storageaccounts/blobservices/containers", store.id, provider="azure")
        )
    encryption = context.read(store.encryption)
    refused = record.attributes.get("denyEncryptionScopeOverride")
    if refused is None:
        missing(
            Source.named("storage", "storageaccounts/blobservices/containers", store.id, provider="azure")
        )
    if context.read(refused, "container.denyEncryptionScopeOverride") is not True:
        return Verdict.failed("uploads may choose another encryption scope, and with it another key")
    if encryption is None or encryption.kind is not EncryptionKind.NAMED:
        return Verdict.failed("what is uploaded has the provider's default encryption")
    return Verdict.passed("uploads with any other encryption scope are refused")


def _container_id(store: Store) -> str:
    return f"{store.container}/blobServices/default/containers/{store.name}".lower()


def one_authorisation(store: Store, context: Context) -> Verdict:
    """Roles alone decide: no keys of the account, no local users, no mounted file system."""
    account = holder(store, context)
    problems = ways_round(account, context)
    if context.read(account.keys_accepted, "storage_account.keys_accepted"):
        problems.insert(0, "the account's keys and whatever they signed are taken: they name nobody")
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    if context.read(store.object_lists).in_force:
        return Verdict.failed(
            "lists of paths let in beside roles: the account has a hierarchical namespace, and whoever owns a path changes its list"
        )
    return Verdict.passed("role assignments alone decide")


def ways_round(account: Container, context: Context) -> list[Value]:
    """The ways in that ask for no role."""
    found: list[Value] = []
    if told(account, "isSftpEnabled", False, context) and told(account, "isLocalUserEnabled", True, context):
        found.append("local users come in over SFTP")
    if told(account, "isNfsV3Enabled", False, context):
        found.append("a mounted file system asks nobody for a name")
    return found


def replication_stays_inside(store: Store, context: Context) -> Verdict:
    """Nothing is replicated outside, and no rule can lead to another tenant."""
    account = holder(store, context)
    across = told(account, "allowCrossTenantReplication", None, context)
    if across:
        return Verdict.failed("rules of replication may lead to accounts of other tenants")
    found = neutral.replication_stays_inside(store, context)
    if across is None and found.status is Status.PASS:
        return Verdict.failed(
            "the account does not say that replication stays in the tenant: one of before December 2023 then lets it lead out"
        )
    return found


def releases_write_once(store: Store, context: Context) -> Verdict:
    """A policy, or a legal hold, keeps every blob from being overwritten and deleted."""
    retention = context.read(store.retention)
    if retention is None or not (retention.days > 0 or retention.legal_hold):
        return Verdict.failed(
            "no immutability policy holds blobs for a day or longer: whoever may delete can destroy the weights"
        )
    if retention.mode is not RetentionMode.COMPLIANCE and not retention.legal_hold:
        return Verdict.failed(
            "the immutability policy is not locked: whoever may change it can take it away and destroy the weights"
        )
    return Verdict.passed("every blob is held: nobody can end it early")
