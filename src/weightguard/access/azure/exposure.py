"""Whom the policies of Azure's resources speak of, as checks of exposure ask it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weightguard.access.azure.context import named
from weightguard.access.provider import Exposure
from weightguard.estate.model import NamedPolicy
from weightguard.memory import Memory


def exposure(policies: Iterable[NamedPolicy], _: Memory) -> Exposure:
    """Whom some policies of resources speak of: everybody by a container's level, principals by assignments and access policies."""
    everybody = False
    names: set[str] = set()
    for policy in policies:
        body = policy.document if isinstance(policy.document, Mapping) else {}
        level = str(body.get("publicAccess") or "none").lower()
        everybody = everybody or level != "none"
        principals = [
            body.get("principalId"),
            *(one.get("objectId") for one in body.get("accessPolicies") or ()),
        ]
        names.update(named(one) for one in principals if isinstance(one, str) and one)
    return Exposure(frozenset(names), everybody=everybody)
