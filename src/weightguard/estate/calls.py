"""What the snapshot's call log says of a scope: which operations were asked, and which were refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from weightguard.estate.evidence import OBSTACLES
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.provider import scope_parts

STATE_SERVICE: Final = "terraform"
"""The service of the call line that a Terraform state leaves: the state stands in for every listing."""

FILED: Final = frozenset({(STATE_SERVICE, "ShowState"), ("iam", "GetAccountAuthorizationDetails")})
"""The calls that stand for a file that somebody else collected."""

CURRENT_OBJECTS: Final = frozenset({"ListObjectsV2", "ListObjects", "ListBlobs"})
OBJECT_LISTINGS: Final = CURRENT_OBJECTS | {"ListObjectVersions"}


class Call(Protocol):
    """One line of calls.jsonl; `weightguard.snapshot` gives these."""

    @property
    def service(self) -> str:
        """The SDK's client name."""
        ...

    @property
    def operation(self) -> str:
        """The API's name."""
        ...

    @property
    def scope(self) -> str:
        """``aws/111111111111``."""
        ...

    @property
    def region(self) -> str | None:
        """Where it was asked."""
        ...

    @property
    def resource(self) -> str | None:
        """What it was about, where it was about one thing."""
        ...

    @property
    def outcome(self) -> str:
        """``ok``, ``absent``, ``denied``, ``throttled`` or ``failed``."""
        ...

    @property
    def code(self) -> str | None:
        """The provider's error code."""
        ...


Place = tuple[str | None, str | None]


class CallLog:
    """The calls of one scope.

    An obstacle stays one even if the same operation was answered later: it may have been asked something else (another filter,
    another page). A resumed collection drops the lines of what it does again.
    """

    def __init__(self, scope: str, calls: Iterable[Call] = ()) -> None:
        self._scope = scope_parts(scope)
        self._broken: dict[tuple[str, str], dict[Place, Unknown]] = {}
        self._by_resource: dict[str, dict[str, Unknown]] = {}
        self._listed: set[str] = set()
        self._regions: dict[tuple[str, str], set[str | None]] = {}
        for call in calls:
            self.add(call)

    def add(self, call: Call) -> None:
        """Takes in the next line."""
        operation = (call.service, call.operation)
        broken = self._broken.setdefault(operation, {})
        self._regions.setdefault(operation, set()).add(call.region)
        reason = OBSTACLES.get(call.outcome)
        if reason is None:
            if call.resource and call.operation in CURRENT_OBJECTS:
                self._listed.add(call.resource)
            return
        source = Source.asked(*self._scope, *operation, call.resource or "", region=call.region)
        unknown = broken[(call.region, call.resource)] = Unknown(reason, source, call.code)
        if call.resource:
            self._by_resource.setdefault(call.resource, {})[call.operation] = unknown

    def operations(self) -> Iterator[tuple[str, str]]:
        """Every operation that was called, by service and name."""
        yield from self._broken

    def called(self, service: str, operation: str) -> bool:
        """Whether the operation itself was called."""
        return (service, operation) in self._broken

    def asked(self, service: str, operation: str) -> bool:
        """Whether the operation was called at all; a Terraform state answers for every listing."""
        return self.called(service, operation) or self.from_state

    def asked_in(self, service: str, operation: str, region: str | None) -> bool:
        """Whether the operation was called in a region; a call that names none is taken for all of them."""
        regions = self._regions.get((service, operation), set())
        return bool(regions) if region is None else region in regions or None in regions

    def regions_of(self, operations: Iterable[tuple[str, str]]) -> frozenset[str]:
        """The regions in which one of the operations was called."""
        return frozenset(
            region for operation in operations for region in self._regions.get(operation, ()) if region
        )

    def less_than(self, earlier: CallLog) -> Iterator[tuple[str, Unknown]]:
        """What an earlier log of the same scope asked and this one did not: ``service:Operation``, and the gap that this leaves."""
        for (service, operation), regions in earlier._regions.items():
            unasked = [
                region
                for region in sorted(regions, key=lambda name: name or "")
                if not self.asked_in(service, operation, region)
            ]
            if unasked:
                where = ", ".join(region for region in unasked if region)
                source = Source.asked(*self._scope, service, operation, where)
                yield source.call, Unknown(Reason.NOT_COLLECTED, source)

    @property
    def from_state(self) -> bool:
        """Whether this scope was read from a Terraform state."""
        return any(service == STATE_SERVICE for service, _ in self._broken)

    @property
    def from_file(self) -> bool:
        """Whether this scope is told of by a file (a state, the answer of one call), rather than asked itself."""
        return self._regions.keys() <= FILED

    def listed(self, store: str) -> bool:
        """Whether the objects of this store were listed."""
        return store in self._listed

    def obstacle(self, service: str, operation: str, region: str | None = None) -> Unknown | None:
        """Why this listing gave nothing, or not everything; with a region, in that region or where none was named."""
        for (place, _), unknown in self._broken.get((service, operation), {}).items():
            if region is None or place in (None, region):
                return unknown
        return None

    def obstacle_of(self, resource: str, operations: frozenset[str]) -> Unknown | None:
        """Why none of these operations told about this resource, in whichever region it was asked."""
        broken = self._by_resource.get(resource, {})
        return next((unknown for operation, unknown in broken.items() if operation in operations), None)

    def obstacles(self) -> Iterator[tuple[str, Unknown]]:
        """Every call that was refused or broke, as ``service:Operation`` and why."""
        for (service, operation), places in self._broken.items():
            for unknown in places.values():
                yield f"{service}:{operation}", unknown
