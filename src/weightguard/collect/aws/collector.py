"""Collecting from AWS: which accounts, which regions, in which order. The services know what to read there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from typing import Any

from weightguard.collect.aws import contents, plan, second, sessions
from weightguard.collect.aws.account import Account, Row
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.connections import Connections
from weightguard.collect.aws.entry import Entry, manages, member_roles
from weightguard.collect.aws.options import AwsOptions
from weightguard.collect.aws.permissions import operations
from weightguard.collect.aws.services import ec2, iam, organizations, s3, s3control, sts
from weightguard.collect.aws.trust import Trusted
from weightguard.collect.calls.answer import Answer
from weightguard.collect.progress import Progress
from weightguard.collect.runner import RunSummary, Unit
from weightguard.collect.stages import run_stages
from weightguard.collect.ways import check_endpoints
from weightguard.errors import InputError
from weightguard.snapshot import Call, SnapshotWriter


def connect(options: AwsOptions) -> Entry:
    """Try the credentials, before anything is written.

    Raises:
        CredentialsError: no usable credentials, or an endpoint that does not answer.
        InputError: options that cannot be used.
    """
    plan.check_services(options.services)
    check_endpoints(options.endpoints, frozenset(operation.service for operation in operations()))
    connections = sessions.base(options, operations())
    calls: list[Call] = []
    caller = Caller(connections, "", frozenset(operations()), calls.append)
    account, partition, identity = sessions.identity(caller)
    return Entry(options, connections, account, partition, identity, tuple(calls))


def collect(
    entry: Entry, writer: SnapshotWriter, *, progress: Progress | None = None, again: str | None = None
) -> RunSummary:
    """Read the account, and those that the options add, into a snapshot. Sealing it is the caller's.

    Args:
        entry: from `connect`.
        writer: the snapshot, new or resumed.
        progress: whoever shows how far it is.
        again: what to tell the user to type to resume.

    Raises:
        Interrupted: Ctrl-C; the snapshot is resumable.
        CredentialsError: the credentials expired meanwhile; the snapshot is resumable.
        InputError: a region that the account does not have, ``--org`` outside an organisation.
    """
    begin = partial(_Collection, entry, writer)
    return run_stages(begin, writer, threads=entry.options.threads, progress=progress, again=again)


@dataclass(slots=True)
class _Collection:
    """One collection under way."""

    entry: Entry
    writer: SnapshotWriter
    readers: Executor
    accounts: list[Account] = field(default_factory=list)
    management: Account | None = None

    def units(self) -> list[Unit]:
        """The first units of every account."""
        options = self.entry.options
        own = self._account(self.entry.account, self.entry.connections, self.entry.identity, self.entry.calls)
        described = organizations.describe(own.caller)
        members = organizations.accounts(own.caller) if described.ok else []
        roles = member_roles(self.entry, described, members)
        with ThreadPoolExecutor(min(8, options.threads), thread_name_prefix="accounts") as pool:
            others = [
                account for account in pool.map(partial(self._member, own), roles) if account is not None
            ]
        # An account that a role was given for is read as that role, our own too.
        self.accounts = [*([] if own.id in {account.id for account in others} else [own]), *others]
        read = partial(organizations.organisation, own, described, members)
        units = [own.unit("organizations", organizations.DESCRIBE_ORGANIZATION, read)]
        if manages(own.id, described):
            self.management = own
            read = partial(iam.organisation_features, own)
            units.append(own.unit("iam/organization", iam.ORGANIZATION_FEATURES, read))
        return units + [unit for account in self.accounts for unit in self._account_units(account)]

    def second_units(self) -> Iterator[Unit]:
        """What the first units showed to be worth a look: where logs and copies go, and regions that are in use."""
        yield from second.destinations(self.accounts)
        for account in self.accounts:
            for region in second.regions_in_use(account):
                yield from self._parts(account, region, plan.chosen(plan.IN_USE, self.entry.options.services))
                if account is self.management:
                    yield from self._parts(
                        account, region, plan.chosen([plan.MANAGEMENT], self.entry.options.services)
                    )

    def _account(
        self,
        account: str,
        connections: Connections,
        identity: Answer | None = None,
        calls: Iterable[Call] = (),
    ) -> Account:
        scope = f"aws/{account}"
        self.writer.add_scope(scope)
        for call in calls:
            self.writer.call(replace(call, scope=scope))
        caller = Caller(connections, scope, frozenset(operations()), self.writer.call)
        listed = ec2.regions(caller)
        regions = _regions(self.entry.options.regions, ec2.usable(listed), connections.region)
        return Account(account, self.entry.partition, caller, self.writer, regions, identity, listed)

    def _member(self, own: Account, role: str) -> Account | None:
        """Another account, through its role. One whose role cannot be assumed is a gap: its scope is in the snapshot, empty."""
        account = role.split(":")[4]
        origin = Caller(own.caller.connections, f"aws/{account}", frozenset(operations()), self.writer.call)
        connections, _ = sessions.assume(origin, role, self.entry.options)
        return None if connections is None else self._account(account, connections)

    def _account_units(self, account: Account) -> Iterator[Unit]:
        yield account.unit("ec2/regions", ec2.DESCRIBE_REGIONS, partial(ec2.regions_row, account))
        yield account.unit("sts", sts.GET_CALLER_IDENTITY, partial(sts.identity, account))
        yield account.unit("iam/details", iam.GET_DETAILS, partial(self._identities, account))
        yield from iam.units(account)
        yield from s3control.account_units(account)
        yield account.unit("s3", s3.LIST_BUCKETS, partial(self._buckets, account))
        for region in account.regions:
            yield from self._parts(account, region, plan.chosen(plan.EVERYWHERE, self.entry.options.services))

    def _parts(self, account: Account, region: str, parts: Iterable[plan.Part]) -> Iterator[Unit]:
        for part in parts:
            yield account.unit(f"{region}/{part.name}", part.operation, partial(part.read, account, region))

    def _identities(self, account: Account) -> Iterator[Row | Unit]:
        trusted = Trusted()
        yield from iam.details(account, trusted)
        parts = list(plan.chosen(plan.BY_ROLE, self.entry.options.services, trusted))
        for region in account.regions:
            yield from self._parts(account, region, parts)

    def _buckets(self, account: Account) -> Iterator[Unit]:
        entries, complete = s3.buckets(account)
        contents.try_versions(account, entries)
        for entry in entries:
            yield account.unit(f"s3/{entry['Name']}", s3.LIST_OBJECTS, partial(self._bucket, account, entry))
        if not complete:
            # Buckets that are not seen may have access points that are.
            yield from (_access_points(account, region) for region in account.regions)

    def _bucket(self, account: Account, entry: Mapping[str, Any]) -> Iterator[Row | Unit]:
        bucket = s3.located(account, entry)
        found = contents.read_contents(account, bucket, self.readers, self.entry.options.header_reads)
        yield s3.bucket_row(account, bucket, found.answers, in_full=contents.harmless(found))
        yield _access_points(account, bucket.region)


def _access_points(account: Account, region: str) -> Unit:
    """Access points lie in the region of their bucket."""
    return account.unit(
        f"s3control/{region}", s3control.LIST_ACCESS_POINTS, partial(s3control.units, account, region)
    )


def _regions(asked: tuple[str, ...], known: Mapping[str, bool], home: str) -> tuple[str, ...]:
    """The regions to read: those asked for, else all that the account may use, else the home region.

    Raises:
        InputError: a region was asked for that does not exist.
    """
    for region in asked:
        if known and region not in known:
            close = get_close_matches(region, known, n=1)
            raise InputError(
                f"there is no region {region!r}", fix=f"did you mean {close[0]!r}?" if close else None
            )
    enabled = [region for region, usable in known.items() if usable]
    return tuple(sorted(set(asked) or set(enabled) or {home}))
