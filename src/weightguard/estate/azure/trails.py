"""Diagnostic settings: what of blobs, of keys and of changes is recorded, and into which store.

A setting is of one resource; each place that it delivers to is a trail. Into a storage account it writes a container a category.

Sources: Azure Monitor documentation, "Diagnostic settings in Azure Monitor" (category groups, destinations), "Azure resource logs"
(``insights-logs-<category>``), "Azure activity log" (``insights-activity-logs``); "Azure Blob Storage monitoring data reference",
"Monitor Azure Key Vault".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.estate.azure.settings import encryption
from weightguard.estate.azure.stores import address
from weightguard.estate.azure.tenant import Tenant, name_of, parent_of, plain, properties, subscription_of
from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import Names, Recorded, Trail
from weightguard.estate.shape import Malformed, flag, mapping, objects, text_or_none

SETTINGS: Final = "insights.diagnosticsettings"
_BLOBS: Final = ("storageread", "storagewrite", "storagedelete")
_KEYS: Final = ("auditevent",)
_CHANGES: Final = ("administrative",)
_GROUPS: Final = ("alllogs", "audit")
"""Groups of categories that hold everything of the above."""


def trails(tenant: Tenant) -> Iterator[Trail]:
    """A trail for each place that a setting delivers to, of resources whose records bear on weights and their keys."""
    accounts = {plain(one.id): one for one in tenant.of("storage.storageaccounts")}
    for record in tenant.of(SETTINGS):
        of = plain(parent_of(record.id))
        kinds = _kinds(of)
        for place, destination in _destinations(record, accounts, _container(of)) if kinds else ():
            yield Trail(
                id=f"{record.id}#{place}",
                provider="azure",
                account=subscription_of(record.id),
                region=None,
                name=name_of(record),
                multi_region=True,
                organisation_wide=False,
                validates_files=False,
                destination=destination,
                key=_key(record, accounts, place),
                logging=Known(True, listing_source(record)),
                records=_records(record, of, kinds, accounts),
            )


def _kinds(of: str) -> tuple[str, ...]:
    """The categories that matter of a resource."""
    if of.endswith("/blobservices/default"):
        return _BLOBS
    if "/providers/microsoft.keyvault/" in of:
        return _KEYS
    return _CHANGES if of.startswith("/subscriptions/") and of.count("/") == 2 else ()


def _container(of: str) -> str:
    """The container that tells most, of those that a setting of a resource writes."""
    kinds = _kinds(of)
    return "insights-activity-logs" if kinds == _CHANGES else f"insights-logs-{next(iter(kinds), '')}"


def _destinations(
    record: Record, accounts: Mapping[str, Record], container: str
) -> Iterator[tuple[str, str]]:
    told = properties(record)
    account = text_or_none(told.get("storageAccountId"))
    if account is not None:
        yield "storage", address(accounts.get(plain(account)), plain(account), container)
    for name, place in (("workspaceId", "workspace"), ("eventHubAuthorizationRuleId", "stream")):
        other = text_or_none(told.get(name))
        if other is not None:
            yield place, other


def _key(record: Record, accounts: Mapping[str, Record], place: str) -> str | None:
    """The key of the account that a setting writes to."""
    account = accounts.get(plain(str(properties(record).get("storageAccountId") or "")))
    found = encryption(account) if account is not None and place == "storage" else None
    return found.value.key if isinstance(found, Known) and found.value is not None else None


def _records(
    record: Record, of: str, kinds: tuple[str, ...], accounts: Mapping[str, Record]
) -> Fact[Recorded]:
    try:
        on = {name for one in objects(properties(record).get("logs")) for name in _named(mapping(one))}
    except Malformed:
        return Unknown(Reason.MALFORMED, listing_source(record))
    taken = kinds if on & set(_GROUPS) else tuple(one for one in kinds if one in on)
    within: tuple[tuple[Names, ...], ...] = ()
    if kinds == _BLOBS:
        owner = parent_of(of)
        within = ((Names(prefixes=(address(accounts.get(owner), owner, ""),)),),)
    return Known(
        Recorded(
            reads=within if "storageread" in taken else (),
            writes=within if "storagewrite" in taken else (),
            key_uses="auditevent" in taken,
            key_grants="auditevent" in taken,
            admin="administrative" in taken,
        ),
        listing_source(record),
    )


def _named(log: Mapping[str, Any]) -> Iterator[str]:
    """What one entry of a setting records, a category or a group of them."""
    if flag(log.get("enabled", False)):
        yield from (str(log[name]).lower() for name in ("category", "categoryGroup") if log.get(name))
