"""The policy documents of the hardened lab: buckets, keys, guardrails."""

from __future__ import annotations

from typing import Any

from weightguard.demo.aws.lab import AUDIT_ROLE, REGION, Lab, WeightStore, document

# The emulator applies a bucket policy's Deny without looking at its condition, but compares actions by case, which AWS does not.
_ANY = "S3:*"
_PUT = "S3:PutObject"


def bucket_policy(lab: Lab, store: WeightStore) -> list[dict[str, Any]]:
    """The statements of a hardened weight bucket."""
    resources = [f"arn:aws:s3:::{store.bucket}", f"arn:aws:s3:::{store.bucket}/*"]
    return _denials(lab, resources, store.account, lab.keys[store.account])


def _denials(lab: Lab, resources: list[str], account: str, key: str) -> list[dict[str, Any]]:
    """TLS only, this organisation only, one network, one key, one kind of signature."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": _ANY, "Resource": resources}
    put = deny | {"Action": _PUT, "Resource": resources[1]}
    by_service = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    audit = f"arn:aws:iam::*:role/{AUDIT_ROLE}"
    return [
        deny | {"Sid": "EncryptedTransportOnly", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        deny | {"Sid": "ModernTlsOnly", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        deny
        | {
            "Sid": "ThisOrganisationOnly",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": lab.organisation}} | by_service,
        },
        deny
        | {
            "Sid": "ThisNetworkOnly",
            "Action": ["S3:GetObject*", "S3:PutObject*", "S3:DeleteObject*"],
            "Condition": {
                "StringNotEqualsIfExists": {"aws:SourceVpce": lab.endpoints[account]},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": audit},
            }
            | by_service,
        },
        deny | {"Sid": "NoSignedUrls", "Condition": {"StringNotEquals": {"s3:authType": "REST-HEADER"}}},
        deny | {"Sid": "NoOldSignatures", "Condition": {"NumericGreaterThan": {"s3:signatureAge": "600000"}}},
        put
        | {
            "Sid": "NoOtherAlgorithm",
            "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        },
        put
        | {
            "Sid": "NoOtherKey",
            "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key}},
        },
        put
        | {
            "Sid": "NoCustomerProvidedKeys",
            "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
        },
    ]


def key_policy(lab: Lab, store: WeightStore) -> list[dict[str, Any]]:
    """The statements of a weight key: administration and use apart, use only through S3 for this bucket."""
    account = lab.accounts[store.account]
    users = sorted({lab.role_arn(store.account, store.reader), lab.role_arn(store.account, store.writer)})
    return [
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": lab.role_arn(store.account, "KeyAdministrator")},
            "Action": [
                "kms:Describe*",
                "kms:Get*",
                "kms:List*",
                "kms:EnableKeyRotation",
                "kms:TagResource",
                "kms:UpdateKeyDescription",
                "kms:CancelKeyDeletion",
            ],
            "Resource": "*",
        },
        {
            "Sid": "ReadOnlyAudit",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:role/{AUDIT_ROLE}"},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
            "Resource": "*",
        },
        {
            "Sid": "UseThroughStorageOnly",
            "Effect": "Allow",
            "Principal": {"AWS": users},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": f"s3.{REGION}.amazonaws.com",
                    "kms:CallerAccount": account,
                },
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{store.bucket}*"},
            },
        },
    ]


def guardrails(lab: Lab) -> tuple[str, str]:
    """The service control policy and the resource control policy of the organisation, as documents."""
    protected = [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
        "organizations:LeaveOrganization",
        "s3:PutAccountPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutReplicationConfiguration",
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
        "kms:PutKeyPolicy",
        "kms:CreateGrant",
        "guardduty:DeleteDetector",
        "guardduty:UpdateDetector",
        "config:StopConfigurationRecorder",
        "config:DeleteConfigurationRecorder",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:DisableImageBlockPublicAccess",
        "datasync:Create*",
        "ram:CreateResourceShare",
        "ram:AssociateResourceShare",
        "ec2:ModifySnapshotAttribute",
        "ec2:ModifyImageAttribute",
        "iam:CreateUser",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
    ]
    service = document(
        {"Sid": "KeepTheGuardrails", "Effect": "Deny", "Action": protected, "Resource": "*"},
        {
            "Sid": "NoRootUser",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
        },
        {
            "Sid": "ApprovedRegionsOnly",
            "Effect": "Deny",
            "NotAction": [
                "iam:*",
                "organizations:*",
                "sts:*",
                "s3:ListAllMyBuckets",
                "support:*",
                "kms:*",
                "cloudtrail:*",
            ],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": [REGION]}},
        },
    )
    resource = document(
        {
            "Sid": "ThisOrganisationOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*", "kms:*", "secretsmanager:*", "sts:AssumeRole"],
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": lab.organisation},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        },
        {
            "Sid": "EncryptedTransportOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*", "kms:*"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}},
        },
    )
    return service, resource


def log_bucket_policy(lab: Lab, bucket: str, key: str) -> list[dict[str, Any]]:
    """The statements of the bucket that the organisation's trail writes to."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    trail = {
        "Sid": "TrailMayWrite",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketAcl"],
        "Resource": resources,
        "Condition": {"StringEquals": {"aws:SourceOrgID": lab.organisation}},
    }
    return [trail, *_denials(lab, resources, "log-archive", key)]


def log_key_policy(lab: Lab) -> list[dict[str, Any]]:
    """The statements of the key of the trail's files: the trail encrypts, the security account manages."""
    account = lab.accounts["log-archive"]
    return [
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:EnableKeyRotation", "kms:PutKeyPolicy"],
            "Resource": "*",
        },
        {
            "Sid": "TrailMayEncrypt",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceOrgID": lab.organisation}},
        },
    ]
