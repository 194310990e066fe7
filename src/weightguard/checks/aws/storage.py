"""STO: what a bucket's policy refuses, and who else holds or mounts what lies on disks, in file systems and in backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightguard.checks.aws.decisions import (
    CALLED_DIRECTLY,
    S3_USUAL,
    as_seen_from,
    compiled,
    first_granted,
    insider,
    is_refused,
    stranger_key,
)
from weightguard.checks.aws.resource_policies import outside_grants
from weightguard.checks.aws.resources import all_in, attribute, settings
from weightguard.checks.relations import account_of, is_outside, key_named, missing, words
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.aws.vocabulary import account_in
from weightguard.estate.fact import Known, Source, Unknown
from weightguard.estate.model import Account, DiskCopy, NamedPolicy, Resource, Store
from weightguard.policy.aws import ANONYMOUS, Layers, PolicyKind, Request


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


def file_systems_require_identity(account: Account, context: Context) -> Verdict:
    """No network file system mounts for whoever reaches it."""
    systems = all_in(account, "efs.file_system", ("efs", "DescribeFileSystems"), context)
    if not systems:
        return Verdict.not_applicable("the account has no network file systems")
    facts = {**CALLED_DIRECTLY, "elasticfilesystem:AccessedViaMountTarget": True}
    opened = []
    for system in systems:
        policy = context.read(system.policy, "file_system.policy")
        if policy is None or _mounts(system.id, policy, account, facts, context):
            opened.append(system.name)
    if opened:
        return Verdict.failed(
            "whoever reaches the network can mount {opened} without an identity", opened=refs(opened)
        )
    return Verdict.passed("all {count} file systems ask for an identity", count=len(systems))


def _mounts(
    system: str, policy: NamedPolicy, account: Account, facts: Mapping[str, Any], context: Context
) -> bool:
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE, context.estate.memory)])
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
