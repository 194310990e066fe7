"""What assignments of Azure Policy deny in a subscription, as far as they assign definitions that the provider built in.

A definition of one's own, and a set of definitions, may deny anything: what they say is not read. Microsoft's own benchmark, which
Defender assigns everywhere, audits and denies nothing by its defaults.

Sources: Azure Policy documentation, "Azure Policy assignment structure" (notScopes, enforcementMode, overrides, resourceSelectors),
"Azure Policy built-in policy definitions" (ids and what their effect is by default).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any, Final

from weightguard.estate.azure.tenant import Tenant, parent_of, plain, properties
from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.shape import text_or_none

ASSIGNMENTS: Final = "authorization.policyassignments"
BUILT_IN: Final = "/providers/microsoft.authorization/policydefinitions/"
HARMLESS: Final = frozenset(
    {
        "/providers/microsoft.authorization/policysetdefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8",
        "/providers/microsoft.authorization/policysetdefinitions/f5b29bc4-feca-4cc6-a58a-772dd5e290a5",
    }
)
"""Sets of definitions that refuse nothing: what they find they audit, or put right."""
CLOSED_BLOBS: Final = {
    "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751": "audit",
    "13502221-8df0-4414-9937-de9c5c4e396b": "modify",
}
"""Definitions that keep accounts from letting containers be opened -> the effect that they have where the assignment names none."""
CLOSED_DISKS: Final = {
    "8405fdab-1faf-48aa-b702-999c9c172094": "audit",
    "8426280e-b5be-43d9-979e-653d12a08638": "modify",
}
"""Definitions that keep disks from being exported over public networks."""
LOCATIONS: Final = {"e56962a6-4747-49cd-b67b-bf8b01975c4c": "deny"}
"""The definition that allows resources in listed locations alone."""
_REFUSING: Final = frozenset({"deny", "modify"})


def refusing(
    tenant: Tenant,
    subscription: str,
    above: Iterable[str],
    known: dict[str, str],
    of_types: Container[str] = frozenset(),
) -> Fact[Record | None]:
    """The assignment by which one of some definitions holds for a whole subscription; None: none does.

    Args:
        above: the scopes that the subscription lies in, plain, itself among them.
        of_types: definitions of one's own that are about types of resources alone: they bear on no setting.
    """
    scopes = set(above)
    unread: Unknown | None = None
    for record in tenant.of(ASSIGNMENTS):
        if not holds(record, scopes, subscription):
            continue
        definition = plain(str(properties(record).get("policyDefinitionId") or ""))
        own = definition.removeprefix(BUILT_IN)
        if own in known and _effect(record, known[own]) in _REFUSING:
            return Known(record, listing_source(record))
        if not definition.startswith(BUILT_IN) and definition not in HARMLESS and definition not in of_types:
            unread = Unknown(Reason.NOT_READ, listing_source(record))
    gap = tenant.gap(ASSIGNMENTS) or unread
    return gap if gap is not None else Known(None, tenant.source("authorization", "policyassignments"))


def holds(record: Record, scopes: set[str], subscription: str) -> bool:
    """Whether an assignment is in force in the whole of a subscription."""
    told = properties(record)
    scope = plain(text_or_none(told.get("scope")) or parent_of(record.id) or "/")
    if scope not in scopes or str(told.get("enforcementMode") or "Default").lower() != "default":
        return False
    if told.get("overrides") or told.get("resourceSelectors"):
        return False
    return not any(_touches(plain(str(one)), scopes, subscription) for one in told.get("notScopes") or ())


def _touches(left_out: str, scopes: set[str], subscription: str) -> bool:
    own = plain(subscription)
    return left_out in scopes or left_out == own or left_out.startswith(f"{own}/")


def _effect(record: Record, default: str) -> str:
    held: Any = properties(record).get("parameters")
    effect = held.get("effect") if isinstance(held, dict) else None
    value = effect.get("value") if isinstance(effect, dict) else None
    return str(value or default).lower()


def allowed_locations(record: Record) -> tuple[str, ...]:
    """The locations that an assignment lists."""
    held: Any = properties(record).get("parameters")
    listed = held.get("listOfAllowedLocations") if isinstance(held, dict) else None
    values = listed.get("value") if isinstance(listed, dict) else None
    return (
        tuple(str(one).lower().replace(" ", "") for one in values or ()) if isinstance(values, list) else ()
    )


def scopes_above(subscription: str, parents: dict[str, str], root: str) -> Iterator[str]:
    """A subscription and the management groups that it lies in, plain, up to the tenant's root group."""
    at: str | None = plain(subscription)
    seen: set[str] = set()
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)
    yield plain(root)
