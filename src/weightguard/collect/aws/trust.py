"""Which services the roles of an account trust: where no role trusts a service, no code of it runs as a role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Trusted:
    """The services that the roles of an account trust.

    Attributes:
        everything: a trust policy is open to all, could not be read, or the roles are not all known.
        names: service principals without their domain (``ecs-tasks``).
    """

    everything: bool = False
    names: set[str] = field(default_factory=set)

    def any_of(self, services: Iterable[str]) -> bool:
        """Whether one of the services is trusted. ``eks`` stands for ``pods.eks`` too."""
        return self.everything or any(
            name == service or name.endswith(f".{service}") or name.startswith((f"{service}.", f"{service}-"))
            for service in services
            for name in self.names
        )

    def take(self, trust: Any) -> None:
        """Take in a role's trust policy, as the provider gives it."""
        statements = trust.get("Statement") if isinstance(trust, Mapping) else None
        if isinstance(statements, Mapping):
            statements = [statements]
        if not isinstance(statements, list):
            self.everything = True
            return
        for statement in statements:
            principal = statement.get("Principal") if isinstance(statement, Mapping) else "*"
            self._take_principal(principal)

    def _take_principal(self, principal: Any) -> None:
        if not isinstance(principal, Mapping):
            self.everything = True
            return
        services = principal.get("Service", [])
        for service in [services] if isinstance(services, str) else services:
            self.names.add(str(service).partition(".amazonaws.com")[0].lower())
