"""What of an estate lies in some accounts: enough for questions that no other account has anything to do with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from weightguard.estate.fact import Collection, Known
from weightguard.estate.model import Estate, LeftOut, Store


class _Held(Protocol):
    @property
    def provider(self) -> str: ...

    @property
    def account(self) -> str: ...


T = TypeVar("T", bound=_Held)


def lying_in(estate: Estate, accounts: frozenset[str]) -> Estate:
    """The estate with what lies in some accounts alone, as far as it is of AWS.

    Accounts, organisations, identity providers and disks stay: they are few. So do all stores and keys where something in the
    accounts holds a credential: it may lie in a store, or under a key, of whatever account.
    """

    def near(thing: _Held) -> bool:
        return thing.account in accounts or thing.provider != "aws"

    secrets = _kept(estate.secrets, near)
    few = len(secrets) == 0
    principals = _kept(estate.principals, near)
    away = [one for one in estate.principals if not near(one)]
    left_out = LeftOut(
        frozenset(one.account for one in away),
        frozenset(one.unique_id for one in away if one.unique_id is not None),
        frozenset(_owners(estate.stores)),
    )
    return replace(
        estate,
        principals=principals,
        stores=_kept(estate.stores, near) if few else estate.stores,
        keys=_kept(estate.keys, near) if few else estate.keys,
        workloads=_kept(estate.workloads, near),
        secrets=secrets,
        left_out=left_out,
    )


def _kept(found: Collection[T], keep: Callable[[T], bool]) -> Collection[T]:
    return replace(found, items=tuple(one for one in found if keep(one)))


def _owners(stores: Iterable[Store]) -> Iterator[str]:
    """The canonical users that own buckets."""
    for store in stores:
        owner = store.acl.value.get("Owner") if isinstance(store.acl, Known) and store.acl.value else None
        if isinstance(owner, Mapping) and isinstance(owner.get("ID"), str):
            yield owner["ID"]
