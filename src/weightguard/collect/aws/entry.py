"""The way in: credentials that were tried, and the roles of other accounts that are assumed with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.collect.aws.connections import Connections
from weightguard.collect.aws.options import ACCOUNT, ROLE_ARN, AwsOptions
from weightguard.collect.aws.services import organizations
from weightguard.collect.calls.answer import Answer
from weightguard.errors import InputError
from weightguard.snapshot import Call


@dataclass(frozen=True, slots=True)
class Entry:
    """Credentials that were tried: the account they belong to, and the calls that it took to know.

    Attributes:
        account: twelve digits.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov``.
    """

    options: AwsOptions
    connections: Connections
    account: str
    partition: str
    identity: Answer
    calls: tuple[Call, ...]

    @property
    def place(self) -> str:
        """Where the credentials lead, in words."""
        return f"account {self.account}, region {self.connections.region}"

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken, and of whom: a resumed run must say the same."""
        endpoint = self.connections.client("sts").meta.endpoint_url
        return self.options.source() | {"account": self.account, "endpoint": endpoint}


def member_roles(entry: Entry, described: Answer, members: Iterable[Mapping[str, Any]]) -> list[str]:
    """The roles to assume: those that were named, and one in every account of the organisation where that is wanted.

    Args:
        described: the answer of DescribeOrganization.
        members: the organisation's accounts, as ListAccounts has them.

    Raises:
        InputError: ``--org`` outside an organisation.
    """
    options = entry.options
    roles = {ROLE_ARN.fullmatch(arn).group(2): arn for arn in options.role_arns}  # type: ignore[union-attr]
    if options.org and described.outcome == "absent":
        raise InputError(f"account {entry.account} is in no organisation", fix="leave out --org")
    if options.org or (options.org is None and manages(entry.account, described) and not roles):
        for member in members:
            active = organizations.is_active(member)
            if active and member["Id"] != entry.account and ACCOUNT.fullmatch(member["Id"]):
                arn = f"arn:{entry.partition}:iam::{member['Id']}:role/{options.role_name}"
                roles.setdefault(member["Id"], arn)
    return [roles[account] for account in sorted(roles)]


def manages(account: str, described: Answer) -> bool:
    """Whether an account is the management account of the organisation."""
    return bool(described.data.get("Organization", {}).get("MasterAccountId") == account)
