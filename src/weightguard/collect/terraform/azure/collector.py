"""From the Azure resources of states to records: those that an export of the same tenant would have left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from weightguard.collect.exports.azure.found import Found
from weightguard.collect.exports.azure.graph_export import write
from weightguard.collect.terraform import objects
from weightguard.collect.terraform.azure import (
    authorization,
    directory,
    network,
    serving,
    storage,
    watch,
    workloads,
)
from weightguard.collect.terraform.azure.rows import States
from weightguard.collect.terraform.state import Resource
from weightguard.snapshot import Call, Recorder, utc_now

PREFIXES: Final = ("azurerm_", "azuread_", "azapi_")
_WITHOUT_A_THING: Final = frozenset({"azurerm_client_config", "azuread_client_config", "azuread_domains"})
_BLOBS: Final = "blob.core.windows.net"
_IDENTITY_ALONE: Final = "microsoft.terraform/"


def collect(items: Iterable[Resource], writer: Recorder) -> tuple[str, ...]:
    """Writes what the Azure resources of some states say.

    Args:
        writer: an open snapshot; it is not sealed here.

    Returns:
        The scopes that were written, sorted.
    """
    states = States(Found())
    for item in items:
        states.by_type.setdefault(item.type, []).append(item)
    for item in states.of("azurerm_user_assigned_identity"):
        states.principals[str(item.text("id")).lower()] = item.text("principal_id") or ""
    for item in states.of("azurerm_client_config", "azuread_client_config", "azurerm_subscription"):
        tenant = item.text("tenant_id")
        if tenant:
            states.found.tenant = states.found.tenant or tenant.lower()
    for take in (
        authorization.take,
        directory.take,
        storage.take,
        network.take,
        serving.take,
        watch.take,
        workloads.take,
    ):
        take(states)
    blobs = list(_blobs(states))
    _others(states)
    states.found.asked.clear()
    scopes = write(states.found, writer)
    for scope in scopes[
        :1
    ]:  # whose blob it is, its container says: rows are found by that, wherever they lie
        writer.objects(scope, objects.rows(blobs))
    above = next(iter(scopes)) if states.found.tenant is None else f"azure/{states.found.tenant}"
    for scope in scopes or (above,):
        if states.dropped:
            why = f"{states.dropped} resources have no id or type that says what they are"
            writer.call(
                Call("terraform", "ShowState", scope, "failed", utc_now(), code="MalformedEntry", message=why)
            )
        else:
            writer.call(Call("terraform", "ShowState", scope, "ok", utc_now()))
    return scopes


def _others(states: States) -> None:
    """Resources of types that no mapper knows: by their type, with the identity that they have."""
    for name in sorted(states.by_type):
        if name in states.asked or name in _WITHOUT_A_THING:
            continue
        for item in states.by_type[name]:
            if item.mode == "managed":
                states.add(item, f"{_IDENTITY_ALONE}{name}", {})


def _blobs(states: States) -> Iterator[objects.Placed]:
    """The blobs that states make, each under the address of its container."""
    for item in states.of("azurerm_storage_blob"):
        account, container, key = (
            item.text(name) for name in ("storage_account_name", "storage_container_name", "name")
        )
        if key is None:
            continue
        address = (item.text("url") or item.text("id") or "").removesuffix(f"/{key}")
        if address.startswith("https://"):
            yield address, key, item
        elif account and container:
            yield f"https://{account.lower()}.{_BLOBS}/{container}", key, item
