"""STO: who is let in by the store itself, and how what lies in it is encrypted, kept and copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weightguard.checks.decisions import (
    CALLED_DIRECTLY,
    FROM_INTERNET,
    NO_PRIVATE_NETWORK,
    OTHER_ORGANISATION,
    S3_USUAL,
    as_seen_from,
    compiled,
    first_granted,
    insider,
    is_refused,
    levels,
    outsiders_named,
    s3_access,
    stranger,
    stranger_account,
)
from weightguard.checks.relations import (
    account_of,
    attribute,
    is_outside,
    key_named,
    missing,
    resources_in,
    settings,
    words,
)
from weightguard.checks.resource_policies import outside_grants
from weightguard.controls.judge import Context, Verdict
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import AccessPoint, Account, DiskCopy, NamedPolicy, PublicAccessBlock, Store
from weightguard.policy.aws import ANONYMOUS, Layers, PolicyKind, Request

SWITCHES = ("block_acls", "ignore_acls", "block_policy", "restrict_buckets")
EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
ORDINARY: Mapping[str, Any] = {**S3_USUAL, **NO_PRIVATE_NETWORK, "aws:PrincipalOrgID": OTHER_ORGANISATION}


def public_access_blocked(store: Store, context: Context) -> Verdict:
    """All four switches of the store's own block are on."""
    block = context.read(store.public_access_block)
    if block is None:
        return Verdict.failed(
            "the store has no public access block: a mistaken policy or ACL would open it to everybody"
        )
    off = [name.replace("_", " ") for name in SWITCHES if not getattr(block, name)]
    if off:
        return Verdict.failed(f"the public access block leaves out: {words(off, 4)}")
    return Verdict.passed("the public access block is on, with all of its settings")


def account_blocks_public_access(account: Account, context: Context) -> Verdict:
    """All four switches of the account's block are on."""
    block = context.read(account.public_access_block)
    if block is None:
        return Verdict.failed(
            "the account does not block public access: whoever administers a bucket can open it"
        )
    if not block.complete:
        return Verdict.failed("the account blocks public access only in part")
    return Verdict.passed("the account blocks public access for all of its stores")


def _asks(resource: str) -> tuple[tuple[str, str], ...]:
    return (
        ("s3:GetObject", f"{resource}/*"), ("s3:ListBucket", resource), ("s3:PutObject", f"{resource}/*"),
        ("s3:PutBucketPolicy", resource),
    )  # fmt: skip


def not_public(store: Store, context: Context) -> Verdict:
    """Neither policy nor ACL nor an access point lets everybody in, once the public access blocks are counted."""
    account = account_of(store, context)
    blocks = [
        context.peek(store.public_access_block),
        context.peek(account.public_access_block, "account.public_access_block"),
    ]
    known = [block.value for block in blocks if isinstance(block, Known)]
    ways = [*_public_ways(store, account, known, context)]
    open_ways = [way for way in ways if isinstance(way, str)]
    gaps = [way for way in ways if isinstance(way, Unknown)]
    if open_ways:
        context.require(block for block in blocks if isinstance(block, Unknown))
        return Verdict.failed(f"anybody can reach these weights: {'; '.join(open_ways)}")
    context.require(gaps)
    return Verdict.passed("neither policy nor ACL nor access point lets the public in")


def _public_ways(
    store: Store, account: Account, known: list[PublicAccessBlock | None], context: Context
) -> Iterator[str | Unknown]:
    """Ways in for everybody, and facts that may hide one."""
    blocks = [block for block in known if block is not None]
    if not any(block.restrict_buckets for block in blocks):
        yield from _by_policy(store, account, blocks, context)
    if not any(block.ignore_acls for block in blocks):
        yield from _by_acl(store, context)


def _by_policy(
    store: Store, account: Account, blocks: list[PublicAccessBlock], context: Context
) -> Iterator[str | Unknown]:
    policy = context.peek(store.policy)
    if isinstance(policy, Unknown):
        yield policy
    elif policy.value is not None:
        layers = _layers(store, account, policy.value, blocks, context)
        yield from _public_grants("the bucket policy", store.id, account, layers, context)
        yield from _by_access_points(store, account, layers, context)


def _layers(
    store: Store, account: Account, policy: NamedPolicy, blocks: Iterable[PublicAccessBlock], context: Context
) -> Layers:
    limits = context.peek(account.resource_guardrails, "account.resource_guardrails")
    rcp = levels(limits.value, PolicyKind.RCP) if isinstance(limits, Known) and limits.value else None
    return Layers(resource=[compiled(policy, PolicyKind.RESOURCE)], rcp=rcp, s3=s3_access(blocks))


def _public_grants(
    what: str,
    resource: str,
    account: Account,
    layers: Layers,
    context: Context,
    extra: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    facts = {**ORDINARY, **FROM_INTERNET, **(extra or {})}
    nobody = {**facts, "aws:PrincipalOrgID": None}
    for who, principal, given in (
        ("anonymous callers", ANONYMOUS, nobody),
        ("any AWS account", stranger(context), facts),
    ):
        action = first_granted(principal, _asks(resource), account.id, layers, given)
        if action is not None:
            yield f"{what} grants {action} to {who}"
            return


def _by_access_points(
    store: Store, account: Account, layers: Layers, context: Context
) -> Iterator[str | Unknown]:
    """An access point opens the store only where the bucket policy leaves the decision to it."""
    for point in context.glance(store.access_points, "store.access_points"):
        facts = {
            "s3:DataAccessPointAccount": point.account, "s3:DataAccessPointArn": point.id,
            "s3:AccessPointNetworkOrigin": "Internet",
        }  # fmt: skip
        delegated = list(_public_grants("the bucket policy", store.id, account, layers, context, facts))
        if delegated and is_open_access_point(point, context):
            yield f"the access point {point.id.rpartition('/')[2]} lets everybody in"


def is_open_access_point(point: AccessPoint, context: Context) -> bool:
    """Whether an access point takes requests from the internet and its policy grants everybody something."""
    if context.read(point.network_origin, "access_point.network_origin") != "Internet":
        return False
    block = context.read(point.public_access_block, "access_point.public_access_block")
    if block is not None and block.restrict_buckets:
        return False
    policy = context.read(point.policy, "access_point.policy")
    if policy is None:
        return False
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE)])
    asks = (
        ("s3:GetObject", f"{point.id}/object/*"),
        ("s3:ListBucket", point.id),
        ("s3:PutObject", f"{point.id}/object/*"),
    )
    return first_granted(ANONYMOUS, asks, point.account, layers, {**ORDINARY, **FROM_INTERNET}) is not None


def _acls_enabled(store: Store, context: Context) -> bool | Unknown:
    ownership = context.peek(store.ownership)
    return ownership if isinstance(ownership, Unknown) else ownership.value != "BucketOwnerEnforced"


def _grantees(store: Store, context: Context) -> tuple[list[Mapping[str, Any]], str | None] | Unknown:
    acl = context.peek(store.acl)
    if isinstance(acl, Unknown):
        return acl
    body = acl.value or {}
    return [dict(grant.get("Grantee", {})) for grant in body.get("Grants", ())], body.get("Owner", {}).get(
        "ID"
    )


def _by_acl(store: Store, context: Context) -> Iterator[str | Unknown]:
    enabled = _acls_enabled(store, context)
    if enabled is False:
        return
    found = _grantees(store, context)
    if isinstance(found, Unknown):
        yield found
        return
    public = [grantee for grantee in found[0] if str(grantee.get("URI", "")).endswith(EVERYBODY)]
    if public and isinstance(enabled, Unknown):
        yield enabled
    elif public:
        yield f"the ACL grants access to {words(str(grantee['URI']).rpartition('/')[2] for grantee in public)}"


def acls_disabled(store: Store, context: Context) -> Verdict:
    """Policies alone decide."""
    ownership = context.read(store.ownership)
    if ownership != "BucketOwnerEnforced":
        return Verdict.failed(
            f"ACLs are enabled ({ownership or 'ObjectWriter'}): whoever uploads an object can share it past the policy"
        )
    return Verdict.passed("ACLs are disabled, policies alone decide")


def customer_key_by_default(store: Store, context: Context) -> Verdict:
    """New objects are encrypted with a key of the organisation."""
    encryption = context.read(store.encryption)
    if encryption is None or not encryption.algorithm.startswith("aws:kms"):
        return Verdict.failed(
            "new objects are encrypted with the provider's own key: whoever may read them may decrypt them"
        )
    if encryption.key is None or encryption.key.endswith("alias/aws/s3"):
        return Verdict.failed("new objects are encrypted with the provider's default key for the service")
    key = key_named(encryption.key, _owner(encryption.key, store), store.region, context)
    if key is None:
        missing("kms:DescribeKey", encryption.key)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed("the default key is managed by the provider")
    return Verdict.passed("new objects are encrypted with a key of the organisation")


def _owner(name: str, store: Store) -> str:
    return name.split(":")[4] if name.startswith("arn:") else store.account


def weaker_encryption_refused(store: Store, context: Context) -> Verdict:
    """Uploads under another key, under none of ours, or under the caller's own key are refused."""
    account = account_of(store, context)
    encryption = context.read(store.encryption)
    other = f"arn:aws:kms:us-east-1:{stranger_account(context)}:key/00000000-0000-0000-0000-000000000000"
    header = "s3:x-amz-server-side-encryption"
    tries = {
        "another key": {header: "aws:kms", f"{header}-aws-kms-key-id": other},
        "the provider's default encryption": {header: "AES256"},
    }
    if encryption is None or "SSE-C" not in encryption.blocked_types:
        tries["a key of the uploader's own"] = {f"{header}-customer-algorithm": "AES256"}
    accepted = [
        name for name, facts in tries.items()
        if not is_refused(context, store.policy, account, [_upload(store, context, facts)], "store")
    ]  # fmt: skip
    if accepted:
        return Verdict.failed(f"uploads may choose {words(accepted)}")
    return Verdict.passed("uploads with any other encryption are refused")


def _upload(store: Store, context: Context, facts: Mapping[str, Any]) -> Request:
    probe = insider(store.account)
    given = {**CALLED_DIRECTLY, **S3_USUAL, **as_seen_from(probe, context), **facts}
    return Request(probe, "s3:PutObject", f"{store.id}/weightguard-probe", store.account, given)


def encrypted_transport_only(store: Store, context: Context) -> Verdict:
    """Requests in the clear are refused."""
    probe = insider(store.account)
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
    replication = context.read(store.replication)
    rules = [rule for rule in (replication or {}).get("Rules", ()) if rule.get("Status") == "Enabled"]
    abroad, unknown = [], []
    for rule in rules:
        destination = rule.get("Destination", {})
        owner = destination.get("Account") or _owner_of(destination.get("Bucket", ""), context)
        if owner is None:
            unknown.append(destination.get("Bucket", "?"))
        elif is_outside(owner, context):
            abroad.append(f"{destination.get('Bucket', '?')} in {owner}")
    if abroad:
        return Verdict.failed(f"every new object is copied outside the organisation: {words(abroad)}")
    if unknown:
        missing("s3:GetBucketReplication", f"the owner of {words(unknown)}")
    return Verdict.passed(f"{len(rules)} replication rules, none leads outside the organisation")


def _owner_of(bucket: str, context: Context) -> str | None:
    return next((store.account for store in context.estate.stores if store.id == bucket), None)


def releases_write_once(store: Store, context: Context) -> Verdict:
    """Versions are kept, and every object is locked by default."""
    if (context.read(store.versioning) or {}).get("Status") != "Enabled":
        return Verdict.failed("versions are not kept: weights can be overwritten or deleted for good")
    lock = context.read(store.object_lock)
    retention = (lock or {}).get("Rule", {}).get("DefaultRetention", {})
    if retention.get("Mode") not in ("COMPLIANCE", "GOVERNANCE"):
        return Verdict.failed(
            "objects are not locked by default: whoever may delete versions can destroy the weights"
        )
    return Verdict.passed(f"versions are kept and locked by default ({retention['Mode'].lower()} mode)")


def disk_copy_not_shared(copy: DiskCopy, context: Context) -> Verdict:
    """A snapshot or image is shared with nobody outside."""
    if copy.kind not in ("snapshot", "image"):
        return Verdict.not_applicable(f"a {copy.kind} cannot be shared")
    public, shared = context.peek(copy.public), context.peek(copy.shared_with)
    if isinstance(public, Known) and public.value:
        return Verdict.failed(f"the {copy.kind} is public: any account can copy the disk")
    outside = (
        [name for name in shared.value if _is_foreign(name, context)] if isinstance(shared, Known) else []
    )
    if outside:
        return Verdict.failed(f"the {copy.kind} is shared outside the organisation: {words(outside)}")
    context.require(fact for fact in (public, shared) if isinstance(fact, Unknown))
    return Verdict.passed(f"the {copy.kind} is shared with nobody outside")


def _is_foreign(name: str, context: Context) -> bool:
    if name.isdecimal():
        return is_outside(name, context)
    own = {organisation.id for organisation in context.estate.organisations}
    return not own & set(name.replace(":", "/").split("/"))


def disk_encrypted_with_customer_key(copy: DiskCopy, context: Context) -> Verdict:
    """Disks and their copies are encrypted with keys of the organisation."""
    if not context.read(copy.encrypted):
        return Verdict.failed(f"the {copy.kind} is not encrypted")
    if copy.kind == "image":
        return Verdict.passed("all disks of the image are encrypted; their snapshots name the keys")
    name = context.read(copy.key)
    if name is None:
        return Verdict.failed(f"the {copy.kind} is encrypted with the provider's default key")
    key = key_named(
        name, name.split(":")[4] if name.startswith("arn:") else copy.account, copy.region, context
    )
    if key is None:
        missing("kms:DescribeKey", name)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed(f"the {copy.kind} is encrypted with a key that the provider manages")
    return Verdict.passed(f"the {copy.kind} is encrypted with a key of the organisation")


def file_systems_require_identity(account: Account, context: Context) -> Verdict:
    """No network file system mounts for whoever reaches it."""
    systems = resources_in(account, "efs.file_system", "efs:DescribeFileSystems", context)
    if not systems:
        return Verdict.not_applicable("the account has no network file systems")
    facts = {**CALLED_DIRECTLY, "elasticfilesystem:AccessedViaMountTarget": True}
    opened = []
    for system in systems:
        policy = context.read(system.policy, "file_system.policy")
        if policy is None or _mounts(system.id, policy, account, facts):
            opened.append(system.name)
    if opened:
        return Verdict.failed(f"whoever reaches the network can mount {words(opened)} without an identity")
    return Verdict.passed(f"all {len(systems)} file systems ask for an identity")


def _mounts(system: str, policy: NamedPolicy, account: Account, facts: Mapping[str, Any]) -> bool:
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE)])
    return (
        first_granted(ANONYMOUS, [("elasticfilesystem:ClientMount", system)], account.id, layers, facts)
        is not None
    )


def backup_vaults_protected(account: Account, context: Context) -> Verdict:
    """Vaults are locked, under keys of the organisation, and closed to outsiders."""
    vaults = resources_in(account, "backup.backup_vault", "backup:ListBackupVaults", context)
    if not vaults:
        return Verdict.not_applicable("the account has no backup vaults")
    problems = [f"{vault.name} is not locked" for vault in vaults if not attribute(vault, "Locked", context)]
    problems += [f"{vault.name} has no key of its own" for vault in vaults if not _own_key(vault, context)]
    actions = ("backup:CopyFromBackupVault", "backup:StartRestoreJob", "backup:PutBackupVaultAccessPolicy")
    problems += [f"{name} is open to outsiders" for name in outside_grants(vaults, actions, account, context)]
    if problems:
        return Verdict.failed(f"backups are weaker than what they copy: {words(problems)}")
    return Verdict.passed(f"all {len(vaults)} backup vaults are locked, encrypted and closed")


def _own_key(vault: Any, context: Context) -> bool:
    name = attribute(vault, "EncryptionKeyArn", context)
    key = key_named(name, vault.account, vault.region, context) if name else None
    return (
        key is None
        if name and key is None
        else key is not None and context.read(key.customer_managed, "key.customer_managed")
    )


def access_points_private(store: Store, context: Context) -> Verdict:
    """Access points take requests from a VPC alone, or block the public altogether."""
    points = context.glance(store.access_points, "store.access_points")
    opened = [point.id for point in points if not _is_private(point, context)]
    if opened:
        return Verdict.failed(
            f"access points take requests from the internet without a public access block: {words(opened)}"
        )
    context.require(store.access_points.gaps)
    return Verdict.passed(f"{len(points)} access points, all private")


def _is_private(point: AccessPoint, context: Context) -> bool:
    if context.read(point.network_origin, "access_point.network_origin") == "VPC":
        return True
    block = context.read(point.public_access_block, "access_point.public_access_block")
    return block is not None and block.complete and not is_open_access_point(point, context)


def no_outside_account(store: Store, context: Context) -> Verdict:
    """Neither policy, nor ACL, nor access point names somebody else's account."""
    account = account_of(store, context)
    found: list[str] = []
    gaps: list[Unknown] = []
    facts: list[tuple[str, str, Fact[NamedPolicy | None]]] = [("bucket policy", store.id, store.policy)]
    facts += [
        ("access point policy", point.id, point.policy)
        for point in context.glance(store.access_points, "store.access_points")
    ]
    for what, resource, fact in facts:
        policy = context.peek(fact, "store.policy" if fact is store.policy else "access_point.policy")
        if isinstance(policy, Unknown):
            gaps.append(policy)
        else:
            found += [
                f"the {what} lets {who} in" for who in _let_in(resource, policy.value, account, context)
            ]
    found += _by_foreign_acl(store, gaps, context)
    if found:
        return Verdict.failed(f"another account is let in: {words(found)}")
    context.require((*gaps, *store.access_points.gaps))
    return Verdict.passed("no account outside the organisation is let in")


def _let_in(resource: str, policy: NamedPolicy | None, account: Account, context: Context) -> Iterator[str]:
    if policy is None:
        return
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE)])
    suffix = "/object/*" if ":accesspoint/" in resource else "/*"
    asks = [(action, resource + suffix) for action in ("s3:GetObject", "s3:PutObject")]
    asks += [(action, resource) for action in ("s3:ListBucket", "s3:PutBucketPolicy")]
    for principal in outsiders_named([policy], context):
        action = first_granted(principal, asks, account.id, layers, ORDINARY)
        if action is not None:
            yield (
                f"{principal.account} ({action})"
                if principal.account != stranger_account(context)
                else f"any account ({action})"
            )


def _by_foreign_acl(store: Store, gaps: list[Unknown], context: Context) -> list[str]:
    enabled = _acls_enabled(store, context)
    if enabled is False:
        return []
    found = _grantees(store, context)
    if isinstance(found, Unknown):
        gaps.append(found)
        return []
    grantees, owner = found
    foreign = [str(grantee["ID"])[:12] for grantee in grantees if grantee.get("ID") not in (None, owner)]
    if foreign and isinstance(enabled, Unknown):
        gaps.append(enabled)
        return []
    return [f"the ACL lets the canonical user {name}... in" for name in foreign]


def disk_sharing_blocked(account: Account, context: Context) -> Verdict:
    """Snapshots and images cannot be made public in any region that was read."""
    snapshots = settings(account, "ec2", "GetSnapshotBlockPublicAccessState", context)
    images = settings(account, "ec2", "GetImageBlockPublicAccessState", context)
    opened = [
        f"snapshots in {place}"
        for place, answer in snapshots.items()
        if (answer or {}).get("State") not in ("block-all-sharing", "block-new-sharing")
    ]
    opened += [
        f"images in {place}"
        for place, answer in images.items()
        if (answer or {}).get("ImageBlockPublicAccessState") != "block-new-sharing"
    ]
    if opened:
        return Verdict.failed(f"one call makes these public: {words(opened)}")
    return Verdict.passed("snapshots and images cannot be made public")
