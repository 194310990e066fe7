"""What bears on weights: which stores hold them or may, and which keys, accounts and principals those stores
depend on.

Each table has an entry for everything that bears on weights, with the ids of the weight sets that hang on it.
The list may be empty: a store that could not be listed may hold weights nobody has seen, and what it depends
on is judged as if it did. Where even the listing of stores was refused, everything of that account bears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from weightguard.access.model import Access, AccessKind
from weightguard.config import Config
from weightguard.controls.judge import Unseen
from weightguard.controls.unread import Unread, unread_of
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.key_names import KeyNames
from weightguard.estate.model import Account, Estate, Store, Trail

_REACH = (AccessKind.READ, AccessKind.COPY, AccessKind.WRITE)
K = TypeVar("K", bound=Hashable)
Weights = tuple[str, ...]
Table = Mapping[str, Weights]


class Bearing:
    """The tables, each worked out when it is first asked for."""

    def __init__(self, estate: Estate, access: Access, unread: Mapping[str, Unread] | None = None) -> None:
        self.estate = estate
        self.unread = unread_of(estate, Config(), datetime.max) if unread is None else unread
        self._access = access

    def weights_of(self, name: str) -> Weights | Unseen:
        """The weight sets that depend on a store, key, account, principal or workload; empty when none
        does.
        """
        for table in (self.stores, self.keys, self.accounts):
            if name in table:
                return table[name] or Unseen(self.unlisted)
        if name in self.principals:
            return self.principals[name] or Unseen(self.unlisted)
        return ()

    @cached_property
    def all_weights(self) -> Weights:
        """Ids of all weight sets."""
        return tuple(sorted(weight_set.id for weight_set in self.estate.weight_sets))

    @cached_property
    def unlisted(self) -> tuple[Unknown, ...]:
        """The refused reads behind which weights may lie: of stores, of objects, of headers."""
        contents = [store.contents for store in self.estate.stores if isinstance(store.contents, Unknown)]
        unread = [one.unknown for one in self.unread.values() if one.open]
        gaps = [*self.estate.stores.gaps, *self.estate.weight_sets.gaps, *contents, *unread]
        return tuple(dict.fromkeys(gaps))

    @cached_property
    def stores(self) -> Table:
        """Stores that hold weights, or may."""
        held = merged((one.store, (one.id,)) for one in self.estate.weight_sets)
        for store in self.estate.stores:
            if store.id not in held and (self._may_hold(store) or self.unseen_in(store.account)):
                held[store.id] = ()
        return held

    @cached_property
    def copies(self) -> Table:
        """Stores that weights are replicated to."""
        return merged(
            (target, weights) for store, weights in self._bearing() for target in destinations(store)
        )

    @cached_property
    def logs(self) -> Table:
        """Stores that receive the logs of reads of weights."""
        trails = ((trail.destination, self.watched(trail)) for trail in self.estate.trails)
        stores = ((logging_target(store), weights) for store, weights in self._bearing())
        return merged((name, weights) for name, weights in (*trails, *stores) if name and weights is not None)

    @cached_property
    def keys(self) -> Table:
        """Keys that encrypt a bearing store or objects in it, and all of an account whose stores were not
        seen.

        A key that was not collected is there under the name that the store gives it.
        """
        used = ((key, weights) for store, weights in self._bearing() for key in self._keys_of(store))
        unseen = ((key.id, ()) for key in self.estate.keys if self.unseen_in(key.account))
        return merged((*used, *unseen))

    @cached_property
    def accounts(self) -> Table:
        """Accounts that hold a bearing store or a key of one, and those whose stores were not seen."""
        unseen = ((one.id, ()) for one in self.estate.accounts if self.unseen_in(one.id))
        stores = ((store.account, weights) for store, weights in self._bearing())
        keys = ((key.account, self.keys[key.id]) for key in self.estate.keys if key.id in self.keys)
        return merged((*unseen, *stores, *keys))

    @cached_property
    def organisations(self) -> Table:
        """Organisations with a bearing account."""
        return merged(
            (one.organisation, self.accounts[one.id])
            for one in self.estate.accounts
            if one.organisation and one.id in self.accounts
        )

    @property
    def principals(self) -> Table:
        """Principals and workloads that can read, copy or overwrite what bearing stores hold."""
        return self._reached[0]

    @cached_property
    def unknown_principals(self) -> Mapping[Unknown, Weights]:
        """What kept others from being seen to reach weights, with the weight sets that they might reach."""
        return self._reached[1] | dict.fromkeys(self.estate.stores.gaps, self.all_weights)

    def of_account(self, account: Account) -> Weights | None:
        """What hangs on an account; on a management account all that it governs. None: nothing."""
        own = self.accounts.get(account.id)
        governed = self.organisations.get(account.organisation or "") if account.is_management else None
        return union(own, governed)

    def watched(self, trail: Trail) -> Weights | None:
        """What a trail watches; an organisation's trail everything, where nobody could say which organisation
        that is.

        None: nothing that bears on weights.
        """
        here = self.accounts.get(trail.account)
        if not trail.organisation_wide:
            return here
        organisations = self._organisation_of.get(trail.account)
        if organisations is None:
            return union(here, self.all_weights)
        return union(here, *(self.organisations.get(name) for name in organisations))

    def unseen_in(self, account: str) -> bool:
        """Whether stores or weights of this account may exist that no listing showed."""
        return account in self._unseen or "" in self._unseen

    @cached_property
    def _unseen(self) -> frozenset[str]:
        """Accounts with such a gap; an empty name stands for all, where a gap names no account."""
        return frozenset(
            gap.source.at_scope or ""
            for gap in (*self.estate.stores.gaps, *self.estate.weight_sets.gaps)
            if not gap.elsewhere
        )

    def _bearing(self) -> Iterator[tuple[Store, Weights]]:
        for store in self.estate.stores:
            if store.id in self.stores:
                yield store, self.stores[store.id]

    def _may_hold(self, store: Store) -> bool:
        found = self.unread.get(store.id)
        return isinstance(store.contents, Unknown) or (found is not None and found.open)

    def _keys_of(self, store: Store) -> Iterator[str]:
        named: set[str] = set()
        if isinstance(store.contents, Known):
            named.update(store.contents.value.keys)
        if isinstance(store.encryption, Known) and store.encryption.value and store.encryption.value.key:
            named.add(store.encryption.value.key)
        for name in named:
            key = self._key_names.find(name, store.account, store.region)
            yield name if key is None else key.id

    @cached_property
    def _key_names(self) -> KeyNames:
        return KeyNames(self.estate.keys)

    @cached_property
    def _organisation_of(self) -> Mapping[str, Weights]:
        return merged((one.id, (one.organisation,)) for one in self.estate.accounts if one.organisation)

    @cached_property
    def _reached(self) -> tuple[dict[str, Weights], dict[Unknown, Weights]]:
        pairs: list[tuple[str, Weights]] = []
        gaps: list[tuple[Unknown, Weights]] = []
        for store, prefix, weights in self._places():
            for kind in _REACH:
                answer = self._access.who_can(kind, store, prefix)
                pairs.extend((one.principal, weights) for one in answer.answers)
                gaps.extend((gap, weights) for gap in answer.gaps)
        return merged(pairs), merged(gaps)

    def _places(self) -> Iterator[tuple[str, str | None, Weights]]:
        """Weight sets where they lie, and stores that may hold some."""
        for one in sorted(self.estate.weight_sets, key=lambda one: one.id):
            yield one.store, one.prefix or None, (one.id,)
        for name in sorted(self.stores):
            if not self.stores[name]:
                yield name, None, ()


def destinations(store: Store) -> tuple[str, ...]:
    """Ids of the stores that `store` is replicated to, as far as is known."""
    known = store.replicas.value if isinstance(store.replicas, Known) else ()
    return tuple(sorted({one.store for one in known if one.store is not None}))


def logging_target(store: Store) -> str | None:
    """The id of the store that access logs of `store` go to, as far as is known."""
    return store.log_store.value if isinstance(store.log_store, Known) else None


def merged(pairs: Iterable[tuple[K, Weights]]) -> dict[K, Weights]:
    """The weights of each name together, sorted; a name without any is kept."""
    gathered: dict[K, set[str]] = defaultdict(set)
    for name, weights in pairs:
        gathered[name].update(weights)
    return {name: tuple(sorted(weights)) for name, weights in gathered.items()}


def union(*weights: Weights | None) -> Weights | None:
    """All of them, sorted; None when none is given."""
    given = [one for one in weights if one is not None]
    if len(given) < 2:
        return given[0] if given else None
    return tuple(sorted({name for one in given for name in one}))
