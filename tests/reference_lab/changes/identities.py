"""Changes to roles and people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reference_lab.changes.keys import key_allows
from reference_lab.changes.writing import Edit, Statement, number, statement
from reference_lab.names import RESEARCH, bucket_arn, key_arn, policy, role_arn

_LIKE_ROLE, _LIKE_USER = "KeyAdministrator", "arn:aws:iam::555555555555:user/lee"


def trusts(role: str, account: str, who: Any, when: Mapping[str, Any] | None = None) -> list[Edit]:
    """Whom a role trusts, in place of whom it trusted."""
    trusted = statement(None, who, "sts:AssumeRole", None, when)
    return [
        {
            "record": f"iam.role {role_arn(number(account), role)}",
            "data": {"AssumeRolePolicyDocument": policy(trusted)},
        }
    ]


def new_role(
    name: str,
    account: str,
    who: Any,
    reads: str | None = None,
    may: Iterable[Statement] = (),
    when: Mapping[str, Any] | None = None,
    action: str = "sts:AssumeRole",
    tags: Mapping[str, str] | None = None,
) -> list[Edit]:
    """A role that ``who`` may take; it reads a bucket with its account's key, or may do what is said."""
    arn = role_arn(number(account), name)
    data: dict[str, Any] = {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}".ljust(20, "0"),
        "Arn": arn,
        "AssumeRolePolicyDocument": policy(statement(None, who, action, None, when)),
        "RolePolicyList": _inline(account, reads, may),
    }
    if tags:
        data["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"new": {"like": f"iam.role {role_arn(number(account), _LIKE_ROLE)}", "id": arn, "data": data}}]


def new_reader(name: str, account: str, who: Any, reads: str, **more: Any) -> list[Edit]:
    """A role that ``who`` may take and that reads a bucket; the policy of its account's key allows it too."""
    return [*new_role(name, account, who, reads, **more), *key_allows(account, f"role/{name}")]


def new_user(name: str, account: str, reads: str | None = None, may: Iterable[Statement] = ()) -> list[Edit]:
    """A person with a user of his own; he reads a bucket with its account's key, or may do what is said."""
    arn = f"arn:aws:iam::{number(account)}:user/{name}"
    data = {
        "UserName": name,
        "UserId": f"AIDA{name.upper()}".ljust(21, "0"),
        "Arn": arn,
        "UserPolicyList": _inline(account, reads, may),
    }
    like = f"iam.user {_LIKE_USER}"
    return [{"new": {"like": like, "account": number(account), "id": arn, "data": data}}]


def login(name: str, account: str, key_since: str | None = None) -> list[Edit]:
    """A user's password and second factor, and an access key of a date."""
    arn = f"arn:aws:iam::{number(account)}:user/{name}"
    data = {
        "user": name,
        "arn": arn,
        "password_enabled": "true",
        "mfa_active": "true",
        "access_key_1_active": "true" if key_since else "false",
        "access_key_1_last_rotated": key_since or "N/A",
    }
    like = f"iam.credential {_LIKE_USER}"
    return [{"new": {"like": like, "account": number(account), "id": arn, "data": data}}]


def person_reads(name: str, key_since: str | None = None) -> list[Edit]:
    """A person of the research account reads its weights with a user of his own."""
    return [
        *new_user(name, "research", reads="atlas-eval"),
        *login(name, "research", key_since),
        *key_allows("research", f"user/{name}"),
    ]


def person_becomes_reader(name: str = "kim", role: str = "Evaluator") -> list[Edit]:
    """A person of the research account reads its weights by way of a role that he may take."""
    step = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn(RESEARCH, role)}
    return [
        *new_user(name, "research", may=[step]),
        *login(name, "research"),
        *new_reader(role, "research", {"AWS": f"arn:aws:iam::{RESEARCH}:user/{name}"}, "atlas-eval"),
    ]


def _inline(account: str, reads: str | None, may: Iterable[Statement]) -> list[dict[str, Any]]:
    statements = [*may]
    if reads:
        statements += [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket_arn(reads)}/*"},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn(number(account))},
        ]
    return [{"PolicyName": "access", "PolicyDocument": policy(*statements)}]
