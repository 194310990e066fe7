"""Access points that other accounts make for a bucket: those that a snapshot holds, and those that nobody has seen."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import HOME, KEY, STORE, access_point, account, allow, document, estate, key, store, user

from weightguard.access import AccessKind, Answer, build
from weightguard.access.wording import all_worded
from weightguard.estate.fact import Collection
from weightguard.estate.model import Estate

PARTNER, THIRD, COVERED = "999999999999", "888888888888", "222222222222"
OUT, THE_THIRD = f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{THIRD}:root"
OWN_ROOT = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}


def let(principal: Any, condition: Any = None, action: Any = "s3:GetObject", effect: str = "Allow") -> Any:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return statement if condition is None else {**statement, "Condition": condition}


def found(things: Estate, access: AccessKind = AccessKind.READ) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(access, STORE).answers}


def readers(*statements: Any, access: AccessKind = AccessKind.READ) -> dict[str, Answer]:
    return found(estate(user("idle"), account(), store(policy=document(*statements))), access)


def point_of(account: str) -> dict[str, Any]:
    return {"StringEquals": {"s3:DataAccessPointAccount": account}}


@pytest.mark.parametrize(
    "condition",
    [
        point_of(PARTNER),
        {"StringLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{PARTNER}:accesspoint/*"}},
        {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:us-east-1:{PARTNER}:accesspoint/eval"}},
        {**point_of(PARTNER), "StringLike": {"s3:AccessPointNetworkOrigin": "VPC"}},
    ],
    ids=lambda one: str(one)[:70],
)
def test_who_may_make_an_access_point_that_the_bucket_trusts_reads(condition: Any) -> None:
    answers = readers(let("*", condition))
    assert list(answers) == [OUT]
    assert (answers[OUT].kind, answers[OUT].certainty, answers[OUT].direct) == ("external", "certain", True)
    assert OUT in readers(let("*", condition), access=AccessKind.COPY)
    assert OUT not in readers(let("*", condition), access=AccessKind.WRITE)


def test_any_access_point_whatever_is_anybodys() -> None:
    for condition in (
        {"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}},
        {"Null": {"s3:DataAccessPointArn": "false"}},
    ):
        answer = readers(let({"AWS": "*"}, condition))["*"]
        assert (answer.kind, answer.certainty) == ("external", "conditional")


def test_a_denial_of_access_points_keeps_those_of_strangers_out() -> None:
    assert OUT not in readers(let("*", point_of(PARTNER)), let("*", point_of(PARTNER), effect="Deny"))
    spared = {"StringNotEquals": {"s3:DataAccessPointAccount": HOME}}
    assert OUT not in readers(let("*", point_of(PARTNER)), let("*", spared, effect="Deny"))


def test_one_account_comes_through_the_access_point_of_another_that_lets_it() -> None:
    answers = readers(let({"AWS": THE_THIRD}, point_of(PARTNER)))
    assert list(answers) == [THE_THIRD]
    assert all_worded(answers[THE_THIRD].conditions) == (
        f"only through an access point of account {PARTNER} that lets it in",
    )


def test_the_key_binds_who_comes_through_an_access_point() -> None:
    lets = document(let("*", point_of(PARTNER)))

    def with_key(*statements: Any) -> dict[str, Answer]:
        return found(
            estate(user("idle"), account(), store(policy=lets, key=KEY), key(document(OWN_ROOT, *statements)))
        )

    assert with_key() == {}
    assert OUT in with_key(let({"AWS": OUT}, action="kms:Decrypt"))


def test_an_access_point_of_another_account_that_a_snapshot_holds_lets_in_whom_it_says() -> None:
    reader = user("reader", allow("s3:GetObject"), account=COVERED)
    other = user("other", allow("s3:GetObject"), account=COVERED)
    lets = document(let("*", point_of(COVERED)))

    def through(policy: Any) -> dict[str, Answer]:
        made = Collection((access_point("eval", policy, account=COVERED),))
        held = store(policy=lets, access_points=made)
        return found(estate(reader, other, user("idle"), account(), account(COVERED), held))

    only = through(document(let({"AWS": reader.id})))
    assert reader.id in only
    shut = through(document(let("*", {"StringNotEquals": {"aws:PrincipalArn": reader.id}}, effect="Deny")))
    assert other.id not in shut


def test_who_may_make_an_access_point_in_an_account_that_the_bucket_trusts_lets_itself_in() -> None:
    points = f"arn:aws:s3:us-east-1:{COVERED}:accesspoint/*"
    made = ["s3:CreateAccessPoint", "s3:PutAccessPointPolicy"]
    maker = user("maker", allow(made, points), allow("s3:GetObject", points), account=COVERED)
    reader = user("reader", allow("s3:GetObject", points), account=COVERED)

    def trusting(account_of_points: str) -> dict[str, Answer]:
        held = store(policy=document(let("*", point_of(account_of_points))))
        return found(estate(maker, reader, user("idle"), account(), account(COVERED), held))

    answer = trusting(COVERED)[maker.id]
    assert (answer.certainty, answer.direct) == ("certain", False)
    assert reader.id not in trusting(COVERED)
    assert maker.id not in trusting(HOME)
    assert maker.id not in trusting(PARTNER)


def test_a_right_to_an_access_point_alone_reads_through_it() -> None:
    point = access_point("eval", None)
    mine = user("mine", allow("s3:GetObject", f"{point.id}/object/*"))
    theirs = user("theirs", allow("s3:GetObject", f"{point.id}2/object/*"))
    delegated = let({"AWS": HOME}, {"StringEquals": {"s3:DataAccessPointArn": point.id}})
    held = store(policy=document(delegated), access_points=Collection((point,)))
    answers = found(estate(mine, theirs, account(), held))
    assert mine.id in answers
    assert theirs.id not in answers
