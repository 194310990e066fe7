"""What is served: a tenant as data, what its caller may do, and what goes wrong."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Thing = dict[str, Any]
"""A resource, or an object of a directory, as its interface answers it."""
Answer = tuple[bytes, dict[str, str], int]
"""Body, headers, status."""


class Refused(Exception):
    """An error that is answered."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.status, self.code, self.headers = status, code, headers


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        where: found in ``METHOD path?query``.
        times: how often; None: always.
        raw: sent instead of an error's body.
    """

    where: str
    status: int
    code: str = "Wrong"
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = None
    raw: bytes | None = None


@dataclass
class Tenant:
    """A tenant, and whoever signs in to it.

    Attributes:
        id: its id. principal: the id of the service principal that signs in, with ``client`` and ``secret``.
        tabled: resources that Resource Graph holds too. listed: those that Resource Manager alone tells.
        objects: collection of Microsoft Graph -> its objects, each with its relations.
        blobs: (account, container) -> name -> content. listing: further entries of a container's listing, as XML.
        rotation: name of a key -> its rotation policy, as its vault tells it. immutable: keys whose release policy nobody changes.
        actions: what the caller's role allows over resources; ``data`` over blobs and vaults; ``graph`` over the directory.
        own_scope: where the caller's role is assigned.
        unseen: subscriptions that are there and that the caller does not see.
        page: entries of a page.
        asked: every request, as ``METHOD path?query``.
        tokens: token -> whom it is for; those of ``revoked`` are refused.
    """

    id: str
    principal: str
    client: str
    secret: str
    tabled: list[Thing] = field(default_factory=list)
    listed: list[Thing] = field(default_factory=list)
    objects: dict[str, list[Thing]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    listing: dict[tuple[str, str], str] = field(default_factory=dict)
    rotation: dict[str, Thing] = field(default_factory=dict)
    immutable: frozenset[str] = frozenset()
    actions: tuple[str, ...] = ("*",)
    data: tuple[str, ...] = ("*",)
    graph: tuple[str, ...] = ("*",)
    unseen: tuple[str, ...] = ()
    own_scope: str = "/"
    page: int = 100
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self) -> list[Thing]:
        """What Resource Graph holds."""
        return self.tabled

    def resources(self) -> list[Thing]:
        """What Resource Manager tells."""
        return [*self.listed, *self.rows()]

    def collection(self, name: str) -> list[Thing]:
        """The objects of a collection of Microsoft Graph."""
        return self.objects.get(name, [])

    def subscriptions(self) -> Iterator[str]:
        """Ids of the subscriptions that there are."""
        for one in self.rows():
            if one["type"].lower() == "microsoft.resources/subscriptions":
                yield one["id"].rpartition("/")[2]

    def fault(self, request: str) -> Fault | None:
        """What goes wrong with a request, where anything does."""
        for one in self.faults:
            if one.times != 0 and one.where in request:
                if one.times is not None:
                    one.times -= 1
                return one
        return None


def demand(action: str, allowed: Iterable[str], code: str) -> None:
    """Refuse with a code, with status 403, what no pattern allows."""
    if not may(action, allowed):
        raise Refused(403, code)


def may(action: str, allowed: Iterable[str]) -> bool:
    """Whether a pattern (``Microsoft.Storage/*/read``) allows an action."""
    wanted = action.lower()
    return any(
        re.fullmatch(".*".join(re.escape(part) for part in one.lower().split("*")), wanted) for one in allowed
    )
