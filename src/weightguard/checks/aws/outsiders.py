"""Whom outside the organisation policies could mean, as callers for the decision engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from weightguard.access.provider import ANYBODY
from weightguard.access.providers import exposure
from weightguard.checks.aws.decisions import organisations, partition, stranger_account
from weightguard.checks.relations import inside, is_outside
from weightguard.controls.judge import Context
from weightguard.errors import InputError
from weightguard.estate.model import NamedPolicy
from weightguard.policy.aws import Bounds, Principal, PrincipalType, parse_principal, somebody


def outsiders_named(policies: Iterable[NamedPolicy | None], context: Context) -> list[Principal]:
    """Everybody outside whom the policies could mean: principals that they name, somebody of each account that they speak of,
    and, where they let in everybody, somebody of any account.

    Of somebody no more is known than that it is none of ours: what the policies ask of its name, type or organisation it may have.
    """
    mentioned = exposure("aws", (one for one in policies if one is not None), context.estate.memory)
    outside = frozenset(one for one in mentioned.accounts if is_outside(one, context))
    found = [
        replace(one, bounds=_none_of_ours(one.account, frozenset(), context))
        for name in sorted(mentioned.names)
        if (one := _one(name)) is not None and one.account in outside
    ]
    found += [_somebody(account, frozenset(), context) for account in sorted(outside)]
    if mentioned.everybody:
        found.append(_somebody(None, mentioned.accounts, context))
    return found


def makers_of_access_points(policies: Iterable[NamedPolicy | None], context: Context) -> list[Principal]:
    """Everybody outside whose own access points the policies of a store take for a reason to let somebody in."""
    mentioned = exposure("aws", (one for one in policies if one is not None), context.estate.memory)
    found = [
        (account, _somebody(account, frozenset(), context))
        for account in sorted(mentioned.through - {ANYBODY})
        if is_outside(account, context)
    ]
    if ANYBODY in mentioned.through:
        found.append((ANYBODY, _somebody(None, frozenset(), context)))
    return [replace(one, bounds=replace(one.bounds or Bounds(), points=account)) for account, one in found]


def _somebody(account: str | None, others: frozenset[str], context: Context) -> Principal:
    return somebody(
        account,
        _none_of_ours(account, others, context),
        partition=partition(context, account or stranger_account(context)),
    )


def _none_of_ours(account: str | None, others: frozenset[str], context: Context) -> Bounds:
    own = frozenset(one for one in organisations(context).values() if one is not None)
    ids = context.once(
        "unique ids", lambda: frozenset(one.unique_id for one in context.estate.principals if one.unique_id)
    )
    return Bounds(account, others | inside(context), own, ids)


def _one(written: str) -> Principal | None:
    """The one principal of an account that a policy names; None for whole accounts, services and what is none."""
    try:
        found = parse_principal(written)
    except InputError:
        return None
    return None if found.account is None or found.type is PrincipalType.ROOT else found
