"""Google Cloud as `weightguard.collect.providers` knows it."""

from __future__ import annotations

from weightguard.collect.gcp.collector import collect
from weightguard.collect.gcp.entry import TOKENS, connect
from weightguard.collect.gcp.options import GcpOptions
from weightguard.collect.gcp.permissions import methods, permissions, terraform
from weightguard.collect.gcp.probe import probe
from weightguard.collect.package import Package, Permissions
from weightguard.sources import GcpSource

_REMARK = (
    "Bind it where the scan looks: organization, folders or projects. Members of groups are the directory's to give: let the "
    "account read groups there, or their members stay unknown."
)


def options(settings: GcpSource) -> GcpOptions:
    """The settings of a section as options, checked.

    Raises:
        InputError: one of them cannot be used.
    """
    values = {
        "organization": settings.organization,
        "folders": settings.folders,
        "projects": settings.projects,
        "impersonate": settings.impersonate,
        "quota_project": settings.quota_project,
        "endpoint_url": settings.endpoint_url,
        "endpoints": settings.endpoints or None,
        "ca_bundle": str(settings.ca_bundle) if settings.ca_bundle else None,
        "threads": settings.threads,
        "header_reads": settings.header_reads,
    }
    return GcpOptions(**{name: value for name, value in values.items() if value not in (None, ())})  # type: ignore[arg-type]


def _permissions() -> Permissions:
    return Permissions(permissions(), _REMARK, terraform())


def _services() -> frozenset[str]:
    return frozenset({method.operation.service for method in methods()} | {TOKENS})


PACKAGE = Package(
    options=options,
    connect=connect,
    collect=collect,
    permissions=_permissions,
    probe=probe,
    services=_services,
)
