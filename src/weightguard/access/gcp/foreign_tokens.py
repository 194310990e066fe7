"""Whom tokens and signed requests of other clouds make of their bearers: principals of the pools that policies name.

What a provider maps is compared with what a policy names, and its attribute condition is asked, both over what the token says; what
it does not say stays a condition. The name of an AWS session is chosen by whoever begins it: a policy that names one holds for
sessions of that name.

Source: IAM documentation, "Workload Identity Federation" (attribute mappings and conditions; the default mapping of AWS providers),
"Configure Workload Identity Federation with AWS or Azure", "... with other identity providers".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from weightguard.access.condition import Condition, ConditionKind
from weightguard.access.federation import Abroad, Door, Outsider, Token, bare
from weightguard.access.gcp.context import Context
from weightguard.access.gcp.decisions import conditions_of
from weightguard.access.gcp.federation import member_parts, of_subject
from weightguard.access.gcp.policies import ACCOUNT, value
from weightguard.access.gcp.setters import texts_in
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because
from weightguard.estate.model import FederatedProvider, PrincipalKind
from weightguard.policy.formula import ALWAYS, NEVER, Formula, all_of
from weightguard.policy.formula import Condition as Test
from weightguard.policy.gcp.conditions import OPERATOR, Attributes, Unknown, evaluated, holds

HOW: Final = "workload identity federation"
_GOOGLE: Final = "https://accounts.google.com"
_SUBJECT, _GROUPS = "google.subject", "google.groups"
_OF_AWS: Final[Mapping[str, str]] = {
    _SUBJECT: "assertion.arn",
    "attribute.aws_role": "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') "
    "+ 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
}
"""What providers of AWS map where nothing else is said."""
_OF_OTHERS: Final[Mapping[str, str]] = {_SUBJECT: "assertion.sub"}
_ALL: Final = "*"
"""The whole of a pool, in place of an attribute."""
_SOME_SESSION: Final = "a-session-of-any-name"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a provider sees of a token.

    Attributes:
        session: the name that the AWS session has to have; None: any.
    """

    assertion: Mapping[str, object]
    session: str | None = None


def abroad_of(context: Callable[[], Context]) -> Abroad:
    """The part of Google Cloud in federation with other clouds; nothing is worked out before it is asked."""
    found = _Abroad(context)
    return Abroad(lambda: _tokens(context()), lambda: found.pools.outsiders(), lambda: found.pools.door())


class _Abroad:
    """What is worked out once, when it is asked for."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context

    @cached_property
    def pools(self) -> _Pools:
        """Whom others are let in as."""
        return _Pools(self._context())


def _tokens(context: Context) -> Iterator[Token]:
    """The identity tokens of service accounts.

    Source: IAM documentation, "Create OpenID Connect ID tokens for service accounts": the subject is the account's unique id.
    """
    for one in context.estate.principals:
        is_account = one.provider == "gcp" and one.kind is PrincipalKind.SERVICE_ACCOUNT
        if is_account and one.unique_id and one.id not in context.source.disabled:
            claims = {"email": one.id.removeprefix(ACCOUNT), "email_verified": True, "azp": one.unique_id}
            yield Token(one.id, (_GOOGLE,), one.unique_id, claims)


class _Pools:
    """The pools of an estate, with the principals of them that policies name: by attribute, then by its value."""

    def __init__(self, context: Context) -> None:
        self._memory = context.estate.memory
        self._members: dict[str, dict[str, dict[str, str]]] = {}
        named = dict.fromkeys(
            member
            for rows in context.who.policies.bindings.values()
            for row in rows
            for member in row.members
            if member.startswith(("principal://", "principalSet://")) and context.federation.may_be(member)
        )
        for member in named:
            parts = member_parts(member)
            if parts is not None:
                kind, _, name = parts[1].partition("/")
                key = {"subject": _SUBJECT, "group": _GROUPS}.get(kind, kind)
                self._members.setdefault(parts[0], {}).setdefault(key, {})[name] = member
        self._providers = [
            (one, pool)
            for one in context.estate.federated_providers
            if one.provider == "gcp" and value(one.enabled) is not False
            for pool in (one.id.rpartition("/providers/")[0],)
            if pool in self._members
        ]

    def door(self) -> Door | None:
        """Whom tokens of other clouds make of their bearers; None where no policy names a principal of a pool."""
        return self._let_in if self._providers else None

    def outsiders(self) -> Iterator[Outsider]:
        """The subjects that policies name, where a pool takes them as their issuer writes them."""
        for provider, pool in self._providers:
            issuer, mapping = value(provider.issuer), value(provider.mapping) or {}
            if (
                provider.kind == "oidc"
                and issuer
                and mapping.get(_SUBJECT, "assertion.sub") == "assertion.sub"
            ):
                yield from (
                    Outsider(bare(str(issuer)), name) for name in self._members[pool].get(_SUBJECT, {})
                )

    def _let_in(self, token: Token) -> Iterator[Link]:
        best: dict[str, Link] = {}
        for provider, pool in self._providers:
            if _is_of(provider, token):
                for link in self._as(provider, self._members[pool], token):
                    member = str(link.target)
                    if member not in best or (link.is_certain and not best[member].is_certain):
                        best[member] = link
        yield from best.values()

    def _as(
        self, provider: FederatedProvider, members: Mapping[str, Mapping[str, str]], token: Token
    ) -> Iterator[Link]:
        """The principals of a pool that a provider makes of the bearer of a token."""
        condition = value(provider.condition)
        mapping = value(provider.mapping) or (_OF_AWS if provider.kind == "aws" else _OF_OTHERS)
        because = (Because(provider.id, "attributeCondition" if condition else "*"),)
        for shown in _shown(token, self._texts(condition, mapping, members)):
            told = Attributes(dict(shown.assertion), {}, open=True)
            mapped = {key: evaluated(str(one), told, self._memory) for key, one in mapping.items()}
            known = {
                key: one for key, one in mapped.items() if one is not None and not isinstance(one, Unknown)
            }
            asked = self._asked(condition, Attributes({**shown.assertion, **known}, {}, open=True))
            hung = (*token.conditions, *_of_session(shown))
            for member, named in self._named(members, mapping, known) if asked is not NEVER else ():
                conditions = (*hung, *_of_formula(all_of((asked, named))))
                yield Link(token.bearer, member, (Step(HOW, Grant(because, conditions), member),))

    def _asked(self, condition: Any, told: Attributes) -> Formula:
        """When a provider's attribute condition holds; one that cannot be evaluated here may."""
        if not condition:
            return ALWAYS
        found = holds(str(condition), told, self._memory)
        if found.true is NEVER and found.false is NEVER:
            return Test("attribute", OPERATOR, (str(condition),), needs=("attribute",))
        return found.true

    @staticmethod
    def _named(
        members: Mapping[str, Mapping[str, str]], mapping: Mapping[str, str], known: Mapping[str, object]
    ) -> Iterator[tuple[str, Formula]]:
        """The members of policies that somebody is whose attributes came to this, and when."""
        yield from ((member, ALWAYS) for member in members.get(_ALL, {}).values())
        for key in mapping:
            named = members.get(key, {})
            came_to = known.get(key)
            if key not in known:
                for wanted, member in named.items():
                    yield member, Test(key, "StringEquals", (wanted,), needs=(key,))
            for one in came_to if isinstance(came_to, tuple) else (came_to,):
                if isinstance(one, str) and one in named:
                    yield named[one], ALWAYS

    def _texts(
        self, condition: Any, mapping: Mapping[str, str], members: Mapping[str, Mapping[str, str]]
    ) -> tuple[str, ...]:
        """What a provider, and the policies that name principals of its pool, spell out."""
        spelt = [str(one) for one in (condition, *mapping.values()) if one]
        written = (text for one in spelt for text in self._memory.once(texts_in, one))
        return (*written, *members.get(_SUBJECT, {}))


def _is_of(provider: FederatedProvider, token: Token) -> bool:
    issuer = str(value(provider.issuer) or "")
    if token.account is not None:
        return provider.kind == "aws" and issuer == token.account
    return provider.kind == "oidc" and token.may_be_of(issuer)


def _shown(token: Token, texts: Iterable[str]) -> Iterator[_Shown]:
    """What a provider sees: of an AWS role, sessions of any name, and of each name that a policy spells."""
    if token.account is None:
        named = {f"assertion.{key}": one for key, one in token.claims.items()}
        yield _Shown({**of_subject(token.subject), **named, "assertion.sub": token.subject})
        return
    arn = str(token.claims["arn"])
    of_account: dict[str, object] = {"assertion.account": token.account}
    if not arn.endswith("/*"):
        yield _Shown({**of_account, "assertion.arn": arn})
        return
    sessions = arn[:-1]
    yield _Shown({**of_account, "assertion.arn": f"{sessions}{_SOME_SESSION}"})
    for text in dict.fromkeys(texts):
        if text.startswith(sessions) and text != sessions:
            yield _Shown({**of_account, "assertion.arn": text}, text.removeprefix(sessions))


def _of_session(shown: _Shown) -> Iterator[Condition]:
    if shown.session is not None:
        yield Condition(
            ConditionKind.SESSION, "sts:RoleSessionName", (shown.session,), "StringEquals", provider="aws"
        )


def _of_formula(formula: Formula) -> tuple[Condition, ...]:
    return () if formula is ALWAYS else conditions_of(formula)
