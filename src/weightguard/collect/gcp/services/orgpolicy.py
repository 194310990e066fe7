"""Organization Policy: the policies that lie on a container itself.

Source: Organization Policy API v2.
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.services.resourcemanager import TYPES


def _listing(collection: str) -> Method:
    operation = Operation(
        "orgpolicy", "ListPolicies", ("orgpolicy.policies.list", "orgpolicy.policy.get"),
        "what organization policies demand, and what they do not",
        entries=("policies",), identity=("name",), paged=True, page_size=100, keeps=("*",),
    )  # fmt: skip
    return Method(
        f"orgpolicy.{collection}.policies.list", operation, "v2/{+parent}/policies", about=TYPES[collection]
    )


LIST: Final = {collection: _listing(collection) for collection in TYPES}
METHODS: Final = tuple(LIST.values())
