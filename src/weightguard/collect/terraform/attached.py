"""What other resources of a state add to a table's records: shared disks, endpoint policies, cluster access, firewall rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from weightguard.collect.terraform import network
from weightguard.collect.terraform.inventory import Inventory, Row, attached_policy, ok, policy_text, present
from weightguard.collect.terraform.state import Resource, blocks


def enriched(inventory: Inventory, found: Iterator[Row]) -> Iterator[Row]:
    """The rows, each with what belongs to it."""
    instances = {item.text("id"): item for item in inventory.of("aws_instance")}
    for row in found:
        enrich = ENRICHERS.get(row.kind)
        if enrich is not None:
            enrich(inventory, row, instances.get(row.data.get("InstanceId")))
        yield row


def _endpoint(inventory: Inventory, row: Row, _: Resource | None) -> None:
    """A state holds the policy of every endpoint, the default one included."""
    for type_, attribute in (("aws_vpc_endpoint_policy", "vpc_endpoint_id"), ("aws_vpc_endpoint", "id")):
        found = [
            (item, "policy")
            for item in inventory.about(type_, attribute, row.data.get("VpcEndpointId"))
            if policy_text(item.values.get("policy"))
        ]
        if found:
            # Where several differ, none is told: a policy that is not told is not known.
            row.data |= attached_policy("PolicyDocument", found).get("data", {})
            return


def _instance(inventory: Inventory, row: Row, item: Resource | None) -> None:
    if item is None:
        return
    for subnet in inventory.about("aws_subnet", "id", item.text("subnet_id")):
        row.data |= present(VpcId=subnet.text("vpc_id"))
    groups = item.texts("vpc_security_group_ids")
    row.data["SecurityGroups"] = [{"GroupId": group} for group in groups]
    disks = [*item.blocks("root_block_device"), *item.blocks("ebs_block_device")]
    row.data["BlockDeviceMappings"] = [
        {
            "DeviceName": disk.get("device_name"),
            "Ebs": present(VolumeId=disk.get("volume_id"), Encrypted=disk.get("encrypted")),
        }
        for disk in disks
    ]


def _snapshot(inventory: Inventory, row: Row, _: Resource | None) -> None:
    shared = [
        {"UserId": account}
        for item in inventory.about(
            "aws_snapshot_create_volume_permission", "snapshot_id", row.data.get("SnapshotId")
        )
        if (account := item.text("account_id"))
    ]
    row.reads["DescribeSnapshotAttribute"] = ok({"CreateVolumePermissions": shared})


def _image(inventory: Inventory, row: Row, _: Resource | None) -> None:
    shared = [
        present(
            UserId=item.text("account_id"),
            Group=item.text("group"),
            OrganizationArn=item.text("organization_arn"),
            OrganizationalUnitArn=item.text("organizational_unit_arn"),
        )
        for item in inventory.about("aws_ami_launch_permission", "image_id", row.data.get("ImageId"))
    ]
    row.reads["DescribeImageAttribute"] = ok({"LaunchPermissions": shared})
    for type_ in ("aws_ami", "aws_ami_copy", "aws_ami_from_instance"):
        for item in inventory.about(type_, "id", row.data.get("ImageId")):
            disks = item.blocks("ebs_block_device")
            row.data["BlockDeviceMappings"] = [
                {
                    "DeviceName": disk.get("device_name"),
                    "Ebs": present(Encrypted=disk.get("encrypted"), SnapshotId=disk.get("snapshot_id")),
                }
                for disk in disks
            ]


def _access_entry(inventory: Inventory, row: Row, _: Resource | None) -> None:
    policies = [
        present(
            policyArn=item.text("policy_arn"),
            accessScope=present(
                type=item.text("access_scope.type"), namespaces=item.texts("access_scope.namespaces")
            ),
        )
        for item in inventory.of("aws_eks_access_policy_association")
        if item.text("cluster_name") == row.data.get("clusterName")
        and item.text("principal_arn") == row.data.get("principalArn")
    ]
    row.reads["ListAssociatedAccessPolicies"] = ok({"associatedAccessPolicies": policies})


def _trigger(inventory: Inventory, row: Row, _: Resource | None) -> None:
    for item in inventory.about("aws_glue_trigger", "name", row.data.get("Name")):
        row.data["Actions"] = [present(JobName=action.get("job_name")) for action in item.blocks("actions")]


def _analyser(inventory: Inventory, row: Row, _: Resource | None) -> None:
    """A state holds no status; an analyser is active once it is made."""
    row.data["status"] = "ACTIVE"


def _vault(inventory: Inventory, row: Row, _: Resource | None) -> None:
    locks = inventory.about(
        "aws_backup_vault_lock_configuration", "backup_vault_name", row.data.get("BackupVaultName")
    )
    row.data["Locked"] = bool(locks)


def _regions(inventory: Inventory, row: Row, _: Resource | None) -> None:
    for item in inventory.about("aws_s3control_multi_region_access_point", "arn", row.id):
        row.data["Regions"] = [
            present(Bucket=region.get("bucket")) for region in blocks(item.values, "details.region")
        ]


ENRICHERS: Final[dict[str, Callable[[Inventory, Row, Resource | None], None]]] = {
    "ec2.vpc_endpoint": _endpoint,
    "ec2.instance": _instance,
    "ec2.snapshot": _snapshot,
    "ec2.image": _image,
    "eks.access_entry": _access_entry,
    "glue.trigger": _trigger,
    "ec2.security_group": lambda inventory, row, _: network.security_group(inventory, row),
    "ec2.route_table": lambda inventory, row, _: network.routes(inventory, row),
    "ec2.flow_log": lambda inventory, row, _: network.flow_log(inventory, row),
    "accessanalyzer.analyzer": _analyser,
    "backup.backup_vault": _vault,
    "s3control.multi_region_access_point": _regions,
}
