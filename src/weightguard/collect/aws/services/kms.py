"""KMS: keys with their metadata, policies, grants, rotation and tags; aliases; the stores that hold key material elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.answer import Answer, skipped
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import Unit

LIST_KEYS = Operation(
    service="kms",
    name="ListKeys",
    permissions=("kms:ListKeys",),
    hides="keys that decrypt weights, and who may use them",
    required=("Keys",),
    entries=("Keys",),
    identity=("KeyId", "KeyArn"),
    paged=True,
    page_size=1000,
    keeps=("KeyId", "KeyArn"),
)
LIST_ALIASES = Operation(
    service="kms",
    name="ListAliases",
    permissions=("kms:ListAliases",),
    hides="which key a bucket's alias stands for",
    required=("Aliases",),
    entries=("Aliases",),
    identity=("AliasArn",),
    paged=True,
    page_size=100,
    keeps=("AliasName", "AliasArn", "TargetKeyId"),
)
DESCRIBE_KEY = Operation(
    service="kms",
    name="DescribeKey",
    permissions=("kms:DescribeKey",),
    hides="who manages a key, where its material lies, whether it is being deleted",
    required=("KeyMetadata",),
    keeps=(
        "KeyMetadata.AWSAccountId",
        "KeyMetadata.KeyId",
        "KeyMetadata.Arn",
        "KeyMetadata.CreationDate",
        "KeyMetadata.Enabled",
        "KeyMetadata.KeyUsage",
        "KeyMetadata.KeyState",
        "KeyMetadata.DeletionDate",
        "KeyMetadata.PendingDeletionWindowInDays",
        "KeyMetadata.ValidTo",
        "KeyMetadata.Origin",
        "KeyMetadata.CustomKeyStoreId",
        "KeyMetadata.CloudHsmClusterId",
        "KeyMetadata.ExpirationModel",
        "KeyMetadata.KeyManager",
        "KeyMetadata.KeySpec",
        "KeyMetadata.CustomerMasterKeySpec",
        "KeyMetadata.EncryptionAlgorithms",
        "KeyMetadata.MultiRegion",
        "KeyMetadata.XksKeyConfiguration.Id",
        "KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType",
        "KeyMetadata.MultiRegionConfiguration.PrimaryKey.*",
        "KeyMetadata.MultiRegionConfiguration.ReplicaKeys.*",
    ),
)
GET_KEY_POLICY = Operation(
    service="kms",
    name="GetKeyPolicy",
    permissions=("kms:GetKeyPolicy",),
    hides="principals of any account that a key policy lets decrypt weights",
    required=("Policy",),
    documents=("Policy",),
    keeps=("Policy",),
)
LIST_GRANTS = Operation(
    service="kms",
    name="ListGrants",
    permissions=("kms:ListGrants",),
    hides="principals that a grant lets decrypt weights",
    required=("Grants",),
    paged=True,
    page_size=100,
    keeps=(
        "Grants.KeyId",
        "Grants.GrantId",
        "Grants.Name",
        "Grants.CreationDate",
        "Grants.GranteePrincipal",
        "Grants.GranteeServicePrincipal",
        "Grants.RetiringPrincipal",
        "Grants.IssuingAccount",
        "Grants.Operations",
        "Grants.Constraints.*",
    ),
)
GET_KEY_ROTATION_STATUS = Operation(
    service="kms",
    name="GetKeyRotationStatus",
    permissions=("kms:GetKeyRotationStatus",),
    hides="a key whose material never changes",
    absent=frozenset({"UnsupportedOperationException"}),
    required=("KeyRotationEnabled",),
    keeps=("KeyRotationEnabled", "RotationPeriodInDays", "NextRotationDate"),
)
LIST_RESOURCE_TAGS = Operation(
    service="kms",
    name="ListResourceTags",
    permissions=("kms:ListResourceTags",),
    hides="the sensitivity label of a key, and tags that policies decide by",
    required=("Tags",),
    paged=True,
    keeps=("Tags.*",),
)
DESCRIBE_CUSTOM_KEY_STORES = Operation(
    service="kms",
    name="DescribeCustomKeyStores",
    permissions=("kms:DescribeCustomKeyStores",),
    hides="where the material of a key outside KMS lies and how it is reached",
    required=("CustomKeyStores",),
    paged=True,
    keeps=(
        "CustomKeyStores.CustomKeyStoreId",
        "CustomKeyStores.CustomKeyStoreName",
        "CustomKeyStores.CustomKeyStoreType",
        "CustomKeyStores.ConnectionState",
        "CustomKeyStores.ConnectionErrorCode",
        "CustomKeyStores.CloudHsmClusterId",
        "CustomKeyStores.XksProxyConfiguration.Connectivity",
        "CustomKeyStores.XksProxyConfiguration.UriEndpoint",
        "CustomKeyStores.XksProxyConfiguration.VpcEndpointServiceName",
    ),
)
OPERATIONS = (
    LIST_KEYS,
    LIST_ALIASES,
    DESCRIBE_KEY,
    GET_KEY_POLICY,
    LIST_GRANTS,
    GET_KEY_ROTATION_STATUS,
    LIST_RESOURCE_TAGS,
    DESCRIBE_CUSTOM_KEY_STORES,
)


def units(account: Account, region: str) -> Iterator[Unit]:
    """The keys of a region, one unit each, and its aliases. A region without keys costs one call."""
    entries = account.caller.list(LIST_KEYS, region=region)
    if entries:
        yield account.unit(f"kms/{region}/aliases", LIST_ALIASES, partial(_aliases, account, region))
    for entry in entries:
        yield account.unit(
            f"kms/{region}/{entry['KeyId']}", DESCRIBE_KEY, partial(_key, account, region, entry)
        )


def _aliases(account: Account, region: str) -> Iterator[Row]:
    for entry in account.caller.list(LIST_ALIASES, region=region):
        yield row("kms.alias", entry["AliasArn"], LIST_ALIASES, entry, region=region)


def _key(account: Account, region: str, entry: Mapping[str, Any]) -> Iterator[Row]:
    arn = entry["KeyArn"]

    def ask(operation: Operation, **parameters: Any) -> Answer:
        return account.caller.ask(operation, region=region, resource=arn, **parameters)

    described = ask(DESCRIBE_KEY, KeyId=arn)
    metadata = described.data.get("KeyMetadata", {})
    reads = {DESCRIBE_KEY.name: described}
    why = "the key is managed by AWS" if metadata.get("KeyManager") == "AWS" else None
    for operation, parameters in (
        (GET_KEY_POLICY, {"PolicyName": "default"}),
        (LIST_GRANTS, {}),
        (LIST_RESOURCE_TAGS, {}),
    ):
        reads[operation.name] = skipped(why) if why else ask(operation, KeyId=arn, **parameters)
    why = why or _no_rotation(metadata)
    reads[GET_KEY_ROTATION_STATUS.name] = skipped(why) if why else ask(GET_KEY_ROTATION_STATUS, KeyId=arn)
    if store := metadata.get("CustomKeyStoreId"):
        reads[DESCRIBE_CUSTOM_KEY_STORES.name] = ask(DESCRIBE_CUSTOM_KEY_STORES, CustomKeyStoreId=store)
    yield row("kms.key", arn, LIST_KEYS, entry, region=region, reads=reads)


def _no_rotation(metadata: Mapping[str, Any]) -> str | None:
    """Why automatic rotation does not apply (KMS developer guide, "Rotate AWS KMS keys"), or None."""
    if metadata.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        return "rotation does not apply to asymmetric and HMAC keys"
    if metadata.get("Origin", "AWS_KMS") != "AWS_KMS":
        return "rotation does not apply to key material from outside KMS"
    return None
