"""How a declared operation is asked: which service, which path, which version of its interface.

Nothing else can be asked: the caller takes routes alone, and a route's method is GET but for Resource Graph's queries, which are
sent with POST and read (Azure Resource Graph REST reference, "Resources"; its permission is to read what is queried).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from weightguard.collect.azure.kinds import operation_of
from weightguard.collect.calls.operation import Operation
from weightguard.collect.calls.paging import Page, Tokens

At = Literal["management", "graph", "vault", "blob"]

_NEXT: Mapping[At, Tokens] = {
    "management": Tokens(("value",), "nextLink", "next"),
    "vault": Tokens(("value",), "nextLink", "next"),
    "graph": Tokens(("value",), "@odata.nextLink", "next"),
}
QUERIED = Tokens(("data",), "$skipToken", "$skipToken")
LISTED = Tokens(("blobs",), "marker", "marker")


@dataclass(frozen=True, slots=True)
class Route:
    """An operation and the way to ask it.

    Attributes:
        at: the service that answers.
        path: below its endpoint, with ``{names}`` to be filled in.
        query: parameters that are always sent.
        pages: how its pages go on; None: what the service always does.
    """

    operation: Operation
    at: At
    path: str
    query: tuple[tuple[str, str], ...] = ()
    method: Literal["GET", "POST"] = "GET"
    pages: Tokens | None = None

    def read(self, page: Mapping[str, Any]) -> Page:
        """What a page of it says of the next one."""
        return (self.pages or _NEXT[self.at]).read(page)


def listing(
    kind: str, path: str, version: str, hides: str, *, permission: str | None = None,
    absent: tuple[str, ...] = (), query: tuple[tuple[str, str], ...] = (),
) -> Route:  # fmt: skip
    """A listing of Resource Manager.

    Args:
        kind: the type of what is listed, as Azure writes it (``Microsoft.Storage/storageAccounts``).
        permission: what allows it, where that is not the type with ``/read``.
    """
    operation = operation_of(
        kind, hides, permission=permission, absent=absent, required=("value",), entries=("value",), paged=True
    )
    return Route(operation, "management", path, (("api-version", version), *query))


def single(
    kind: str, path: str, version: str, hides: str, *, permission: str | None = None, absent: tuple[str, ...] = ()
) -> Route:  # fmt: skip
    """One resource of Resource Manager."""
    operation = operation_of(kind, hides, permission=permission, absent=absent, required=("id",))
    return Route(operation, "management", path, (("api-version", version),))
