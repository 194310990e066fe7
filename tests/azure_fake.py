"""The emulator of Azure, serving a made-up tenant (`azure_exports.Export` and blobs) instead of the demonstration's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import azure_exports as made
from weightguard.demo.azure.emulator import blobs, server, tenant, tokens
from weightguard.demo.azure.emulator.certificates import certificates as certificates

SECRET = "made-up-secret"
PRINCIPAL = "40000000-0000-0000-0000-00000000000a"
CLIENT = "40000000-0000-0000-0000-000000000004"
BLOBS_READ = blobs.READ
Fault = tenant.Fault
Served = server.Served
served = server.served


@dataclass
class Tenant(tenant.Tenant):
    """A tenant that serves what an export holds."""

    export: made.Export = field(default_factory=made.Export)
    id: str = made.TENANT
    principal: str = PRINCIPAL
    client: str = CLIENT
    secret: str = SECRET
    page: int = 3

    def rows(self) -> list[dict[str, Any]]:
        return [*self.export._base(), *self.export.rows]

    def resources(self) -> list[dict[str, Any]]:
        return [*self.export.arm, *self.rows()]

    def collection(self, name: str) -> list[dict[str, Any]]:
        """The objects with their relations: those of pages that expand are joined."""
        found: dict[str, dict[str, Any]] = {}
        for page in {*made.COLLECTIONS, *self.export.objects}:
            if page.partition("(")[0] == name:
                for one in self.export.objects.get(page, self.export._usual(page)):
                    found.setdefault(one["id"], {}).update(one)
        return list(found.values())


def jwt(audience: str) -> str:
    """A token that nobody signed."""
    return tokens.jwt(Tenant(), audience)
