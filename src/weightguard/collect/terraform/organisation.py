"""AWS Organizations in a state: the tree, and what is attached where.

Source: Terraform AWS provider documentation, ``aws_organizations_*``; AWS Organizations user guide, "SCPs and RCPs": the
FullAWSAccess policies are attached to every root, unit and account when a policy type is enabled; a state does not list that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row, ok, policy_text, present, skipped
from weightguard.collect.terraform.state import Resource, blocks

ALLOW_ALL: Final = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
ALLOW_ALL_RESOURCES: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)
DEFAULTS: Final = {
    "SERVICE_CONTROL_POLICY": ("p-FullAWSAccess", "FullAWSAccess", ALLOW_ALL),
    "RESOURCE_CONTROL_POLICY": ("p-RCPFullAWSAccess", "RCPFullAWSAccess", ALLOW_ALL_RESOURCES),
}
UNLISTED: Final = "the state does not state its parent"


def rows(inventory: Inventory) -> Iterator[Row]:
    """The organisation, where a state of this account manages it or looked it up."""
    found = [
        *inventory.of("aws_organizations_organization"),
        *inventory.data("aws_organizations_organization"),
    ]
    if not found:
        return
    item = found[0]
    identifier, management = item.text("id"), item.text("master_account_id")
    if identifier is None or management is None:
        return
    data = present(
        Id=identifier,
        Arn=item.text("arn"),
        FeatureSet=item.text("feature_set"),
        MasterAccountId=management,
        MasterAccountArn=item.text("master_account_arn"),
    )
    row = Row("organizations", "organizations.organization", identifier, None, "DescribeOrganization", data)
    row.reads["DescribeOrganization"] = ok({"Organization": data})
    yield row
    yield from _tree(inventory, item)


def _tree(inventory: Inventory, item: Resource) -> Iterator[Row]:
    targets: list[str] = []
    enabled = _enabled(item)
    for root in item.blocks("roots"):
        identifier = root.get("id")
        if isinstance(identifier, str):
            targets.append(identifier)
            data = present(Id=identifier, Arn=root.get("arn"), Name=root.get("name"))
            data["PolicyTypes"] = [{"Type": name, "Status": "ENABLED"} for name in enabled]
            yield Row("organizations", "organizations.root", identifier, None, "ListRoots", data)
    for unit in inventory.of("aws_organizations_organizational_unit"):
        identifier = unit.text("id")
        if identifier is not None:
            targets.append(identifier)
            yield _placed("organizations.ou", unit, identifier, "ListOrganizationalUnitsForParent")
    yield from _accounts(inventory, item, targets)
    if item.blocks("roots"):
        yield from _policies(inventory, targets, enabled)


def _enabled(item: Resource) -> list[str]:
    named = set(item.texts("enabled_policy_types"))
    for root in item.blocks("roots"):
        named.update(
            str(entry.get("type"))
            for entry in blocks(root, "policy_types")
            if entry.get("status") == "ENABLED"
        )
    return sorted(named)


def _placed(kind: str, item: Resource, identifier: str, operation: str) -> Row:
    data = present(Id=identifier, Arn=item.text("arn"), Name=item.text("name"), Status=item.text("status"))
    row = Row("organizations", kind, identifier, None, operation, data)
    parent = item.text("parent_id")
    row.reads["ListParents"] = ok({"Parents": [{"Id": parent}]}) if parent else skipped(UNLISTED)
    return row


def _accounts(inventory: Inventory, item: Resource, targets: list[str]) -> Iterator[Row]:
    managed: set[str] = set()
    for account in inventory.of("aws_organizations_account"):
        identifier = account.text("id")
        if identifier is not None:
            managed.add(identifier)
            yield _placed("organizations.account", account, identifier, "ListAccounts")
    for entry in item.blocks("accounts"):
        identifier = entry.get("id")
        if isinstance(identifier, str) and identifier not in managed:
            managed.add(identifier)
            data = present(
                Id=identifier, Arn=entry.get("arn"), Name=entry.get("name"), Status=entry.get("status")
            )
            row = Row("organizations", "organizations.account", identifier, None, "ListAccounts", data)
            row.reads["ListParents"] = skipped(UNLISTED)
            yield row
    targets += sorted(managed)


def _policies(inventory: Inventory, targets: list[str], enabled: list[str]) -> Iterator[Row]:
    attached: dict[str, list[str]] = {}
    for attachment in inventory.of("aws_organizations_policy_attachment"):
        policy, target = attachment.text("policy_id"), attachment.text("target_id")
        if policy is not None and target is not None:
            attached.setdefault(policy, []).append(target)
    for item in inventory.of("aws_organizations_policy"):
        identifier, text = item.text("id"), policy_text(item.values.get("content"))
        if identifier is None or text is None:
            continue
        kind = item.text("type") or "SERVICE_CONTROL_POLICY"
        summary = present(
            Id=identifier, Arn=item.text("arn"), Name=item.text("name"), Type=kind, AwsManaged=False
        )
        yield _policy(summary, text, attached.get(identifier, []))
    for kind in enabled:
        if kind in DEFAULTS:
            identifier, name, text = DEFAULTS[kind]
            arn = f"arn:aws:organizations::aws:policy/{kind.lower()}/{identifier}"
            yield _policy(
                {"Id": identifier, "Arn": arn, "Name": name, "Type": kind, "AwsManaged": True}, text, targets
            )


def _policy(summary: dict[str, Any], text: str, targets: list[str]) -> Row:
    row = Row("organizations", "organizations.policy", summary["Id"], None, "ListPolicies", summary)
    row.reads = {
        "DescribePolicy": ok({"Policy": {"PolicySummary": summary, "Content": text}}),
        "ListTargetsForPolicy": ok({"Targets": [{"TargetId": target} for target in sorted(set(targets))]}),
    }
    return row
