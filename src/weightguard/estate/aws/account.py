"""One AWS account's records into its part of the estate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from weightguard.estate.aws import (
    copies,
    credentials,
    iam,
    kms,
    organizations,
    resources,
    s3,
    store_settings,
    watch,
    workloads,
)
from weightguard.estate.aws.listings import feeds
from weightguard.estate.aws.scope import Scope
from weightguard.estate.aws.settings import account_settings, is_setting
from weightguard.estate.calls import OBJECT_LISTINGS
from weightguard.estate.evidence import Record, data_of, derived, outcome, read, stated
from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    AccessPoint,
    Account,
    Contents,
    DiskCopy,
    Endpoint,
    FederatedProvider,
    Key,
    NamedPolicy,
    PasswordPolicy,
    Principal,
    Resource,
    Secret,
    Store,
    Trail,
    Workload,
    Wrapped,
)
from weightguard.estate.shape import flag, mapping, member, number, text_or_none

NOT_ASKED: Final = "NotAsked"
"""The code of a read that whoever asked the account could have made, and did not."""
FIRST: Final = ("iam", "organizations", "s3control")
"""Files that others refer to: roles by name, access points by bucket."""
DOORS: Final = feeds("s3control:ListAccessPoints")


@dataclass(slots=True)
class Part:
    """What one account's records hold."""

    tree: organizations.Tree | Unknown | None
    principals: list[Principal] = field(default_factory=list)
    unattached_policies: list[NamedPolicy] = field(default_factory=list)
    federated_providers: list[FederatedProvider] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    trails: list[Trail] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    disk_copies: list[DiskCopy] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    settings: list[Record] = field(default_factory=list)
    points: Mapping[str, list[AccessPoint]] = field(default_factory=dict)
    account: Account = field(init=False)

    def take(self, scope: Scope, records: list[Record]) -> None:
        """Takes in the records of one file, each by the reader that knows its kind."""
        self.keys += kms.keys(scope, records)
        self.trails += watch.trails(scope, records)
        self.endpoints += watch.endpoints(scope, records)
        self.workloads += workloads.workloads(scope, records)
        self.disk_copies += copies.disk_copies(scope, records)
        self.secrets += copies.secrets(scope, records)
        self.resources += resources.resources(scope, records)
        self.settings += [record for record in records if is_setting(record.kind)]


def read_part(scope: Scope, contents: Mapping[str, Contents]) -> Part:
    """Reads every record of one account, each file once.

    Args:
        contents: what the object listings hold, by store.
    """
    identity = iam.load(scope, scope.file("iam"))
    tree = organizations.read_tree(scope, list(scope.file("organizations")))
    doors = list(scope.file("s3control"))
    part = Part(tree)
    part.principals = iam.principals(scope, identity)
    part.unattached_policies = iam.unattached(identity, part.principals)
    part.federated_providers = iam.federated_providers(scope, identity)
    part.take(scope, [record for records in identity.by_kind.values() for record in records])
    part.take(scope, doors)
    points = part.points = s3.access_points(scope, doors)
    for service in sorted(set(scope.services) - set(FIRST)):
        if service == "s3":
            part.take(scope, list(_stores(scope, part, points, contents)))
        else:
            part.take(scope, list(scope.file(service)))
    part.workloads = workloads.link_tasks(scope, part.workloads)
    part.account = _account(scope, identity, tree, doors, part.settings)
    return part


def _stores(
    scope: Scope, part: Part, points: Mapping[str, list[AccessPoint]], contents: Mapping[str, Contents]
) -> Iterator[Record]:
    """Turns buckets into stores as they come, so that a long file is never held; gives what is no bucket."""
    gaps = _unread_doors(scope)
    for record in scope.file("s3"):
        if record.kind == "s3.bucket":
            own = tuple(sorted(points.get(record.id, ()), key=lambda point: point.id))
            doors = Collection(own, gaps or _unasked_doors(scope, record))
            found = _contents(scope, record, contents)
            wrapped = _wrapped(scope, record, found, contents)
            part.stores.append(s3.store(scope, record, found, doors, wrapped))
        else:
            yield record


def _unread_doors(scope: Scope) -> tuple[Unknown, ...]:
    """Access points whose listing was refused, or whose records no reader knows."""
    refused = (unknown for name, unknown in scope.calls.obstacles() if feeds(name) == DOORS)
    unread = (
        unknown for unknown in resources.unread_kinds(scope) if feeds(unknown.source.call) in (DOORS, ())
    )
    return (*refused, *unread)


def _unasked_doors(scope: Scope, record: Record) -> tuple[Unknown, ...]:
    """Access points lie in their bucket's region: where nobody listed them there, some may be."""
    asked = scope.calls.from_state or scope.calls.asked_in("s3control", "ListAccessPoints", record.region)
    source = scope.asked("s3control", "ListAccessPoints")
    return () if asked else (Unknown(Reason.NOT_COLLECTED, source),)


def _contents(scope: Scope, record: Record, contents: Mapping[str, Contents]) -> Fact[Contents]:
    source = s3.contents_source(record)
    counted = contents.get(record.id, Contents(0, 0, 0))
    found = replace(counted, old_versions=outcome(record, "ListObjectVersions") == "ok")
    listing = s3.contents_listing(record)
    if outcome(record, listing) is not None:
        return read(record, listing, lambda _: found, absent=found)
    broken = scope.calls.obstacle_of(record.id, OBJECT_LISTINGS)
    if broken is not None:
        return broken
    if scope.calls.listed(record.id):
        return Known(found, source)
    # A file that stands for an account cannot list objects; whoever asked the account itself could have.
    told = scope.calls.from_state or scope.calls.from_file
    return Unknown(Reason.NOT_COLLECTED, source, None if told else NOT_ASKED)


def _wrapped(
    scope: Scope, record: Record, found: Fact[Contents], contents: Mapping[str, Contents]
) -> Fact[tuple[Wrapped, ...]]:
    """How the objects are encrypted; a state says so of those that it holds, and never lists the others."""
    if isinstance(found, Unknown) and not scope.calls.from_state:
        return found
    seen = contents.get(record.id)
    return Known(() if seen is None else seen.wrapped, s3.contents_source(record))


def _account(
    scope: Scope,
    identity: iam.Iam,
    tree: organizations.Tree | Unknown | None,
    doors: list[Record],
    settings: list[Record],
) -> Account:
    summary = next(iter(identity.of("iam.account_summary")), None)
    known = credentials.index(identity.of("iam.credential"), (), scope.calls)
    organisation = tree.organisation if isinstance(tree, organizations.Tree) else None
    name = tree.account_names.get(scope.account) if isinstance(tree, organizations.Tree) else None
    block = s3.account_public_access_block(scope, doors)
    asked = scope.asked("organizations", "DescribeOrganization")
    return Account(
        id=scope.account,
        provider="aws",
        name=name or _alias(identity) or scope.account,
        organisation=organisation.id if organisation else None,
        is_management=organisation is not None and organisation.management_account == scope.account,
        collected=True,
        guardrails=guardrails(tree, scope.account, organizations.SCP, asked),
        resource_guardrails=guardrails(tree, scope.account, organizations.RCP, asked),
        public_access=derived(block, store_settings.public_access),
        public_access_block=block,
        root_mfa=_root_mfa(scope, known, summary),
        root_access_keys=_root_keys(scope, known, summary),
        password_policy=_password_policy(scope, identity),
        root_password=_root_password(scope, summary),
        settings=account_settings(scope, settings),
    )


def guardrails(
    tree: organizations.Tree | Unknown | None, account: str, kind: str, asked: Source
) -> Fact[organizations.Levels | None]:
    """The policies of one type above an account, as far as this tree knows them.

    Args:
        asked: the question whose answer told that there is no organisation, where there is no tree.
    """
    if tree is None:
        return Known(None, asked)
    return tree if isinstance(tree, Unknown) else tree.levels(account, kind)


def _alias(identity: iam.Iam) -> str | None:
    record = next(iter(identity.of("iam.account_alias")), None)
    return None if record is None else text_or_none(data_of(record).get("AccountAlias")) or record.id


def _summary_number(record: Record, name: str) -> Fact[int]:
    if outcome(record, "GetAccountSummary") is not None:
        return read(record, "GetAccountSummary", lambda answer: number(member(answer, f"SummaryMap.{name}")))

    def parse(data: Any) -> int:
        body = mapping(data)
        return number(member(body.get("SummaryMap", body), name))

    return stated(record, parse)


def _root_mfa(scope: Scope, known: credentials.Credentials, summary: Record | None) -> Fact[bool]:
    if known.root is not None:
        return stated(known.root, lambda data: flag(member(data, "mfa_active")))
    if summary is not None:
        fact = _summary_number(summary, "AccountMFAEnabled")
        return fact if isinstance(fact, Unknown) else Known(fact.value > 0, fact.source)
    return _unasked(scope, "GetAccountSummary")


def _root_keys(scope: Scope, known: credentials.Credentials, summary: Record | None) -> Fact[int]:
    if known.root is not None:
        return stated(
            known.root, lambda data: sum(flag(member(data, f"access_key_{index}_active")) for index in (1, 2))
        )
    if summary is not None:
        return _summary_number(summary, "AccountAccessKeysPresent")
    return _unasked(scope, "GetAccountSummary")


def _unasked(scope: Scope, operation: str) -> Unknown:
    broken = scope.calls.obstacle("iam", operation)
    return broken or Unknown(Reason.NOT_COLLECTED, scope.asked("iam", operation))


def _root_password(scope: Scope, summary: Record | None) -> Fact[bool]:
    """Whether somebody could sign in as the root user with one: credentials that were removed centrally leave none."""
    if summary is None:
        return _unasked(scope, "GetAccountSummary")
    return read(summary, "GetAccountSummary", _has_password, absent=True)


def _has_password(answer: Any) -> bool:
    return mapping(mapping(answer).get("SummaryMap") or {}).get("AccountPasswordPresent") != 0


def _password_policy(scope: Scope, identity: iam.Iam) -> Fact[PasswordPolicy | None]:
    operation = "GetAccountPasswordPolicy"
    record = next(iter(identity.of("iam.password_policy")), None)
    if record is None:
        return _unasked(scope, operation)
    if outcome(record, operation) is None:
        return stated(record, lambda data: _passwords(mapping(data).get("PasswordPolicy", data)))
    return read(record, operation, lambda answer: _passwords(member(answer, "PasswordPolicy")), absent=None)


def _passwords(body: Any) -> PasswordPolicy:
    policy = mapping(body)
    length, remembered = policy.get("MinimumPasswordLength"), policy.get("PasswordReusePrevention")
    return PasswordPolicy(number(length or 0), number(remembered or 0))
