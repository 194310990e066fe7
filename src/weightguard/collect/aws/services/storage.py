"""Where else weights lie or are copied to: file systems, container images, backups; and stored credentials, by name alone."""

from __future__ import annotations

from weightguard.collect.aws.resource import Read, Resource, reader
from weightguard.collect.calls.operation import Operation

EFS_FILE_SYSTEMS = Operation(
    service="efs",
    name="DescribeFileSystems",
    permissions=("elasticfilesystem:DescribeFileSystems",),
    hides="shared file systems that may hold weights",
    required=("FileSystems",),
    paged=True,
    keeps=("FileSystemId", "FileSystemArn", "Name", "Encrypted", "KmsKeyId", "Tags.*"),
)
EFS_POLICY = Operation(
    service="efs",
    name="DescribeFileSystemPolicy",
    permissions=("elasticfilesystem:DescribeFileSystemPolicy",),
    hides="principals that may mount a file system",
    absent=frozenset({"PolicyNotFound"}),
    required=("Policy",),
    documents=("Policy",),
    keeps=("Policy",),
)
EFS_ACCESS_POINTS = Operation(
    service="efs",
    name="DescribeAccessPoints",
    permissions=("elasticfilesystem:DescribeAccessPoints",),
    hides="other doors into a file system",
    required=("AccessPoints",),
    paged=True,
    keeps=("AccessPoints.AccessPointId", "AccessPoints.Name", "AccessPoints.Tags.*"),
)
FSX_FILE_SYSTEMS = Operation(
    service="fsx",
    name="DescribeFileSystems",
    permissions=("fsx:DescribeFileSystems",),
    hides="training file systems that may hold weights",
    required=("FileSystems",),
    paged=True,
    keeps=("FileSystemId", "ResourceARN", "FileSystemType", "KmsKeyId", "Tags.*"),
)
REPOSITORIES = Operation(
    service="ecr",
    name="DescribeRepositories",
    permissions=("ecr:DescribeRepositories",),
    hides="container images that carry weights",
    required=("repositories",),
    paged=True,
    keeps=(
        "repositoryArn",
        "repositoryName",
        "imageTagMutability",
        "imageScanningConfiguration.scanOnPush",
        "encryptionConfiguration.encryptionType",
        "encryptionConfiguration.kmsKey",
    ),
)
REPOSITORY_POLICY = Operation(
    service="ecr",
    name="GetRepositoryPolicy",
    permissions=("ecr:GetRepositoryPolicy",),
    hides="accounts that may pull images, weights included",
    absent=frozenset({"RepositoryPolicyNotFoundException"}),
    required=("policyText",),
    documents=("policyText",),
    keeps=("policyText",),
)
VAULTS = Operation(
    service="backup",
    name="ListBackupVaults",
    permissions=("backup:ListBackupVaults",),
    hides="backups of disks and buckets that hold weights",
    required=("BackupVaultList",),
    paged=True,
    keeps=("BackupVaultArn", "BackupVaultName", "EncryptionKeyArn", "Locked"),
)
VAULT_POLICY = Operation(
    service="backup",
    name="GetBackupVaultAccessPolicy",
    permissions=("backup:GetBackupVaultAccessPolicy",),
    hides="accounts that may copy backups away",
    absent=frozenset({"ResourceNotFoundException"}),
    required=("Policy",),
    documents=("Policy",),
    keeps=("Policy",),
)
SECRETS = Operation(
    service="secretsmanager",
    name="ListSecrets",
    permissions=("secretsmanager:ListSecrets",),
    hides="stored credentials that open a way to weights",
    required=("SecretList",),
    paged=True,
    keeps=("ARN", "Name", "KmsKeyId", "Tags.*"),
)
SECRET_POLICY = Operation(
    service="secretsmanager",
    name="GetResourcePolicy",
    permissions=("secretsmanager:GetResourcePolicy",),
    hides="principals of any account that may read a stored credential",
    required=("ARN",),
    keeps=("ResourcePolicy",),
)
OPERATIONS = (
    EFS_FILE_SYSTEMS,
    EFS_POLICY,
    EFS_ACCESS_POINTS,
    FSX_FILE_SYSTEMS,
    REPOSITORIES,
    REPOSITORY_POLICY,
    VAULTS,
    VAULT_POLICY,
    SECRETS,
    SECRET_POLICY,
)
_FILE_SYSTEM = {"FileSystemId": "{FileSystemId}"}
read_efs = reader(
    Resource(
        "efs.file_system",
        EFS_FILE_SYSTEMS,
        "FileSystems[]",
        "{FileSystemArn}",
        reads=(Read(EFS_POLICY, _FILE_SYSTEM), Read(EFS_ACCESS_POINTS, _FILE_SYSTEM)),
    )
)
read_fsx = reader(Resource("fsx.file_system", FSX_FILE_SYSTEMS, "FileSystems[]", "{ResourceARN}"))
read_ecr = reader(
    Resource(
        "ecr.repository",
        REPOSITORIES,
        "repositories[]",
        "{repositoryArn}",
        reads=(Read(REPOSITORY_POLICY, {"repositoryName": "{repositoryName}"}),),
    )
)
read_backup = reader(
    Resource(
        "backup.backup_vault",
        VAULTS,
        "BackupVaultList[]",
        "{BackupVaultArn}",
        reads=(Read(VAULT_POLICY, {"BackupVaultName": "{BackupVaultName}"}),),
    )
)
read_secrets = reader(
    Resource(
        "secretsmanager.secret",
        SECRETS,
        "SecretList[]",
        "{ARN}",
        reads=(Read(SECRET_POLICY, {"SecretId": "{ARN}"}),),
    )
)
