"""What each control is judged on: the things that bear on weights, and the weight sets that hang on each.

Where a link itself could not be read (whose key is it?), the selection says so with a gap, so that the
verdicts which could not be formed appear as unknown instead of vanishing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.access.model import Access
from weightguard.controls.bearing import Bearing, Weights, union
from weightguard.controls.declared import Declarations
from weightguard.controls.schema import Bearing as Role
from weightguard.controls.schema import Subject
from weightguard.controls.unread import Unread
from weightguard.estate.fact import Collection, Known, Unknown
from weightguard.estate.key_names import shown, uncollected
from weightguard.estate.model import Account, Estate, Key, Organisation, Store
from weightguard.weights import WeightSet

ESTATE_ID = "estate"
_WEIGHTS: frozenset[Role] = frozenset({"weights"})
_LOGS: frozenset[Role] = frozenset({"logs"})
_NONE: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Target:
    """One subject.

    Attributes:
        id: the provider's id, as results name it.
        value: the thing itself, handed to the check.
        weights: ids of the weight sets that depend on it.
        bears: why it matters to weights; empty: it does not, as far as is known.
        provider: None for subjects that span providers.
        spans: the providers that such a subject lies on, as far as is known.
        account: the account, project or subscription that it lies in; None where it lies in none, or nobody knows.
        region: None where it has none.
        name: the short name that people know it by; empty where it has none but its id.
    """

    id: str
    value: Any
    weights: Weights
    bears: frozenset[Role]
    provider: str | None
    spans: frozenset[str] = frozenset()
    account: str | None = None
    region: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Subjects that may exist unseen.

    Attributes:
        unknown: the read that would have shown them.
        weights: the weight sets that may depend on them.
        bears: why they would matter, where that is narrower than for the kind: only controls that apply to it
            lose a verdict.
    """

    unknown: Unknown
    weights: Weights
    bears: frozenset[Role] | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The subjects of one kind, by id, and what may be missing."""

    targets: tuple[Target, ...]
    gaps: tuple[Gap, ...]


class Subjects:
    """Selects subjects lazily: a catalogue without a control about principals never asks the access graph."""

    def __init__(
        self,
        estate: Estate,
        access: Access,
        declarations: Declarations,
        unread: Mapping[str, Unread] | None = None,
    ) -> None:
        self.estate = estate
        self.bearing = Bearing(estate, access, unread)
        self._declarations = declarations
        self._select = {
            "store": self._stores, "key": self._keys, "weight_set": self._weight_sets, "account": self._accounts,
            "organisation": self._organisations, "principal": self._principals, "trail": self._trails,
            "endpoint": self._endpoints, "workload": self._workloads, "disk_copy": self._disk_copies,
            "estate": self._whole, "model": self._models,
        }  # fmt: skip
        self._selected: dict[Subject, Selection] = {}

    @property
    def all_weights(self) -> Weights:
        """Ids of all weight sets."""
        return self.bearing.all_weights

    def of(self, kind: Subject) -> Selection:
        """The subjects of `kind`."""
        if kind not in self._selected:
            self._selected[kind] = self._select[kind]()
        return self._selected[kind]

    def _stores(self) -> Selection:
        targets = [self._store(store) for store in self.estate.stores]
        # A trail that was not seen may deliver to any store: which ones hold logs is then not known.
        unseen = [Gap(gap, self.all_weights, _LOGS) for gap in self.estate.trails.gaps]
        return self._selection(targets, self.estate.stores.gaps, unseen)

    def _store(self, store: Store) -> Target:
        bearing = self.bearing
        roles: tuple[tuple[Role, Weights | None], ...] = (
            ("weights", bearing.stores.get(store.id)),
            ("copies", bearing.copies.get(store.id)),
            ("logs", bearing.logs.get(store.id)),
        )
        weights = union(*(found for _, found in roles)) or ()
        return _target(store, weights, frozenset(role for role, found in roles if found is not None))

    def _keys(self) -> Selection:
        collected = {key.id for key in self.estate.keys}
        targets = [_target(key, self.bearing.keys.get(key.id)) for key in self.estate.keys]
        gaps = [
            Gap(uncollected(name), weights)
            for name, weights in self.bearing.keys.items()
            if name not in collected
        ]
        for store in self.estate.stores:
            weights = self.bearing.stores.get(store.id)
            if weights is not None and isinstance(store.encryption, Unknown):
                gaps.append(Gap(store.encryption, weights))
        return self._selection(targets, self.estate.keys.gaps, gaps)

    def _weight_sets(self) -> Selection:
        stores = {store.id: store for store in self.estate.stores}
        targets = [_weight_set(one, stores.get(one.store)) for one in self.estate.weight_sets]
        return self._selection(targets, self.bearing.unlisted)

    def _models(self) -> Selection:
        stores = {store.id: store.provider for store in self.estate.stores}
        places = {one.id: stores[one.store] for one in self.estate.weight_sets if one.store in stores}
        targets = [
            Target(
                one.id,
                one,
                one.weight_sets,
                _WEIGHTS,
                None,
                frozenset(places[name] for name in one.weight_sets if name in places),
                name=one.name,
            )
            for one in self._declarations.models
        ]
        return Selection(tuple(targets), ())

    def _whole(self) -> Selection:
        spans = frozenset(one.provider for one in (*self.estate.accounts, *self.estate.stores))
        return Selection((Target(ESTATE_ID, self.estate, self.all_weights, _WEIGHTS, None, spans),), ())

    def _principals(self) -> Selection:
        targets = [_target(one, self.bearing.principals.get(one.id)) for one in self.estate.principals]
        return self._selection(targets, self.estate.principals.gaps, self._unknown_principals())

    def _workloads(self) -> Selection:
        targets = [
            _target(one, union(*(self.bearing.principals.get(name) for name in (one.id, *one.known_roles))))
            for one in self.estate.workloads
        ]
        gaps = (*self._unknown_principals(), *self._unknown_roles())
        return self._selection(targets, self._listed(self.estate.workloads), gaps)

    def _unknown_roles(self) -> Iterator[Gap]:
        """Whatever runs as nobody knows whom may reach any weights."""
        for one in self.estate.workloads:
            if isinstance(one.roles, Unknown):
                yield Gap(one.roles, self.all_weights)

    def _unknown_principals(self) -> Iterator[Gap]:
        """What kept others from being seen, with the weights that each may reach."""
        return (Gap(unknown, weights) for unknown, weights in self.bearing.unknown_principals.items())

    def _accounts(self) -> Selection:
        targets = [
            _target(account, self.bearing.of_account(account))
            for account in self.estate.accounts
            if account.collected
        ]
        return self._selection(targets, self.estate.accounts.gaps)

    def _organisations(self) -> Selection:
        targets = [_target(one, self.bearing.organisations.get(one.id)) for one in self.estate.organisations]
        return self._selection(targets, self._listed(self.estate.organisations))

    def _trails(self) -> Selection:
        targets = [_target(trail, self.bearing.watched(trail)) for trail in self.estate.trails]
        return self._selection(targets, self._listed(self.estate.trails))

    def _endpoints(self) -> Selection:
        targets = [_target(one, self.bearing.accounts.get(one.account)) for one in self.estate.endpoints]
        return self._selection(targets, self._listed(self.estate.endpoints))

    def _disk_copies(self) -> Selection:
        targets = []
        for copy in self.estate.disk_copies:
            key = copy.key.value if isinstance(copy.key, Known) else None
            weights = union(self.bearing.accounts.get(copy.account), self.bearing.keys.get(key or ""))
            targets.append(_target(copy, weights))
        return self._selection(targets, self._listed(self.estate.disk_copies))

    def _listed(self, found: Collection[Any]) -> Iterator[Unknown]:
        """What the listings left out; an account that nobody named may hold one of any kind."""
        yield from dict.fromkeys((*found.gaps, *self.estate.accounts.gaps))

    def _selection(
        self, targets: list[Target], unknowns: Iterable[Unknown], more: Iterable[Gap] = ()
    ) -> Selection:
        gaps = [Gap(unknown, self.all_weights) for unknown in unknowns]
        return Selection(tuple(sorted(targets, key=lambda target: target.id)), (*gaps, *more))


def _target(value: Any, weights: Weights | None, bears: frozenset[Role] | None = None) -> Target:
    """A thing of the estate as a subject; it bears on weights where some hang on it, unless `bears` says why."""
    if bears is None:
        bears = _NONE if weights is None else _WEIGHTS
    return Target(
        value.id,
        value,
        weights or (),
        bears,
        value.provider,
        account=_account(value),
        region=getattr(value, "region", None),
        name=shown(value) if isinstance(value, Key) else getattr(value, "name", ""),
    )


def _account(value: Any) -> str | None:
    if isinstance(value, Account):
        return value.id
    if isinstance(value, Organisation):
        return value.management_account
    account: str | None = getattr(value, "account", None)
    return account


def _weight_set(one: WeightSet, store: Store | None) -> Target:
    """A weight set lies where its store does."""
    if store is None:
        return Target(one.id, one, (one.id,), _WEIGHTS, None, name=one.name)
    return Target(
        one.id,
        one,
        (one.id,),
        _WEIGHTS,
        store.provider,
        account=store.account,
        region=store.region,
        name=one.name,
    )
