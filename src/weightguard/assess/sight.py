"""Whose accounts were looked into: what "no weights" and "nobody" may rest on.

An account counts that was collected, or that the organisation of a collected one names: what an operator left out is left out of
the answer. One that merely stands in somebody's policy is a stranger's, and one that the organisation closed cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from weightguard.assess.model import AccountSight
from weightguard.estate.fact import Unknown
from weightguard.estate.model import Account, Estate

ORGANISATION = "organizations"
"""The service whose refusal hides accounts, and not what lies in the account that was asked."""


def accounts(estate: Estate) -> tuple[AccountSight, ...]:
    """The audited accounts, sorted by id."""
    unlisted = frozenset(_unlisted(estate))
    return tuple(AccountSight(one.id, one.name, _state(one, unlisted)) for one in _audited(estate))


def stores(estate: Estate) -> tuple[int, int]:
    """How many stores were listed, and the objects of how many of those could not be listed to the end.

    Stores with single objects that were not read are told apart from these (`opaque` of the report).
    """
    return len(estate.stores), sum(isinstance(one.contents, Unknown) for one in estate.stores)


def _audited(estate: Estate) -> Iterator[Account]:
    organisations = {one.organisation for one in estate.accounts if one.collected and one.organisation}
    for account in estate.accounts:
        if account.collected or (account.organisation in organisations and not account.closed):
            yield account


def _state(account: Account, unlisted: frozenset[str]) -> Literal["read", "unread", "not_collected"]:
    if not account.collected:
        return "not_collected"
    return "unread" if account.id in unlisted else "read"


def _unlisted(estate: Estate) -> Iterator[str]:
    """Ids of the accounts whose stores could not be listed."""
    for gap in estate.stores.gaps:
        account = gap.source.at_scope
        if account is not None and not gap.elsewhere and gap.source.service != ORGANISATION:
            yield account
