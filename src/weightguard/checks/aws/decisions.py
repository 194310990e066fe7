"""Single questions to the AWS decision engine: would this request be refused, by whom is it granted?

A rule such as "requests without TLS are refused" is decided by putting such a request to the engine, never by looking for a
statement that reads like it: policies say one thing in many ways. The requests come from an ordinary role that no
policy names, so that an exception for one role does not count as a hole, and from an account that belongs to nobody audited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from weightguard.checks.relations import inside
from weightguard.controls.judge import Context, UnknownFact
from weightguard.estate.aws.partition import Partitions, partitions_of
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import Account, NamedPolicy, PublicAccessBlock
from weightguard.memory import Memory
from weightguard.policy.aws import (
    ANONYMOUS,
    CompiledPolicy,
    Layers,
    Outcome,
    PolicyKind,
    Principal,
    PrincipalType,
    Request,
    S3Access,
    compile_policy,
    decide,
    effective_block,
    parse_principal,
    unread_policy,
)
from weightguard.policy.aws import PublicAccessBlock as BlockLayer

PUBLIC_ADDRESS = "203.0.113.77"  # RFC 5737: an address that belongs to nobody
OTHER_ORGANISATION = "o-outside000"
_SOME_REGION = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
PROBE_ID = "WEIGHTGUARDPROBE0"  # of no principal: ids are given out by AWS and cannot be chosen
NO_PRIVATE_NETWORK: Mapping[str, None] = dict.fromkeys(
    (
        "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpcSourceIp", "aws:VpceAccount", "aws:VpceOrgID",
        "aws:VpceOrgPaths",
    )
)  # fmt: skip
FROM_INTERNET: Mapping[str, Any] = {**NO_PRIVATE_NETWORK, "aws:SourceIp": PUBLIC_ADDRESS}
CALLED_DIRECTLY: Mapping[str, Any] = {
    "aws:SecureTransport": True,
    "aws:ViaAWSService": False,
    "aws:CalledVia": None,
    "aws:CalledViaFirst": None,
    "aws:CalledViaLast": None,
    "aws:PrincipalIsAWSService": False,
    "aws:PrincipalServiceName": None,
    "aws:PrincipalServiceNamesList": None,
    "aws:SourceArn": None,
    "aws:SourceAccount": None,
    "aws:SourceOrgID": None,
    "aws:SourceOrgPaths": None,
}
OF_OTHER_ORGANISATION = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths")
OF_OUTSIDERS: Mapping[str, Any] = {
    "aws:PrincipalOrgID": OTHER_ORGANISATION,
    "aws:PrincipalOrgPaths": [f"{OTHER_ORGANISATION}/r-out0/ou-out0-outside0/"],
    "aws:Ec2InstanceSourceVpc": None,
    "aws:Ec2InstanceSourcePrivateIPv4": None,
    "ec2:SourceInstanceARN": None,
    "lambda:SourceFunctionArn": None,
}
"""What nobody outside can choose to be: of our organisation, or one of our machines."""

UNSIGNED: Mapping[str, Any] = {
    "aws:userid": "anonymous", "aws:PrincipalOrgID": None, "aws:PrincipalOrgPaths": None,
    "aws:MultiFactorAuthPresent": None, "aws:MultiFactorAuthAge": None, "aws:TokenIssueTime": None,
    "aws:FederatedProvider": None, "aws:SourceIdentity": None,
}  # fmt: skip
"""What a request without a signature says of its caller; the engine knows the rest."""

S3_USUAL: Mapping[str, Any] = {
    "s3:authType": "REST-HEADER",
    "s3:signatureversion": "AWS4-HMAC-SHA256",
    "s3:signatureAge": "1000",
    "s3:TlsVersion": "1.3",
}


def compiled(policy: NamedPolicy, kind: PolicyKind, memory: Memory) -> CompiledPolicy:
    """A policy of the estate for the engine; one whose text is not in the snapshot stays open."""
    return memory.of(_compiled, policy, kind, memory)


def _compiled(policy: NamedPolicy, kind: PolicyKind, memory: Memory) -> CompiledPolicy:
    if policy.document is None:
        return unread_policy(kind=kind, name=policy.name, memory=memory)
    return compile_policy(policy.document, kind=kind, name=policy.name, memory=memory)


def levels(
    found: Iterable[Iterable[NamedPolicy]], kind: PolicyKind, memory: Memory
) -> list[list[CompiledPolicy]]:
    """Guardrails level by level."""
    return [[compiled(policy, kind, memory) for policy in level] for level in found]


def everything(memory: Memory) -> CompiledPolicy:
    """The policy of somebody whose own account allows everything."""
    return memory.once(_everything, memory)


def _everything(memory: Memory) -> CompiledPolicy:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return _assumed(statement, PolicyKind.IDENTITY, "assumed", memory)


def open_door(memory: Memory) -> CompiledPolicy:
    """The policy of a stranger's own resource, which lets everybody in."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return _assumed(statement, PolicyKind.RESOURCE, "a stranger's own", memory)


def _assumed(statement: Mapping[str, str], kind: PolicyKind, name: str, memory: Memory) -> CompiledPolicy:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return compile_policy(document, kind=kind, name=name, memory=memory)


def partition(context: Context, account: str) -> str:
    """The partition of an account."""
    known: Partitions = context.once("partitions", lambda: partitions_of(context.estate))
    return known.of(account)


def insider(account: str, context: Context) -> Principal:
    """A session of an ordinary role of `account` that no policy names."""
    where = partition(context, account)
    return parse_principal(f"arn:{where}:sts::{account}:assumed-role/weightguard-probe/probe")


def stranger_account(context: Context) -> str:
    """An account number that nobody audited owns."""

    def unowned() -> str:
        own = {account.id for account in context.estate.accounts}
        return next(number for digit in "9876543210" if (number := f"{digit * 11}0") not in own)

    found: str = context.once("an account outside", unowned)
    return found


def stranger_key(context: Context) -> str:
    """A key of an account outside."""
    account = stranger_account(context)
    where = partition(context, account)
    region = _SOME_REGION.get(where, "us-east-1")
    return f"arn:{where}:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000"


def stranger(context: Context) -> Principal:
    """A session of an administrator of an account outside."""
    return insider(stranger_account(context), context)


def strangers(policies: Iterable[NamedPolicy | None], context: Context) -> Iterator[Principal]:
    """Callers of an account outside: a session and a user, also under each name that the policies' conditions ask for.

    Whoever owns an account names its roles, sessions and users at will; the ids that AWS gives them are not theirs to choose.
    """
    account = stranger_account(context)
    own = f"arn:{partition(context, account)}:iam::{account}"
    asked = [*_asked_of_callers(policies)]
    session = replace(stranger(context), unique_id=f"AROA{PROBE_ID}")
    yield session
    for name in sorted(
        {_spelt(value.partition(":")[2]) for key, value in asked if key == "aws:userid"} - {""}
    ):
        yield replace(session, session_name=name)
    for name in ("probe", *sorted({_spelt(value) for key, value in asked if key == "aws:username"})):
        user = parse_principal(f"{own}:user/probe", unique_id=f"AIDA{PROBE_ID}")
        yield replace(user, identifier=f"{own}:user/{name}", name=name)
    for value in sorted({value for key, value in asked if key == "aws:principalarn"}):
        parts = value.split(":", 5)
        if len(parts) == 6 and parts[4] in ("*", ""):
            name = _spelt(parts[5])
            yield parse_principal(f"{own}:{name if '/' in name else 'role/any'}")


def _asked_of_callers(policies: Iterable[NamedPolicy | None]) -> Iterator[tuple[str, str]]:
    """Keys, in lower case, and values of the conditions under which policies allow something."""
    for statement in (one for policy in policies for one in allowing(policy)):
        for tests in (statement.get("Condition") or {}).values():
            for key, values in tests.items():
                for value in values if isinstance(values, list) else [values]:
                    yield key.lower(), str(value)


def _spelt(pattern: str) -> str:
    """A text that a pattern takes."""
    return pattern.replace("*", "any").replace("?", "x")


def organisations(context: Context) -> dict[str, str | None]:
    """The organisation of each account that is known."""
    found: dict[str, str | None] = context.once(
        "organisations", lambda: {one.id: one.organisation for one in context.estate.accounts}
    )
    return found


def as_seen_from(principal: Principal, context: Context) -> dict[str, Any]:
    """The organisation key of a principal's requests; an account without an organisation sends none.

    Of an account that may be in an organisation that nobody could name, it is left open.
    """
    known = organisations(context)
    account = principal.account or ""
    member = account in inside(context) and account in known
    if member and known[account] is None and context.estate.organisations.gaps:
        return {}
    return {"aws:PrincipalOrgID": known[account] if member else OTHER_ORGANISATION}


def is_refused(
    context: Context,
    policy: Fact[NamedPolicy | None],
    account: Account,
    requests: Iterable[Request],
    kind: str,
) -> bool:
    """Whether each request is refused outright: by the resource's own policy, or by a guardrail of the organisation above it.

    Args:
        policy: the resource's policy. account: the account that owns the resource. kind: what evidence calls the resource.

    Raises:
        UnknownFact: nothing that could be read refuses it, and something could not be read.
    """
    own = context.peek(policy, f"{kind}.policy")
    limits = context.peek(account.resource_guardrails, "account.resource_guardrails")
    memory = context.estate.memory
    given = own.value if isinstance(own, Known) else None
    resource = [compiled(given, PolicyKind.RESOURCE, memory)] if given else None
    rcp = levels(limits.value, PolicyKind.RCP, memory) if isinstance(limits, Known) and limits.value else None
    layers = Layers(identity=[everything(memory)], resource=resource, rcp=rcp)
    # What a request does not state is open: a refusal that hangs on it (on the caller's network, say) is not the one looked for.
    asked = [replace(request, assume_unknown=True) for request in requests]
    if all(decide(request, layers).outcome is Outcome.DENIED_EXPLICITLY for request in asked):
        return True
    context.require(fact for fact in (own, limits) if isinstance(fact, Unknown))
    _require_texts(
        own,
        *(policy for level in (limits.value or ()) for policy in level) if isinstance(limits, Known) else (),
    )
    return False


def _require_texts(own: Fact[NamedPolicy | None], *others: NamedPolicy) -> None:
    """A policy whose text is missing may hold the very refusal that was looked for."""
    known = [own.value] if isinstance(own, Known) and own.value is not None else []
    unread = [policy for policy in (*known, *others) if policy.document is None]
    if unread:
        raise UnknownFact((Unknown(Reason.NOT_COLLECTED, own.source, unread[0].name),))


def guardrails_refuse(
    context: Context, account: Account, actions: Iterable[str], **extra: Any
) -> tuple[str, ...]:
    """Those of `actions` that the organisation's guardrails leave to an ordinary principal of `account`.

    Raises:
        UnknownFact: the guardrails could not be read.
    """
    found = context.read(account.guardrails, "account.guardrails")
    if found is None:
        return tuple(actions)
    memory = context.estate.memory
    layers = Layers(identity=[everything(memory)], scp=levels(found, PolicyKind.SCP, memory))
    probe = insider(account.id, context)
    facts = {**CALLED_DIRECTLY, **as_seen_from(probe, context), **extra}
    return tuple(
        action
        for action in actions
        if decide(Request(probe, action, "*", account.id, facts), layers).may_be_allowed
    )


def named_principals(policy: NamedPolicy | None) -> Iterator[str]:
    """The AWS principals that the allowing statements of a policy name, as written; a NotPrincipal names everybody."""
    for statement in allowing(policy):
        principal = statement.get("Principal", "*" if "NotPrincipal" in statement else None)
        written = principal.get("AWS") if isinstance(principal, Mapping) else principal
        for one in written if isinstance(written, list) else [written]:
            if isinstance(one, str):
                yield one


def allowing(policy: NamedPolicy | None) -> Iterator[Mapping[str, Any]]:
    """The statements of a policy whose effect is Allow."""
    document = policy.document if policy is not None else None
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            yield statement


def first_granted(
    principal: Principal,
    asks: Iterable[tuple[str, str]],
    owner: str,
    layers: Layers,
    facts: Mapping[str, Any],
) -> str | None:
    """The first action of `asks` (action and resource) that `principal` is allowed, or is under conditions that may hold.

    Its own account is taken to allow it everything: what counts is what this side grants.
    """
    given = {**CALLED_DIRECTLY, **facts}
    own = everything(layers.memory)
    grants = layers if principal is ANONYMOUS else layers.with_identity(own)
    if principal.type is PrincipalType.FEDERATED_USER:
        grants = grants.replace(session=[own])
    for action, resource in asks:
        request = Request(principal, action, resource, owner, given, assume_unknown=True)
        if decide(request, grants).may_be_allowed:
            return action
    return None


def s3_access(blocks: Iterable[PublicAccessBlock]) -> S3Access:
    """Block Public Access as the engine takes it. ACLs are judged apart."""
    known = [
        BlockLayer(block.block_acls, block.ignore_acls, block.block_policy, block.restrict_buckets)
        for block in blocks
    ]
    return S3Access(block=effective_block(known), acls_disabled=True)
