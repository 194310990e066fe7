"""What roles of the directory and permissions of Microsoft Graph let do to identities: as data, those actions that bear on who
becomes whom.

Sources: Microsoft Entra documentation, "Microsoft Entra built-in roles" (read November 2026), "Privileged roles and
permissions in Microsoft Entra ID" (who can reset passwords); Microsoft Graph, "Microsoft Graph permissions reference", "Add
members to a group".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GLOBAL: Final = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE: Final = "e8611ab8-c189-46e8-94e1-60213ab1f814"
PRIVILEGED_AUTHENTICATION: Final = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
PARTNER_TIER_2: Final = "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"
_PARTNER_TIER_1: Final = "4ba39ca4-527c-499a-b93d-d9b492c50246"
_USER: Final = "fe930be7-5e62-47db-91af-98c3a49a38b1"
_HELPDESK: Final = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
_PASSWORD: Final = "966707d0-3269-4727-9be2-8c3a10f19b9d"  # noqa: S105 - the id of a role
_AUTHENTICATION: Final = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
_GROUPS: Final = "fdd7a751-b60b-444a-984c-02652fe8fa1c"

ASSIGN_ROLES: Final = "microsoft.directory/roleAssignments/allProperties/allTasks"
ASSIGNABLE_GROUPS: Final = "microsoft.directory/groupsAssignableToRoles/allProperties/update"
RESET: Final = "microsoft.directory/users/password/update"
FEDERATION: Final = "microsoft.directory/domains/federation/update"
EDIT_USERS: Final = "microsoft.directory/users/basic/update"
BLUEPRINTS: Final = "microsoft.directory/agentIdentityBlueprints/credentials/update"
EVERYTHING: Final = "*"
_GROUP_MEMBERS: Final = (
    "microsoft.directory/groups/members/update",
    "microsoft.directory/groups/owners/update",
)
_UNIFIED: Final = ("microsoft.directory/groups.unified/members/update",)
_SECURITY: Final = ("microsoft.directory/groups.security/members/update",)
_CREDENTIALS: Final = (
    "microsoft.directory/applications/credentials/update",
    "microsoft.directory/servicePrincipals/credentials/update",
    "microsoft.directory/applications/owners/update",
    "microsoft.directory/servicePrincipals/owners/update",
)
_OWNERS: Final = (
    "microsoft.directory/applications/owners/update",
    "microsoft.directory/servicePrincipals/owners/update",
)

BUILT_IN: Final[Mapping[str, tuple[str, ...]]] = {
    GLOBAL: (EVERYTHING,),
    PRIVILEGED_ROLE: (ASSIGN_ROLES, ASSIGNABLE_GROUPS),
    PRIVILEGED_AUTHENTICATION: (RESET,),
    PARTNER_TIER_2: (RESET, *_GROUP_MEMBERS, *_CREDENTIALS),
    _PARTNER_TIER_1: (RESET, *_GROUP_MEMBERS, *_CREDENTIALS),
    _USER: (RESET, EDIT_USERS, *_GROUP_MEMBERS),
    _HELPDESK: (RESET,),
    _PASSWORD: (RESET,),
    _AUTHENTICATION: (RESET,),
    _GROUPS: _GROUP_MEMBERS,
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": _CREDENTIALS,  # Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7": _CREDENTIALS,  # Cloud Application Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": (*_OWNERS, FEDERATION),  # Hybrid Identity Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301": (*_GROUP_MEMBERS, EDIT_USERS),  # Directory Writers
    "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e": _GROUP_MEMBERS[:1],  # Identity Governance Administrator
    "29232cdf-9323-42fd-ade2-1d097af3e4de": _UNIFIED,  # Exchange Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": _UNIFIED,  # SharePoint Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8": _UNIFIED,  # Teams Administrator
    "810a2642-a034-447f-a5e8-41beaa378541": _UNIFIED,  # Yammer Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5": (*_SECURITY, EDIT_USERS),  # Intune Administrator
    "11451d60-acb2-45eb-a7d6-43d0f0125c13": _SECURITY,  # Windows 365 Administrator
    "b5a8dcf3-09d5-43a9-a639-8e29ef291470": _SECURITY,  # Knowledge Administrator
    "be2f45a1-457d-42af-a067-6ec1fa63bc45": (FEDERATION,),  # External Identity Provider Administrator
    "8329153b-31d0-4727-b945-745eb3bc5f31": (FEDERATION,),  # Domain Name Administrator
    "db506228-d27e-4b7d-95e5-295956d6615f": (BLUEPRINTS,),  # Agent ID Administrator
}  # fmt: skip
"""Template id of a built-in role -> the actions of it that bear on who becomes whom."""

_READERS: Final = frozenset(
    {
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",  # Directory Readers
        "95e79109-95c0-4d8e-aee3-d01accf2d47b",  # Guest Inviter
        _PASSWORD,
    }
)
_REPORTS: Final = frozenset(
    {
        "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",  # Message Center Reader
        "4a5d8f65-41da-4de4-8968-e035b65339cf",  # Reports Reader
        "75934031-6c7e-415a-99d7-48dbd49e875e",  # Usage Summary Reports Reader
        "27460883-1df1-4691-b032-3b79643e5e63",  # User Experience Success Manager
    }
)
ANYBODY: Final = frozenset({GLOBAL, PRIVILEGED_AUTHENTICATION, PARTNER_TIER_2})
"""Roles that reset the password of anybody."""
RESETS: Final[Mapping[str, frozenset[str]]] = {
    _PASSWORD: _READERS,
    _HELPDESK: _READERS | _REPORTS | {_HELPDESK},
    _AUTHENTICATION: _READERS | _REPORTS | {_AUTHENTICATION},
    _USER: _READERS | _REPORTS | {_HELPDESK, _USER, _GROUPS},
}
"""Role -> the roles whose holders it may reset as well as those who have none."""

GRAPH_APPLICATION: Final = "00000003-0000-0000-c000-000000000000"
_TO_ANY_ROLE: Final = (ASSIGN_ROLES,)
PERMISSIONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8": ("RoleManagement.ReadWrite.Directory", _TO_ANY_ROLE),
    "06b708a9-e830-4db3-a914-8e69da51d44f": ("AppRoleAssignment.ReadWrite.All", _TO_ANY_ROLE),
    "dd199f4a-f148-40a4-a2ec-f0069cc799ec": ("RoleAssignmentSchedule.ReadWrite.Directory", _TO_ANY_ROLE),
    "fee28b28-e1f3-4841-818e-2704dc62245f": ("RoleEligibilitySchedule.ReadWrite.Directory", _TO_ANY_ROLE),
    "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9": ("Application.ReadWrite.All", _CREDENTIALS),
    "18a4783c-866b-4cc7-a460-3d5e5662c884": ("Application.ReadWrite.OwnedBy", ()),
    "19dbc75e-c2e2-444c-a770-ec69d8559fc7": ("Directory.ReadWrite.All", (*_GROUP_MEMBERS, EDIT_USERS)),
    "62a82d76-70ea-41e2-9197-370581804d09": ("Group.ReadWrite.All", _GROUP_MEMBERS),
    "dbaae8cf-10b5-4b86-a4a1-f871c94c6695": ("GroupMember.ReadWrite.All", _GROUP_MEMBERS[:1]),
    "50483e42-d915-4231-9639-7fdb7fd190e5": ("UserAuthenticationMethod.ReadWrite.All", (RESET,)),
    "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7": ("User-PasswordProfile.ReadWrite.All", (RESET,)),
    "741f803b-c850-494e-b5df-cde7c675a1ca": ("User.ReadWrite.All", (EDIT_USERS,)),
    "2f6817f8-7b12-4f0f-bc18-eeaf60705a9e": ("PrivilegedAccess.ReadWrite.AzureADGroup", (*_GROUP_MEMBERS, ASSIGNABLE_GROUPS)),
    "41202f2c-f7ab-45be-b001-85c9728b9d69": (
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", (*_GROUP_MEMBERS, ASSIGNABLE_GROUPS),
    ),
    "618b6020-bca8-4de6-99f6-ef445fa4d857": (
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup", (*_GROUP_MEMBERS, ASSIGNABLE_GROUPS),
    ),
    "7e05723c-0bb0-42da-be95-ae9f08a6e53c": ("Domain.ReadWrite.All", (FEDERATION,)),
}  # fmt: skip
"""Id of an application permission of Microsoft Graph -> its name, and what it lets do."""
BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    **dict(PERMISSIONS.values()),
    "AgentIdentityBlueprint.AddRemoveCreds.All": (BLUEPRINTS,),
    "AgentIdentityBlueprint.ReadWrite.All": (BLUEPRINTS,),
}
RESETS_ANYBODY: Final = "UserAuthenticationMethod.ReadWrite.All"
OWNED: Final = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
"""Permissions of which an owner that is an application needs one to do what owners may."""
