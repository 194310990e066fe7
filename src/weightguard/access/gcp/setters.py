"""Who sets the policy of what: the permission that each kind of resource asks for, and what conditions name.

Source: IAM documentation, "Resource types that accept allow policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.policy.gcp.names import object_of
from weightguard.policy.gcp.syntax import NotAnExpression, literals

_SETTERS: Final = (
    ("organizations/", "resourcemanager.organizations.setIamPolicy"),
    ("folders/", "resourcemanager.folders.setIamPolicy"),
    ("buckets/", "storage.buckets.setIamPolicy"),
)
_OF_PROJECTS: Final = "resourcemanager.projects.setIamPolicy"
_INSIDE_PROJECTS: Final = {
    "serviceAccounts": "iam.serviceAccounts.setIamPolicy",
    "keyRings": "cloudkms.keyRings.setIamPolicy",
    "cryptoKeys": "cloudkms.cryptoKeys.setIamPolicy",
    "instances": "compute.instances.setIamPolicy",
    "connections": "bigquery.connections.setIamPolicy",
}
"""Collection that a resource's name ends in -> the permission to set its policy."""


def setting(place: str) -> str | None:
    """The permission to set the policy of a resource; None for what has none of its own, or none that is told of here."""
    for prefix, permission in _SETTERS:
        if place.startswith(prefix):
            if "/managedFolders/" in place:
                return "storage.managedFolders.setIamPolicy"
            return None if object_of(place) is not None else permission
    parts = place.split("/")
    if parts[0] != "projects":
        return None
    return _OF_PROJECTS if len(parts) == 2 else _INSIDE_PROJECTS.get(parts[-2])


def entity_of(member: str) -> str | None:
    """A member as access control lists write it."""
    kind, _, name = member.partition(":")
    return {"user": f"user-{name}", "serviceAccount": f"user-{name}", "group": f"group-{name}"}.get(kind)


def texts_in(expression: str) -> tuple[str, ...]:
    """The texts of a condition; none where it is no expression."""
    try:
        return literals(expression)
    except NotAnExpression:
        return ()


def roles_in(expression: str) -> Iterator[str]:
    """The roles that a condition names."""
    return (one for one in texts_in(expression) if one.startswith(("roles/", "projects/", "organizations/")))
