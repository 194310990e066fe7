"""The lab as data: resources, the directory and blobs, each under a name, so that a weakness is a small change to one of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from weightguard.demo.azure.emulator.tenant import Tenant, Thing
from weightguard.demo.azure.names import MEMBERS, TENANT, application_of

Blobs = dict[str, bytes]


@dataclass
class Lab:
    """The lab.

    Attributes:
        things: what the lab calls it (``account aurorarelease``) -> the resource. Those with a ``tenantId`` are rows of Resource
            Graph too: the column is its own.
        objects: collection of Microsoft Graph -> its objects, each with its relations.
        blobs: (account, container) -> name -> content.
    """

    things: dict[str, Thing] = field(default_factory=dict)
    objects: dict[str, list[Thing]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], Blobs] = field(default_factory=dict)

    def set(self, name: str, **settings: Any) -> None:
        """Set properties of a resource otherwise."""
        self.things[name]["properties"].update(settings)

    def inside(self, name: str, prefix: str) -> Blobs:
        """The blobs of a container (``aurorarelease/models``) below a prefix."""
        account, _, container = name.partition("/")
        held = self.blobs[account, container]
        return {key: content for key, content in held.items() if key.startswith(prefix)}

    def put(self, name: str, prefix: str, files: Blobs) -> None:
        """Put files into a container, below a prefix."""
        account, _, container = name.partition("/")
        held = self.blobs.setdefault((account, container), {})
        held |= {prefix + key: content for key, content in files.items()}

    def tenant(self) -> Tenant:
        """What is served of it, and an auditor who signs in with a secret of the hour."""
        return Tenant(
            id=TENANT,
            principal=MEMBERS["auditor"],
            client=application_of("auditor"),
            secret=secrets.token_urlsafe(16),
            tabled=[one for one in self.things.values() if "tenantId" in one],
            listed=[one for one in self.things.values() if "tenantId" not in one],
            objects=self.objects,
            blobs=self.blobs,
        )
