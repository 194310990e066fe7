"""Which partition an account is in: ``aws``, ``aws-us-gov``, ``aws-cn``... Accounts of different ones cannot reach each other.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)"; AWS General Reference, "AWS partitions".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from weightguard.estate.model import Estate

DEFAULT: Final = "aws"
_REGIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partitions of an estate.

    Attributes:
        by_account: account -> partition, where something that lies in the account says it.
        usual: the partition of most accounts: what is taken for an account of which nothing is known.
    """

    by_account: Mapping[str, str] = field(default_factory=dict)
    usual: str = DEFAULT

    def of(self, account: str) -> str:
        """The partition of an account."""
        return self.by_account.get(account, self.usual)


def partition_of(arn: str) -> str:
    """The partition that an ARN names; the usual one for what is no ARN."""
    parts = arn.split(":", 2)
    return parts[1] if len(parts) > 2 and parts[0] == "arn" and parts[1] not in ("", "*") else DEFAULT


def partition_of_region(region: str) -> str:
    """The partition of a region."""
    return next((name for start, name in _REGIONS.items() if region.startswith(start)), DEFAULT)


def domain_of(partition: str) -> str:
    """The domain of a partition's endpoints, which ``kms:ViaService`` names services by."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def keys_of(account: str, partition: str = DEFAULT) -> str:
    """The pattern of an account's KMS keys."""
    return f"arn:{partition}:kms:*:{account}:key/*"


def account_root(account: str, partition: str = DEFAULT) -> str:
    """The ARN that stands for a whole account."""
    return f"arn:{partition}:iam::{account}:root"


def bucket_name(store: str) -> str:
    """The name of a bucket, from its ARN in whatever partition; anything else as it is."""
    head, found, name = store.partition(":s3:::")
    return name if found and head.startswith("arn:") and ":" not in head[4:] else store


def partitions_of(estate: Estate) -> Partitions:
    """The partitions of an estate's accounts, as the ARNs of what lies in them say."""
    found: dict[str, str] = {}
    for account, arn in _placed(estate):
        if arn.startswith("arn:"):
            found.setdefault(account, partition_of(arn))
    usual = Counter(found.values()).most_common(1)
    return Partitions(found, usual[0][0] if usual else DEFAULT)


def _placed(estate: Estate) -> Iterable[tuple[str, str]]:
    for thing in (*estate.principals, *estate.stores, *estate.keys, *estate.workloads, *estate.trails):
        yield thing.account, thing.id
