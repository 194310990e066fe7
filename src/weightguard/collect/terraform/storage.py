"""Tables: what else stores, watches and connects. Source: Terraform AWS provider documentation, the page of each resource type."""

from __future__ import annotations

from typing import Final

from weightguard.collect.terraform.shapes import Policy, Shape


def _ec2(resource: str) -> str:
    return f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/{{id}}"


def _fsx(type_: str) -> Shape:
    return Shape(
        type_,
        "fsx.file_system",
        "DescribeFileSystems",
        {"FileSystemId": "id", "KmsKeyId": "kms_key_id", "VpcId": "vpc_id", "OwnerId": "owner_id"},
    )


DISKS: Final = (
    Shape(
        "aws_ebs_volume",
        "ec2.volume",
        "DescribeVolumes",
        {
            "VolumeId": "id",
            "Encrypted": "encrypted",
            "KmsKeyId": "kms_key_id",
            "SnapshotId": "snapshot_id",
            "Size": "size",
        },
        arn=_ec2("volume"),
    ),
    *(
        Shape(
            type_,
            "ec2.snapshot",
            "DescribeSnapshots",
            {
                "SnapshotId": "id",
                "VolumeId": "volume_id",
                "Encrypted": "encrypted",
                "KmsKeyId": "kms_key_id",
                "OwnerId": "owner_id",
                "VolumeSize": "volume_size",
            },
            arn=_ec2("snapshot"),
        )
        for type_ in ("aws_ebs_snapshot", "aws_ebs_snapshot_copy", "aws_ebs_snapshot_import")
    ),
    *(
        Shape(
            type_,
            "ec2.image",
            "DescribeImages",
            {
                "ImageId": "id",
                "Name": "name",
                "Public": "public",
                "OwnerId": "owner_id",
                "SourceInstanceId": "source_instance_id",
            },
            arn=_ec2("image"),
        )
        for type_ in ("aws_ami", "aws_ami_copy", "aws_ami_from_instance")
    ),
)

STORES: Final = (
    Shape(
        "aws_efs_file_system",
        "efs.file_system",
        "DescribeFileSystems",
        {
            "FileSystemId": "id",
            "Name": "name",
            "Encrypted": "encrypted",
            "KmsKeyId": "kms_key_id",
            "OwnerId": "owner_id",
        },
        policy=Policy(
            "DescribeFileSystemPolicy", "Policy", type="aws_efs_file_system_policy", by="file_system_id"
        ),
    ),
    *map(
        _fsx,
        (
            "aws_fsx_lustre_file_system",
            "aws_fsx_openzfs_file_system",
            "aws_fsx_ontap_file_system",
            "aws_fsx_windows_file_system",
        ),
    ),
    Shape(
        "aws_ecr_repository",
        "ecr.repository",
        "DescribeRepositories",
        {
            "repositoryArn": "arn",
            "repositoryName": "name",
            "repositoryUri": "repository_url",
            "imageTagMutability": "image_tag_mutability",
            "imageScanningConfiguration.scanOnPush": "image_scanning_configuration.scan_on_push",
            "encryptionConfiguration.encryptionType": "encryption_configuration.encryption_type",
            "encryptionConfiguration.kmsKey": "encryption_configuration.kms_key",
        },
        policy=Policy("GetRepositoryPolicy", "policyText", type="aws_ecr_repository_policy", by="repository"),
    ),
    Shape(
        "aws_backup_vault",
        "backup.backup_vault",
        "ListBackupVaults",
        {"BackupVaultName": "name", "BackupVaultArn": "arn", "EncryptionKeyArn": "kms_key_arn"},
        policy=Policy(
            "GetBackupVaultAccessPolicy", "Policy", type="aws_backup_vault_policy", by="backup_vault_name"
        ),
    ),
    Shape(
        "aws_dynamodb_table",
        "dynamodb.table",
        "ListTables",
        {"TableName": "name", "SSEDescription.KMSMasterKeyArn": "server_side_encryption.kms_key_arn"},
        policy=Policy("GetResourcePolicy", "Policy", type="aws_dynamodb_resource_policy", by="resource_arn"),
    ),
    Shape(
        "aws_sqs_queue",
        "sqs.queue",
        "ListQueues",
        {"QueueUrl": "url", "Name": "name"},
        policy=Policy(
            "GetQueueAttributes", "Policy", own="policy", type="aws_sqs_queue_policy", by="queue_url"
        ),
    ),
    Shape(
        "aws_sns_topic",
        "sns.topic",
        "ListTopics",
        {"TopicArn": "arn", "Name": "name"},
        policy=Policy("GetTopicAttributes", "Policy", own="policy", type="aws_sns_topic_policy", by="arn"),
    ),
    Shape(
        "aws_secretsmanager_secret",
        "secretsmanager.secret",
        "ListSecrets",
        {"ARN": "arn", "Name": "name", "KmsKeyId": "kms_key_id"},
        policy=Policy(
            "GetResourcePolicy",
            "ResourcePolicy",
            own="policy",
            type="aws_secretsmanager_secret_policy",
            by="secret_arn",
        ),
    ),
    Shape(
        "aws_ssm_parameter",
        "ssm.parameter",
        "DescribeParameters",
        {"Name": "name", "Type": "type", "KeyId": "key_id", "Tier": "tier", "ARN": "arn"},
    ),
)

NETWORK: Final = (
    Shape(
        "aws_vpc_endpoint",
        "ec2.vpc_endpoint",
        "DescribeVpcEndpoints",
        {
            "VpcEndpointId": "id",
            "VpcEndpointType": "vpc_endpoint_type",
            "VpcId": "vpc_id",
            "ServiceName": "service_name",
            "State": "state",
            "PrivateDnsEnabled": "private_dns_enabled",
            "RouteTableIds": "route_table_ids[]",
            "SubnetIds": "subnet_ids[]",
        },
        arn=_ec2("vpc-endpoint"),
    ),
    Shape("aws_vpc", "ec2.vpc", "DescribeVpcs", {"VpcId": "id", "CidrBlock": "cidr_block"}, arn=_ec2("vpc")),
    Shape(
        "aws_subnet",
        "ec2.subnet",
        "DescribeSubnets",
        {
            "SubnetId": "id",
            "VpcId": "vpc_id",
            "CidrBlock": "cidr_block",
            "MapPublicIpOnLaunch": "map_public_ip_on_launch",
        },
        arn=_ec2("subnet"),
    ),
    Shape(
        "aws_security_group",
        "ec2.security_group",
        "DescribeSecurityGroups",
        {"GroupId": "id", "GroupName": "name", "VpcId": "vpc_id"},
        arn=_ec2("security-group"),
    ),
    Shape(
        "aws_internet_gateway",
        "ec2.internet_gateway",
        "DescribeInternetGateways",
        {"InternetGatewayId": "id", "VpcId": "vpc_id"},
        arn=_ec2("internet-gateway"),
    ),
    Shape(
        "aws_nat_gateway",
        "ec2.nat_gateway",
        "DescribeNatGateways",
        {"NatGatewayId": "id", "SubnetId": "subnet_id"},
        id=("id",),
        arn=_ec2("natgateway"),
    ),
    Shape(
        "aws_flow_log",
        "ec2.flow_log",
        "DescribeFlowLogs",
        {
            "FlowLogId": "id",
            "ResourceId": "vpc_id",
            "TrafficType": "traffic_type",
            "LogDestination": "log_destination",
            "LogDestinationType": "log_destination_type",
        },
        arn=_ec2("vpc-flow-log"),
    ),
)

WATCH: Final = (
    Shape(
        "aws_guardduty_detector",
        "guardduty.detector",
        "ListDetectors",
        {"DetectorId": "id", "FindingPublishingFrequency": "finding_publishing_frequency"},
    ),
    Shape("aws_macie2_account", "macie2.session", "GetMacieSession", {"status": "status"}, id=("id",)),
    Shape(
        "aws_config_configuration_recorder",
        "config.configuration_recorder",
        "DescribeConfigurationRecorders",
        {
            "name": "name",
            "roleARN": "role_arn",
            "recordingGroup.allSupported": "recording_group.all_supported",
            "recordingGroup.includeGlobalResourceTypes": "recording_group.include_global_resource_types",
        },
        id=("id",),
    ),
    Shape(
        "aws_accessanalyzer_analyzer",
        "accessanalyzer.analyzer",
        "ListAnalyzers",
        {"name": "analyzer_name", "type": "type"},
    ),
    Shape(
        "aws_cloudwatch_log_group",
        "logs.log_group",
        "DescribeLogGroups",
        {"logGroupName": "name", "retentionInDays": "retention_in_days", "kmsKeyId": "kms_key_id"},
    ),
    Shape(
        "aws_ssoadmin_account_assignment",
        "sso-admin.account_assignment",
        "ListAccountAssignments",
        {
            "PrincipalId": "principal_id",
            "PrincipalType": "principal_type",
            "PermissionSetArn": "permission_set_arn",
            "TargetId": "target_id",
            "TargetType": "target_type",
        },
        id=("id",),
    ),
    Shape(
        "aws_s3control_access_grant",
        "s3control.access_grant",
        "ListAccessGrants",
        {
            "AccessGrantArn": "access_grant_arn",
            "GrantScope": "grant_scope",
            "Permission": "permission",
            "Grantee.GranteeIdentifier": "grantee.grantee_identifier",
            "Grantee.GranteeType": "grantee.grantee_type",
        },
        id=("access_grant_arn", "id"),
    ),
    Shape(
        "aws_s3control_access_grants_location",
        "s3control.access_grants_location",
        "ListAccessGrantsLocations",
        {"IAMRoleArn": "iam_role_arn", "LocationScope": "location_scope"},
        id=("access_grants_location_arn", "id"),
    ),
    Shape(
        "aws_s3control_multi_region_access_point",
        "s3control.multi_region_access_point",
        "ListMultiRegionAccessPoints",
        {"Name": "details.name", "Alias": "alias", "Status": "status"},
    ),
)

SHAPES: Final = (*DISKS, *STORES, *NETWORK, *WATCH)
