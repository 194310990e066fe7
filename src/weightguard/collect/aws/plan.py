"""What is read where: everywhere, where a role makes it possible, and where there is something to protect.

A call in every region of every account for every service would be thousands that find nothing. A service that runs code as a
role of the account needs a role that trusts it; where no role does, there is nothing of it to find. What watches and bounds a
region is asked about where the account has something in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weightguard.collect.aws.resource import Reader
from weightguard.collect.aws.services import (
    awslambda,
    cloudtrail,
    delivery,
    ec2,
    ecs,
    eks,
    emr,
    kms,
    networks,
    rolesanywhere,
    s3,
    sagemaker,
    sso_admin,
    storage,
    watching,
)
from weightguard.collect.aws.trust import Trusted
from weightguard.collect.calls.operation import Operation
from weightguard.collect.ways import unknown_name


@dataclass(frozen=True, slots=True)
class Part:
    """A unit of work of every region that it applies to.

    Attributes:
        name: its name within a region.
        operation: the listing that a gap is named by.
        read: makes the calls.
        optional: whether `AwsOptions.services` may leave it out, by the operation's service.
        trusted: service principals; read only where a role trusts one of them. Empty: read anyway.
    """

    name: str
    operation: Operation
    read: Reader
    optional: bool = True
    trusted: tuple[str, ...] = ()


EVERYWHERE = (
    Part("directory_buckets", s3.LIST_DIRECTORY_BUCKETS, s3.read_directory_buckets, optional=False),
    Part("kms", kms.LIST_KEYS, kms.units, optional=False),
    Part("cloudtrail", cloudtrail.DESCRIBE_TRAILS, cloudtrail.units, optional=False),
    Part("endpoints", ec2.DESCRIBE_VPC_ENDPOINTS, ec2.read_endpoints, optional=False),
    Part("instances", ec2.INSTANCES, ec2.read_instances, optional=False),
    Part("disks", ec2.SNAPSHOTS, ec2.read_disks, optional=False),
    Part("lambda", awslambda.LIST_FUNCTIONS, awslambda.read),
    Part("efs", storage.EFS_FILE_SYSTEMS, storage.read_efs),
    Part("fsx", storage.FSX_FILE_SYSTEMS, storage.read_fsx),
    Part("ecr", storage.REPOSITORIES, storage.read_ecr),
    Part("backup", storage.VAULTS, storage.read_backup),
    Part("secretsmanager", storage.SECRETS, storage.read_secrets),
)
BY_ROLE = (
    Part("ecs", ecs.LIST_CLUSTERS, ecs.read, trusted=("ecs-tasks", "ecs")),
    Part("sagemaker", sagemaker.NOTEBOOKS, sagemaker.read, trusted=("sagemaker",)),
    Part("codebuild", delivery.PROJECTS, delivery.read_codebuild, trusted=("codebuild",)),
    Part("glue", delivery.JOBS, delivery.read_glue, trusted=("glue",)),
    Part("cloudformation", delivery.STACKS, delivery.read_cloudformation, trusted=("cloudformation",)),
    Part("apprunner", delivery.SERVICES, delivery.read_apprunner, trusted=("apprunner",)),
    Part("eks", eks.CLUSTERS, eks.read, trusted=("eks",)),
    Part("emr", emr.CLUSTERS, emr.read, trusted=("elasticmapreduce",)),
    Part("rolesanywhere", rolesanywhere.TRUST_ANCHORS, rolesanywhere.read, trusted=("rolesanywhere",)),
)
IN_USE = (
    Part("networks", networks.VPCS, networks.read_networks, optional=False),
    Part("defaults", networks.SNAPSHOT_BLOCK, networks.read_defaults, optional=False),
    Part("guardduty", watching.DETECTORS, watching.read_guardduty),
    Part("macie2", watching.MACIE, watching.read_macie),
    Part("config", watching.RECORDERS, watching.read_config),
    Part("accessanalyzer", watching.ANALYZERS, watching.read_analyzers),
)
MANAGEMENT = Part("sso-admin", sso_admin.INSTANCES, sso_admin.read)
OPTIONAL = frozenset(
    part.operation.service for part in (*EVERYWHERE, *BY_ROLE, *IN_USE, MANAGEMENT) if part.optional
)
"""Services that `AwsOptions.services` chooses from."""


def check_services(services: Iterable[str] | None) -> None:
    """Refuse the name of a service that is not optional or not known.

    Raises:
        InputError: naming it.
    """
    for name in services or ():
        if name not in OPTIONAL:
            raise unknown_name(f"there is no optional service {name!r}", name, OPTIONAL)


def chosen(
    parts: Iterable[Part], services: tuple[str, ...] | None, trusted: Trusted | None = None
) -> Iterator[Part]:
    """The parts to read.

    Args:
        services: the optional services that were asked for, which are then read whether a role trusts them or not; None: all.
        trusted: the services that roles of the account trust.
    """
    for part in parts:
        wanted = services is None or part.operation.service in services
        if part.optional and not wanted:
            continue
        if services is None and part.trusted and trusted is not None and not trusted.any_of(part.trusted):
            continue
        yield part
