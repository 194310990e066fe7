"""Who may, as Azure's roles stand, for rules that ask it of a resource; nothing of what somebody could change first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from weightguard.access.azure.context import Context as Prepared
from weightguard.access.azure.context import attribute, context_of
from weightguard.access.azure.decisions import Decisions
from weightguard.access.condition import ConditionKind
from weightguard.access.grant import Grant
from weightguard.controls.judge import Context
from weightguard.estate.fact import Fact, Reason, Source, Unknown
from weightguard.estate.model import PrincipalKind

_TAKES_AWAY: Final = frozenset({"authorization:denyassignments", "authorization:locks"})
"""Listings of what only takes rights away."""
_PROVIDER: Final = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant of the provider's own applications."""


def prepared(context: Context) -> Prepared:
    """The estate's roles and containers, worked out once."""
    found: Prepared = context.once("azure context", lambda: context_of(context.estate))
    return found


def decisions(context: Context) -> Decisions:
    """What puts questions to the policy engine, with what it answered before."""
    found: Decisions = context.once("azure decisions", lambda: Decisions(prepared(context)))
    return found


def is_unread(grant: Grant) -> bool:
    """Whether nobody knows if the role gives the right at all."""
    return any(one.kind is ConditionKind.UNREAD for one in grant.conditions)


def is_foreign(name: str, context: Context) -> bool:
    """Whether a principal is a guest, or an application of another tenant than the provider's own."""
    principal = prepared(context).principals.get(name)
    if principal is None or principal.kind is PrincipalKind.GROUP:
        return False
    if principal.kind is PrincipalKind.USER:
        return bool(attribute(principal, "userType") == "Guest")
    owner = str(attribute(principal, "appOwnerOrganizationId") or "").lower()
    own = ("", _PROVIDER, principal.account.lower())
    registered = attribute(principal, "applicationId") is not None
    return principal.kind is PrincipalKind.APPLICATION and not registered and owner not in own


def gaps(names: Iterable[str], context: Context) -> Iterator[Unknown]:
    """What is not known of who may what: listings of roles and scopes, roles that nobody defined, members of groups."""
    yield from (
        gap
        for gap in context.estate.containers.gaps
        if gap.source.provider == "azure" and gap.source.call not in _TAKES_AWAY
    )
    held = prepared(context)
    groups = [held.principals[one] for one in names if one in held.principals and held.is_group(one)]
    facts: list[Fact[Any]] = [one.trust for one in groups]
    yield from (one for one in facts if isinstance(one, Unknown))
    for role in sorted({one.role for one in held.assigned}):
        if held.permits(role, "x", False) is None:
            yield Unknown(
                Reason.NOT_COLLECTED, Source.named("authorization", "roledefinitions", role, provider="azure")
            )
