"""Which package reads which of Terraform's providers, where it is not AWS's: by how the types of their resources begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from weightguard.collect.terraform.state import Resource
from weightguard.snapshot import Recorder

Collect = Callable[[Sequence[Resource], Recorder], tuple[str, ...]]


def _gcp() -> Collect:
    from weightguard.collect.terraform.gcp.collector import collect

    return collect


def _azure() -> Collect:
    from weightguard.collect.terraform.azure.collector import collect

    return collect


_OTHERS: dict[tuple[str, ...], Callable[[], Collect]] = {
    ("google_",): _gcp,
    ("azurerm_", "azuread_", "azapi_"): _azure,
}


def is_others(item: Resource) -> bool:
    """Whether a resource is read by another package than AWS's."""
    return any(item.type.startswith(starts) for starts in _OTHERS)


def collect_others(items: Iterable[Resource], writer: Recorder) -> tuple[str, ...]:
    """Writes what other providers' resources say; returns the scopes."""
    held = list(items)
    scopes: list[str] = []
    for starts, load in _OTHERS.items():
        own = [item for item in held if item.type.startswith(starts)]
        if own:
            scopes += load()(own, writer)
    return tuple(scopes)
