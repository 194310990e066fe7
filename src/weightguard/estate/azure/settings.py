"""Settings of storage accounts, vaults and containers, as neutral values.

Sources: Azure Storage documentation, "Prevent authorization with Shared Key" (unset means allowed), "Remediate anonymous
read access" (unset means allowed on accounts made before August 2023 and by templates that say nothing), "Configure Azure
Storage firewalls", "Soft delete for blobs", "Store business-critical blob data with immutable storage", "Customer-managed
keys for Azure Storage".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightguard.estate.azure.tenant import properties, stated
from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import (
    Encryption,
    EncryptionKind,
    LifecycleRule,
    NetworkRules,
    ObjectLists,
    PublicAccess,
    Retention,
    RetentionMode,
    Versioning,
)
from weightguard.estate.shape import Malformed, flag, mapping, number, objects, text


def shared_keys(record: Record) -> Fact[bool]:
    """Whether an account takes requests that are signed with its keys."""
    return stated(record, "allowSharedKeyAccess", flag, absent=True)


def public_access(record: Record) -> Fact[PublicAccess | None]:
    """Whether containers of an account can be opened to everybody."""

    def parse(value: Any) -> PublicAccess | None:
        return None if flag(value) else PublicAccess(True, ("allowBlobPublicAccess is off",))

    return stated(record, "allowBlobPublicAccess", parse, absent=None)


def network_rules(record: Record) -> Fact[NetworkRules | None]:
    """Which networks an account or a vault takes requests from; None: any."""
    source = listing_source(record)
    told = properties(record)
    try:
        rules = mapping(told.get("networkAcls") or {})
        off = str(told.get("publicNetworkAccess") or "Enabled").lower() in ("disabled", "securedbyperimeter")
        is_open = not off and str(rules.get("defaultAction") or "Allow").lower() == "allow"
        if is_open:
            return Known(None, source)
        allowed = () if off else _allowed(rules)
        instances = tuple(
            text(one["resourceId"])
            for one in objects(rules.get("resourceAccessRules"))
            if one.get("resourceId")
        )
        bypass = tuple(
            word.strip()
            for word in str(rules.get("bypass") or "").split(",")
            if word.strip() not in ("", "None")
        )
        return Known(NetworkRules(False, (*allowed, *instances), bypass), source)
    except Malformed:
        return Unknown(_malformed(record).reason, source)


def _malformed(record: Record) -> Unknown:
    found = stated(record, "networkAcls", lambda _: text(None))
    return found if isinstance(found, Unknown) else stated(record, "nothing", text)  # type: ignore[return-value]


def _allowed(rules: Mapping[str, Any]) -> tuple[str, ...]:
    addresses = tuple(
        text(one.get("value", one.get("ipAddressOrRange"))) for one in objects(rules.get("ipRules"))
    )
    return (*addresses, *(text(one.get("id")) for one in objects(rules.get("virtualNetworkRules"))))


def encryption(record: Record) -> Fact[Encryption | None]:
    """Whose key an account encrypts with. Its own identity unwraps a named one: whoever reads needs no right to it."""

    def parse(value: Any) -> Encryption | None:
        if str(value.get("keySource") if isinstance(value, dict) else "").lower() != "microsoft.keyvault":
            return Encryption(EncryptionKind.PROVIDER)
        held = mapping(value.get("keyvaultproperties") or value.get("keyVaultProperties") or {})
        vault, name = (
            held.get("keyvaulturi") or held.get("keyVaultUri"),
            held.get("keyname") or held.get("keyName"),
        )
        key = f"{text(vault).rstrip('/')}/keys/{text(name)}" if vault and name else None
        return Encryption(EncryptionKind.NAMED, key)

    return stated(record, "encryption", parse, absent=Encryption(EncryptionKind.PROVIDER))


def object_lists(record: Record) -> Fact[ObjectLists]:
    """Whether lists of paths grant anything: with a hierarchical namespace they do."""

    def parse(value: Any) -> ObjectLists:
        return ObjectLists(flag(value), f"isHnsEnabled {str(flag(value)).lower()}")

    return stated(record, "isHnsEnabled", parse, absent=ObjectLists(False, "isHnsEnabled is not set"))


def versioning(record: Record | None, otherwise: Unknown) -> Fact[Versioning]:
    """Whether older versions of blobs are kept, as the account's blob service says."""
    if record is None:
        return otherwise
    told = properties(record)
    kept = told.get("deleteRetentionPolicy")
    days = kept.get("days") if isinstance(kept, dict) and kept.get("enabled") else None
    on = bool(told.get("isVersioningEnabled"))
    return Known(
        Versioning(on, on, days if isinstance(days, int) and not isinstance(days, bool) else None),
        listing_source(record),
    )


def retention(record: Record) -> Fact[Retention | None]:
    """How long blobs of a container can neither be overwritten nor deleted."""
    told = properties(record)
    held = bool(told.get("hasLegalHold"))
    policy = told.get("immutabilityPolicy")
    body = policy.get("properties", policy) if isinstance(policy, dict) else {}
    try:
        days = body.get("immutabilityPeriodSinceCreationInDays") if isinstance(body, dict) else None
        if told.get("hasImmutabilityPolicy") and days is not None:
            locked = str(body.get("state", "")).lower() == "locked"
            mode = RetentionMode.COMPLIANCE if locked else RetentionMode.GOVERNANCE
            return Known(Retention(mode, number(days), held), listing_source(record))
    except Malformed:
        return stated(record, "immutabilityPolicy", lambda _: number(None))
    return Known(Retention(RetentionMode.GOVERNANCE, 0, True) if held else None, listing_source(record))


def lifecycle(
    record: Record | None, otherwise: Fact[tuple[LifecycleRule, ...]]
) -> Fact[tuple[LifecycleRule, ...]]:
    """What an account's management policy deletes of itself."""
    if record is None:
        return otherwise

    def parse(value: Any) -> tuple[LifecycleRule, ...]:
        return tuple(
            rule
            for one in objects(mapping(value).get("rules"))
            if one.get("enabled", True)
            for rule in _rules(one)
        )

    return stated(record, "policy", parse, absent=())


def _rules(raw: Mapping[str, Any]) -> list[LifecycleRule]:
    definition = mapping(raw.get("definition") or {})
    actions, filters = mapping(definition.get("actions") or {}), mapping(definition.get("filters") or {})
    expires = _days(mapping(actions.get("baseBlob") or {}).get("delete"))
    old = _days(mapping(actions.get("version") or {}).get("delete"))
    if expires is None and old is None:
        return []
    prefixes = filters.get("prefixMatch") or [""]
    narrowed = bool(filters.get("blobIndexMatch"))
    return [LifecycleRule(text(prefix), narrowed, expires, old) for prefix in prefixes]


def _days(raw: Any) -> int | None:
    if not isinstance(raw, dict):
        return None
    found = [
        int(value) for value in raw.values() if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return min(found) if found else None
