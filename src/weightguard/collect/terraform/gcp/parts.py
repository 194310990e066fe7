"""Small parts of what a state says, each in the form that the API gives it: names, bindings, lists, organisation policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any, Final

from weightguard.collect.gcp.inventory import CONTAINERS, policy_of
from weightguard.collect.terraform.gcp.types import SHAPES
from weightguard.collect.terraform.gcp.values import condition_of, shaped
from weightguard.collect.terraform.state import Resource, blocks

_RM: Final = "//cloudresourcemanager.googleapis.com/"
_PREDEFINED: Final = {
    "publicRead": ("allUsers", "READER"),
    "authenticatedRead": ("allAuthenticatedUsers", "READER"),
}
_MEMBER_KINDS: Final = {"USER": "user", "GROUP": "group", "SERVICE_ACCOUNT": "serviceAccount"}


def ancestries(items: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """Container -> itself and everything that it lies in."""
    found = [(name, _parent(item)) for item in items if (name := _container(item)) is not None]
    parents = {name: parent for name, parent in found if name and parent}
    known = {*parents, *parents.values(), *(name for name, _ in found)}
    return {name: tuple(_row(name, parents)) for name in known if name}


def _container(item: Resource) -> str | None:
    """The name of an organisation, a folder or a project; None for whatever else."""
    if item.type == "google_project":
        return f"projects/{item.text('project_id')}"
    return item.text("name") or "" if item.type in ("google_organization", "google_folder") else None


def _parent(item: Resource) -> str | None:
    """What a folder or a project lies in, as far as the state says."""
    if item.type == "google_folder":
        return item.text("parent")
    if item.type != "google_project" or not item.text("project_id"):
        return None
    for kind, given in (("folders", item.text("folder_id")), ("organizations", item.text("org_id"))):
        if given:
            return f"{kind}/{given.removeprefix(f'{kind}/')}"
    return None


def _row(name: str, parents: Mapping[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    at: str | None = name
    while at and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)


def home(item: Resource) -> str | None:
    """The container that a thing lies in."""
    project = item.text("project")
    if project:
        return f"projects/{project.removeprefix('projects/')}"
    if (organisation := item.text("org_id")) is not None:
        return f"organizations/{organisation.removeprefix('organizations/')}"
    parts = (item.text("service_account_id") or item.text("crypto_key_id") or item.text("id") or "").split(
        "/"
    )
    if parts[0] in CONTAINERS and len(parts) > 1:
        return "/".join(parts[:2])
    parent = item.text("parent") or ""
    return parent if parent.partition("/")[0] in CONTAINERS else None


def filled(template: str, item: Resource) -> str | None:
    """A name made of attributes; None where one that it needs is not there."""
    values: dict[str, str] = {}
    for _, name, _, _ in Formatter().parse(template):
        if name:
            found = (
                item.text("location") or item.text("region") or item.text("zone")
                if name == "where"
                else item.text(name)
            )
            if found is None and name == "project":
                found = (home(item) or "").removeprefix("projects/") or None
            if found is None:
                return None
            values[name] = _plain(name, found)
    return template.format(**values)


def _plain(name: str, value: str) -> str:
    """An attribute as names hold it: short where the provider also takes a path."""
    if name == "bucket":
        return value.removeprefix("b/")
    if name == "network":
        return f"projects/{value.partition('projects/')[2]}"
    if name == "folder" and "/" not in value:
        return f"folders/{value}"
    if name in (
        "where",
        "image",
        "instance_name",
        "cloud_function",
        "service",
        "router",
        "cluster",
        "secret_id",
        "connection_id",
    ):
        return value.rpartition("/")[2]
    return value


def renamed(data: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A description with some attributes where the API has them."""
    for written, path in names.items():
        if written in data:
            *above, last = path.split(".")
            place = data
            value = data.pop(written) if written != last else data[written]
            for name in above:
                inner = place.setdefault(name, {})
                place = inner if isinstance(inner, dict) else {}
            place[last] = value
    return data


def bindings(item: Resource, form: str) -> Iterator[dict[str, Any]]:
    """The bindings that a resource of an IAM type makes."""
    if form == "policy":
        try:
            document = json.loads(item.text("policy_data") or "{}")
        except (ValueError, RecursionError):
            document = {}
        held = policy_of(document)["data"] if isinstance(document, dict) else {}
        yield from (one for one in held.get("bindings") or () if isinstance(one, dict))
        return
    role = item.text("role")
    member = item.text("member")
    members = item.texts("members") if form == "binding" else [member] if member else []
    if role is None or not members:
        return
    condition = condition_of(item.values)
    yield {"role": role, "members": members, **({"condition": condition} if condition else {})}


def type_of(terraform: str, name: str) -> str:
    """The asset type of what a policy lies on."""
    shape = SHAPES.get(terraform)
    return (
        shape.type
        if shape is not None
        else CONTAINERS.get(name.removeprefix(_RM).partition("/")[0], "unknown/Unknown")
    )


def entries(item: Resource) -> Iterator[dict[str, str]]:
    """The entries of an access control list: ``READER:user-ada@example.com``."""
    for one in item.texts("role_entity"):
        role, _, entity = one.partition(":")
        yield {"role": role, "entity": entity}
    named, single = item.text("entity"), item.text("role")
    if named and single:
        yield {"role": single, "entity": named}
    predefined = _PREDEFINED.get(item.text("predefined_acl") or "")
    if predefined is not None:
        yield {"entity": predefined[0], "role": predefined[1]}


def spec(item: Resource) -> dict[str, Any]:
    """What an organisation policy of the second version says."""
    found: dict[str, Any] = shaped(item.values.get("spec"), "spec") or {}
    return found


def older(item: Resource) -> dict[str, Any]:
    """An organisation policy in the form of the first version."""
    constraint = item.text("constraint") or ""
    found: dict[str, Any] = {
        "constraint": constraint if constraint.startswith("constraints/") else f"constraints/{constraint}"
    }
    for boolean in item.blocks("boolean_policy"):
        found["booleanPolicy"] = {"enforced": boolean.get("enforced") is True}
    for listed in item.blocks("list_policy"):
        policy: dict[str, Any] = {"inheritFromParent": listed.get("inherit_from_parent") is True}
        for name, member, every in (("allow", "allowedValues", "ALLOW"), ("deny", "deniedValues", "DENY")):
            for one in blocks(listed, name):
                policy.update(
                    {"allValues": every}
                    if one.get("all") is True
                    else {member: list(one.get("values") or ())}
                )
        found["listPolicy"] = policy
    return found


def policy_name(item: Resource, owner: str, kind: str, collection: str, identifier: str) -> str | None:
    """The name of a policy of IAM\'s third version, or of a binding of one."""
    name = item.text("name")
    if name and f"/{collection}/" in name:
        return name
    who, own = item.text(owner) if owner else None, item.text(identifier)
    if who is None or own is None:
        return None
    return f"{kind}/{who.rpartition('/')[2]}/locations/{item.text('location') or 'global'}/{collection}/{own}"


def key_of(raw: Any) -> str | None:
    """The address in a key of Cloud Identity's."""
    held = raw[0] if isinstance(raw, list) and raw else raw
    found = held.get("id") if isinstance(held, Mapping) else None
    return found if isinstance(found, str) and found else None


def kind_of(item: Resource, email: str, groups: Iterable[str | None]) -> str:
    """Of what kind a member of a group is."""
    stated = _MEMBER_KINDS.get(item.text("type") or "")
    if stated is not None:
        return stated
    if email.endswith("gserviceaccount.com"):
        return "serviceAccount"
    return "group" if email in set(groups) else "user"
