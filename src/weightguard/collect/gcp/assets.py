"""What the inventory tells of everything below a container; where it is refused or off, which projects there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.collect.gcp.entries import take_asset
from weightguard.collect.gcp.inventory import CONTAINERS, PROJECT_TYPE, Asset, Inventory
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.place import Place
from weightguard.collect.gcp.services import cloudasset, resourcemanager
from weightguard.errors import InputError

BUCKET_TYPE: Final = "storage.googleapis.com/Bucket"
_FULL: Final = "//cloudresourcemanager.googleapis.com/"
_ONLY_BELOW_ORGANISATIONS: Final = "ACCESS_POLICY"
"""Perimeters belong to an organisation, and are told with everything of it alone."""
_ACTIVE: Final = (None, "ACTIVE", "LIFECYCLE_STATE_UNSPECIFIED", "STATE_UNSPECIFIED")
_DEEPEST: Final = 12
"""Folders in folders: Resource Manager allows ten."""


def read_inventory(place: Place, described: Mapping[str, Any] | None) -> Inventory:
    """Everything below a container, of every kind of content that is told.

    Args:
        described: what Resource Manager says of the container itself; None: it may not be read.
    """
    found = Inventory()
    for content, method in cloudasset.LISTINGS.items():
        if content == _ONLY_BELOW_ORGANISATIONS and place.collection != "organizations":
            continue
        complete = _take(place, method, found)
        (found.contents.add if complete else found.contents.discard)(content)
    if described is not None:
        _take_container(found, described, ())
    if "RESOURCE" not in found.contents:
        for container, above in _below(place, place.container, (place.container,)):
            _take_container(found, container, above)
    return found


def _take(place: Place, method: Method, found: Inventory) -> bool:
    """Take in a listing; whether it came to its end and every entry of it was understood."""
    complete = True
    for page in place.caller.pages(method, parent=place.container):
        complete = complete and page.ok
        for entry in page.data.get("assets", ()):
            try:
                take_asset(_with_content(entry), found, place.container)
            except (InputError, AttributeError, TypeError, ValueError) as error:
                complete = False
                place.caller.distrust(method, f"an asset is not what it should be, {type(error).__name__}")
    return complete


def _with_content(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry without a resource that is told by its name alone."""
    resource = entry.get("resource")
    if isinstance(resource, dict) and not isinstance(resource.get("data"), dict):
        return {name: value for name, value in entry.items() if name != "resource"}
    return entry


def _take_container(found: Inventory, raw: Mapping[str, Any], above: tuple[str, ...]) -> None:
    """A container as Resource Manager tells of it, where the inventory does not."""
    name = str(raw.get("name", ""))
    asset = found.asset(_FULL + name, CONTAINERS[name.partition("/")[0]])
    if asset.data is None:
        asset.data = resourcemanager.described(raw)
    if not asset.ancestors:
        parent = raw.get("parent")
        asset.ancestors = above or ((name, parent) if isinstance(parent, str) and parent else (name,))


def _below(
    place: Place, container: str, above: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """The folders and projects below a container, each with what it lies in."""
    if container.startswith("projects/") or len(above) > _DEEPEST:
        return
    for method in (resourcemanager.LIST_FOLDERS, resourcemanager.LIST_PROJECTS):
        answer = place.caller.ask(method, about=container, parent=container)
        for entry in answer.data.get(method.operation.entries[0], ()):
            inside = (entry["name"], *above)
            yield entry, inside
            yield from _below(place, entry["name"], inside) if method is resourcemanager.LIST_FOLDERS else ()


def projects(found: Inventory) -> list[str]:
    """The ids of the projects that are there, sorted; those that are being deleted hold nothing that anybody can read."""
    return sorted(
        {
            str(asset.data["projectId"])
            for asset in found.assets.values()
            if asset.type == PROJECT_TYPE and asset.data is not None and _is_active(asset)
        }
    )


def _is_active(asset: Asset) -> bool:
    data = asset.data or {}
    return bool(data.get("projectId")) and (data.get("lifecycleState") or data.get("state")) in _ACTIVE


def buckets(found: Inventory) -> dict[str, Asset]:
    """The buckets that the inventory tells of, by name."""
    return {
        asset.name.rpartition("/")[2]: asset for asset in found.assets.values() if asset.type == BUCKET_TYPE
    }
