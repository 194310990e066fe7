"""Which listing feeds which collection of the estate, and which call tells which fact. Documentation, gaps and tests read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REGIONAL: Final = ("keys", "trails", "endpoints", "workloads", "disk_copies", "secrets")
"""Collections that are listed region by region."""

LISTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "ec2:DescribeRegions": REGIONAL,
    "iam:GetAccountAuthorizationDetails": ("principals",),
    "iam:ListOpenIDConnectProviders": ("federated_providers",),
    "iam:ListSAMLProviders": ("federated_providers",),
    "organizations:DescribeOrganization": ("organisations", "accounts", "stores", "keys"),
    "organizations:ListAccounts": ("accounts",),
    "organizations:ListAccountsForParent": ("accounts",),
    "s3:ListBuckets": ("stores",),
    "s3:ListDirectoryBuckets": ("stores",),
    "s3control:ListAccessPoints": ("access_points",),
    "kms:ListKeys": ("keys",),
    "cloudtrail:DescribeTrails": ("trails",),
    "ec2:DescribeVpcEndpoints": ("endpoints",),
    "ec2:DescribeInstances": ("workloads",),
    "lambda:ListFunctions": ("workloads",),
    "ecs:ListClusters": ("workloads",),
    "ecs:DescribeClusters": ("workloads",),
    "ecs:DescribeServices": ("workloads",),
    "ecs:DescribeTasks": ("workloads",),
    "ecs:ListServices": ("workloads",),
    "ecs:ListTaskDefinitions": ("workloads",),
    "ecs:ListTasks": ("workloads",),
    "ecs:ListContainerInstances": ("workloads",),
    "ec2:DescribeLaunchTemplates": ("workloads",),
    "autoscaling:DescribeAutoScalingGroups": ("workloads",),
    "sagemaker:ListNotebookInstances": ("workloads",),
    "sagemaker:ListModels": ("workloads",),
    "sagemaker:ListTrainingJobs": ("workloads",),
    "sagemaker:ListProcessingJobs": ("workloads",),
    "sagemaker:ListDomains": ("workloads",),
    "sagemaker:ListUserProfiles": ("workloads",),
    "sagemaker:ListEndpoints": ("workloads",),
    "sagemaker:ListEndpointConfigs": ("workloads",),
    "codebuild:ListProjects": ("workloads",),
    "codebuild:BatchGetProjects": ("workloads",),
    "codepipeline:ListPipelines": ("workloads",),
    "cloudformation:DescribeStacks": ("workloads",),
    "cloudformation:ListStacks": ("workloads",),
    "cloudformation:ListStackSets": ("workloads",),
    "glue:GetJobs": ("workloads",),
    "glue:GetDevEndpoints": ("workloads",),
    "apprunner:ListServices": ("workloads",),
    "bedrock-agentcore-control:ListCodeInterpreters": ("workloads",),
    "bedrock-agentcore-control:ListAgentRuntimes": ("workloads",),
    "bedrock-agent:ListAgents": ("workloads",),
    "bedrock:ListModelCustomizationJobs": ("workloads",),
    "batch:DescribeJobDefinitions": ("workloads",),
    "batch:DescribeComputeEnvironments": ("workloads",),
    "emr:ListClusters": ("workloads",),
    "datapipeline:ListPipelines": ("workloads",),
    "eks:ListClusters": ("workloads",),
    "eks:ListPodIdentityAssociations": ("workloads",),
    "stepfunctions:ListStateMachines": ("workloads",),
    "datasync:ListTasks": ("workloads",),
    "rolesanywhere:ListProfiles": ("workloads",),
    "eks:ListNodegroups": ("workloads",),
    "eks:ListFargateProfiles": ("workloads",),
    "ec2:DescribeSnapshots": ("disk_copies",),
    "ec2:DescribeImages": ("disk_copies",),
    "ec2:DescribeVolumes": ("disk_copies",),
    "backup:ListRecoveryPointsByBackupVault": ("disk_copies",),
    "secretsmanager:ListSecrets": ("secrets",),
    "ssm:DescribeParameters": ("secrets",),
}  # fmt: skip
"""Listing operation -> collections of `Estate` that are incomplete without it. ``access_points`` is a collection of each store."""

RESOURCES: Final[Mapping[str, str]] = {
    "accessanalyzer:ListAnalyzers": "accessanalyzer.analyzer",
    "backup:ListBackupVaults": "backup.backup_vault",
    "config:DescribeConfigurationRecorders": "config.configuration_recorder",
    "dynamodb:ListTables": "dynamodb.table",
    "ec2:DescribeFlowLogs": "ec2.flow_log",
    "ec2:DescribeInternetGateways": "ec2.internet_gateway",
    "ec2:DescribeNatGateways": "ec2.nat_gateway",
    "ec2:DescribeNetworkAcls": "ec2.network_acl",
    "ec2:DescribeNetworkInterfaces": "ec2.network_interface",
    "ec2:DescribeRouteTables": "ec2.route_table",
    "ec2:DescribeSecurityGroups": "ec2.security_group",
    "ec2:DescribeSubnets": "ec2.subnet",
    "ec2:DescribeTransitGatewayAttachments": "ec2.transit_gateway_attachment",
    "ec2:DescribeVpcPeeringConnections": "ec2.vpc_peering_connection",
    "ec2:DescribeVpcs": "ec2.vpc",
    "ecr:DescribeRepositories": "ecr.repository",
    "efs:DescribeFileSystems": "efs.file_system",
    "eks:ListAccessEntries": "eks.access_entry",
    "fsx:DescribeFileSystems": "fsx.file_system",
    "guardduty:ListDetectors": "guardduty.detector",
    "iam:ListInstanceProfiles": "iam.instance_profile",
    "lambda:ListEventSourceMappings": "lambda.event_source_mapping",
    "logs:DescribeLogGroups": "logs.log_group",
    "macie2:GetMacieSession": "macie2.session",
    "rolesanywhere:ListTrustAnchors": "rolesanywhere.trust_anchor",
    "s3control:ListAccessGrants": "s3control.access_grant",
    "s3control:ListAccessGrantsLocations": "s3control.access_grants_location",
    "s3control:ListMultiRegionAccessPoints": "s3control.multi_region_access_point",
    "sns:ListTopics": "sns.topic",
    "sqs:ListQueues": "sqs.queue",
    "sso-admin:ListAccountAssignments": "sso-admin.account_assignment",
    "sso-admin:ListPermissionSets": "sso-admin.permission_set",
}
"""Listing operation -> the kind of `Estate.resources` that it feeds."""
RESOURCE_LISTINGS: Final[Mapping[tuple[str, str], str]] = {
    (service, name): kind for call, kind in RESOURCES.items() for service, _, name in [call.partition(":")]
}
"""The same by service and operation."""


def feeds(operation: str) -> tuple[str, ...]:
    """The collections, or the kind of resource, that a listing feeds; a read made for one thing feeds none."""
    kind = RESOURCES.get(operation)
    return LISTINGS.get(operation, ()) if kind is None else (kind,)


SWITCHED_ELSEWHERE: Final = frozenset(
    {"accessanalyzer.analyzer", "config.configuration_recorder", "guardduty.detector", "macie2.session"}
)
"""Kinds that an organisation's administrator commonly switches on from another account: a state without them proves nothing."""

FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "account.guardrails": (
        "organizations:DescribeOrganization", "organizations:ListRoots", "organizations:ListParents", "organizations:ListPolicies",
        "organizations:DescribePolicy", "organizations:ListTargetsForPolicy",
    ),
    "account.resource_guardrails": (
        "organizations:DescribeOrganization", "organizations:ListRoots", "organizations:ListParents", "organizations:ListPolicies",
        "organizations:DescribePolicy", "organizations:ListTargetsForPolicy",
    ),
    "account.public_access": ("s3control:GetPublicAccessBlock",),
    "account.public_access_block": ("s3control:GetPublicAccessBlock",),
    "account.root_mfa": ("iam:GetAccountSummary", "iam:GetCredentialReport"),
    "account.root_access_keys": ("iam:GetAccountSummary", "iam:GetCredentialReport"),
    "account.password_policy": ("iam:GetAccountPasswordPolicy",),
    "principal.groups": ("iam:GetAccountAuthorizationDetails",),
    "principal.policies": ("iam:GetAccountAuthorizationDetails",),
    "principal.boundary": ("iam:GetAccountAuthorizationDetails",),
    "principal.trust": ("iam:GetAccountAuthorizationDetails",),
    "principal.tags": ("iam:GetAccountAuthorizationDetails",),
    "principal.last_used": ("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport"),
    "principal.console_password": ("iam:GetCredentialReport",),
    "principal.mfa_active": ("iam:GetCredentialReport",),
    "principal.credentials": ("iam:ListAccessKeys", "iam:GetCredentialReport"),
    "federated_provider.issuer": ("iam:GetOpenIDConnectProvider",),
    "federated_provider.audiences": ("iam:GetOpenIDConnectProvider",),
    "store.public_access": ("s3:GetPublicAccessBlock",),
    "store.public_access_block": ("s3:GetPublicAccessBlock",),
    "store.policy": ("s3:GetBucketPolicy",),
    "store.object_lists": ("s3:GetBucketOwnershipControls",),
    "store.acl": ("s3:GetBucketAcl",),
    "store.encryption": ("s3:GetBucketEncryption",),
    "store.versioning": ("s3:GetBucketVersioning",),
    "store.retention": ("s3:GetObjectLockConfiguration",),
    "store.replicas": ("s3:GetBucketReplication",),
    "store.log_store": ("s3:GetBucketLogging",),
    "store.lifecycle": ("s3:GetBucketLifecycleConfiguration",),
    "store.tags": ("s3:GetBucketTagging",),
    "store.contents": ("s3:ListObjectsV2", "s3:ListObjectVersions", "s3:GetObject"),
    "store.wrapped": ("s3:ListObjectsV2", "s3:ListObjectVersions", "s3:GetObject"),
    "access_point.network_origin": ("s3control:ListAccessPoints", "s3control:GetAccessPoint"),
    "access_point.vpc": ("s3control:GetAccessPoint",),
    "access_point.public_access_block": ("s3control:GetAccessPoint",),
    "access_point.policy": ("s3control:GetAccessPointPolicy",),
    "key.aliases": ("kms:ListAliases",),
    "key.customer_managed": ("kms:DescribeKey",),
    "key.state": ("kms:DescribeKey",),
    "key.material": ("kms:DescribeKey",),
    "key.other_regions": ("kms:DescribeKey",),
    "key.deletion_date": ("kms:DescribeKey",),
    "key.rotation": ("kms:GetKeyRotationStatus",),
    "key.policy": ("kms:GetKeyPolicy",),
    "key.grants": ("kms:ListGrants",),
    "key.tags": ("kms:ListResourceTags",),
    "trail.logging": ("cloudtrail:GetTrailStatus",),
    "trail.records": ("cloudtrail:GetEventSelectors",),
    "endpoint.policy": ("ec2:DescribeVpcEndpoints",),
}  # fmt: skip
"""Fact, as evidence names it -> the operations that tell it."""
