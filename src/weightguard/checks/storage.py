"""STO: who is let in by the store itself, and how what lies in it is encrypted, kept and copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightguard.checks.decisions import (
    CALLED_DIRECTLY,
    S3_USUAL,
    account_in,
    as_seen_from,
    compiled,
    first_granted,
    insider,
    is_refused,
    stranger_key,
)
from weightguard.checks.relations import (
    account_of,
    all_in,
    attribute,
    is_outside,
    key_named,
    key_unseen,
    missing,
    settings,
    words,
)
from weightguard.checks.resource_policies import outside_grants
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.fact import Known, Source, Unknown
from weightguard.estate.model import Account, DiskCopy, EncryptionKind, NamedPolicy, Resource, Store
from weightguard.policy.aws import ANONYMOUS, Layers, PolicyKind, Request


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
    key = key_named(encryption.key, _owner(encryption.key, store), store.region, context)
    if key is None:
        key_unseen(encryption.key)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed("the default key is managed by the provider")
    return Verdict.passed("new objects are encrypted with a key of the organisation")


def _owner(name: str, store: Store) -> str:
    return name.split(":")[4] if name.startswith("arn:") else store.account


def weaker_encryption_refused(store: Store, context: Context) -> Verdict:
    """Uploads under another key, under none of ours, or under the caller's own key are refused."""
    account = account_of(store, context)
    encryption = context.read(store.encryption)
    other = stranger_key(context)
    header = "s3:x-amz-server-side-encryption"
    tries = {
        "another key": {header: "aws:kms", f"{header}-aws-kms-key-id": other},
        "the provider's default encryption": {header: "AES256"},
    }
    if encryption is None or not encryption.caller_keys_refused:
        tries["a key of the uploader's own"] = {f"{header}-customer-algorithm": "AES256"}
    accepted = [
        name for name, facts in tries.items()
        if not is_refused(context, store.policy, account, [_upload(store, context, facts)], "store")
    ]  # fmt: skip
    if accepted:
        return Verdict.failed("uploads may choose {accepted}", accepted=some(accepted))
    return Verdict.passed("uploads with any other encryption are refused")


def _upload(store: Store, context: Context, facts: Mapping[str, Any]) -> Request:
    probe = insider(store.account, context)
    given = {**CALLED_DIRECTLY, **S3_USUAL, **as_seen_from(probe, context), **facts}
    return Request(probe, "s3:PutObject", f"{store.id}/weightguard-probe", store.account, given)


def encrypted_transport_only(store: Store, context: Context) -> Verdict:
    """Requests in the clear are refused."""
    probe = insider(store.account, context)
    given = {**CALLED_DIRECTLY, **S3_USUAL, **as_seen_from(probe, context), "aws:SecureTransport": False}
    places = {
        "s3:GetObject": f"{store.id}/weightguard-probe",
        "s3:PutObject": f"{store.id}/weightguard-probe",
        "s3:ListBucket": store.id,
    }
    requests = [Request(probe, action, place, store.account, given) for action, place in places.items()]
    if is_refused(context, store.policy, account_of(store, context), requests, "store"):
        return Verdict.passed("requests without TLS are refused")
    return Verdict.failed(
        "requests without TLS are not refused: weights and signatures may cross networks in the clear"
    )


def replication_stays_inside(store: Store, context: Context) -> Verdict:
    """Everything that is replicated stays with the organisation."""
    rules = [replica for replica in context.read(store.replicas) if replica.active]
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
        missing(Source.named("s3", "GetBucketReplication", f"the owner of {words(unknown)}"))
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


def disk_copy_not_shared(copy: DiskCopy, context: Context) -> Verdict:
    """A snapshot or image is shared with nobody outside."""
    if copy.kind not in ("snapshot", "image"):
        return Verdict.not_applicable("a {kind} cannot be shared", kind=copy.kind)
    public, shared = context.peek(copy.public), context.peek(copy.shared_with)
    if isinstance(public, Known) and public.value:
        return Verdict.failed("the {kind} is public: any account can copy the disk", kind=copy.kind)
    outside = (
        [name for name in shared.value if _is_foreign(name, context)] if isinstance(shared, Known) else []
    )
    if outside:
        return Verdict.failed(
            "the {kind} is shared outside the organisation: {outside}", kind=copy.kind, outside=refs(outside)
        )
    context.require(fact for fact in (public, shared) if isinstance(fact, Unknown))
    return Verdict.passed("the {kind} is shared with nobody outside", kind=copy.kind)


def _is_foreign(name: str, context: Context) -> bool:
    if name.isdecimal():
        return is_outside(name, context)
    own = {organisation.id for organisation in context.estate.organisations}
    return not own & set(name.replace(":", "/").split("/"))


def disk_encrypted_with_customer_key(copy: DiskCopy, context: Context) -> Verdict:
    """Disks and their copies are encrypted with keys of the organisation."""
    if not context.read(copy.encrypted):
        return Verdict.failed("the {kind} is not encrypted", kind=copy.kind)
    if copy.kind == "image":
        return Verdict.passed("all disks of the image are encrypted; their snapshots name the keys")
    name = context.read(copy.key)
    if name is None:
        return Verdict.failed("the {kind} is encrypted with the provider's default key", kind=copy.kind)
    key = key_named(
        name, name.split(":")[4] if name.startswith("arn:") else copy.account, copy.region, context
    )
    if key is None:
        key_unseen(name)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed("the {kind} is encrypted with a key that the provider manages", kind=copy.kind)
    return Verdict.passed("the {kind} is encrypted with a key of the organisation", kind=copy.kind)


def file_systems_require_identity(account: Account, context: Context) -> Verdict:
    """No network file system mounts for whoever reaches it."""
    systems = all_in(account, "efs.file_system", ("efs", "DescribeFileSystems"), context)
    if not systems:
        return Verdict.not_applicable("the account has no network file systems")
    facts = {**CALLED_DIRECTLY, "elasticfilesystem:AccessedViaMountTarget": True}
    opened = []
    for system in systems:
        policy = context.read(system.policy, "file_system.policy")
        if policy is None or _mounts(system.id, policy, account, facts):
            opened.append(system.name)
    if opened:
        return Verdict.failed(
            "whoever reaches the network can mount {opened} without an identity", opened=refs(opened)
        )
    return Verdict.passed("all {count} file systems ask for an identity", count=len(systems))


def _mounts(system: str, policy: NamedPolicy, account: Account, facts: Mapping[str, Any]) -> bool:
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE)])
    return (
        first_granted(ANONYMOUS, [("elasticfilesystem:ClientMount", system)], account.id, layers, facts)
        is not None
    )


def backup_vaults_protected(account: Account, context: Context) -> Verdict:
    """Vaults are locked, under keys of the organisation, and closed to outsiders."""
    vaults = all_in(account, "backup.backup_vault", ("backup", "ListBackupVaults"), context)
    if not vaults:
        return Verdict.not_applicable("the account has no backup vaults")
    problems = [
        said("{vault} is not locked", vault=Ref(vault.name))
        for vault in vaults
        if not attribute(vault, "Locked", context)
    ]
    own = {vault.name: _own_key(vault, context) for vault in vaults}
    problems += [
        said("{vault} has no key of its own", vault=Ref(name)) for name, held in own.items() if held is False
    ]
    actions = ("backup:CopyFromBackupVault", "backup:StartRestoreJob", "backup:PutBackupVaultAccessPolicy")
    problems += [
        said("{vault} is open to outsiders", vault=Ref(name))
        for name in outside_grants(vaults, actions, account, context)
    ]
    if problems:
        return Verdict.failed("backups are weaker than what they copy: {problems}", problems=some(problems))
    unseen = [name for name, held in own.items() if held is None]
    if unseen:
        missing(
            Source.asked(account.provider, account.id, "kms", "DescribeKey", f"the key of {words(unseen)}")
        )
    return Verdict.passed("all {count} backup vaults are locked, encrypted and closed", count=len(vaults))


def _own_key(vault: Resource, context: Context) -> bool | None:
    """Whether a vault's key is one of the organisation's; None where no snapshot holds the key that it names."""
    name = attribute(vault, "EncryptionKeyArn", context)
    if not name:
        return False
    key = key_named(name, account_in(name) or vault.account, vault.region, context)
    return None if key is None else context.read(key.customer_managed, "key.customer_managed")


def disk_sharing_blocked(account: Account, context: Context) -> Verdict:
    """Snapshots and images cannot be made public in any region that was read."""
    snapshots = settings(account, "ec2", "GetSnapshotBlockPublicAccessState", context)
    images = settings(account, "ec2", "GetImageBlockPublicAccessState", context)
    opened = [
        said("snapshots in {place}", place=place)
        for place, answer in snapshots.items()
        if (answer or {}).get("State") not in ("block-all-sharing", "block-new-sharing")
    ]
    opened += [
        said("images in {place}", place=place)
        for place, answer in images.items()
        if (answer or {}).get("ImageBlockPublicAccessState") != "block-new-sharing"
    ]
    if opened:
        return Verdict.failed("one call makes these public: {opened}", opened=some(opened))
    return Verdict.passed("snapshots and images cannot be made public")
