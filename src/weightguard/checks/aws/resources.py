"""AWS things by the provider's own kinds, fields and settings, and what it takes to say that there are none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weightguard.checks.relations import Placed, lies_at, missing, stores_with_weights
from weightguard.controls.judge import Context
from weightguard.estate.aws.settings import FROM_STATE
from weightguard.estate.fact import Collection, Fact, Reason, Source, Unknown
from weightguard.estate.model import Account, Resource, Workload


def resources_in(
    account: Account, kind: str, listing: tuple[str, str], context: Context
) -> tuple[Resource, ...]:
    """The other resources of one kind in `account`.

    Args:
        listing: the service and the operation that lists them, which a gap is blamed on.

    Raises:
        UnknownFact: they were not listed, or not all of them.
    """
    if kind not in context.estate.resources:
        missing(Source.asked(account.provider, account.id, *listing))
    collection = context.estate.resources_of(kind)
    context.glance(collection, f"estate.{kind}")
    context.require(gap for gap in collection.gaps if lies_at(gap, account))
    return tuple(one for one in collection if one.account == account.id)


def looked_for(account: Account, found: Iterable[Any], listing: tuple[str, str]) -> None:
    """Where nothing was found, it has to have been looked for: a Terraform state tells of what it made, and lists nothing.

    Args:
        listing: the service and the operation that would have listed it.

    Raises:
        UnknownFact: there is nothing, and only a state told of the account.
    """
    if FROM_STATE in account.settings and not any(True for _ in found):
        missing(Source.asked(account.provider, account.id, *listing))


def all_in(account: Account, kind: str, listing: tuple[str, str], context: Context) -> tuple[Resource, ...]:
    """As `resources_in`, for a check to which it matters that there are none.

    Raises:
        UnknownFact: besides, there are none and nobody listed them.
    """
    found = resources_in(account, kind, listing, context)
    looked_for(account, found, listing)
    return found


def attribute(resource: Resource, name: str, context: Context) -> Any:
    """A field of another resource, by the provider's own name; None where the provider states none."""
    fact: Fact[Any] | None = resource.attributes.get(name)
    return None if fact is None else context.read(fact, f"{resource.kind}.{name}")


def settings(account: Account, service: str, operation: str, context: Context) -> dict[str, Any]:
    """The answers of an account-wide or regional setting, by region (empty text where it has none).

    Raises:
        UnknownFact: it was not read, or was refused in some region.
    """
    found = {
        key: fact
        for key, fact in account.settings.items()
        if key.startswith(f"{service}.") and key.endswith(f".{operation}")
    }
    if not found:
        missing(Source.asked(account.provider, account.id, service, operation))
    return {
        key.removeprefix(service).removesuffix(operation).strip("."): context.read(fact, f"account.{key}")
        for key, fact in sorted(found.items())
    }


def regions_with_weights(account: Account, context: Context) -> tuple[str, ...]:
    """The regions in which `account` holds weights.

    Raises:
        UnknownFact: it holds some, and nobody could tell in which region.
    """
    held = stores_with_weights(account.id, context)
    unplaced = [store.id for store in held if not store.region]
    context.require(
        Unknown(Reason.NOT_COLLECTED, Source.named("s3", "GetBucketLocation", name)) for name in unplaced[:1]
    )
    return tuple(sorted({store.region for store in held if store.region}))


def seen_in(
    account: Account, collection: Collection[Placed], services: tuple[str, ...], context: Context
) -> tuple[Placed, ...]:
    """The items of `collection` that lie in `account`.

    Args:
        services: the services whose listings tell of the wanted kinds; a refused listing of another service hides none of them.

    Raises:
        UnknownFact: one of those listings was not read to its end in this account.
    """
    context.glance(collection)
    context.require(
        gap for gap in collection.gaps if lies_at(gap, account) and gap.source.service in services
    )
    return tuple(one for one in collection if one.account == account.id)


def field(workload: Workload, name: str, context: Context) -> Any:
    """A field of a workload, by the provider's own name; None where the provider states none."""
    fact = workload.attributes.get(name)
    return None if fact is None else context.read(fact, f"workload.{name}")
