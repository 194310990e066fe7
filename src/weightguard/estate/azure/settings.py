"""Settings of storage accounts, vaults and containers, as neutral values.

Sources: Azure Storage documentation, "Prevent authorization with Shared Key" (unset means allowed), "Remediate anonymous
read access" (unset means allowed on accounts made before August 2023 and by templates that say nothing), "Configure Azure
Storage firewalls", "Soft delete for blobs", "Store business-critical blob data with immutable storage", "Version-level WORM
policies for immutable blob data" (an account's default holds for containers without one), "Customer-managed keys for
Azure Storage", "Encryption scopes for Blob storage", "Lifecycle management policy structure"; Blob service REST reference, "Put
Block" (blocks that nobody commits within a week are discarded).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

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
from weightguard.estate.shape import Malformed, flag, mapping, number, objects, text, text_or_none


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


def scope_encryption(record: Record) -> Fact[Encryption | None]:
    """Whose key an encryption scope has."""

    def parse(value: Any) -> Encryption | None:
        if text(value).lower() != "microsoft.keyvault":
            return Encryption(EncryptionKind.PROVIDER)
        held = properties(record).get("keyVaultProperties")
        return Encryption(
            EncryptionKind.NAMED, text_or_none(held.get("keyUri")) if isinstance(held, dict) else None
        )

    return stated(record, "source", parse)


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


def retention(record: Record, account: Record | None = None) -> Fact[Retention | None]:
    """How long blobs of a container can neither be overwritten nor deleted: by its own policy, else by its account's."""
    told = properties(record)
    held = bool(told.get("hasLegalHold"))
    try:
        found = _policy(told.get("immutabilityPolicy"), held) if told.get("hasImmutabilityPolicy") else None
        return Known(found or _of_account(account, held), listing_source(record))
    except Malformed:
        return stated(record, "immutabilityPolicy", lambda _: number(None))


def _of_account(account: Record | None, held: bool) -> Retention | None:
    whole = properties(account).get("immutableStorageWithVersioning") if account is not None else None
    found = (
        _policy(whole.get("immutabilityPolicy"), held)
        if isinstance(whole, dict) and whole.get("enabled")
        else None
    )
    return found or (Retention(RetentionMode.GOVERNANCE, 0, True) if held else None)


def _policy(policy: Any, held: bool) -> Retention | None:
    """What an immutability policy says; None where it says no number of days, or is off."""
    body = policy.get("properties", policy) if isinstance(policy, dict) else {}
    days = body.get("immutabilityPeriodSinceCreationInDays") if isinstance(body, dict) else None
    state = str(body.get("state", "")).lower() if isinstance(body, dict) else ""
    if days is None or state == "disabled":
        return None
    mode = RetentionMode.COMPLIANCE if state == "locked" else RetentionMode.GOVERNANCE
    return Retention(mode, number(days), held)


_UNFINISHED: Final = LifecycleRule(unfinished_uploads_days=7)
"""What the service does in every account: blocks that nobody commits go after a week."""


def lifecycle(
    record: Record | None, otherwise: Fact[None], container: str
) -> Fact[tuple[LifecycleRule, ...]]:
    """What the service, and an account's management policy, delete of themselves in a container."""
    if record is None:
        return otherwise if isinstance(otherwise, Unknown) else Known((_UNFINISHED,), otherwise.source)

    def parse(value: Any) -> tuple[LifecycleRule, ...]:
        rules = (
            rule
            for one in objects(mapping(value).get("rules"))
            if one.get("enabled", True)
            for rule in _rules(one, f"{container}/")
        )
        return (_UNFINISHED, *rules)

    return stated(record, "policy", parse, absent=(_UNFINISHED,))


def _rules(raw: Mapping[str, Any], container: str) -> list[LifecycleRule]:
    definition = mapping(raw.get("definition") or {})
    actions, filters = mapping(definition.get("actions") or {}), mapping(definition.get("filters") or {})
    expires = _days(mapping(actions.get("baseBlob") or {}).get("delete"))
    old = _days(mapping(actions.get("version") or {}).get("delete"))
    if (expires is None and old is None) or "blockBlob" not in (filters.get("blobTypes") or ("blockBlob",)):
        return []
    narrowed = bool(filters.get("blobIndexMatch"))
    prefixes = [_within(text(one), container) for one in filters.get("prefixMatch") or [""]]
    return [LifecycleRule(one, narrowed, expires, old) for one in prefixes if one is not None]


def _within(prefix: str, container: str) -> str | None:
    """A prefix of names of an account, which begin with the container's, as one of names in the container; None: none is meant."""
    if container.startswith(prefix):
        return ""
    return prefix.removeprefix(container) if prefix.startswith(container) else None


_AGES: Final = ("daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan")
"""The conditions that come true of themselves; a blob that is read again and again is never old by its last access."""


def _days(raw: Any) -> int | None:
    if not isinstance(raw, dict) or "daysAfterLastAccessTimeGreaterThan" in raw:
        return None
    told = [raw.get(name) for name in _AGES]
    found = [int(one) for one in told if isinstance(one, int | float) and not isinstance(one, bool)]
    return max(found) if found else None
