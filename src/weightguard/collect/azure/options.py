"""What a user may ask of an Azure collection, checked before the first call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from weightguard.collect.azure.clouds import CLOUDS, SERVICES, Cloud
from weightguard.collect.ways import check_endpoints, check_ways
from weightguard.errors import InputError
from weightguard.weights import READ_BUDGET

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_GROUP = re.compile(r"[\w().-]{1,90}")


@dataclass(frozen=True, slots=True)
class AzureOptions:
    """How to collect from Azure.

    Attributes:
        tenant: the directory to sign in to, by id or domain; None: the credential's own.
        management_group: every subscription below this group. subscriptions: these; neither: all that the credential sees.
        cloud: ``public``, ``usgov`` or ``china``.
        endpoint_url: one endpoint for every service (an emulator). endpoints: another for one service.
        ca_bundle: a file of CA certificates to trust.
        threads: calls in flight at a time.
        max_attempts: requests made of one call before it is given up, the first included.
        header_reads: blobs whose header is read, at most, in one container.
    """

    tenant: str | None = None
    management_group: str | None = None
    subscriptions: tuple[str, ...] = ()
    cloud: str = "public"
    endpoint_url: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    threads: int = 16
    max_attempts: int = 5
    header_reads: int = READ_BUDGET

    def __post_init__(self) -> None:
        if self.tenant is not None and not _TENANT.fullmatch(self.tenant):
            raise InputError(f"{self.tenant!r} is not a tenant", fix="write its id or its domain")
        for one in self.subscriptions:
            if not GUID.fullmatch(one):
                raise InputError(
                    f"{one!r} is not the id of a subscription", fix="`az account list` shows them"
                )
        if self.management_group is not None and not _GROUP.fullmatch(self.management_group):
            raise InputError(f"{self.management_group!r} is not the id of a management group")
        if self.cloud not in CLOUDS:
            raise InputError(f"there is no cloud {self.cloud!r}", fix=f"choose from {', '.join(CLOUDS)}")
        _check_endpoints(self)
        for name, least in (("threads", 1), ("max_attempts", 1), ("header_reads", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}")

    @property
    def of(self) -> Cloud:
        """The cloud."""
        return CLOUDS[self.cloud]

    def endpoint(self, at: str) -> str | None:
        """The endpoint that stands in for a service, without a slash at its end; None: the cloud's own."""
        found = self.endpoints.get(at) or self.endpoint_url
        return found.rstrip("/") if found else None

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken. A resumed run must ask for the same."""
        endpoints = {"endpoints": dict(sorted(self.endpoints.items()))} if self.endpoints else {}
        return endpoints | {
            "name": "azure",
            "cloud": self.cloud,
            "management_group": self.management_group,
            "subscriptions": sorted(one.lower() for one in self.subscriptions),
            "header_reads": self.header_reads,
        }


def _check_endpoints(options: AzureOptions) -> None:
    check_endpoints(options.endpoints, SERVICES)
    check_ways(options.endpoint_url, options.endpoints, options.ca_bundle)
    for url in (options.endpoint_url, *options.endpoints.values()):
        if url is not None and urlsplit(url).scheme != "https":
            raise InputError(
                f"{url!r} is no https endpoint",
                fix="write a URL such as https://127.0.0.1:8443: tokens go there",
            )
