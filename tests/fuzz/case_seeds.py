"""Valid policy documents and evaluation cases of every provider, to be made odd."""

from __future__ import annotations

from typing import Any

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Id": "x",
    "Statement": [
        {
            "Sid": "A",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "*"], "Service": "ec2.amazonaws.com"},
            "Action": ["s3:Get*", "kms:Decrypt"],
            "Resource": "arn:aws:s3:::a/${aws:username}/*?",
            "Condition": {
                "StringLikeIfExists": {"aws:PrincipalTag/t": ["a*", "b"]},
                "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                "Bool": {"aws:SecureTransport": "true"},
                "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["a"]},
                "NumericLessThan": {"s3:max-keys": "10"},
                "ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"},
                "Null": {"aws:SourceVpce": "true"},
            },
        },
        {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "s3:*", "NotResource": ["*"]},
    ],
}

IDENTITY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {name: value for name, value in one.items() if name not in ("Principal", "NotPrincipal")}
        for one in POLICY["Statement"]
    ],
}

CASE: dict[str, Any] = {
    "id": "c1",
    "provider": "aws",
    "assume": "unknown",
    "request": {
        "principal": "arn:aws:iam::111111111111:user/a",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "resource_account": "111111111111",
        "context": {"aws:SourceVpce": "vpce-1", "aws:TagKeys": ["a", "b"]},
    },
    "policies": {
        "identity": [{"name": "p", "policy": IDENTITY}],
        "boundary": [{"name": "b", "policy": IDENTITY}],
        "session": IDENTITY,
        "scp": [[{"name": "s", "policy": IDENTITY}]],
        "rcp": [[]],
        "resource": POLICY,
        "vpc_endpoint": [{"name": "v", "policy": POLICY}],
        "kms_grants": [
            {
                "GranteePrincipal": "arn:aws:iam::111111111111:user/a",
                "Operations": ["Decrypt"],
                "Constraints": {"EncryptionContextSubset": {"a": "b"}},
            }
        ],
    },
}

_BUCKET = "buckets/b"
GCP_CASE: dict[str, Any] = {
    "id": "g1",
    "provider": "gcp",
    "request": {
        "member": "user:a@example.com",
        "permission": "storage.objects.get",
        "resource": f"{_BUCKET}/objects/k",
        "context": {"request.time": "2026-01-01T00:00:00Z", "resource.name": "projects/_/buckets/b"},
    },
    "policies": {
        "hierarchy": {
            "folders/1": "organizations/1",
            "projects/p": "folders/1",
            _BUCKET: "projects/p",
            f"{_BUCKET}/objects/k": _BUCKET,
        },
        "allow_policies": [
            {
                "resource": _BUCKET,
                "bindings": [
                    {
                        "role": "roles/storage.objectViewer",
                        "members": [
                            "user:a@example.com",
                            "group:g@example.com",
                            "allUsers",
                            "projectViewer:p",
                        ],
                        "condition": {
                            "expression": "resource.name.startsWith('projects/_/buckets/b') && "
                            "request.time < timestamp('2030-01-01T00:00:00Z')"
                        },
                    }
                ],
            }
        ],
        "deny_policies": [
            {
                "attachment_point": "cloudresourcemanager.googleapis.com/projects/p",
                "rules": [
                    {
                        "denyRule": {
                            "deniedPrincipals": ["principalSet://goog/public:all"],
                            "exceptionPrincipals": ["principal://goog/subject/a@example.com"],
                            "deniedPermissions": ["storage.googleapis.com/objects.get"],
                            "denialCondition": {"expression": "resource.matchTag('1/env', 'prod')"},
                        }
                    }
                ],
            }
        ],
        "roles": {
            "roles/storage.objectViewer": ["storage.objects.get"],
            "x": {"permissions": ["a.b.c"], "stage": "DISABLED"},
        },
        "groups": {"g@example.com": ["user:a@example.com"]},
        "storage_settings": {
            "b": {
                "uniformBucketLevelAccess": False,
                "publicAccessPrevention": "inherited",
                "objectAcls": {"k": []},
            }
        },
        "org_policies": [
            {"resource": "projects/p", "constraint": "storage.publicAccessPrevention", "enforced": True}
        ],
        "pab_policies": [
            {
                "bound_to": "principalSet:x",
                "rules": [{"resources": ["//x"], "effect": "ALLOW"}],
                "blocked_permissions": [],
            }
        ],
        "resource_tags": {"projects/p": {"1/env": "prod"}},
    },
}
_ACCOUNT = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/a"
_BLOB_READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
AZURE_CASE: dict[str, Any] = {
    "id": "a1",
    "provider": "azure",
    "request": {
        "principal": "bob",
        "dataAction": _BLOB_READ,
        "resource": f"{_ACCOUNT}/blobServices/default/containers/c/blobs/x/y",
        "context": {
            "client_ip": "10.0.0.1",
            "authorization": "account SAS",
            "sas_permissions": "rl",
            "resource_tags": {"a": "b"},
        },
    },
    "policies": {
        "role_definitions": {
            "R": {
                "actions": ["*/read"],
                "notActions": [],
                "dataActions": ["Microsoft.Storage/*"],
                "notDataActions": [],
            }
        },
        "role_assignments": [
            {
                "principal": "group",
                "role": "R",
                "scope": "/subscriptions/s",
                "condition": "((!(ActionMatches{'x'})) OR "
                "(@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'c'))",
                "conditionVersion": "2.0",
            }
        ],
        "deny_assignments": [
            {"principals": ["*"], "excludePrincipals": ["bob"], "actions": ["*"], "scope": _ACCOUNT}
        ],
        "group_memberships": {"group": ["bob"]},
        "management_groups": {"mg": ["s"]},
        "locks": [{"scope": _ACCOUNT, "level": "ReadOnly"}],
        "storage_account_settings": {
            _ACCOUNT: {
                "allowSharedKeyAccess": True,
                "networkAcls": {"defaultAction": "Deny", "ipRules": ["10.0.0.0/8"]},
            }
        },
        "key_vault_settings": {
            "v": {
                "enableRbacAuthorization": False,
                "accessPolicies": [{"objectId": "bob", "permissions": {"keys": ["get"]}}],
            }
        },
        "adls_acl": {"x": "r-x"},
    },
}
ENTRA_CASE = AZURE_CASE | {"request": AZURE_CASE["request"] | {"context": {"client_ip": "10.0.0.1"}}}
"""The same without a signature: roles, conditions, denials and locks decide."""
