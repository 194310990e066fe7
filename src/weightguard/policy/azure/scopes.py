"""Scopes and actions by name. Both are compared without regard to case.

Sources: Azure RBAC documentation, "Understand scope" and "Understand Azure role definitions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from weightguard.policy.pattern import Glob

MANAGEMENT_GROUP = "/providers/microsoft.management/managementgroups/"


def plain(scope: str) -> str:
    """A scope as it is compared: lower case, no slash at the end; the root is ``/``."""
    return scope.lower().rstrip("/") or "/"


def lies_in(resource: str, scope: str, parents: Mapping[str, str]) -> bool:
    """Whether a scope holds a resource, or is it.

    Args:
        parents: what subscriptions and management groups lie in, all plain.
    """
    wanted, at = plain(scope), plain(resource)
    if wanted in ("/", at):
        return True
    if at.startswith(f"{wanted}/") and wanted.count("/") > 1:
        return not at.startswith(MANAGEMENT_GROUP)
    return wanted in _holding(at, parents)


def above(resource: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """A resource and every scope that it lies in, from itself upwards."""
    return tuple(_above(plain(resource), parents))


def around(resource: str, parents: Mapping[str, str]) -> frozenset[str]:
    """All scopes, plain, that a resource lies in or is; see `lies_in`."""
    at = plain(resource)
    return frozenset(("/", at, *_above(at, parents)))


def _above(resource: str, parents: Mapping[str, str]) -> Iterator[str]:
    at = resource
    if at.startswith(MANAGEMENT_GROUP):
        yield at
    while at.count("/") > 1 and not at.startswith(MANAGEMENT_GROUP):
        yield at
        if at.count("/") == 2:
            break
        at = at.rpartition("/")[0]
    yield from _holding(resource, parents)


def _holding(resource: str, parents: Mapping[str, str]) -> Iterator[str]:
    """The management groups over a resource, from the innermost upwards."""
    at = resource if resource.startswith(MANAGEMENT_GROUP) else "/".join(resource.split("/", 3)[:3])
    seen: set[str] = set()
    while at in parents and at not in seen:
        seen.add(at)
        at = parents[at]
        yield at


def matches(pattern: str, action: str) -> bool:
    """Whether an action is one of those that a pattern (with ``*`` for any characters) means."""
    wanted = pattern.lower()
    return (Glob.of_stars(wanted) if "*" in wanted else Glob(wanted)).matches(action.lower())


def part(resource: str, kind: str) -> str | None:
    """The name that follows a segment of a resource's id (``containers``), as written; None where it has none."""
    found = re.search(rf"/{re.escape(kind)}/([^/]+)", resource, re.IGNORECASE)
    return found[1] if found else None


def blob_of(resource: str) -> str | None:
    """The path of a blob in its container; None for what is no blob."""
    found = re.search(r"/containers/[^/]+/blobs/(.+)$", resource, re.IGNORECASE)
    return found[1] if found else None
