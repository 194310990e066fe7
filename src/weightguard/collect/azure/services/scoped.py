"""What is set on subscriptions and Resource Graph does not hold: denials, locks, roles that may be activated, diagnostic settings.

Sources: Authorization REST reference, "Deny Assignments - List", "Role Eligibility Schedule Instances - List For Scope", "Role
Assignment Schedule Instances - List For Scope"; Resource Manager REST reference, "Management Locks - List At Subscription Level";
Azure Monitor REST reference, "Diagnostic Settings - List".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.collect.azure.caller import Caller, Place
from weightguard.collect.azure.kinds import Row, resource_row
from weightguard.collect.azure.route import Route, listing

_OF: Final = "/subscriptions/{subscription}/providers/Microsoft.Authorization/"
_NO_LICENCE: Final = ("AadPremiumLicenseRequired",)
"""Privileged Identity Management needs a licence: a tenant without one has no role that could be activated."""
LISTINGS: Final[tuple[tuple[str, Route], ...]] = tuple(
    (kind, listing(kind, _OF + path, version, hides, absent=absent))
    for kind, path, version, hides, absent in (
        ("Microsoft.Authorization/denyAssignments", "denyAssignments", "2022-04-01", "denials that take access away", ()),
        ("Microsoft.Authorization/locks", "locks", "2020-05-01", "locks that keep weights and keys from being deleted", ()),
        ("Microsoft.Authorization/roleEligibilityScheduleInstances", "roleEligibilityScheduleInstances", "2020-10-01",
         "roles that somebody may activate and then read weights with", _NO_LICENCE),
        ("Microsoft.Authorization/roleAssignmentScheduleInstances", "roleAssignmentScheduleInstances", "2020-10-01",
         "roles that somebody has activated", _NO_LICENCE),
    )
)  # fmt: skip
_SETTINGS: Final = "Microsoft.Insights/diagnosticSettings"
DIAGNOSTICS: Final = listing(
    _SETTINGS, "{id}/providers/Microsoft.Insights/diagnosticSettings", "2021-05-01-preview", "where reads of weights are logged",
    absent=("ResourceTypeNotSupported",),
)  # fmt: skip
ROUTES: Final = (*(route for _, route in LISTINGS), DIAGNOSTICS)
OPERATIONS: Final = tuple(route.operation for route in ROUTES)


def rows(caller: Caller, subscription: str) -> Iterator[Row]:
    """What is set on a subscription and below."""
    id = f"/subscriptions/{subscription}"
    for kind, route in LISTINGS:
        answer = caller.ask(route, Place({"subscription": subscription}, resource=id))
        for entry in answer.data.get("value") or ():
            yield resource_row(kind, entry)
    yield from settings(caller, id)


def settings(caller: Caller, id: str) -> Iterator[Row]:
    """The diagnostic settings of a resource."""
    answer = caller.ask(DIAGNOSTICS, Place({"id": id}, resource=id))
    for entry in answer.data.get("value") or ():
        yield resource_row(_SETTINGS, entry)
