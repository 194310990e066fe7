"""AWS as `weightguard.collect.providers` knows it."""

from __future__ import annotations

import json

from weightguard.collect.aws.collector import collect, connect
from weightguard.collect.aws.options import AwsOptions
from weightguard.collect.aws.permissions import operations, permissions
from weightguard.collect.aws.probe import probe
from weightguard.collect.package import Package, Permissions
from weightguard.sources import AwsSource

# IAM user guide, "IAM and AWS STS quotas": characters of a managed policy, white space not counted.
MANAGED_POLICY_LIMIT = 6_144


def options(settings: AwsSource) -> AwsOptions:
    """The settings of a section as options, checked.

    Raises:
        InputError: one of them cannot be used.
    """
    values = {
        "profile": settings.profile,
        "regions": settings.regions,
        "org": settings.organization,
        "role_name": settings.role_name,
        "role_arns": settings.role_arns,
        "external_id": settings.external_id,
        "endpoint_url": settings.endpoint_url,
        "endpoints": settings.endpoints or None,
        "ca_bundle": str(settings.ca_bundle) if settings.ca_bundle else None,
        "threads": settings.threads,
        "header_reads": settings.header_reads,
        "services": settings.services,
    }
    return AwsOptions(**{name: value for name, value in values.items() if value not in (None, ())})  # type: ignore[arg-type]


def _permissions() -> Permissions:
    document = permissions()
    characters = len(json.dumps(document, separators=(",", ":")))
    if characters <= MANAGED_POLICY_LIMIT:
        return Permissions(document)
    return Permissions(
        document,
        f"{characters:,} characters without white space: more than the {MANAGED_POLICY_LIMIT:,} of one managed policy. "
        "Attach its statements as two.",
    )


def _services() -> frozenset[str]:
    return frozenset(operation.service for operation in operations())


PACKAGE = Package(
    options=options,
    connect=connect,
    collect=collect,
    permissions=_permissions,
    probe=probe,
    services=_services,
)
