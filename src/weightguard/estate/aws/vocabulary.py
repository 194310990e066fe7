"""What AWS calls what rules for every provider have to name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from weightguard.estate.aws.partition import partitions_of
from weightguard.estate.model import Estate
from weightguard.estate.vocabulary import Vocabulary

ROOT: Final = ":root"
ON_BEHALF_OF: Final = ("aws:SourceAccount", "aws:SourceArn")


def account_in(written: str) -> str | None:
    """The account of a principal as a policy writes it; None for ``*`` and unique ids."""
    parts = written.split(":")
    if len(parts) >= 6 and parts[0] == "arn":
        return parts[4] or None
    return written if len(written) == 12 and written.isdecimal() else None


def _whole_account(name: str) -> str | None:
    """The account of ``arn:aws:iam::111111111111:root``, which stands for everybody in it."""
    return (account_in(name) or "") if name.endswith(ROOT) else None


def _acted_for(key: str, values: Iterable[str]) -> Iterator[str]:
    if key in ON_BEHALF_OF:
        yield from filter(None, map(account_in, values))


def _key_in(name: str) -> str | None:
    """The account of an ARN; the bare names, a key's id and an alias, tell none."""
    parts = name.split(":", 5)
    if len(parts) == 6:
        return parts[4]
    return None if "//" in name or name.startswith("projects/") else ""


def _bare_store(estate: Estate, name: str) -> str:
    """The ARN of a bucket, in the partition of what is there."""
    return f"arn:{partitions_of(estate).usual}:s3:::{name}"


VOCABULARY: Final = Vocabulary(
    accounts=("organizations", "ListAccounts"),
    principals=("iam", "GetAccountAuthorizationDetails"),
    objects=("s3", "ListObjectsV2"),
    keys=("kms", "DescribeKey"),
    membership=frozenset({"organizations"}),
    assumed=("sts:AssumeRole",),
    whole_account=_whole_account,
    key_in=_key_in,
    acted_for=_acted_for,
    bare_store=_bare_store,
)
