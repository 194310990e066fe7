"""Who outside is asked: somebody of an account, of any account, of the organisation; minimal pairs where one fact decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    account,
    allow,
    arn,
    document,
    estate,
    key,
    known,
    organisation,
    role,
    store,
    user,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.access.condition import SIGNED_IN
from weightguard.access.wording import all_worded
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.model import Account, Estate, KeyGrant, PublicAccessBlock

PARTNER, MEMBER, THIRD = "999999999999", "333333333333", "888888888888"
OUT, THE_MEMBER = f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{MEMBER}:root"
THE_THIRD = f"arn:aws:iam::{THIRD}:root"
OWN_ROOT = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}
IDLE = user("idle", unique_id="AIDAIDLE")
"""The home account's principals are known: there is one, and it may nothing."""


def let(principal: Any, condition: Any = None, action: Any = "s3:GetObject", effect: str = "Allow") -> Any:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return statement if condition is None else {**statement, "Condition": condition}


def deny(condition: Any, action: Any = "s3:GetObject") -> Any:
    return let("*", condition, action, "Deny")


def found(things: Estate, access: AccessKind = AccessKind.READ) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(access, STORE).answers}


def readers(*statements: Any, others: tuple[Any, ...] = (), **facts: Any) -> dict[str, Answer]:
    return found(estate(IDLE, store(policy=document(*statements), **facts), *others, *_accounts(others)))


def _accounts(others: tuple[Any, ...]) -> tuple[Any, ...]:
    return () if any(isinstance(one, Account) for one in others) else (account(),)


def uncovered(id: str, in_organisation: str | None = None, *scps: Any) -> Account:
    """An account that is known from a list, or from being named, alone."""
    blind = Unknown(Reason.NOT_COLLECTED, Source.asked("aws", id, "organizations", "DescribeOrganization"))
    whole = account(id, *scps, organisation=in_organisation)
    return replace(whole, collected=False, guardrails=whole.guardrails if in_organisation else blind)


def words(answer: Answer) -> str:
    return " | ".join(all_worded(answer.conditions))


# Somebody of an account that the policy names

NARROWED = [
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}}, "role/ci-*"),
    ({"StringLike": {"aws:PrincipalArn": "*:role/ci-*"}}, "role/ci-*"),
    ({"StringEquals": {"aws:PrincipalType": "User"}}, "aws:PrincipalType is User"),
    ({"StringLike": {"aws:username": "bot-*"}}, "aws:username matches bot-*"),
    ({"StringLike": {"aws:userid": "AROAPARTNER:*"}}, "AROAPARTNER:*"),
    ({"StringEquals": {"aws:PrincipalTag/team": "eval"}}, "aws:PrincipalTag/team is eval"),
    ({"StringNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/intern-*"}}, "not by"),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-partner"}}, "organization o-partner"),
    (
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-partner/r-1/ou-2/*"}},
        "organization path o-partner/r-1/ou-2/*",
    ),
]


@pytest.mark.parametrize("principal", [{"AWS": OUT}, {"AWS": PARTNER}], ids=["root", "number"])
@pytest.mark.parametrize(("condition", "says"), NARROWED, ids=lambda one: str(one)[:70])
def test_what_narrows_an_account_says_who_of_it_gets_in(principal: Any, condition: Any, says: str) -> None:
    answer = readers(let(principal, condition))[OUT]
    assert (answer.kind, answer.certainty, answer.direct) == ("external", "conditional", True)
    assert says in words(answer)


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{THIRD}:role/*"}},
        {"StringEquals": {"aws:PrincipalAccount": THIRD}},
        {"StringEquals": {"aws:PrincipalType": "Anonymous"}},
        {"Null": {"aws:PrincipalArn": "true"}},
        {"StringEquals": {"aws:PrincipalType": "User", "aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/x"}},
        {"StringLike": {"aws:username": "bot-*", "aws:userid": "AROA*:*"}},
        {"StringEquals": {"aws:SourceAccount": PARTNER}},
    ],
    ids=lambda one: str(one)[:70],
)
def test_a_condition_that_nobody_of_the_account_meets_keeps_it_out(condition: Any) -> None:
    assert readers(let({"AWS": OUT}, condition)) == {}


def test_an_account_that_is_named_alone_is_certain_and_one_of_its_principals_too() -> None:
    for name in (OUT, PARTNER, f"arn:aws:iam::{PARTNER}:role/eval", f"arn:aws:iam::{PARTNER}:user/eva"):
        answer = readers(let({"AWS": name}))[OUT]
        assert (answer.kind, answer.certainty) == ("external", "certain")


def test_a_denial_that_excepts_a_strangers_role_leaves_that_role() -> None:
    spared = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}}
    answer = readers(let({"AWS": OUT}), deny(spared))[OUT]
    assert "role/ci-*" in words(answer)
    other = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/ci-*"}}
    assert readers(let({"AWS": OUT}), deny(other)) == {}


def test_a_denial_by_not_principal_leaves_the_principal_that_it_excepts() -> None:
    spared = [f"arn:aws:iam::{PARTNER}:role/ci", OUT]
    kept_out = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "s3:*", "Resource": "*"}
    assert OUT in readers(let({"AWS": OUT}), kept_out)
    ours = {**kept_out, "NotPrincipal": {"AWS": [arn("role", "ci"), HOME]}}
    assert readers(let({"AWS": OUT}), ours) == {}


def test_a_federated_user_of_a_stranger_is_a_stranger() -> None:
    named = {"AWS": f"arn:aws:sts::{PARTNER}:federated-user/bob"}
    assert readers(let(named))[OUT].certainty == "certain"
    assert readers(let(named), deny({"StringEquals": {"aws:PrincipalType": "FederatedUser"}})) == {}


def test_a_session_of_a_strangers_role_is_a_stranger() -> None:
    named = {"AWS": f"arn:aws:sts::{PARTNER}:assumed-role/eval/monday"}
    assert readers(let(named))[OUT].certainty == "certain"


def test_a_canonical_user_is_somebody_outside() -> None:
    canonical = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
    answer = readers(let({"CanonicalUser": canonical}))[canonical]
    assert (answer.kind, answer.certainty) == ("external", "certain")
    own = known({"Owner": {"ID": canonical}, "Grants": []})
    assert readers(let({"CanonicalUser": canonical}), acl=own) == {}
    held = readers(let({"CanonicalUser": canonical}, {"StringEquals": {"aws:PrincipalAccount": PARTNER}}))
    assert held[canonical].certainty == "conditional"


# Everybody, held to something


@pytest.mark.parametrize("everybody", ["*", {"AWS": "*"}], ids=["star", "aws-star"])
@pytest.mark.parametrize(
    ("condition", "certain"),
    [
        ({"StringEquals": {"aws:PrincipalAccount": PARTNER}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": [PARTNER, HOME]}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}}, False),
        ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:*"}}, False),
        ({"StringEquals": {"aws:userid": PARTNER}}, False),
    ],
    ids=lambda one: str(one)[:70],
)
def test_a_condition_that_fixes_the_account_names_it(everybody: Any, condition: Any, certain: bool) -> None:
    answers = readers(let(everybody, condition))
    assert set(answers) - {IDLE.id} == {OUT}
    assert (answers[OUT].kind, answers[OUT].certainty == "certain") == ("external", certain)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-partner"}}, "organization o-partner"),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-partner/*"}}, "path o-partner/*"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"}}, "arn:aws:iam::*:role/reader"),
        (
            {
                "StringNotEquals": {"aws:PrincipalAccount": THIRD},
                "Null": {"aws:PrincipalAccount": "false"},
            },
            "signed in",
        ),
        ({"StringLike": {"aws:PrincipalAccount": "9*"}}, "account 9*"),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, "aws:PrincipalType is AssumedRole"),
    ],
    ids=lambda one: str(one)[:70],
)
def test_a_condition_that_leaves_the_account_open_is_an_answer_for_anybody(condition: Any, says: str) -> None:
    answers = readers(let({"AWS": "*"}, condition))
    assert (answers["*"].kind, answers["*"].certainty) == ("external", "conditional")
    assert says in words(answers["*"])
    assert SIGNED_IN in answers["*"].conditions


def test_restricting_public_buckets_stops_the_open_ones_and_not_the_fixed_ones() -> None:
    shut = known(PublicAccessBlock(True, True, True, True))
    open_one = let("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"}})
    assert readers(open_one, public_access_block=shut) == {}
    fixed = let("*", {"StringEquals": {"aws:PrincipalOrgID": "o-partner"}})
    assert "*" in readers(fixed, public_access_block=shut)


def test_each_account_that_a_policy_tells_apart_is_asked_for_itself() -> None:
    answers = readers(
        let("*", {"StringEquals": {"aws:PrincipalAccount": PARTNER}}),
        let("*", {"StringEquals": {"aws:PrincipalAccount": THIRD}}),
        deny({"StringEquals": {"aws:PrincipalAccount": THIRD}}),
    )
    assert list(answers) == [OUT]
    assert [one.statement for one in answers[OUT].path[0].because] != []


# The own organisation


def members(*accounts: Account, listed: bool = True) -> tuple[Any, ...]:
    ids = [HOME, *(one.id for one in accounts)]
    return (
        account(organisation="o-own", management=True),
        organisation("o-own", *ids, listed=listed),
        *accounts,
    )


OWN = let("*", {"StringEquals": {"aws:PrincipalOrgID": "o-own"}})


def test_a_member_that_no_snapshot_covers_is_a_possible_reader() -> None:
    answers = readers(OWN, others=members(uncovered(MEMBER, "o-own")))
    assert (answers[THE_MEMBER].kind, "*" in answers) == ("unknown", False)
    covered = account(MEMBER, organisation="o-own")
    alone = readers(OWN, others=(*members(covered), user("none", account=MEMBER)))
    assert THE_MEMBER not in alone


def test_a_member_whose_guardrails_forbid_it_is_no_reader() -> None:
    forbids = document(allow("*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    assert THE_MEMBER not in readers(OWN, others=members(uncovered(MEMBER, "o-own", forbids)))
    assert THE_MEMBER in readers(OWN, others=members(uncovered(MEMBER, "o-own", document(allow("*")))))


def test_members_that_nothing_tells_apart_are_all_answers() -> None:
    both = (uncovered(MEMBER, "o-own"), uncovered("444444444444", "o-own"))
    answers = readers(OWN, others=members(*both))
    assert {THE_MEMBER, "arn:aws:iam::444444444444:root"} <= set(answers)
    one = let(
        "*", {"StringEquals": {"aws:PrincipalOrgID": "o-own"}, "StringLike": {"aws:PrincipalAccount": "3*"}}
    )
    answers = readers(one, others=members(*both))
    assert THE_MEMBER in answers and "arn:aws:iam::444444444444:root" not in answers


def test_where_the_members_are_not_known_any_member_may_read() -> None:
    answer = readers(OWN, others=members(listed=False))["*"]
    assert (answer.kind, answer.certainty) == ("unknown", "conditional")
    assert "member of organization o-own" in words(answer)


def test_a_list_of_members_that_was_held_back_is_not_known() -> None:
    things = estate(IDLE, store(policy=document(OWN)), *members())
    held_back = Unknown(Reason.DENIED, Source.asked("aws", HOME, "organizations", "ListAccounts"))
    assert "*" not in found(things)
    assert "*" in found(replace(things, accounts=Collection(things.accounts.items, (held_back,))))


def test_an_account_that_is_known_not_to_be_a_member_is_not_held_to_be_one() -> None:
    alone = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    alone["Condition"] = {"StringNotEquals": {"aws:PrincipalOrgID": "o-own"}}
    named = let({"AWS": OUT})
    assert readers(named, alone, others=members()) == {}
    assert "organization o-own" in words(readers(named, alone, others=members(listed=False))[OUT])
    outside = (uncovered(PARTNER), user("eva", allow("s3:GetObject"), account=PARTNER))
    assert readers(named, alone, others=(*members(), *outside)) == {}


def test_the_place_in_the_organisation_is_known_where_the_tree_is() -> None:
    reader = user("reader", allow("s3:GetObject"), account=MEMBER)
    covered = (*members(account(MEMBER, organisation="o-own")), reader)

    def held_to(path: str) -> dict[str, Answer]:
        lets = let("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": path}})
        return readers(lets, others=covered)

    assert held_to("o-own/r-root/*")[reader.id].certainty == "certain"
    assert reader.id not in held_to("o-own/r-root/ou-other/*")


# Names of accounts


def test_the_stores_own_account_is_no_outsider_where_nobody_of_it_is_known() -> None:
    things = estate(account(), store(policy=document(let({"AWS": HOME}))))
    answer = found(things)[f"arn:aws:iam::{HOME}:root"]
    assert (answer.kind, answer.certainty) == ("unknown", "conditional")


def test_an_origin_access_identity_is_the_service() -> None:
    name = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2ABCDEF"
    answers = readers(let({"AWS": name}))
    assert {who: answer.kind for who, answer in answers.items()} == {name: "service"}


# Keys


def decrypters(*statements: Any, grants: tuple[KeyGrant, ...] = (), policy: Any = None) -> dict[str, Answer]:
    things = estate(
        IDLE, account(), store(key=KEY, policy=policy), key(document(OWN_ROOT, *statements), *grants)
    )
    return found(things, AccessKind.DECRYPT)


def test_a_key_policy_lets_strangers_decrypt_whatever_the_bucket_says() -> None:
    for principal in ({"AWS": OUT}, {"AWS": f"arn:aws:iam::{PARTNER}:user/eva"}):
        assert decrypters(let(principal, action="kms:Decrypt"))[OUT].certainty == "certain"
    assert decrypters(let({"AWS": OUT}, action="kms:Encrypt")) == {}


def test_a_key_for_everybody_is_for_whoever_is_signed_in() -> None:
    answer = decrypters(let("*", action="kms:Decrypt"))["*"]
    assert (answer.kind, answer.conditions) == ("external", (SIGNED_IN,))
    held = decrypters(let("*", {"StringEquals": {"kms:CallerAccount": PARTNER}}, "kms:Decrypt"))
    assert list(held) == [OUT]


def test_a_grant_lets_a_stranger_decrypt() -> None:
    def to(name: str, operation: str) -> KeyGrant:
        return KeyGrant("g", name, (operation,), {}, None, None)

    eva = f"arn:aws:iam::{PARTNER}:user/eva"
    assert OUT in decrypters(grants=(to(eva, "Decrypt"),))
    assert decrypters(grants=(to(eva, "Encrypt"),)) == {}


def test_nobody_reads_anonymously_what_a_key_wraps() -> None:
    everybody = document(let("*"))
    keyed = document(OWN_ROOT, let("*", action="kms:Decrypt"))
    answers = found(estate(IDLE, account(), store(key=KEY, policy=everybody), key(keyed)))
    assert answers["*"].kind == "external"


# Roles that trust


def trusted(principal: Any, condition: Any = None, others: tuple[Any, ...] = ()) -> dict[str, Answer]:
    trust = let(principal, condition, "sts:AssumeRole")
    trust.pop("Resource")
    reader = role("reader", allow("s3:GetObject"), trust=document(trust))
    answers = found(estate(IDLE, reader, store(), *others, *_accounts(others)))
    return {name: answer for name, answer in answers.items() if name not in (reader.id, IDLE.id)}


def test_a_trust_policy_narrowed_to_a_strangers_role_lets_the_account_in() -> None:
    answer = trusted({"AWS": OUT}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}})[
        OUT
    ]
    assert (answer.kind, answer.certainty, answer.direct) == ("external", "conditional", False)
    assert trusted({"AWS": OUT})[OUT].certainty == "certain"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalType": "Account"}},
        {"StringEquals": {"aws:PrincipalType": "FederatedUser"}},
        {"ArnEquals": {"aws:PrincipalArn": OUT}},
    ],
    ids=lambda one: str(one)[:60],
)
def test_neither_root_users_nor_federated_users_assume_roles(condition: Any) -> None:
    assert trusted({"AWS": OUT}, condition) == {}


def test_a_trust_policy_for_everybody_is_held_to_whom_its_condition_says() -> None:
    partner = trusted({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-partner"}})["*"]
    assert (partner.kind, partner.certainty) == ("external", "conditional")
    assert list(trusted({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": PARTNER}})) == [OUT]
    own = {"StringEquals": {"aws:PrincipalOrgID": "o-own"}}
    assert list(trusted({"AWS": "*"}, own, members(uncovered(MEMBER, "o-own")))) == [THE_MEMBER]
    assert trusted({"AWS": "*"}, own, members()) == {}
