"""Organizations: the tree of units and accounts, and the policies that bound what accounts may do (SCP) and allow (RCP)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.caller import Caller
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation

_NOT_IN_USE = frozenset({"AWSOrganizationsNotInUseException"})

DESCRIBE_ORGANIZATION = Operation(
    service="organizations",
    name="DescribeOrganization",
    permissions=("organizations:DescribeOrganization",),
    hides="the organisation, whose management account holds power over this one",
    absent=_NOT_IN_USE,
    required=("Organization",),
    keeps=(
        "Id",
        "MasterAccountId",
        "FeatureSet",
        "AvailablePolicyTypes.*",
        "Organization.Id",
        "Organization.MasterAccountId",
        "Organization.FeatureSet",
        "Organization.AvailablePolicyTypes.*",
    ),
)
LIST_ROOTS = Operation(
    service="organizations",
    name="ListRoots",
    permissions=("organizations:ListRoots",),
    hides="which policy types are on, and policies attached at the root",
    required=("Roots",),
    entries=("Roots",),
    identity=("Id", "Arn"),
    paged=True,
    keeps=("Id", "Arn", "Name", "PolicyTypes.*"),
)
LIST_UNITS = Operation(
    service="organizations",
    name="ListOrganizationalUnitsForParent",
    permissions=("organizations:ListOrganizationalUnitsForParent",),
    hides="units whose policies bind the accounts below them",
    required=("OrganizationalUnits",),
    entries=("OrganizationalUnits",),
    identity=("Id", "Arn"),
    paged=True,
    keeps=(
        "Id",
        "Arn",
        "Name",
        "OrganizationalUnits.Id",
        "OrganizationalUnits.Arn",
        "OrganizationalUnits.Name",
    ),
)
LIST_ACCOUNTS_FOR_PARENT = Operation(
    service="organizations",
    name="ListAccountsForParent",
    permissions=("organizations:ListAccountsForParent",),
    hides="which unit's policies bind an account",
    required=("Accounts",),
    entries=("Accounts",),
    identity=("Id", "Arn"),
    paged=True,
    keeps=("Accounts.Id", "Accounts.Arn", "Accounts.Name", "Accounts.Status", "Accounts.State"),
)
LIST_ACCOUNTS = Operation(
    service="organizations",
    name="ListAccounts",
    permissions=("organizations:ListAccounts",),
    hides="accounts of the organisation that nobody looked into",
    required=("Accounts",),
    entries=("Accounts",),
    identity=("Id", "Arn"),
    paged=True,
    keeps=("Id", "Arn", "Name", "Status", "State", "JoinedMethod", "JoinedTimestamp"),
)
LIST_POLICIES = Operation(
    service="organizations",
    name="ListPolicies",
    permissions=("organizations:ListPolicies",),
    hides="guardrails that deny, or fail to deny, reading weights",
    required=("Policies",),
    entries=("Policies",),
    identity=("Id", "Arn"),
    paged=True,
    keeps=("Id", "Arn", "Name", "Type", "AwsManaged"),
)
DESCRIBE_POLICY = Operation(
    service="organizations",
    name="DescribePolicy",
    permissions=("organizations:DescribePolicy",),
    hides="what a guardrail says",
    required=("Policy",),
    keeps=(
        "Policy.PolicySummary.Id",
        "Policy.PolicySummary.Arn",
        "Policy.PolicySummary.Name",
        "Policy.PolicySummary.Type",
        "Policy.PolicySummary.AwsManaged",
        "Policy.Content",
    ),
)
LIST_TARGETS = Operation(
    service="organizations",
    name="ListTargetsForPolicy",
    permissions=("organizations:ListTargetsForPolicy",),
    hides="which accounts a guardrail binds",
    required=("Targets",),
    paged=True,
    keeps=("Targets.TargetId", "Targets.Arn", "Targets.Name", "Targets.Type"),
)
OPERATIONS = (
    DESCRIBE_ORGANIZATION,
    LIST_ROOTS,
    LIST_UNITS,
    LIST_ACCOUNTS_FOR_PARENT,
    LIST_ACCOUNTS,
    LIST_POLICIES,
    DESCRIBE_POLICY,
    LIST_TARGETS,
)
POLICY_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


def describe(caller: Caller) -> Answer:
    """The organisation that an account is in; absent when it is in none."""
    return caller.ask(DESCRIBE_ORGANIZATION)


def accounts(caller: Caller) -> list[dict[str, Any]]:
    """The accounts of the organisation, as far as they could be listed."""
    return caller.list(LIST_ACCOUNTS)


def is_active(member: Mapping[str, Any]) -> bool:
    """Whether an account can be entered. `State` says it; `Status` did until 2026-09-09 (Organizations user guide, "Monitor the
    state of your AWS accounts")."""
    return bool(member.get("State", member.get("Status", "ACTIVE")) == "ACTIVE")


def organisation(account: Account, described: Answer, listed: list[dict[str, Any]]) -> Iterator[Row]:
    """Everything about the organisation.

    Args:
        account: the account that is asked: the management account or a delegated administrator sees it all.
        described: the answer of `describe`.
        listed: the answer of `accounts`.
    """
    entry = described.data.get("Organization", {})
    yield row(
        "organizations.organization",
        entry.get("Id") or account.id,
        DESCRIBE_ORGANIZATION,
        entry,
        reads={DESCRIBE_ORGANIZATION.name: described},
    )
    if described.outcome == "absent":
        return
    for member in listed:
        yield row("organizations.account", member["Id"], LIST_ACCOUNTS, member)
    for root in account.caller.list(LIST_ROOTS):
        yield from _subtree(account, "organizations.root", LIST_ROOTS, root)
    for kind in POLICY_TYPES:
        for policy in account.caller.list(LIST_POLICIES, Filter=kind):
            yield _policy(account, policy)


def _subtree(account: Account, kind: str, operation: Operation, entry: Mapping[str, Any]) -> Iterator[Row]:
    """A root or unit and the units below it; a tree that bites its own tail is walked once."""
    pending = [(kind, operation, entry)]
    seen = set()
    while pending:
        kind, operation, entry = pending.pop()
        if entry["Id"] in seen:
            continue
        seen.add(entry["Id"])
        reads = {
            listing.name: account.caller.ask(listing, resource=entry["Arn"], ParentId=entry["Id"])
            for listing in (LIST_UNITS, LIST_ACCOUNTS_FOR_PARENT)
        }
        yield row(kind, entry["Id"], operation, entry, reads=reads)
        units = reads[LIST_UNITS.name].data.get("OrganizationalUnits", [])
        pending.extend(("organizations.ou", LIST_UNITS, unit) for unit in units)


def _policy(account: Account, entry: Mapping[str, Any]) -> Row:
    reads = {
        operation.name: account.caller.ask(operation, resource=entry["Arn"], PolicyId=entry["Id"])
        for operation in (DESCRIBE_POLICY, LIST_TARGETS)
    }
    return row("organizations.policy", entry["Id"], LIST_POLICIES, entry, reads=reads)
