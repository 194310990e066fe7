"""Who is in the groups that policies let in, and in the groups in those.

Source: Cloud Identity API, `groups.lookup`, `groups.memberships.list`, REST resource `Membership`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from weightguard.collect.gcp.mentioned import GROUP
from weightguard.collect.gcp.place import Place
from weightguard.collect.gcp.services import cloudidentity
from weightguard.collect.runner import Unit

_ACCOUNTS: Final = ".gserviceaccount.com"
_KINDS: Final = {"USER": "user", "GROUP": "group", "SERVICE_ACCOUNT": "serviceAccount", "SHARED_DRIVE": None}


def unit(place: Place, group: str) -> Unit:
    """The unit that reads a group, and calls for those of the groups in it."""
    return place.unit(f"groups/{group}", cloudidentity.LIST_MEMBERSHIPS, partial(_read, place, group))


def _read(place: Place, group: str) -> Iterator[Unit]:
    found = place.caller.ask(cloudidentity.LOOKUP, about=f"{GROUP}{group}", **{"groupKey.id": group})
    if not found.ok:
        return
    answer = place.caller.ask(
        cloudidentity.LIST_MEMBERSHIPS, about=f"{GROUP}{group}", parent=found.data["name"]
    )
    if not answer.ok:
        return
    members = sorted({member for entry in answer.data.get("memberships", ()) if (member := _member(entry))})
    place.record(
        "cloudidentity.group", f"{GROUP}{group}", cloudidentity.LIST_MEMBERSHIPS, {"members": members}
    )
    for member in members:
        if member.startswith(GROUP):
            yield unit(place, member.removeprefix(GROUP))


def _member(entry: Mapping[str, Any]) -> str | None:
    """A member as IAM writes it; None: nobody who could act."""
    key = entry.get("preferredMemberKey")
    id = key.get("id") if isinstance(key, Mapping) else None
    if not isinstance(id, str) or not id:
        return None
    kind = _KINDS.get(str(entry.get("type")), "user")
    if kind == "user" and id.endswith(_ACCOUNTS):
        kind = "serviceAccount"
    return f"{kind}:{id.lower()}" if kind else None
