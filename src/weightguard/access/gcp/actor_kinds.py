"""Who stands behind a name."""

from __future__ import annotations

import re
from typing import Final

from weightguard.access.gcp.policies import Source
from weightguard.access.model import ActorKind
from weightguard.access.provider import Actor
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import PrincipalKind

_FULL: Final = re.compile(r"//[a-z0-9.-]+\.googleapis\.com/(?:projects/([^/]+)/)?.*")
_PREFIXES: Final = (
    "user:", "group:", "serviceAccount:", "domain:", "principal://", "principalSet://", "deleted:", "projectOwner:",
    "projectEditor:", "projectViewer:",
)  # fmt: skip


class ActorKinds:
    """Knows the names of an estate.

    Args:
        source: the estate.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._principals = {one.id: one for one in source.estate.principals if one.provider == "gcp"}
        self._accounts = {one.id for one in source.estate.accounts if one.provider == "gcp"}

    def of(self, name: str) -> Actor | None:
        """Who it is, and of which project; None for what is no name of Google Cloud's."""
        if name in ("allUsers", "allAuthenticatedUsers"):
            return Actor("anonymous", None)
        match = _FULL.fullmatch(name)
        if match:
            return Actor("workload", self._source.numbers.get(match[1] or "", match[1]))
        return (
            Actor(self._kind(name), self._account(name), self._limits(name))
            if name.startswith(_PREFIXES)
            else None
        )

    def _limits(self, name: str) -> tuple[Limit, ...]:
        """A group stands among answers only where nobody knows whom it holds."""
        unknown = name.startswith("group:") and self._source.members.get(name) is None
        return (Limit(LimitKind.UNKNOWN_MEMBERS, name),) if unknown else ()

    def _kind(self, name: str) -> ActorKind:
        if name.startswith(("user:", "domain:")):
            return self._of_person(name)
        if name.startswith("serviceAccount:"):
            return self._of_account(name)
        if "/workforcePools/" in name:
            return "person"
        return "workload" if "/workloadIdentityPools/" in name else "unknown"

    def _of_person(self, name: str) -> ActorKind:
        domains = self._source.organisations
        domain = name.partition(":")[2].rpartition("@")[2]
        return (
            "person"
            if not domains or any(domain == one or domain.endswith(f".{one}") for one in domains)
            else "external"
        )

    def _of_account(self, name: str) -> ActorKind:
        known = self._principals.get(name)
        if known is not None and known.kind is PrincipalKind.AGENT:
            return "service"
        account = self._account(name)
        return "external" if account and self._accounts and account not in self._accounts else "workload"

    def _account(self, name: str) -> str | None:
        known = self._principals.get(name)
        return known.account or None if known is not None else None
