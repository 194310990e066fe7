"""CON: what a workload has to prove before a vault hands it a key of weights, and who uses the key without proving anything.

Sources: Key Vault documentation, "Azure Key Vault secure key release policy grammar"; Azure confidential computing documentation,
"Secure Key Release feature with AKV"; Azure Attestation documentation, "Claim sets" (what machines and containers of SEV-SNP, SGX
and TDX attest); Key Vault REST reference, "Get Key" (`KeyReleasePolicy.immutable`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.decisions import gaps, prepared
from weightguard.checks.azure.keys import holders, vault_of
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, UnknownFact, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.azure.release_policies import Way, ways
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.model import Key
from weightguard.estate.shape import Malformed

_HARDWARE: Final = frozenset({"sevsnpvm", "sgx", "tdxvm", "azure-compliant-cvm", "azure-compliant-uvm"})
_KINDS: Final = ("attestation-type", "compliance-status")
_MEASURES: Final = (
    "x-ms-sevsnpvm-hostdata", "x-ms-sevsnpvm-launchmeasurement", "x-ms-sgx-mrenclave", "x-ms-tdx-mrtd", "tdx_mrtd",
)  # fmt: skip
_DEBUG: Final = ("is-debuggable", "tdx_td_attributes_debug")
_EXACT: Final = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{96}")
_ZERO: Final = re.compile(r"0+")


def attested_only(key: Key, context: Context) -> Verdict:
    """Nobody may unwrap with the key, and it leaves its vault for attested hardware alone, by a policy that nobody changes."""
    users = sorted(set(holders(key, vault_of(key, context), "use", context)))
    if users:
        return Verdict.failed("the key opens without attestation for {others}", others=refs(users))
    found = _ways(key, context)
    if not found:
        return Verdict.failed("no policy says what a workload has to prove before the key is released to it")
    open_ones = [one for one in found if not _is_hardware(one)]
    if open_ones:
        authorities = some(Ref(one.authority) for one in open_ones)
        return Verdict.failed("whatever {authorities} vouches for gets the key", authorities=authorities)
    if not _stated(key, "immutable", context):
        return Verdict.failed("whoever may update the key can put another policy in place of the one it has")
    context.require(gaps((), context))
    return Verdict.passed(
        "the key is released to attested hardware alone, by a policy that nobody can change"
    )


def measurements_pinned(key: Key, context: Context) -> Verdict:
    """Each way to be handed the key names exact measurements, and none that of a program under a debugger."""
    found = _ways(key, context)
    if not found:
        return Verdict.not_applicable("no attested workload is handed the key")
    problems = [problem for one in found for problem in _loose(one)]
    if problems:
        return Verdict.failed(
            "attestation lets in more than one program: {problems}", problems=some(problems)
        )
    return Verdict.passed("attestation asks for exact measurements of what nobody debugs")


def _loose(way: Way) -> Iterator[Value]:
    """What a way to meet the policy leaves open."""
    measures = [str(value) for name, value in way.claims.items() if name.endswith(_MEASURES)]
    if not any(_EXACT.fullmatch(one) for one in measures):
        yield said("{authority} names no exact measurement", authority=Ref(way.authority))
    if any(_ZERO.fullmatch(one) for one in measures):
        yield said("{authority} takes a measurement of zeros", authority=Ref(way.authority))
    debug = [value for name, value in way.claims.items() if name.endswith(_DEBUG)]
    if not any(value is False or str(value).lower() == "false" for value in debug):
        yield said("{authority} takes what is debugged", authority=Ref(way.authority))


def _is_hardware(way: Way) -> bool:
    """Whether a way asks for hardware of a kind that attests what runs on it."""
    return any(
        name.endswith(_KINDS) and str(value).lower() in _HARDWARE for name, value in way.claims.items()
    )


def _ways(key: Key, context: Context) -> tuple[Way, ...]:
    """The ways to be handed a key; none where it has no release policy.

    Raises:
        UnknownFact: the key itself was not read, or its policy is none that is understood.
    """
    record = prepared(context).resources.get(key.id.lower())
    if record is None:
        missing(Source.named("keyvault", "vaults/keys", key.id, provider="azure", scope=key.account))
    data = _stated(key, "data", context) if attribute(record, "release_policy") else None
    if data is None:
        context.peek(key.material, "key.release_policy")
        return ()
    try:
        return ways(str(data))
    except Malformed:
        source = record.attributes["release_policy"].source
        raise UnknownFact((Unknown(Reason.MALFORMED, source),)) from None


def _stated(key: Key, name: str, context: Context) -> Any:
    """What is stated of a key's release policy.

    Raises:
        UnknownFact: nothing is: the vault itself was not asked, which alone tells whether the policy can be changed.
    """
    record = prepared(context).resources.get(key.id.lower())
    found = attribute(record, f"release_policy.{name}") if record is not None else None
    if record is None or found is None:
        missing(Source.named("keyvault", "vaults/keys/release", key.id, provider="azure", scope=key.account))
    context.peek(record.attributes["release_policy"], "key.release_policy")
    return found
