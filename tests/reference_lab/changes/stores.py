"""Changes to buckets and to what lies in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reference_lab.changes.writing import Edit, bucket_policy, bucket_record, number, statement
from reference_lab.names import bucket_arn
from reference_lab.storage import STORES

GUARDS = ("ThisOrganisationOnly", "ThisNetworkOnly", "NoSignedLinks")
"""The statements of a bucket's policy that keep outsiders away, whatever else it allows."""
_UNBLOCKED = {"outcome": "absent", "code": "NoSuchPublicAccessBlockConfiguration"}


def unblocked(bucket: str) -> list[Edit]:
    """Nothing blocks public access to a bucket: neither its own block nor its account's."""
    return [*account_unblocked(STORES[bucket]), *bucket_unblocked(bucket)]


def bucket_unblocked(bucket: str) -> list[Edit]:
    """A bucket's own public access block was deleted."""
    return [{"record": bucket_record(bucket), "read": "GetPublicAccessBlock", **_UNBLOCKED}]


def account_unblocked(account: str) -> list[Edit]:
    """An account's public access block was deleted."""
    return [{"record": f"s3control.account {number(account)}", "read": "GetPublicAccessBlock", **_UNBLOCKED}]


def bucket_allows(
    bucket: str,
    sid: str,
    who: Any = "*",
    action: Any = "s3:GetObject",
    on: Any = None,
    when: Mapping[str, Any] | None = None,
    without: Iterable[str] = GUARDS,
) -> list[Edit]:
    """A bucket's policy allows, by default everybody and reading its objects, and no longer refuses outsiders."""
    allowed = statement(sid, who, action, on or f"{bucket_arn(bucket)}/*", when)
    return [bucket_policy(bucket, add=allowed, without=list(without))]


def bucket_without(bucket: str, statements: Iterable[str]) -> list[Edit]:
    """A bucket's policy lost the statements with these Sids."""
    return [bucket_policy(bucket, without=list(statements))]


def weights(bucket: str, prefix: str, names: Iterable[str], form: str = "safetensors") -> list[Edit]:
    """More weights lie in a bucket."""
    return [{"objects": [{"bucket": bucket, "prefix": prefix, "name": name, "form": form} for name in names]}]
