"""STO: who else holds or mounts what lies on disks, in file systems and in backups, and where transfer jobs take objects.

Sources: Compute Engine documentation, "Manage access to custom images" and "Share images, snapshots, disks with other projects"
(who may use one may copy it); Resource Manager documentation, "Organization policy constraints"
(compute.storageResourceUseRestrictions); Filestore documentation, "About supported protocols" and REST `NfsExportOptions`; Managed
Lustre documentation, "Access control"; Backup and DR REST reference, `BackupVault`; Storage Transfer Service REST reference,
`TransferJob`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from weightguard.checks.gcp.decisions import policies_by_name
from weightguard.checks.gcp.exposure import outsiders
from weightguard.checks.gcp.resources import all_in, attribute, looked_for
from weightguard.checks.gcp.storage import constraints
from weightguard.checks.relations import account_of, counted, key_named, key_unseen, missing, words
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.gcp.constraints import ALL
from weightguard.estate.model import Account, DiskCopy, Resource, Store

_USE: Final[Mapping[str, tuple[str, ...]]] = {
    "disks": ("compute.disks.useReadOnly", "compute.disks.createSnapshot"),
    "snapshots": ("compute.snapshots.useReadOnly",),
    "images": ("compute.images.useReadOnly",),
    "machineImages": ("compute.machineImages.useReadOnly",),
}
"""Collection -> the permissions with which somebody makes a disk of their own out of one of its things."""
_RESTRICTIONS: Final = "compute.storageResourceUseRestrictions"
_ENCRYPTED: Final = "KRB5P"
_CLOSED: Final = ("WITHIN_PROJECT", "WITHIN_ORGANIZATION")


def disk_copy_not_shared(copy: DiskCopy, context: Context) -> Verdict:
    """Nobody outside may make a disk of their own out of it; on Google Cloud disks have policies as well as their copies."""
    permissions = _USE.get(copy.id.split("/")[-2])
    if permissions is None:
        return Verdict.not_applicable("a {kind} of this service has no policy of its own", kind=copy.kind)
    policy = policies_by_name(context).get(copy.id)
    if policy is None:
        missing(Source.named("compute", "GetIamPolicy", copy.id, provider="gcp", scope=copy.account))
    if found := outsiders(copy.id, permissions, policy, context):
        return Verdict.failed(
            "the {kind} is shared outside the organisation: {found}", kind=copy.kind, found=some(found)
        )
    return Verdict.passed("the {kind} is shared with nobody outside", kind=copy.kind)


def disk_encrypted_with_customer_key(copy: DiskCopy, context: Context) -> Verdict:
    """Disks, file systems and their copies are encrypted with keys of the organisation; each names its own."""
    name = context.read(copy.key)
    if name is None:
        return Verdict.failed("the {kind} is encrypted with the provider's default key", kind=copy.kind)
    if key_named(name, copy.account, copy.region, context) is None:
        key_unseen(name)
    return Verdict.passed("the {kind} is encrypted with a key of the organisation", kind=copy.kind)


def disk_sharing_blocked(account: Account, context: Context) -> Verdict:
    """An organisation policy lets nobody's project but our own use disks, snapshots and images."""
    found = context.read(
        constraints(context).values(_RESTRICTIONS, f"projects/{account.id}"), f"constraint.{_RESTRICTIONS}"
    )
    if ALL in found.denied:
        return Verdict.passed("no project may use disks, snapshots and images of another")
    if found.allowed is None:
        return Verdict.failed("one call shares a disk, snapshot or image with any project")
    ours = {one.id for one in context.estate.containers}
    foreign = sorted({one.removeprefix("under:") for one in found.allowed} - ours)
    if foreign:
        return Verdict.failed(
            "one call shares a disk, snapshot or image with {foreign}", foreign=refs(foreign)
        )
    return Verdict.passed("disks, snapshots and images can be used in our own projects alone")


def file_systems_require_identity(account: Account, context: Context) -> Verdict:
    """No network file system mounts for whoever reaches it."""
    systems = all_in(account, "file.instance", context)
    lustre = all_in(account, "lustre.instance", context)
    all_in(account, "netapp.volume", context)  # No reader knows what these ask: one of them leaves it open.
    opened = [one.name for one in lustre]
    opened += [one.name for one in systems if not _asks_who(one, context)]
    if opened:
        return Verdict.failed(
            "whoever reaches the network can mount {opened} without an identity, or in the clear",
            opened=refs(opened),
        )
    if not systems:
        return Verdict.not_applicable("the project has no network file systems")
    return Verdict.passed("all {count} file systems ask for an identity", count=len(systems))


def _asks_who(system: Resource, context: Context) -> bool:
    """Whether every export of a file system takes Kerberos with encryption alone, which version 4.1 of the protocol has."""
    if attribute(system, "protocol", context) != "NFS_V4_1":
        return False
    shares: list[Mapping[str, Any]] = attribute(system, "fileShares", context) or []
    default: Mapping[str, Any] = {}
    exports = [one for share in shares for one in share.get("nfsExportOptions") or [default]]
    return bool(exports) and all(set(one.get("securityFlavors") or ("",)) == {_ENCRYPTED} for one in exports)


def backup_vaults_protected(account: Account, context: Context) -> Verdict:
    """Vaults hold their backups for a time that nobody can shorten, under keys of the organisation, closed to outsiders."""
    vaults = all_in(account, "backupdr.backup_vault", context)
    if not vaults:
        return Verdict.not_applicable("the project has no backup vaults")
    problems = [problem for vault in vaults for problem in _of_vault(vault, context)]
    if problems:
        return Verdict.failed("backups are weaker than what they copy: {problems}", problems=some(problems))
    keys = {str(attribute(one, "encryptionConfig.kmsKeyName", context)) for one in vaults}
    unseen = [name for name in sorted(keys) if key_named(name, account.id, None, context) is None]
    if unseen:
        key_unseen(unseen[0])
    return Verdict.passed("all {count} backup vaults are locked, encrypted and closed", count=len(vaults))


def _of_vault(vault: Resource, context: Context) -> Iterator[Value]:
    locked = attribute(vault, "effectiveTime", context)
    if not locked or datetime.fromisoformat(locked.replace("Z", "+00:00")) > context.as_of:
        yield said("the retention of {vault} is not locked", vault=Ref(vault.name))
    if not attribute(vault, "encryptionConfig.kmsKeyName", context):
        yield said("{vault} has no key of its own", vault=Ref(vault.name))
    if (attribute(vault, "accessRestriction", context) or _CLOSED[1]) not in _CLOSED:
        yield said("{vault} takes requests from outside the organisation", vault=Ref(vault.name))


def replication_stays_inside(store: Store, context: Context) -> Verdict:
    """Every transfer job that takes objects out of the store puts them into a store of the organisation."""
    jobs = [one for one in context.read(store.replicas) if one.active]
    if any(one.store is None for one in jobs):
        return Verdict.failed("a transfer job copies objects to a file system outside the provider's stores")
    own = _organisations(context).get(store.account)
    owners = {name: _owner(name, own, context) for name in sorted({str(one.store) for one in jobs})}
    abroad = [name for name, owner in owners.items() if None not in (owner, own) and owner != own]
    if abroad:
        return Verdict.failed(
            "transfer jobs copy objects into stores of another organisation: {abroad}", abroad=refs(abroad)
        )
    lost = [name for name, owner in owners.items() if own is None or owner is None]
    if lost:
        told = store.replicas.source
        missing(Source.named(told.service, told.operation, f"the owner of {words(lost)}", provider="gcp"))
    looked_for(account_of(store, context), context.estate.stores, context)
    return Verdict.passed(
        "{count}, none leads outside the organisation", count=counted(len(jobs), "transfer job")
    )


def _organisations(context: Context) -> Mapping[str, str | None]:
    """Project -> the organisation that it lies in."""
    found: Mapping[str, str | None] = context.once(
        "gcp organisations", lambda: {one.id: one.organisation for one in context.estate.accounts}
    )
    return found


def _owner(bucket: str, own: str | None, context: Context) -> str | None:
    """The organisation that a bucket lies in, a trusted project counted as of our own; None: nobody knows."""
    homes = context.once("gcp homes", lambda: {one.id: one.account for one in context.estate.stores})
    home = homes.get(bucket, "")
    return own if home in context.parameters["trusted_accounts"] else _organisations(context).get(home)
