"""Entra: users, groups, service principals with their applications, managed identities; roles of the directory.

Sources: Microsoft Graph v1.0 reference, "user", "group", "servicePrincipal", "application", "unifiedRoleAssignment";
"federatedIdentityCredential".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.estate.azure.tenant import Tenant, name_of, named, parent_of, properties
from weightguard.estate.azure.uses import activities, identities, last_used, tags_of_resource, tags_of_service
from weightguard.estate.evidence import Record, data_of, listing_source, read_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import (
    NOT_HERE,
    Credential,
    CredentialKind,
    NamedPolicy,
    PolicyForm,
    Principal,
    PrincipalKind,
    ScopedPolicy,
)
from weightguard.estate.shape import text_or_none

MEMBERS, OWNERS, FEDERATED, APP_ROLES = (
    "members",
    "owners",
    "federatedIdentityCredentials",
    "appRoleAssignments",
)
MANAGED: Final = "ManagedIdentity"
ROLES: Final = "roleManagement/directory/roleAssignments"
ELIGIBLE: Final = "roleManagement/directory/roleEligibilityScheduleInstances"
DEFINITIONS: Final = "roleManagement/directory/roleDefinitions"
GROUP_ELIGIBLE: Final = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
UNITS: Final = "directory/administrativeUnits"
_USERS: Final = (
    "userType", "accountEnabled", "userPrincipalName", "onPremisesSyncEnabled", "externalUserState", "department", "jobTitle",
    "mail", "identityParentId",
)  # fmt: skip
_GROUPS: Final = (
    "isAssignableToRole", "groupTypes", "membershipRule", "membershipRuleProcessingState", "onPremisesSyncEnabled",
    "securityEnabled", "isManagementRestricted",
)  # fmt: skip
_SERVICES: Final = (
    "appId", "servicePrincipalType", "accountEnabled", "alternativeNames", "appOwnerOrganizationId", "appRoles",
    "agentIdentityBlueprintId",
)  # fmt: skip
_APPLICATIONS: Final = ("signInAudience", "servicePrincipalLockConfiguration")


def principals(tenant: Tenant) -> Iterator[Principal]:
    """Everybody whom the directory tells of, and the identities of resources that it does not."""
    seen: set[str] = set()
    for one in (*_listed(tenant), *_identities(tenant), *_mentioned(tenant)):
        if one.id not in seen:
            seen.add(one.id)
            yield one


def _listed(tenant: Tenant) -> Iterator[Principal]:
    held, told = _groups_of(tenant), activities(tenant)
    for record in tenant.of("graph.users"):
        used = last_used(tenant, record, told)
        yield _principal(tenant, record, PrincipalKind.USER, held, _USERS, used=used)
    for record in tenant.of("graph.groups"):
        members = _relation(tenant, record, MEMBERS)
        yield _principal(
            tenant, record, PrincipalKind.GROUP, held, _GROUPS, owners=_ids(_relation(tenant, record, OWNERS)),
            trust=_policy(record, members, MEMBERS), members=_ids(members),
        )  # fmt: skip
    yield from _services(tenant, held)


def _services(tenant: Tenant, held: Mapping[str, tuple[str, ...]]) -> Iterator[Principal]:
    """Service principals, each with its application where that is of this tenant."""
    known = identities(tenant)
    applications = {
        str(data_of(one).get("appId", "")).lower(): one for one in tenant.of("graph.applications")
    }
    for record in tenant.of("graph.servicePrincipals"):
        application = applications.pop(str(data_of(record).get("appId", "")).lower(), None)
        yield _service(tenant, record, application, held, known)
    for application in applications.values():  # Registered, and nobody signed in to it here yet.
        yield _service(tenant, application, application, held, known)


def _service(
    tenant: Tenant, record: Record, application: Record | None, held: Mapping[str, tuple[str, ...]],
    known: Mapping[str, Record],
) -> Principal:  # fmt: skip
    managed = data_of(record).get("servicePrincipalType") == MANAGED
    kind = PrincipalKind.SERVICE_ACCOUNT if managed else PrincipalKind.APPLICATION
    owners = _ids(_relation(tenant, record, OWNERS))
    more: dict[str, Fact[Any]] = {}
    federated: Fact[Any] = Known((), listing_source(record))
    if application is not None:
        more = {
            name: Known(data_of(application).get(name), listing_source(application)) for name in _APPLICATIONS
        }
        more["applicationId"] = Known(
            str(data_of(application).get("id", "")).lower(), listing_source(application)
        )
        more["applicationOwners"] = _ids(_relation(tenant, application, OWNERS))
        federated = _relation(tenant, application, FEDERATED)
    if managed:
        federated = _federated_of_identity(tenant, record)
    return _principal(
        tenant, record, kind, held, _SERVICES, owners=owners, trust=_policy(record, federated, FEDERATED),
        credentials=Known(tuple(_credentials(record, application)), listing_source(record)), more=more,
        named_by=application if application is record else None, tags=tags_of_service(record, known),
    )  # fmt: skip


def _principal(
    tenant: Tenant,
    record: Record,
    kind: PrincipalKind,
    held: Mapping[str, tuple[str, ...]],
    fields: tuple[str, ...],
    *,
    owners: Fact[tuple[str, ...]] = NOT_HERE,
    trust: Fact[NamedPolicy | None] | None = None,
    credentials: Fact[tuple[Credential, ...]] = NOT_HERE,
    more: Mapping[str, Fact[Any]] | None = None,
    named_by: Record | None = None,
    members: Fact[tuple[str, ...]] = NOT_HERE,
    tags: Fact[Mapping[str, str]] = NOT_HERE,
    used: Fact[str | None] = NOT_HERE,
) -> Principal:
    data, source = data_of(record), listing_source(record)
    identifier = named(record.id if named_by is None else f"application/{record.id}")
    unlisted = tenant.gap("graph.groups/members")
    return Principal(
        id=identifier,
        unique_id=record.id.lower(),
        provider="azure",
        account=tenant.scope,
        kind=kind,
        name=text_or_none(data.get("displayName"))
        or text_or_none(data.get("userPrincipalName"))
        or record.id,
        path="",
        created=text_or_none(data.get("createdDateTime")),
        groups=Known(held.get(identifier, ()), source) if unlisted is None else unlisted,
        policies=Known((), source),
        boundary=NOT_HERE,
        trust=Known(None, source) if trust is None else trust,
        tags=tags,
        service_linked=False,
        last_used=used,
        console_password=NOT_HERE,
        mfa_active=NOT_HERE,
        credentials=credentials,
        owners=owners,
        members=members,
        enabled=_enabled(record),
        attributes={**{name: Known(data.get(name), source) for name in fields}, **(more or {})},
    )


def _enabled(record: Record) -> Fact[bool]:
    """Whether somebody can sign in; of groups there is no such thing."""
    told = data_of(record).get("accountEnabled")
    return Known(told, listing_source(record)) if isinstance(told, bool) else NOT_HERE


def _relation(tenant: Tenant, record: Record, name: str) -> Fact[tuple[Mapping[str, Any], ...]]:
    """The objects in a relation of an object."""
    operation = f"{record.kind.partition('.')[2]}/{name}"
    read = record.reads.get(name)
    source = read_source(record, operation)
    told = read.get("data") if isinstance(read, dict) else None
    values = told.get("value") if isinstance(told, dict) else None
    if isinstance(values, list):
        if isinstance(told, dict) and told.get("truncated"):
            return Unknown(Reason.FAILED, source, "Truncated")
        return Known(tuple(one for one in values if isinstance(one, dict)), source)
    gap = tenant.gap(f"graph.{operation}")
    if gap is not None:
        return gap
    # The relation was asked for, of others: of this one it said nothing.
    return (
        Known((), source) if tenant.from_state or name != MEMBERS else Unknown(Reason.NOT_COLLECTED, source)
    )


def members_of(record: Record) -> tuple[str, ...]:
    """The members that a group is known to have, all of them or not."""
    read = record.reads.get(MEMBERS)
    told = read.get("data") if isinstance(read, dict) else None
    values = told.get("value") if isinstance(told, dict) else None
    return tuple(named(str(one["id"])) for one in values or () if isinstance(one, dict) and one.get("id"))


def _groups_of(tenant: Tenant) -> dict[str, tuple[str, ...]]:
    """The groups that each is in, through others among them."""
    within: dict[str, set[str]] = {}
    for record in tenant.of("graph.groups"):
        for member in members_of(record):
            within.setdefault(member, set()).add(named(record.id))
    found: dict[str, tuple[str, ...]] = {}
    for member in within:
        seen: set[str] = set()
        waiting = list(within[member])
        while waiting:
            group = waiting.pop()
            if group not in seen:
                seen.add(group)
                waiting.extend(within.get(group, ()))
        found[member] = tuple(sorted(seen))
    return found


def _ids(fact: Fact[tuple[Mapping[str, Any], ...]]) -> Fact[tuple[str, ...]]:
    if isinstance(fact, Unknown):
        return fact
    return Known(tuple(named(str(one["id"])) for one in fact.value if one.get("id")), fact.source)


def _policy(record: Record, fact: Fact[tuple[Mapping[str, Any], ...]], name: str) -> Fact[NamedPolicy | None]:
    """Who may become a principal: the members of a group, those whom other issuers vouch for."""
    if isinstance(fact, Unknown):
        known = [{"id": one.removeprefix("azure:")} for one in members_of(record)] if name == MEMBERS else []
        return fact if not known else Unknown(fact.reason, fact.source, fact.code)
    document = {name: [dict(one) for one in fact.value]}
    return Known(NamedPolicy(f"{named(record.id)}#{name}", name, document, "inline"), fact.source)


def _credentials(record: Record, application: Record | None) -> Iterator[Credential]:
    kinds = (
        ("passwordCredentials", CredentialKind.CLIENT_SECRET),
        ("keyCredentials", CredentialKind.CERTIFICATE),
    )
    for one in (record, application):
        for name, kind in kinds if one is not None else ():
            for held in data_of(one).get(name) or () if one is not None else ():
                if isinstance(held, dict):
                    yield Credential(
                        str(held.get("keyId")), kind, True, text_or_none(held.get("startDateTime")), None,
                        text_or_none(held.get("endDateTime")),
                    )  # fmt: skip


# Identities of resources


def identities_of(record: Record) -> tuple[str, ...]:
    """The managed identities that a resource runs as."""
    held = data_of(record).get("identity")
    if not isinstance(held, dict):
        return ()
    found = [held.get("principalId")]
    assigned = held.get("userAssignedIdentities")
    if isinstance(assigned, dict):
        found += [one.get("principalId") for one in assigned.values() if isinstance(one, dict)]
    return tuple(dict.fromkeys(named(one) for one in found if isinstance(one, str) and one))


def assigned_ids(record: Record) -> tuple[str, ...]:
    """The resource ids of the user-assigned identities that a resource has."""
    held = data_of(record).get("identity")
    assigned = held.get("userAssignedIdentities") if isinstance(held, dict) else None
    return tuple(str(one) for one in assigned) if isinstance(assigned, dict) else ()


def _federated_of_identity(tenant: Tenant, record: Record) -> Fact[tuple[Mapping[str, Any], ...]]:
    """Whom other issuers vouch for as a managed identity; only those that are resources of their own have any."""
    names = [str(one).lower() for one in data_of(record).get("alternativeNames") or ()]
    own = next((one for one in names if "/userassignedidentities/" in one), None)
    return Known((), listing_source(record)) if own is None else _federated_at(tenant, own)


def _federated_at(tenant: Tenant, identity: str) -> Fact[tuple[Mapping[str, Any], ...]]:
    kind = "managedidentity.userassignedidentities/federatedidentitycredentials"
    found = [one for one in tenant.of(kind) if parent_of(one.id).lower() == identity.lower()]
    told = tuple({"name": name_of(one), **properties(one)} for one in found)
    gap = tenant.gap(kind)
    if gap is not None and not found:
        return gap
    return Known(told, listing_source(found[0]) if found else tenant.source(*kind.split(".", 1)))


def _identities(tenant: Tenant) -> Iterator[Principal]:
    """Managed identities that the directory's pages do not hold."""
    held = _groups_of(tenant)
    for record in tenant.of("managedidentity.userassignedidentities"):
        principal = properties(record).get("principalId")
        if isinstance(principal, str) and principal:
            trust = _policy(record, _federated_at(tenant, record.id), FEDERATED)
            yield _managed(tenant, record, named(principal), name_of(record), (record.id,), held, trust)
    for records in list(tenant.records.values()):
        for record in records:
            identity = data_of(record).get("identity")
            own = identity.get("principalId") if isinstance(identity, dict) else None
            if isinstance(own, str) and own:
                trust = Known(None, listing_source(record))
                yield _managed(tenant, record, named(own), name_of(record), (record.id,), held, trust)


def _managed(
    tenant: Tenant, record: Record, id: str, name: str, names: tuple[str, ...], held: Mapping[str, tuple[str, ...]],
    trust: Fact[NamedPolicy | None],
) -> Principal:  # fmt: skip
    source = listing_source(record)
    attributes = {
        "servicePrincipalType": Known(MANAGED, source),
        "alternativeNames": Known(list(names), source),
        "accountEnabled": Known(True, source),
    }
    return _bare(
        tenant, id, PrincipalKind.SERVICE_ACCOUNT, name, Known(held.get(id, ()), source), trust, attributes,
        tags_of_resource(record),
    )  # fmt: skip


def _mentioned(tenant: Tenant) -> Iterator[Principal]:
    """Principals that assignments name and no page does: who stands behind a group of them is not known."""
    kinds = {
        "Group": PrincipalKind.GROUP,
        "ForeignGroup": PrincipalKind.GROUP,
        "ServicePrincipal": PrincipalKind.APPLICATION,
    }
    held = _groups_of(tenant)
    for kind in ("authorization.roleassignments", "authorization.roleeligibilityscheduleinstances"):
        for record in tenant.of(kind):
            told = properties(record)
            principal = told.get("principalId")
            if isinstance(principal, str) and principal:
                of = kinds.get(str(told.get("principalType")), PrincipalKind.USER)
                source = listing_source(record)
                unknown = Unknown(Reason.NOT_COLLECTED, tenant.source("graph", "directoryObjects"))
                trust: Fact[NamedPolicy | None] = (
                    unknown if of is PrincipalKind.GROUP else Known(None, source)
                )
                groups = Known(held.get(named(principal), ()), source)
                mentioned = {"mentioned": Known(str(told.get("principalType")), source)}
                tags = unknown if of is PrincipalKind.APPLICATION else NOT_HERE
                yield _bare(tenant, named(principal), of, principal, groups, trust, mentioned, tags, unknown)


def _bare(
    tenant: Tenant, id: str, kind: PrincipalKind, name: str, groups: Fact[tuple[str, ...]],
    trust: Fact[NamedPolicy | None], attributes: Mapping[str, Fact[Any]], tags: Fact[Mapping[str, str]],
    used: Fact[str | None] = NOT_HERE,
) -> Principal:  # fmt: skip
    nothing = Known((), groups.source)
    return Principal(
        id=id, unique_id=id.removeprefix("azure:"), provider="azure", account=tenant.scope, kind=kind, name=name, path="",
        created=None, groups=groups, policies=nothing, boundary=NOT_HERE, trust=trust, tags=tags, service_linked=False,
        last_used=used, console_password=NOT_HERE, mfa_active=NOT_HERE, credentials=NOT_HERE, owners=nothing,
        attributes=attributes,
    )  # fmt: skip


# Roles of the directory


def directory_policies(tenant: Tenant) -> Iterator[ScopedPolicy]:
    """Who has which role of the directory, or which permission of Microsoft Graph, now or by activating it."""
    forms = ((ROLES, PolicyForm.ASSIGNMENT), (ELIGIBLE, PolicyForm.ELIGIBLE_ASSIGNMENT))
    for collection, form in forms:
        for record in tenant.of(f"graph.{collection}"):
            yield ScopedPolicy(
                record.id, "directory role", {"directoryRole": data_of(record)}, "customer", form=form
            )
    for record in tenant.of(f"graph.{GROUP_ELIGIBLE}"):
        yield ScopedPolicy(
            record.id,
            "eligible membership",
            {"group": data_of(record)},
            "customer",
            form=PolicyForm.ELIGIBLE_ASSIGNMENT,
        )
    for record in tenant.of("graph.servicePrincipals"):
        read = record.reads.get(APP_ROLES)
        told = read.get("data") if isinstance(read, dict) else None
        for one in (told.get("value") if isinstance(told, dict) else None) or ():
            if isinstance(one, dict):
                body = {"principalId": record.id, **one}
                id = str(one.get("id") or f"{record.id}/{one.get('appRoleId')}")
                yield ScopedPolicy(
                    id, "application permission", {"appRole": body}, "customer", form=PolicyForm.ASSIGNMENT
                )


def unit_members(tenant: Tenant) -> Iterator[ScopedPolicy]:
    """Administrative units with their members: what a role at one of them reaches."""
    for record in tenant.of(f"graph.{UNITS}"):
        members = _relation(tenant, record, MEMBERS)
        known = (
            [str(one["id"]).lower() for one in members.value if one.get("id")]
            if isinstance(members, Known)
            else None
        )
        body = {"unit": {**data_of(record), "id": record.id.lower(), "members": known}}
        yield ScopedPolicy(record.id, "administrative unit", body, "customer", form=PolicyForm.BOUNDARY)
