"""S3 in a state: buckets with the resources that configure them, access points, the account's Block Public Access.

Source: Terraform AWS provider documentation, ``aws_s3_*``; Amazon S3 API reference for the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import (
    Inventory,
    Read,
    Row,
    absent,
    agreed,
    attached_policy,
    contradictory,
    ok,
    policy_text,
    present,
    stated,
    tags_of,
)
from weightguard.collect.terraform.state import Resource, pick

Answer = dict[str, Any] | None
PREFIX: Final = "aws_s3_bucket_"
BLOCK: Final = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}
GROUPS: Final = "http://acs.amazonaws.com/groups/"
CANNED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "private": (),
    "public-read": (("global/AllUsers", "READ"),),
    "public-read-write": (("global/AllUsers", "READ"), ("global/AllUsers", "WRITE")),
    "authenticated-read": (("global/AuthenticatedUsers", "READ"),),
    "log-delivery-write": (("s3/LogDelivery", "WRITE"), ("s3/LogDelivery", "READ_ACP")),
}
"""Canned ACL -> what it grants beside the owner (Amazon S3 user guide, "Canned ACL")."""


def rows(inventory: Inventory) -> Iterator[Row]:
    """Everything of S3 but the objects."""
    for item in inventory.of("aws_s3_bucket"):
        name = item.text("bucket") or item.text("id")
        if name is not None:
            yield _bucket(inventory, item, name)
    for item in inventory.of("aws_s3_directory_bucket"):
        yield from _directory_bucket(inventory, item)
    yield from _account(inventory)
    for item in inventory.of("aws_s3_access_point"):
        yield from _access_point(inventory, item)


def _bucket(inventory: Inventory, item: Resource, name: str) -> Row:
    arn = item.text("arn") or f"arn:{item.partition}:s3:::{name}"
    region = item.text("region") or item.region or None
    data = present(Name=name, BucketArn=arn, BucketRegion=region)
    row = Row("s3", "s3.bucket", arn, region, "ListBuckets", data)
    row.reads = {operation: _read(read, inventory, item, name) for operation, read in READS.items()}
    return row


class _Contradiction(Exception):
    """Several resources set one thing of a bucket, and not to the same."""


def _read(
    read: Callable[[Inventory, Resource, str], Read], inventory: Inventory, item: Resource, name: str
) -> Read:
    try:
        return read(inventory, item, name)
    except _Contradiction:
        return contradictory()


def _setting(inventory: Inventory, name: str, kind: str) -> Resource | None:
    """The resource that configures one aspect of a bucket.

    Raises:
        _Contradiction: there are several, which differ in more than their names.
    """
    found = inventory.about(PREFIX + kind, "bucket", name)
    if any(_substance(other) != _substance(found[0]) for other in found[1:]):
        raise _Contradiction
    return found[0] if found else None


def _substance(item: Resource) -> dict[str, Any]:
    return {key: value for key, value in item.values.items() if key not in ("id", "bucket", "region")}


def _policy(inventory: Inventory, item: Resource, name: str) -> Read:
    found = [(setting, "policy") for setting in inventory.about(PREFIX + "policy", "bucket", name)]
    if policy_text(item.values.get("policy")):
        found.append((item, "policy"))
    return attached_policy("Policy", found)


def _switches(values: Mapping[str, Any]) -> dict[str, bool]:
    return {name: values.get(attribute) is True for name, attribute in BLOCK.items()}


def _public_access_block(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "public_access_block")
    return stated({"PublicAccessBlockConfiguration": _switches(found.values)} if found else None)


def _ownership(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "ownership_controls")
    ownership = found.text("rule.object_ownership") if found else None
    if ownership is not None:
        return ok({"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}})
    if _grants(inventory, item, name):  # an ACL that grants something takes ownership controls that let it
        return ok({"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}})
    return absent()


def _acl(inventory: Inventory, item: Resource, name: str) -> Read:
    grants = _grants(inventory, item, name)
    found = _setting(inventory, name, "acl")
    owner = pick(found.values, "access_control_policy.owner.id") if found else None
    if found is None and not grants:
        return absent()
    return ok({"Owner": present(ID=owner), "Grants": grants})


def _grants(inventory: Inventory, item: Resource, name: str) -> list[dict[str, Any]]:
    """Grants beside the owner's own, from the ACL resource or from the bucket's former attributes."""
    found = _setting(inventory, name, "acl")
    if found is None:
        return [*_canned(item.text("acl")), *_former_grants(item)]
    grants = [_grant(entry) for entry in found.blocks("access_control_policy.grant")]
    return [*_canned(found.text("acl")), *(grant for grant in grants if grant is not None)]


def _canned(acl: str | None) -> list[dict[str, Any]]:
    return [
        {"Grantee": {"Type": "Group", "URI": GROUPS + group}, "Permission": permission}
        for group, permission in CANNED.get(acl or "private", ())
    ]


def _grant(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    grantee = present(
        Type=pick(entry, "grantee.type"),
        ID=pick(entry, "grantee.id"),
        URI=pick(entry, "grantee.uri"),
        EmailAddress=pick(entry, "grantee.email_address"),
    )
    permission = entry.get("permission")
    return {"Grantee": grantee, "Permission": permission} if grantee and isinstance(permission, str) else None


def _former_grants(item: Resource) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for entry in item.blocks("grant"):
        grantee = present(Type=entry.get("type"), ID=entry.get("id"), URI=entry.get("uri"))
        permissions = entry.get("permissions")
        if isinstance(permissions, list):
            found += [{"Grantee": grantee, "Permission": permission} for permission in permissions]
    return found


def _encryption(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "server_side_encryption_configuration")
    entries = found.blocks("rule") if found else item.blocks("server_side_encryption_configuration.rule")
    rules: list[dict[str, Any]] = []
    for entry in entries:
        default = "apply_server_side_encryption_by_default"
        rule: dict[str, Any] = {
            "ApplyServerSideEncryptionByDefault": present(
                SSEAlgorithm=pick(entry, f"{default}.sse_algorithm"),
                KMSMasterKeyID=pick(entry, f"{default}.kms_master_key_id"),
            ),
            "BucketKeyEnabled": entry.get("bucket_key_enabled") is True,
        }
        blocked = entry.get("blocked_encryption_types")
        if isinstance(blocked, list) and blocked:
            rule["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
        rules.append(rule)
    usable = [rule for rule in rules if rule["ApplyServerSideEncryptionByDefault"]]
    return stated({"ServerSideEncryptionConfiguration": {"Rules": usable}} if usable else None)


def _versioning(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "versioning")
    if found is not None:
        status = found.text("versioning_configuration.status")
        delete = found.text("versioning_configuration.mfa_delete")
        return ok(present(Status=None if status == "Disabled" else status, MFADelete=delete))
    former = item.blocks("versioning")
    if not former:
        return absent()
    enabled, protected = former[0].get("enabled") is True, former[0].get("mfa_delete") is True
    return ok({"Status": "Enabled", "MFADelete": "Enabled" if protected else "Disabled"} if enabled else {})


def _object_lock(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "object_lock_configuration")
    if found is None and not item.flag("object_lock_enabled"):
        return absent()
    configuration: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    mode = found.text("rule.default_retention.mode") if found else None
    if found is not None and mode is not None:
        retention = present(
            Mode=mode,
            Days=pick(found.values, "rule.default_retention.days"),
            Years=pick(found.values, "rule.default_retention.years"),
        )
        configuration["Rule"] = {"DefaultRetention": retention}
    return ok({"ObjectLockConfiguration": configuration})


def _replication(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "replication_configuration")
    source = found.values if found else pick(item.values, "replication_configuration")
    role = pick(source, "role")
    entries = found.blocks("rule") if found else item.blocks("replication_configuration.rules")
    rules = [_replication_rule(entry) for entry in entries]
    return stated({"ReplicationConfiguration": present(Role=role, Rules=rules)} if rules else None)


def _replication_rule(entry: Mapping[str, Any]) -> dict[str, Any]:
    destination = present(
        Bucket=pick(entry, "destination.bucket"),
        Account=pick(entry, "destination.account") or pick(entry, "destination.account_id"),
        StorageClass=pick(entry, "destination.storage_class"),
    )
    replica_key = pick(entry, "destination.encryption_configuration.replica_kms_key_id")
    if replica_key:
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": replica_key}
    return present(
        ID=entry.get("id"), Status=entry.get("status"), Prefix=entry.get("prefix"), Destination=destination
    )


def _logging(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "logging")
    source = found.values if found else pick(item.values, "logging")
    target = pick(source, "target_bucket")
    if not isinstance(target, str) or not target:
        return ok({})
    return ok(
        {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": pick(source, "target_prefix") or ""}}
    )


def _inventory(inventory: Inventory, item: Resource, name: str) -> Read:
    found = [
        present(
            Id=entry.text("name"),
            IsEnabled=entry.values.get("enabled") is not False,
            Destination={
                "S3BucketDestination": present(
                    Bucket=entry.text("destination.bucket.bucket_arn"),
                    AccountId=entry.text("destination.bucket.account_id"),
                    Format=entry.text("destination.bucket.format"),
                    Prefix=entry.text("destination.bucket.prefix"),
                )
            },
        )
        for entry in inventory.about(PREFIX + "inventory", "bucket", name)
    ]
    return ok({"IsTruncated": False, "InventoryConfigurationList": found})


def _lifecycle(inventory: Inventory, item: Resource, name: str) -> Read:
    found = _setting(inventory, name, "lifecycle_configuration")
    entries = found.blocks("rule") if found else item.blocks("lifecycle_rule")
    rules = [
        present(
            ID=entry.get("id"),
            Status=entry.get("status") or ("Enabled" if entry.get("enabled") is True else "Disabled"),
            Filter={"Prefix": pick(entry, "filter.prefix") or entry.get("prefix") or ""},
            Expiration=present(Days=pick(entry, "expiration.days"), Date=pick(entry, "expiration.date"))
            or None,
            NoncurrentVersionExpiration=present(
                NoncurrentDays=pick(entry, "noncurrent_version_expiration.noncurrent_days")
            )
            or None,
        )
        for entry in entries
    ]
    return stated({"Rules": rules} if rules else None)


def _tagging(inventory: Inventory, item: Resource, name: str) -> Read:
    tags = tags_of(item)
    return stated({"TagSet": tags} if tags else None)


def _tags_decide(inventory: Inventory, item: Resource, name: str) -> Read:
    """ "For general purpose buckets, ABAC is not enabled by default" (Amazon S3 User Guide, "Using tags with ... buckets")."""
    found = _setting(inventory, name, "abac")
    status = found.text("abac_status.status") if found else None
    return ok({"AbacStatus": {"Status": status or "Disabled"}})


READS: Final[Mapping[str, Callable[[Inventory, Resource, str], Read]]] = {
    "GetBucketPolicy": _policy,
    "GetPublicAccessBlock": _public_access_block,
    "GetBucketOwnershipControls": _ownership,
    "GetBucketAcl": _acl,
    "GetBucketEncryption": _encryption,
    "GetBucketVersioning": _versioning,
    "GetObjectLockConfiguration": _object_lock,
    "GetBucketReplication": _replication,
    "GetBucketLogging": _logging,
    "ListBucketInventoryConfigurations": _inventory,
    "GetBucketLifecycleConfiguration": _lifecycle,
    "GetBucketTagging": _tagging,
    "GetBucketAbac": _tags_decide,
}


def _directory_bucket(inventory: Inventory, item: Resource) -> Iterator[Row]:
    arn, name = item.text("arn"), item.text("bucket")
    if arn is not None and name is not None:
        data = present(Name=name, BucketArn=arn)
        yield Row("s3", "s3.bucket", arn, item.region or None, "ListDirectoryBuckets", data)


def _account(inventory: Inventory) -> Iterator[Row]:
    row = Row("s3control", "s3control.account", inventory.account, None, "GetPublicAccessBlock", {})
    row.reads["GetPublicAccessBlock"] = agreed(
        ok({"PublicAccessBlockConfiguration": _switches(item.values)})
        for item in inventory.of("aws_s3_account_public_access_block")
    )
    yield row


def _access_point(inventory: Inventory, item: Resource) -> Iterator[Row]:
    name, bucket = item.text("name"), item.text("bucket")
    if name is None or bucket is None:
        return
    region = item.region or None
    arn = item.text("arn") or f"arn:{item.partition}:s3:{region or ''}:{item.account}:accesspoint/{name}"
    vpc = item.text("vpc_configuration.vpc_id")
    data = present(
        Name=name,
        NetworkOrigin=item.text("network_origin") or ("VPC" if vpc else "Internet"),
        Bucket=bucket.rpartition(":")[2],
        BucketAccountId=item.text("bucket_account_id"),
        AccessPointArn=arn,
        Alias=item.text("alias"),
    )
    switches = item.blocks("public_access_block_configuration")
    details = {
        **data,
        "PublicAccessBlockConfiguration": _switches(
            switches[0] if switches else dict.fromkeys(BLOCK.values(), True)
        ),
    }
    if vpc is not None:
        details["VpcConfiguration"] = {"VpcId": vpc}
    policies = [
        (attached, "policy")
        for attached in (*inventory.about("aws_s3control_access_point_policy", "access_point_arn", arn), item)
        if policy_text(attached.values.get("policy")) not in (None, "{}")
    ]
    row = Row("s3control", "s3control.access_point", arn, region, "ListAccessPoints", data)
    row.reads = {
        "GetAccessPoint": ok(details),
        "GetAccessPointPolicy": attached_policy("Policy", policies),
    }
    yield row
