"""Valid exports: answers of GetAccountAuthorizationDetails, Terraform states."""

from __future__ import annotations

import json
from typing import Any

from case_seeds import POLICY

_USER: dict[str, Any] = {
    "UserName": "ada",
    "Path": "/",
    "UserId": "AIDA",
    "Arn": "arn:aws:iam::111111111111:user/ada",
    "CreateDate": "2026-01-01T00:00:00Z",
    "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": POLICY}],
    "GroupList": ["g"],
    "AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::111111111111:policy/p"}],
    "Tags": [{"Key": "a", "Value": "b"}],
}
_ROLE: dict[str, Any] = {
    "RoleName": "r",
    "Path": "/",
    "RoleId": "AROA",
    "Arn": "arn:aws:iam::111111111111:role/r",
    "CreateDate": "2026-01-01T00:00:00Z",
    "AssumeRolePolicyDocument": POLICY,
    "RolePolicyList": [],
    "AttachedManagedPolicies": [],
    "InstanceProfileList": [],
    "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111111111111:policy/p"},
    "MaxSessionDuration": 3600,
}
_MANAGED: dict[str, Any] = {
    "PolicyName": "p",
    "PolicyId": "ANPA",
    "Arn": "arn:aws:iam::111111111111:policy/p",
    "Path": "/",
    "DefaultVersionId": "v1",
    "AttachmentCount": 1,
    "PolicyVersionList": [
        {"VersionId": "v1", "IsDefaultVersion": True, "Document": "%7B%22Version%22%3A1%7D"}
    ],
}
GAAD: dict[str, Any] = {
    "UserDetailList": [_USER],
    "GroupDetailList": [
        {"GroupName": "g", "Arn": "arn:aws:iam::111111111111:group/g", "GroupPolicyList": []}
    ],
    "RoleDetailList": [_ROLE],
    "Policies": [_MANAGED],
    "IsTruncated": False,
}


def _resource(kind: str, **values: Any) -> dict[str, Any]:
    return {
        "address": f"{kind}.a",
        "mode": "managed",
        "type": kind,
        "name": "a",
        "provider_name": "aws",
        "values": values,
    }


_RESOURCES = [
    _resource(
        "aws_s3_bucket",
        bucket="a",
        arn="arn:aws:s3:::a",
        id="a",
        region="eu-west-1",
        tags={"k": "v"},
        versioning=[{"enabled": True}],
    ),
    _resource("aws_s3_bucket_policy", bucket="a", policy=json.dumps(POLICY)),
    _resource("aws_s3_object", bucket="a", key="m/model.safetensors", content_length=10),
    _resource(
        "aws_iam_role",
        name="r",
        arn="arn:aws:iam::111111111111:role/r",
        assume_role_policy=json.dumps(POLICY),
        inline_policy=[],
    ),
    _resource("aws_iam_role_policy", role="r", name="p", policy=json.dumps(POLICY)),
    _resource("aws_iam_policy", arn="arn:aws:iam::111111111111:policy/p", policy=json.dumps(POLICY)),
    _resource(
        "aws_kms_key",
        arn="arn:aws:kms:eu-west-1:111111111111:key/k",
        key_id="k",
        policy=json.dumps(POLICY),
        multi_region=False,
    ),
    _resource(
        "aws_security_group",
        id="sg-1",
        egress=[{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}],
    ),
    _resource(
        "aws_instance",
        id="i-1",
        arn="arn:aws:ec2:eu-west-1:111111111111:instance/i-1",
        iam_instance_profile="p",
        metadata_options=[{}],
    ),
    _resource(
        "aws_lambda_function",
        function_name="f",
        arn="arn:aws:lambda:eu-west-1:111111111111:function:f",
        role="r",
        environment=[],
    ),
    _resource(
        "aws_cloudtrail",
        arn="arn:aws:cloudtrail:eu-west-1:111111111111:trail/t",
        event_selector=[{"read_write_type": "All"}],
    ),
    _resource(
        "azapi_resource",
        id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m",
        type="Microsoft.Compute/virtualMachines@2024-07-01",
        body='{"properties": {"osProfile": {"computerName": "m"}}}',
    ),
    _resource(
        "azuread_group",
        object_id="g",
        members=["p"],
        dynamic_membership=[{"rule": "user.department -eq 'x'"}],
    ),
    _resource(
        "azurerm_role_assignment",
        id="/a/roleAssignments/1",
        scope="/",
        principal_id="p",
        role_definition_id="r",
    ),
    _resource(
        "azurerm_subscription_policy_assignment",
        id="/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/a",
        subscription_id="/subscriptions/s",
        policy_definition_id="/providers/Microsoft.Authorization/policyDefinitions/d",
        parameters='{"effect": {"value": "Deny"}}',
        enforce=True,
    ),
    _resource(
        "azurerm_virtual_network",
        id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n",
        subnet=[
            {
                "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/a"
            }
        ],
    ),
    _resource(
        "azurerm_network_security_group",
        id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n",
        security_rule=[{"name": "r", "priority": 100, "destination_port_ranges": ["22"]}],
    ),
    _resource("google_storage_bucket", name="g"),
]
STATE: dict[str, Any] = {
    "format_version": "1.0",
    "terraform_version": "1.9.0",
    "values": {
        "root_module": {
            "resources": _RESOURCES,
            "child_modules": [{"address": "module.m", "resources": _RESOURCES[:2]}],
        }
    },
}
RAW_STATE: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.9.0",
    "serial": 1,
    "resources": [
        {"mode": one["mode"], "type": one["type"], "name": "a", "instances": [{"attributes": one["values"]}]}
        for one in _RESOURCES
    ],
}

_AZURE = "/subscriptions/20000000-0000-0000-0000-000000000002"
_ACCOUNT = f"{_AZURE}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
RESOURCE_GRAPH: dict[str, Any] = {
    "data": [
        {
            "id": _AZURE,
            "type": "microsoft.resources/subscriptions",
            "tenantId": "t",
            "properties": {"managementGroupAncestorsChain": [{}]},
        },
        {
            "id": _ACCOUNT,
            "type": "microsoft.storage/storageaccounts",
            "location": "westeurope",
            "tenantId": "t",
            "properties": {
                "networkAcls": {"ipRules": [{"value": "203.0.113.0/24"}]},
                "primaryEndpoints": {"blob": "https://a"},
            },
        },
        {
            "id": f"{_ACCOUNT}/blobServices/default/containers/c",
            "type": "microsoft.storage/storageaccounts/blobservices/containers",
            "properties": {"publicAccess": "Blob", "legalHold": {"tags": []}},
        },
        {
            "id": f"{_ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/1",
            "type": "microsoft.authorization/roleassignments",
            "properties": {
                "principalId": "p",
                "roleDefinitionId": "r",
                "scope": _ACCOUNT,
                "condition": "@Resource[a] StringEquals 'b'",
            },
        },
    ],
    "count": 4,
    "totalRecords": 4,
}
GRAPH_PAGE: dict[str, Any] = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups(id,members())",
    "value": [{"id": "g", "members": [{"@odata.type": "#microsoft.graph.user", "id": "p"}]}],
}
HOUND: dict[str, Any] = {
    "meta": {"type": "azure"},
    "data": [
        {"kind": "AZGroupMember", "data": {"groupId": "G", "members": [{"member": {"id": "P"}}]}},
        {
            "kind": "AZRoleAssignment",
            "data": {"roleDefinitionId": "62e90394", "roleAssignments": [{"id": "1", "principalId": "P"}]},
        },
    ],
}


_ABOVE = ["projects/7", "folders/8", "organizations/9"]
_ASSET: dict[str, Any] = {
    "name": "//storage.googleapis.com/weights",
    "asset_type": "storage.googleapis.com/Bucket",
    "ancestors": _ABOVE,
    "resource": {
        "data": {
            "projectNumber": "7",
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}},
            "acl": [{"entity": "allUsers", "role": "READER"}],
            "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 3}}]},
        },
        "location": "us",
    },
    "iam_policy": {
        "bindings": [
            {
                "role": "roles/storage.objectViewer",
                "members": ["user:ada@example.com", "group:g@example.com"],
                "condition": {"expression": "resource.name.startsWith('projects/_/buckets/weights')"},
            }
        ]
    },
}
_PROJECT: dict[str, Any] = {
    "name": "//cloudresourcemanager.googleapis.com/projects/7",
    "asset_type": "cloudresourcemanager.googleapis.com/Project",
    "ancestors": _ABOVE,
    "resource": {"data": {"projectId": "p", "projectNumber": "7"}},
    "iam_policy": {"bindings": [{"role": "roles/owner", "members": ["user:eve@example.com"]}]},
    "org_policy": [
        {"constraint": "constraints/storage.publicAccessPrevention", "boolean_policy": {"enforced": True}}
    ],
}
ASSETS: list[list[dict[str, Any]]] = [
    [_ASSET, _PROJECT],
    [
        {"group": "g@example.com", "members": ["user:bob@example.com"]},
        {
            "name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fp/denypolicies/d",
            "kind": "DenyPolicy",
            "rules": [
                {
                    "denyRule": {
                        "deniedPrincipals": ["principalSet://goog/public:all"],
                        "deniedPermissions": ["a.b/c.d"],
                    }
                }
            ],
        },
        {
            "name": "organizations/9/locations/global/policyBindings/b",
            "policy": "organizations/9/locations/global/principalAccessBoundaryPolicies/p",
            "target": {"principalSet": "//cloudresourcemanager.googleapis.com/organizations/9"},
        },
    ],
]
GOOGLE_STATE: dict[str, Any] = {
    "format_version": "1.0",
    "terraform_version": "1.9.0",
    "values": {
        "root_module": {
            "resources": [
                _resource("google_project", project_id="p", number="7", folder_id="8"),
                _resource("google_folder", name="folders/8", parent="organizations/9"),
                _resource(
                    "google_storage_bucket",
                    name="weights",
                    project="p",
                    lifecycle_rule=[{"condition": [{"age": 3}]}],
                ),
                _resource(
                    "google_storage_bucket_iam_binding",
                    bucket="b/weights",
                    role="roles/storage.objectViewer",
                    members=["user:ada@example.com"],
                    condition=[{"title": "c", "expression": "true"}],
                ),
                _resource("google_project_iam_policy", project="p", policy_data='{"bindings": []}'),
                _resource("google_storage_bucket_acl", bucket="weights", role_entity=["READER:allUsers"]),
                _resource(
                    "google_iam_deny_policy",
                    parent="cloudresourcemanager.googleapis.com%2Fprojects%2Fp",
                    name="d",
                    rules=[{"deny_rule": [{"denied_principals": ["principalSet://goog/public:all"]}]}],
                ),
                _resource(
                    "google_project_organization_policy",
                    project="p",
                    constraint="a.b",
                    list_policy=[{"deny": [{"all": True}]}],
                ),
                _resource(
                    "google_container_cluster",
                    project="p",
                    location="l",
                    name="c",
                    node_config=[{"service_account": "a@b"}],
                ),
            ]
        }
    },
}
