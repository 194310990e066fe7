"""What things lie in on Azure: the storage account of a container, the vault of a key, and what their answers state.

A property that Resource Manager does not state has its documented default; which one that is, whoever asks says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any, Final

from weightguard.checks.relations import Placed, missing
from weightguard.controls.judge import Context
from weightguard.estate.fact import Fact, Known, Source, Unknown
from weightguard.estate.model import Account, Container, Key, NetworkRules, Store

_WIDE: Final = {4: 8, 6: 16}
"""Bits of an address that have to be told before it is a network of somebody's rather than a part of the internet."""


def holder(thing: Store | Key, context: Context) -> Container:
    """The storage account of a container, or the vault of a key.

    Raises:
        UnknownFact: no snapshot holds it.
    """
    by_id: Mapping[str, Container] = context.once(
        "azure containers",
        lambda: {one.id.lower(): one for one in context.estate.containers if one.provider == "azure"},
    )
    found = by_id.get((thing.container or "").lower())
    if found is None or not found.attributes:
        kind = ("storage", "storageaccounts") if isinstance(thing, Store) else ("keyvault", "vaults")
        missing(
            Source.named(*kind, thing.container or thing.id, provider="azure", scope=thing.account or None)
        )
    return found


def stated(place: Container, name: str, absent: Any) -> Fact[Any]:
    """What a container states under a name; where it states nothing, what is the case then."""
    found = place.attributes.get(name)
    if isinstance(found, Unknown):
        return found
    if found is None or found.value is None:
        source = found.source if found is not None else place.attributes["kind"].source
        return Known(absent, source)
    return found


def told(place: Container, name: str, absent: Any, context: Context) -> Any:
    """The same as a value, noted as evidence.

    Raises:
        UnknownFact: it is not known.
    """
    return context.read(stated(place, name, absent), f"{place.kind.value}.{name}")


def in_subscription(
    items: Iterable[Placed], name: str, account: Account, context: Context
) -> tuple[Placed, ...]:
    """Those of some things that lie in a subscription; they are handed to their subscriptions once.

    Args:
        name: what they are, the same for the same things.
    """

    def compute() -> dict[str, tuple[Placed, ...]]:
        found: dict[str, list[Placed]] = {}
        for one in items:
            found.setdefault(one.account, []).append(one)
        return {id: tuple(held) for id, held in found.items()}

    by_account: dict[str, tuple[Placed, ...]] = context.once(("azure by subscription", name), compute)
    return by_account.get(account.id, ())


def is_open(rules: NetworkRules | None) -> bool:
    """Whether requests from the internet are taken: nothing is refused, or some address range that is allowed is most of it."""
    return rules is None or rules.open_to_all or any(map(_is_wide, rules.allowed))


def _is_wide(allowed: str) -> bool:
    try:
        network = ip_network(allowed, strict=False)
    except ValueError:  # An id of a subnet or a resource.
        return False
    return network.prefixlen < _WIDE[network.version]


def lies_on(setting: str, place: str) -> bool:
    """Whether an extension resource, by its id, is one of a resource."""
    return setting.lower().startswith(f"{place.lower().rstrip('/')}/providers/microsoft.insights/")
