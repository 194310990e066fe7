"""EC2: the regions of the account, VPC endpoints, instances with their roles, and disks with their copies."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.resource import Read, Resource, ec2_id, reader
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation

DESCRIBE_REGIONS = Operation(
    service="ec2",
    name="DescribeRegions",
    permissions=("ec2:DescribeRegions",),
    hides="regions where weights, keys and workloads may lie unseen",
    required=("Regions",),
    entries=("Regions",),
    identity=("RegionName",),
    keeps=("Regions.RegionName", "Regions.OptInStatus"),
)


def _listing(name: str, member: str, hides: str, *, keeps: tuple[str, ...] = ()) -> Operation:
    return Operation(
        "ec2", name, (f"ec2:{name}",), hides, required=(member,), paged=True, page_size=1000, keeps=keeps
    )


DESCRIBE_VPC_ENDPOINTS = _listing(
    "DescribeVpcEndpoints",
    "VpcEndpoints",
    "network doors to storage, and endpoint policies that let weights leave through them",
    keeps=("VpcEndpointId", "VpcId", "ServiceName", "VpcEndpointType", "State", "PolicyDocument", "Tags.*"),
)
INSTANCES = _listing(
    "DescribeInstances",
    "Reservations",
    "hosts that hold a role that reads weights",
    keeps=(
        "InstanceId",
        "State.Name",
        "IamInstanceProfile.Arn",
        "ImageId",
        "InstanceType",
        "KeyName",
        "VpcId",
        "SubnetId",
        "SecurityGroups.GroupId",
        "PublicIpAddress",
        "Platform",
        "BlockDeviceMappings.DeviceName",
        "BlockDeviceMappings.Ebs.VolumeId",
        "BlockDeviceMappings.Ebs.DeleteOnTermination",
        "BootMode",
        "CurrentInstanceBootMode",
        "TpmSupport",
        "CpuOptions.AmdSevSnp",
        "EnclaveOptions.Enabled",
        "Placement.Tenancy",
        "Placement.HostId",
        "MetadataOptions.HttpEndpoint",
        "MetadataOptions.HttpTokens",
        "MetadataOptions.HttpPutResponseHopLimit",
        "MetadataOptions.InstanceMetadataTags",
        "Monitoring.State",
        "Tags.*",
    ),
)
VOLUMES = _listing(
    "DescribeVolumes",
    "Volumes",
    "disks that hold weights, and are not encrypted",
    keeps=("VolumeId", "Encrypted", "KmsKeyId", "Tags.*"),
)
SNAPSHOTS = _listing(
    "DescribeSnapshots",
    "Snapshots",
    "copies of disks that hold weights",
    keeps=("SnapshotId", "Encrypted", "KmsKeyId", "Tags.*"),
)
IMAGES = _listing(
    "DescribeImages",
    "Images",
    "machine images that carry weights",
    keeps=(
        "ImageId",
        "Public",
        "BlockDeviceMappings.Ebs.Encrypted",
        "BlockDeviceMappings.Ebs.KmsKeyId",
        "BlockDeviceMappings.Ebs.SnapshotId",
        "Tags.*",
    ),
)
SNAPSHOT_ATTRIBUTE = Operation(
    service="ec2",
    name="DescribeSnapshotAttribute",
    permissions=("ec2:DescribeSnapshotAttribute",),
    hides="accounts, or everybody, that a snapshot is shared with",
    required=("CreateVolumePermissions",),
    keeps=("CreateVolumePermissions.Group", "CreateVolumePermissions.UserId"),
)
IMAGE_ATTRIBUTE = Operation(
    service="ec2",
    name="DescribeImageAttribute",
    permissions=("ec2:DescribeImageAttribute",),
    hides="accounts, or everybody, that an image is shared with",
    required=("LaunchPermissions",),
    keeps=(
        "LaunchPermissions.Group",
        "LaunchPermissions.UserId",
        "LaunchPermissions.OrganizationArn",
        "LaunchPermissions.OrganizationalUnitArn",
    ),
)
OPERATIONS = (
    DESCRIBE_REGIONS,
    DESCRIBE_VPC_ENDPOINTS,
    INSTANCES,
    VOLUMES,
    SNAPSHOTS,
    SNAPSHOT_ATTRIBUTE,
    IMAGES,
    IMAGE_ATTRIBUTE,
)
# The owner's id beside "self": a snapshot that an emulator or an administrator's view adds is not ours.
_OWN_SNAPSHOTS = {"OwnerIds": ["self"], "Filters": [{"Name": "owner-id", "Values": ["{account}"]}]}
read_endpoints = reader(
    Resource(
        "ec2.vpc_endpoint", DESCRIBE_VPC_ENDPOINTS, "VpcEndpoints[]", ec2_id("vpc-endpoint", "VpcEndpointId")
    )
)
read_instances = reader(
    Resource("ec2.instance", INSTANCES, "Reservations[].Instances[]", ec2_id("instance", "InstanceId"))
)
read_disks = reader(
    Resource("ec2.volume", VOLUMES, "Volumes[]", ec2_id("volume", "VolumeId")),
    Resource(
        "ec2.snapshot",
        SNAPSHOTS,
        "Snapshots[]",
        ec2_id("snapshot", "SnapshotId"),
        parameters=_OWN_SNAPSHOTS,
        reads=(
            Read(SNAPSHOT_ATTRIBUTE, {"Attribute": "createVolumePermission", "SnapshotId": "{SnapshotId}"}),
        ),
    ),
    Resource(
        "ec2.image",
        IMAGES,
        "Images[]",
        ec2_id("image", "ImageId"),
        parameters={"Owners": ["self"]},
        reads=(Read(IMAGE_ATTRIBUTE, {"Attribute": "launchPermission", "ImageId": "{ImageId}"}),),
    ),
)


def regions(caller: Caller) -> Answer:
    """The regions that there are, and whether the account may use each."""
    return caller.ask(DESCRIBE_REGIONS, AllRegions=True)


def usable(answer: Answer) -> dict[str, bool]:
    """Region -> whether the account may use it; empty when they could not be listed."""
    entries = answer.data.get("Regions", [])
    return {entry["RegionName"]: entry.get("OptInStatus") != "not-opted-in" for entry in entries}


def regions_row(account: Account) -> Iterator[Row]:
    """The account's regions: a reader tells by them which were left out."""
    answer = account.listed_regions or regions(account.caller)
    yield row("ec2.account", account.id, DESCRIBE_REGIONS, {}, reads={DESCRIBE_REGIONS.name: answer})
