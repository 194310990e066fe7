"""Organizations: the tree of units and accounts, and the SCPs and RCPs that hold at every level above an account.

Source: AWS Organizations user guide, "SCP evaluation" (an allow is needed at every level from the root down to the account; the
management account is not limited), "Attaching and detaching service control policies" (every root, unit and account carries one
at least at all times), "Resource control policies (RCPs)" (``RCPFullAWSAccess`` cannot be detached); API reference,
"ListTargetsForPolicy".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.estate.aws.scope import ACCOUNT, Origin, Scope
from weightguard.estate.evidence import Record, answer, data_of, listing_source, obstacle, outcome, read
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import NamedPolicy, Organisation
from weightguard.estate.shape import Malformed, find, member, objects, text, text_or_none

SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"
Levels = tuple[tuple[NamedPolicy, ...], ...]
SERVICE: Final = "organizations"
UNIT: Final = "organizations.ou"
PARENTS: Final = ("ListOrganizationalUnitsForParent", "ListAccountsForParent")


@dataclass(slots=True)
class Tree:
    """An organisation as one account's records tell it.

    Attributes:
        attached: policy type -> target id -> policies, in the order of their ids.
        hidden: policy type -> why some policies, or where they are attached, could not be read.
        unit_names: unit -> its name.
        unlisted: why the parents of some accounts are not known.
        closed: accounts that are not active (suspended, closed): nothing in them answers or acts.
    """

    organisation: Organisation
    source: Source
    account_names: dict[str, str] = field(default_factory=dict)
    policy_types: Fact[tuple[str, ...]] = field(
        default_factory=lambda: Unknown(Reason.NOT_COLLECTED, Source.named(SERVICE, "ListRoots", ""))
    )
    attached: dict[str, dict[str, list[NamedPolicy]]] = field(default_factory=dict)
    hidden: dict[str, Unknown] = field(default_factory=dict)
    unit_names: dict[str, str] = field(default_factory=dict)
    unlisted: Unknown | None = None
    closed: set[str] = field(default_factory=set)

    def levels(self, account: str, kind: str) -> Fact[Levels | None]:
        """The policies of one type that hold for an account, a tuple a level, root first; None when the type is off."""
        if isinstance(self.policy_types, Unknown):
            return self.policy_types
        if kind not in self.policy_types.value:
            return Known(None, self.policy_types.source)
        if kind in self.hidden:
            return self.hidden[kind]
        chain = self.chain(account)
        if chain is None:
            return self.unlisted or Unknown(Reason.NOT_COLLECTED, self.source.asking(SERVICE, PARENTS[-1]))
        attached = self.attached.get(kind, {})
        if not all(attached.get(target) for target in chain):
            # Every root, unit and account carries at least one policy of a type that is on: some were not seen.
            return Unknown(Reason.NOT_COLLECTED, self.source.asking(SERVICE, "ListPolicies"))
        return Known(tuple(tuple(attached[target]) for target in chain), self.source)

    def attached_to(self, *targets: str) -> Fact[tuple[NamedPolicy, ...]]:
        """The policies of every type that are attached to some targets themselves; none of a type that is off."""
        if isinstance(self.policy_types, Unknown):
            return self.policy_types
        found: dict[str, NamedPolicy] = {}
        for kind in (SCP, RCP):
            if kind not in self.policy_types.value:
                continue
            if kind in self.hidden:
                return self.hidden[kind]
            attached = self.attached.get(kind, {})
            if not targets or not all(attached.get(target) for target in targets):
                return Unknown(Reason.NOT_COLLECTED, self.source.asking(SERVICE, "ListPolicies"))
            found.update((one.id, one) for target in targets for one in attached[target])
        return Known(tuple(found.values()), self.source)

    def accounts(self) -> set[str]:
        """Every account that the tree knows of."""
        return {
            *self.account_names,
            *filter(is_account, self.organisation.parents),
            self.organisation.management_account,
        }

    def chain(self, account: str) -> list[str] | None:
        """Ids from the root down to the account; None when a parent on the way is not known."""
        found = [account]
        while not found[-1].startswith("r-"):
            parent = self.organisation.parents.get(found[-1])
            if parent is None or parent in found:
                return None
            found.append(parent)
        return found[::-1]


def read_tree(scope: Scope, records: Sequence[Record]) -> Tree | Unknown | None:
    """The organisation that this account's records tell of; None when the account says that it is in none.

    An account that may not read its organisation gives the Unknown.
    """
    for record in records:
        if record.kind == "organizations.organization":
            return _tree(scope, record, records)
    return _refused(scope, "DescribeOrganization") or Unknown(
        Reason.NOT_COLLECTED, scope.asked(SERVICE, "DescribeOrganization")
    )


def _refused(scope: Scope, *operations: str) -> Unknown | None:
    found = (scope.calls.obstacle(SERVICE, operation) for operation in operations)
    return next((unknown for unknown in found if unknown is not None), None)


def _tree(scope: Scope, record: Record, records: Sequence[Record]) -> Tree | Unknown | None:
    if outcome(record, "DescribeOrganization") == "absent":
        return None
    hidden = obstacle(record, "DescribeOrganization")
    if hidden is not None:
        return hidden
    organisation = _organisation(record, records)
    if organisation is None:
        return Unknown(Reason.MALFORMED, listing_source(record))
    tree = Tree(organisation, listing_source(record), policy_types=_policy_types(records, scope))
    tree.unlisted = _refused(scope, *PARENTS)
    unlisted = _refused(scope, "ListPolicies")
    if unlisted is not None:
        tree.hidden = {SCP: unlisted, RCP: unlisted}
    for entry in records:
        _enter(scope, tree, entry)
    return tree


def _organisation(record: Record, records: Sequence[Record]) -> Organisation | None:
    """The organisation that a record tells of; None when it does not say who manages it."""
    body = find(record.data, "Organization")
    data = body if isinstance(body, Mapping) else data_of(record)
    management = text_or_none(data.get("MasterAccountId")) or text_or_none(data.get("ManagementAccountId"))
    if management is None:
        return None
    listed = any(one.kind == "organizations.account" and _target_id(one) == management for one in records)
    identifier = text_or_none(data.get("Id")) or record.id
    return Organisation(identifier, "aws", management, _parents(records), listed)


def _enter(scope: Scope, tree: Tree, record: Record) -> None:
    """Enters an account, a unit or a policy in the tree."""
    if record.kind == "organizations.policy":
        return _attach(scope, tree, record)
    own, name = _target_id(record), text_or_none(data_of(record).get("Name"))
    if record.kind == "organizations.account":
        tree.account_names[own] = name or own
        if not _is_active(data_of(record)):
            tree.closed.add(own)
    elif record.kind == UNIT:
        tree.unit_names[own] = name or own
    return None


def _is_active(account: Mapping[str, Any]) -> bool:
    """Whether something in it answers or acts; ``State`` replaces ``Status`` (API reference, "Account")."""
    written = text_or_none(account.get("State")) or text_or_none(account.get("Status"))
    return written in (None, "ACTIVE")


def _target_id(record: Record) -> str:
    """Accounts, units and roots are targets by id, whether the record is named by id or by ARN."""
    return text_or_none(data_of(record).get("Id")) or record.id.rpartition("/")[2]


def _policy_types(records: Sequence[Record], scope: Scope) -> Fact[tuple[str, ...]]:
    for record in records:
        if record.kind == "organizations.root":
            source = listing_source(record)
            try:
                enabled = [
                    entry.get("Type")
                    for entry in objects(data_of(record).get("PolicyTypes"))
                    if entry.get("Status") == "ENABLED"
                ]
            except Malformed:
                return Unknown(Reason.MALFORMED, source)
            return Known(tuple(sorted(name for name in enabled if isinstance(name, str))), source)
    return _refused(scope, "ListRoots") or Unknown(Reason.NOT_COLLECTED, scope.asked(SERVICE, "ListRoots"))


def _parents(records: Sequence[Record]) -> dict[str, str]:
    """Child -> parent, from whichever listing told it: the child's parents or the parent's children."""
    found: dict[str, str] = {}
    for record in records:
        own = _target_id(record)
        parent = text_or_none(data_of(record).get("ParentId"))
        for entry in _entries(record, "ListParents", "Parents"):
            parent = text_or_none(entry.get("Id")) or parent
        if parent is not None:
            found[own] = parent
        for operation, wrapper in (
            ("ListOrganizationalUnitsForParent", "OrganizationalUnits"),
            ("ListAccountsForParent", "Accounts"),
            ("ListChildren", "Children"),
        ):
            for entry in _entries(record, operation, wrapper):
                child = text_or_none(entry.get("Id"))
                if child is not None:
                    found[child] = own
    return found


def _entries(record: Record, operation: str, wrapper: str) -> list[Mapping[str, Any]]:
    try:
        return objects(answer(record, operation).get(wrapper))
    except Malformed:
        return []


def _attach(scope: Scope, tree: Tree, record: Record) -> None:
    """Hangs a policy on its targets, or notes that its text or its targets are hidden."""
    summary = {**_summary(answer(record, "DescribePolicy")), **_summary(data_of(record))}
    kind = text_or_none(summary.get("Type"))
    if kind is None:
        return
    name = text_or_none(summary.get("Name")) or record.id
    arn = text_or_none(summary.get("Arn")) or record.id
    origin: Origin = "provider" if summary.get("AwsManaged") is True else "customer"
    content = read(
        record, "DescribePolicy", lambda found: scope.documents.decode(find(found, "Policy.Content"))
    )
    targets = read(record, "ListTargetsForPolicy", _targets)
    for fact in (content, targets):
        if isinstance(fact, Unknown):
            tree.hidden.setdefault(kind, fact)
    if isinstance(content, Known) and isinstance(targets, Known):
        policy = NamedPolicy(arn, name, content.value, origin)
        for target in targets.value:
            attached = tree.attached.setdefault(kind, {}).setdefault(target, [])
            attached.append(policy)
            attached.sort(key=lambda item: item.id)


def _targets(answered: Any) -> tuple[str, ...]:
    return tuple(text(member(target, "TargetId")) for target in objects(member(answered, "Targets")))


def _summary(body: Mapping[str, Any]) -> Mapping[str, Any]:
    for path in ("Policy.PolicySummary", "PolicySummary"):
        found = find(body, path)
        if isinstance(found, Mapping):
            return found
    return {key: body[key] for key in ("Id", "Arn", "Name", "Type", "AwsManaged") if key in body}


def is_account(identifier: str) -> bool:
    """Whether a target is an account rather than a unit or the root."""
    return ACCOUNT.fullmatch(identifier) is not None
