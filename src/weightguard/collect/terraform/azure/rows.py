"""What every mapper of a resource type needs: rows of Resource Manager out of attributes, identities, references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.collect.exports.azure.found import Found
from weightguard.collect.terraform.state import Resource


@dataclass(slots=True)
class States:
    """The Azure resources of one or several states.

    Attributes:
        found: takes what they say.
        dropped: how many resources have no id that says what they are.
        principals: id of a user-assigned identity, in lower case -> its principal.
    """

    found: Found
    by_type: dict[str, list[Resource]] = field(default_factory=dict)
    principals: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    dropped: int = 0

    def of(self, *types: str) -> list[Resource]:
        """The resources of some types, looked up ones too."""
        self.asked.update(types)
        return [one for name in types for one in self.by_type.get(name, ())]

    def add(
        self, item: Resource, type: str, properties: Mapping[str, Any], *, id: str | None = None, **more: Any
    ) -> None:
        """Take in a resource as Resource Manager would have answered it."""
        identifier = id or item.text("id")
        if identifier is None or not identifier.startswith("/"):
            self.dropped += 1
            return
        row = {
            "id": identifier, "name": identifier.rpartition("/")[2], "type": type, "location": item.text("location"),
            "tags": item.values.get("tags"), "identity": self.identity(item), "properties": without_nothing(properties), **more,
        }  # fmt: skip
        self.found.resource(
            {name: value for name, value in row.items() if value is not None}, from_table=False
        )

    def identity(self, item: Resource) -> dict[str, Any] | None:
        """The identities of a resource."""
        block = next(iter(item.blocks("identity")), None)
        if block is None:
            return None
        assigned = [one for one in block.get("identity_ids") or () if isinstance(one, str)]
        held = {one: without_nothing({"principalId": self.principals.get(one.lower())}) for one in assigned}
        own = block.get("principal_id") if "SystemAssigned" in str(block.get("type")) else None
        return without_nothing(
            {"type": block.get("type"), "principalId": own or None, "userAssignedIdentities": held or None}
        )

    def object(
        self,
        collection: str,
        id: str,
        fields: Mapping[str, Any],
        relations: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Take in an object of the directory, with the ids of those in its relations."""
        related = {name: [{"id": one} for one in ids] for name, ids in (relations or {}).items()}
        self.found.object(collection, {"id": id, **without_nothing(fields)}, related)


def without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is stated."""
    return {name: value for name, value in values.items() if value is not None}


def flag(item: Resource | Mapping[str, Any], name: str) -> bool | None:
    """A boolean attribute; None where the state does not say."""
    values = item.values if isinstance(item, Resource) else item
    found = values.get(name)
    return found if isinstance(found, bool) else None


def texts(value: Any) -> list[str]:
    """The non-empty strings of a list."""
    return [one for one in value or () if isinstance(one, str) and one] if isinstance(value, list) else []


def one_of(values: Mapping[str, Any], *names: str) -> str | None:
    """The first attribute of some that holds a text."""
    return next((values[name] for name in names if isinstance(values.get(name), str) and values[name]), None)


def object_id(item: Resource) -> str | None:
    """The object id of something of the directory."""
    found = item.text("object_id") or item.text("id")
    return found.rpartition("/")[2] if found else None
