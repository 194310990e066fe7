"""What a state switches on for a whole account or region, and the watchers that consist of several resources.

Source: Terraform AWS provider documentation, the page of each resource type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row, agreed, ok, present
from weightguard.collect.terraform.shapes import Members, answer
from weightguard.collect.terraform.state import Resource

REGIONAL: Final[Mapping[str, tuple[str, Members]]] = {
    "aws_ebs_snapshot_block_public_access": ("GetSnapshotBlockPublicAccessState", {"State": "state"}),
    "aws_ec2_image_block_public_access": (
        "GetImageBlockPublicAccessState",
        {"ImageBlockPublicAccessState": "state"},
    ),
    "aws_ebs_encryption_by_default": ("GetEbsEncryptionByDefault", {"EbsEncryptionByDefault": "enabled"}),
    "aws_ebs_default_kms_key": ("GetEbsDefaultKmsKeyId", {"KmsKeyId": "key_arn"}),
    "aws_ec2_instance_metadata_defaults": (
        "GetInstanceMetadataDefaults",
        {
            "AccountLevel.HttpTokens": "http_tokens",
            "AccountLevel.HttpEndpoint": "http_endpoint",
            "AccountLevel.HttpPutResponseHopLimit": "http_put_response_hop_limit",
        },
    ),
    "aws_vpc_block_public_access_options": (
        "DescribeVpcBlockPublicAccessOptions",
        {"VpcBlockPublicAccessOptions.InternetGatewayBlockMode": "internet_gateway_block_mode"},
    ),
}
"""Resource type -> the operation of EC2 that would answer it, and its members."""

FEATURES: Final = {"aws_iam_organizations_features": "ListOrganizationsFeatures"}


def rows(inventory: Inventory) -> Iterator[Row]:
    """Settings by region, features of the organisation, detectors, recorders."""
    yield from _regions(inventory)
    for item in inventory.of("aws_iam_organizations_features"):
        row = Row("iam", "iam.account", inventory.account, None, "ListOrganizationsFeatures", {})
        row.reads["ListOrganizationsFeatures"] = ok({"EnabledFeatures": item.texts("enabled_features")})
        yield row
    for item in inventory.of("aws_guardduty_detector"):
        yield from _detector(inventory, item)
    for item in inventory.of("aws_config_configuration_recorder"):
        yield from _recorder(inventory, item)


def _regions(inventory: Inventory) -> Iterator[Row]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for type_, (operation, members) in REGIONAL.items():
        for item in inventory.of(type_):
            reads = found.setdefault(item.region, {})
            said = ok(answer(item.values, members))
            reads[operation] = agreed((reads.get(operation, said), said))
    for region in sorted(found):
        yield Row(
            "ec2", "ec2.region", region or "global", region or None, "DescribeRegions", {}, found[region]
        )


def _detector(inventory: Inventory, item: Resource) -> Iterator[Row]:
    identifier = item.text("id")
    if identifier is None:
        return
    features = [
        present(Name=feature.text("name"), Status=feature.text("status"))
        for feature in inventory.about("aws_guardduty_detector_feature", "detector_id", identifier)
    ]
    data = present(
        DetectorId=identifier,
        Status="DISABLED" if item.values.get("enable") is False else "ENABLED",
        FindingPublishingFrequency=item.text("finding_publishing_frequency"),
        Features=features,
    )
    logs = item.blocks("datasources.s3_logs")
    if logs:
        data["DataSources"] = {
            "S3Logs": {"Status": "ENABLED" if logs[0].get("enable") is True else "DISABLED"}
        }
    yield Row("guardduty", "guardduty.detector", identifier, item.region or None, "ListDetectors", data)


def _recorder(inventory: Inventory, item: Resource) -> Iterator[Row]:
    name = item.text("name") or item.text("id")
    if name is None:
        return
    members = {
        "name": "name",
        "roleARN": "role_arn",
        "recordingGroup.allSupported": "recording_group.all_supported",
        "recordingGroup.includeGlobalResourceTypes": "recording_group.include_global_resource_types",
        "recordingGroup.recordingStrategy.useOnly": "recording_group.recording_strategy.use_only",
    }
    data = answer(item.values, members)
    row = Row(
        "config",
        "config.configuration_recorder",
        name,
        item.region or None,
        "DescribeConfigurationRecorders",
        data,
    )
    states = [
        {"name": name, "recording": status.flag("is_enabled")}
        for status in inventory.about("aws_config_configuration_recorder_status", "name", name)
    ]
    row.reads["DescribeConfigurationRecorderStatus"] = ok({"ConfigurationRecordersStatus": states})
    yield row
