"""The same estate has the same answers in every partition."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    access_point,
    account,
    administrator,
    allow,
    arn,
    deny,
    disk,
    document,
    estate,
    key,
    role,
    store,
    trusting,
    user,
    workload,
)

from partitions import ELSEWHERE, moved, moved_text
from weightguard.access import AccessKind, build
from weightguard.access.wording import all_worded
from weightguard.estate.fact import Collection
from weightguard.estate.model import Estate

PARTNER, OTHER = "999999999999", "222222222222"
OUT = f"arn:aws:iam::{PARTNER}:root"
DELEGATING = document({"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"})
SNAPSHOT = f"arn:aws:ec2:us-east-1:{HOME}:snapshot/snap-1"


def let(principal: Any, action: str = "s3:GetObject", **more: Any) -> Any:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def only_through_s3() -> dict[str, Any]:
    through = {"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}
    return document(let({"AWS": HOME}, "kms:*", **through))


LAMBDA = role("admin", trust=trusting({"Service": "lambda.amazonaws.com"}), attached=(administrator(),))
ESTATES: dict[str, Estate] = {
    "a role passed to a function": estate(
        LAMBDA,
        user(
            "dev", allow("iam:PassRole", LAMBDA.id), allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
        ),
        store(),
    ),
    "a function that runs": estate(
        LAMBDA,
        workload(f"arn:aws:lambda:us-east-1:{HOME}:function:f", "lambda", "function", LAMBDA.id),
        user("dev", allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:us-east-1:{HOME}:function:f")),
        store(),
    ),
    "a provider's policy that nobody carries": estate(
        user("dev", allow("iam:AttachUserPolicy", arn("user", "dev"))), store()
    ),
    "a new user": estate(
        user("dev", allow(["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"])), store()
    ),
    "a key through S3 alone": estate(
        user("dev", allow(["s3:GetObject", "kms:Decrypt"])), store(key=KEY), key(only_through_s3())
    ),
    "a key that nobody holds": estate(
        user("dev", allow("s3:GetObject"), allow("kms:Decrypt", KEY)), store(key=KEY)
    ),
    "strangers": estate(
        user("idle"),
        store(
            policy=document(
                let({"AWS": OUT}),
                let("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-partner"}}),
                let({"Service": "cloudfront.amazonaws.com"}),
            )
        ),
    ),
    "an access point": estate(
        user("idle"),
        store(
            policy=document(let("*", Condition={"StringEquals": {"s3:DataAccessPointAccount": HOME}})),
            access_points=Collection((access_point("eval", document(let({"AWS": OUT}))),)),
        ),
    ),
    "access points of one's own": estate(
        user("dev", allow("s3:*", "arn:aws:s3:us-east-1:*:accesspoint/*"), account=OTHER),
        account(),
        account(OTHER),
        store(policy=document(let("*", Condition={"StringEquals": {"s3:DataAccessPointAccount": OTHER}}))),
    ),
    "a role that trusts": estate(
        role("reader", allow("s3:GetObject"), trust=trusting(OUT, arn("user", "dev"))),
        user("dev", deny("s3:*")),
        store(),
    ),
    "key policies and bucket policies rewritten": estate(
        user("dev", allow(["s3:PutBucketPolicy", "kms:PutKeyPolicy"])), store(key=KEY), key(DELEGATING)
    ),
}


def answers(things: Estate, at: str, access: AccessKind, partition: str) -> set[tuple[Any, ...]]:
    found = build(things).who_can(access, at).answers
    return {
        (
            moved_text(one.principal, partition),
            one.kind,
            one.certainty,
            one.direct,
            tuple(moved_text(words, partition) for words in all_worded(one.conditions)),
            tuple(
                (moved_text(hop.origin, partition), hop.how, moved_text(hop.target, partition))
                for hop in one.path
            ),
        )
        for one in found
    }


@pytest.mark.parametrize("partition", ELSEWHERE)
@pytest.mark.parametrize("things", ESTATES.values(), ids=ESTATES)
def test_the_same_estate_has_the_same_answers_in_every_partition(things: Estate, partition: str) -> None:
    some = False
    for access in AccessKind:
        here = answers(things, STORE, access, partition)
        assert answers(moved(things, partition), moved_text(STORE, partition), access, partition) == here
        some = some or bool(here)
    assert some


@pytest.mark.parametrize("partition", ELSEWHERE)
def test_a_shared_disk_has_the_same_answers_in_every_partition(partition: str) -> None:
    things = estate(account(), disk(SNAPSHOT, "snapshot", None, PARTNER))
    here = answers(things, SNAPSHOT, AccessKind.READ, partition)
    assert (
        answers(moved(things, partition), moved_text(SNAPSHOT, partition), AccessKind.READ, partition) == here
    )
    assert here
