"""From the Google Cloud resources of states to an inventory: containers, things, the policies on them, and what forbids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from weightguard.collect.gcp.inventory import CONTAINERS, Inventory, Policy, answered
from weightguard.collect.terraform import objects
from weightguard.collect.terraform.gcp.parts import (
    ancestries,
    bindings,
    entries,
    filled,
    home,
    key_of,
    kind_of,
    older,
    policy_name,
    renamed,
    spec,
    type_of,
)
from weightguard.collect.terraform.gcp.types import POLICIES, SHAPES
from weightguard.collect.terraform.gcp.values import condition_of, shaped
from weightguard.collect.terraform.state import Resource, blocks
from weightguard.snapshot import Recorder

SERVICE, OPERATION = "terraform", "ShowState"
_OBJECT: Final = "google_storage_bucket_object"
_IAM: Final = re.compile(r"(google_[a-z0-9_]+)_iam_(member|binding|policy)")
_RM: Final = "//cloudresourcemanager.googleapis.com/"
_BOOLEAN_OR_LIST: Final = {
    "google_organization_policy": ("org_id", "organizations/"),
    "google_folder_organization_policy": ("folder", "folders/"),
    "google_project_organization_policy": ("project", "projects/"),
}
_ACCESS: Final = {
    "google_access_context_manager_access_policy": "access_policy",
    "google_access_context_manager_access_level": "access_level",
    "google_access_context_manager_service_perimeter": "service_perimeter",
}
_JOINED: Final = frozenset({"nats", "peerings"})
"""Lists of the API's whose entries are resources of their own in Terraform."""
_READ: Final = frozenset(
    {
        "google_project", "google_folder", "google_organization", "google_iam_deny_policy", "google_org_policy_policy",
        "google_iam_principal_access_boundary_policy", "google_iam_organizations_policy_binding",
        "google_iam_folders_policy_binding",
        "google_iam_projects_policy_binding", "google_cloud_identity_group", "google_cloud_identity_group_membership",
        "google_access_context_manager_service_perimeter_resource", _OBJECT, *_BOOLEAN_OR_LIST,
    }
)  # fmt: skip
"""Types that are neither things nor policies of one, and are read."""
_LISTS: Final = {
    "google_storage_bucket_acl": "acl",
    "google_storage_default_object_acl": "defaultObjectAcl",
    "google_storage_bucket_access_control": "acl",
    "google_storage_default_object_access_control": "defaultObjectAcl",
}


def collect(items: Sequence[Resource], writer: Recorder) -> tuple[str, ...]:
    """Writes what the resources of one or several states say; returns the scopes.

    Args:
        items: those of Terraform's google provider.
    """
    scopes = _States(items).inventory().write(writer, SERVICE, OPERATION)
    for scope in scopes[:1]:  # whose object it is, its store says: rows are found by that, wherever they lie
        writer.objects(scope, objects.rows(_objects(items)))
    return scopes


def _objects(items: Sequence[Resource]) -> Iterator[objects.Placed]:
    for item in items:
        bucket, key = item.text("bucket"), item.text("name")
        if item.type == _OBJECT and item.mode == "managed" and bucket is not None and key is not None:
            yield f"gs://{bucket.removeprefix('b/')}", key, item


def _is_nameless(item: Resource) -> bool:
    """Whether it is a thing of a known shape that its attributes do not name: what it is cannot be told."""
    shape = SHAPES.get(item.type)
    return shape is not None and filled(shape.name, item) is None


def _is_read(name: str) -> bool:
    """Whether some reader knows a type."""
    match = _IAM.fullmatch(name)
    return (
        (match is not None and match[1] in POLICIES)
        or name in SHAPES
        or name in _READ
        or name in _ACCESS
        or name in _LISTS
    )


class _States:
    def __init__(self, items: Sequence[Resource]) -> None:
        self._items = items
        self._found = Inventory()
        self._above = ancestries(items)

    def inventory(self) -> Inventory:
        """Everything that the states say."""
        # A policy that is put together from single members may have others: Terraform tells of those alone that it made.
        self._found.contents |= {"RESOURCE", "IAM_POLICY", "ORG_POLICY", "ACCESS_POLICY", "PARTIAL_POLICY"}
        for item in self._items:
            self._container(item)
        for item in self._items:
            self._thing(item)
        for item in self._items:
            self._list(item)
            self._policy(item)
            self._forbidding(item)
            self._access(item)
        self._groups()
        self._perimeter_members()
        self._settle()
        self._unread()
        return self._found

    def _unread(self) -> None:
        """Types that nothing here reads, and things whose names nothing gives, counted: what a state holds and this passes over is
        said.
        """
        counts = Counter(
            item.type
            for item in self._items
            if item.mode == "managed" and (not _is_read(item.type) or _is_nameless(item))
        )
        for name, count in counts.items():
            self._found.add(Policy("terraform.unread_types", name, "", {"name": name, "count": count}))

    # Containers and things

    def _container(self, item: Resource) -> None:
        data = shaped(item.values)
        if item.type == "google_project":
            name = f"projects/{item.text('project_id') or item.text('name')}"
            parent = item.text("folder_id") or item.text("org_id")
            kind = "folder" if item.text("folder_id") else "organization"
            held = {"type": kind, "id": parent.rpartition("/")[2]} if parent else None
            found = {**data, "projectNumber": item.text("number"), "lifecycleState": "ACTIVE", "parent": held}
        elif item.type == "google_folder":
            name, found = item.text("name") or item.text("id") or "", data
        elif item.type == "google_organization":
            name = item.text("name") or f"organizations/{item.text('org_id')}"
            found = {
                **data,
                "displayName": item.text("domain"),
                "owner": {"directoryCustomerId": item.text("directory_customer_id")},
            }
        else:
            return
        if "/" in name and not name.endswith("/"):
            self._add(_RM + name, CONTAINERS[name.partition("/")[0]], found, name)

    def _add(self, name: str, asset_type: str, data: Mapping[str, Any], inside: str | None) -> None:
        asset = self._found.asset(name, asset_type)
        known = asset.data or {}
        told = {key: value for key, value in data.items() if value is not None}
        joined = {key: [*known[key], *told[key]] for key in _JOINED & known.keys() & told.keys()}
        asset.data = {**known, **told, **joined}
        if inside is not None:
            asset.ancestors = self._above.get(inside, (inside,))
        location = data.get("location") or data.get("region") or data.get("zone")
        asset.location = str(location).lower() if location and str(location).lower() != "global" else None

    def _thing(self, item: Resource) -> None:
        shape = SHAPES.get(item.type)
        name = None if shape is None else filled(shape.name, item)
        if shape is None or name is None:
            return
        data = renamed(shaped(item.values), shape.renamed)
        data = data if shape.adjust is None else shape.adjust(data)
        inside = home(item)
        self._add(name, shape.type, data, inside)

    # Allow policies and lists

    def _policy(self, item: Resource) -> None:
        match = _IAM.fullmatch(item.type)
        name = filled(POLICIES[match[1]], item) if match and match[1] in POLICIES else None
        if match is None or name is None or item.mode == "data":
            return
        asset = self._found.assets.get(name)
        if asset is None:
            asset = self._found.asset(name, type_of(match[1], name))
            inside = home(item)
            asset.ancestors = self._above.get(inside, (inside,)) if inside else ()
        held = asset.reads.setdefault("GetIamPolicy", answered({"bindings": []}))
        held["data"]["bindings"] += list(bindings(item, match[2]))

    def _list(self, item: Resource) -> None:
        """Access control lists of a bucket and of its new objects."""
        member, bucket = _LISTS.get(item.type), item.text("bucket")
        if member is None or bucket is None:
            return
        asset = self._found.assets.get(f"//storage.googleapis.com/{bucket.removeprefix('b/')}")
        if asset is not None and asset.data is not None:
            asset.data = {**asset.data, member: [*(asset.data.get(member) or ()), *entries(item)]}

    # What forbids

    def _forbidding(self, item: Resource) -> None:
        if item.type == "google_iam_deny_policy":
            self._denial(item)
        elif item.type == "google_org_policy_policy":
            parent, name = item.text("parent"), item.text("name") or ""
            constraint = name.rpartition("/policies/")[2]
            if parent and constraint:
                self._constraint(parent, {"constraint": constraint, "spec": spec(item)})
        elif item.type in _BOOLEAN_OR_LIST:
            attribute, start = _BOOLEAN_OR_LIST[item.type]
            owner = item.text(attribute)
            if owner is not None:
                self._constraint(start + owner.removeprefix(start), older(item))
        elif item.type.startswith("google_iam_") and item.type.endswith("_policy_binding"):
            self._bound(item)
        elif item.type == "google_iam_principal_access_boundary_policy":
            self._boundary(item)

    def _denial(self, item: Resource) -> None:
        parent, name = item.text("parent"), item.text("name")
        if not parent or not name:
            return
        rules = [
            {"denyRule": shaped(rule)} for one in item.blocks("rules") for rule in blocks(one, "deny_rule")
        ]
        identifier = f"policies/{parent}/denypolicies/{name.rpartition('/')[2]}"
        data = {
            "name": identifier,
            "kind": "DenyPolicy",
            "displayName": item.text("display_name") or name,
            "rules": rules,
        }
        on = (
            parent.replace("%2F", "/")
            .replace("%2f", "/")
            .removeprefix("cloudresourcemanager.googleapis.com/")
        )
        self._found.contents.add("POLICY")
        self._found.add(Policy("iam.deny_policy", identifier, on, data))

    def _constraint(self, on: str, policy: Mapping[str, Any]) -> None:
        asset = self._found.assets.get(_RM + on)
        if asset is None:
            asset = self._found.asset(_RM + on, CONTAINERS.get(on.partition("/")[0], ""))
            asset.ancestors = self._above.get(on, (on,))
        held = asset.reads.setdefault("ListOrgPolicies", answered([]))
        held["data"].append(dict(policy))

    def _boundary(self, item: Resource) -> None:
        name = policy_name(
            item,
            "organization",
            "organizations",
            "principalAccessBoundaryPolicies",
            "principal_access_boundary_policy_id",
        )
        if name is not None:
            self._found.contents.add("POLICY")
            data = {"name": name, "details": shaped(item.values.get("details"), "details")}
            self._found.add(
                Policy("iam.principal_access_boundary_policy", name, "/".join(name.split("/")[:2]), data)
            )

    def _bound(self, item: Resource) -> None:
        kind = item.type.removeprefix("google_iam_").removesuffix("_policy_binding")
        name = policy_name(
            item,
            {"organizations": "organization", "folders": "folder", "projects": "project"}.get(kind, ""),
            kind,
            "policyBindings",
            "policy_binding_id",
        )
        if name is None:
            return
        condition = condition_of(item.values)
        data = {
            "name": name, "policy": item.text("policy"), "target": shaped(item.values.get("target"), "target"),
            **({"condition": condition} if condition else {}),
        }  # fmt: skip
        self._found.contents.add("POLICY")
        self._found.add(Policy("iam.policy_binding", name, "/".join(name.split("/")[:2]), data))

    # Access Context Manager

    def _access(self, item: Resource) -> None:
        kind = _ACCESS.get(item.type)
        name = item.text("name")
        if kind is None or name is None:
            return
        name = name if "/" in name else f"accessPolicies/{name}"
        self._found.add(
            Policy(
                f"accesscontextmanager.{kind}",
                name,
                self._organisation(),
                {**shaped(item.values), "name": name},
            )
        )

    def _perimeter_members(self) -> None:
        """Projects that are put into a perimeter one by one."""
        for item in self._items:
            perimeter = item.text("perimeter_name") or item.text("perimeter")
            held = self._found.policies.get(("accesscontextmanager.service_perimeter", perimeter or ""))
            resource = item.text("resource")
            if (
                item.type != "google_access_context_manager_service_perimeter_resource"
                or held is None
                or resource is None
            ):
                continue
            status = dict(held.data.get("status") or {})
            status["resources"] = [*(status.get("resources") or ()), resource]
            held.data = {**held.data, "status": status}

    def _organisation(self) -> str:
        return next((above[-1] for above in self._above.values() if above), "")

    # Groups

    def _groups(self) -> None:
        """Groups of which the states make some member; of others nobody knows who is in them."""
        names = {
            item.text("name") or "": one
            for item in self._items
            if item.type == "google_cloud_identity_group"
            for one in (key_of(item.values.get("group_key")),)
        }
        members: dict[str, list[str]] = {}
        for item in self._items:
            if item.type == "google_cloud_identity_group_membership":
                group = names.get(item.text("group") or "")
                email = key_of(item.values.get("preferred_member_key")) or key_of(
                    item.values.get("member_key")
                )
                if group and email:
                    members.setdefault(group, []).append(f"{kind_of(item, email, names.values())}:{email}")
        for group, held in members.items():
            self._found.contents.add("GROUP")
            name = f"group:{group.lower()}"
            self._found.add(Policy("cloudidentity.group", name, self._organisation(), {"members": held}))

    def _settle(self) -> None:
        """A container or bucket that the states describe has the policy that they make for it, if an empty one."""
        for asset in self._found.assets.values():
            if asset.data is not None and (
                asset.type in CONTAINERS.values() or asset.type.startswith("storage.googleapis.com/Bucket")
            ):
                asset.reads.setdefault("GetIamPolicy", answered({"bindings": []}))
