"""Google's APIs on a loopback port (`weightguard.demo.gcp.server`), with what may go wrong there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from weightguard.demo.gcp import server
from weightguard.demo.gcp.described import Described
from weightguard.demo.gcp.server import DENIED, EXPIRED, TOKEN, Reply, error

OFF = error(
    403,
    "PERMISSION_DENIED",
    "SERVICE_DISABLED",
    "the API has not been used in project 700 before or it is disabled",
)


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        matches: whether it does for a method and the request's target.
        times: how often; None: always.
    """

    matches: Callable[[str, str], bool]
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = None


@dataclass
class Cloud(server.Cloud):
    """The tree, what was asked, and what goes wrong.

    Attributes:
        listed: bucket -> more entries of its listing: older versions; ``soft`` in front: what was deleted.
        gone: keys that are deleted once they were listed.
        expired: no token is good any more.
    """

    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    expired: bool = False
    gone: set[str] = field(default_factory=set)

    def deny(self, *ids: str, body: Any = DENIED, status: int = 403, about: str = "", **more: Any) -> None:
        """Refuse some methods, or all of a service (``storage.*``)."""
        wanted = frozenset(ids)

        def matches(id: str, target: str) -> bool:
            return (id in wanted or f"{id.partition('.')[0]}.*" in wanted) and about in unquote(target)

        self.faults.append(Fault(matches, status, body, **more))

    def count(self, id: str) -> int:
        """How often a method was asked."""
        return sum(asked == id for asked, _ in self.asked)

    def reply(
        self, method: Described, target: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Reply:
        if self.expired:
            return Reply(401, EXPIRED)
        fault = self._fault(method.id, target)
        if fault is not None:
            return Reply(fault.status, fault.body, fault.headers)
        return super().reply(method, target, query, headers)

    def _fault(self, id: str, target: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.matches(id, target) and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def listing(self, bucket: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        if query.get("softDeleted") == "true":
            return self.listed.get(f"soft {bucket}", [])
        entries = [*super().listing(bucket, query), *self.listed.get(bucket, [])]
        if "prefix" in query:
            return [
                one
                for one in entries
                if one["name"].startswith(query["prefix"]) and one["name"] not in self.gone
            ]
        return entries

    def token(self, path: str, body: bytes) -> Reply | None:
        if path == "/token":
            return Reply(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        if path.endswith(":generateAccessToken"):
            self.asked.append(("generateAccessToken", path))
            if "/forbidden@" in path:
                return Reply(403, DENIED)
            return Reply(200, {"accessToken": TOKEN, "expireTime": "2099-01-01T00:00:00Z"})
        return super().token(path, body)
