"""What `who-can` tells a person: everybody, without saying the same thing a thousand times."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Type = Callable[..., Any]
STORE = "arn:aws:s3:::models"


def _user(name: str, action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {
        "UserName": name,
        "Path": "/",
        "UserId": f"AIDA{name.upper()}",
        "Arn": f"arn:aws:iam::111111111111:user/{name}",
        "CreateDate": "2026-01-01T00:00:00Z",
        "UserPolicyList": [
            {"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        ],
        "GroupList": [],
        "AttachedManagedPolicies": [],
    }


def _snapshot(typed: Type, folder: Path, users: list[dict[str, Any]]) -> Path:
    details = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    (folder / "gaad.json").write_text(json.dumps(details))
    assert typed("collect", "gaad", folder / "gaad.json", "-o", folder / "snapshot", "-q").status == 0
    return folder / "snapshot"


def test_many_alike_are_told_by_a_few(typed: Type, tmp_path: Path) -> None:
    users = [_user(f"ada{number:02}", "s3:GetObject") for number in range(1200)]
    at = _snapshot(typed, tmp_path, [*users, _user("eve", "iam:CreateAccessKey")])
    told = typed("who-can", "read", "--snapshot", at, "--store", STORE)
    assert told.status == 0
    assert "1,201 people" in told.out
    assert "user/ada02" in told.out
    assert "user/ada03  person" not in told.out
    assert "and 1,197 more like these; --json names them all" in told.out
    assert "user/eve  person" in told.out, "who reads in another way is told apart"
    answers = json.loads(typed("who-can", "read", "--snapshot", at, "--store", STORE, "--json").out)[
        "answers"
    ]
    assert len(answers) == 1201


def test_a_few_alike_are_told_one_by_one(typed: Type, tmp_path: Path) -> None:
    at = _snapshot(typed, tmp_path, [_user(f"ada{number}", "s3:GetObject") for number in range(10)])
    told = typed("who-can", "read", "--snapshot", at, "--store", STORE).out
    assert [f"user/ada{number}  person" in told for number in range(10)] == [True] * 10
    assert "more like these" not in told


@pytest.mark.parametrize("store", ["arn:aws:kms:us-east-1:111111111111:key/x", "arn:aws:s3:::", "No Bucket!"])
def test_what_is_no_store_is_refused(
    typed: Type, refused: Callable[..., str], tmp_path: Path, store: str
) -> None:
    at = _snapshot(typed, tmp_path, [_user("ada", "s3:*")])
    assert "this names no store" in refused("who-can", "read", "--snapshot", at, "--store", store)


def test_json_steers_no_terminal(typed: Type, tmp_path: Path) -> None:
    at = _snapshot(typed, tmp_path, [_user("a\u009b\u202eda", "s3:*")])
    told = typed("who-can", "read", "--snapshot", at, "--store", STORE, "--json").out
    assert told.isascii()
    assert json.loads(told)["answers"][0]["principal"].endswith("user/a\u009b\u202eda")
