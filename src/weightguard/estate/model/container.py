"""What things lie in: organisations and accounts, with what they impose on whatever is inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import NOT_HERE, Provider
from weightguard.estate.model.public_access import PublicAccess, PublicAccessBlock
from weightguard.estate.model.sign_in import PasswordPolicy


@dataclass(frozen=True, slots=True)
class Organisation:
    """AWS: an organization. Google Cloud: an organization. Azure: a tenant's root management group."""

    id: str
    provider: Provider
    management_account: str
    parents: Mapping[str, str] = field(default_factory=dict)  # child id -> parent id, accounts and units
    listed: bool = False  # whether its accounts were listed, rather than only its name told


@dataclass(frozen=True, slots=True)
class Account:
    """AWS: an account. Google Cloud: a project. Azure: a subscription."""

    id: str
    provider: Provider
    name: str
    organisation: str | None
    is_management: bool
    collected: bool  # False: known from the organisation's list, a trust or a grant alone
    guardrails: Fact[
        tuple[tuple[NamedPolicy, ...], ...] | None
    ]  # AWS: SCPs per level, root first; None: none apply
    resource_guardrails: Fact[
        tuple[tuple[NamedPolicy, ...], ...] | None
    ]  # AWS: RCPs per level; Google Cloud: deny policies
    public_access: Fact[PublicAccess | None]  # of all stores in it; None: nothing keeps the public out
    public_access_block: Fact[PublicAccessBlock | None]  # AWS: as its decisions ask for it
    root_mfa: Fact[bool]
    root_access_keys: Fact[int]
    password_policy: Fact[PasswordPolicy | None]
    settings: Mapping[str, Fact[Any]] = field(
        default_factory=dict
    )  # "guardduty.us-east-1.s3_protection" and the like
    root_password: Fact[bool] = NOT_HERE  # whether somebody can sign in as the root user with one
    closed: bool = False  # AWS: suspended, which nobody can read any more
