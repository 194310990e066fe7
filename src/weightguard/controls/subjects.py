"""What each control is judged on: the things that bear on weights, and the weight sets that hang on each.

A weight set depends on its store, on the keys of that store, on the stores that it is replicated to, on the
trails that watch it, on its account and organisation, and on everybody who reaches it. Where the link itself
could not be read (whose key is it?), the selection says so with a gap, so that the verdicts which could not
be formed appear as unknown instead of vanishing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from weightguard.access.model import Access, AccessKind
from weightguard.controls.declared import Declarations
from weightguard.controls.schema import Bearing, Subject
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.model import Account, Estate, Store, Trail

ESTATE_ID = "estate"
_REACH = (AccessKind.READ, AccessKind.COPY, AccessKind.WRITE)
Weights = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """One subject.

    Attributes:
        id: the provider's id, as results name it.
        value: the thing itself, handed to the check.
        weights: ids of the weight sets that depend on it.
        bears: why it matters to weights; empty: it does not, as far as is known.
        provider: None for subjects that span providers.
    """

    id: str
    value: Any
    weights: Weights
    bears: frozenset[Bearing]
    provider: str | None


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
    bears: frozenset[Bearing] | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The subjects of one kind, by id, and what may be missing."""

    targets: tuple[Target, ...]
    gaps: tuple[Gap, ...]


class Subjects:
    """Selects subjects lazily: a catalogue without a control about principals never asks the access graph."""

    def __init__(self, estate: Estate, access: Access, declarations: Declarations) -> None:
        self.estate = estate
        self._access = access
        self._declarations = declarations
        self._select = {
            "store": self._stores, "key": self._keys, "weight_set": self._weight_sets, "account": self._accounts,
            "organisation": self._organisations, "principal": self._principals, "trail": self._trails,
            "endpoint": self._endpoints, "workload": self._workloads, "disk_copy": self._disk_copies,
            "estate": self._whole, "model": self._models,
        }  # fmt: skip
        self._selected: dict[Subject, Selection] = {}

    def of(self, kind: Subject) -> Selection:
        """The subjects of `kind`."""
        if kind not in self._selected:
            self._selected[kind] = self._select[kind]()
        return self._selected[kind]

    def weights_of(self, name: str) -> Weights:
        """The weight sets that depend on a store, key, account, principal or workload; empty when none
        does.
        """
        for table in (self.by_store, self.by_key, self.by_account):
            if name in table:
                return table[name]
        return self.by_principal.get(name, ())

    @cached_property
    def all_weights(self) -> Weights:
        """Ids of all weight sets."""
        return tuple(sorted(weight_set.id for weight_set in self.estate.weight_sets))

    @cached_property
    def by_store(self) -> Mapping[str, Weights]:
        """Weight sets by the store that holds them."""
        held: dict[str, list[str]] = defaultdict(list)
        for weight_set in self.estate.weight_sets:
            held[weight_set.store].append(weight_set.id)
        return {store: tuple(sorted(ids)) for store, ids in held.items()}

    @cached_property
    def by_account(self) -> Mapping[str, Weights]:
        """Weight sets by the account of their store."""
        return _merged((store.account, self.by_store.get(store.id, ())) for store in self.estate.stores)

    @cached_property
    def by_key(self) -> Mapping[str, Weights]:
        """Weight sets by the id of a key that encrypts their store or their objects."""
        return _merged(
            (key, self.by_store.get(store.id, ()))
            for store in self.estate.stores
            if self._bears_weights(store)
            for key in self._keys_of(store)
        )

    @cached_property
    def _reach(self) -> tuple[Mapping[str, Weights], tuple[Unknown, ...]]:
        pairs: list[tuple[str, Weights]] = []
        gaps: dict[Unknown, None] = {}
        for weight_set in sorted(self.estate.weight_sets, key=lambda one: one.id):
            for kind in _REACH:
                answer = self._access.who_can(kind, weight_set.store, weight_set.prefix or None)
                pairs.extend((one.principal, (weight_set.id,)) for one in answer.answers)
                gaps.update(dict.fromkeys(answer.gaps))
        return _merged(pairs), tuple(gaps)

    @property
    def by_principal(self) -> Mapping[str, Weights]:
        """Weight sets by the principals and workloads that can read, copy or overwrite them."""
        return self._reach[0]

    # stores and keys

    def _stores(self) -> Selection:
        copies = _merged(
            (target, self.by_store.get(store.id, ()))
            for store in self.estate.stores
            if self._bears_weights(store)
            for target in destinations(store)
        )
        logs = _merged(self._log_stores())
        targets = []
        for store in self.estate.stores:
            bears: set[Bearing] = set()
            if self._bears_weights(store):
                bears.add("weights")
            if store.id in copies:
                bears.add("copies")
            if store.id in logs:
                bears.add("logs")
            weights = _union(
                self.by_store.get(store.id, ()), copies.get(store.id, ()), logs.get(store.id, ())
            )
            targets.append(Target(store.id, store, weights, frozenset(bears), store.provider))
        # A trail that was not seen may deliver to any store: which ones hold logs is then not known.
        logs_unseen: frozenset[Bearing] = frozenset({"logs"})
        unseen = [Gap(gap, self.all_weights, logs_unseen) for gap in self.estate.trails.gaps]
        return self._selection(targets, self.estate.stores.gaps, unseen)

    def _bears_weights(self, store: Store) -> bool:
        if store.id in self.by_store or isinstance(store.contents, Unknown):
            return True
        return store.contents.value.unexamined > 0

    def _log_stores(self) -> Iterator[tuple[str, Weights]]:
        for trail in self.estate.trails:
            if trail.destination:
                yield trail.destination, self._watched(trail)
        for store in self.estate.stores:
            target = logging_target(store)
            if target and self._bears_weights(store):
                yield target, self.by_store.get(store.id, ())

    def _keys_of(self, store: Store) -> Iterator[str]:
        """Ids of the keys of a store; a key that was not collected keeps the name that the store gives it."""
        named = set(self._object_keys.get(store.id, ()))
        encryption = store.encryption
        if isinstance(encryption, Known) and encryption.value is not None and encryption.value.key:
            named.add(encryption.value.key)
        for name in named:
            yield self._key_id(name, store)

    @cached_property
    def _object_keys(self) -> Mapping[str, Weights]:
        return getattr(self.estate, "object_keys", {})

    @cached_property
    def _key_names(self) -> Mapping[tuple[str, str], str]:
        """Key id by (account, alias or bare id)."""
        names: dict[tuple[str, str], str] = {}
        for key in self.estate.keys:
            names[(key.account, key.id.rsplit("/", 1)[-1])] = key.id
            if isinstance(key.aliases, Known):
                names.update({(key.account, alias): key.id for alias in key.aliases.value})
        return names

    def _key_id(self, name: str, store: Store) -> str:
        if name in self._key_ids:
            return name
        short = name.rsplit(":", 1)[-1].removeprefix("key/")
        account = name.split(":")[4] if name.startswith("arn:") and name.count(":") >= 5 else store.account
        return self._key_names.get((account, short), name)

    @cached_property
    def _key_ids(self) -> frozenset[str]:
        return frozenset(key.id for key in self.estate.keys)

    def _keys(self) -> Selection:
        targets = [_target(key, self.by_key.get(key.id), "weights") for key in self.estate.keys]
        gaps = [
            Gap(_not_collected(key), weights)
            for key, weights in self.by_key.items()
            if key not in self._key_ids
        ]
        for store in self.estate.stores:
            if self._bears_weights(store) and isinstance(store.encryption, Unknown):
                gaps.append(Gap(store.encryption, self.by_store.get(store.id, ())))
        return self._selection(targets, self.estate.keys.gaps, gaps)

    # weights and models

    def _weight_sets(self) -> Selection:
        providers = {store.id: store.provider for store in self.estate.stores}
        weights: frozenset[Bearing] = frozenset({"weights"})
        targets = [
            Target(one.id, one, (one.id,), weights, providers.get(one.store))
            for one in self.estate.weight_sets
        ]
        unlisted = [store.contents for store in self.estate.stores if isinstance(store.contents, Unknown)]
        gaps = dict.fromkeys([*self.estate.weight_sets.gaps, *self.estate.stores.gaps, *unlisted])
        return self._selection(targets, tuple(gaps))

    def _models(self) -> Selection:
        weights: frozenset[Bearing] = frozenset({"weights"})
        targets = [Target(one.id, one, one.weight_sets, weights, None) for one in self._declarations.models]
        return Selection(tuple(targets), ())

    def _whole(self) -> Selection:
        weights: frozenset[Bearing] = frozenset({"weights"})
        return Selection((Target(ESTATE_ID, self.estate, self.all_weights, weights, None),), ())

    # who and where

    def _principals(self) -> Selection:
        targets = [_target(one, self.by_principal.get(one.id), "weights") for one in self.estate.principals]
        return self._selection(targets, (*self.estate.principals.gaps, *self._reach[1]))

    def _workloads(self) -> Selection:
        targets = [
            _target(
                one, _union(*(self.by_principal.get(name, ()) for name in (one.id, *one.roles))), "weights"
            )
            for one in self.estate.workloads
        ]
        return self._selection(targets, (*self.estate.workloads.gaps, *self._reach[1]))

    def _accounts(self) -> Selection:
        targets = [
            _target(account, self._weights_of_account(account), "weights")
            for account in self.estate.accounts
            if account.collected
        ]
        return self._selection(targets, self.estate.accounts.gaps)

    def _weights_of_account(self, account: Account) -> Weights:
        """What lies in the account or is encrypted by its keys; for a management account all that it
        governs.
        """
        keyed = (self.by_key.get(key.id, ()) for key in self.estate.keys if key.account == account.id)
        governed = (
            self._governed.get(account.organisation, ())
            if account.is_management and account.organisation
            else ()
        )
        return _union(self.by_account.get(account.id, ()), *keyed, governed)

    @cached_property
    def _governed(self) -> Mapping[str, Weights]:
        return _merged(
            (account.organisation, self.by_account.get(account.id, ()))
            for account in self.estate.accounts
            if account.organisation
        )

    def _organisations(self) -> Selection:
        targets = [_target(one, self._governed.get(one.id), "weights") for one in self.estate.organisations]
        return self._selection(targets, self.estate.organisations.gaps)

    def _trails(self) -> Selection:
        targets = [_target(trail, self._watched(trail), "weights") for trail in self.estate.trails]
        return self._selection(targets, self.estate.trails.gaps)

    def _watched(self, trail: Trail) -> Weights:
        here = self.by_account.get(trail.account, ())
        if not trail.organisation_wide:
            return here
        if not self._organisations_of(trail.account):
            return self.all_weights  # of an organisation that could not be read: it may watch everything
        return _union(here, *(self._governed.get(name, ()) for name in self._organisations_of(trail.account)))

    def _organisations_of(self, account: str) -> Iterable[str]:
        return sorted(
            {one.organisation for one in self.estate.accounts if one.id == account and one.organisation}
        )

    def _endpoints(self) -> Selection:
        targets = [_target(one, self.by_account.get(one.account), "weights") for one in self.estate.endpoints]
        return self._selection(targets, self.estate.endpoints.gaps)

    def _disk_copies(self) -> Selection:
        targets = []
        for copy in self.estate.disk_copies:
            key = copy.key.value if isinstance(copy.key, Known) else None
            weights = _union(self.by_account.get(copy.account, ()), self.by_key.get(key or "", ()))
            targets.append(_target(copy, weights, "copies"))
        return self._selection(targets, self.estate.disk_copies.gaps)

    def _selection(
        self, targets: list[Target], unknowns: Iterable[Unknown], more: Iterable[Gap] = ()
    ) -> Selection:
        # Where stores were not listed, weights may lie unseen, and anything may bear on those.
        seen = dict.fromkeys((*unknowns, *self.estate.stores.gaps))
        gaps = [Gap(unknown, self.all_weights) for unknown in seen]
        return Selection(tuple(sorted(targets, key=lambda target: target.id)), (*gaps, *more))


def destinations(store: Store) -> tuple[str, ...]:
    """Ids of the stores that `store` is replicated to, as far as is known."""
    if not isinstance(store.replication, Known) or store.replication.value is None:
        return ()
    return tuple(
        sorted({name for name in _values(store.replication.value, "Bucket") if isinstance(name, str)})
    )


def logging_target(store: Store) -> str | None:
    """The id of the store that access logs of `store` go to, as far as is known."""
    if not isinstance(store.access_logging, Known) or store.access_logging.value is None:
        return None
    name = next(_values(store.access_logging.value, "TargetBucket"), None)
    if not isinstance(name, str):
        return None
    return name if name.startswith("arn:") else f"{store.id.rpartition(':')[0]}:{name}"


def _values(raw: Any, key: str) -> Iterator[Any]:
    """Every value of `key` in a raw provider answer, wherever it is nested."""
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            if name == key:
                yield value
            else:
                yield from _values(value, key)
    elif isinstance(raw, (list, tuple)):
        for item in raw:
            yield from _values(item, key)


def _target(value: Any, weights: Weights | None, bearing: Bearing) -> Target:
    return Target(value.id, value, weights or (), frozenset({bearing} if weights else ()), value.provider)


def _not_collected(key: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, Source("kms:DescribeKey", key))


def _merged(pairs: Iterable[tuple[str, Weights]]) -> dict[str, Weights]:
    gathered: dict[str, set[str]] = defaultdict(set)
    for name, weights in pairs:
        gathered[name].update(weights)
    return {name: tuple(sorted(weights)) for name, weights in gathered.items()}


def _union(*weights: Weights) -> Weights:
    given = [one for one in weights if one]
    if len(given) == 1:
        return given[0]
    return tuple(sorted({name for one in given for name in one}))
