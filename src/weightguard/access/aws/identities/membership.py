"""Which accounts are audited, which organisations are theirs, and whether all members of these are known."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from weightguard.estate.fact import Place
from weightguard.estate.model import Estate

_MOST_LEVELS: Final = 16
_LISTS: Final = "organizations"


class Membership:
    """What an estate says of organisations.

    Args:
        estate: everything that exists.
    """

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self.audited = frozenset(account.id for account in estate.accounts if account.collected)
        """Accounts that some snapshot looked into, whether or not it saw their principals."""

    @cached_property
    def own(self) -> frozenset[str]:
        """The organisations of the audited accounts."""
        return frozenset(
            account.organisation
            for account in self._estate.accounts
            if account.collected and account.organisation is not None
        )

    @cached_property
    def known_in_full(self) -> frozenset[str]:
        """Organisations all members of which are known: their accounts were listed, and nothing kept the list back."""
        return frozenset(
            one.id
            for one in self._estate.organisations
            if one.listed and not self._is_held_back(one.management_account)
        )

    def _is_held_back(self, management: str) -> bool:
        """Whether a list of accounts was not read to its end; a member account may not read it anyway, and need not."""
        gaps = (*self._estate.organisations.gaps, *self._estate.accounts.gaps)
        asked = [gap for gap in gaps if gap.source.service == _LISTS]
        if management in self.audited:
            asked = [
                gap
                for gap in asked
                if gap.source.at_scope == management and gap.source.place is not Place.RECORD
            ]
        return bool(asked)

    def path_of(self, account: str) -> str | None:
        """``o-id/r-root/ou-unit/`` as ``aws:PrincipalOrgPaths`` tells it; None where the way to the root is not known."""
        return self._paths.get(account)

    @cached_property
    def _paths(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for organisation in self._estate.organisations:
            for account in self._estate.accounts:
                if account.organisation != organisation.id:
                    continue
                units: list[str] = []
                place = account.id
                while (above := organisation.parents.get(place)) is not None and len(units) < _MOST_LEVELS:
                    units.append(above)
                    place = above
                if units and units[-1].startswith("r-"):
                    found[account.id] = "/".join((organisation.id, *reversed(units), ""))
        return found
