"""Private ways from a network to a provider's services."""

from __future__ import annotations

from dataclasses import dataclass

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
