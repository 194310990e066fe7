"""A bucket's raw settings as the neutral values that controls ask about.

Sources: Amazon S3 API reference, "ServerSideEncryptionByDefault", "BlockedEncryptionTypes", "OwnershipControlsRule",
"VersioningConfiguration", "DefaultRetention", "ReplicationRule", "LifecycleRule", "LoggingEnabled".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.estate.model import (
    Encryption,
    EncryptionKind,
    LifecycleRule,
    ObjectLists,
    PublicAccess,
    PublicAccessBlock,
    Replica,
    Retention,
    RetentionMode,
    Versioning,
)
from weightguard.estate.shape import flag, mapping, member, number, objects, text, text_or_none, texts

PROVIDER_KEY: Final = Encryption(EncryptionKind.PROVIDER)
ENFORCED: Final = "BucketOwnerEnforced"
"""The ownership under which no access control list counts."""
UNSET: Final = "ObjectWriter"
"""The ownership of a bucket that states none."""
ENABLED: Final = "Enabled"
_SWITCHES: Final = ("block_acls", "ignore_acls", "block_policy", "restrict_buckets")
_SERVICE_KEY: Final = "alias/aws/s3"
_YEAR: Final = 365


def public_access(block: PublicAccessBlock | None) -> PublicAccess | None:
    """What the switches of Block Public Access come to; None where there are none."""
    if block is None:
        return None
    on = {name.replace("_", " "): bool(getattr(block, name)) for name in _SWITCHES}
    left_open = tuple(name for name, is_on in on.items() if not is_on)
    return PublicAccess(not left_open, tuple(name for name, is_on in on.items() if is_on), left_open)


def object_lists(ownership: str | None) -> ObjectLists:
    """Whether lists count under an ownership setting."""
    return ObjectLists(ownership != ENFORCED, ownership or UNSET)


def encryption(answer: Any) -> Encryption:
    """The answer of GetBucketEncryption."""
    rules = objects(member(answer, "ServerSideEncryptionConfiguration.Rules"))
    if not rules:
        return PROVIDER_KEY
    rule = rules[0]
    default = mapping(rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"})
    blocked = rule.get("BlockedEncryptionTypes")
    refused = texts(mapping(blocked).get("EncryptionType")) if blocked is not None else ()
    key = text_or_none(default.get("KMSMasterKeyID"))
    kind = _kind(text(member(default, "SSEAlgorithm")), key)
    return Encryption(
        kind=kind,
        key=key,
        reader_needs_key=kind is not EncryptionKind.PROVIDER,
        caller_keys_refused="SSE-C" in refused,
        bucket_key=flag(rule["BucketKeyEnabled"]) if rule.get("BucketKeyEnabled") is not None else False,
    )


def _kind(algorithm: str, key: str | None) -> EncryptionKind:
    if not algorithm.startswith("aws:kms"):
        return EncryptionKind.PROVIDER
    return EncryptionKind.SERVICE if key is None or key.endswith(_SERVICE_KEY) else EncryptionKind.NAMED


def versioning(answer: Any) -> Versioning:
    """The answer of GetBucketVersioning; a bucket that never had versions states no status."""
    status = mapping(answer).get("Status")
    return Versioning(on=status == ENABLED, was_on="Status" in answer)


def retention(answer: Any) -> Retention | None:
    """The default of an object lock; None where new objects are not locked."""
    rule = mapping(member(answer, "ObjectLockConfiguration")).get("Rule") or {}
    default = mapping(mapping(rule).get("DefaultRetention") or {})
    modes = {mode.value.upper(): mode for mode in RetentionMode}
    mode = modes.get(text_or_none(default.get("Mode")) or "")
    if mode is None:
        return None
    return Retention(mode, _number(default, "Days") + _YEAR * _number(default, "Years"))


def _number(body: Mapping[str, Any], name: str) -> int:
    return number(body[name]) if body.get(name) is not None else 0


def replicas(answer: Any) -> tuple[Replica, ...]:
    """Where the rules of GetBucketReplication lead."""
    found = []
    for rule in objects(mapping(member(answer, "ReplicationConfiguration")).get("Rules")):
        place = mapping(rule.get("Destination") or {})
        store, owner = text_or_none(place.get("Bucket")), text_or_none(place.get("Account"))
        found.append(Replica(store, owner, rule.get("Status") == ENABLED))
    return tuple(found)


def log_store(answer: Any, partition: str) -> str | None:
    """The ARN of the bucket that access logs go to, from the answer of GetBucketLogging."""
    enabled = mapping(answer).get("LoggingEnabled")
    name = text_or_none(mapping(enabled).get("TargetBucket")) if enabled is not None else None
    return name if name is None or name.startswith("arn:") else f"arn:{partition}:s3:::{name}"


def lifecycle(answer: Any) -> tuple[LifecycleRule, ...]:
    """The rules of GetBucketLifecycleConfiguration that are on."""
    rules = objects(mapping(answer).get("Rules"))
    return tuple(_lifecycle_rule(rule) for rule in rules if rule.get("Status") == ENABLED)


def _lifecycle_rule(rule: Mapping[str, Any]) -> LifecycleRule:
    scope = mapping(rule.get("Filter", {"Prefix": rule.get("Prefix") or ""}))
    return LifecycleRule(
        prefix=text(scope.get("Prefix") or ""),
        narrowed=any(name != "Prefix" for name in scope),
        expires_days=_days(rule, "Expiration", "Days"),
        old_versions_days=_days(rule, "NoncurrentVersionExpiration", "NoncurrentDays"),
        unfinished_uploads_days=_days(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
    )


def _days(rule: Mapping[str, Any], name: str, unit: str) -> int | None:
    days = mapping(rule.get(name) or {}).get(unit)
    return None if days is None else number(days)
