"""Organisation policies that stop requests, whatever IAM allows.

Most constraints only keep settings from being made; what was made before goes on working. Those here are looked at when the
request is made.

Sources: Resource Manager documentation, "Organization policy constraints" and "Understanding hierarchy evaluation"; IAM
documentation, "Restrict service account usage"; "Restricting resource usage".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.policy.decision import Reason
from weightguard.policy.gcp.groups import canonical
from weightguard.policy.gcp.model import Constraint, Policies
from weightguard.policy.gcp.names import lineage

_STOPS: Final = {
    "iam.disableServiceAccountKeyCreation": ("iam.serviceAccountKeys.create",),
    "iam.managed.disableServiceAccountKeyCreation": ("iam.serviceAccountKeys.create",),
    "iam.disableServiceAccountCreation": ("iam.serviceAccounts.create",),
    "iam.managed.disableServiceAccountCreation": ("iam.serviceAccounts.create",),
}
"""Boolean constraint -> the permissions of the requests that it refuses while it is enforced."""
_USAGE: Final = "gcp.restrictServiceUsage"
MEMBERS: Final = "iam.allowedPolicyMemberDomains"


def in_force(name: str, resource: str, policies: Policies) -> Constraint | None:
    """The organisation policy that counts for a constraint at a resource: the nearest one above it."""
    own = [one for one in policies.constraints if one.name == name]
    if not own:
        return None
    for place in lineage(resource, policies.parents):
        for one in own:
            if one.resource == place:
                return one
    return None


def is_enforced(name: str, resource: str, policies: Policies) -> bool:
    """Whether a boolean constraint is enforced at a resource."""
    found = in_force(name, resource, policies)
    return found is not None and bool(found.enforced)


def stopping(permission: str, resource: str, policies: Policies) -> Iterator[Reason]:
    """The organisation policies that refuse requests for a permission on a resource."""
    for name, permissions in _STOPS.items():
        if permission in permissions:
            found = in_force(name, resource, policies)
            if found is not None and found.enforced:
                yield Reason("org_policy", found.resource, name)
    usage = in_force(_USAGE, resource, policies)
    if usage is not None and _refuses(usage, f"{permission.partition('.')[0]}.googleapis.com"):
        yield Reason("org_policy", usage.resource, _USAGE)


def _refuses(constraint: Constraint, value: str) -> bool:
    """Whether a list constraint leaves a value out."""
    if value in constraint.denied or "all" in constraint.denied:
        return True
    return constraint.allowed is not None and not {value, "all"} & set(constraint.allowed)


def keeps_out(member: str, on: str, policies: Policies) -> bool:
    """Whether a binding cannot be there: its member is of no allowed domain, and the constraint was there before it.

    The constraint is asked when a policy is set, and never again.
    """
    found = in_force(MEMBERS, on, policies)
    if found is None or found.set_after is not False or found.allowed is None:
        return False
    kind, _, name = canonical(member).partition(":")
    domain = name.rpartition("@")[2] if kind in ("user", "group") else name if kind == "domain" else None
    allowed = {one.removeprefix("is:").removeprefix("under:").lower() for one in found.allowed}
    return domain is None or domain.lower() not in allowed
