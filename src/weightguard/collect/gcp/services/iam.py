"""IAM: service accounts with their policies and keys, roles with their permissions, policies that deny and that bound.

Sources: IAM API v1, v2 (`policies`) and v3 (`principalAccessBoundaryPolicies`, `policyBindings`); "IAM permissions reference".
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import POLICY_READ, Method
from weightguard.collect.gcp.services.resourcemanager import POLICY_KEEPS

LIST_ACCOUNTS: Final = Method(
    "iam.projects.serviceAccounts.list",
    Operation(
        "iam", "ListServiceAccounts", ("iam.serviceAccounts.list",), "service accounts, and whoever may act as them",
        entries=("accounts",), identity=("name", "email"), paged=True, page_size=100, keeps=("*",),
    ),
    "v1/{+name}/serviceAccounts",
)  # fmt: skip
GET_ACCOUNT_POLICY: Final = Method(
    "iam.projects.serviceAccounts.getIamPolicy",
    Operation(
        "iam", "GetIamPolicy", ("iam.serviceAccounts.getIamPolicy",), "who may act as a service account",
        required=("etag",), keeps=POLICY_KEEPS,
    ),
    f"v1/{{+resource}}{POLICY_READ}",
    query=(("options.requestedPolicyVersion", "3"),),
    verb="POST",
    about="ServiceAccount",
)  # fmt: skip
LIST_ACCOUNT_KEYS: Final = Method(
    "iam.projects.serviceAccounts.keys.list",
    Operation(
        "iam", "ListServiceAccountKeys", ("iam.serviceAccountKeys.list",), "keys of a service account that somebody holds",
        entries=("keys",), identity=("name",), keeps=("*",),
    ),
    "v1/{+name}/keys",
    query=(("keyTypes", "USER_MANAGED"),),
)  # fmt: skip


def _roles(collection: str) -> Method:
    listing = Operation(
        "iam", "ListRoles", ("iam.roles.list",), "roles that somebody made, and what they permit",
        entries=("roles",), identity=("name",), paged=True, page_size=1000, keeps=("*",),
    )  # fmt: skip
    return Method(
        f"iam.{collection}.roles.list", listing, "v1/{+parent}/roles",
        query=(("view", "FULL"), ("showDeleted", "true")), about=collection,
    )  # fmt: skip


LIST_ROLES: Final = {collection: _roles(collection) for collection in ("projects", "organizations")}


def _role(collection: str) -> Method:
    one = Operation(
        "iam", "GetRole", ("iam.roles.get",), "what a role permits that a policy gives", required=("name",), keeps=("*",)
    )  # fmt: skip
    return Method(f"iam.{collection}.roles.get", one, "v1/{+name}", about=collection)


GET_ROLE: Final = {collection: _role(collection) for collection in ("projects", "organizations")}
LIST_DENY_POLICIES: Final = Method(
    "iam.policies.listPolicies",
    Operation(
        "iam", "ListPolicies", ("iam.denypolicies.list",), "deny policies: somebody may be able to do less than is said",
        entries=("policies",), identity=("name",), paged=True, keeps=("name",),
    ),
    "v2/{+parent}",
)  # fmt: skip
GET_DENY_POLICY: Final = Method(
    "iam.policies.get",
    Operation(
        "iam", "GetPolicy", ("iam.denypolicies.get",), "what a deny policy denies",
        required=("name",), keeps=("*",),
    ),
    "v2/{+name}",
)  # fmt: skip
LIST_BOUNDARIES: Final = Method(
    "iam.organizations.locations.principalAccessBoundaryPolicies.list",
    Operation(
        "iam", "ListPrincipalAccessBoundaryPolicies", ("iam.principalaccessboundarypolicies.list",),
        "principal access boundaries: somebody may be able to do less than is said",
        entries=("principalAccessBoundaryPolicies",), identity=("name",), paged=True, keeps=("*",),
    ),
    "v3/{+parent}/principalAccessBoundaryPolicies",
)  # fmt: skip


def _bindings(collection: str, permission: str) -> Method:
    operation = Operation(
        "iam", "ListPolicyBindings", (permission,), "to whom principal access boundaries are bound",
        entries=("policyBindings",), identity=("name",), paged=True, keeps=("*",),
    )  # fmt: skip
    return Method(
        f"iam.{collection}.locations.policyBindings.list", operation, "v3/{+parent}/policyBindings",
        about=collection,
    )  # fmt: skip


LIST_BINDINGS: Final = {
    collection: _bindings(collection, "iam.policybindings.list")
    for collection in ("projects", "folders", "organizations")
}
METHODS: Final = (
    LIST_ACCOUNTS,
    GET_ACCOUNT_POLICY,
    LIST_ACCOUNT_KEYS,
    *LIST_ROLES.values(),
    *GET_ROLE.values(),
    LIST_DENY_POLICIES,
    GET_DENY_POLICY,
    LIST_BOUNDARIES,
    *LIST_BINDINGS.values(),
)
