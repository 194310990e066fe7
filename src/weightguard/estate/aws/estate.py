"""Joins the parts that accounts tell: one organisation tree, each trail once, accounts that are only known by name, gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from weightguard.estate.aws import organizations, watch
from weightguard.estate.aws.account import Part, guardrails, read_part
from weightguard.estate.aws.listings import LISTINGS, REQUIRED, RESOURCES, SWITCHED_ELSEWHERE
from weightguard.estate.aws.scope import Scope
from weightguard.estate.documents import Documents
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.model import AccessPoint, Account, Contents, Organisation, Resource, Store

T = TypeVar("T")
ACCOUNT_IN_ARN: Final = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d{12}):")
BARE_ACCOUNT: Final = re.compile(r"\d{12}")


@dataclass(slots=True)
class Draft:
    """What the AWS scopes of one or several snapshots hold so far; later scopes overrule earlier ones."""

    documents: Documents = field(default_factory=Documents)
    parts: dict[str, Part] = field(default_factory=dict)
    gaps: dict[str, dict[str, tuple[Unknown, ...]]] = field(default_factory=dict)

    def add(self, scope: Scope, contents: Mapping[str, Contents]) -> None:
        """Reads one account; a later snapshot of the same account replaces an earlier one."""
        self.parts[scope.account] = read_part(scope, contents)
        self.gaps[scope.account] = _gaps(scope)


@dataclass(slots=True)
class Joined:
    """The AWS share of an estate."""

    organisations: Collection[Organisation]
    accounts: Collection[Account]
    collections: Mapping[str, Collection[Any]]
    resources: Mapping[str, Collection[Resource]]


COLLECTIONS: Final = (
    "principals", "federated_providers", "stores", "keys", "trails", "endpoints", "workloads", "disk_copies", "secrets",
    "unattached_policies",
)  # fmt: skip


def join(draft: Draft) -> Joined:
    """One estate out of the accounts that were read."""
    parts = [draft.parts[account] for account in sorted(draft.parts)]
    _join_points(parts)
    gaps = _merged_gaps(draft)
    trees = _trees(parts)
    collections: dict[str, Collection[Any]] = {}
    for name in COLLECTIONS:
        items = [item for part in parts for item in getattr(part, name)]
        collections[name] = _collection(
            watch.distinct_trails(items) if name == "trails" else items, gaps.get(name, ())
        )
    organisations = sorted((tree.organisation for tree in trees.values()), key=lambda item: item.id)
    return Joined(
        organisations=Collection(tuple(organisations), gaps.get("organisations", ())),
        accounts=Collection(tuple(_accounts(draft, parts, trees)), gaps.get("accounts", ())),
        collections=collections,
        resources=_resources(parts, gaps),
    )


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


def _resources(
    parts: Iterable[Part], gaps: Mapping[str, tuple[Unknown, ...]]
) -> dict[str, Collection[Resource]]:
    by_kind: dict[str, list[Resource]] = {name: [] for name in gaps if "." in name}
    for part in parts:
        for resource in part.resources:
            by_kind.setdefault(resource.kind, []).append(resource)
    return {kind: _collection(by_kind[kind], gaps.get(kind, ())) for kind in sorted(by_kind)}


# Gaps


def _gaps(scope: Scope) -> dict[str, tuple[Unknown, ...]]:
    """Collection, or kind of resource -> what may be missing from it in this account. An asked kind is there, if need be empty."""
    found: dict[str, list[Unknown]] = {name: list(items) for name, items in scope.obstacles.items()}
    for operation, unknown in scope.calls.obstacles():
        for name in feeds(operation):
            found.setdefault(name, []).append(unknown)
    for operation in REQUIRED:
        service, _, name = operation.partition(":")
        if not scope.calls.asked(service, name):
            for collection in LISTINGS[operation]:
                unknown = Unknown(Reason.NOT_COLLECTED, Source(operation, scope.name))
                found.setdefault(collection, []).append(unknown)
    for operation, kind in RESOURCES.items():
        service, _, name = operation.partition(":")
        stated = scope.calls.from_state and kind not in SWITCHED_ELSEWHERE
        if stated or scope.calls.called(service, name):
            found.setdefault(kind, [])
    return {name: tuple(dict.fromkeys(items)) for name, items in found.items()}


def feeds(operation: str) -> tuple[str, ...]:
    """The collections, or the kind of resource, that a listing feeds; a read made for one thing feeds none."""
    kind = RESOURCES.get(operation)
    return LISTINGS.get(operation, ()) if kind is None else (kind,)


def _merged_gaps(draft: Draft) -> dict[str, tuple[Unknown, ...]]:
    merged: dict[str, list[Unknown]] = {}
    for account in sorted(draft.gaps):
        for name, items in draft.gaps[account].items():
            merged.setdefault(name, []).extend(items)
    for operation, kind in RESOURCES.items():
        for account in sorted(draft.gaps) if kind in merged else ():
            if kind not in draft.gaps[account]:
                merged[kind].append(Unknown(Reason.NOT_COLLECTED, Source(operation, f"aws/{account}")))
    return {name: tuple(sorted(items, key=_gap_order)) for name, items in merged.items()}


def _gap_order(gap: Unknown) -> tuple[str, str, str]:
    return gap.source.call, gap.source.record, gap.code or ""


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
        guardrails=guardrails(tree, account.id, organizations.SCP, tree.source.record),
        resource_guardrails=guardrails(tree, account.id, organizations.RCP, tree.source.record),
    )


def _outside(account: str, tree: organizations.Tree | None) -> Account:
    """An account that nobody read: known from the organisation's list, or named by a policy."""
    scope = f"aws/{account}"
    place = tree.source.record if tree is not None else scope

    def unasked(call: str) -> Unknown:
        return Unknown(Reason.NOT_COLLECTED, Source(call, scope))

    blind = unasked("organizations:DescribeOrganization")
    return Account(
        id=account,
        provider="aws",
        name=tree.account_names.get(account, account) if tree is not None else account,
        organisation=tree.organisation.id if tree is not None else None,
        is_management=tree is not None and tree.organisation.management_account == account,
        collected=False,
        guardrails=guardrails(tree or blind, account, organizations.SCP, place),
        resource_guardrails=guardrails(tree or blind, account, organizations.RCP, place),
        public_access_block=unasked("s3control:GetPublicAccessBlock"),
        root_mfa=unasked("iam:GetAccountSummary"),
        root_access_keys=unasked("iam:GetAccountSummary"),
        password_policy=unasked("iam:GetAccountPasswordPolicy"),
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
