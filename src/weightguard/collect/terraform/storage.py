"""Tables: what else stores, and what watches. Source: Terraform AWS provider documentation, the page of each resource type."""

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

WATCH: Final = (
    Shape("aws_macie2_account", "macie2.session", "GetMacieSession", {"status": "status"}, id=("id",)),
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

SHAPES: Final = (*DISKS, *STORES, *WATCH)
