"""The permissions that a read asks for, as IAM names them: one a kind, where several kinds of resource have the operation.

Source: IAM, "IAM permissions reference"; Cloud Storage, "IAM permissions for JSON methods"; Cloud Asset Inventory, "Roles".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CONTAINERS: Final = ("organizations", "folders", "projects")
_OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "accesscontextmanager:ListAccessLevels": ("accesscontextmanager.accessLevels.list",),
    "accesscontextmanager:ListAccessPolicies": ("accesscontextmanager.policies.list",),
    "accesscontextmanager:ListServicePerimeters": ("accesscontextmanager.servicePerimeters.list",),
    "cloudasset:ListAssets/ACCESS_POLICY": ("cloudasset.assets.listAccessPolicy",),
    "cloudasset:ListAssets/IAM_POLICY": ("cloudasset.assets.listIamPolicy",),
    "cloudasset:ListAssets/ORG_POLICY": ("cloudasset.assets.listOrgPolicy",),
    "cloudasset:ListAssets/RESOURCE": ("cloudasset.assets.listResource",),
    "cloudidentity:ListMemberships": ("groups.read",),
    "cloudidentity:LookupGroupName": ("groups.read",),
    "cloudresourcemanager:GetFolder": ("resourcemanager.folders.get",),
    "cloudresourcemanager:GetIamPolicy": tuple(f"resourcemanager.{one}.getIamPolicy" for one in _CONTAINERS),
    "cloudresourcemanager:GetOrganization": ("resourcemanager.organizations.get",),
    "cloudresourcemanager:GetProject": ("resourcemanager.projects.get",),
    "cloudresourcemanager:ListFolders": ("resourcemanager.folders.list",),
    "cloudresourcemanager:ListProjects": ("resourcemanager.projects.list",),
    "iam:GetIamPolicy": ("iam.serviceAccounts.getIamPolicy",),
    "iam:GetPolicy": ("iam.denypolicies.get",),
    "iam:GetRole": ("iam.roles.get",),
    "iam:ListPolicies": ("iam.denypolicies.list",),
    "iam:ListPolicyBindings": ("iam.policybindings.list",),
    "iam:ListPrincipalAccessBoundaryPolicies": ("iam.principalaccessboundarypolicies.list",),
    "iam:ListRoles": ("iam.roles.list",),
    "iam:ListServiceAccountKeys": ("iam.serviceAccountKeys.list",),
    "iam:ListServiceAccounts": ("iam.serviceAccounts.list",),
    "orgpolicy:ListPolicies": ("orgpolicy.policies.list", "orgpolicy.policy.get"),
    "storage:GetIamPolicy": ("storage.buckets.getIamPolicy", "storage.managedFolders.getIamPolicy"),
    "storage:GetObject": ("storage.objects.get",),
    "storage:ListBuckets": ("storage.buckets.list", "storage.buckets.getIamPolicy"),
    "storage:ListHmacKeys": ("storage.hmacKeys.list",),
    "storage:ListManagedFolders": ("storage.managedFolders.list",),
    "storage:ListObjects": ("storage.objects.list",),
}
_ACCESS: Final = ("IAM", "IFC", "KEY", "STO")
_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "accesscontextmanager": (*_ACCESS, "NET"),
    "cloudasset": (*_ACCESS, "CON", "INV", "LOG", "NET", "SUP"),
    "orgpolicy": (*_ACCESS, "NET"),
    "storage": (*_ACCESS, "INV", "LOG"),
}


def families(service: str) -> frozenset[str]:
    """The families of controls that rest on what a service tells; of one that is not named, those about who may do what."""
    return frozenset(_FAMILIES.get(service, _ACCESS))


def permission(service: str, operation: str) -> str:
    """``storage.objects.list`` for (``storage``, ``ListObjects``)."""
    call = f"{service}:{operation}"
    return ", ".join(_OPERATIONS.get(call, (call,)))
