"""Properties of cuts over random small estates: done as told they close every way, cost nobody unsaid, and none is smaller.

Estates have statements that allow the same thing, names in lists, a key with grants, a second account and strangers: what makes a
smallest set hard to find. Whether a smaller one exists is tried out: every set of fewer statements is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from math import comb
from typing import Any

import pytest
from doing import done
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_estates import (
    HOME,
    KEY,
    STORE,
    account,
    allow,
    arn,
    document,
    estate,
    group,
    key,
    known,
    managed,
    role,
    store,
    trusting,
    user,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.access.cut import is_inside, is_kept
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate, KeyGrant, NamedPolicy

OTHER, STRANGER, STRANGE = "222222222222", "999999999999", "888888888888"
READER, SPARE = arn("role", "reader"), arn("role", "spare")
PEOPLE = [arn("user", "a"), arn("user", "b")]
VISITOR = arn("user", "visitor", OTHER)
OUTSIDE = [f"arn:aws:iam::{one}:root" for one in (STRANGER, STRANGE)]
OBJECTS = f"{STORE}/*"
Statement = tuple[str, int]


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Two people who may climb, two roles that read, a visitor of a second account, two strangers."""

    def some(choices: list[Any], least: int, most: int) -> list[Any]:
        return draw(st.lists(st.sampled_from(choices), min_size=least, max_size=most))

    climbs = [
        allow("sts:AssumeRole", READER),
        allow("sts:AssumeRole", [READER, SPARE]),
        allow(["sts:AssumeRole", "s3:ListBucket"]),
        allow("iam:CreateAccessKey", PEOPLE[0]),
    ]
    names = [HOME, *OUTSIDE, READER, VISITOR, "*"]
    shared = [
        allow(draw(st.sampled_from(["s3:GetObject", ["s3:GetObject", "s3:PutObject"]])), OBJECTS)
        | {
            "Principal": {
                "AWS": draw(st.lists(st.sampled_from(names[1:]), min_size=1, max_size=3, unique=True))
            }
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    opened = [
        allow("kms:Decrypt") | {"Principal": {"AWS": one}}
        for one in some([[*OUTSIDE], OUTSIDE[0], [OUTSIDE[0], READER], VISITOR], 0, 2)
    ]
    granted = KeyGrant("g-1", draw(st.sampled_from([OUTSIDE[1], READER])), ("Decrypt",), {}, None, None)
    root = allow("kms:*") | {"Sid": "1", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}}
    common = managed("common", *some(climbs, 0, 2))
    read = [allow("s3:GetObject", OBJECTS), allow("kms:Decrypt")]
    trusted = [arn("user", "a"), arn("user", "b"), f"arn:aws:iam::{HOME}:root", VISITOR, OUTSIDE[0]]
    things: list[Any] = [
        account(),
        account(OTHER),
        group("g", *some(climbs, 0, 1)),
        role("reader", *read, trust=trusting(*some(trusted, 1, 3))),
        role(
            "spare",
            *read,
            trust=document(allow("sts:AssumeRole") | {"Principal": {"AWS": some(trusted, 1, 3)}}),
        ),
        user(
            "visitor", allow("s3:GetObject", OBJECTS), allow(["sts:AssumeRole", "kms:Decrypt"]), account=OTHER
        ),
        store(policy=document(*shared) if shared else None, key=KEY if draw(st.booleans()) else None),
        key(document(root, *opened), granted),
    ]
    for name in ("a", "b"):
        groups = (arn("group", "g"),) if draw(st.booleans()) else ()
        carried = (common,) if draw(st.booleans()) else ()
        things.append(user(name, *some(climbs, 0, 2), attached=carried, groups=known(groups)))
    return estate(*things)


def asked(found: Estate) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(found).who_can(AccessKind.READ, STORE).answers}


def open_still(before: dict[str, Answer], after: dict[str, Answer]) -> set[str]:
    """Who gets in and is not meant to be kept."""
    kept = {name for name, answer in before.items() if answer.direct}
    return {name for name, answer in after.items() if name not in kept or not is_kept(answer)}


MOST_SETS = 400
"""Sets of one size that are tried out."""


def is_ours(answer: Answer) -> bool:
    """Whether somebody is of the two accounts, also where outsiders alone may assume the role."""
    return is_inside(answer) or f":{HOME}:" in answer.principal or f":{OTHER}:" in answer.principal


BOUNDED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def check_done(found: Estate) -> None:
    before, cut = asked(found), build(found).cut(STORE)
    after = asked(done(found, cut.changes))
    assert open_still(before, after) == set(cut.left)
    assert set(after) <= set(before), "nobody may get in only now"
    lost = {name for name, one in before.items() if one.direct and is_ours(one)} - set(after)
    assert lost == {name for change in cut.changes for name in change.costs}
    assert all(change.closes for change in cut.changes)
    assert cut.complete is (not cut.left)


@settings(BOUNDED, max_examples=10)
@given(estates())
def test_a_cut_done_as_told_closes_every_way(found: Estate) -> None:
    check_done(found)


@pytest.mark.slow
@settings(BOUNDED, max_examples=40)
@given(estates())
def test_a_cut_done_as_told_closes_every_way_of_many_estates(found: Estate) -> None:
    check_done(found)


@pytest.mark.slow
@settings(BOUNDED, max_examples=12)
@given(estates())
def test_no_smaller_set_of_changes_closes_every_way(found: Estate) -> None:
    check_smallest(found)


def test_no_smaller_set_closes_what_has_many_statements() -> None:
    """One that is worth trying whatever the random ones come to: each of two hops is allowed by two statements."""
    read, climbs = allow("s3:GetObject", OBJECTS), [allow("sts:AssumeRole", one) for one in (READER, SPARE)]
    trust = trusting(*[f"arn:aws:iam::{HOME}:root"] * 3)
    found = estate(
        user("a", *climbs, *climbs),
        role("reader", read, trust=trust),
        role("spare", read, trust=trust),
        store(),
    )
    assert len(build(found).cut(STORE).changes) == 4
    check_smallest(found)


def check_smallest(found: Estate) -> None:
    """Every set of fewer statements leaves somebody in, or costs more of those to be kept."""
    before, cut = asked(found), build(found).cut(STORE)
    if cut.left:
        return
    kept = {name for name, one in before.items() if one.direct and is_ours(one)}
    costs = len({name for change in cut.changes for name in change.costs})
    every = list(statements(found))
    sizes = (size for size in range(len(cut.changes) + (costs > 0)) if comb(len(every), size) <= MOST_SETS)
    for size in sizes:
        for fewer in combinations(every, size):
            after = asked(without(found, fewer))
            if not open_still(before, after):
                lost = len(kept - set(after))
                assert (lost, size) >= (costs, len(cut.changes)), fewer


def statements(found: Estate) -> Iterable[Statement]:
    """Every statement that may be taken away: all but the key's own account, which has to be left in."""
    seen = set()
    for policy in policies(found):
        for index, row in enumerate(policy.document["Statement"]):  # type: ignore[index,arg-type]
            if row.get("Sid") != "1" and (policy.id, index) not in seen:
                seen.add((policy.id, index))
                yield policy.id, index
    for one in found.keys:
        if isinstance(one.grants, Known):
            yield from ((each.id, -1) for each in one.grants.value)


def policies(found: Estate) -> Iterable[NamedPolicy]:
    facts = [one.trust for one in found.principals]
    facts += [one.policy for one in (*found.stores, *found.keys)]
    for fact in facts:
        if isinstance(fact, Known) and fact.value is not None:
            yield fact.value
    for one in found.principals:
        if isinstance(one.policies, Known):
            yield from one.policies.value


def without(found: Estate, gone: Iterable[Statement]) -> Estate:
    """The estate without some statements, and without grants of these names."""
    gone = set(gone)

    def left(policy: NamedPolicy) -> NamedPolicy:
        rows = policy.document["Statement"]  # type: ignore[index]
        kept = [row for index, row in enumerate(rows) if (policy.id, index) not in gone]
        return replace(policy, document={**policy.document, "Statement": kept})  # type: ignore[dict-item]

    def fact(one: Any) -> Any:
        return Known(left(one.value), one.source) if isinstance(one, Known) and one.value is not None else one

    def principal(one: Any) -> Any:
        policies = Known(tuple(map(left, one.policies.value)), one.policies.source)
        return replace(one, policies=policies, trust=fact(one.trust))

    def of_key(one: Any) -> Any:
        grants = Known(
            tuple(each for each in one.grants.value if (each.id, -1) not in gone), one.grants.source
        )
        return replace(one, policy=fact(one.policy), grants=grants)

    def over(collection: Any, how: Any) -> Any:
        return replace(collection, items=tuple(how(one) for one in collection))

    return replace(
        found,
        principals=over(found.principals, principal),
        stores=over(found.stores, lambda one: replace(one, policy=fact(one.policy))),
        keys=over(found.keys, of_key),
    )
