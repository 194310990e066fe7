"""What Azure's resources lie in, from the tenant down, with the roles that are assigned there, the denials and the locks.

A policy is told at the innermost container that holds its scope; its document names the scope itself, which may be a single
resource.

Sources: Azure RBAC documentation, "Understand scope for Azure RBAC"; Azure role-based access control REST reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from weightguard.estate.azure.directory import directory_policies, unit_members
from weightguard.estate.azure.settings import network_rules, public_access, shared_keys
from weightguard.estate.azure.tenant import (
    HOUND,
    Tenant,
    name_of,
    parent_of,
    plain,
    properties,
    stated,
    subscription_of,
)
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import (
    Container,
    ContainerKind,
    Credential,
    CredentialKind,
    PolicyForm,
    ScopedPolicy,
)
from weightguard.estate.shape import text_or_none

MANAGEMENT: Final = "/providers/Microsoft.Management/managementGroups/"
RULES: Final = "identity/conditionalAccess/policies"
_GRANTING: Final = {
    "authorization.roleassignments": PolicyForm.ASSIGNMENT,
    "authorization.roleassignmentscheduleinstances": PolicyForm.ASSIGNMENT,
    "authorization.roleeligibilityscheduleinstances": PolicyForm.ELIGIBLE_ASSIGNMENT,
}
_LIMITING: Final = {
    "authorization.denyassignments": PolicyForm.DENY,
    "authorization.locks": PolicyForm.LOCK,
    "authorization.policyassignments": PolicyForm.CONSTRAINT,
}
_KINDS: Final = {
    "management.managementgroups": ContainerKind.FOLDER,
    "resources.subscriptions": ContainerKind.SUBSCRIPTION,
    "resources.subscriptions/resourcegroups": ContainerKind.RESOURCE_GROUP,
    "storage.storageaccounts": ContainerKind.STORAGE_ACCOUNT,
    "keyvault.vaults": ContainerKind.VAULT,
    "keyvault.managedhsms": ContainerKind.VAULT,
}


@dataclass(slots=True)
class _Place:
    """A container while it is put together."""

    id: str
    kind: ContainerKind
    name: str
    record: Record | None = None
    policies: list[ScopedPolicy] = field(default_factory=list)
    limits: list[ScopedPolicy] = field(default_factory=list)


def tenant_id(tenant: Tenant) -> str:
    """The id of the outermost container."""
    return f"/tenants/{tenant.scope}"


def containers(tenant: Tenant) -> list[Container]:
    """All containers, those that only a scope names among them."""
    places = _places(tenant)
    parents = parents_of(tenant)
    _policies(tenant, places)
    return [_container(tenant, place, parents) for place in places.values()]


def _places(tenant: Tenant) -> dict[str, _Place]:
    root = tenant_id(tenant)
    found = {plain(root): _Place(root, ContainerKind.ORGANISATION, tenant.scope)}
    for record in tenant.of("graph.organization"):
        found[plain(root)].record = record
        found[plain(root)].name = text_or_none(data_of(record).get("displayName")) or tenant.scope
    for kind, sort in _KINDS.items():
        for record in tenant.of(kind):
            found[plain(record.id)] = _Place(record.id, sort, name_of(record), record)
    for id in sorted(
        {each for records in tenant.records.values() for one in records for each in _above(one.id)}
    ):
        if plain(id) not in found:
            depth = len(id.strip("/").split("/"))
            sort = ContainerKind.SUBSCRIPTION if depth == 2 else ContainerKind.RESOURCE_GROUP
            found[plain(id)] = _Place(id, sort, id.rpartition("/")[2])
    return found


def _above(id: str) -> Iterator[str]:
    """The subscription and the resource group that a resource's id says it lies in."""
    parts = id.split("/")
    if len(parts) > 2 and parts[1].lower() == "subscriptions" and parts[2]:
        yield "/".join(parts[:3])
        if len(parts) > 4 and parts[3].lower() == "resourcegroups" and parts[4]:
            yield "/".join(parts[:5])


def parents_of(tenant: Tenant) -> dict[str, str]:
    """Subscriptions and management groups, and the management group that each lies in, all plain."""
    found: dict[str, str] = {}
    for record in tenant.of("management.managementgroups"):
        details = properties(record).get("details")
        parent = details.get("parent") if isinstance(details, dict) else None
        above = parent.get("id") if isinstance(parent, dict) else None
        if isinstance(above, str) and above:
            found[plain(record.id)] = plain(above)
    for record in tenant.of("resources.subscriptions"):
        chain = [
            one.get("name")
            for one in properties(record).get("managementGroupAncestorsChain") or ()
            if isinstance(one, dict)
        ]
        ids = [plain(record.id), *(plain(MANAGEMENT + str(name)) for name in chain)]
        for child, above in pairwise(ids):
            found.setdefault(child, above)
    return found


def _policies(tenant: Tenant, places: Mapping[str, _Place]) -> None:
    root = places[plain(tenant_id(tenant))]
    root.policies += (*directory_policies(tenant), *unit_members(tenant))
    for kind, form in _GRANTING.items():
        for record in tenant.of(kind):
            _innermost(places, _scope(record), root).policies.append(_scoped(record, form))
    for kind, form in _LIMITING.items():
        for record in tenant.of(kind):
            _innermost(places, _scope(record), root).limits.append(_scoped(record, form))
    for record in (*tenant.of("keyvault.vaults"), *tenant.of("keyvault.managedhsms")):
        told = properties(record).get("accessPolicies")
        if isinstance(told, list):
            policy = ScopedPolicy(
                f"{record.id}#accessPolicies", "access policies", {"accessPolicies": told}, "inline",
                form=PolicyForm.ACCESS_POLICY,
            )  # fmt: skip
            places[plain(record.id)].policies.append(policy)


def _scope(record: Record) -> str:
    """The scope that a policy is set at."""
    return text_or_none(properties(record).get("scope")) or parent_of(record.id) or "/"


def _scoped(record: Record, form: PolicyForm) -> ScopedPolicy:
    document = {**properties(record), "scope": _scope(record)}
    held = data_of(record).get("identity")
    if isinstance(held, dict):
        document["identity"] = held
    name = text_or_none(properties(record).get("denyAssignmentName")) or name_of(record)
    return ScopedPolicy(record.id, name, document, "customer", form=form)


def _innermost(places: Mapping[str, _Place], scope: str, root: _Place) -> _Place:
    at = plain(scope)
    while at and at != "/":
        if at in places:
            return places[at]
        at = at.rpartition("/")[0]
    return root


def _container(tenant: Tenant, place: _Place, parents: Mapping[str, str]) -> Container:
    granted = tenant.gap("authorization.roleassignments")
    source = tenant.source("authorization", "roleassignments")
    record = place.record
    policies: Fact[tuple[ScopedPolicy, ...]] = Known(tuple(place.policies), source)
    if granted is not None and not place.policies:
        policies = granted
    own: dict[str, Any] = {}
    if record is not None and place.kind is ContainerKind.STORAGE_ACCOUNT:
        own = {
            "credentials": Known(tuple(_keys(record)), listing_source(record)),
            "keys_accepted": shared_keys(record),
            "public_access": public_access(record),
        }
    if record is not None and place.kind in (ContainerKind.STORAGE_ACCOUNT, ContainerKind.VAULT):
        own["networks"] = network_rules(record)
    return Container(
        id=place.id,
        provider="azure",
        kind=place.kind,
        name=place.name,
        parent=_parent(tenant, place, parents),
        account=subscription_of(place.id) or None,
        policies=policies,
        limits=Known(tuple(place.limits), tenant.source("authorization", "denyassignments")),
        attributes={**_attributes(record), **_told_by(tenant, place)},
        **own,
    )


def _told_by(tenant: Tenant, place: _Place) -> dict[str, Fact[Any]]:
    """Of the tenant: its rules of conditional access, and what told of the directory, where that never shows all of it."""
    if place.kind is not ContainerKind.ORGANISATION:
        return {}
    found: dict[str, Fact[Any]] = {"conditionalAccess": _rules(tenant)}
    if HOUND in tenant.asked:
        found["azurehound"] = Known(True, tenant.source(*HOUND))
    return found


def _rules(tenant: Tenant) -> Fact[tuple[Mapping[str, Any], ...]]:
    """The rules of conditional access, by which the directory asks more of whoever signs in."""
    gap = tenant.gap(f"graph.{RULES}")
    held = tuple(data_of(one) for one in tenant.of(f"graph.{RULES}"))
    return gap if gap is not None else Known(held, tenant.source("graph", RULES))


def _parent(tenant: Tenant, place: _Place, parents: Mapping[str, str]) -> str | None:
    """What a container lies in; None for the tenant, and for a subscription of which nothing says it."""
    root = tenant_id(tenant)
    if place.kind is ContainerKind.ORGANISATION:
        return None
    if place.kind in (ContainerKind.FOLDER, ContainerKind.SUBSCRIPTION):
        above = parents.get(plain(place.id))
        if above is None:
            return root if place.kind is ContainerKind.FOLDER else None
        return tenant.show(above)
    ids = list(_above(place.id))
    return ids[-1] if place.kind is not ContainerKind.RESOURCE_GROUP else ids[0]


def _keys(record: Record) -> Iterable[Credential]:
    """The two keys of a storage account, with when they were made."""
    made = properties(record).get("keyCreationTime")
    for name in ("key1", "key2"):
        created = text_or_none(made.get(name)) if isinstance(made, dict) else None
        yield Credential(f"{record.id}#{name}", CredentialKind.ACCOUNT_KEY, True, created, None)


def _attributes(record: Record | None) -> dict[str, Fact[Any]]:
    if record is None or record.kind.startswith("graph."):
        return {}
    source = listing_source(record)
    own = {
        "kind": Known(data_of(record).get("kind"), source),
        "tags": Known(data_of(record).get("tags") or {}, source),
    }
    return {**own, **{name: Known(value, source) for name, value in properties(record).items()}}


def unplaced(tenant: Tenant) -> Iterator[Unknown]:
    """Subscriptions of which nothing says which management groups hold them: roles assigned above may reach into them.

    That a state never says; that it tells of what Terraform made alone is its own limit.
    """
    if tenant.from_state:
        return
    told = parents_of(tenant)
    for record in tenant.of("resources.subscriptions"):
        if plain(record.id) not in told:
            yield stated_gap(record)


def stated_gap(record: Record) -> Unknown:
    """That a subscription does not say what it lies in."""
    found = stated(record, "managementGroupAncestorsChain", list)
    assert isinstance(found, Unknown)  # noqa: S101 - whoever calls this found that it is not told.
    return found
