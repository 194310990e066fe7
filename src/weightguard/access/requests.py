"""Requests to a store and to its key: the policies and the circumstances that are known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from weightguard.access.asking import Asker, Grant
from weightguard.access.condition import UNREAD_KEY_DELEGATION
from weightguard.access.surfaces import KeySurface, StoreSurface
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.partition import domain_of, keys_of, partition_of
from weightguard.policy.aws import (
    CompiledPolicy,
    ContextValue,
    Decision,
    Layers,
    PolicyKind,
    Principal,
    PrincipalType,
    compile_policy,
)

_OF_ACCESS_POINTS: Final = (
    "s3:DataAccessPointArn",
    "s3:DataAccessPointAccount",
    "s3:AccessPointNetworkOrigin",
)


def delegating(account: str) -> CompiledPolicy:
    """The key policy that a new key gets: it lets the account's own policies decide."""
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
    return compile_policy(
        {"Version": "2012-10-17", "Statement": [statement]},
        kind=PolicyKind.RESOURCE,
        name="key policy (not known)",
    )


def store_layers(asker: Asker, place: StoreSurface, own: Layers) -> Layers:
    """The caller's layers with those of the store."""
    rcp = asker.population.realm(place.account).rcp if place.account else ()
    if place.policy is None and not rcp and not place.s3.bucket_acl:
        return own
    return own.replace(
        resource=None if place.policy is None else (place.policy,), rcp=rcp or None, s3=place.s3
    )


def store_context(asker: Asker, place: StoreSurface) -> dict[str, ContextValue]:
    """What is known of a request to the store."""
    context: dict[str, ContextValue] = {
        **dict.fromkeys(_OF_ACCESS_POINTS),
    }
    if place.account is not None:
        realm = asker.population.realm(place.account)
        if realm.organisation_known:
            context["aws:ResourceOrgID"] = realm.organisation
    if place.region is not None:
        context["aws:RequestedRegion"] = place.region
    if place.store is not None:
        context.update(asker.tags(getattr(place.store.tags, "value", None), "s3"))
    return context


def through_context(asker: Asker, place: StoreSurface) -> dict[str, ContextValue]:
    """What is known of a request to the store through an access point, which says the rest itself."""
    context = store_context(asker, place)
    return {key: value for key, value in context.items() if key not in _OF_ACCESS_POINTS}


def key_context(place: StoreSurface) -> dict[str, ContextValue]:
    """What S3 adds to the key requests that it makes for a caller."""
    context: dict[str, ContextValue] = {
        "kms:EncryptionContextKeys": ("aws:s3:arn",),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "kms:RequestAlias": None,
    }
    if place.region is not None:
        context["kms:ViaService"] = f"s3.{place.region}.{domain_of(partition_of(place.id))}"
    encryption = place.store.encryption if place.store is not None else None
    if isinstance(encryption, Known) and encryption.value is not None and encryption.value.bucket_key:
        # "the encryption context for SSE-KMS with an S3 Bucket Key is the bucket's ARN, else the object's".
        context["kms:EncryptionContext:aws:s3:arn"] = place.id
    return context


def ask_key(
    asker: Asker,
    action: str,
    place: StoreSurface,
    key: KeySurface,
    caller: Principal,
    own: Layers,
    *,
    through_s3: bool = True,
    more: Mapping[str, ContextValue] | None = None,
) -> Grant | None:
    """Whether a caller may do something with a key, through S3 or itself.

    Args:
        more: what is known of the request besides.
    """
    layers = _key_layers(asker, key, own)
    unread = key.policy is None
    if unread:
        # Without the key policy nobody can tell whether it delegates to the account: what identity policies say is asked
        # as if it did, and the answer says what it hangs on.
        layers = layers.replace(resource=(delegating(key.account),))
    if (through_s3 and _is_off(key)) or not reaches(action, key, caller):
        return None
    context = {**_circumstances(asker, place, key, through_s3), **(more or {})}
    arn = key.arn or keys_of(key.account, partition_of(place.id))
    if caller.type is PrincipalType.ANONYMOUS or (caller.type is PrincipalType.SERVICE and unread):
        return None  # "Requests to AWS KMS must be signed": nobody uses a key anonymously.
    grant = asker.ask(caller, action, arn, layers, owner=key.account, context=context)
    if grant is not None and unread:
        return grant.provided(UNREAD_KEY_DELEGATION)
    return grant


def open_key_decision(
    asker: Asker, action: str, place: StoreSurface, key: KeySurface, caller: Principal, own: Layers
) -> Decision | None:
    """What the use of a key through S3 would hang on if its tags were still to be chosen; None where nobody can tell."""
    if key.policy is None or key.key is None:
        return None
    untagged = replace(key, key=replace(key.key, tags=Unknown(Reason.NOT_COLLECTED, key.key.tags.source)))
    context = _circumstances(asker, place, untagged, through_s3=True)
    arn = key.arn or keys_of(key.account, partition_of(place.id))
    layers = _key_layers(asker, key, own)
    return asker.decision(caller, action, arn, layers, owner=key.account, context=context)


def _key_layers(asker: Asker, key: KeySurface, own: Layers) -> Layers:
    rcp = asker.population.realm(key.account).rcp
    return own.replace(
        resource=None if key.policy is None else (key.policy,), kms_grants=key.grants, rcp=rcp or None
    )


ACROSS_ACCOUNTS: Final = frozenset(
    f"kms:{name.lower()}"
    for name in (
        "CreateGrant",
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetKeyRotationStatus",
        "GetPublicKey",
        "ListGrants",
        "ReEncryptFrom",
        "ReEncryptTo",
        "RetireGrant",
        "RevokeGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    )
)
"""What may be done with a key of another account; everything else KMS refuses, whatever the policies say.

Source: AWS KMS API Reference, "Cross-account use" of every operation; AWS KMS Developer Guide, "AWS KMS permissions".
"""


def reaches(action: str, key: KeySurface, caller: Principal) -> bool:
    """Whether KMS takes the action from the caller's account at all."""
    is_anybody = caller.account is None and caller.type is not PrincipalType.SOMEBODY
    return is_anybody or caller.account == key.account or action.lower() in ACROSS_ACCOUNTS


def _is_off(key: KeySurface) -> bool:
    """Whether the key is known to unwrap nothing: it is disabled, or waits for its deletion."""
    return key.key is not None and isinstance(key.key.state, Known) and key.key.state.value != "Enabled"


def _circumstances(
    asker: Asker, place: StoreSurface, key: KeySurface, through_s3: bool
) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = key_context(place) if through_s3 else {"kms:ViaService": None}
    if key.key is not None:
        context.update(asker.tags(getattr(key.key.tags, "value", None), "kms"))
    return context
