"""The actions that an access to a store or its key comes down to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from weightguard.access.aws.stores.store_changes import KEY_GRANTING, SELF_GRANTING
from weightguard.access.model import AccessKind

# "To get a specific version of an object, you must have s3:GetObjectVersion; if you have it, s3:GetObject is not required" (S3 API,
# GetObject): the current version has an id too, which is null where a bucket has no versioning.
OBJECT_ACTIONS: Final[Mapping[AccessKind, tuple[str, ...]]] = {
    AccessKind.READ: ("s3:GetObject", "s3:GetObjectVersion"),
    AccessKind.COPY: ("s3:GetObject", "s3:GetObjectVersion"),
    AccessKind.WRITE: ("s3:PutObject",),
    AccessKind.DELETE: ("s3:DeleteObject", "s3:DeleteObjectVersion"),
}


KEY_ACTIONS: Final[Mapping[AccessKind, str]] = {
    AccessKind.READ: "kms:Decrypt",
    AccessKind.COPY: "kms:Decrypt",
    AccessKind.WRITE: "kms:GenerateDataKey",
}


BUCKET_ACTIONS: Final[Mapping[AccessKind, tuple[str, ...]]] = {
    AccessKind.DELETE: ("s3:PutLifecycleConfiguration",),
    AccessKind.ADMINISTER: (
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketAcl",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutBucketLogging",
        "s3:PutLifecycleConfiguration",
    ),
}


KEY_ADMINISTRATION: Final[Mapping[AccessKind, tuple[str, ...]]] = {
    AccessKind.DELETE: ("kms:ScheduleKeyDeletion", "kms:DisableKey"),
    AccessKind.ADMINISTER: (
        "kms:PutKeyPolicy",
        "kms:CreateGrant",
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
    ),
}


@cache
def actions_on(access: AccessKind, has_key: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if access is AccessKind.DECRYPT and has_key:
        on_key = ("kms:Decrypt", *KEY_GRANTING)
        return on_key, on_key
    if access is AccessKind.ADMINISTER:
        both = (*BUCKET_ACTIONS[access], *KEY_ADMINISTRATION[access])
        return both, both
    on_store = [*OBJECT_ACTIONS.get(access, OBJECT_ACTIONS[AccessKind.READ]), *SELF_GRANTING]
    on_store += [*BUCKET_ACTIONS.get(access, ()), *KEY_ADMINISTRATION.get(access, ())]
    key_use = ("kms:Decrypt", "kms:GenerateDataKey", *KEY_GRANTING)
    return (*on_store, *(key_use if has_key else ())), tuple(on_store)
