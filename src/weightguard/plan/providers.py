"""Which package knows how a provider names what it makes: by how the types of Terraform's resources begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Templates = Mapping[str, Mapping[str, str]]
"""Type of resource -> attribute -> how its value follows from others (`weightguard.plan.identities`)."""


def _aws() -> Templates:
    from weightguard.plan.aws import NAMED

    return NAMED


def _gcp() -> Templates:
    from weightguard.plan.gcp import NAMED

    return NAMED


def _azure() -> Templates:
    from weightguard.plan.azure import NAMED

    return NAMED


_TABLES: dict[str, Callable[[], Templates]] = {
    "aws": _aws,
    "google": _gcp,
    "azurerm": _azure,
    "azuread": _azure,
    "azapi": _azure,
}


def templates(type: str) -> Mapping[str, str]:
    """How attributes of one type of resource are named."""
    load = _TABLES.get(type.partition("_")[0])
    return {} if load is None else load().get(type, {})
