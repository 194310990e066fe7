"""Disks and their copies, and stored credentials by name.

Sources: Amazon EC2 API reference, "DescribeSnapshotAttribute", "DescribeImageAttribute"; AWS Secrets Manager API reference,
"SecretListEntry"; AWS Systems Manager API reference, "ParameterMetadata".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from weightguard.estate.aws.scope import Scope, region_of
from weightguard.estate.aws.workloads import tags_of
from weightguard.estate.evidence import Record, answer, attribute, data_of, listing_source, read, stated
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import DiskCopy, Secret
from weightguard.estate.shape import Malformed, flag, mapping, member, objects, text_or_none, texts

CopyKind = Literal["snapshot", "image", "volume", "backup"]
COPIES: Final[dict[str, tuple[CopyKind, str]]] = {
    "ec2.snapshot": ("snapshot", "snapshot"),
    "ec2.image": ("image", "image"),
    "ec2.volume": ("volume", "volume"),
    "backup.recovery_point": ("backup", ""),
    "rds.db_snapshot": ("snapshot", ""),
}
SHARING: Final = {
    "ec2.snapshot": ("DescribeSnapshotAttribute", "CreateVolumePermissions"),
    "ec2.image": ("DescribeImageAttribute", "LaunchPermissions"),
}
UNLOCKS: Final = "StoredCredentials"
"""A Terraform state lets its collector see that a secret holds an access key that the same state made; it records whose."""
SECRETS: Final = {
    "secretsmanager.secret": "secretsmanager",
    "ssm.parameter": "parameter",
    "s3.object": "object",
    "lambda.function_environment": "environment",
    "ec2.instance_user_data": "instance_user_data",
    "ec2.launch_template_user_data": "template_user_data",
    "autoscaling.launch_configuration_user_data": "launch_configuration_user_data",
    "codebuild.project_environment": "build_environment",
    "ecs.container_definitions": "container_definitions",
    "batch.container_properties": "container_properties",
    "cloudformation.stack_parameters": "stack_parameters",
    "cloudformation.stack_template": "stack_template",
    "stepfunctions.definition": "state_machine_definition",
    "glue.job_arguments": "job_arguments",
    "ssm.document_content": "document_content",
    "sagemaker.lifecycle_scripts": "lifecycle_scripts",
}


def disk_copies(scope: Scope, records: Iterable[Record]) -> list[DiskCopy]:
    """Snapshots, images, volumes and recovery points."""
    return [_copy(scope, record) for record in records if record.kind in COPIES]


def _copy(scope: Scope, record: Record) -> DiskCopy:
    kind, resource = COPIES[record.kind]
    identifier = record.id
    if not identifier.startswith("arn:") and resource:
        identifier = f"arn:{scope.partition}:ec2:{record.region or ''}:{scope.account}:{resource}/{record.id}"
    return DiskCopy(
        id=identifier,
        provider="aws",
        account=scope.account,
        region=region_of(record, identifier),
        kind=kind,
        public=_public(record),
        shared_with=_shared(record),
        encrypted=_encrypted(record),
        key=_key(record),
        tags=tags_of(record),
    )


def _permissions(record: Record, name: str) -> Fact[tuple[str, ...]]:
    """Accounts (``UserId``, organisations and units) or groups that a snapshot or image is shared with."""
    if record.kind not in SHARING:
        return Known((), listing_source(record))
    operation, wrapper = SHARING[record.kind]

    def parse(found: Any) -> tuple[str, ...]:
        entries = objects(member(found, wrapper))
        keys = ("Group",) if name == "Group" else ("UserId", "OrganizationArn", "OrganizationalUnitArn")
        return tuple(
            sorted(value for entry in entries for key in keys if (value := text_or_none(entry.get(key))))
        )

    return read(record, operation, parse)


def _public(record: Record) -> Fact[bool]:
    if record.kind == "ec2.image" and isinstance(data_of(record).get("Public"), bool):
        return Known(data_of(record)["Public"], listing_source(record))
    groups = _permissions(record, "Group")
    return groups if isinstance(groups, Unknown) else Known("all" in groups.value, groups.source)


def _shared(record: Record) -> Fact[tuple[str, ...]]:
    return _permissions(record, "UserId")


def _encrypted(record: Record) -> Fact[bool]:
    if record.kind == "ec2.image":
        return stated(record, _image_encrypted)
    return stated(
        record,
        lambda data: flag(
            member(data, "IsEncrypted" if record.kind == "backup.recovery_point" else "Encrypted")
        ),
    )


def _image_encrypted(data: Any) -> bool:
    """An image is encrypted when each of its disks is; one without disks of its own (instance store) is not."""
    disks = [
        mapping(entry["Ebs"]) for entry in objects(mapping(data).get("BlockDeviceMappings")) if "Ebs" in entry
    ]
    return bool(disks) and all(disk.get("Encrypted") is True for disk in disks)


def _key(record: Record) -> Fact[str | None]:
    name = "EncryptionKeyArn" if record.kind == "backup.recovery_point" else "KmsKeyId"
    return stated(record, lambda data: text_or_none(mapping(data).get(name)))


def secrets(scope: Scope, records: Iterable[Record]) -> list[Secret]:
    """Secrets, parameters, and objects and configurations that are known to hold credentials."""
    return [_secret(scope, record) for record in records if record.kind in SECRETS]


def _secret(scope: Scope, record: Record) -> Secret:
    identifier = record.id
    if record.kind == "ssm.parameter" and not identifier.startswith("arn:"):
        identifier = f"arn:{scope.partition}:ssm:{record.region or ''}:{scope.account}:parameter/{identifier.lstrip('/')}"
    source = listing_source(record)
    has_policy = record.kind == "secretsmanager.secret"
    return Secret(
        id=identifier,
        provider="aws",
        account=scope.account,
        region=region_of(record, identifier),
        kind=SECRETS[record.kind],
        policy=scope.policy_read(record, "GetResourcePolicy", "ResourcePolicy")
        if has_policy
        else Known(None, source),
        key=_secret_key(record),
        unlocks=_unlocks(record),
    )


def _secret_key(record: Record) -> Fact[str | None]:
    fact = attribute(record, "KmsKeyId", "KeyId")
    return fact if isinstance(fact, Unknown) else Known(text_or_none(fact.value), fact.source)


def _unlocks(record: Record) -> tuple[str, ...]:
    try:
        return tuple(sorted(texts(answer(record, UNLOCKS).get("Principals"))))
    except Malformed:
        return ()
