"""How the edits that a named change stands for are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_lab.names import ACCOUNTS, bucket_arn, key_arn

Edit = dict[str, Any]
Statement = dict[str, Any]


def number(account: str) -> str:
    """The number of an account that goes by the laboratory's name for it, or by its number."""
    return next((number for number, name in ACCOUNTS.items() if name == account), account)


def principal(who: str, account: str) -> str:
    """``*`` and ARNs as they are; anything else is below the account."""
    return who if who == "*" or who.startswith("arn:") else f"arn:aws:iam::{account}:{who}"


def bucket_record(name: str) -> str:
    """How an edit names the record of a bucket."""
    return f"s3.bucket {bucket_arn(name)}"


def key_record(account: str) -> str:
    """How an edit names the record of an account's key."""
    return f"kms.key {key_arn(number(account))}"


def bucket_policy(bucket: str, **change: Any) -> Edit:
    """An edit of the policy of a bucket."""
    return {
        "record": bucket_record(bucket),
        "policy": "GetBucketPolicy",
        **{key: one for key, one in change.items() if one},
    }


def answers(record: str, read: str, value: Mapping[str, Any]) -> Edit:
    """An edit of what a read answered."""
    return {"record": record, "read": read, "value": dict(value)}


def statement(sid: str | None, who: Any, action: Any, on: Any, when: Mapping[str, Any] | None) -> Statement:
    """A statement that allows, without what is None."""
    written = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": who,
        "Action": action,
        "Resource": on,
        "Condition": when,
    }
    return {key: value for key, value in written.items() if value is not None}
