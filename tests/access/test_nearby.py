"""A cut asks again of the accounts that bear on it alone: what it says is what it would say of everything."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from small_estates import (
    KEY,
    STORE,
    account,
    administrator,
    allow,
    arn,
    estate,
    key,
    known,
    role,
    store,
    trusting,
    user,
)

from weightguard.access import Cut, build
from weightguard.access.aws import reach
from weightguard.access.aws.removals.nearby import lying_in
from weightguard.access.graph import AccessGraph
from weightguard.estate.model import Estate, PublicAccessBlock

HOME, TOOLS, OTHER, FAR = "111111111111", "222222222222", "333333333333", "444444444444"
ACCOUNTS = (HOME, TOOLS, OTHER, FAR)
OBJECTS = f"{STORE}/*"


@pytest.fixture
def asked_of(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """The accounts that each further question was asked of."""
    found: list[frozenset[str]] = []

    def noted(whole: Estate, accounts: frozenset[str]) -> Estate:
        found.append(accounts)
        return lying_in(whole, accounts)

    monkeypatch.setattr(reach, "lying_in", noted)
    return found


def cut_of_everything(of: Estate) -> Cut:
    graph = AccessGraph(of)
    graph.ports = tuple(replace(port, within=None) for port in graph.ports)
    return graph.cut(STORE)


def named(*names: str) -> dict[str, Any]:
    return {**allow("s3:GetObject", OBJECTS), "Principal": {"AWS": list(names)}}


def test_accounts_that_nothing_leads_from_are_not_asked(asked_of: list[frozenset[str]]) -> None:
    of = estate(
        *map(account, ACCOUNTS),
        store(),
        role("reader", allow("s3:GetObject", OBJECTS), trust=trusting(arn("role", "deployer", TOOLS))),
        role("deployer", allow("sts:AssumeRole"), account=TOOLS, trust=trusting(TOOLS)),
        role("deployed-to", allow("s3:GetObject"), account=OTHER, trust=trusting(arn("role", "deployer", TOOLS))),
        user("somebody", account=FAR, attached=[administrator()]),
    )  # fmt: skip
    found = build(of).cut(STORE)
    assert {HOME, TOOLS} <= asked_of[0]
    assert not {OTHER, FAR} & asked_of[0]
    assert found == cut_of_everything(of)


def test_who_was_left_out_is_no_stranger(asked_of: list[frozenset[str]]) -> None:
    """The bucket lets in a role that an account does not have. The account is left out; that it has no such role is known still."""
    gone = {"Condition": {"ArnLike": {"aws:PrincipalArn": arn("role", "gone-*", FAR)}}}
    root = f"arn:aws:iam::{FAR}:root"
    of = estate(
        *map(account, ACCOUNTS),
        store(policy={"Statement": [{**named(root), **gone}]}),
        user("guest", allow("sts:AssumeRole"), account=OTHER),
        role("lent", allow("s3:GetObject", OBJECTS), trust=trusting(arn("user", "guest", OTHER))),
        user("reader", allow("s3:GetObject", OBJECTS)),
        user("another", allow("s3:GetObject", OBJECTS), account=FAR),
    )
    found = build(of).cut(STORE)
    assert found.changes
    assert asked_of
    assert FAR not in asked_of[0]
    assert not found.left
    assert found == cut_of_everything(of)


def test_what_opens_when_a_public_statement_goes_is_closed_as_well(asked_of: list[frozenset[str]]) -> None:
    """RestrictPublicBuckets keeps other accounts out of a public bucket alone: another account's role gets in when it is none."""
    of = estate(
        *map(account, ACCOUNTS),
        store(
            policy={"Statement": [{**allow("s3:GetObject", OBJECTS), "Principal": "*"}, named(arn("user", "guest", FAR))]},
            public_access_block=known(PublicAccessBlock(False, False, False, True)),
        ),
        user("reader", allow("s3:GetObject", OBJECTS)),
        role("service", allow("s3:GetObject", OBJECTS), trust=trusting(OTHER)),
        user("guest", allow("s3:GetObject", OBJECTS), account=FAR),
    )  # fmt: skip
    assert build(of).cut(STORE) == cut_of_everything(of)
    assert not asked_of


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_it_says_the_same_as_of_everything(seed: int, asked_of: list[frozenset[str]]) -> None:
    of = drawn(random.Random(seed))
    assert build(of).cut(STORE) == cut_of_everything(of)


_GRANTS: tuple[tuple[str, str], ...] = (
    ("s3:GetObject", OBJECTS),
    ("s3:*", "*"),
    ("sts:AssumeRole", "*"),
    ("iam:PutRolePolicy", "*"),
    ("iam:UpdateAssumeRolePolicy", "*"),
    ("s3:PutBucketPolicy", STORE),
    ("kms:Decrypt", KEY),
    ("kms:PutKeyPolicy", KEY),
)


def drawn(chance: random.Random) -> Estate:
    """Four accounts whose roles may assume one another, and a store in the first, open to some of them."""
    roles = [(name, where) for where in ACCOUNTS for name in ("one", "two", "three")]

    def trust() -> Mapping[str, Any]:
        who = [arn("role", *one) for one in chance.sample(roles, 2)]
        return trusting(*who[: chance.randint(0, 2)], *chance.sample(ACCOUNTS, chance.randint(0, 1)))

    made = []
    for name, where in roles:
        grants = [allow(*one) for one in chance.sample(_GRANTS, chance.randint(1, 3))]
        made.append(role(name, *grants, trust=trust(), account=where))
    guests = [arn("role", *one) for one in chance.sample(roles, 2)]
    wrapped = KEY if chance.random() < 0.5 else None
    own = {"Statement": [{**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}}]}
    policy = {"Statement": [named(*guests)]} if chance.random() < 0.7 else None
    return estate(*map(account, ACCOUNTS), store(policy=policy, key=wrapped), key(own), *made)
