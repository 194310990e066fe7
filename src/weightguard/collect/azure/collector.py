"""Collecting from Azure: which subscriptions, in which order. The services know what to read there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from weightguard.collect.azure import contents
from weightguard.collect.azure.caller import Caller
from weightguard.collect.azure.entry import Entry
from weightguard.collect.azure.groups import activatable, people
from weightguard.collect.azure.kinds import Row, resource_row, scope_of
from weightguard.collect.azure.services import blob, directory, inside, scoped, subscriptions, tables
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.progress import Progress
from weightguard.collect.runner import RunSummary, Unit
from weightguard.collect.stages import run_stages
from weightguard.snapshot import SnapshotWriter

_ACCOUNTS: Final = "microsoft.storage/storageaccounts"
_LOGGED: Final = frozenset({"microsoft.keyvault/vaults", "microsoft.keyvault/managedhsms"})


def collect(
    entry: Entry, writer: SnapshotWriter, *, progress: Progress | None = None, again: str | None = None
) -> RunSummary:
    """Read the subscriptions and the directory into a snapshot. Sealing it is the caller's.

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
    callers: dict[str, Caller] = field(default_factory=dict)

    def units(self) -> list[Unit]:
        """The first units: tables, the directory, what is set on each subscription."""
        above = self._caller(self.entry.scope)
        for call in self.entry.calls:
            self.writer.call(replace(call, scope=self.entry.scope))
        for one in self.entry.wanted.unseen:
            self.writer.add_scope(f"azure/{one}")
            subscriptions.note_unseen(self._caller(f"azure/{one}"))
        found = [self._table(above, name) for name in tables.TABLES]
        found += [self._directory(above, of) for of in directory.COLLECTIONS]
        policy = directory.AUTHORIZATION.operation
        found.append(
            self._unit(above, "graph/authorization", policy, partial(directory.authorization, above))
        )
        leaving = subscriptions.POLICY.operation
        found.append(self._unit(above, "tenant", leaving, partial(subscriptions.of_tenant, above)))
        for one in self.entry.wanted.seen:
            caller = self._caller(f"azure/{one}")
            found.append(self._unit(caller, "sight", tables.SIGHT.operation, partial(_sighted, caller, one)))
            denials = scoped.LISTINGS[0][1].operation
            found.append(self._unit(caller, "scoped", denials, partial(scoped.rows, caller, one)))
        return found

    def second_units(self) -> Iterator[Unit]:
        """What the first showed to be worth asking: groups that have roles, and who may activate being in them."""
        above = self._caller(self.entry.scope)
        wanted = activatable(self.writer, self.entry.scope, self.entry.wanted.seen)
        read = partial(directory.eligible, above, wanted)
        yield self._unit(above, "graph/eligible", directory.ELIGIBLE.operation, read)
        signing = people(self.writer, self.entry.scope, self.entry.wanted.seen)
        told = partial(directory.sign_ins, above, signing)
        yield self._unit(above, "graph/signIns", directory.SIGN_INS.operation, told)

    def _caller(self, scope: str) -> Caller:
        if scope not in self.callers:
            self.writer.add_scope(scope)
            self.callers[scope] = self.entry.caller(scope, self.writer.call)
        return self.callers[scope]

    def _unit(
        self, caller: Caller, name: str, operation: Operation, read: Callable[[], Iterable[Row | Unit]]
    ) -> Unit:
        """A unit of work.

        Args:
            name: stable within the scope.
            operation: what most of it hangs on.
            read: makes the calls and gives what was found, and the units that it calls for.
        """

        def run() -> list[Unit]:
            spawned = []
            for item in read():
                if isinstance(item, Unit):
                    spawned.append(item)
                else:
                    self.writer.record(scope_of(item["id"], self.entry.tenant), **item)
            return spawned

        return Unit(f"{caller.scope}/{name}", caller.scope, operation.service, operation.name, run)

    def _directory(self, above: Caller, of: directory.Members) -> Unit:
        read = partial(directory.rows, above, of)
        return self._unit(above, f"graph/{of.name}", of.listing.operation, read)

    def _table(self, above: Caller, name: str) -> Unit:
        read = partial(self._rows, above, name)
        return self._unit(above, f"tables/{name}", tables.QUERIES[name].operation, read)

    def _rows(self, above: Caller, table: str) -> Iterator[Row | Unit]:
        """The rows of a table, and a unit for each resource that others lie in."""
        parents: set[str] = set()
        for row in tables.rows(above, table, self.entry.wanted.seen):
            kind = str(row["type"]).lower()
            yield resource_row(kind, row)
            if kind in inside.BY_PARENT or kind in _LOGGED:
                parents.add(kind)
                yield self._inside(row, kind)
        if table == "resources":
            for kind in sorted(inside.BY_PARENT.keys() - parents):
                for operation in inside.operations_of(kind):
                    above.note(operation, Answer("ok"))
            if not parents & {_ACCOUNTS}:
                above.note(blob.LIST.operation, Answer("ok"))

    def _inside(self, row: Mapping[str, Any], kind: str) -> Unit:
        caller = self._caller(scope_of(str(row["id"]), self.entry.tenant))
        operation = (inside.operations_of(kind) or (scoped.DIAGNOSTICS.operation,))[0]
        name = f"inside/{str(row['id']).lower()}"
        return self._unit(caller, name, operation, partial(self._parts, caller, _needed(row), kind))

    def _parts(self, caller: Caller, row: Mapping[str, Any], kind: str) -> Iterator[Row | Unit]:
        for part in inside.BY_PARENT.get(kind, ()):
            if not part.asks(row):
                # It can hold none: as good as a listing without entries.
                caller.note(part.route.operation, Answer("ok"), str(row["id"]))
                continue
            for found in inside.rows(caller, part, row):
                yield found
                if part is inside.CONTAINERS:
                    yield self._container(caller, row, found)
        if kind in _LOGGED:
            yield from scoped.settings(caller, str(row["id"]))
        if kind == _ACCOUNTS and inside.CONTAINERS.asks(row):
            yield from scoped.settings(caller, f"{row['id']}/blobServices/default")

    def _container(self, caller: Caller, account: Mapping[str, Any], found: Row) -> Unit:
        name = str(found["data"].get("name") or found["id"].rpartition("/")[2])
        address = _address(account, self.entry.options.of.blob)
        told = account["properties"]
        container = contents.Container(
            name, f"{address}/{name}", caller.at_host("blob", address), told.get("isHnsEnabled") is True
        )
        read = partial(self._blobs, caller, container)
        return self._unit(caller, f"blob/{container.store}", blob.LIST.operation, read)

    def _blobs(self, caller: Caller, container: contents.Container) -> Iterator[Row]:
        budget = self.entry.options.header_reads
        contents.read_container(caller, self.writer, container, self.readers, budget)
        yield from ()


def _sighted(caller: Caller, subscription: str) -> Iterator[Row]:
    tables.sight(caller, subscription)
    yield from ()


def _needed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row, what the reading of its inside asks for: rows wait in memory until their turn."""
    properties = row.get("properties")
    told = properties if isinstance(properties, dict) else {}
    names = ("isHnsEnabled", "isLocalUserEnabled", "isSftpEnabled", "primaryEndpoints", "vaultUri")
    return {
        "id": str(row["id"]),
        "kind": row.get("kind"),
        "properties": {name: told[name] for name in names if name in told},
    }


def _address(account: Mapping[str, Any], domain: str) -> str:
    """The address of an account's blobs, as stores are named by it."""
    endpoints = account["properties"].get("primaryEndpoints")
    found = endpoints.get("blob") if isinstance(endpoints, dict) else None
    name = str(account["id"]).rpartition("/")[2].lower()
    return found.rstrip("/").lower() if isinstance(found, str) and found else f"https://{name}.{domain}"
