"""From which networks things can be reached, and private ways from a network to a provider's services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import Provider


@dataclass(frozen=True, slots=True)
class Endpoint:
    """AWS: a VPC endpoint. Google Cloud: Private Service Connect. Azure: a private endpoint."""

    id: str
    provider: Provider
    account: str
    region: str | None
    network: str | None  # VPC id
    service: str  # com.amazonaws.us-east-1.s3
    kind: str  # Gateway, Interface
    policy: Fact[NamedPolicy | None]


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """Which networks a thing takes requests from, whoever sends them.

    Attributes:
        open_to_all: whether what no rule names is let in. Azure: defaultAction Allow.
        allowed: address ranges, and ids of networks, subnets and single resources that are let in. Azure: IP, virtual network and
            resource instance rules, and the network security perimeter. Google Cloud: a bucket's IP filter.
        bypass: what is let in past the rules, by the provider's own words. Azure: bypass (AzureServices, Logging, Metrics).
    """

    open_to_all: bool
    allowed: tuple[str, ...] = ()
    bypass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Perimeter:
    """A line around accounts that requests to some services do not cross. Google Cloud: a service perimeter. Azure: a network
    security perimeter.

    Attributes:
        members: ids of the accounts and networks inside.
        services: those that are restricted.
        ingress: the rules that let something in, as the provider wrote them, access levels among them.
        egress: the rules that let something out.
        dry_run: whether it is only logged what it would refuse.
    """

    id: str
    provider: Provider
    name: str
    members: tuple[str, ...]
    services: tuple[str, ...]
    ingress: Fact[tuple[Mapping[str, Any], ...]]
    egress: Fact[tuple[Mapping[str, Any], ...]]
    dry_run: bool
