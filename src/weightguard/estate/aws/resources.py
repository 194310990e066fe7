"""Everything else that bears on weights, as data: which fields of which resources, by the provider's own names.

A kind that is not listed here is still read: it keeps its name, tags and policy, and its whole listing entry as attributes.

Source: the API reference of each service, under the operation that describes the resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.estate.aws.copies import COPIES, SECRETS
from weightguard.estate.aws.scope import Scope, last_name, region_of
from weightguard.estate.aws.settings import is_setting
from weightguard.estate.aws.workload_kinds import KINDS as WORKLOADS
from weightguard.estate.aws.workloads import tags_of
from weightguard.estate.evidence import Record, attribute, data_of, listing_source, read, views
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import NamedPolicy, Resource
from weightguard.estate.shape import find, text_or_none


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """Where a kind of resource keeps its resource policy, its name and the fields that answers alone hold.

    Attributes:
        policy: the read and path of its resource policy; None: the kind has none.
        name: paths of its name, first found wins.
        arn: the ARN of a resource that its service names by a bare id.
        attributes: fields of answers (those of the listing entry are all taken anyway).
        whole: reads whose answer is an attribute as a whole, by the operation's name.
    """

    policy: tuple[str, str] | None = None
    name: tuple[str, ...] = ("Name", "name")
    arn: str = ""
    attributes: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


def _ec2(resource: str, *attributes: str, whole: tuple[str, ...] = ()) -> ResourceKind:
    arn = f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/{{id}}"
    return ResourceKind(arn=arn, attributes=attributes, whole=whole)


KINDS: Final[Mapping[str, ResourceKind]] = {
    "ecr.repository": ResourceKind(
        ("GetRepositoryPolicy", "policyText"), ("repositoryName",), whole=("GetLifecyclePolicy",)
    ),
    "efs.file_system": ResourceKind(
        ("DescribeFileSystemPolicy", "Policy"),
        whole=("DescribeMountTargets", "DescribeAccessPoints", "DescribeBackupPolicy"),
    ),
    "fsx.file_system": ResourceKind(name=("FileSystemId",)),
    "backup.backup_vault": ResourceKind(
        ("GetBackupVaultAccessPolicy", "Policy"),
        ("BackupVaultName",),
        attributes=("Locked", "EncryptionKeyArn"),
    ),
    "ec2.vpc": _ec2("vpc", "CidrBlock", "IsDefault", whole=("DescribeVpcAttribute",)),
    "ec2.subnet": _ec2("subnet", "VpcId", "MapPublicIpOnLaunch"),
    "ec2.security_group": _ec2("security-group", "VpcId", "IpPermissions", "IpPermissionsEgress"),
    "ec2.route_table": _ec2("route-table", "VpcId", "Routes", "Associations"),
    "ec2.internet_gateway": _ec2("internet-gateway", "Attachments"),
    "ec2.nat_gateway": _ec2("natgateway", "VpcId", "State"),
    "ec2.flow_log": _ec2("vpc-flow-log", "ResourceId", "FlowLogStatus", "TrafficType"),
    "ec2.network_interface": _ec2("network-interface", "VpcId", "Association.PublicIp"),
    "ec2.network_acl": _ec2("network-acl", "VpcId", "Entries"),
    "guardduty.detector": ResourceKind(
        attributes=("Status", "Features", "DataSources", "FindingPublishingFrequency")
    ),
    "macie2.session": ResourceKind(attributes=("status", "findingPublishingFrequency")),
    "config.configuration_recorder": ResourceKind(
        attributes=("recordingGroup",), whole=("DescribeConfigurationRecorderStatus",)
    ),
    "accessanalyzer.analyzer": ResourceKind(attributes=("status", "type")),
    "sso-admin.permission_set": ResourceKind(
        attributes=("InlinePolicy", "AttachedManagedPolicies", "SessionDuration", "PermissionsBoundary"),
        whole=(
            "ListManagedPoliciesInPermissionSet",
            "ListCustomerManagedPolicyReferencesInPermissionSet",
            "ListAccountAssignments",
        ),
    ),
    "sso-admin.account_assignment": ResourceKind(
        attributes=("PrincipalId", "PrincipalType", "PermissionSetArn", "TargetId")
    ),
    "rolesanywhere.trust_anchor": ResourceKind(attributes=("enabled", "source.sourceType")),
    "eks.access_entry": ResourceKind(
        attributes=("clusterName", "principalArn", "kubernetesGroups", "type"),
        whole=("ListAssociatedAccessPolicies",),
    ),
    "dynamodb.table": ResourceKind(("GetResourcePolicy", "Policy"), ("TableName",)),
    "sns.topic": ResourceKind(
        ("GetTopicAttributes", "Attributes.Policy"), ("TopicName",), whole=("GetTopicAttributes",)
    ),
    "sqs.queue": ResourceKind(("GetQueueAttributes", "Attributes.Policy"), whole=("GetQueueAttributes",)),
    "s3control.access_grant": ResourceKind(
        attributes=("Grantee", "GrantScope", "Permission", "AccessGrantsLocationId")
    ),
    "s3control.access_grants_instance": ResourceKind(("GetAccessGrantsInstanceResourcePolicy", "Policy")),
    "s3control.access_grants_location": ResourceKind(attributes=("IAMRoleArn", "LocationScope")),
    "iam.instance_profile": ResourceKind(name=("InstanceProfileName",), attributes=("Roles",)),
    "cloudtrail.event_data_store": ResourceKind(),
    "logs.log_group": ResourceKind(name=("logGroupName",), attributes=("retentionInDays", "kmsKeyId")),
}

ELSEWHERE: Final = frozenset(
    {
        "iam.user",
        "iam.group",
        "iam.role",
        "iam.policy",
        "iam.credential",
        "iam.access_key",
        "iam.oidc_provider",
        "iam.saml_provider",
        "iam.account_summary",
        "iam.password_policy",
        "iam.account_alias",
        "sts.identity",
        "s3.bucket",
        "s3control.account",
        "s3control.access_point",
        "kms.key",
        "kms.alias",
        "cloudtrail.trail",
        "ec2.vpc_endpoint",
        "organizations.organization",
        "organizations.root",
        "organizations.ou",
        "organizations.account",
        "organizations.policy",
        *WORKLOADS,
        *COPIES,
        *SECRETS,
    }
)
"""Kinds with a class of their own in the model."""

OTHERS: Final = frozenset(
    {
        "ec2.transit_gateway_attachment",
        "ec2.vpc_peering_connection",
        "lambda.event_source_mapping",
        "s3control.multi_region_access_point",
        "sagemaker.model_package_group",
        "ssm.activation",
        "ssm.document",
    }
)
"""Kinds of which the listing entry is all that there is to read."""


def is_known(kind: str) -> bool:
    """Whether a reader knows what records of this kind tell."""
    return kind in KINDS or kind in ELSEWHERE or kind in OTHERS or is_setting(kind)


def unread_kinds(scope: Scope) -> list[Unknown]:
    """A gap for each kind of record in the account that no reader knows; its source names what listed it."""
    unknown = sorted(kind for kind in scope.kinds if not is_known(kind))
    return [Unknown(Reason.NOT_READ, scope.listed_by[kind]) for kind in unknown]


DEFAULT: Final = ResourceKind()


def resources(scope: Scope, records: Iterable[Record]) -> list[Resource]:
    """The resources among the records of one service's file that have no class of their own in the model."""
    return [
        _resource(scope, record)
        for record in records
        if record.kind not in ELSEWHERE and not is_setting(record.kind)
    ]


def _resource(scope: Scope, record: Record) -> Resource:
    shape = KINDS.get(record.kind, DEFAULT)
    identifier = record.id
    if shape.arn and not identifier.startswith("arn:"):
        identifier = shape.arn.format(
            partition=scope.partition, region=record.region or "", account=scope.account, id=record.id
        )
    return Resource(
        id=identifier,
        provider="aws",
        account=scope.account,
        region=region_of(record, identifier),
        kind=record.kind,
        name=_name(record, shape),
        policy=_policy(scope, record, shape, identifier),
        tags=tags_of(record),
        attributes=_attributes(record, shape),
    )


def _name(record: Record, shape: ResourceKind) -> str:
    for path in shape.name:
        for _, view in views(record):
            found = text_or_none(find(view, path))
            if found is not None:
                return found
    return last_name(record.id)


def _policy(scope: Scope, record: Record, shape: ResourceKind, identifier: str) -> Fact[NamedPolicy | None]:
    if shape.policy is None:
        return Known(None, listing_source(record))
    operation, path = shape.policy
    return scope.policy_read(record, operation, path, owner=identifier, name="resource policy")


def _attributes(record: Record, shape: ResourceKind) -> Mapping[str, Fact[Any]]:
    source = listing_source(record)
    found: dict[str, Fact[Any]] = {str(key): Known(value, source) for key, value in data_of(record).items()}
    for path in shape.attributes:
        if path not in found:
            found[path] = attribute(record, path)
    for operation in sorted({*shape.whole, *record.reads}):
        found[operation] = _answered(record, operation)
    return found


def _answered(record: Record, operation: str) -> Fact[Any]:
    return read(record, operation, lambda answer: answer, absent=None)
