"""Buckets with what lies in them, the keys that protect them, access points, vaults, file systems and disks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.names import (
    ACCOUNTS,
    BACKUP,
    LOGS,
    LONG_AGO,
    ORGANISATION,
    REGION,
    RESEARCH,
    SERVING,
    TAGS,
    TRAINING,
    absent,
    bucket_arn,
    ec2_arn,
    key_arn,
    ok,
    record,
    role_arn,
    text,
)

STORES = {
    "atlas-release": SERVING,
    "atlas-checkpoints": TRAINING,
    "atlas-eval": RESEARCH,
    "atlas-backup": BACKUP,
    "atlas-audit-logs": LOGS,
}
USERS = {
    SERVING: ["InferenceNode", "ReleasePublisher"],
    TRAINING: ["TrainingNode", "TrainingJob"],
    RESEARCH: ["EvaluationNode"],
    BACKUP: ["RestoreNode"],
    LOGS: [],
}
WEIGHTS = (
    ("atlas-release", "atlas-1/", "model-00001-of-00002.safetensors", "safetensors"),
    ("atlas-release", "atlas-1/", "model-00002-of-00002.safetensors", "safetensors"),
    ("atlas-checkpoints", "run-17/step-1000/", "model.safetensors", "safetensors"),
    ("atlas-eval", "probe/", "probe.gguf", "gguf"),
    ("atlas-backup", "atlas-1/", "model-00001-of-00002.safetensors", "safetensors"),
    ("atlas-backup", "atlas-1/", "model-00002-of-00002.safetensors", "safetensors"),
)
SHUT = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
BY_PEOPLE = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


def weight_row(bucket: str, prefix: str, name: str, form: str) -> dict[str, Any]:
    """A listed object whose header was read."""
    return {
        "store": bucket_arn(bucket),
        "key": prefix + name,
        "bytes": 5_000_000_000,
        "format": form,
        "confidence": "header",
        "weight_set": f"{bucket_arn(bucket)}/{prefix}",
        "parameters": 2_500_000_000,
        "note": None,
        "last_modified": LONG_AGO,
        "storage_class": "STANDARD",
        "encryption": "aws:kms",
        "kms_key": key_arn(STORES.get(bucket, RESEARCH)),
        "examined": "header",
    }


def objects() -> Iterator[dict[str, Any]]:
    for row in WEIGHTS:
        yield weight_row(*row)


def bucket_policy(bucket: str, account: str) -> str:
    resources = [bucket_arn(bucket), f"{bucket_arn(bucket)}/*"]
    deny: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources}
    put = deny | {"Action": "s3:PutObject", "Resource": resources[1]}
    header = "s3:x-amz-server-side-encryption"
    statements = [
        deny | {"Sid": "TlsOnly", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        deny
        | {
            "Sid": "ThisOrganisationOnly",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANISATION}} | BY_PEOPLE,
        },
        deny
        | {
            "Sid": "ThisNetworkOnly",
            "Action": ["s3:GetObject*", "s3:PutObject*"],
            "Condition": {"StringNotEqualsIfExists": {"aws:SourceVpce": f"vpce-s3{account[:4]}"}} | BY_PEOPLE,
        },
        deny | {"Sid": "NoSignedLinks", "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}},
        put
        | {
            "Sid": "NoOtherAlgorithm",
            "Condition": {"StringNotEqualsIfExists": {header: "aws:kms"}} | BY_PEOPLE,
        },
        put
        | {
            "Sid": "NoOtherKey",
            "Condition": {"StringNotEqualsIfExists": {f"{header}-aws-kms-key-id": key_arn(account)}}
            | BY_PEOPLE,
        },
        put
        | {"Sid": "NoCustomerProvidedKeys", "Condition": {"Null": {f"{header}-customer-algorithm": "false"}}},
    ]
    if account == LOGS:
        statements.append(
            {
                "Sid": "Trail",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": resources[1],
                "Condition": {"StringEquals": {"aws:SourceOrgID": ORGANISATION}},
            }
        )
    return text(*statements)


def _lifecycle() -> dict[str, Any]:
    rule = {"ID": "old-copies", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}}
    return {
        "Rules": [
            rule
            | {
                "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            }
        ]
    }


def buckets() -> Iterator[dict[str, Any]]:
    for bucket, account in STORES.items():
        lock = {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}},
        }
        rule = {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": key_arn(account),
            },
            "BucketKeyEnabled": True,
        }
        reads = {
            "ListObjectsV2": ok({"KeyCount": 2}),
            "GetBucketPolicy": ok({"Policy": bucket_policy(bucket, account)}),
            "GetPublicAccessBlock": ok({"PublicAccessBlockConfiguration": dict(SHUT)}),
            "GetBucketOwnershipControls": ok(
                {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
            ),
            "GetBucketAcl": {"outcome": "skipped", "why": "ACLs are disabled by the ownership setting"},
            "GetBucketEncryption": ok({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}),
            "GetBucketVersioning": ok({"Status": "Enabled"}),
            "GetObjectLockConfiguration": ok({"ObjectLockConfiguration": lock}),
            "GetBucketReplication": absent("ReplicationConfigurationNotFoundError"),
            "GetBucketLogging": ok({}),
            "ListBucketInventoryConfigurations": ok({}),
            "GetBucketLifecycleConfiguration": ok(_lifecycle()),
            "GetBucketTagging": ok({"TagSet": [dict(tag) for tag in TAGS]}),
        }
        if bucket == "atlas-release":
            reads["GetBucketReplication"] = ok({"ReplicationConfiguration": _replication()})
        yield record(
            account,
            "s3.bucket",
            bucket_arn(bucket),
            "ListBuckets",
            {"Name": bucket, "CreationDate": LONG_AGO},
            reads,
            region=REGION,
        )
    for account in ACCOUNTS:
        shut = ok({"PublicAccessBlockConfiguration": dict(SHUT)})
        yield record(
            account, "s3control.account", account, "GetPublicAccessBlock", {}, {"GetPublicAccessBlock": shut}
        )


def _replication() -> dict[str, Any]:
    destination = {"Bucket": bucket_arn("atlas-backup"), "Account": BACKUP}
    return {
        "Role": role_arn(SERVING, "Replicator"),
        "Rules": [
            {"ID": "backup", "Status": "Enabled", "Priority": 1, "Filter": {}, "Destination": destination}
        ],
    }


def key_policy(account: str, bucket: str) -> str:
    users = [role_arn(account, name) for name in USERS[account]]
    through = {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com", "kms:CallerAccount": account},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{bucket_arn(bucket)}*"},
    }
    administer = [
        "kms:Describe*",
        "kms:Get*",
        "kms:List*",
        "kms:PutKeyPolicy",
        "kms:EnableKeyRotation",
        "kms:TagResource",
        "kms:CancelKeyDeletion",
    ]
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": role_arn(account, "KeyAdministrator")},
            "Action": administer,
            "Resource": "*",
        }
    ]
    if users:
        statements.append(
            {
                "Sid": "UseThroughStorage",
                "Effect": "Allow",
                "Principal": {"AWS": users},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
                "Condition": through,
            }
        )
    if account == LOGS:
        statements.append(
            {
                "Sid": "Trail",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "kms:GenerateDataKey*",
                "Resource": "*",
            }
        )
    return text(*statements)


def keys() -> Iterator[dict[str, Any]]:
    for bucket, account in STORES.items():
        yield from key(account, key_arn(account), key_policy(account, bucket), f"alias/{bucket}")
    disks = (
        ec2_arn(SERVING, "x", "")
        .replace(":ec2:", ":kms:")
        .replace("x/", "key/33333333-0000-4000-8000-000000000002")
    )
    administrator = {
        "Sid": "Administration",
        "Effect": "Allow",
        "Principal": {"AWS": role_arn(SERVING, "KeyAdministrator")},
        "Action": ["kms:Describe*", "kms:List*"],
        "Resource": "*",
    }
    yield from key(SERVING, disks, text(administrator), "alias/disks")


def key(account: str, arn: str, document: str, alias: str) -> Iterator[dict[str, Any]]:
    """A customer managed key with its alias."""
    identifier = arn.rpartition("/")[2]
    metadata = {
        "AWSAccountId": account,
        "KeyId": identifier,
        "Arn": arn,
        "Enabled": True,
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyManager": "CUSTOMER",
        "Origin": "AWS_KMS",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": False,
        "CreationDate": LONG_AGO,
    }
    reads = {
        "DescribeKey": ok({"KeyMetadata": metadata}),
        "GetKeyPolicy": ok({"Policy": document, "PolicyName": "default"}),
        "ListGrants": ok({"Grants": []}),
        "ListResourceTags": ok({"Tags": [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in TAGS]}),
        "GetKeyRotationStatus": ok({"KeyRotationEnabled": True, "RotationPeriodInDays": 365}),
    }
    yield record(
        account, "kms.key", arn, "ListKeys", {"KeyId": identifier, "KeyArn": arn}, reads, region=REGION
    )
    named = {
        "AliasName": alias,
        "AliasArn": f"arn:aws:kms:{REGION}:{account}:{alias}",
        "TargetKeyId": identifier,
    }
    yield record(account, "kms.alias", named["AliasArn"], "ListAliases", named, region=REGION)


DISK_KEY = f"arn:aws:kms:{REGION}:{SERVING}:key/33333333-0000-4000-8000-000000000002"


def others() -> Iterator[dict[str, Any]]:
    """An access point, disks, a vault, a file system, a secret and an image repository, all in the serving account."""
    arn = f"arn:aws:s3:{REGION}:{SERVING}:accesspoint/serving"
    entry = {
        "Name": "serving",
        "NetworkOrigin": "VPC",
        "VpcConfiguration": {"VpcId": "vpc-3333"},
        "Bucket": "atlas-release",
        "AccessPointArn": arn,
    }
    detail = entry | {"PublicAccessBlockConfiguration": dict(SHUT)}
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": role_arn(SERVING, "InferenceNode")},
        "Action": "s3:GetObject",
        "Resource": f"{arn}/object/*",
    }
    reads = {
        "GetAccessPoint": ok(detail),
        "GetAccessPointPolicy": ok({"Policy": text(allowed)}),
        "GetAccessPointPolicyStatus": ok({"PolicyStatus": {"IsPublic": False}}),
    }
    yield record(SERVING, "s3control.access_point", arn, "ListAccessPoints", entry, reads, region=REGION)
    yield from _disks()
    vault = f"arn:aws:backup:{REGION}:{SERVING}:backup-vault:weights"
    data = {
        "BackupVaultName": "weights",
        "BackupVaultArn": vault,
        "EncryptionKeyArn": DISK_KEY,
        "Locked": True,
    }
    yield record(
        SERVING,
        "backup.backup_vault",
        vault,
        "ListBackupVaults",
        data,
        {"GetBackupVaultAccessPolicy": absent("ResourceNotFoundException")},
        region=REGION,
    )
    system = f"arn:aws:elasticfilesystem:{REGION}:{SERVING}:file-system/fs-3333"
    mount = {
        "Effect": "Allow",
        "Principal": {"AWS": role_arn(SERVING, "InferenceNode")},
        "Action": "elasticfilesystem:ClientMount",
        "Resource": system,
    }
    yield record(
        SERVING,
        "efs.file_system",
        system,
        "DescribeFileSystems",
        {"FileSystemId": "fs-3333", "Encrypted": True, "KmsKeyId": DISK_KEY},
        {"DescribeFileSystemPolicy": ok({"Policy": text(mount)})},
        region=REGION,
    )
    secret = f"arn:aws:secretsmanager:{REGION}:{SERVING}:secret:hub-token-AbCdEf"
    yield record(
        SERVING,
        "secretsmanager.secret",
        secret,
        "ListSecrets",
        {"ARN": secret, "Name": "hub-token"},
        {"GetResourcePolicy": ok({"ARN": secret, "Name": "hub-token"})},
        region=REGION,
    )
    repository = f"arn:aws:ecr:{REGION}:{SERVING}:repository/serving"
    images = {
        "repositoryArn": repository,
        "repositoryName": "serving",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
    }
    yield record(
        SERVING,
        "ecr.repository",
        repository,
        "DescribeRepositories",
        images,
        {"GetRepositoryPolicy": absent("RepositoryPolicyNotFoundException")},
        region=REGION,
    )


def _disks() -> Iterator[dict[str, Any]]:
    tags = {"Tags": [dict(tag) for tag in TAGS]}
    snapshot = {
        "SnapshotId": "snap-3333",
        "VolumeId": "vol-3333",
        "Encrypted": True,
        "KmsKeyId": DISK_KEY,
        "OwnerId": SERVING,
    } | tags
    yield record(
        SERVING,
        "ec2.snapshot",
        ec2_arn(SERVING, "snapshot", "snap-3333"),
        "DescribeSnapshots",
        snapshot,
        {"DescribeSnapshotAttribute": ok({"CreateVolumePermissions": []})},
        region=REGION,
    )
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-3333", "Encrypted": True}}
    image = {"ImageId": "ami-3333", "Public": False, "OwnerId": SERVING, "BlockDeviceMappings": [disk]} | tags
    yield record(
        SERVING,
        "ec2.image",
        ec2_arn(SERVING, "image", "ami-3333"),
        "DescribeImages",
        image,
        {"DescribeImageAttribute": ok({"LaunchPermissions": []})},
        region=REGION,
    )
    volume = {"VolumeId": "vol-3333", "Encrypted": True, "KmsKeyId": DISK_KEY} | tags
    yield record(
        SERVING,
        "ec2.volume",
        ec2_arn(SERVING, "volume", "vol-3333"),
        "DescribeVolumes",
        volume,
        region=REGION,
    )
