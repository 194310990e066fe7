"""STO: who is let in by the store itself, and how what lies in it is encrypted, kept and copied."""

from __future__ import annotations

from weightguard.checks.relations import is_outside, key_named, key_unseen, missing, words
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, DiskCopy, EncryptionKind, Store


def public_access_blocked(store: Store, context: Context) -> Verdict:
    """All four switches of the store's own block are on."""
    access = context.read(store.public_access)
    if access is None:
        return Verdict.failed(
            "the store has no public access block: a mistaken policy or ACL would open it to everybody"
        )
    if not access.blocked:
        return Verdict.failed(
            "the public access block leaves out: {left_open}", left_open=some(access.left_open, 4)
        )
    return Verdict.passed("the public access block is on, with all of its settings")


def account_blocks_public_access(account: Account, context: Context) -> Verdict:
    """All four switches of the account's block are on."""
    access = context.read(account.public_access)
    if access is None:
        return Verdict.failed(
            "the account does not block public access: whoever administers a bucket can open it"
        )
    if not access.blocked:
        return Verdict.failed("the account blocks public access only in part")
    return Verdict.passed("the account blocks public access for all of its stores")


def acls_disabled(store: Store, context: Context) -> Verdict:
    """Policies alone decide."""
    lists = context.read(store.object_lists)
    if lists.in_force:
        return Verdict.failed(
            "ACLs are enabled ({stated}): whoever uploads an object can share it past the policy",
            stated=lists.stated,
        )
    return Verdict.passed("ACLs are disabled, policies alone decide")


def customer_key_by_default(store: Store, context: Context) -> Verdict:
    """New objects are encrypted with a key of the organisation."""
    encryption = context.read(store.encryption)
    if encryption is None or encryption.kind is EncryptionKind.PROVIDER:
        return Verdict.failed(
            "new objects are encrypted with the provider's own key: whoever may read them may decrypt them"
        )
    if encryption.key is None or encryption.kind is EncryptionKind.SERVICE:
        return Verdict.failed("new objects are encrypted with the provider's default key for the service")
    key = key_named(encryption.key, store.account, store.region, context)
    if key is None:
        key_unseen(encryption.key)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed("the default key is managed by the provider")
    return Verdict.passed("new objects are encrypted with a key of the organisation")


def replication_stays_inside(store: Store, context: Context) -> Verdict:
    """Everything that is replicated stays with the organisation."""
    told = store.replicas
    rules = [replica for replica in context.read(told) if replica.active]
    abroad, unknown = [], []
    for replica in rules:
        owner = replica.account or _owner_of(replica.store or "", context)
        if owner is None:
            unknown.append(replica.store or "?")
        elif is_outside(owner, context):
            abroad.append(said("{store} in {owner}", store=Ref(replica.store or "?"), owner=Ref(owner)))
    if abroad:
        return Verdict.failed(
            "every new object is copied outside the organisation: {abroad}", abroad=some(abroad)
        )
    if unknown:
        missing(Source.named(told.source.service, told.source.operation, f"the owner of {words(unknown)}"))
    return Verdict.passed("{count} replication rules, none leads outside the organisation", count=len(rules))


def _owner_of(bucket: str, context: Context) -> str | None:
    return next((store.account for store in context.estate.stores if store.id == bucket), None)


def releases_write_once(store: Store, context: Context) -> Verdict:
    """Versions are kept, and every object is locked by default."""
    if not context.read(store.versioning).on:
        return Verdict.failed("versions are not kept: weights can be overwritten or deleted for good")
    retention = context.read(store.retention)
    if retention is None:
        return Verdict.failed(
            "objects are not locked by default: whoever may delete versions can destroy the weights"
        )
    return Verdict.passed("versions are kept and locked by default ({mode} mode)", mode=retention.mode.value)


def disk_encrypted_with_customer_key(copy: DiskCopy, context: Context) -> Verdict:
    """Disks and their copies are encrypted with keys of the organisation."""
    if not context.read(copy.encrypted):
        return Verdict.failed("the {kind} is not encrypted", kind=copy.kind)
    if copy.kind == "image":
        return Verdict.passed("all disks of the image are encrypted; their snapshots name the keys")
    name = context.read(copy.key)
    if name is None:
        return Verdict.failed("the {kind} is encrypted with the provider's default key", kind=copy.kind)
    key = key_named(name, copy.account, copy.region, context)
    if key is None:
        key_unseen(name)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed("the {kind} is encrypted with a key that the provider manages", kind=copy.kind)
    return Verdict.passed("the {kind} is encrypted with a key of the organisation", kind=copy.kind)
