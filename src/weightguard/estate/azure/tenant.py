"""What readers of Azure's records share: the records of all scopes by kind, which listings were made, names without case.

Rows of Resource Graph and answers of Resource Manager are records of the same kinds. A listing counts as made where its call
is in the log, or where the table of Resource Graph that holds its kind was asked for. What Resource Graph does not hold
(containers, deny assignments, locks, eligibility) has to have been asked for by itself.

Source: Azure Resource Graph documentation, "Supported tables and resources".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.estate.calls import STATE_SERVICE, CallLog
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.shape import MISSING, Malformed, Missing, find, mapping, text_or_none
from weightguard.estate.share import ScopeInput
from weightguard.provider import scope_parts

TABLES: Final = "resourcegraph"
GRAPH: Final = "graph"
NOBODY: Final = "tenant"
"""The id of a scope that holds what a directory of unknown name says."""

_IN_TABLES: Final[Mapping[str, str]] = {
    "authorization.roleassignments": "authorizationresources",
    "authorization.roledefinitions": "authorizationresources",
    "authorization.policyassignments": "policyresources",
    "authorization.policydefinitions": "policyresources",
    "authorization.policysetdefinitions": "policyresources",
    "security.pricings": "securityresources",
    "management.managementgroups": "resourcecontainers",
    "resources.subscriptions": "resourcecontainers",
    "resources.subscriptions/resourcegroups": "resourcecontainers",
    "managedservices.registrationassignments": "managedservicesresources",
    "managedservices.registrationdefinitions": "managedservicesresources",
}
_CHILDREN_IN_TABLE: Final = frozenset(
    {
        "compute.virtualmachines/extensions",
        "automation.automationaccounts/runbooks",
        "web.sites/slots",
        "compute.galleries/images/versions",
        "machinelearningservices.workspaces/onlineendpoints",
        "machinelearningservices.workspaces/batchendpoints",
        "hybridcompute.machines/extensions",
        "network.networksecurityperimeters/resourceassociations",
        "network.networkwatchers/flowlogs",
        "cognitiveservices.accounts/projects",
        "netapp.netappaccounts/capacitypools/volumes",
    }
)
"""Kinds inside others that the table of resources holds all the same."""

HOUND: Final = ("azurehound", "list")
"""The call that a whole listing of the directory by AzureHound leaves."""
_NOT_IN_HOUND: Final = frozenset(
    {
        "graph.identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        "graph.directory/administrativeUnits",
    }
)
"""What such a listing never shows: told as a limit, no gap of this input."""


@dataclass(slots=True)
class Tenant:
    """All Azure scopes of one or several snapshots.

    Attributes:
        records: kind -> its records, in order.
        asked: the listings that were made and read to their end, as (service, operation).
        broken: those that were refused, broke or were cut off, and why.
        scope: the id of the scope that the directory's records stand under.
        scopes: all of them.
        from_state: whether Terraform states tell of it: they stand in for every listing.
        shown: an id of a resource without case -> the id as it is shown.
        logs: the calls of every scope.
    """

    records: dict[str, list[Record]] = field(default_factory=dict)
    asked: set[tuple[str, str]] = field(default_factory=set)
    broken: dict[tuple[str, str], Unknown] = field(default_factory=dict)
    scope: str = NOBODY
    scopes: list[str] = field(default_factory=list)
    from_state: bool = False
    shown: dict[str, str] = field(default_factory=dict)
    logs: list[CallLog] = field(default_factory=list)

    def take(self, given: ScopeInput) -> None:
        """Take in a scope."""
        scope = scope_parts(given.name)[1]
        self.scopes.append(scope)
        self.logs.append(given.calls)
        services = [service for owner, service in given.snapshot.services if owner == given.name]
        for service in services:
            for record in given.snapshot.records(given.name, service):
                self.records.setdefault(record.kind, []).append(record)
                if record.kind.startswith(f"{GRAPH}."):
                    self.scope = scope
                else:
                    self.shown.setdefault(plain(record.id), record.id)
        self.from_state = self.from_state or given.calls.from_state
        broken = dict(_by_operation(given.calls.obstacles()))
        for operation in given.calls.operations():
            if operation not in broken:
                self.asked.add(operation)
        self.broken.update(broken)

    def of(self, kind: str) -> list[Record]:
        """The records of a kind."""
        return self.records.get(kind, [])

    def gap(self, kind: str) -> Unknown | None:
        """Why more things of a kind may exist than there are records; None where all were listed."""
        service, _, operation = kind.partition(".")
        own = (service, operation)
        table = (TABLES, _table_of(kind))
        broken = (
            self.broken.get((STATE_SERVICE, "ShowState"))
            or self.broken.get(own)
            or (self.broken.get(table) if own not in self.asked else None)
        )
        if broken is not None:
            return broken
        never = kind in _NOT_IN_HOUND and HOUND in self.asked
        if self.from_state or never or own in self.asked or (table[1] and table in self.asked):
            return None
        return Unknown(Reason.NOT_COLLECTED, self.source(service, operation))

    def source(self, service: str, operation: str) -> Source:
        """The listing of a tenant that was made or not."""
        return Source.asked("azure", self.scope, service, operation)

    def show(self, id: str) -> str:
        """A resource's id as it is shown, however it is written."""
        return self.shown.get(plain(id), id.rstrip("/") or "/")


def _by_operation(obstacles: Iterable[tuple[str, Unknown]]) -> Iterator[tuple[tuple[str, str], Unknown]]:
    for _, unknown in obstacles:
        yield (unknown.source.service, unknown.source.operation), unknown


def _table_of(kind: str) -> str:
    """The table of Resource Graph that holds a kind; empty where none does."""
    found = _IN_TABLES.get(kind)
    if found is not None:
        return found
    service, _, rest = kind.partition(".")
    held = service not in (GRAPH, "authorization", "insights") and (
        "/" not in rest or kind in _CHILDREN_IN_TABLE
    )
    return "resources" if held else ""


def plain(id: str) -> str:
    """An id of a resource as it is compared: lower case, no slash at the end; the root is ``/``."""
    return id.lower().rstrip("/") or "/"


def named(object_id: str) -> str:
    """A principal as answers name it."""
    return f"azure:{object_id.lower()}"


def parent_of(id: str) -> str:
    """The resource that a resource lies in: its id without the last type and name; empty where it has none.

    Of what is set on a resource by another provider (``.../providers/Microsoft.Authorization/locks/x``), that resource.
    """
    parts = id.rstrip("/").split("/")
    if len(parts) >= 4 and parts[-4].lower() == "providers":
        return "/".join(parts[:-4]) or "/"
    return "/".join(parts[:-2])


def properties(record: Record) -> Mapping[str, Any]:
    """The properties of a resource; empty where they have no shape."""
    found = data_of(record).get("properties")
    return found if isinstance(found, dict) else {}


def stated(record: Record, path: str, parse: Any, *, absent: Any = MISSING) -> Fact[Any]:
    """A fact of a resource's properties.

    Args:
        parse: turns what stands there into the value; raises `Malformed` on an unexpected shape.
        absent: the value where it is not stated; without it, it is unknown then.
    """
    source = listing_source(record)
    try:
        body = mapping(data_of(record).get("properties", {}))
        found = find(body, path)
        if isinstance(found, Missing):
            if isinstance(absent, Missing):
                return Unknown(Reason.NOT_COLLECTED, source)
            return Known(absent, source)
        return Known(parse(found), source)
    except Malformed:
        return Unknown(Reason.MALFORMED, source)


def name_of(record: Record) -> str:
    """The name that people know a resource by."""
    return text_or_none(data_of(record).get("name")) or record.id.rpartition("/")[2]


def subscription_of(id: str) -> str:
    """The subscription that a resource lies in; empty where it lies in none."""
    parts = id.split("/")
    return parts[2].lower() if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""
