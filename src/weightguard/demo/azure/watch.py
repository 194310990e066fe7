"""What is recorded and where it goes, and the plans that watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.names import (
    ACCOUNTS,
    SUBSCRIPTIONS,
    account_id,
    row,
    subscription,
    thing,
    vault_id,
)

PLANS: Final = ("StorageAccounts", "VirtualMachines", "KeyVaults", "Containers", "Arm")
_SCANNING: Final = [{"name": "ContainerRegistriesVulnerabilityAssessments", "isEnabled": "True"}]


def things() -> dict[str, Thing]:
    """Everything that watches."""
    return dict(_things())


def _things() -> Iterator[tuple[str, Thing]]:
    for name in ACCOUNTS:
        service = f"{account_id(name)}/blobServices/default"
        yield f"log {name}", setting(service, "StorageRead", "StorageWrite", "StorageDelete")
    yield "log vault", setting(vault_id(), "AuditEvent")
    for name in SUBSCRIPTIONS:
        yield f"log subscription {name}", setting(subscription(name), "Administrative", "Policy", "Security")
        for plan in PLANS:
            id = f"{subscription(name)}/providers/Microsoft.Security/pricings/{plan}"
            told = {"pricingTier": "Standard", "extensions": _SCANNING if plan == "Containers" else []}
            yield f"plan {name}/{plan}", row(id, "Microsoft.Security/pricings", told)


def setting(on: str, *categories: str) -> Thing:
    """A diagnostic setting of a resource: what of it is recorded, into the account of logs."""
    told = {
        "storageAccountId": account_id("auroralogs"),
        "logs": [{"category": one, "categoryGroup": None, "enabled": True} for one in categories],
    }
    id = f"{on}/providers/microsoft.insights/diagnosticSettings/to-logs"
    return thing(id, "Microsoft.Insights/diagnosticSettings", told)
