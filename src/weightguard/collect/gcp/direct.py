"""What the inventory would not tell of a container: asked of the APIs themselves, and written as the inventory writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from weightguard.collect.calls.answer import Answer
from weightguard.collect.gcp.containers import read_constraints
from weightguard.collect.gcp.fields import fields_of
from weightguard.collect.gcp.inventory import CONTAINERS, Asset, Homes, Inventory
from weightguard.collect.gcp.place import Place, told
from weightguard.collect.gcp.services import iam, resourcemanager
from weightguard.collect.runner import Unit

ACCOUNT_TYPE: Final = "iam.googleapis.com/ServiceAccount"
_KEY_TYPE: Final = "iam.googleapis.com/ServiceAccountKey"
_ROLE_TYPE: Final = "iam.googleapis.com/Role"
_FULL: Final = "//iam.googleapis.com/"


def left(found: Inventory) -> frozenset[str]:
    """The assets that are written once more is known of them than the inventory told."""
    types: set[str] = set()
    if not {"IAM_POLICY", "ORG_POLICY"} <= found.contents:
        types.update(CONTAINERS.values())
    if "IAM_POLICY" not in found.contents:
        types.add(ACCOUNT_TYPE)
    return frozenset(asset.name for asset in found.assets.values() if asset.type in types)


def units(place: Place, found: Inventory, homes: Homes) -> Iterator[Unit]:
    """What is to be asked of a container: none where the inventory told everything."""
    if not {"IAM_POLICY", "ORG_POLICY"} <= found.contents:
        read = partial(_read_container, place, found, homes)
        yield place.unit("container", resourcemanager.GET_POLICY[place.collection], read)
    if place.collection == "projects" and not {"IAM_POLICY", "RESOURCE"} <= found.contents:
        yield place.unit("accounts", iam.LIST_ACCOUNTS, partial(_read_accounts, place, found, homes))
    if place.collection in iam.LIST_ROLES and "RESOURCE" not in found.contents:
        yield place.unit("roles", iam.LIST_ROLES[place.collection], partial(_read_roles, place, found, homes))


def _read_container(place: Place, found: Inventory, homes: Homes) -> None:
    asset = _container(place, found, homes)
    if "GetIamPolicy" not in asset.reads:
        method = resourcemanager.GET_POLICY[place.collection]
        answer = place.caller.ask(method, about=place.container, resource=place.container)
        asset.reads["GetIamPolicy"] = told(answer)
    if "ORG_POLICY" not in found.contents:
        asset.reads["ListOrgPolicies"] = told(read_constraints(place))
    found.write_asset(place.writer, homes, asset, "ListAssets")


def _container(place: Place, found: Inventory, homes: Homes) -> Asset:
    """The container itself; one that nothing tells of is known by its name."""
    kind = CONTAINERS[place.collection]
    for asset in found.assets.values():
        if asset.type == kind and asset.ancestors and homes.named(asset.ancestors[0]) == place.container:
            return asset
    name = f"//cloudresourcemanager.googleapis.com/{place.container}"
    return Asset(name, kind, ancestors=homes.lineage(place.container))


def _read_accounts(place: Place, found: Inventory, homes: Homes) -> None:
    """The service accounts of a project, who may act as them, and the keys that somebody holds."""
    accounts = [
        asset
        for asset in found.assets.values()
        if asset.type == ACCOUNT_TYPE and homes.of(asset) == place.scope and asset.data is not None
    ]
    if "RESOURCE" not in found.contents:
        answer = place.caller.ask(iam.LIST_ACCOUNTS, name=place.container)
        known = {asset.name for asset in accounts}
        listed = (_account(place, homes, entry) for entry in answer.data.get("accounts", ()))
        accounts += [asset for asset in listed if asset.name not in known]
    for asset in accounts:
        name = f"{place.container}/serviceAccounts/{(asset.data or {}).get('email')}"
        if "GetIamPolicy" not in asset.reads:
            answer = place.caller.ask(iam.GET_ACCOUNT_POLICY, about=name, resource=name)
            asset.reads["GetIamPolicy"] = told(answer)
        if "RESOURCE" not in found.contents:
            asset.reads["ListServiceAccountKeys"] = told(_read_keys(place, homes, name))
        found.write_asset(place.writer, homes, asset, "ListServiceAccounts")


def _account(place: Place, homes: Homes, entry: dict[str, object]) -> Asset:
    id = entry.get("uniqueId") or entry.get("email")
    name = f"{_FULL}{place.container}/serviceAccounts/{id}"
    return Asset(name, ACCOUNT_TYPE, entry, ancestors=homes.lineage(place.container))


def _read_keys(place: Place, homes: Homes, account: str) -> Answer:
    answer = place.caller.ask(iam.LIST_ACCOUNT_KEYS, about=account, name=account)
    found = Inventory()
    for entry in answer.data.get("keys", ()):
        asset = Asset(f"{_FULL}{entry['name']}", _KEY_TYPE, entry, ancestors=homes.lineage(place.container))
        found.write_asset(place.writer, homes, asset, "ListServiceAccountKeys")
    return replace(answer, data={})


def _read_roles(place: Place, found: Inventory, homes: Homes) -> None:
    """The roles that somebody made in a container, with what they permit."""
    method = iam.LIST_ROLES[place.collection]
    answer = place.caller.ask(method, parent=place.container)
    for entry in answer.data.get("roles", ()):
        name = f"{_FULL}{entry['name']}"
        asset = Asset(name, _ROLE_TYPE, entry, ancestors=homes.lineage(place.container))
        if name not in found.assets:
            found.write_asset(place.writer, homes, asset, "ListRoles")


def role_unit(place: Place, name: str) -> Unit:
    """The unit that reads a role which a policy gives and nothing described: one of a container above, or of another project."""
    method = iam.GET_ROLE[name.partition("/")[0]]
    return place.unit(f"role/{name}", method, partial(_read_role, place, name))


def _read_role(place: Place, name: str) -> None:
    method = iam.GET_ROLE[name.partition("/")[0]]
    answer = place.caller.ask(method, about=name, name=name)
    if answer.ok:
        place.record("iam.role", f"{_FULL}{name}", method, fields_of(_ROLE_TYPE, answer.data))
