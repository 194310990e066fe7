"""A fact is what the provider said, or why it is not known: for every read behind stores, keys, trails and access points."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from estates import ACCOUNT, BUCKET, absent, call, estate, ok, record

from weightguard.estate.aws.listings import FACTS
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import Encryption, EncryptionKind, ObjectLists
from weightguard.snapshot.model import Record

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": False,
}
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"


def bucket(**reads: Any) -> Record:
    usual = {
        "ListObjectsV2": ok({}),
        "GetBucketPolicy": ok({"Policy": json.dumps(POLICY)}),
        "GetPublicAccessBlock": ok({"PublicAccessBlockConfiguration": BLOCK}),
        "GetBucketOwnershipControls": ok(
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}
        ),
        "GetBucketAcl": ok({"Owner": {"ID": "c"}, "Grants": []}),
        "GetBucketEncryption": ok(
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": KEY,
                            },
                            "BucketKeyEnabled": True,
                        }
                    ]
                }
            }
        ),
        "GetBucketVersioning": ok({"Status": "Enabled"}),
        "GetObjectLockConfiguration": ok({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}),
        "GetBucketReplication": ok({"ReplicationConfiguration": {"Rules": []}}),
        "GetBucketLogging": ok({"LoggingEnabled": {"TargetBucket": "logs"}}),
        "GetBucketLifecycleConfiguration": ok({"Rules": []}),
        "GetBucketTagging": ok({"TagSet": [{"Key": "sensitivity", "Value": "weights"}]}),
    }
    return record(
        "s3.bucket", BUCKET, {"Name": "frontier-weights"}, {**usual, **reads}, operation="ListBuckets"
    )


def key(**reads: Any) -> Record:
    metadata = {
        "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": False,
    }  # fmt: skip
    usual = {
        "DescribeKey": ok({"KeyMetadata": metadata}),
        "GetKeyPolicy": ok({"Policy": json.dumps(POLICY)}),
        "ListGrants": ok(
            {
                "Grants": [
                    {
                        "GrantId": "g",
                        "GranteePrincipal": "arn:aws:iam::222222222222:root",
                        "Operations": ["Decrypt"],
                    }
                ]
            }
        ),
        "GetKeyRotationStatus": ok({"KeyRotationEnabled": True}),
        "ListResourceTags": ok({"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    }
    return record(
        "kms.key", KEY, {"KeyId": KEY[-36:], "KeyArn": KEY}, {**usual, **reads}, operation="ListKeys"
    )


def trail(**reads: Any) -> Record:
    usual = {"GetTrailStatus": ok({"IsLogging": True}), "GetEventSelectors": ok({"EventSelectors": []})}
    return record(
        "cloudtrail.trail",
        TRAIL,
        {"TrailARN": TRAIL, "Name": "audit", "S3BucketName": "logs"},
        {**usual, **reads},
    )


def point(**reads: Any) -> Record:
    usual = {
        "GetAccessPoint": ok(
            {"Name": "door", "NetworkOrigin": "Internet", "PublicAccessBlockConfiguration": BLOCK}
        ),
        "GetAccessPointPolicy": ok({"Policy": json.dumps(POLICY)}),
    }
    return record(
        "s3control.access_point", POINT, {"Name": "door", "Bucket": "frontier-weights"}, {**usual, **reads}
    )


def account(**reads: Any) -> Record:
    usual = {"GetPublicAccessBlock": ok({"PublicAccessBlockConfiguration": BLOCK})}
    return record("s3control.account", ACCOUNT, {}, {**usual, **reads}, region=None)


SUBJECTS = {
    "store": (bucket, lambda found: found.stores.items[0]),
    "key": (key, lambda found: found.keys.items[0]),
    "trail": (trail, lambda found: found.trails.items[0]),
    "account": (account, lambda found: found.accounts.items[0]),
}
READS = [(subject, operation) for subject, (build, _) in SUBJECTS.items() for operation in build().reads]


def unknown_facts(item: object) -> dict[str, Unknown]:
    return {
        part.name: value for part in fields(item) if isinstance(value := getattr(item, part.name), Unknown)
    }  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("denied", Reason.DENIED), ("throttled", Reason.THROTTLED), ("failed", Reason.FAILED)],
)
@pytest.mark.parametrize(("subject", "operation"), READS)
def test_a_read_that_gave_nothing_leaves_unknown_what_the_table_says(
    subject: str, operation: str, outcome: str, reason: Reason
) -> None:
    """The table of facts and operations is what coverage gaps and documentation are made of: it must be the truth."""
    build, pick = SUBJECTS[subject]
    item = pick(estate(build(**{operation: {"outcome": outcome, "code": "Code"}})))
    service = build().service
    told = {name.partition(".")[2] for name, operations in FACTS.items() if name.startswith(f"{subject}.")
            and operations[0] == f"{service}:{operation}"}  # fmt: skip
    before = unknown_facts(pick(estate(build())))
    lost = {name: value for name, value in unknown_facts(item).items() if name not in before}
    assert set(lost) == told
    assert {(value.reason, value.code) for value in lost.values()} == {(reason, "Code")}
    assert {value.source.call for value in lost.values()} == {f"{service}:{operation}"}


@pytest.mark.parametrize(("subject", "operation"), READS)
def test_a_read_that_was_not_made_is_not_collected(subject: str, operation: str) -> None:
    build, pick = SUBJECTS[subject]
    made = build()
    reads = {name: value for name, value in made.reads.items() if name != operation}
    lost = unknown_facts(pick(estate(record(made.kind, made.id, made.data, reads))))
    assert {value.reason for value in lost.values() if value.source.call.endswith(operation)} == {
        Reason.NOT_COLLECTED
    }


def test_facts_carry_the_call_and_the_line_they_came_from() -> None:
    policy = estate(bucket()).stores.items[0].policy
    assert isinstance(policy, Known)
    assert policy.source.call == "s3:GetBucketPolicy"
    assert policy.source.where == f"records/aws/{ACCOUNT}/s3.jsonl:1"
    assert policy.value is not None
    assert policy.value.document == POLICY
    assert policy.value.id == f"{BUCKET}#bucket policy"


@pytest.mark.parametrize(
    ("operation", "attribute", "value"),
    [
        ("GetBucketPolicy", "policy", None),
        ("GetPublicAccessBlock", "public_access_block", None),
        ("GetBucketOwnershipControls", "object_lists", ObjectLists(True, "ObjectWriter")),
        ("GetBucketEncryption", "encryption", Encryption(EncryptionKind.PROVIDER)),
        ("GetObjectLockConfiguration", "retention", None),
        ("GetBucketReplication", "replicas", ()),
        ("GetBucketLifecycleConfiguration", "lifecycle", ()),
        ("GetBucketTagging", "tags", {}),
    ],
)
def test_not_configured_is_a_value(operation: str, attribute: str, value: object) -> None:
    fact = getattr(estate(bucket(**{operation: absent()})).stores.items[0], attribute)
    assert isinstance(fact, Known)
    assert fact.value == value


def test_an_acl_that_was_not_asked_because_ownership_disables_it_is_none() -> None:
    enforced = ok({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}})
    skipped = {"outcome": "skipped", "why": "ACLs are disabled by the ownership setting"}
    acl = estate(bucket(GetBucketOwnershipControls=enforced, GetBucketAcl=skipped)).stores.items[0].acl
    assert isinstance(acl, Known)
    assert acl.value is None


def test_a_skipped_read_is_not_collected() -> None:
    fact = (
        estate(bucket(GetBucketLogging={"outcome": "skipped", "why": "holds no weights"}))
        .stores.items[0]
        .log_store
    )
    assert isinstance(fact, Unknown)
    assert fact.reason is Reason.NOT_COLLECTED


@pytest.mark.parametrize("answer", [None, [], "text", {"Policy": 7}, {"Policy": ["a"]}])
def test_an_odd_answer_is_malformed_and_not_absent(answer: Any) -> None:
    fact = estate(bucket(GetBucketPolicy=ok(answer))).stores.items[0].policy
    assert isinstance(fact, Unknown)
    assert fact.reason is Reason.MALFORMED


def test_rotation_does_not_apply_to_imported_key_material() -> None:
    imported = ok(
        {"KeyMetadata": {"KeyManager": "CUSTOMER", "Origin": "EXTERNAL", "KeySpec": "SYMMETRIC_DEFAULT"}}
    )
    fact = (
        estate(key(DescribeKey=imported, GetKeyRotationStatus={"outcome": "denied"})).keys.items[0].rotation
    )
    assert isinstance(fact, Known)
    assert fact.value is None


def test_aliases_belong_to_the_key_of_their_own_region() -> None:
    near = record(
        "kms.alias",
        f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/near",
        {"AliasName": "alias/near", "TargetKeyId": KEY[-36:]},
    )
    far = record(
        "kms.alias",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/far",
        {"AliasName": "alias/far", "TargetKeyId": KEY[-36:]},
        region="eu-west-1",
    )
    aliases = estate(key(), near, far).keys.items[0].aliases
    assert isinstance(aliases, Known)
    assert aliases.value == ("alias/near",)


def test_aliases_are_unknown_where_their_listing_was_refused() -> None:
    aliases = (
        estate(key(), calls=[call("kms", "ListAliases", "denied", region="us-east-1")]).keys.items[0].aliases
    )
    assert isinstance(aliases, Unknown)
    assert aliases.reason is Reason.DENIED


def test_access_points_hang_on_their_bucket() -> None:
    store = estate(
        bucket(), point(GetAccessPointPolicy={"outcome": "denied", "code": "AccessDenied"})
    ).stores.items[0]
    (door,) = store.access_points
    assert door.store == BUCKET
    assert door.public_access_block == Known(door.public_access_block.value, door.public_access_block.source)  # type: ignore[union-attr]
    assert isinstance(door.policy, Unknown)


def test_a_refused_listing_of_access_points_is_a_gap_of_every_store() -> None:
    store = estate(bucket(), calls=[call("s3control", "ListAccessPoints", "denied")]).stores.items[0]
    assert not store.access_points.complete


def test_contents_count_what_was_listed_and_what_was_not_examined() -> None:
    rows = [
        {"store": BUCKET, "key": "a", "bytes": 5, "examined": "header"},
        {"store": BUCKET, "key": "b", "bytes": 7, "examined": "denied"},
        {"store": "arn:aws:s3:::other", "key": "c", "bytes": 9, "examined": "header"},
    ]
    contents = estate(bucket(), rows=rows).stores.items[0].contents
    assert isinstance(contents, Known)
    assert (contents.value.objects, contents.value.bytes, contents.value.unexamined) == (2, 12, 1)


def test_contents_are_unknown_where_the_listing_was_refused() -> None:
    contents = (
        estate(bucket(ListObjectsV2={"outcome": "denied", "code": "AccessDenied"})).stores.items[0].contents
    )
    assert isinstance(contents, Unknown)
    assert contents.reason is Reason.DENIED
