"""Cloud Identity: the members of groups that policies name.

No role of IAM allows this: whoever reads has to be let in by the group, or be a reader of groups in the directory.

Source: Cloud Identity API v1, `groups.lookup` and `groups.memberships.list`; "Retrieving and listing memberships".
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method

LOOKUP: Final = Method(
    "cloudidentity.groups.lookup",
    Operation(
        "cloudidentity", "LookupGroupName", ("groups.read",), "who is in a group that a policy lets in",
        required=("name",), keeps=("name",),
    ),
    "v1/groups:lookup",
)  # fmt: skip
LIST_MEMBERSHIPS: Final = Method(
    "cloudidentity.groups.memberships.list",
    Operation(
        "cloudidentity", "ListMemberships", ("groups.read",), "who is in a group that a policy lets in",
        entries=("memberships",), identity=("name",), paged=True, page_size=500,
        keeps=("name", "preferredMemberKey.*", "type", "roles.*"),
    ),
    "v1/{+parent}/memberships",
    query=(("view", "FULL"),),
)  # fmt: skip
METHODS: Final = (LOOKUP, LIST_MEMBERSHIPS)
