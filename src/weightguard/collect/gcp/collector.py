"""Collecting from Google Cloud: the inventory of what was asked for, then what the inventory lacks, project by project.

The inventory tells of everything below a container in a few pages. Beside it are read: buckets (their list, folders and objects),
HMAC keys, policies that deny and that bound, the containers above, and the members of groups. Where the inventory is refused or
off, projects, their policies, accounts and roles are asked of their own APIs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial

from weightguard.collect.gcp import assets, buckets, containers, direct, groups
from weightguard.collect.gcp.caller import Caller
from weightguard.collect.gcp.entry import Container, Entry, scope_of
from weightguard.collect.gcp.inventory import CONTAINERS, Asset, Homes, Inventory
from weightguard.collect.gcp.mentioned import mentioned
from weightguard.collect.gcp.permissions import operations
from weightguard.collect.gcp.place import Place
from weightguard.collect.gcp.services import cloudasset, iam, resourcemanager, storage
from weightguard.collect.progress import Progress
from weightguard.collect.runner import RunSummary, Unit
from weightguard.collect.stages import run_stages
from weightguard.snapshot import SnapshotWriter


def collect(
    entry: Entry, writer: SnapshotWriter, *, progress: Progress | None = None, again: str | None = None
) -> RunSummary:
    """Read everything below the containers into a snapshot. Sealing it is the caller's.

    Args:
        entry: from `connect`.
        writer: the snapshot, new or resumed.
        progress: whoever shows how far it is.
        again: what to tell the user to type to resume.

    Raises:
        Interrupted: Ctrl-C; the snapshot is resumable.
        CredentialsError: the credentials expired meanwhile; the snapshot is resumable.
    """
    begin = partial(_Collection, entry, writer)
    return run_stages(begin, writer, threads=entry.options.threads, progress=progress, again=again)


@dataclass(slots=True)
class _Collection:
    """One collection under way."""

    entry: Entry
    writer: SnapshotWriter
    readers: Executor
    _places: dict[str, Place] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def place(self, container: str) -> Place:
        """A container and the way into it; one caller a scope, which knows what is off there."""
        with self._lock:
            if container not in self._places:
                scope = scope_of(container)
                caller = Caller(self.entry.transport, scope, operations(), self.writer.call)
                self._places[container] = Place(container, scope, caller, self.writer)
            return self._places[container]

    def units(self) -> Iterator[Unit]:
        """One for each container that was asked for; they call for all others."""
        for asked in self.entry.containers:
            place = self.place(asked.name)
            for call in asked.calls:
                self.writer.call(replace(call, scope=place.scope))
            yield place.unit("assets", cloudasset.LISTINGS["RESOURCE"], partial(self._assets, place, asked))

    def _assets(self, place: Place, asked: Container) -> Iterator[Unit]:
        described = asked.described.data if asked.described.ok else None
        found = assets.read_inventory(place, described)
        homes = found.homes()
        held = assets.buckets(found)
        left = direct.left(found) | {asset.name for asset in held.values()}
        found.write_rows(self.writer, homes, "cloudasset", "ListAssets", left)
        below = assets.projects(found) or _itself(place)
        by_scope: dict[str, dict[str, Asset]] = {}
        for name, asset in held.items():
            by_scope.setdefault(homes.of(asset), {})[name] = asset
        for project in below:
            yield self._project(homes, project, by_scope)
        yield from self._around(found, homes, place, below)

    def _project(self, homes: Homes, project: str, by_scope: Mapping[str, Mapping[str, Asset]]) -> Unit:
        place = self.place(f"projects/{project}")
        told = buckets.Told(by_scope.get(place.scope, {}), homes.lineage(place.container))
        read = partial(buckets.units, place, told, self.readers, self.entry.options.header_reads)
        return place.unit("storage", storage.LIST_BUCKETS, read)

    def _around(self, found: Inventory, homes: Homes, place: Place, below: Iterable[str]) -> Iterator[Unit]:
        """What lies on every container of the inventory, and all that those above it hand down."""
        inside = {f"projects/{one}" for one in below} | {
            homes.named(one.ancestors[0])
            for one in found.assets.values()
            if one.type in CONTAINERS.values() and one.ancestors
        }
        for name in sorted(inside | {place.container}):
            yield self._forbidding(name)
            yield from direct.units(self.place(name), found, homes)
        above = homes.lineage(place.container)
        for at, name in enumerate(above):
            if name not in inside and name != place.container:
                yield self._above(name, above[at + 1] if at + 1 < len(above) else None)

    def _forbidding(self, container: str) -> Unit:
        place = self.place(container)
        return place.unit("forbidding", iam.LIST_DENY_POLICIES, partial(containers.read_forbidding, place))

    def _above(self, container: str, around: str | None) -> Unit:
        place = self.place(container)
        method = resourcemanager.GET_POLICY[place.collection]
        return place.unit("above", method, partial(self._read_above, place, around))

    def _read_above(self, place: Place, around: str | None) -> Iterator[Unit]:
        yield self._forbidding(place.container)
        for one in containers.read_above(place, around):
            yield self._above(one, None)

    def second_units(self) -> Iterator[Unit]:
        """A unit for every group that a policy names, and for every role that one gives and nothing has described."""
        place = self.place(self.entry.containers[0].name)
        found = mentioned(self.writer, sorted(self.writer.journal.scopes))
        for group in sorted(found.groups):
            yield groups.unit(place, group)
        for role in found.undescribed:
            yield direct.role_unit(place, role)


def _itself(place: Place) -> list[str]:
    """The project that was asked for, where nothing tells of it."""
    return [place.container.partition("/")[2]] if place.collection == "projects" else []
