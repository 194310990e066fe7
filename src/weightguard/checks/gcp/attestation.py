"""CON and KEY: who decrypts with a key of weights, and what a workload has to prove to be let.

A workload in Confidential Space shows a token of what runs on which hardware; a provider of a workload identity pool takes it on a
condition. Whoever the condition lets through is a principal of the pool, and policies name such principals.

Sources: Confidential Space documentation, "Attestation assertions" and "Create workload identity pool provider"; Cloud KMS
documentation, "Customer-managed encryption keys" (the service agent decrypts for whoever reads).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from weightguard.checks.gcp.decisions import gaps, granted, is_unread, kind_of, prepared
from weightguard.checks.gcp.expressions import holds_one, values
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Source, Unknown
from weightguard.estate.model import FederatedProvider, Key

_USE: Final = "cloudkms.cryptoKeyVersions.useToDecrypt"
_POOLS: Final = "/workloadIdentityPools/"
_ISSUER: Final = "https://confidentialcomputing.googleapis.com"
_SOFTWARE: Final = ("assertion.swname", "CONFIDENTIAL_SPACE")
_DIGEST, _DEBUG = "assertion.submods.container.image_digest", "assertion.dbgstat"
_SUPPORT: Final = "assertion.submods.confidential_space.support_attributes"
_EXACT: Final = re.compile(r"sha256:[0-9a-f]{64}")
_AUDIENCES: Final = frozenset({"https://sts.googleapis.com"})


def _users(key: Key, context: Context) -> list[str]:
    """Who may decrypt with a key for certain."""
    found = granted(key.id, (_USE,), context)
    return sorted(one for one, rights in found.items() if not all(map(is_unread, rights.values())))


def _unread(key: Key, context: Context) -> Iterator[Unknown]:
    own = context.peek(key.policy)
    if isinstance(own, Unknown):
        yield own
    yield from gaps(key.id, context)


def decrypt_bound_to_service(key: Key, context: Context) -> Verdict:
    """Service agents, which decrypt for their own service alone, and attested workloads use the key, and nobody else."""
    free = [
        one
        for one in _users(key, context)
        if kind_of(one, context) != "service" and not _is_attested(one, context)
    ]
    if free:
        return Verdict.failed(
            "whoever holds the right decrypts any ciphertext with it, from anywhere: {free}", free=refs(free)
        )
    context.require(_unread(key, context))
    return Verdict.passed("the key is used by service agents and attested workloads alone")


def attested_only(key: Key, context: Context) -> Verdict:
    """Nothing decrypts but workloads that prove what they are."""
    others = [one for one in _users(key, context) if not _is_attested(one, context)]
    if others:
        return Verdict.failed("the key opens without attestation for {others}", others=refs(others))
    context.require(_unread(key, context))
    return Verdict.passed("the key opens for attested workloads alone")


def measurements_pinned(key: Key, context: Context) -> Verdict:
    """What a workload has to prove is an exact image, on a machine that nobody debugs, with software that is supported."""
    pools = [one for one in _users(key, context) if _POOLS in one]
    providers = [
        provider for one in pools for provider in _providers(one, context) if _is_space(provider, context)
    ]
    if not providers:
        context.require(_unread(key, context))
        return Verdict.not_applicable("no attested workload uses the key")
    problems = [
        problem
        for one in dict.fromkeys(map(_identity, providers))
        for problem in _loose(one, providers, context)
    ]
    if problems:
        return Verdict.failed(
            "attestation lets in more than one program: {problems}", problems=some(problems)
        )
    context.require(_unread(key, context))
    return Verdict.passed("attestation asks for exact images on machines that nobody debugs")


def _identity(provider: FederatedProvider) -> str:
    return provider.id


def _loose(name: str, providers: list[FederatedProvider], context: Context) -> Iterator[Value]:
    """What the condition of a provider leaves open."""
    provider = next(one for one in providers if one.id == name)
    condition = context.read(provider.condition, "federated_provider.condition") or ""
    digests = values(condition, _DIGEST)
    if not digests or not all(_EXACT.fullmatch(one) for one in digests):
        yield said("{name} names no exact image", name=Ref(name))
    if values(condition, _DEBUG) != frozenset({"disabled-since-boot"}):
        yield said("{name} takes machines that are debugged", name=Ref(name))
    if not holds_one(condition, _SUPPORT, "STABLE"):
        yield said("{name} takes images of Confidential Space that are not supported", name=Ref(name))
    if not set(context.read(provider.audiences, "federated_provider.audiences")) <= _AUDIENCES:
        yield said("{name} takes tokens that were made for others", name=Ref(name))


def _is_attested(member: str, context: Context) -> bool:
    """Whether somebody is a principal of a pool that takes attestations of Confidential Space alone, of an image that it names."""
    if _POOLS not in member:
        return False
    providers = _providers(member, context)
    return bool(providers) and all(
        _is_space(one, context) and _names_image(one, context) for one in providers
    )


def _providers(member: str, context: Context) -> list[FederatedProvider]:
    """The providers of a principal's pool that are on.

    Raises:
        UnknownFact: no source tells of any.
    """
    pool, _, rest = member.partition("://")[2].removeprefix("iam.googleapis.com/").partition(_POOLS)
    named = prepared(context).source.named
    start = f"{named(pool)}{_POOLS}{rest.partition('/')[0]}/"
    found = [
        one for one in context.glance(context.estate.federated_providers) if named(one.id).startswith(start)
    ]
    if not found:
        missing(Source.named("iam", "ListWorkloadIdentityPoolProviders", start, provider="gcp"))
    return [one for one in found if context.read(one.enabled, "federated_provider.enabled")]


def _is_space(provider: FederatedProvider, context: Context) -> bool:
    issuer = context.read(provider.issuer, "federated_provider.issuer") or ""
    condition = context.read(provider.condition, "federated_provider.condition") or ""
    return issuer.rstrip("/") == _ISSUER and values(condition, _SOFTWARE[0]) == frozenset({_SOFTWARE[1]})


def _names_image(provider: FederatedProvider, context: Context) -> bool:
    """Whether a provider's condition names images, by digest or by where they lie."""
    condition = context.read(provider.condition, "federated_provider.condition") or ""
    return any(values(condition, name) for name in (_DIGEST, "assertion.submods.container.image_reference"))
