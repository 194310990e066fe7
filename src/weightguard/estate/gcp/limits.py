"""Which limits of our own an estate on Google Cloud meets.

Sources: Cloud Asset Inventory, "Supported asset types" (which has neither managed folders, nor objects' lists, nor deny policies);
Workspace documentation, "Control API access with domain-wide delegation".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Estate, Store

_EVERYTHING: Final = "*"
_FORBIDDING: Final = frozenset({"POLICY", "ORG_POLICY", "ACCESS_POLICY"})


def limits(estate: Estate) -> Iterator[Limit]:
    """Every limit that concerns what only Google Cloud has."""
    stores = [one for one in estate.stores if one.provider == "gcp"]
    for store in stores:
        yield from _of_store(store)
    if any(one.provider == "gcp" for one in (*estate.accounts, *estate.containers)):
        yield Limit(LimitKind.WORKSPACE, _EVERYTHING, in_play=False)
    if "PARTIAL_POLICY" in _contents(estate):
        yield Limit(LimitKind.PARTIAL_POLICIES, _EVERYTHING)
    if any(_FORBIDDING - one for one in _told(estate) if stores):
        yield Limit(LimitKind.FORBIDDING_POLICIES, _EVERYTHING, in_play=False)
    if stores:
        yield Limit(LimitKind.JOINT_CHANGES, _EVERYTHING, in_play=False)


def _of_store(store: Store) -> Iterator[Limit]:
    if lists_count(store):
        yield Limit(LimitKind.OBJECT_ACLS, store.id)
    if isinstance(store.folder_policies, Unknown):
        asked = store.folder_policies.reason is not Reason.NOT_COLLECTED
        yield Limit(LimitKind.MANAGED_FOLDERS, store.id, in_play=asked)
    if isinstance(store.contents, Known):
        yield Limit(LimitKind.UNFINISHED_UPLOADS, store.id, in_play=False)


def lists_count(store: Store) -> bool:
    """Whether lists of single objects let in whom they name, as far as that is known."""
    return isinstance(store.object_lists, Known) and store.object_lists.value.in_force


def _contents(estate: Estate) -> frozenset[str]:
    """Which kinds of content the sources held of any project."""
    return frozenset().union(*_told(estate))


def _told(estate: Estate) -> list[frozenset[str]]:
    """Which kinds of content the sources held, project by project; of none, where none says so."""
    found = []
    for account in estate.accounts:
        told = account.settings.get("contents")
        if account.provider == "gcp" and isinstance(told, Known) and isinstance(told.value, tuple):
            found.append(frozenset(told.value))
    return found or [frozenset()]
