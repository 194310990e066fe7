"""Google Cloud as `weightguard.collect.providers` knows it."""

from __future__ import annotations

from weightguard.collect.gcp.collector import collect
from weightguard.collect.gcp.entry import TOKENS, connect
from weightguard.collect.gcp.options import GcpOptions
from weightguard.collect.gcp.permissions import methods, permissions, terraform
from weightguard.collect.gcp.probe import probe
from weightguard.collect.package import Package, Permissions, made
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
    return made(GcpOptions, settings)


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
