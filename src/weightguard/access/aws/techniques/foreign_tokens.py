"""Whom tokens of other clouds make of their bearers: roles that trust the issuer, as the policy engine decides over what the tokens
say; and what principals of accounts show elsewhere.

Elsewhere they show a request that they sign, which tells their account and session, or a token of the account's own issuer.

Sources: IAM User Guide, "Create a role for OpenID Connect federation", "IAM and AWS STS condition context keys" (Google's tokens:
``aud`` is the authorised party, ``oaud`` whom a token is for), "Outbound identity federation" (the subject is the principal's ARN).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.techniques.claims import Claims, claims_of
from weightguard.access.aws.techniques.federated_subjects import OIDC, bearing, trusted
from weightguard.access.aws.techniques.trust_policies import TrustPolicies
from weightguard.access.condition import besides
from weightguard.access.federation import Abroad, Door, Outsider, Token
from weightguard.access.links import Hub, Link, Node, Step
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, ContextValue
from weightguard.policy.pattern import is_pattern

_OUTBOUND: Final = "https://*.tokens.sts.global.api.aws"
_TURNED_ON: Final = besides(
    "the account has to have outbound identity federation turned on, with that issuer, and the principal has to be let call "
    "sts:GetWebIdentityToken"
)


class ForeignTokens:
    """AWS's part in federation with other clouds.

    Args:
        context: what techniques may ask.
        trusts: who trusts whom.
    """

    def __init__(self, context: Context, trusts: TrustPolicies) -> None:
        self._context = context
        self._trusts = trusts

    @property
    def abroad(self) -> Abroad:
        """The answers to what is asked of a cloud in federation with others."""
        return Abroad(self._tokens, self._outsiders, self._door)

    def _tokens(self) -> Iterator[Token]:
        for one in self._context.population.principals.values():
            if one.kind is PrincipalKind.ROLE:
                name = one.id.rpartition("/")[2]
                session = f"{one.id.partition(':iam:')[0]}:sts::{one.account}:assumed-role/{name}/*"
                yield Token(one.id, claims={"arn": session}, account=one.account)
                yield Token(one.id, (_OUTBOUND,), one.id, conditions=(_TURNED_ON,))
            elif one.kind is PrincipalKind.USER:
                yield Token(one.id, claims={"arn": one.id}, account=one.account)
                yield Token(one.id, (_OUTBOUND,), one.id, conditions=(_TURNED_ON,))

    def _door(self) -> Door | None:
        return self._let_in if self._by_issuer else None

    @cached_property
    def _by_issuer(self) -> dict[str, list[tuple[Claims, str, Principal, CompiledPolicy, tuple[str, ...]]]]:
        """Issuer -> the roles that trust it: its claims, the provider, one of alike roles, the trust policy, the roles."""
        found: dict[str, list[tuple[Claims, str, Principal, CompiledPolicy, tuple[str, ...]]]] = {}
        for role, names, trust in self._trusts.trusting():
            for provider, alone in trusted(self._context, role, trust):
                claims = claims_of(provider)
                if not claims.is_saml:
                    issuer = f"https://{provider.partition(':oidc-provider/')[2] or provider}".rstrip("/")
                    found.setdefault(issuer, []).append((claims, provider, role, alone, names))
        return found

    def _let_in(self, token: Token) -> Iterator[Link]:
        for issuer in token.issuers:
            for claims, provider, role, trust, names in self._by_issuer.get(issuer, ()):
                said: dict[str, ContextValue] = {claims.subject: (token.subject,)}
                party = token.claims.get("azp")
                if claims.by_party and isinstance(party, str):
                    said[claims.audience] = (party,)
                chosen = {f"{claims.prefix}oaud"} if claims.by_party else {claims.audience.lower()}
                grant = bearing(self._context, provider, role, trust, said, frozenset(chosen))
                if grant is not None:
                    step = Step(OIDC, grant.provided(*token.conditions))
                    yield from self._to(token.bearer, names, step)

    @staticmethod
    def _to(bearer: str, names: tuple[str, ...], step: Step) -> Iterator[Link]:
        target: Node = names[0] if len(names) == 1 else Hub(names)
        yield Link(bearer, target, (step,))
        if isinstance(target, Hub):
            yield from (Link(target, name) for name in names)

    def _outsiders(self) -> Iterator[Outsider]:
        """The subjects that trust policies leave, where they leave one."""
        for role, _, trust in self._trusts.trusting():
            for name in self._trusts.vouched(role, trust):
                provider, _, subject = name.partition("#")
                if not is_pattern(subject) and not claims_of(provider).is_saml:
                    issuer = provider.partition(":oidc-provider/")[2] or provider
                    yield Outsider(f"https://{issuer}".rstrip("/"), subject)
