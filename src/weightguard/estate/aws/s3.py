"""S3: buckets, access points and the account's Block Public Access.

Sources: Amazon S3 API reference; Amazon S3 user guide, "Setting default server-side encryption behavior" (AES256 applies to every
bucket since January 2023, also where an emulator answers that nothing is configured), "Controlling ownership of objects".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from weightguard.estate.aws import store_settings
from weightguard.estate.aws.partition import partition_of
from weightguard.estate.aws.scope import Scope, account_of, public_access_block, region_of
from weightguard.estate.evidence import (
    Record,
    code,
    data_of,
    derived,
    listing_source,
    outcome,
    read,
    read_source,
)
from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    AccessPoint,
    Contents,
    NamedPolicy,
    PublicAccessBlock,
    Store,
    Versioning,
    Wrapped,
)
from weightguard.estate.shape import (
    Malformed,
    find,
    mapping,
    member,
    objects,
    tags,
    text,
    text_or_none,
)

NOT_IN_STATE: Final = "NotInState"
"""The code with which a Terraform state says that it holds no such resource: the provider's default for new buckets applies."""

ACL_READS: Final = "GetBucketAcl"


def account_public_access_block(scope: Scope, records: Iterable[Record]) -> Fact[PublicAccessBlock | None]:
    """S3 Block Public Access of the account."""
    for record in records:
        if record.kind == "s3control.account":
            return read(
                record,
                "GetPublicAccessBlock",
                lambda answer: public_access_block(member(answer, "PublicAccessBlockConfiguration")),
                absent=None,
            )
    return Unknown(Reason.NOT_COLLECTED, scope.asked("s3control", "GetPublicAccessBlock"))


def access_points(scope: Scope, records: Iterable[Record]) -> dict[str, list[AccessPoint]]:
    """Access points by the ARN of the bucket that they lead to."""
    found: dict[str, list[AccessPoint]] = {}
    for record in records:
        if record.kind == "s3control.access_point":
            point = _access_point(scope, record)
            found.setdefault(point.store, []).append(point)
    return found


def _access_point(scope: Scope, record: Record) -> AccessPoint:
    data = data_of(record)
    bucket = text_or_none(data.get("Bucket")) or "unknown"
    details = "GetAccessPoint"
    return AccessPoint(
        id=record.id,
        store=f"arn:{partition_of(record.id)}:s3:::{bucket}",
        account=account_of(record.id) or scope.account,
        region=region_of(record, record.id) or "",
        network_origin=_network_origin(record),
        vpc=read(record, details, lambda answer: text_or_none(find(answer, "VpcConfiguration.VpcId"))),
        public_access_block=read(
            record,
            details,
            lambda answer: public_access_block(member(answer, "PublicAccessBlockConfiguration")),
        ),
        policy=scope.policy_read(record, "GetAccessPointPolicy", "Policy", name="access point policy"),
    )


def _network_origin(record: Record) -> Fact[str]:
    written = text_or_none(data_of(record).get("NetworkOrigin"))
    if written is not None:
        return Known(written, listing_source(record))
    return read(record, "GetAccessPoint", lambda answer: text(member(answer, "NetworkOrigin")))


def store(
    scope: Scope,
    record: Record,
    contents: Fact[Contents],
    points: Collection[AccessPoint],
    wrapped: Fact[tuple[Wrapped, ...]],
) -> Store:
    """One bucket."""
    data = data_of(record)
    ownership = _ownership(record)
    block = _public_access_block(record)
    return Store(
        id=record.id,
        provider="aws",
        account=scope.account,
        region=_region(record),
        name=text_or_none(data.get("Name")) or record.id.rpartition(":")[2],
        created=text_or_none(data.get("CreationDate")),
        public_access=derived(block, store_settings.public_access),
        policy=scope.policy_read(record, "GetBucketPolicy", "Policy", name="bucket policy"),
        object_lists=derived(ownership, store_settings.object_lists),
        encryption=read(
            record, "GetBucketEncryption", store_settings.encryption, absent=store_settings.PROVIDER_KEY
        ),
        versioning=read(
            record, "GetBucketVersioning", store_settings.versioning, absent=Versioning(False, False)
        ),
        retention=read(record, "GetObjectLockConfiguration", store_settings.retention, absent=None),
        replicas=read(record, "GetBucketReplication", store_settings.replicas, absent=()),
        log_store=read(
            record,
            "GetBucketLogging",
            lambda answer: store_settings.log_store(answer, partition_of(record.id)),
            absent=None,
        ),
        lifecycle=read(record, "GetBucketLifecycleConfiguration", store_settings.lifecycle, absent=()),
        public_access_block=block,
        acl=_acl(record, ownership),
        tags=_tags(record),
        tags_decide=read(record, "GetBucketAbac", _is_on, absent=False),
        contents=contents,
        access_points=points,
        wrapped=wrapped,
    )


def _region(record: Record) -> str | None:
    """As listed; GetBucketLocation answers nothing for us-east-1 and ``EU`` for eu-west-1."""
    if record.region or outcome(record, "GetBucketLocation") != "ok":
        return record.region
    body = record.reads["GetBucketLocation"].get("data")
    written = text_or_none(body.get("LocationConstraint")) if isinstance(body, Mapping) else None
    return {None: "us-east-1", "EU": "eu-west-1"}.get(written, written)


def _public_access_block(record: Record) -> Fact[PublicAccessBlock | None]:
    return read(
        record,
        "GetPublicAccessBlock",
        lambda answer: public_access_block(member(answer, "PublicAccessBlockConfiguration")),
        absent=None,
    )


def _ownership(record: Record) -> Fact[str | None]:
    operation = "GetBucketOwnershipControls"

    def parse(answer: Any) -> str | None:
        rules = objects(member(answer, "OwnershipControls.Rules"))
        return text(member(rules[0], "ObjectOwnership")) if rules else None

    default = store_settings.ENFORCED if code(record, operation) == NOT_IN_STATE else None
    return read(record, operation, parse, absent=default)


def _acl(record: Record, ownership: Fact[str | None]) -> Fact[Mapping[str, Any] | None]:
    if (
        isinstance(ownership, Known)
        and ownership.value == store_settings.ENFORCED
        and outcome(record, ACL_READS) is None
    ):
        return Known(None, ownership.source)

    def parse(answer: Any) -> Mapping[str, Any] | None:
        objects(member(answer, "Grants"))
        return mapping(answer)

    return read(record, ACL_READS, parse, absent=None, skipped=None)


def _is_on(answer: Any) -> bool:
    return text(member(member(answer, "AbacStatus"), "Status")) == "Enabled"


def _tags(record: Record) -> Fact[Mapping[str, str]]:
    def parse(answer: Any) -> Mapping[str, str]:
        pairs = member(answer, "TagSet")
        if isinstance(pairs, Mapping):
            raise Malformed("TagSet is a list")
        return tags(pairs)

    return read(record, "GetBucketTagging", parse, absent={})


def policies_of(found: Store) -> tuple[NamedPolicy, ...]:
    """The resource policies of a store and of its access points, as far as they are known."""
    facts = [found.policy, *(point.policy for point in found.access_points)]
    return tuple(fact.value for fact in facts if isinstance(fact, Known) and fact.value is not None)


def unlisted(scope: Scope, bucket: str, reason: Reason, error: str | None) -> Unknown:
    """Why a bucket's objects are not known."""
    return Unknown(reason, scope.asked("s3", "ListObjectsV2", bucket), error)


def contents_listing(record: Record) -> str:
    """The operation that lists a bucket's objects: where versions are kept, a listing of them can stand in for one of objects."""
    if "ListObjectsV2" not in record.reads and outcome(record, "ListObjectVersions") == "ok":
        answer = record.reads["ListObjectVersions"].get("data")
        if isinstance(answer, Mapping) and "KeyCount" in answer:
            return "ListObjectVersions"
    return "ListObjectsV2"


def contents_source(record: Record) -> Source:
    """The listing that a store's contents come from."""
    return read_source(record, contents_listing(record))
