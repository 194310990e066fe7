"""Who we are, and becoming the audit role of another account."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.operation import Operation

GET_CALLER_IDENTITY = Operation(
    service="sts",
    name="GetCallerIdentity",
    permissions=("sts:GetCallerIdentity",),
    hides="whose account was read",
    required=("Account", "Arn"),
    keeps=("Account", "Arn", "UserId"),
)
ASSUME_ROLE = Operation(
    service="sts",
    name="AssumeRole",
    permissions=("sts:AssumeRole",),
    hides="everything in the account that the role belongs to",
    required=("AssumedRoleUser",),
    reads_only=False,
)
OPERATIONS = (GET_CALLER_IDENTITY, ASSUME_ROLE)


def identity(account: Account) -> Iterator[Row]:
    """The identity that this collection runs as."""
    answer = account.identity or account.caller.ask(GET_CALLER_IDENTITY)
    if answer.ok:
        yield row("sts.identity", account.id, GET_CALLER_IDENTITY, answer.data)
