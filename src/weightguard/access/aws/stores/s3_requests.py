"""Requests to a store and to its key: the policies and the circumstances that are known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from weightguard.access.aws.identities.decisions import Decisions
from weightguard.access.aws.keys import KeySurface
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.condition import UNREAD_KEY_DELEGATION
from weightguard.access.grant import Grant
from weightguard.estate.aws.partition import domain_of, keys_of, partition_of
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import KeyState, Store
from weightguard.memory import Memory
from weightguard.policy.aws import (
    CompiledPolicy,
    ContextValue,
    Decision,
    Layers,
    Partly,
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


def delegating(account: str, memory: Memory) -> CompiledPolicy:
    """The key policy that a new key gets: it lets the account's own policies decide."""
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
    return compile_policy(
        {"Version": "2012-10-17", "Statement": [statement]},
        kind=PolicyKind.RESOURCE,
        name="key policy (not known)",
        memory=memory,
    )


def store_layers(decisions: Decisions, place: StoreSurface, own: Layers) -> Layers:
    """The caller's layers with those of the store."""
    rcp = decisions.population.realm(place.account).rcp if place.account else ()
    if place.policy is None and not rcp and not place.s3.bucket_acl:
        return own
    return own.replace(
        resource=None if place.policy is None else (place.policy,), rcp=rcp or None, s3=place.s3
    )


def store_context(decisions: Decisions, place: StoreSurface) -> dict[str, ContextValue]:
    """What is known of a request to the store."""
    context: dict[str, ContextValue] = {
        **dict.fromkeys(_OF_ACCESS_POINTS),
    }
    if place.account is not None:
        realm = decisions.population.realm(place.account)
        if realm.organisation_known:
            context["aws:ResourceOrgID"] = realm.organisation
    if place.region is not None:
        context["aws:RequestedRegion"] = place.region
    if place.store is not None:
        context.update(_tags(decisions, place.store))
    return context


def _tags(decisions: Decisions, store: Store) -> dict[str, ContextValue]:
    """The bucket's tags as policies see them.

    Source: Amazon S3 User Guide, "Using tags with S3 general purpose buckets": S3 evaluates aws:ResourceTag "only after you enable
    ABAC on your bucket", off by default; until then no bucket has a tag. A limit tells where nobody knows whether it is on.
    """
    held = decisions.tags(getattr(store.tags, "value", None), "s3")
    is_on = isinstance(store.tags_decide, Known) and store.tags_decide.value
    return held if is_on else dict.fromkeys(held)


def through_context(decisions: Decisions, place: StoreSurface) -> dict[str, ContextValue]:
    """What is known of a request to the store through an access point, which says the rest itself."""
    context = store_context(decisions, place)
    return {key: value for key, value in context.items() if key not in _OF_ACCESS_POINTS}


def key_context(place: StoreSurface) -> dict[str, ContextValue]:
    """What S3 adds to the key requests that it makes for a caller.

    Source: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)", Encryption context: the ARN of the
    object, or with an S3 Bucket Key that of the bucket. Whoever uploads an object chooses which, whatever the bucket's default.
    """
    context: dict[str, ContextValue] = {
        "kms:EncryptionContextKeys": ("aws:s3:arn",),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "kms:RequestAlias": None,
        _CONTEXT: Partly((place.id, place.objects)),
    }
    if place.region is not None:
        context["kms:ViaService"] = f"s3.{place.region}.{domain_of(partition_of(place.id))}"
        context["aws:RequestedRegion"] = place.region
    encryption = place.store.encryption if place.store is not None else None
    if isinstance(encryption, Known) and encryption.value is not None and encryption.value.bucket_key:
        context[_CONTEXT] = place.id
    return context


_CONTEXT: Final = "kms:EncryptionContext:aws:s3:arn"
_FORWARDED: Final[Mapping[str, ContextValue]] = {
    "aws:ViaAWSService": True,
    "aws:CalledVia": ("s3.amazonaws.com",),
    "aws:CalledViaFirst": "s3.amazonaws.com",
    "aws:CalledViaLast": "s3.amazonaws.com",
}
"""What S3's request to KMS says in a forward access session, with the caller's own identity and permissions.

Source: IAM User Guide, "Forward access sessions" ("aws:CalledVia, aws:CalledViaFirst, and aws:CalledViaLast ... are populated with
the service principal of the service that initiated the FAS call", "aws:ViaAWSService ... is set to true whenever a FAS request is
made"; made "on behalf of an IAM principal", so not for services).
"""


def ask_key(
    decisions: Decisions,
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
    layers = _key_layers(decisions, key, own)
    unread = key.policy is None
    if unread:
        # Without the key policy nobody can tell whether it delegates to the account: what identity policies say is asked
        # as if it did, and the answer says what it hangs on.
        layers = layers.replace(resource=(delegating(key.account, decisions.population.memory),))
    if (through_s3 and _is_off(key)) or not reaches(action, key, caller):
        return None
    context = {**_circumstances(decisions, place, key, through_s3, caller), **(more or {})}
    arn = key.arn or keys_of(key.account, partition_of(place.id))
    if caller.type is PrincipalType.ANONYMOUS or (caller.type is PrincipalType.SERVICE and unread):
        return None  # "Requests to AWS KMS must be signed": nobody uses a key anonymously.
    grant = decisions.ask(caller, action, arn, layers, owner=key.account, context=context)
    if grant is not None and unread:
        return grant.provided(UNREAD_KEY_DELEGATION)
    return grant


def open_key_decision(
    decisions: Decisions, action: str, place: StoreSurface, key: KeySurface, caller: Principal, own: Layers
) -> Decision | None:
    """What the use of a key through S3 would hang on if its tags were still to be chosen; None where nobody can tell."""
    if key.policy is None or key.key is None:
        return None
    untagged = replace(key, key=replace(key.key, tags=Unknown(Reason.NOT_COLLECTED, key.key.tags.source)))
    context = _circumstances(decisions, place, untagged, True, caller)
    arn = key.arn or keys_of(key.account, partition_of(place.id))
    layers = _key_layers(decisions, key, own)
    return decisions.decision(caller, action, arn, layers, owner=key.account, context=context)


def _key_layers(decisions: Decisions, key: KeySurface, own: Layers) -> Layers:
    rcp = () if is_of_provider(key) else decisions.population.realm(key.account).rcp
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
    return (
        key.key is not None
        and isinstance(key.key.state, Known)
        and key.key.state.value is not KeyState.ENABLED
    )


def is_of_provider(key: KeySurface) -> bool:
    """Whether it is a key of the provider's own in the account, which resource control policies do not limit.

    Source: AWS Organizations User Guide, "Resource control policies (RCPs)", Resources and entities not restricted by RCPs.
    """
    known = None if key.key is None else key.key.customer_managed
    return key.provider_managed or (isinstance(known, Known) and not known.value)


def policy_of_provider(account: str, service: str | None, memory: Memory) -> CompiledPolicy:
    """The key policy of ``aws/s3``: it lets in, through S3, whoever of the account may use S3.

    Source: AWS KMS Developer Guide, "AWS managed keys": their policies name the service and the account.
    """
    tests = {"kms:CallerAccount": account, **({} if service is None else {"kms:ViaService": service})}
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": tests},
    }
    return compile_policy(
        {"Version": "2012-10-17", "Statement": [statement]},
        kind=PolicyKind.RESOURCE,
        name="key policy of aws/s3",
        memory=memory,
    )


def ask_key_of_provider(
    decisions: Decisions, action: str, place: StoreSurface, key: KeySurface, caller: Principal, own: Layers
) -> Grant | None:
    """Whether a caller may use ``aws/s3`` through S3: what lets it is the provider's, and nobody can take that away."""
    service = key_context(place).get("kms:ViaService")
    named = service if isinstance(service, str) else None
    policy = policy_of_provider(key.account, named, decisions.population.memory)
    grant = ask_key(decisions, action, place, replace(key, policy=policy), caller, own)
    return None if grant is None else Grant(conditions=grant.conditions)


def _circumstances(
    decisions: Decisions, place: StoreSurface, key: KeySurface, through_s3: bool, caller: Principal
) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {"kms:ViaService": None, "kms:GrantIsForAWSResource": False}
    if through_s3:
        context = key_context(place)
        if caller.type not in (PrincipalType.SERVICE, PrincipalType.ANONYMOUS):
            context.update(_FORWARDED)
    if key.key is not None:
        context.update(decisions.tags(getattr(key.key.tags, "value", None), "kms"))
    if key.alias is not None:
        context["kms:ResourceAliases"] = (key.alias,)
    return context
