"""Assets as the inventory tells them, one by one: in an export's lines and in the pages of `assets.list` alike.

Source: Cloud Asset Inventory, REST resource `Asset`; exports write its members with underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.gcp.fields import camel
from weightguard.collect.gcp.inventory import Asset, Inventory, Policy, answered, policy_of
from weightguard.errors import InputError

AGAIN: Final = "export it again: it is cut off, or no JSON"
_ACCESS: Final = {
    "accessPolicy": "access_policy",
    "accessLevel": "access_level",
    "servicePerimeter": "service_perimeter",
}
_RELATED: Final = ("relatedAssets", "relatedAsset")
CONTENT: Final = frozenset({"resource", "iamPolicy", "orgPolicy", *_ACCESS, *_RELATED})
"""The members of an asset that hold what it is, or what lies on it."""

Entry = Mapping[str, Any]


def camel_name(key: str) -> str:
    """How the REST API names a member of an entry."""
    return str(next(iter(camel({key: None}))))


def take_asset(entry: Entry, found: Inventory, where: str) -> None:
    """Take in what an entry tells of an asset.

    Raises:
        InputError: it is cut short.
    """
    told = {camel_name(key): value for key, value in entry.items()}
    asset = found.asset(str(told["name"]), str(told["assetType"]))
    _placed(asset, told)
    resource = told.get("resource")
    if isinstance(resource, Mapping):
        found.contents.add("RESOURCE")
        _described(asset, resource, where)
    if "iamPolicy" in told:
        found.contents.add("IAM_POLICY")
        asset.reads["GetIamPolicy"] = policy_of(told["iamPolicy"])
    if "orgPolicy" in told:
        found.contents.add("ORG_POLICY")
        asset.reads["ListOrgPolicies"] = answered(camel(told["orgPolicy"]))
    if any(one in told for one in _RELATED):
        found.contents.add("RELATIONSHIP")
    for member in _ACCESS.keys() & told.keys():
        found.contents.add("ACCESS_POLICY")
        _access(member, camel(told[member]), asset, found, where)


def _described(asset: Asset, resource: Mapping[str, Any], where: str) -> None:
    data = resource.get("data")
    if data is None and "data" in resource:
        data = {}  # Of what has nothing to describe some exports say null; a member that is not there was cut off.
    if not isinstance(data, dict):
        raise InputError("the resource has no data", where=where, fix=AGAIN)
    asset.data = data
    location = resource.get("location")
    asset.location = location if isinstance(location, str) and location not in ("", "global") else None


def _placed(asset: Asset, told: Mapping[str, Any]) -> None:
    """Note what an asset lies in, where the entry says so."""
    above = told.get("ancestors")
    if isinstance(above, list) and all(isinstance(one, str) for one in above) and above:
        asset.ancestors = tuple(above)
        return
    path = told.get("ancestryPath")
    if isinstance(path, str) and path and not asset.ancestors:
        parts = path.replace("organization/", "organizations/").replace("folder/", "folders/")
        words = parts.replace("project/", "projects/").split("/")
        asset.ancestors = tuple(
            f"{kind}/{name}" for kind, name in zip(words[::2], words[1::2], strict=False)
        )[::-1]


def _access(member: str, document: Any, asset: Asset, found: Inventory, where: str) -> None:
    """An access policy, level or perimeter: it stands under the organisation, and has a name of its own."""
    name = document.get("name") if isinstance(document, dict) else None
    if not isinstance(name, str) or not name:
        raise InputError(f"an {_ACCESS[member]} has no name", where=where, fix=AGAIN)
    kind = f"accesscontextmanager.{_ACCESS[member]}"
    found.add(Policy(kind, name, asset.ancestors[-1] if asset.ancestors else "", document))
