"""A provider's own names for what rules for every provider have to name; `weightguard.estate.providers` tells whose they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from weightguard.estate.model import Estate

Call = tuple[str, str]
"""A service and its operation."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A provider's own names.

    Attributes:
        accounts: what lists the accounts of an organisation.
        principals: what tells of an account's principals.
        objects: what lists the objects of a store.
        keys: what tells of a key.
        membership: the services whose answers tell which accounts are of the organisation.
        assumed: the calls by which somebody takes up an identity that trusts them to.
        whole_account: the account whose every principal a name stands for; None where it stands for anything else.
        key_in: the account that a key's name tells, empty where it tells none; None for a name that is none of the provider's.
        acted_for: from a condition's key and values, the accounts on whose behalf a service acts where it holds; none where it is
            about another matter.
        bare_store: the id of a store that is named by its name alone, among an estate's; None where names alone are no store's.
    """

    accounts: Call
    principals: Call
    objects: Call
    keys: Call
    membership: frozenset[str]
    assumed: tuple[str, ...]
    whole_account: Callable[[str], str | None]
    key_in: Callable[[str], str | None]
    acted_for: Callable[[str, Iterable[str]], Iterable[str]]
    bare_store: Callable[[Estate, str], str] | None = None
