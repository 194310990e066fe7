"""What a user may ask of an AWS collection, checked before the first call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.collect.ways import check_ways
from weightguard.errors import InputError
from weightguard.weights import READ_BUDGET

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
ACCOUNT = re.compile(r"\d{12}")
ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/([\w+=,.@/-]+)")
ORGANISATION_ROLE = "OrganizationAccountAccessRole"
"""What Organizations puts into the accounts that it creates (AWS Organizations user guide, "Accessing member accounts")."""


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """How to collect from AWS.

    Attributes:
        profile: a profile of the shared configuration; None: what the SDK finds.
        regions: regional services are read in these alone; empty: in every region that the account may use. Buckets are
            read wherever they are.
        role_arns: roles of other accounts to read as well.
        org: True: read every account of the organisation through `role_name`; False: none of them; None: all of them when this
            is the management account and no `role_arns` are given.
        role_name: the role to assume in the organisation's accounts.
        external_id: what the roles' trust policies ask for as ``sts:ExternalId``.
        endpoint_url: one endpoint for every service (an emulator, a private endpoint).
        endpoints: another endpoint for one service, by its SDK client name.
        ca_bundle: a file of CA certificates to trust.
        threads: calls in flight at a time.
        max_attempts: requests made of one call before it is given up, the first included.
        header_reads: objects whose header is read, at most, in one bucket.
        services: optional services to read, by SDK client name; None: all of them.
    """

    profile: str | None = None
    regions: tuple[str, ...] = ()
    role_arns: tuple[str, ...] = ()
    org: bool | None = None
    role_name: str = ORGANISATION_ROLE
    external_id: str | None = None
    endpoint_url: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    threads: int = 16
    max_attempts: int = 4
    header_reads: int = READ_BUDGET
    services: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for region in self.regions:
            if not REGION.fullmatch(region):
                raise InputError(f"{region!r} is not a region", fix="write a region such as us-east-1")
        for arn in self.role_arns:
            if not ROLE_ARN.fullmatch(arn):
                raise InputError(
                    f"{arn!r} is not the ARN of a role", fix="write arn:aws:iam::ACCOUNT:role/NAME"
                )
        if not re.fullmatch(r"[\w+=,.@/-]{1,512}", self.role_name):
            raise InputError(f"{self.role_name!r} is not the name of a role")
        check_ways(self.endpoint_url, self.endpoints, self.ca_bundle)
        for name, least in (("threads", 1), ("max_attempts", 1), ("header_reads", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}")

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken. A resumed run must ask for the same."""
        endpoints = {"endpoints": dict(sorted(self.endpoints.items()))} if self.endpoints else {}
        return endpoints | {
            "name": "aws",
            "regions": list(self.regions),
            "role_arns": list(self.role_arns),
            "org": self.org,
            "role_name": self.role_name,
            "services": None if self.services is None else sorted(self.services),
            "header_reads": self.header_reads,
        }
