"""Identities that a provider vouches for: which subjects of it a role's trust policy lets in, as the policy engine decides.

A subject stands in the answers as ``<provider ARN>#<subject pattern>``; the pattern is what the trust policy leaves of the token's
subject, ``*`` where it asks nothing. What a token always says (its subject, its audience) is known in part, what other issuers'
tokens say is absent, and everything else that a policy asks stays a condition.

Sources: IAM User Guide, "Create a role for OpenID Connect federation", "Create a role for SAML 2.0 federation", "IAM and AWS STS
condition context keys" (Available keys for AWS OIDC federation, ... for SAML-based federation); Amazon Cognito Developer Guide,
"Role trust and permissions" (amr is ``unauthenticated`` for guests).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.condition_keys import kind_of_key, of_formula, of_test
from weightguard.access.aws.identities.decisions import grant_of, is_chosen
from weightguard.access.aws.techniques.claims import Claims, claims_of, narrowed
from weightguard.access.condition import Condition, ConditionKind
from weightguard.access.grant import Grant
from weightguard.access.links import Hub, Link, Node, Step
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal
from weightguard.policy.aws import (
    CompiledPolicy,
    ContextValue,
    Decision,
    Layers,
    Outcome,
    Partly,
    alternatives,
    conditions_of,
    parse_principal,
)
from weightguard.policy.aws.arn import account_of
from weightguard.policy.aws.document import Document
from weightguard.policy.aws.statement import Statement, target

OIDC: Final = "sts:AssumeRoleWithWebIdentity"
SAML: Final = "sts:AssumeRoleWithSAML"
ANY_SUBJECT: Final = "*"
_GUEST: Final = "unauthenticated"
_SIGNED_IN: Final = "authenticated"
_ANYTHING: Final = target("*", literal=True)


@dataclass(frozen=True, slots=True)
class _Bearer:
    """One sort of bearer of a provider's tokens.

    Attributes:
        context: what its tokens say beside subject and audience.
        is_guest: whether nobody vouches for who it is.
        by_method: whether it signed in in a way that the policy has to ask for.
    """

    context: tuple[tuple[str, ContextValue], ...] = ()
    is_guest: bool = False
    by_method: bool = False


def subjects(context: Context, role: Principal, trust: CompiledPolicy, hub: Node) -> Iterator[Link]:
    """Links from the subjects that a role trusts, each with the statement that lets it in."""
    for provider, alone in trusted(context, role, trust):
        yield from _let_in(context, provider, role, alone, hub)


def trusted(context: Context, role: Principal, trust: CompiledPolicy) -> Iterator[tuple[str, CompiledPolicy]]:
    """The providers that a role trusts, each with the trust policy as far as that one statement lets it vouch."""
    for statement in trust.document.statements:
        for provider in _providers(context, statement, role):
            yield provider, trust.memory.once(_alone, trust, statement)


def bearing(
    context: Context,
    provider: str,
    role: Principal,
    trust: CompiledPolicy,
    said: Mapping[str, ContextValue],
    chosen: frozenset[str],
) -> Grant | None:
    """What lets in the bearer of a token of an OIDC provider, and what it hangs on; None where they are kept out.

    Args:
        said: what the token says, by context key.
        chosen: the keys of what its bearer chooses, in lower case.
    """
    claims = claims_of(provider)
    decision = _decide(context, provider, claims, _Bearer(tuple(said.items())), role, trust)
    granted = grant_of(decision, OIDC, trust.memory)
    if granted is None or decision.outcome is Outcome.ALLOWED:
        return granted
    rows = alternatives(decision.conditions)
    if rows is None:
        return Grant(granted.because, (of_formula(decision.conditions),), granted.ways)
    left = [
        tuple(of_test(one) for one in row if one.key.lower() not in chosen and not is_chosen(one, OIDC))
        for row in rows
    ]
    return Grant(granted.because, min(left, key=len), granted.ways)


def _let_in(
    context: Context, provider: str, role: Principal, trust: CompiledPolicy, hub: Node
) -> Iterator[Link]:
    claims = claims_of(provider)
    action = SAML if claims.is_saml else OIDC
    for bearer in _bearers(claims):
        decision = _decide(context, provider, claims, bearer, role, trust)
        if bearer.by_method and not _asks_for_method(decision, claims):
            continue
        for subject, conditions in _subjects(decision, claims, action):
            name = f"{provider}#{subject}"
            if bearer.is_guest:
                context.population.guests |= {name, *(hub.targets if isinstance(hub, Hub) else (role.id,))}
            found = grant_of(decision, action, trust.memory) or Grant()
            yield Link(name, hub, (Step(action, Grant(found.because, conditions, found.ways)),))


def _bearers(claims: Claims) -> Iterator[_Bearer]:
    """Cognito's guests and those that signed in, whom its tokens tell apart; one sort of bearer of everybody else's tokens."""
    if claims.methods is None:
        yield _Bearer()
        return
    yield _Bearer(((claims.methods, (_GUEST,)),), is_guest=True)
    yield _Bearer(((claims.methods, (_SIGNED_IN,)),))
    yield _Bearer(by_method=True)


def _asks_for_method(decision: Decision, claims: Claims) -> bool:
    """Whether a decision hangs on how somebody signed in, by more than whether it did."""
    return any(
        one.key == claims.methods and set(one.values) - {_GUEST, _SIGNED_IN}
        for one in conditions_of(decision.conditions)
    )


def _providers(context: Context, statement: Statement, role: Principal) -> Iterator[str]:
    """The providers that a statement lets vouch for somebody: those of the role's own account, and AWS's built-in ones."""
    element = statement.principals
    if element is None or not statement.allows or statement.not_principal:
        return
    named = set(element.federated)
    if element.everybody:
        named |= {one.id for one in context.estate.federated_providers if one.account == role.account}
    for provider in sorted(named):
        action = SAML if claims_of(provider).is_saml else OIDC
        of_here = account_of(provider) in (None, role.account)
        if of_here and statement.may_apply(action.lower(), _ANYTHING):
            yield provider


def _alone(trust: CompiledPolicy, statement: Statement) -> CompiledPolicy:
    """A trust policy with one of its allowing statements, and all that deny."""
    kept = tuple(one for one in trust.document.statements if one is statement or not one.allows)
    return CompiledPolicy(
        trust.name,
        trust.kind,
        Document(trust.kind, kept, trust.document.problems, unread=trust.document.unread),
        trust.memory,
    )


def _decide(
    context: Context,
    provider: str,
    claims: Claims,
    bearer: _Bearer,
    role: Principal,
    trust: CompiledPolicy,
) -> Decision:
    caller = parse_principal({"federated": provider})
    action = SAML if claims.is_saml else OIDC
    rcp = context.population.realm(role.account).rcp
    policies = (trust, *(one for level in rcp for one in level))
    claimed = {
        **_of_others(policies, claims),
        claims.subject: Partly(("*",)),
        claims.audience: _audiences(context, provider, claims),
        **dict(bearer.context),
    }
    tags = role.tags.value if isinstance(role.tags, Known) else None
    return context.decisions.decision(
        caller,
        action,
        role.id,
        Layers(resource=(trust,), rcp=rcp or None),
        owner=role.account,
        context={**context.decisions.tags(tags, "iam"), **claimed},
    )


def _of_others(policies: Iterable[CompiledPolicy], claims: Claims) -> Mapping[str, ContextValue]:
    """The claims of other issuers that the policies look at: no token of this one has them."""
    looked_at = {
        key for policy in policies for statement in policy.document.statements for key in statement.keys
    }
    return {
        key: None
        for key in sorted(looked_at)
        if kind_of_key(key) is ConditionKind.CLAIM and not claims.has(key)
    }


def _audiences(context: Context, provider: str, claims: Claims) -> ContextValue:
    """Whom tokens may be for: STS takes those alone that are for an audience of the provider's list."""
    if claims.endpoints:
        return Partly(claims.endpoints)
    held = next((one for one in context.estate.federated_providers if one.id == provider), None)
    known = held.audiences.value if held is not None and isinstance(held.audiences, Known) else ()
    # Google's tokens carry the authorised party in the key's stead, where there is one.
    return Partly(tuple(known) if known and not claims.by_party else ("*",))


def _subjects(decision: Decision, claims: Claims, action: str) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    """The subjects that a decision leaves, each with what it hangs on besides."""
    if decision.outcome is Outcome.ALLOWED:
        yield ANY_SUBJECT, ()
        return
    if decision.outcome is not Outcome.UNKNOWN:
        return
    rows = alternatives(decision.conditions)
    if rows is None:
        yield ANY_SUBJECT, (of_formula(decision.conditions),)
        return
    found: dict[str, tuple[Condition, ...]] = {}
    for row in rows:
        about = [one for one in row if one.key.lower() == claims.subject.lower()]
        others = tuple(
            of_test(one)
            for one in row
            if one not in about and one.key.lower() != claims.audience.lower() and not is_chosen(one, action)
        )
        for subject, open_tests in narrowed(about):
            conditions = (*map(of_test, open_tests), *others)
            if subject not in found or len(conditions) < len(found[subject]):
                found[subject] = conditions
    yield from sorted(found.items())
