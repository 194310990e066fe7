"""What a whole collection of an account asks, as data: a listing that nobody asked is a gap, never an empty answer.

The reader holds every account against this table. A listing of a region is expected in each region that the account is seen to
use: one that it may use by its own list of regions, one where another listing was asked, and one where something of it lies. A
service that runs code as a role is expected to be asked where some role trusts it, and what lies inside something where such a
thing is there.

Sources: Amazon EC2 API reference, "DescribeRegions" (``OptInStatus``); the listings are those of `weightguard.estate.aws.listings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from weightguard.estate.calls import CallLog
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.provider import scope_parts


class Where(Enum):
    """Where a listing is asked."""

    ACCOUNT = "account"  # once
    REGIONS = "regions"  # in every region that the account uses
    IN_USE = "in use"  # where a listing of this group was asked: something to protect lies there
    INSIDE = "inside"  # for every record of a kind, which contains what is listed


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing of the plan.

    Attributes:
        service, name: the operation: ``kms`` and ``ListKeys``.
        trusted: services; expected only where a role trusts one of them. Empty: anyway.
        within: the kind of record that contains what is listed, of `Where.INSIDE`.
    """

    service: str
    name: str
    where: Where
    trusted: tuple[str, ...] = ()
    within: str = ""

    @property
    def operation(self) -> str:
        """``service:Operation``, as the tables name it."""
        return f"{self.service}:{self.name}"


def _all(
    where: Where, *operations: str, trusted: tuple[str, ...] = (), within: str = ""
) -> tuple[Listing, ...]:
    named = (operation.partition(":") for operation in operations)
    return tuple(Listing(service, name, where, trusted, within) for service, _, name in named)


def _inside(kind: str, *operations: str) -> tuple[Listing, ...]:
    return _all(Where.INSIDE, *operations, within=kind)


PLAN: Final = (
    *_all(
        Where.ACCOUNT,
        "iam:GetAccountAuthorizationDetails", "iam:ListOpenIDConnectProviders", "iam:ListSAMLProviders", "s3:ListBuckets",
        "ec2:DescribeRegions",
    ),
    *_all(
        Where.REGIONS,
        "s3:ListDirectoryBuckets",
        "kms:ListKeys", "cloudtrail:DescribeTrails", "ec2:DescribeVpcEndpoints", "ec2:DescribeInstances", "ec2:DescribeVolumes",
        "ec2:DescribeSnapshots", "ec2:DescribeImages", "lambda:ListFunctions", "secretsmanager:ListSecrets",
        "ecr:DescribeRepositories", "efs:DescribeFileSystems", "fsx:DescribeFileSystems", "backup:ListBackupVaults",
    ),
    *_all(Where.REGIONS, "ecs:ListClusters", "ecs:ListTaskDefinitions", trusted=("ecs-tasks", "ecs")),
    *_all(
        Where.REGIONS,
        "sagemaker:ListNotebookInstances", "sagemaker:ListModels", "sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs",
        "sagemaker:ListDomains",
        trusted=("sagemaker",),
    ),
    *_all(Where.REGIONS, "codebuild:ListProjects", trusted=("codebuild",)),
    *_all(Where.REGIONS, "glue:GetJobs", "glue:GetDevEndpoints", trusted=("glue",)),
    *_all(
        Where.REGIONS, "cloudformation:DescribeStacks", "cloudformation:ListStackSets", trusted=("cloudformation",)
    ),
    *_all(Where.REGIONS, "apprunner:ListServices", trusted=("apprunner",)),
    *_all(Where.REGIONS, "eks:ListClusters", trusted=("eks",)),
    *_all(Where.REGIONS, "emr:ListClusters", trusted=("elasticmapreduce",)),
    *_all(
        Where.REGIONS, "rolesanywhere:ListTrustAnchors", "rolesanywhere:ListProfiles", trusted=("rolesanywhere",)
    ),
    *_all(
        Where.IN_USE,
        "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeRouteTables",
        "ec2:DescribeFlowLogs", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeTransitGatewayAttachments",
        "guardduty:ListDetectors", "macie2:GetMacieSession", "config:DescribeConfigurationRecorders",
        "accessanalyzer:ListAnalyzers",
    ),
    *_inside("s3.bucket", "s3control:ListAccessPoints"),
    *_inside("ecs.cluster", "ecs:ListServices", "ecs:ListTasks"),
    *_inside(
        "eks.cluster",
        "eks:ListNodegroups", "eks:ListFargateProfiles", "eks:ListPodIdentityAssociations", "eks:ListAccessEntries",
    ),
)  # fmt: skip
READS: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda.function": ("GetPolicy", "GetFunctionUrlConfig"),
    "ecs.task_definition": ("DescribeTaskDefinition",),
    "eks.cluster": ("DescribeCluster",),
    "eks.nodegroup": ("DescribeNodegroup",),
    "eks.fargate_profile": ("DescribeFargateProfile",),
    "eks.pod_identity_association": ("DescribePodIdentityAssociation",),
    "eks.access_entry": ("DescribeAccessEntry", "ListAssociatedAccessPolicies"),
    "emr.cluster": ("DescribeCluster",),
    "sagemaker.notebook_instance": ("DescribeNotebookInstance",),
    "sagemaker.model": ("DescribeModel",),
    "sagemaker.endpoint": ("DescribeEndpoint",),
    "sagemaker.endpoint_config": ("DescribeEndpointConfig",),
    "sagemaker.domain": ("DescribeDomain",),
    "sagemaker.training_job": ("DescribeTrainingJob",),
    "sagemaker.processing_job": ("DescribeProcessingJob",),
    "cloudformation.stack_set": ("DescribeStackSet",),
    "apprunner.service": ("DescribeService",),
    "guardduty.detector": ("GetDetector",),
    "config.configuration_recorder": ("DescribeConfigurationRecorderStatus",),
    "efs.file_system": ("DescribeFileSystemPolicy", "DescribeAccessPoints"),
    "ecr.repository": ("GetRepositoryPolicy",),
    "backup.backup_vault": ("GetBackupVaultAccessPolicy",),
    "sso-admin.permission_set": (
        "DescribePermissionSet", "GetInlinePolicyForPermissionSet", "ListManagedPoliciesInPermissionSet",
        "ListCustomerManagedPolicyReferencesInPermissionSet", "GetPermissionsBoundaryForPermissionSet",
    ),
}  # fmt: skip
"""Kind of record -> the reads made for each such thing, whose answers hold its role and attributes: one that is not there was
not asked. (Kinds whose facts each name their own read need no line: buckets, keys, trails.)"""
REGIONS_SETTING: Final = "ec2.DescribeRegions"
"""The account's setting that holds its list of regions."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the records of an account show of where it is, for the plan to be held against.

    Attributes:
        regions: those that it may use, or in which something of it lies.
        trusted: the services that its roles trust; None: any, for not all roles are known.
        kinds: kind of record -> the regions in which there is one ("" where it says none).
    """

    regions: frozenset[str]
    trusted: frozenset[str] | None
    kinds: Mapping[str, frozenset[str]]


def missing(name: str, calls: CallLog, seen: Seen) -> dict[str, Unknown]:
    """Operation -> why it says too little: it was not asked, or not in some region.

    Args:
        name: the scope, ``aws/111111111111``.
    """
    found: dict[str, Unknown] = {}
    for listing in PLAN:
        service, operation = listing.service, listing.name
        if calls.from_state or not _applies(listing, seen):
            continue
        places = _places(listing, calls, seen)
        unasked = sorted(place for place in places if not calls.asked_in(service, operation, place or None))
        if unasked or (not places and not calls.called(service, operation)):
            everywhere = len(unasked) == len(places) and not calls.called(service, operation)
            part = "" if everywhere else _told(unasked)
            source = Source.asked(*scope_parts(name), service, operation, part)
            found[listing.operation] = Unknown(Reason.NOT_COLLECTED, source)
    return found | _elsewhere(calls, seen, found)


def _elsewhere(calls: CallLog, seen: Seen, found: Mapping[str, Unknown]) -> dict[str, Unknown]:
    """What is listed region by region, where the regions themselves could not be listed: nobody knows where else to ask."""
    hidden = calls.obstacle("ec2", "DescribeRegions")
    if hidden is None:
        return {}
    return {
        listing.operation: hidden
        for listing in PLAN
        if listing.where in (Where.REGIONS, Where.IN_USE)
        and listing.operation not in found
        and _applies(listing, seen)
    }


def _applies(listing: Listing, seen: Seen) -> bool:
    if listing.where is Where.INSIDE:
        return listing.within in seen.kinds
    return not listing.trusted or seen.trusted is None or any_trusted(listing.trusted, seen.trusted)


def _places(listing: Listing, calls: CallLog, seen: Seen) -> frozenset[str]:
    """The regions in which it is expected; none for what has no regions, or where none is known."""
    if listing.where is Where.INSIDE:
        return seen.kinds[listing.within]
    if listing.where is Where.REGIONS:
        return seen.regions | calls.regions_of(_GROUPS[Where.REGIONS])
    return calls.regions_of(_GROUPS[listing.where]) if listing.where is Where.IN_USE else frozenset()


def _told(regions: Iterable[str]) -> str:
    return ", ".join(region for region in regions if region)


_GROUPS: Final[Mapping[Where, frozenset[tuple[str, str]]]] = {
    where: frozenset(
        (listing.service, listing.name) for listing in PLAN if listing.where is where and not listing.trusted
    )
    for where in Where
}


def any_trusted(services: Iterable[str], names: Iterable[str]) -> bool:
    """Whether one of the services is among those that are trusted. ``eks`` stands for ``pods.eks`` too."""
    return any(
        name == service or name.endswith(f".{service}") or name.startswith((f"{service}.", f"{service}-"))
        for service in services
        for name in names
    )


def usable_regions(answer: Any) -> frozenset[str]:
    """The regions that an answer of DescribeRegions lets the account use."""
    listed = answer.get("Regions") if isinstance(answer, Mapping) else None
    return frozenset(
        entry["RegionName"]
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, Mapping)
        and isinstance(entry.get("RegionName"), str)
        and entry.get("OptInStatus") != "not-opted-in"
    )
