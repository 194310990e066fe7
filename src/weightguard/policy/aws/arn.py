"""Amazon Resource Names. Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """The six colon-delimited parts of an ARN; `resource` is everything after the fifth colon."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """Split an ARN into its parts, or None when the text is not one."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return Arn(parts[1], parts[2], parts[3], parts[4], parts[5])


def account_of(arn: str) -> str | None:
    """The 12-digit account in an ARN, or None where it has none (S3 buckets) or a wildcard."""
    parsed = parse_arn(arn)
    return parsed.account if parsed and is_account(parsed.account) else None


def is_account(text: str) -> bool:
    """Whether a text is a 12-digit account id."""
    return len(text) == 12 and text.isascii() and text.isdigit()
