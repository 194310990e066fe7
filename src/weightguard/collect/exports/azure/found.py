"""What the files of an export say between them, a thing once, before it is written.

Relations of a directory's objects come on pages of their own: what they say of one object is joined here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.calls.keeping import kept
from weightguard.collect.exports.azure.kinds import kept_of, table_of

SUBSCRIPTION: Final = "/subscriptions/"
GRAPH: Final = "graph"
TABLES: Final = "resourcegraph"

_SIGN_INS: Final = (
    "signInActivity.lastSuccessfulSignInDateTime", "signInActivity.lastSignInDateTime",
    "signInActivity.lastNonInteractiveSignInDateTime",
)  # fmt: skip
DIRECTORY: Final[Mapping[str, tuple[str, ...]]] = {
    "users": (
        "id", "displayName", "userPrincipalName", "mail", "userType", "accountEnabled", "onPremisesSyncEnabled",
        "externalUserState", "department", "jobTitle", "creationType", "createdDateTime", "identityParentId",
        "companyName", "country", "employeeType", "usageLocation", *_SIGN_INS,
    ),
    "users/signInActivity": ("id", *_SIGN_INS),
    "groups": (
        "id", "displayName", "securityEnabled", "mailEnabled", "groupTypes", "isAssignableToRole", "membershipRule",
        "membershipRuleProcessingState", "onPremisesSyncEnabled", "visibility", "createdDateTime", "isManagementRestricted",
    ),
    "applications": (
        "id", "appId", "displayName", "signInAudience", "createdDateTime", "passwordCredentials.keyId",
        "passwordCredentials.startDateTime", "passwordCredentials.endDateTime", "keyCredentials.keyId",
        "keyCredentials.startDateTime", "keyCredentials.endDateTime", "keyCredentials.type", "appOwnerOrganizationId",
        "servicePrincipalLockConfiguration.isEnabled", "servicePrincipalLockConfiguration.allProperties",
        "servicePrincipalLockConfiguration.credentialsWithUsageVerify",
    ),
    "servicePrincipals": (
        "id", "appId", "displayName", "servicePrincipalType", "accountEnabled", "alternativeNames", "appOwnerOrganizationId",
        "servicePrincipalNames", "signInAudience", "appRoles.id", "appRoles.value", "appRoles.isEnabled",
        "passwordCredentials.keyId", "passwordCredentials.startDateTime", "passwordCredentials.endDateTime",
        "keyCredentials.keyId", "keyCredentials.startDateTime", "keyCredentials.endDateTime", "tags",
        "agentIdentityBlueprintId", "createdByAppId",
    ),
    "organization": ("id", "displayName", "verifiedDomains.*"),
    "roleManagement/directory/roleAssignments": (
        "id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId", "condition",
    ),
    "roleManagement/directory/roleDefinitions": ("id", "displayName", "isBuiltIn", "isEnabled", "templateId", "rolePermissions.*"),
    "roleManagement/directory/roleEligibilityScheduleInstances": (
        "id", "principalId", "roleDefinitionId", "directoryScopeId", "startDateTime", "endDateTime", "memberType",
    ),
    "roleManagement/directory/roleAssignmentScheduleInstances": (
        "id", "principalId", "roleDefinitionId", "directoryScopeId", "startDateTime", "endDateTime", "assignmentType", "memberType",
    ),
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": (
        "id", "principalId", "groupId", "accessId", "startDateTime", "endDateTime", "memberType",
    ),
    "identityGovernance/privilegedAccess/group/assignmentScheduleInstances": (
        "id", "principalId", "groupId", "accessId", "startDateTime", "endDateTime", "assignmentType",
    ),
    "directory/administrativeUnits": (
        "id", "displayName", "isMemberManagementRestricted", "membershipType", "membershipRule", "visibility",
    ),
    "directoryRoles": ("id", "displayName", "roleTemplateId"),
    "oauth2PermissionGrants": ("id", "clientId", "consentType", "principalId", "resourceId", "scope"),
    "devices": ("id", "displayName", "deviceId", "accountEnabled"),
    "policies/authorizationPolicy": ("id", "allowInvitesFrom", "guestUserRoleId", "defaultUserRolePermissions.*"),
    "policies/crossTenantAccessPolicy/partners": ("tenantId", "inboundTrust.*", "b2bDirectConnectInbound.*"),
    "identity/conditionalAccess/policies": ("id", "displayName", "state", "conditions.*", "grantControls.*"),
    "appRoleAssignments": ("id", "appRoleId", "principalId", "principalType", "resourceId", "resourceDisplayName"),
}  # fmt: skip
"""Path of a collection of Microsoft Graph -> what is kept of its objects."""

RELATED: Final = (
    "id", "displayName", "appRoleId", "principalId", "principalType", "resourceId", "resourceDisplayName",
    "issuer", "subject", "audiences", "name", "claimsMatchingExpression.*", "roleMemberInfo.id",
)  # fmt: skip
"""What is kept of an object that stands in a relation of another one."""


@dataclass(slots=True)
class Thing:
    """One resource, or one object of a directory.

    Attributes:
        operation: the listing that named it.
        relations: of an object, by name: what stands in it, and whether more may.
    """

    id: str
    operation: str
    data: dict[str, Any]
    region: str | None = None
    relations: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """Everything that was exported.

    Attributes:
        things: (service, kind, id in lower case) -> the thing.
        asked: (service, operation): listings of which the export holds something, an empty page among them.
        cut: of those, the ones that say that more follows, with the words for it.
        tenants: ids of tenants that rows name.
        tenant: the directory that pages are of, where one says so.
    """

    things: dict[tuple[str, str, str], Thing] = field(default_factory=dict)
    asked: dict[tuple[str, str], None] = field(default_factory=dict)
    cut: dict[tuple[str, str], str] = field(default_factory=dict)
    tenants: dict[str, None] = field(default_factory=dict)
    tenant: str | None = None

    def resource(self, row: Mapping[str, Any], *, from_table: bool) -> str:
        """Take in a resource; gives the table of Resource Graph that it would stand in.

        Args:
            from_table: whether Resource Graph answered it: its whole table was then asked for.
        """
        type_ = row["type"].lower()
        service, _, rest = type_.partition("/")
        service = service_of(service)
        operation = rest or type_
        table = table_of(type_)
        tenant = row.get("tenantId")
        if isinstance(tenant, str) and tenant:
            self.tenants[tenant.lower()] = None
        self.asked[(TABLES, table) if from_table else (service, operation)] = None
        data = kept_of(type_, row)
        key = (service, f"{service}.{operation}", row["id"].lower())
        known = self.things.get(key)
        if known is None:
            region = row.get("location")
            self.things[key] = Thing(
                row["id"], operation, data, region if isinstance(region, str) and region else None
            )
        else:
            known.data = _joined(known.data, data)
        return table

    def object(
        self, collection: str, raw: Mapping[str, Any], relations: Mapping[str, Any], cut: bool = False
    ) -> None:
        """Take in an object of a directory, or more of one.

        Args:
            relations: by name, a list of objects that it has.
            cut: whether the relations may go on.
        """
        identifier = str(raw["id"])
        key = (GRAPH, f"{GRAPH}.{collection}", identifier.lower())
        thing = self.things.get(key)
        if thing is None:
            thing = self.things[key] = Thing(identifier, collection, {})
        data = kept(
            {name: value for name, value in raw.items() if value is not None},
            DIRECTORY.get(collection, ("id",)),
        )
        thing.data = _joined(thing.data, data)
        for name, listed in relations.items():
            self._relate(thing, name, listed, cut)

    @staticmethod
    def _relate(thing: Thing, name: str, listed: Any, cut: bool) -> None:
        read = thing.relations.setdefault(name, {"value": [], "truncated": False})
        told = {str(one.get("id", one)).lower() for one in read["value"]}
        for one in listed or ():
            if isinstance(one, Mapping) and str(one.get("id", one)).lower() not in told:
                kind = str(one.get("@odata.type", "")).rpartition(".")[2]
                read["value"].append({**kept(one, RELATED), **({"kind": kind} if kind else {})})
        read["truncated"] = read["truncated"] or cut


def service_of(namespace: str) -> str:
    """What records call a resource provider's namespace: without ``microsoft.``; kinds take a dot for their own."""
    return namespace.removeprefix("microsoft.").replace(".", "-")


def _joined(known: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Two answers about one thing: what either says, the later one where both do."""
    found = dict(known)
    for name, value in more.items():
        old = found.get(name)
        found[name] = _joined(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found
