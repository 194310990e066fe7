"""What roles of the directory let do to a group, to be in it.

Source: Microsoft Entra documentation, "Microsoft Entra built-in roles", "Use Microsoft Entra groups to manage role assignments",
"Manage rules for dynamic membership groups".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.azure import directory_roles as data
from weightguard.access.azure.context import attribute
from weightguard.access.condition import Condition, besides
from weightguard.estate.model import Principal

_RUN_AGAIN: Final = besides("the rule has to look at an attribute that this changes")


def over_group(
    may: set[str], everything: bool, principal: Principal
) -> Iterator[tuple[str, Condition | None]]:
    """The actions by which somebody gets into a group, each with what has to hold besides.

    Args:
        may: the actions that a role gives.
        everything: whether it gives all of them.
    """
    if attribute(principal, "onPremisesSyncEnabled"):
        return
    types = attribute(principal, "groupTypes") or ()
    if everything:
        yield "microsoft.directory/groups/members/update", None
    elif attribute(principal, "isAssignableToRole"):
        if data.ASSIGNABLE_GROUPS in may:
            yield data.ASSIGNABLE_GROUPS, None
    else:
        found = next((one for one in sorted(may) if _changes_group(one, "Unified" in types)), None)
        if found is not None:
            yield found, None
        elif (
            data.EDIT_USERS in may
            and "DynamicMembership" in types
            and "user." in str(attribute(principal, "membershipRule"))
        ):
            yield data.EDIT_USERS, _RUN_AGAIN


def _changes_group(action: str, is_unified: bool) -> bool:
    """Whether an action lets somebody into a group: by its members, its owners, or its rule."""
    kind, _, what = action.removeprefix("microsoft.directory/").partition("/")
    if what not in (
        "members/update", "owners/update", "dynamicMembershipRule/update", "allProperties/update", "allProperties/allTasks",
    ):  # fmt: skip
        return False
    base = kind.removesuffix(".assignedMembership")
    return base == "groups" or base == ("groups.unified" if is_unified else "groups.security")
