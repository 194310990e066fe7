"""Access Context Manager: the perimeters around services, and the access levels that let in.

Source: Access Context Manager API v1.
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method

_HIDES: Final = "perimeters around services, and who may pass them"


def _listing(id: str, name: str, permission: str, entries: str, path: str) -> Method:
    operation = Operation(
        "accesscontextmanager", name, (permission,), _HIDES, entries=(entries,), identity=("name",), paged=True, page_size=100,
        keeps=("*",),
    )  # fmt: skip
    return Method(f"accesscontextmanager.{id}", operation, path)


LIST_POLICIES: Final = _listing(
    "accessPolicies.list", "ListAccessPolicies", "accesscontextmanager.policies.list", "accessPolicies", "v1/accessPolicies"
)  # fmt: skip
LIST_PERIMETERS: Final = _listing(
    "accessPolicies.servicePerimeters.list", "ListServicePerimeters", "accesscontextmanager.servicePerimeters.list",
    "servicePerimeters", "v1/{+parent}/servicePerimeters",
)  # fmt: skip
LIST_LEVELS: Final = _listing(
    "accessPolicies.accessLevels.list", "ListAccessLevels", "accesscontextmanager.accessLevels.list", "accessLevels",
    "v1/{+parent}/accessLevels",
)  # fmt: skip
METHODS: Final = (LIST_POLICIES, LIST_PERIMETERS, LIST_LEVELS)
