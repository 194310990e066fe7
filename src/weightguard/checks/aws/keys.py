"""KEY and CON: whom a key's policy and its grants let use it, from where, and under which attestation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weightguard.checks.aws.decisions import (
    CALLED_DIRECTLY,
    FROM_INTERNET,
    NO_PRIVATE_NETWORK,
    as_seen_from,
    compiled,
    first_granted,
    insider,
    levels,
    named_principals,
    stranger_account,
)
from weightguard.checks.aws.outsiders import outsiders_named
from weightguard.checks.relations import account_of, counted, is_outside
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Said, Value, said, some
from weightguard.estate.aws.vocabulary import account_in
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.model import Key, KeyGrant, NamedPolicy
from weightguard.policy.aws import Layers, PolicyKind, Principal, parse_principal

ADMINISTRATION = ("kms:PutKeyPolicy", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:DisableKey")
USES = ("kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", *ADMINISTRATION)
DECRYPTING = frozenset({"Decrypt", "ReEncryptFrom", "CreateGrant", "GenerateDataKey"})
BARE: Mapping[str, Any] = {
    **CALLED_DIRECTLY, "kms:ViaService": None, "kms:EncryptionContextKeys": None, "kms:EncryptionContext:": None,
    "kms:GrantIsForAWSResource": False,
}  # fmt: skip


def _parties(policy: NamedPolicy | None, key: Key, context: Context) -> Iterator[tuple[Value, Principal]]:
    """Everybody whom a key policy names, each as a caller; an account stands for its administrator."""
    for written in dict.fromkeys(named_principals(policy)):
        account = account_in(written)
        if written == "*":
            yield "everybody", insider(stranger_account(context), context)
            yield "everybody in the account", insider(key.account, context)
        elif written.endswith(":root") or (account is not None and written == account):
            who = said("every administrator of {account}", account=Ref(str(account)))
            yield who, insider(account or key.account, context)
        elif account is not None:
            yield Ref(written), parse_principal(written)


def _layers(policy: NamedPolicy | None, key: Key, context: Context) -> Layers:
    resource = [] if policy is None else [compiled(policy, PolicyKind.RESOURCE, context.estate.memory)]
    return Layers(resource=resource)


def _may(
    principal: Principal,
    key: Key,
    actions: Iterable[str],
    layers: Layers,
    facts: Mapping[str, Any],
    context: Context,
) -> str | None:
    given = {**as_seen_from(principal, context), **facts}
    return first_granted(principal, [(action, key.id) for action in actions], key.account, layers, given)


def administration_apart_from_use(key: Key, context: Context) -> Verdict:
    """Nobody whom the policy names can both rewrite it and decrypt."""
    policy = context.read(key.policy)
    layers = _layers(policy, key, context)
    both = [
        who for who, principal in _parties(policy, key, context)
        if _may(principal, key, ADMINISTRATION, layers, {}, context) and _may(principal, key, ["kms:Decrypt"], layers, {}, context)
    ]  # fmt: skip
    if both:
        return Verdict.failed("administration and decryption lie in one hand: {both}", both=some(both))
    return Verdict.passed("nobody whom the policy names both administers the key and decrypts with it")


def decrypt_bound_to_service(key: Key, context: Context) -> Verdict:
    """A bare decryption call, without store, encryption context or attestation, is granted to nobody."""
    policy = context.read(key.policy)
    layers = _layers(policy, key, context)
    free = [
        who for who, principal in _parties(policy, key, context)
        if _may(principal, key, ["kms:Decrypt"], layers, {**BARE, **_no_context(policy), **_no_attestation(policy)}, context)
    ]  # fmt: skip
    if free:
        return Verdict.failed("these may decrypt any ciphertext with a bare call: {free}", free=some(free))
    return Verdict.passed(
        "decryption is bound to the storage service, an encryption context or an attested workload"
    )


def _condition_keys(policy: NamedPolicy | None) -> set[str]:
    document = policy.document if policy is not None else None
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        for tests in (statement.get("Condition") or {}).values() if isinstance(statement, Mapping) else ():
            found.update(tests)
    return found


def _no_context(policy: NamedPolicy | None) -> dict[str, None]:
    return {
        name: None for name in _condition_keys(policy) if name.lower().startswith("kms:encryptioncontext")
    }


def _no_attestation(policy: NamedPolicy | None) -> dict[str, None]:
    return {
        name: None for name in _condition_keys(policy) if name.lower().startswith("kms:recipientattestation")
    }


def network_restricted(key: Key, context: Context) -> Verdict:
    """A direct call from the internet decrypts for nobody."""
    policy = context.read(key.policy)
    account = account_of(key, context)
    limits = context.peek(account.resource_guardrails, "account.resource_guardrails")
    found = limits.value if isinstance(limits, Known) else None
    rcp = levels(found, PolicyKind.RCP, context.estate.memory) if found else None
    layers = _layers(policy, key, context).replace(rcp=rcp)
    facts = {**BARE, **FROM_INTERNET, **NO_PRIVATE_NETWORK}
    open_to = [
        who
        for who, principal in _parties(policy, key, context)
        if _may(principal, key, ["kms:Decrypt"], layers, facts, context)
    ]
    if open_to:
        context.require([limits] if isinstance(limits, Unknown) else ())
        return Verdict.failed("stolen credentials decrypt from any network: {open_to}", open_to=some(open_to))
    return Verdict.passed("a direct call from a public network decrypts for nobody")


def grants_bounded(key: Key, context: Context) -> Verdict:
    """Grants go to nobody outside, and those that decrypt are constrained."""
    grants = context.read(key.grants)
    foreign = [
        _named(grant)
        for grant in grants
        if (owner := account_in(grant.grantee)) and is_outside(owner, context)
    ]
    if foreign:
        return Verdict.failed(
            "grants, which no policy shows, let outsiders use the key: {foreign}", foreign=some(foreign)
        )
    loose = [_named(grant) for grant in grants if DECRYPTING & set(grant.operations) and not _bounded(grant)]
    if loose:
        return Verdict.failed("grants decrypt without any constraint: {loose}", loose=some(loose))
    return Verdict.passed("{count} grants, none outside the organisation, none unbounded", count=len(grants))


def _named(grant: KeyGrant) -> Said:
    return said("{grant} to {grantee}", grant=Ref(grant.name or grant.id), grantee=Ref(grant.grantee))


def _bounded(grant: KeyGrant) -> bool:
    return bool(grant.constraints) or grant.grantee.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def no_outsider(key: Key, context: Context) -> Verdict:
    """The policy lets nobody outside use the key."""
    policy = context.read(key.policy)
    layers = _layers(policy, key, context)
    asks = [(action, key.id) for action in USES]
    let_in = []
    for principal in outsiders_named([policy], context):
        action = first_granted(principal, asks, key.account, layers, NO_PRIVATE_NETWORK)
        if action is not None:
            who = Ref(principal.account) if principal.account else "everybody"
            let_in.append(said("{who} ({action})", who=who, action=action))
    if let_in:
        return Verdict.failed("the key policy lets outsiders in: {let_in}", let_in=some(let_in))
    return Verdict.passed("the key policy lets nobody outside in")


def attested_only(key: Key, context: Context) -> Verdict:
    """Nobody decrypts outside an attested environment, whatever else is the case."""
    policy = context.read(key.policy)
    names = _no_attestation(policy)
    layers = _layers(policy, key, context)
    free = [
        who
        for who, principal in _parties(policy, key, context)
        if _may(principal, key, ["kms:Decrypt"], layers, names, context)
    ]
    grants = [_named(grant) for grant in context.read(key.grants) if "Decrypt" in grant.operations]
    if free or grants:
        return Verdict.failed(
            "plaintext can be had without attestation: {things}", things=some([*free, *grants])
        )
    return Verdict.passed("every right to decrypt hangs on an attested measurement")


def measurements_pinned(key: Key, context: Context) -> Verdict:
    """The attested measurements are exact, and none is that of a debug enclave."""
    policy = context.read(key.policy)
    pinned = list(_measurements(policy))
    if not pinned:
        return Verdict.not_applicable("the key is not bound to an attested environment (WG-CON-01)")
    debug = [
        said("{name}={value}", name=name, value=Ref(value[:12]))
        for name, value in pinned
        if set(value) <= {"0"}
    ]
    loose = [
        said("{name}={value}", name=name, value=Ref(value))
        for name, value in pinned
        if "*" in value or "?" in value
    ]
    if debug or loose:
        return Verdict.failed("measurements are not pinned: {things}", things=some([*debug, *loose]))
    return Verdict.passed("pinned exactly: {count}", count=counted(len(pinned), "measurement"))


def _measurements(policy: NamedPolicy | None) -> Iterator[tuple[str, str]]:
    document = policy.document if policy is not None else None
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        for tests in (statement.get("Condition") or {}).values():
            for name, values in tests.items():
                if name.lower().startswith("kms:recipientattestation"):
                    yield from (
                        (name, str(value)) for value in (values if isinstance(values, list) else [values])
                    )
