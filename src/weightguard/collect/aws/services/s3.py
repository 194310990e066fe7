"""S3 buckets: everything that decides who can reach what is stored, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.answer import Answer, skipped
from weightguard.collect.calls.operation import Operation

LIST_BUCKETS = Operation(
    service="s3",
    name="ListBuckets",
    permissions=("s3:ListAllMyBuckets",),
    hides="buckets, and all weights in them",
    required=("Buckets",),
    entries=("Buckets",),
    identity=("Name",),
    paged=True,
    # Only a request with a parameter is answered with each bucket's region.
    page_size=10_000,
    keeps=("Name", "CreationDate", "BucketRegion", "BucketArn"),
)
LIST_DIRECTORY_BUCKETS = Operation(
    service="s3",
    name="ListDirectoryBuckets",
    permissions=("s3express:ListAllMyDirectoryBuckets",),
    hides="directory buckets (S3 Express One Zone), and all weights in them",
    # A region without S3 Express has no such endpoint.
    absent=frozenset({"EndpointConnectionError"}),
    required=("Buckets",),
    entries=("Buckets",),
    identity=("Name",),
    paged=True,
    keeps=("Name", "CreationDate", "BucketRegion", "BucketArn"),
)
GET_LOCATION = Operation(
    service="s3",
    name="GetBucketLocation",
    permissions=("s3:GetBucketLocation",),
    hides="in which region, and under whose law, a bucket lies",
    keeps=("LocationConstraint",),
)
LIST_OBJECTS = Operation(
    service="s3",
    name="ListObjectsV2",
    permissions=("s3:ListBucket",),
    hides="weights stored in a bucket",
    required=("IsTruncated", "Name"),
    entries=("Contents",),
    identity=("Key",),
    paged=True,
    page_size=1000,
    # How many there are, and their bytes, summed up; the objects themselves have a table of their own.
    keeps=("KeyCount", "Bytes"),
)
LIST_VERSIONS = Operation(
    service="s3",
    name="ListObjectVersions",
    permissions=("s3:ListBucketVersions",),
    hides="weights that were deleted and of which older versions are left",
    required=("IsTruncated",),
    entries=("Versions", "DeleteMarkers"),
    identity=("Key",),
    paged=True,
    page_size=1000,
    # Objects and their bytes, as of LIST_OBJECTS, and how many keys have only old versions; both stand in the table of objects.
    keeps=("KeyCount", "Bytes", "Keys"),
)
LIST_UPLOADS = Operation(
    service="s3",
    name="ListMultipartUploads",
    permissions=("s3:ListBucketMultipartUploads",),
    hides="weights in the parts of uploads that were never completed",
    required=("IsTruncated",),
    entries=("Uploads",),
    identity=("Key",),
    paged=True,
    page_size=1000,
    keeps=("Keys",),
)
GET_OBJECT = Operation(
    service="s3",
    name="GetObject",
    # The second where the object is encrypted with a KMS key.
    permissions=("s3:GetObject", "kms:Decrypt"),
    hides="weights under a harmless name; only headers are read",
)
GET_POLICY = Operation(
    service="s3",
    name="GetBucketPolicy",
    permissions=("s3:GetBucketPolicy",),
    hides="principals of any account that the bucket lets in",
    absent=frozenset({"NoSuchBucketPolicy"}),
    required=("Policy",),
    documents=("Policy",),
    keeps=("Policy",),
)
GET_PUBLIC_ACCESS_BLOCK = Operation(
    service="s3",
    name="GetPublicAccessBlock",
    permissions=("s3:GetBucketPublicAccessBlock",),
    hides="a bucket that may be made public",
    absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    required=("PublicAccessBlockConfiguration",),
    keeps=("PublicAccessBlockConfiguration.*",),
)
GET_OWNERSHIP = Operation(
    service="s3",
    name="GetBucketOwnershipControls",
    permissions=("s3:GetBucketOwnershipControls",),
    hides="whether ACLs grant access beside the policies",
    absent=frozenset({"OwnershipControlsNotFoundError"}),
    required=("OwnershipControls",),
    keeps=("OwnershipControls.Rules.ObjectOwnership",),
)
GET_ACL = Operation(
    service="s3",
    name="GetBucketAcl",
    permissions=("s3:GetBucketAcl",),
    hides="accounts, or everybody, to whom an ACL grants the bucket",
    required=("Grants",),
    keeps=("Owner.ID", "Owner.DisplayName", "Grants.Permission", "Grants.Grantee.*"),
)
GET_ENCRYPTION = Operation(
    service="s3",
    name="GetBucketEncryption",
    permissions=("s3:GetEncryptionConfiguration",),
    hides="weights that are encrypted with no key of one's own",
    absent=frozenset({"ServerSideEncryptionConfigurationNotFoundError"}),
    required=("ServerSideEncryptionConfiguration",),
    keeps=(
        "ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault.*",
        "ServerSideEncryptionConfiguration.Rules.BucketKeyEnabled",
        "ServerSideEncryptionConfiguration.Rules.BlockedEncryptionTypes.*",
    ),
)
GET_VERSIONING = Operation(
    service="s3",
    name="GetBucketVersioning",
    permissions=("s3:GetBucketVersioning",),
    hides="releases that can be overwritten without a trace, and old versions that stay",
    keeps=("Status", "MFADelete"),
)
GET_OBJECT_LOCK = Operation(
    service="s3",
    name="GetObjectLockConfiguration",
    permissions=("s3:GetBucketObjectLockConfiguration",),
    hides="logs and releases that can be deleted",
    absent=frozenset({"ObjectLockConfigurationNotFoundError"}),
    required=("ObjectLockConfiguration",),
    keeps=("ObjectLockConfiguration.*",),
)
GET_REPLICATION = Operation(
    service="s3",
    name="GetBucketReplication",
    permissions=("s3:GetReplicationConfiguration",),
    hides="copies of weights that go to another bucket or account",
    absent=frozenset({"ReplicationConfigurationNotFoundError"}),
    required=("ReplicationConfiguration",),
    keeps=("ReplicationConfiguration.*",),
)
GET_LOGGING = Operation(
    service="s3",
    name="GetBucketLogging",
    permissions=("s3:GetBucketLogging",),
    hides="whether reads of weights leave a trace",
    keeps=("LoggingEnabled.TargetBucket", "LoggingEnabled.TargetPrefix"),
)
LIST_INVENTORY = Operation(
    service="s3",
    name="ListBucketInventoryConfigurations",
    permissions=("s3:GetInventoryConfiguration",),
    hides="lists of all objects that are sent to another bucket or account",
    required=("IsTruncated",),
    paged=True,
    keeps=(
        "InventoryConfigurationList.Id",
        "InventoryConfigurationList.IsEnabled",
        "InventoryConfigurationList.IncludedObjectVersions",
        "InventoryConfigurationList.Destination.*",
        "InventoryConfigurationList.Filter.*",
        "InventoryConfigurationList.Schedule.*",
    ),
)
GET_LIFECYCLE = Operation(
    service="s3",
    name="GetBucketLifecycleConfiguration",
    permissions=("s3:GetLifecycleConfiguration",),
    hides="whether old checkpoints expire",
    absent=frozenset({"NoSuchLifecycleConfiguration"}),
    required=("Rules",),
    keeps=("Rules.*",),
)
GET_TAGGING = Operation(
    service="s3",
    name="GetBucketTagging",
    permissions=("s3:GetBucketTagging",),
    hides="the sensitivity label of a bucket, and tags that policies decide by",
    absent=frozenset({"NoSuchTagSet", "NoSuchTagSetError"}),
    required=("TagSet",),
    keeps=("TagSet.*",),
)
OBJECT_LISTINGS = (LIST_OBJECTS, LIST_VERSIONS)
"""Either tells what a bucket holds: of one that keeps versions the second, where it is answered."""
ALWAYS = (GET_POLICY, GET_ACL, GET_ENCRYPTION)
"""Asked of every bucket: who is let in by the bucket itself, and whether it shares a key with weights."""
LIMITS = (GET_OWNERSHIP, GET_PUBLIC_ACCESS_BLOCK)
"""What takes from the grants; where nobody is granted anything, there is nothing to take."""
KEEPING = (
    GET_VERSIONING,
    GET_OBJECT_LOCK,
    GET_REPLICATION,
    GET_LOGGING,
    LIST_INVENTORY,
    GET_LIFECYCLE,
    GET_TAGGING,
)
"""Asked of buckets that matter: those that hold weights or may, and those that their copies and logs go to."""
OPERATIONS = (
    LIST_BUCKETS,
    LIST_DIRECTORY_BUCKETS,
    GET_LOCATION,
    LIST_OBJECTS,
    LIST_VERSIONS,
    LIST_UPLOADS,
    GET_OBJECT,
    *ALWAYS,
    *LIMITS,
    *KEEPING,
)
_DIRECTORY = "--x-s3"
_ACLS_DISABLED = "ACLs are disabled by the ownership setting"

# GetBucketLocation, "LocationConstraint": null stands for us-east-1, EU for eu-west-1.
_LOCATIONS = {"": "us-east-1", "EU": "eu-west-1"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as listed.

    Attributes:
        entry: the raw entry of ListBuckets.
        region: where its requests go; the home region where its own could not be had.
        location: the answer of GetBucketLocation, where the listing did not tell the region.
    """

    name: str
    arn: str
    entry: Mapping[str, Any]
    region: str
    location: Answer | None = None


def buckets(account: Account) -> tuple[list[Mapping[str, Any]], bool]:
    """The listed buckets, and whether the listing is complete."""
    answer = account.caller.ask(LIST_BUCKETS)
    return list(answer.data.get("Buckets", [])), answer.ok


def read_directory_buckets(account: Account, region: str) -> Iterator[Row]:
    """The directory buckets of a region, which no other listing names; they are not looked into.

    Source: S3 API reference, "ListDirectoryBuckets"; S3 user guide, "Directory bucket naming rules" (every name ends so).
    """
    for entry in account.caller.list(LIST_DIRECTORY_BUCKETS, region=region):
        name = entry["Name"]
        if name.endswith(_DIRECTORY):
            arn = entry.get("BucketArn") or account.arn("s3express", region, f"bucket/{name}")
            reads = {LIST_OBJECTS.name: skipped("directory buckets are listed, and not looked into")}
            yield row("s3.bucket", arn, LIST_DIRECTORY_BUCKETS, entry, region=region, reads=reads)


def located(account: Account, entry: Mapping[str, Any]) -> Bucket:
    """A listed bucket with its region; asked for only where the listing does not tell it."""
    name = entry["Name"]
    arn = f"arn:{account.partition}:s3:::{name}"
    if entry.get("BucketRegion"):
        return Bucket(name, arn, entry, entry["BucketRegion"])
    answer = account.caller.ask(GET_LOCATION, resource=arn, Bucket=name)
    constraint = answer.data.get("LocationConstraint") or ""
    region = _LOCATIONS.get(constraint, constraint) if answer.ok else account.home
    return Bucket(name, arn, entry, region, answer)


def bucket_row(
    account: Account, bucket: Bucket, listings: Mapping[str, Answer], *, in_full: str | None
) -> Row:
    """The record of a bucket.

    Args:
        listings: what came of listing its objects, old versions and unfinished uploads, by operation; what was asked for it.
        in_full: None to ask everything; else why the rest is not asked.
    """

    def ask(operation: Operation) -> Answer:
        if operation.name in listings:
            return listings[operation.name]
        return account.caller.ask(operation, region=bucket.region, resource=bucket.arn, Bucket=bucket.name)

    reads = dict(listings)
    if bucket.location is not None:
        reads[GET_LOCATION.name] = bucket.location
    reads = (_in_full(ask) if in_full is None else _in_part(ask, in_full)) | reads
    known = bucket.location is None or bucket.location.ok
    return row(
        "s3.bucket",
        bucket.arn,
        LIST_BUCKETS,
        bucket.entry,
        region=bucket.region if known else None,
        reads=reads,
    )


def _in_full(ask: Callable[[Operation], Answer]) -> dict[str, Answer]:
    """Everything, of a bucket that matters."""
    reads = {operation.name: ask(operation) for operation in (GET_POLICY, GET_ENCRYPTION, *LIMITS, *KEEPING)}
    enforced = _ownership(reads[GET_OWNERSHIP.name]) == "BucketOwnerEnforced"
    return reads | {GET_ACL.name: skipped(_ACLS_DISABLED) if enforced else ask(GET_ACL)}


def _in_part(ask: Callable[[Operation], Answer], why: str) -> dict[str, Answer]:
    """Whether anybody is let in, of a bucket that does not matter for weights; what that depends on where somebody may be."""
    reads = {operation.name: ask(operation) for operation in ALWAYS}
    closed = reads[GET_POLICY.name].outcome == "absent" and _owner_alone(reads[GET_ACL.name])
    for operation in LIMITS:
        reads[operation.name] = skipped(f"{why}, and it lets nobody in") if closed else ask(operation)
    return reads | {operation.name: skipped(why) for operation in KEEPING}


def _owner_alone(acl: Answer) -> bool:
    """Whether an ACL was read and grants nobody but the owner anything."""
    owner = acl.data.get("Owner", {}).get("ID")
    grantees = [grant.get("Grantee", {}).get("ID") for grant in acl.data.get("Grants", [])]
    return acl.ok and bool(owner) and all(grantee == owner for grantee in grantees)


def _ownership(answer: Answer) -> str | None:
    rules = answer.data.get("OwnershipControls", {}).get("Rules") or [{}]
    return rules[0].get("ObjectOwnership") if answer.ok else None


def completed(account: Account, record: Mapping[str, Any]) -> Row:
    """A bucket's record with what was skipped at first, because nothing was known to depend on it."""
    region = record["region"] or account.home
    arn, name = record["id"], record["data"]["Name"]
    answers = {
        operation.name: account.caller.ask(operation, region=region, resource=arn, Bucket=name)
        for operation in (*LIMITS, *KEEPING)
        if _was_skipped(record, operation)
    }
    reads = dict(record["reads"]) | {name: answer.as_read() for name, answer in answers.items()}
    return {name: record[name] for name in ("kind", "id", "region", "operation", "data")} | {"reads": reads}


def is_partial(record: Mapping[str, Any]) -> bool:
    """Whether the record lacks what is asked only of buckets that matter."""
    return any(_was_skipped(record, operation) for operation in KEEPING)


def _was_skipped(record: Mapping[str, Any], operation: Operation) -> bool:
    return bool(record["reads"].get(operation.name, {}).get("outcome") == "skipped")


def destinations(record: Mapping[str, Any]) -> Iterator[str]:
    """The names of the buckets that a bucket's record sends logs, copies or inventories to."""
    answers = {name: read.get("data") or {} for name, read in record["reads"].items()}
    yield answers.get(GET_LOGGING.name, {}).get("LoggingEnabled", {}).get("TargetBucket", "")
    for rule in answers.get(GET_REPLICATION.name, {}).get("ReplicationConfiguration", {}).get("Rules", []):
        yield _name_in(rule.get("Destination", {}).get("Bucket", ""))
    for configuration in answers.get(LIST_INVENTORY.name, {}).get("InventoryConfigurationList", []):
        yield _name_in(configuration.get("Destination", {}).get("S3BucketDestination", {}).get("Bucket", ""))


def _name_in(arn: str) -> str:
    return arn.rpartition(":::")[2]
