"""Azure as `weightguard.collect.providers` knows it."""

from __future__ import annotations

from typing import Final

from weightguard.collect.azure.clouds import SERVICES
from weightguard.collect.azure.collector import collect
from weightguard.collect.azure.entry import connect
from weightguard.collect.azure.options import AzureOptions
from weightguard.collect.azure.permissions import permissions
from weightguard.collect.azure.probe import probe
from weightguard.collect.package import Package, Permissions, made
from weightguard.sources import AzureSource

_REMARK: Final = (
    "role: `az role definition create --role-definition` takes it, with your subscriptions as its scopes (a role with DataActions "
    "cannot be assigned at a management group). graph: application permissions of Microsoft Graph, with an administrator's consent."
)


def options(settings: AzureSource) -> AzureOptions:
    """The settings of a section as options, checked.

    Raises:
        InputError: one of them cannot be used.
    """
    return made(AzureOptions, settings)


def _permissions() -> Permissions:
    return Permissions(permissions(), _REMARK)


def _services() -> frozenset[str]:
    return SERVICES


PACKAGE = Package(
    options=options,
    connect=connect,
    collect=collect,
    permissions=_permissions,
    probe=probe,
    services=_services,
)
