"""KMS and CloudTrail in a state.

Sources: Terraform AWS provider documentation, ``aws_kms_*``, ``aws_cloudtrail``; AWS KMS API reference, "DescribeKey",
"ListGrants"; AWS CloudTrail API reference, "GetEventSelectors".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import (
    Inventory,
    Read,
    Row,
    absent,
    attached_policy,
    ok,
    policy_text,
    present,
    skipped,
    stated,
    tags_of,
)
from weightguard.collect.terraform.shapes import answer
from weightguard.collect.terraform.state import Resource, blocks, pick

KEYS: Final = {
    "aws_kms_key": "AWS_KMS",
    "aws_kms_replica_key": "AWS_KMS",
    "aws_kms_external_key": "EXTERNAL",
    "aws_kms_replica_external_key": "EXTERNAL",
}
SELECTED: Final = {
    "Equals": "equals",
    "StartsWith": "starts_with",
    "EndsWith": "ends_with",
    "NotEquals": "not_equals",
    "NotStartsWith": "not_starts_with",
    "NotEndsWith": "not_ends_with",
}


def rows(inventory: Inventory) -> Iterator[Row]:
    """Keys, aliases, trails."""
    for type_, origin in KEYS.items():
        for item in inventory.of(type_):
            arn = item.text("arn")
            if arn is not None:
                yield _key(inventory, item, arn, origin)
    for item in inventory.of("aws_kms_alias"):
        arn, target = item.text("arn"), item.text("target_key_id") or item.text("target_key_arn")
        if arn is not None and target is not None:
            data = {"AliasArn": arn, "AliasName": item.text("name"), "TargetKeyId": target.rpartition("/")[2]}
            yield Row("kms", "kms.alias", arn, item.region or None, "ListAliases", data)
    for item in inventory.of("aws_cloudtrail"):
        arn = item.text("arn")
        if arn is not None:
            yield _trail(item, arn)


def _key(inventory: Inventory, item: Resource, arn: str, origin: str) -> Row:
    key_id = item.text("key_id") or arn.rpartition("/")[2]
    row = Row("kms", "kms.key", arn, item.region or None, "ListKeys", {"KeyId": key_id, "KeyArn": arn})
    row.reads = {
        "DescribeKey": ok({"KeyMetadata": _metadata(item, arn, key_id, origin)}),
        "GetKeyPolicy": _policy(inventory, item, arn),
        "ListGrants": ok({"Grants": list(_grants(inventory, arn))}),
        "GetKeyRotationStatus": _rotation(item),
        "ListResourceTags": ok(
            {"Tags": [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags_of(item)]}
        ),
    }
    return row


def _policy(inventory: Inventory, item: Resource, arn: str) -> Read:
    """A policy that is a resource of its own is applied after the key, whose own attribute may be older."""
    attached = [(policy, "policy") for policy in inventory.about("aws_kms_key_policy", "key_id", arn)]
    own = [(item, "policy")] if policy_text(item.values.get("policy")) else []
    found = attached_policy("Policy", attached or own)
    return skipped("the state does not state the key's policy") if found["outcome"] == "absent" else found


def _metadata(item: Resource, arn: str, key_id: str, origin: str) -> dict[str, Any]:
    enabled = item.values.get("is_enabled", item.values.get("enabled")) is not False
    if item.text("custom_key_store_id"):
        origin = "EXTERNAL_KEY_STORE" if item.text("xks_key_id") else "AWS_CLOUDHSM"
    return present(
        KeyId=key_id,
        Arn=arn,
        AWSAccountId=item.account,
        Enabled=enabled,
        KeyState="Enabled" if enabled else "Disabled",
        KeyManager="CUSTOMER",
        Origin=origin,
        KeySpec=item.text("customer_master_key_spec") or item.text("key_spec") or "SYMMETRIC_DEFAULT",
        KeyUsage=item.text("key_usage") or "ENCRYPT_DECRYPT",
        MultiRegion=item.flag("multi_region") or item.type.startswith("aws_kms_replica"),
    )


def _rotation(item: Resource) -> Read:
    rotates = item.values.get("enable_key_rotation", item.values.get("key_rotation_enabled"))
    return ok({"KeyRotationEnabled": rotates}) if isinstance(rotates, bool) else absent()


def _grants(inventory: Inventory, arn: str) -> Iterator[dict[str, Any]]:
    for item in inventory.about("aws_kms_grant", "key_id", arn):
        grantee, grant = item.text("grantee_principal"), item.text("grant_id") or item.text("id")
        if grantee is None or grant is None:
            continue
        entry = present(
            GrantId=grant,
            KeyId=arn,
            Name=item.text("name"),
            GranteePrincipal=grantee,
            RetiringPrincipal=item.text("retiring_principal"),
            IssuingAccount=f"arn:{item.partition}:iam::{item.account}:root",
            Operations=sorted(item.texts("operations")),
        )
        constraints = {
            name: dict(found)
            for name, source in (
                ("EncryptionContextEquals", "encryption_context_equals"),
                ("EncryptionContextSubset", "encryption_context_subset"),
            )
            if isinstance(found := pick(item.values, f"constraints.{source}"), Mapping) and found
        }
        yield {**entry, "Constraints": constraints} if constraints else entry


def _trail(item: Resource, arn: str) -> Row:
    data = answer(
        item.values,
        {
            "Name": "name",
            "S3BucketName": "s3_bucket_name",
            "S3KeyPrefix": "s3_key_prefix",
            "IsMultiRegionTrail": "is_multi_region_trail",
            "IsOrganizationTrail": "is_organization_trail",
            "IncludeGlobalServiceEvents": "include_global_service_events",
            "LogFileValidationEnabled": "enable_log_file_validation",
            "HomeRegion": "home_region",
            "KmsKeyId": "kms_key_id",
            "CloudWatchLogsLogGroupArn": "cloud_watch_logs_group_arn",
            "SnsTopicARN": "sns_topic_arn",
        },
    )
    row = Row(
        "cloudtrail",
        "cloudtrail.trail",
        arn,
        item.region or None,
        "DescribeTrails",
        {"TrailARN": arn, **data},
    )
    row.reads = {
        "GetTrailStatus": stated({"IsLogging": item.values.get("enable_logging") is not False}),
        "GetEventSelectors": ok(_selectors(item, arn)),
    }
    return row


def _selectors(item: Resource, arn: str) -> dict[str, Any]:
    """A trail without selectors logs management events and no data events."""
    advanced = [
        {
            "Name": entry.get("name") or "",
            "FieldSelectors": [_field(selector) for selector in blocks(entry, "field_selector")],
        }
        for entry in item.blocks("advanced_event_selector")
    ]
    if advanced:
        return {"TrailARN": arn, "AdvancedEventSelectors": advanced}
    basic = [
        {
            "ReadWriteType": entry.get("read_write_type") or "All",
            "IncludeManagementEvents": entry.get("include_management_events") is not False,
            "DataResources": [
                {"Type": data.get("type"), "Values": data.get("values") or []}
                for data in blocks(entry, "data_resource")
            ],
            "ExcludeManagementEventSources": entry.get("exclude_management_event_sources") or [],
        }
        for entry in item.blocks("event_selector")
    ]
    return {
        "TrailARN": arn,
        "EventSelectors": basic
        or [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}],
    }


def _field(selector: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {name: selector[source] for name, source in SELECTED.items() if selector.get(source)}
    return {"Field": selector.get("field"), **chosen}
