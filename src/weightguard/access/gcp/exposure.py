"""Whom Google Cloud's policies speak of, as checks of exposure ask it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weightguard.access.provider import Exposure
from weightguard.estate.model import NamedPolicy
from weightguard.memory import Memory
from weightguard.policy.gcp.groups import canonical

_EVERYBODY = ("allUsers", "allAuthenticatedUsers")


def exposure(policies: Iterable[NamedPolicy], _: Memory) -> Exposure:
    """Whom some allow policies name."""
    documents = [one.document for one in policies if isinstance(one.document, Mapping)]
    members = {
        canonical(member)
        for document in documents
        for binding in document.get("bindings") or ()
        for member in binding.get("members") or ()
    }
    return Exposure(frozenset(members), everybody=bool(members & set(_EVERYBODY)))
