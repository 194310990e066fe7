"""Joins the parts that accounts tell: one organisation tree, each trail once, accounts that are only known by name, gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from weightguard.estate.aws import organizations, plan, watch
from weightguard.estate.aws.account import Part, guardrails, read_part
from weightguard.estate.aws.containers import containers
from weightguard.estate.aws.iam import trusted_services
from weightguard.estate.aws.listings import RESOURCE_LISTINGS, SWITCHED_ELSEWHERE, feeds
from weightguard.estate.aws.resources import unread_kinds
from weightguard.estate.aws.scope import Scope
from weightguard.estate.aws.settings import UNREAD_TYPES
from weightguard.estate.calls import STATE_SERVICE
from weightguard.estate.documents import Documents
from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import AccessPoint, Account, Contents, Resource, Store
from weightguard.estate.share import LeftBehind, Share

T = TypeVar("T")
Gaps = dict[str, tuple[Unknown, ...]]
ACCOUNT_IN_ARN: Final = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d{12}):")
BARE_ACCOUNT: Final = re.compile(r"\d{12}")


@dataclass(slots=True)
class Draft:
    """What the AWS scopes of one or several snapshots hold so far; later scopes overrule earlier ones.

    Attributes:
        from_calls: whether an account was asked as itself, rather than told of by a file.
        organisation_asked: whether some account was asked for its organisation.
    """

    documents: Documents = field(default_factory=Documents)
    parts: dict[str, Part] = field(default_factory=dict)
    gaps: dict[str, Gaps] = field(default_factory=dict)
    from_calls: dict[str, bool] = field(default_factory=dict)
    organisation_asked: bool = False

    def add(self, scope: Scope, contents: Mapping[str, Contents]) -> None:
        """Reads one account; a later snapshot of the same account replaces an earlier one."""
        part = self.parts[scope.account] = read_part(scope, contents)
        self.gaps[scope.account] = _gaps(scope, part)
        self.from_calls[scope.account] = not scope.calls.from_file
        unasked = isinstance(part.tree, Unknown) and part.tree.reason is Reason.NOT_COLLECTED
        self.organisation_asked |= not unasked


COLLECTIONS: Final = (
    "principals", "federated_providers", "stores", "keys", "trails", "endpoints", "workloads", "disk_copies", "secrets",
    "unattached_policies",
)  # fmt: skip


MAIN_LISTING: Final = {
    name: next((one.service, one.name) for one in plan.PLAN if name in feeds(one.operation))
    for name in (
        "principals", "federated_providers", "stores", "keys", "trails", "endpoints", "workloads", "disk_copies", "secrets",
    )
}  # fmt: skip
"""Collection -> the first listing of the plan that feeds it: what a gap of an account that nobody read is named by."""
CLOUDS: Final = {"google": "gcp", "azurerm": "azure", "azuread": "azure", "azapi": "azure"}
"""Terraform's providers of clouds that are not read yet, and the clouds."""
HOLDING: Final = ("stores", "keys")
"""Collections in which something of another cloud would be."""
EVERYTHING: Final = (*MAIN_LISTING, "accounts", "organisations")


def join(draft: Draft, left_behind: LeftBehind) -> Share:
    """One estate out of the accounts that were read.

    Args:
        left_behind: account -> the listings that only an older snapshot of it made, and the gap that each leaves.
    """
    parts = [draft.parts[account] for account in sorted(draft.parts)]
    _join_points(parts)
    trees = _trees(parts)
    for account, unasked in left_behind.items():
        draft.gaps[account] = _with(draft.gaps.get(account, {}), unasked)
    gaps = _merged_gaps(draft, _left_out(draft, trees))
    collections: dict[str, Collection[Any]] = {}
    for name in COLLECTIONS:
        items = [item for part in parts for item in getattr(part, name)]
        collections[name] = _collection(
            watch.distinct_trails(items) if name == "trails" else items, gaps.get(name, ())
        )
    organisations = sorted((tree.organisation for tree in trees.values()), key=lambda item: item.id)
    collections["organisations"] = Collection(tuple(organisations), gaps.get("organisations", ()))
    accounts = tuple(_accounts(draft, parts, trees))
    collections["accounts"] = Collection(accounts, gaps.get("accounts", ()))
    unplaced = (tree.unlisted for tree in trees.values() if tree.unlisted is not None)
    collections["containers"] = Collection(
        tuple(containers(accounts, trees)), (*gaps.get("organisations", ()), *unplaced)
    )
    return Share(collections, _resources(parts, gaps))


def _join_points(parts: Iterable[Part]) -> None:
    """Gives each bucket the access points that other accounts made for it: they lie in those accounts."""
    made: dict[str, list[AccessPoint]] = {}
    for part in parts:
        for bucket, points in part.points.items():
            made.setdefault(bucket, []).extend(points)
    for part in parts:
        part.stores[:] = [_with_points(store, made.get(store.id, ())) for store in part.stores]


def _with_points(store: Store, made: Iterable[AccessPoint]) -> Store:
    others = [point for point in made if point.account != store.account]
    if not others:
        return store
    points = sorted((*store.access_points, *others), key=lambda point: point.id)
    return replace(store, access_points=Collection(tuple(points), store.access_points.gaps))


def _collection(items: Iterable[Any], gaps: tuple[Unknown, ...]) -> Collection[Any]:
    by_id = {item.id: item for item in items}
    return Collection(tuple(by_id[identifier] for identifier in sorted(by_id)), gaps)


def _left_out(draft: Draft, trees: Mapping[str, organizations.Tree]) -> list[str]:
    """The accounts of the organisations that nobody read, though they are in use."""
    listed = {account for tree in trees.values() for account in tree.accounts() - tree.closed}
    return sorted(listed - draft.parts.keys())


def _resources(
    parts: Iterable[Part], gaps: Mapping[str, tuple[Unknown, ...]]
) -> dict[str, Collection[Resource]]:
    by_kind: dict[str, list[Resource]] = {name: [] for name in gaps if "." in name}
    for part in parts:
        for resource in part.resources:
            by_kind.setdefault(resource.kind, []).append(resource)
    return {kind: _collection(by_kind[kind], gaps.get(kind, ())) for kind in sorted(by_kind)}


# Gaps


def _gaps(scope: Scope, part: Part) -> Gaps:
    """Collection, or kind of resource -> what may be missing from it in this account. An asked kind is there, if need be empty."""
    found: dict[str, list[Unknown]] = {name: list(items) for name, items in scope.obstacles.items()}
    for name, unknown in (*_unanswered(scope, part), *_unread(scope, part)):
        found.setdefault(name, []).append(unknown)
    if scope.calls.from_state and not part.disk_copies:
        # A state tells of what it made: that it made none is no list of them.
        unlisted = Unknown(Reason.NOT_COLLECTED, scope.asked("ec2", "DescribeSnapshots"))
        found.setdefault("disk_copies", []).append(unlisted)
    for (service, name), kind in RESOURCE_LISTINGS.items():
        stated = scope.calls.from_state and kind not in SWITCHED_ELSEWHERE
        if stated or scope.calls.called(service, name):
            found.setdefault(kind, [])
    return {name: tuple(dict.fromkeys(items)) for name, items in found.items()}


def _unanswered(scope: Scope, part: Part) -> Iterator[tuple[str, Unknown]]:
    """The listings that were refused, and those of the plan that nobody asked."""
    for operation, unknown in scope.calls.obstacles():
        yield from ((name, unknown) for name in feeds(operation))
    for operation, unknown in plan.missing(scope.name, scope.calls, _seen(scope, part)).items():
        yield from ((name, unknown) for name in feeds(operation))


def _unread(scope: Scope, part: Part) -> Iterator[tuple[str, Unknown]]:
    """What is in the snapshot and no reader knows: records of a kind leave a gap in what their listing feeds, those of an
    unheard-of listing in all; a cloud that a state tells of as well leaves one where something of it may lie.
    """
    for unknown in unread_kinds(scope):
        yield from ((name, unknown) for name in feeds(unknown.source.call) or EVERYTHING)
    for unknown in _unread_clouds(scope, part):
        yield from ((name, unknown) for name in HOLDING)


def _with(gaps: Gaps, more: Iterable[tuple[str, Unknown]]) -> Gaps:
    """The gaps of an account with those of further listings."""
    found = dict(gaps)
    for operation, unknown in more:
        for name in feeds(operation):
            found[name] = (*found.get(name, ()), unknown)
    return found


def _seen(scope: Scope, part: Part) -> plan.Seen:
    """Where the account is, as its records show it."""
    regions = {region for found in scope.kinds.values() for region in found if region}
    stated = part.account.settings.get(plan.REGIONS_SETTING)
    if isinstance(stated, Known):
        regions.update(plan.usable_regions(stated.value))
    details = ("iam", "GetAccountAuthorizationDetails")
    roles_known = scope.calls.called(*details) and scope.calls.obstacle(*details) is None
    return plan.Seen(
        frozenset(regions),
        trusted_services(part.principals) if roles_known else None,
        {kind: frozenset(found) for kind, found in scope.kinds.items()},
    )


def _unread_clouds(scope: Scope, part: Part) -> Iterator[Unknown]:
    """Clouds that a state of this account tells of as well, and that no reader knows: stores and keys may lie there."""
    stated = part.account.settings.get(UNREAD_TYPES)
    types = stated.value if isinstance(stated, Known) and isinstance(stated.value, Mapping) else {}
    for provider, cloud in CLOUDS.items():
        if isinstance(types.get(provider), Mapping):
            told = ", ".join(sorted(map(str, types[provider])))
            source = Source.asked(cloud, f"state-of-{scope.account}", STATE_SERVICE, "ShowState", told)
            yield Unknown(Reason.NOT_READ, source)


def _merged_gaps(draft: Draft, left_out: Iterable[str]) -> Gaps:
    """The gaps of all accounts, and of those of the organisation that nobody read."""
    merged: dict[str, list[Unknown]] = {}
    for account in sorted(draft.gaps):
        for name, items in draft.gaps[account].items():
            merged.setdefault(name, []).extend(items)
    for operation, kind in RESOURCE_LISTINGS.items():
        for account in sorted(draft.gaps) if kind in merged else ():
            if kind not in draft.gaps[account]:
                source = Source.asked("aws", account, *operation)
                merged[kind].append(Unknown(Reason.NOT_COLLECTED, source))
    for account in left_out:
        for name, operation in (*MAIN_LISTING.items(), ("accounts", ("iam", "GetAccountSummary"))):
            unknown = Unknown(Reason.NOT_COLLECTED, Source.asked("aws", account, *operation))
            merged.setdefault(name, []).append(unknown)
    for name, unknown in _unknown_organisations(draft):
        merged.setdefault(name, []).append(unknown)
    return {name: tuple(sorted(items, key=_gap_order)) for name, items in merged.items()}


def _unknown_organisations(draft: Draft) -> Iterator[tuple[str, Unknown]]:
    """Accounts that may be in an organisation that nobody described, and what that leaves open.

    One account of a collection is asked. Where none was, who governs whom is not known: any account may manage all the others.
    """
    described = {
        account
        for part in draft.parts.values()
        if isinstance(part.tree, organizations.Tree)
        for account in part.tree.accounts()
    }
    for account, part in draft.parts.items():
        if isinstance(part.tree, Unknown) and account not in described:
            asked = draft.organisation_asked or not draft.from_calls[account]
            names = ("organisations",) if asked else feeds("organizations:DescribeOrganization")
            yield from ((name, part.tree) for name in names)


def _gap_order(gap: Unknown) -> tuple[str, str, str]:
    return gap.source.call, gap.source.where, gap.code or ""


# Organisation and accounts


def _trees(parts: Iterable[Part]) -> dict[str, organizations.Tree]:
    """Organisation id -> the tree that knows most: a member account knows of little but the organisation's name."""
    best: dict[str, organizations.Tree] = {}
    for part in parts:
        tree = part.tree
        if isinstance(tree, organizations.Tree):
            known = best.get(tree.organisation.id)
            if known is None or len(tree.organisation.parents) > len(known.organisation.parents):
                best[tree.organisation.id] = tree
    return best


def _accounts(draft: Draft, parts: list[Part], trees: Mapping[str, organizations.Tree]) -> Iterator[Account]:
    known = {part.account.id: part.account for part in parts}
    tree_of = {account: tree for tree in trees.values() for account in tree.accounts()}
    for part in parts:
        known[part.account.id] = _placed(part, tree_of.get(part.account.id) or _own_tree(part, trees))
    for account in sorted({*tree_of, *_mentioned(draft)}):
        if account not in known:
            known[account] = _outside(account, tree_of.get(account))
    yield from (known[account] for account in sorted(known))


def _own_tree(part: Part, trees: Mapping[str, organizations.Tree]) -> organizations.Tree | None:
    return trees.get(part.tree.organisation.id) if isinstance(part.tree, organizations.Tree) else None


def _placed(part: Part, tree: organizations.Tree | None) -> Account:
    """An account that was read, with what the management account knows of it."""
    if tree is None:
        return part.account
    account = part.account
    organisation = tree.organisation
    return replace(
        account,
        name=tree.account_names.get(account.id, account.name),
        organisation=organisation.id,
        is_management=organisation.management_account == account.id,
        guardrails=guardrails(tree, account.id, organizations.SCP, tree.source),
        resource_guardrails=guardrails(tree, account.id, organizations.RCP, tree.source),
    )


def _outside(account: str, tree: organizations.Tree | None) -> Account:
    """An account that nobody read: known from the organisation's list, or named by a policy."""

    def unasked(service: str, operation: str) -> Unknown:
        return Unknown(Reason.NOT_COLLECTED, Source.asked("aws", account, service, operation))

    blind = unasked("organizations", "DescribeOrganization")
    return Account(
        id=account,
        provider="aws",
        name=tree.account_names.get(account, account) if tree is not None else account,
        organisation=tree.organisation.id if tree is not None else None,
        is_management=tree is not None and tree.organisation.management_account == account,
        collected=False,
        guardrails=guardrails(tree or blind, account, organizations.SCP, blind.source),
        resource_guardrails=guardrails(tree or blind, account, organizations.RCP, blind.source),
        public_access=unasked("s3control", "GetPublicAccessBlock"),
        public_access_block=unasked("s3control", "GetPublicAccessBlock"),
        root_mfa=unasked("iam", "GetAccountSummary"),
        root_access_keys=unasked("iam", "GetAccountSummary"),
        password_policy=unasked("iam", "GetAccountPasswordPolicy"),
        closed=tree is not None and account in tree.closed,
    )


def _mentioned(draft: Draft) -> set[str]:
    """Accounts that any policy's principals name."""
    found: set[str] = set()
    for document in draft.documents.distinct():
        statements = document.get("Statement")
        for statement in statements if isinstance(statements, list) else [statements]:
            if isinstance(statement, Mapping):
                found.update(_accounts_in(statement.get("Principal")))
    return found


def _accounts_in(principal: Any) -> Iterator[str]:
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    for name in named if isinstance(named, list) else [named]:
        if isinstance(name, str):
            match = ACCOUNT_IN_ARN.match(name)
            if match:
                yield match.group(1)
            elif BARE_ACCOUNT.fullmatch(name):
                yield name
