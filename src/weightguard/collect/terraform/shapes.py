"""The form of a table entry: which attributes of a Terraform resource become which members of an AWS answer.

Only what an entry names is read: an attribute that holds a secret enters no snapshot, because no entry names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.collect.terraform.inventory import (
    Inventory,
    Read,
    Row,
    attached_policy,
    ok,
    policy_text,
    tags_of,
)
from weightguard.collect.terraform.state import Resource, pick

Members = Mapping[str, str]
"""Dotted path in the answer -> dotted path in the resource. A path that ends in ``[]`` takes a list of words as it stands."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Where the resource policy of a kind stands in a state.

    Attributes:
        operation: the read that answers it, and under which member.
        own: the resource's own attribute with the policy, or "".
        type: the resource type that attaches one, or "".
        by: that type's attribute that names the resource, and its attribute with the policy.
    """

    operation: str
    member: str
    own: str = ""
    type: str = ""
    by: str = ""
    attribute: str = "policy"


@dataclass(frozen=True, slots=True)
class Shape:
    """One resource type as the records of one kind.

    Attributes:
        type: the Terraform resource type.
        kind: the record kind; its first part names the service's file.
        operation: the listing operation that would have named it.
        members: what the listing entry holds.
        id: attributes that may hold the ARN or id, first found wins.
        arn: the ARN where no attribute holds one; ``{id}`` is the first `id` attribute that has a value.
        reads: further operations and what they answer.
        policy: the resource policy, where the kind has one.
    """

    type: str
    kind: str
    operation: str
    members: Members
    id: tuple[str, ...] = ("arn", "id")
    arn: str = ""
    reads: Mapping[str, Members] = field(default_factory=dict)
    policy: Policy | None = None


def rows(inventory: Inventory, shapes: tuple[Shape, ...]) -> Iterator[Row]:
    """The records that a table makes of an account's resources."""
    for shape in shapes:
        for item in inventory.of(shape.type):
            row = _row(inventory, item, shape)
            if row is not None:
                yield row


def _row(inventory: Inventory, item: Resource, shape: Shape) -> Row | None:
    identifier = _identifier(item, shape)
    if identifier is None:
        return None
    service = shape.kind.partition(".")[0]
    data = answer(item.values, shape.members)
    tags = tags_of(item)
    if tags:
        data["Tags"] = tags
    row = Row(service, shape.kind, identifier, item.region or None, shape.operation, data)
    for operation, members in shape.reads.items():
        row.reads[operation] = ok(answer(item.values, members))
    if shape.policy is not None:
        row.reads[shape.policy.operation] = _policy(inventory, item, identifier, shape.policy)
    return row


def _identifier(item: Resource, shape: Shape) -> str | None:
    names = [found for name in shape.id if (found := item.text(name)) is not None]
    for name in names:
        if name.startswith("arn:"):
            return name
    if not names:
        return None
    if not shape.arn:
        return names[0]
    return shape.arn.format(partition=item.partition, region=item.region, account=item.account, id=names[0])


def _policy(inventory: Inventory, item: Resource, identifier: str, policy: Policy) -> Read:
    names = {identifier, item.text("id"), item.text("name")} if policy.type else set()
    found = [
        (attached, policy.attribute)
        for name in sorted(filter(None, names))
        for attached in inventory.about(policy.type, policy.by, name)
    ]
    if policy.own and policy_text(item.values.get(policy.own)):
        found.append((item, policy.own))
    return attached_policy(policy.member, found)


def answer(values: Any, members: Members) -> dict[str, Any]:
    """The answer that a resource's attributes amount to; attributes without a value are left out."""
    built: dict[str, Any] = {}
    for path, source in members.items():
        value = _value(values, source)
        if value is not None:
            _put(built, path.split("."), value)
    return built


def _value(values: Any, source: str) -> Any:
    """A word, number or switch; with ``[]`` a list of words. Blocks and maps are never taken as they stand."""
    if source.endswith("[]"):
        found = pick(values, source[:-2])
        return [item for item in found if isinstance(item, str | int)] if isinstance(found, list) else None
    found = pick(values, source)
    if found in (None, "") or isinstance(found, list | Mapping):
        return None
    return found


def _put(built: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        built = built.setdefault(name, {})
    built[names[-1]] = value
