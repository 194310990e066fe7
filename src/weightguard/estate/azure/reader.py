"""Azure as `weightguard.estate.providers` knows it: from the scopes of snapshots to the Azure share of an estate.

All scopes are read together: who may do what in a subscription is told by its tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from weightguard.estate.azure.beside import disk_copies, endpoints
from weightguard.estate.azure.constraints import (
    CLOSED_BLOBS,
    CLOSED_DISKS,
    LOCATIONS,
    allowed_locations,
    refusing,
    scopes_above,
)
from weightguard.estate.azure.containers import MANAGEMENT, containers, parents_of, tenant_id, unplaced
from weightguard.estate.azure.directory import DEFINITIONS, ELIGIBLE, GROUP_ELIGIBLE, ROLES, principals
from weightguard.estate.azure.policies import Policies, leaving_blocked
from weightguard.estate.azure.stores import CONTAINERS, keys, stores
from weightguard.estate.azure.tenant import Tenant, name_of, properties, subscription_of
from weightguard.estate.azure.trails import trails
from weightguard.estate.azure.workloads import ASKED, resources, unread, workloads
from weightguard.estate.contents import tally
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Collection, Fact, Known, Source, Unknown
from weightguard.estate.model import (
    NOT_HERE,
    Account,
    Contents,
    FederatedProvider,
    NamedPolicy,
    Organisation,
    PolicyForm,
    Principal,
    PublicAccess,
    Resource,
    ScopedPolicy,
)
from weightguard.estate.share import LeftBehind, ScopeInput, Share

_FEEDS: Final = {
    "principals": (
        "graph.users", "graph.groups", "graph.groups/members", "graph.groups/owners", "graph.servicePrincipals",
        "graph.servicePrincipals/owners", "graph.servicePrincipals/appRoleAssignments", "graph.applications",
        "graph.applications/owners", "graph.applications/federatedIdentityCredentials", f"graph.{ROLES}",
    ),
    "federated_providers": ("graph.applications/federatedIdentityCredentials",),
    "accounts": ("resources.subscriptions",),
    "containers": (
        "authorization.roleassignments", "management.managementgroups", "authorization.denyassignments", "authorization.locks",
        f"graph.{ELIGIBLE}", f"graph.{GROUP_ELIGIBLE}", "authorization.roleeligibilityscheduleinstances",
    ),
    "stores": ("storage.storageaccounts", CONTAINERS),
    "keys": ("keyvault.vaults", "keyvault.vaults/keys"),
    "workloads": ("compute.virtualmachines",),
    "trails": ("insights.diagnosticsettings",),
    "disk_copies": ("compute.disks", "compute.snapshots", "compute.galleries"),
    "endpoints": ("network.privateendpoints",),
    "role_definitions": ("authorization.roledefinitions", f"graph.{DEFINITIONS}"),
}  # fmt: skip
"""Collection of the estate -> the listings that feed it."""


def read(scopes: Sequence[ScopeInput], left_behind: LeftBehind) -> Share:
    """Everything that the scopes hold."""
    tenant = Tenant()
    contents: dict[str, Contents] = {}
    for given in scopes:
        tenant.take(given)
        contents.update(tally(given.snapshot, given.name))
    everybody = sorted(principals(tenant), key=lambda one: one.id)
    found: dict[str, Iterable[Any]] = {
        "organisations": [_organisation(tenant)],
        "accounts": list(_accounts(tenant)),
        "containers": containers(tenant),
        "principals": everybody,
        "federated_providers": list(_federated(everybody)),
        "stores": list(stores(tenant, contents)),
        "keys": list(keys(tenant)),
        "workloads": list(workloads(tenant)),
        "disk_copies": list(disk_copies(tenant)),
        "endpoints": list(endpoints(tenant)),
        "trails": list(trails(tenant)),
        "role_definitions": list(_roles(tenant)),
    }
    gaps = _Gaps(tenant, [gap for _, each in left_behind.items() for _, gap in each])
    collections = {
        name: Collection(_distinct(found.get(name, ())), gaps.of(name)) for name in {*found, *_FEEDS}
    }
    return Share(collections, _resources(tenant, gaps))


@dataclass(frozen=True, slots=True)
class _Gaps:
    """Why collections may miss something.

    Attributes:
        left_behind: listings that an older snapshot made and the one that is believed did not.
    """

    tenant: Tenant
    left_behind: Sequence[Unknown]

    def of(self, name: str) -> tuple[Unknown, ...]:
        """The gaps of a collection."""
        found = [gap for kind in _FEEDS.get(name, ()) if (gap := self.tenant.gap(kind)) is not None]
        if name == "containers":
            found += unplaced(self.tenant)
        return tuple(dict.fromkeys((*found, *self.left_behind)))


def _distinct(items: Iterable[Any]) -> tuple[Any, ...]:
    by_id = {item.id: item for item in items}
    return tuple(by_id[id] for id in sorted(by_id))


def _organisation(tenant: Tenant) -> Organisation:
    return Organisation(
        tenant_id(tenant), "azure", "", parents_of(tenant), tenant.gap("resources.subscriptions") is None
    )


def _accounts(tenant: Tenant) -> Iterable[Account]:
    told = {subscription_of(one.id): one for one in tenant.of("resources.subscriptions")}
    held = {subscription_of(one.id) for records in tenant.records.values() for one in records} - {""}
    policies = Policies(tenant)
    for id in sorted({*told, *held}):
        yield _account(tenant, policies, id, told.get(id), id in held)


def _account(tenant: Tenant, policies: Policies, id: str, record: Record | None, collected: bool) -> Account:
    source = (
        listing_source(record)
        if record is not None
        else Source.asked("azure", id, "resources", "subscriptions")
    )
    nothing = Known(None, source)
    place = f"/subscriptions/{id}"
    above = tuple(scopes_above(place, parents_of(tenant), f"{MANAGEMENT}{tenant.scope}"))
    closed, disks, places = (
        refusing(tenant, place, above, one, policies.of_types)
        for one in (CLOSED_BLOBS, CLOSED_DISKS, LOCATIONS)
    )
    state = properties(record).get("state") if record is not None else None
    return Account(
        id=id, provider="azure", name=name_of(record) if record is not None else id, organisation=tenant_id(tenant),
        is_management=False, collected=collected, guardrails=nothing, resource_guardrails=nothing,
        public_access=_public_access(closed),
        public_access_block=nothing, root_mfa=NOT_HERE, root_access_keys=NOT_HERE, password_policy=NOT_HERE,
        closed=str(state) in ("Disabled", "Deleted"),
        settings={
            "disks_closed": _is_refused(disks), "allowed_locations": _locations(places),
            "refused_above": policies.above(place, above), "leaving_blocked": leaving_blocked(tenant),
        },
    )  # fmt: skip


def _public_access(found: Fact[Record | None]) -> Fact[PublicAccess | None]:
    if isinstance(found, Unknown):
        return found
    by = None if found.value is None else PublicAccess(True, ("an assignment of Azure Policy",))
    return Known(by, found.source)


def _is_refused(found: Fact[Record | None]) -> Fact[bool]:
    return found if isinstance(found, Unknown) else Known(found.value is not None, found.source)


def _locations(found: Fact[Record | None]) -> Fact[tuple[str, ...] | None]:
    """Where Azure Policy lets resources be made; None: anywhere."""
    if isinstance(found, Unknown):
        return found
    return Known(None if found.value is None else allowed_locations(found.value), found.source)


def _roles(tenant: Tenant) -> Iterable[ScopedPolicy]:
    for record in tenant.of("authorization.roledefinitions"):
        name = str(properties(record).get("roleName") or name_of(record))
        id = record.id.rpartition("/")[2].lower()
        built_in = str(properties(record).get("type")) == "BuiltInRole"
        yield ScopedPolicy(
            id, name, dict(properties(record)), "provider" if built_in else "customer", form=PolicyForm.ROLE
        )
    for record in tenant.of(f"graph.{DEFINITIONS}"):
        data = data_of(record)
        origin: Any = "provider" if data.get("isBuiltIn") else "customer"
        yield ScopedPolicy(
            record.id.lower(),
            str(data.get("displayName")),
            {"directory": True, **data},
            origin,
            form=PolicyForm.ROLE,
        )


def _federated(everybody: Iterable[Principal]) -> Iterable[FederatedProvider]:
    """Whom other issuers vouch for, one a credential."""
    for one in everybody:
        trust = one.trust
        if (
            isinstance(trust, Known)
            and isinstance(trust.value, NamedPolicy)
            and isinstance(trust.value.document, dict)
        ):
            for held in trust.value.document.get("federatedIdentityCredentials", ()):
                issuer, subject = str(held.get("issuer") or ""), str(held.get("subject") or "")
                source = trust.source
                yield FederatedProvider(
                    id=f"{one.id}#{issuer}#{subject}", provider="azure", account=one.account, kind="oidc",
                    issuer=Known(issuer, source), audiences=Known(tuple(map(str, held.get("audiences") or ())), source),
                    condition=Known(subject or None, source),
                )  # fmt: skip


def _resources(tenant: Tenant, gaps: _Gaps) -> dict[str, Collection[Resource]]:
    found = {
        kind: Collection(_distinct(items), () if (gap := tenant.gap(kind)) is None else (gap,))
        for kind, items in resources(tenant).items()
    }
    for kind in ASKED:
        lacking = tenant.gap(kind)
        found.setdefault(kind, Collection((), () if lacking is None else (lacking,)))
    for kind, gap in unread(tenant).items():
        found[kind] = Collection((), (gap,))
    return dict(sorted(found.items()))
