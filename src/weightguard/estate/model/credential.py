"""Long-lived credentials, without their secret halves: each a thing of its own, owned by a principal, a container or a store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CredentialKind(StrEnum):
    """What a credential is."""

    ACCESS_KEY = "access_key"  # AWS: of an IAM user
    SERVICE_ACCOUNT_KEY = "service_account_key"  # Google Cloud
    HMAC_KEY = "hmac_key"  # Google Cloud: for the interface that is compatible with S3
    ACCOUNT_KEY = (
        "account_key"  # Azure: of a storage account; reads all of its stores, past every role assignment
    )
    SAS_POLICY = "sas_policy"  # Azure: a stored access policy, by which signed links hold
    CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a kind. Azure: of an application
    CERTIFICATE = "certificate"  # Azure: of an application


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential. The secret half is never collected.

    Attributes:
        active: whether it is accepted.
        expires: when it ends of itself; None: never.
        permissions: what it lets do, by the provider's own words, where it says so itself. Azure: of a stored access policy.
    """

    id: str
    kind: CredentialKind
    active: bool
    created: str | None
    last_used: str | None
    expires: str | None = None
    permissions: tuple[str, ...] = ()
