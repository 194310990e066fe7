"""KMS: keys, their policies and grants, and the aliases that lead to them.

Source: AWS KMS API reference, "KeyMetadata", "GrantListEntry", "GetKeyRotationStatus".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from weightguard.estate.aws.scope import Scope, region_of, status
from weightguard.estate.evidence import Record, answer, code, data_of, derived, outcome, read, read_source
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import Key, KeyGrant, KeyMaterial, KeyProtection, KeyState
from weightguard.estate.shape import (
    Malformed,
    find,
    flag,
    mapping,
    member,
    objects,
    tags,
    text,
    text_or_none,
    texts,
)

ORIGINS = {
    "AWS_KMS": KeyProtection.SHARED_HSM,
    "AWS_CLOUDHSM": KeyProtection.DEDICATED_HSM,
    "EXTERNAL": KeyProtection.IMPORTED,
    "EXTERNAL_KEY_STORE": KeyProtection.EXTERNAL,
}
"""Member Origin of a key's metadata -> what keeps its material."""
UNSUPPORTED = frozenset({"UnsupportedOperationException"})


def keys(scope: Scope, records: Sequence[Record]) -> list[Key]:
    """Every key of the account, with the aliases that point at it."""
    aliases = _aliases(records)
    return [_key(scope, record, aliases) for record in records if record.kind == "kms.key"]


def _aliases(records: Sequence[Record]) -> dict[tuple[str | None, str], list[tuple[str, Source]]]:
    """Aliases by region and key id."""
    found: dict[tuple[str | None, str], list[tuple[str, Source]]] = {}
    for record in records:
        target = text_or_none(data_of(record).get("TargetKeyId"))
        if record.kind == "kms.alias" and target is not None:
            name = text_or_none(data_of(record).get("AliasName")) or record.id.rpartition(":")[2]
            place = (region_of(record, record.id), target.rpartition("/")[2])
            found.setdefault(place, []).append((name, read_source(record, "ListAliases")))
    return found


def _key(
    scope: Scope, record: Record, aliases: Mapping[tuple[str | None, str], list[tuple[str, Source]]]
) -> Key:
    region = region_of(record, record.id)
    metadata = answer(record, "DescribeKey")
    return Key(
        id=record.id,
        provider="aws",
        account=scope.account,
        region=region,
        aliases=_names(scope, record, aliases.get((region, record.id.rpartition("/")[2]), [])),
        customer_managed=read(record, "DescribeKey", _customer_managed),
        state=derived(status(record, "DescribeKey", "KeyMetadata.KeyState"), _state),
        material=derived(status(record, "DescribeKey", "KeyMetadata.Origin"), _material),
        other_regions=read(record, "DescribeKey", _other_regions),
        rotation=_rotation(record, metadata),
        policy=scope.policy_read(record, "GetKeyPolicy", "Policy", name="key policy"),
        grants=read(record, "ListGrants", _grants),
        tags=read(record, "ListResourceTags", lambda found: tags(mapping(found).get("Tags")), absent={}),
        deletion_date=read(
            record, "DescribeKey", lambda found: text_or_none(find(found, "KeyMetadata.DeletionDate"))
        ),
    )


def _names(scope: Scope, record: Record, found: list[tuple[str, Source]]) -> Fact[tuple[str, ...]]:
    if found:
        return Known(tuple(sorted(name for name, _ in found)), found[0][1])
    source = read_source(record, "ListAliases")
    hidden = scope.calls.obstacle("kms", "ListAliases", record.region)
    if hidden is not None:
        return hidden
    return (
        Known((), source)
        if scope.calls.asked("kms", "ListAliases")
        else Unknown(Reason.NOT_COLLECTED, source)
    )


def _customer_managed(found: Any) -> bool:
    return text(member(found, "KeyMetadata.KeyManager")) == "CUSTOMER"


def _state(written: str) -> KeyState:
    try:
        return KeyState(written)
    except ValueError as error:
        raise Malformed(f"a key state {written}") from error


def _material(written: str) -> KeyMaterial:
    if written not in ORIGINS:
        raise Malformed(f"an origin {written}")
    return KeyMaterial(ORIGINS[written], written)


def _other_regions(found: Any) -> tuple[str, ...] | None:
    """Regions of the replicas; None for a key of a single region."""
    metadata = mapping(member(found, "KeyMetadata"))
    configuration = metadata.get("MultiRegionConfiguration")
    if configuration is None:
        return () if metadata.get("MultiRegion") is True else None
    return tuple(text(entry.get("Region")) for entry in objects(mapping(configuration).get("ReplicaKeys")))


def _rotation(record: Record, metadata: Mapping[str, Any]) -> Fact[bool | None]:
    """None where rotation does not apply: asymmetric, HMAC and imported key material, keys of a custom key store."""
    operation = "GetKeyRotationStatus"
    spec, origin = find(metadata, "KeyMetadata.KeySpec"), find(metadata, "KeyMetadata.Origin")
    if outcome(record, operation) != "ok":
        if code(record, operation) in UNSUPPORTED:
            return Known(None, read_source(record, operation))
        if (
            isinstance(spec, str)
            and isinstance(origin, str)
            and (spec != "SYMMETRIC_DEFAULT" or origin != "AWS_KMS")
        ):
            return Known(None, read_source(record, "DescribeKey"))
    return read(
        record, operation, lambda found: flag(member(found, "KeyRotationEnabled")), absent=None, skipped=None
    )


def _grants(found: Any) -> tuple[KeyGrant, ...]:
    grants = [
        KeyGrant(
            id=text(member(entry, "GrantId")),
            grantee=text(member(entry, "GranteePrincipal")),
            operations=texts(entry.get("Operations")),
            constraints=mapping(entry.get("Constraints") or {}),
            retiring_principal=text_or_none(entry.get("RetiringPrincipal")),
            name=text_or_none(entry.get("Name")),
        )
        for entry in objects(member(found, "Grants"))
    ]
    return tuple(sorted(grants, key=lambda grant: grant.id))
