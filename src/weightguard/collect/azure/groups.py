"""Of whom more is asked than of everybody in a directory, which has many thousands.

Who may activate being in a group matters of those groups that were given something, and of those that are in one of those; when
somebody last signed in, of those people who were given something, by themselves or in a group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from weightguard.collect.exports.azure.found import GRAPH
from weightguard.snapshot import SnapshotWriter

_GROUPS: Final = f"{GRAPH}.groups"
_DIRECTORY: Final = (
    f"{GRAPH}.roleManagement/directory/roleAssignments",
    f"{GRAPH}.roleManagement/directory/roleEligibilityScheduleInstances",
)


def activatable(writer: SnapshotWriter, tenant: str, subscriptions: Sequence[str]) -> list[str]:
    """Groups to ask about, sorted, from what was written.

    Args:
        tenant: the scope of the tenant.
    """
    given = set(_given(writer, tenant, subscriptions))
    within: dict[str, set[str]] = {}
    groups: set[str] = set()
    for line in writer.written(tenant, GRAPH, _GROUPS):
        id = str(line["id"]).lower()
        groups.add(id)
        for member in _members(line):
            within.setdefault(id, set()).add(member)
        if _data(line).get("isAssignableToRole") is True:
            given.add(id)
    wanted: set[str] = set()
    waiting = list(given & groups)
    while waiting:
        group = waiting.pop()
        if group not in wanted:
            wanted.add(group)
            waiting.extend(within.get(group, set()) & groups)
    return sorted(wanted)


def people(writer: SnapshotWriter, tenant: str, subscriptions: Sequence[str]) -> list[str]:
    """People who were given something, by themselves or in a group, sorted."""
    within: dict[str, set[str]] = {}
    users: set[str] = set()
    for line in writer.written(tenant, GRAPH):
        if line.get("kind") == "graph.users":
            users.add(str(line["id"]).lower())
        elif line.get("kind") == "graph.groups":
            within[str(line["id"]).lower()] = set(_members(line))
    seen: set[str] = set()
    waiting = list(set(_given(writer, tenant, subscriptions)))
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(within.get(one, ()))
    return sorted(seen & users)


def _given(writer: SnapshotWriter, tenant: str, subscriptions: Sequence[str]) -> Iterator[str]:
    """Whoever has a role, in the directory or over resources, or is named by a vault."""
    for line in writer.written(tenant, GRAPH, *_DIRECTORY):
        yield str(_data(line).get("principalId") or "").lower()
    for scope in (tenant, *(f"azure/{one}" for one in subscriptions)):
        for line in writer.written(scope, "authorization"):
            yield str(_properties(line).get("principalId") or "").lower()
        for line in writer.written(scope, "keyvault"):
            for one in _properties(line).get("accessPolicies") or ():
                if isinstance(one, dict):
                    yield str(one.get("objectId") or "").lower()


def _members(line: Mapping[str, Any]) -> Iterator[str]:
    """The members of a group."""
    read = (line.get("reads") or {}).get("members")
    told = read.get("data") if isinstance(read, dict) else None
    for one in (told.get("value") if isinstance(told, dict) else None) or ():
        yield str(one.get("id") or "").lower()


def _data(line: Mapping[str, Any]) -> Mapping[str, Any]:
    found = line.get("data")
    return found if isinstance(found, dict) else {}


def _properties(line: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _data(line).get("properties")
    return found if isinstance(found, dict) else {}
