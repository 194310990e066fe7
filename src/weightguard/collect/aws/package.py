"""AWS as `weightguard.collect.providers` knows it."""

from __future__ import annotations

import json

from weightguard.collect.aws.collector import collect, connect
from weightguard.collect.aws.options import AwsOptions
from weightguard.collect.aws.permissions import operations, permissions
from weightguard.collect.aws.probe import probe
from weightguard.collect.package import Package, Permissions, made
from weightguard.sources import AwsSource

# IAM user guide, "IAM and AWS STS quotas": characters of a managed policy, white space not counted.
MANAGED_POLICY_LIMIT = 6_144


def options(settings: AwsSource) -> AwsOptions:
    """The settings of a section as options, checked.

    Raises:
        InputError: one of them cannot be used.
    """
    return made(AwsOptions, settings, organization=None, org=settings.organization)


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
