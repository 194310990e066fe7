"""Strangers whom a function's or a secret's own policy lets in: one hop further they read as whoever stands behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from small_estates import (
    HOME,
    KEY,
    STORE,
    account,
    allow,
    document,
    estate,
    key,
    known,
    role,
    secret,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.estate.model import Estate

PARTNER = "999999999999"
OUT = f"arn:aws:iam::{PARTNER}:root"
FUNCTION = f"arn:aws:lambda:us-east-1:{HOME}:function:serve"
SECRET = f"arn:aws:secretsmanager:us-east-1:{HOME}:secret:keys-abc"
OWN_ROOT = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}


def let(principal: Any, *actions: str, **condition: Any) -> Any:
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement


def found(things: Estate) -> dict[str, Answer]:
    return {one.principal: one for one in build(things).who_can(AccessKind.READ, STORE).answers}


def by_function(*statements: Any) -> dict[str, Answer]:
    reader = role("serve", allow("s3:GetObject"), trust=trusting({"Service": "lambda.amazonaws.com"}))
    code = workload(FUNCTION, "lambda", "function", reader.id, policy=document(*statements))
    return found(estate(reader, code, store(), account()))


def test_a_stranger_who_may_change_a_functions_code_reads_as_its_role() -> None:
    both = ("lambda:UpdateFunctionCode", "lambda:InvokeFunction")
    answer = by_function(let({"AWS": OUT}, *both))[OUT]
    assert (answer.kind, answer.certainty, answer.direct) == ("external", "certain", False)
    assert OUT not in by_function(let({"AWS": OUT}, "lambda:InvokeFunction"))
    narrowed = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}}
    assert by_function(let({"AWS": OUT}, *both, **narrowed))[OUT].certainty == "conditional"
    assert OUT not in by_function(let({"Service": "s3.amazonaws.com"}, *both))


def test_a_function_that_everybody_of_an_account_may_change_is_that_accounts() -> None:
    held = {"StringEquals": {"aws:PrincipalAccount": PARTNER}}
    answers = by_function(let("*", "lambda:UpdateFunctionCode", "lambda:InvokeFunction", **held))
    assert OUT in answers
    assert "*" not in answers


def by_secret(*statements: Any, wrapped: Any = None) -> dict[str, Answer]:
    reader = user("reader", allow("s3:GetObject"))
    stored = secret(SECRET, "secretsmanager", reader.id, policy=document(*statements))
    keys = () if wrapped is None else (key(wrapped),)
    stored = stored if wrapped is None else replace(stored, key=known(KEY))
    return found(estate(reader, stored, store(), account(), *keys))


def test_a_stranger_reads_a_stored_credential_only_under_a_key_that_lets_it() -> None:
    lets = let({"AWS": OUT}, "secretsmanager:GetSecretValue")
    opened = document(OWN_ROOT, let({"AWS": OUT}, "kms:Decrypt"))
    assert by_secret(lets, wrapped=opened)[OUT].certainty == "certain"
    assert OUT not in by_secret(lets, wrapped=document(OWN_ROOT))
    assert OUT not in by_secret(lets)
    assert OUT not in by_secret(let({"AWS": OUT}, "secretsmanager:DescribeSecret"), wrapped=opened)
