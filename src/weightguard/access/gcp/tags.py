"""Tags that conditions ask for, and who may put them on a resource or take them off.

Source: Resource Manager documentation, "Create and manage tags" (attaching a tag takes a right on the tag's value and one on the
resource); IAM documentation, "Tags and conditional access".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from weightguard.access.gcp.policies import TAG_VALUE, value
from weightguard.estate.model import Estate

BIND, UNBIND = "resourcemanager.tagValueBindings.create", "resourcemanager.tagValueBindings.delete"
_ON_BUCKETS: Final = "storage.buckets.createTagBinding"
_ON_CONTAINERS: Final = "resourcemanager.hierarchyNodes.createTagBinding"


@dataclass(frozen=True, slots=True)
class TagValue:
    """A value of a tag.

    Attributes:
        resource: its own name, which its policy lies on.
        tags: what a resource that carries it has, by the names and by the ids of keys.
    """

    resource: str
    tags: Mapping[str, str]


class TagValues:
    """The tags of an estate.

    Args:
        estate: with the values that its sources describe.
    """

    def __init__(self, estate: Estate) -> None:
        self._values = [
            one for each in estate.resources_of(TAG_VALUE) if (one := _value_of(each.attributes)) is not None
        ]

    def __bool__(self) -> bool:
        return bool(self._values)

    def asked_for(self, texts: Iterable[str]) -> Iterator[TagValue]:
        """The values that some texts in conditions name."""
        named = set(texts)
        for one in self._values:
            if any(key in named and short in named for key, short in one.tags.items()):
                yield one


def _value_of(attributes: Mapping[str, object]) -> TagValue | None:
    name, namespaced, key = (value(attributes[one]) for one in ("name", "namespacedName", "parent"))  # type: ignore[arg-type]
    if not isinstance(name, str) or not isinstance(namespaced, str):
        return None
    found = {namespaced.rpartition("/")[0]: namespaced.rpartition("/")[2]}
    return TagValue(name, {**found, key: name} if isinstance(key, str) else found)


def carrying(place: str) -> str | None:
    """The permission to put a tag on a resource; None for what carries none here."""
    if place.startswith("buckets/"):
        return _ON_BUCKETS if place.count("/") == 1 else None
    return (
        _ON_CONTAINERS
        if place.count("/") == 1 and place.startswith(("projects/", "folders/", "organizations/"))
        else None
    )
