"""Roles that an identity pool of Amazon Cognito hands out: which of an account's pools a role trusts, and to whom.

Source: Amazon Cognito Developer Guide, "IAM roles" (role trust and permissions): the token's audience is the pool, and its ``amr``
says whether the identity signed in or is a guest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.condition import besides
from weightguard.access.grant import Grant
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal, Workload
from weightguard.policy.aws import CompiledPolicy, Layers, parse_principal

_ASSUME: Final = "sts:AssumeRoleWithWebIdentity"
_SIGN_IN: Final = "the actor has to be able to sign in to the identity pool"


def vouched_for(context: Context, role: Principal, trust: CompiledPolicy, service: str) -> Grant | None:
    """Whether a role lets in the identities of some pool of its account: guests before those who sign in; None where of none."""
    best: Grant | None = None
    for grant in _by_pool(context, role, trust, service):
        if grant.is_certain:
            return grant
        best = best or grant
    return best


def _by_pool(context: Context, role: Principal, trust: CompiledPolicy, service: str) -> Iterator[Grant]:
    for pool in context.estate.workloads:
        if pool.account != role.account or (pool.service, pool.kind) != ("cognito-identity", "identity_pool"):
            continue
        for guest in (True, False) if _lets_guests_in(pool) else (False,):
            grant = _ask(context, role, trust, service, pool, guest)
            if grant is not None:
                yield grant if guest else grant.provided(besides(_SIGN_IN))


def _lets_guests_in(pool: Workload) -> bool:
    return isinstance(pool.public, Known) and bool(pool.public.value)


def _ask(
    context: Context, role: Principal, trust: CompiledPolicy, service: str, pool: Workload, guest: bool
) -> Grant | None:
    rcp = context.population.realm(role.account).rcp
    return context.decisions.ask(
        parse_principal({"federated": service}),
        _ASSUME,
        role.id,
        Layers(resource=(trust,), rcp=rcp or None),
        owner=role.account,
        context={
            f"{service}:aud": pool.id.rpartition("identitypool/")[2],
            f"{service}:amr": ["unauthenticated" if guest else "authenticated"],
        },
    )
