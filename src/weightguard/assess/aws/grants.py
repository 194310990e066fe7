"""The permission that an API operation asks for, where its name differs from the operation's.

Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3" and the
pages of the other services; Amazon S3 API reference, "Permissions" of each operation. Operations not listed
are named as their permission is.
"""

from __future__ import annotations

from collections.abc import Mapping

_SERVICES: Mapping[str, str] = {
    "s3control": "s3", "efs": "elasticfilesystem", "emr": "elasticmapreduce", "elbv2": "elasticloadbalancing",
    "stepfunctions": "states",
    "sso-admin": "sso", "opensearch": "es", "accessanalyzer": "access-analyzer",
}  # fmt: skip
_OPERATIONS: Mapping[str, str] = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}


def permission(service: str, operation: str) -> str:
    """``s3:ListAllMyBuckets`` for (``s3``, ``ListBuckets``)."""
    same = f"{_SERVICES.get(service, service)}:{operation}"
    return _OPERATIONS.get(f"{service}:{operation}", same)
