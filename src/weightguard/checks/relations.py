"""What belongs to what: the account of a thing, who is inside the organisation, which key a name stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, Protocol, TypeVar

from weightguard.controls.judge import Context, UnknownFact
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.key_names import KeyNames, uncollected
from weightguard.estate.model import Account, Key, Principal, Store, Workload
from weightguard.estate.providers import vocabulary
from weightguard.weights import WeightSet


class InAccount(Protocol):
    """Anything that lies in an account."""

    @property
    def provider(self) -> str:
        """The provider's name."""
        ...

    @property
    def account(self) -> str:
        """The account's id."""
        ...


Placed = TypeVar("Placed", bound=InAccount)


def missing(source: Source) -> NoReturn:
    """Stop a check because nothing was collected that could decide it.

    Raises:
        UnknownFact: always.
    """
    raise UnknownFact((Unknown(Reason.NOT_COLLECTED, source),))


def unseen(thing: InAccount, service: str, operation: str, name: str) -> NoReturn:
    """Stop a check because nothing tells of what is known by `name` alone and lies in the account of `thing`.

    Raises:
        UnknownFact: always.
    """
    missing(Source.named(service, operation, name, provider=thing.provider, scope=thing.account))


def key_unseen(name: str) -> NoReturn:
    """Stop a check because the key that `name` stands for was not collected.

    Raises:
        UnknownFact: always.
    """
    raise UnknownFact((uncollected(name),))


def lies_at(gap: Unknown, account: Account) -> bool:
    """Whether a gap is about what lies in an account."""
    return gap.source.at_scope == account.id


def words(items: Iterable[Any], most: int = 3) -> str:
    """Some of `items` for a message, sorted, and how many more there are."""
    given = sorted({str(item) for item in items})
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more


def account_of(thing: InAccount, context: Context) -> Account:
    """The account that `thing` lies in."""
    accounts = context.once("accounts by id", lambda: {one.id: one for one in context.estate.accounts})
    found: Account | None = accounts.get(thing.account)
    if found is None:
        named = vocabulary(thing.provider)
        service, operation = named.accounts if named else (thing.provider, "accounts")
        missing(Source.named(service, operation, f"account {thing.account}"))
    return found


def _inside(context: Context) -> frozenset[str]:
    """The accounts that were collected, and all of their organisations."""
    collected = [one for one in context.estate.accounts if one.collected]
    organisations = {one.organisation for one in collected if one.organisation}
    return frozenset(
        one.id for one in context.estate.accounts if one.collected or one.organisation in organisations
    )


def inside(context: Context) -> frozenset[str]:
    """Ids of the accounts that belong to whoever is audited, and of those that the parameters trust."""
    members: frozenset[str] = context.once("accounts inside", lambda: _inside(context))
    return members | frozenset(context.parameters.get("trusted_accounts", ()))


def is_outside(account: str, context: Context) -> bool:
    """Whether `account` belongs to somebody else.

    Raises:
        UnknownFact: it is not among the known accounts, and not all of those could be listed.
    """
    if account in inside(context):
        return False
    context.require(gap for gap in context.estate.accounts.gaps if _hides_members(gap))
    return True


def _hides_members(gap: Unknown) -> bool:
    """Whether a gap may keep accounts of ours from being known; where nothing tells the provider's services, it may."""
    named = vocabulary(gap.source.provider)
    return named is None or gap.source.service in named.membership


def weights_in(store: Store, context: Context) -> tuple[WeightSet, ...]:
    """The weight sets that lie in `store`."""
    by_store: dict[str, list[WeightSet]] = context.once("weight sets by store", lambda: _by_store(context))
    return tuple(by_store.get(store.id, ()))


def _by_store(context: Context) -> dict[str, list[WeightSet]]:
    held: dict[str, list[WeightSet]] = {}
    for weight_set in context.estate.weight_sets:
        held.setdefault(weight_set.store, []).append(weight_set)
    return held


def stores_with_weights(account: str, context: Context) -> tuple[Store, ...]:
    """The stores of `account` that hold weights."""
    by_account: dict[str, list[Store]] = context.once("stores with weights", lambda: _by_account(context))
    return tuple(by_account.get(account, ()))


def _by_account(context: Context) -> dict[str, list[Store]]:
    found: dict[str, list[Store]] = {}
    for store in context.estate.stores:
        if weights_in(store, context):
            found.setdefault(store.account, []).append(store)
    return found


def key_named(name: str, account: str, region: str | None, context: Context) -> Key | None:
    """The collected key that `name` (ARN, bare id or alias) stands for in `account` and `region`."""
    names: KeyNames = context.once("keys by name", lambda: KeyNames(context.estate.keys))
    return names.find(name, account, region)


def principal_named(identifier: str, context: Context) -> Principal | None:
    """The collected principal of that ARN."""
    names = context.once("principals by id", lambda: {one.id: one for one in context.estate.principals})
    found: Principal | None = names.get(identifier)
    return found


def workloads_of(kinds: frozenset[str], context: Context) -> tuple[Workload, ...]:
    """The workloads of some kinds; the listing is noted as evidence."""
    context.glance(context.estate.workloads)
    found: tuple[Workload, ...] = context.once(
        ("workloads", kinds), lambda: tuple(one for one in context.estate.workloads if one.kind in kinds)
    )
    return found


def unknown_roles(workloads: Iterable[Workload]) -> Iterator[Unknown]:
    """Why it is not known as whom some of the workloads run."""
    return (one.roles for one in workloads if isinstance(one.roles, Unknown))


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 person``, ``2 people``; without `many`, ``one`` with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
