"""Random stores with keys, policies, grants, access points and tags in two accounts: the graph agrees with exploring states."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opened_world import TAG, VALUE, World
from small_estates import (
    HOME,
    access_point,
    account,
    allow,
    boundary,
    deny,
    document,
    estate,
    inline,
    key,
    role,
    store,
    user,
)

from weightguard.access import AccessKind, build
from weightguard.estate.fact import Collection
from weightguard.estate.model import Estate, KeyGrant

OTHER = "222222222222"
ON_BUCKET = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]
ON_OBJECTS = ["s3:GetObject"]
ON_POINTS = ["s3:CreateAccessPoint", "s3:PutAccessPointPolicy", "s3:DeleteAccessPointPolicy"]
ON_KEY = ["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:EnableKey", "kms:TagResource"]
WILD = ["s3:*", "kms:*", "kms:Put*", "s3:Get*", "sts:*"]


class Names:
    """ARNs of one partition."""

    def __init__(self, partition: str, store_account: str, key_account: str) -> None:
        self.partition = partition
        self.store = f"arn:{partition}:s3:::weights"
        self.objects = f"{self.store}/*"
        self.key = f"arn:{partition}:kms:us-east-1:{key_account}:key/k"
        self.points = f"arn:{partition}:s3:us-east-1:{store_account}:accesspoint"
        self.people = [
            f"arn:{partition}:iam::{one}:{kind}/{name}"
            for one in (HOME, OTHER)
            for kind, name in (("user", "u"), ("role", "a"), ("role", "b"))
        ]
        self.roots = [f"arn:{partition}:iam::{one}:root" for one in (HOME, OTHER)]
        self.resources = {
            "bucket": (ON_BUCKET, [self.store, "*"]),
            "objects": (ON_OBJECTS, [self.objects, "*", f"{self.points}/ap/object/*"]),
            "points": (ON_POINTS, [f"{self.points}/ap", f"{self.points}/*", "*"]),
            "key": (ON_KEY, [self.key, "*"]),
            "roles": (["sts:AssumeRole"], [*self.people[1:3], *self.people[4:], "*"]),
            "wild": (WILD, ["*"]),
        }


@st.composite
def statement(draw: st.DrawFn, names: Names, kinds: tuple[str, ...] = ()) -> dict[str, Any]:
    actions, resources = names.resources[draw(st.sampled_from(kinds or tuple(names.resources)))]
    chosen = draw(st.lists(st.sampled_from(actions), min_size=1, max_size=3, unique=True))
    more: dict[str, Any] = {}
    if set(chosen) & set(ON_KEY) and draw(st.integers(0, 3)) == 0:
        more = {"Condition": {"StringEquals": {f"aws:ResourceTag/{TAG}": draw(st.sampled_from([VALUE]))}}}
    make = deny if draw(st.integers(0, 7)) == 0 else allow
    return make(chosen, draw(st.sampled_from(resources)), **more)


@st.composite
def resource_statement(draw: st.DrawFn, names: Names, actions: list[str], resource: Any) -> dict[str, Any]:
    whom = draw(st.sampled_from([*names.people, *names.roots, "*"]))
    chosen = draw(st.lists(st.sampled_from(actions), min_size=1, max_size=2, unique=True))
    effect = "Deny" if draw(st.integers(0, 7)) == 0 else "Allow"
    found = {"Effect": effect, "Principal": {"AWS": whom}, "Action": chosen, "Resource": resource}
    if whom == "*":
        inside = draw(st.sampled_from([[HOME], [OTHER], [HOME, OTHER]]))
        found["Condition"] = {"StringEquals": {"aws:PrincipalAccount": inside}}
    return found


@st.composite
def resource_policy(draw: st.DrawFn, names: Names, actions: list[str], resource: Any) -> dict[str, Any]:
    return document(*draw(st.lists(resource_statement(names, actions, resource), min_size=1, max_size=2)))


@st.composite
def people(draw: st.DrawFn, names: Names) -> list[Any]:
    found: list[Any] = []
    for one in (HOME, OTHER):
        for kind, name in (("user", "u"), ("role", "a"), ("role", "b")):
            id_ = f"arn:{names.partition}:iam::{one}:{kind}/{name}"
            facts: dict[str, Any] = {}
            if draw(st.integers(0, 5)) == 0:
                limits = st.sampled_from(["s3:*", "kms:*", "sts:*", "s3:GetObject", "kms:Decrypt"])
                facts["boundary"] = boundary(
                    allow(draw(st.lists(limits, min_size=1, max_size=3, unique=True)))
                )
            statements = draw(st.lists(statement(names), max_size=2))
            facts["attached"] = (inline(id_, *statements),) if statements else ()
            if kind == "role":
                trusted = draw(
                    st.lists(st.sampled_from([*names.people, *names.roots]), min_size=1, max_size=2)
                )
                facts["trust"] = document(
                    {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
                )
            made = (user if kind == "user" else role)(name, account=one, **facts)
            found.append(renamed(made, names.partition))
    return found


def renamed(made: Any, partition: str) -> Any:
    from dataclasses import replace

    return replace(made, id=made.id.replace("arn:aws:", f"arn:{partition}:", 1))


@st.composite
def worlds(draw: st.DrawFn) -> Estate:
    partition = draw(st.sampled_from(["aws", "aws", "aws-us-gov"]))
    names = Names(partition, HOME, draw(st.sampled_from([HOME, HOME, OTHER])))
    facts: dict[str, Any] = {}
    if draw(st.booleans()):
        resource = [names.store, names.objects]
        facts["policy"] = draw(resource_policy(names, [*ON_BUCKET, *ON_OBJECTS, "s3:*"], resource))
    if draw(st.booleans()):
        policy = draw(st.none() | resource_policy(names, ON_OBJECTS, f"{names.points}/ap/object/*"))
        point = renamed(access_point("ap", policy, bucket=names.store), partition)
        facts["access_points"] = Collection((point,))
    things: list[Any] = [*draw(people(names)), account(HOME), account(OTHER)]
    if draw(st.integers(0, 3)):
        facts["key"] = names.key
        things.append(draw(keys(names)))
    things.append(store(names.store, **facts))
    return estate(*things)


@st.composite
def keys(draw: st.DrawFn, names: Names) -> Any:
    owner = names.key.split(":")[4]
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{names.partition}:iam::{owner}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    named = draw(st.lists(resource_statement(names, [*ON_KEY, "kms:*"], "*"), max_size=2))
    policy = document(*([root] if draw(st.booleans()) else []), *named)
    grants = [
        KeyGrant("g", whom, ("Decrypt",), {}, None, None)
        for whom in draw(st.lists(st.sampled_from(names.people), max_size=1))
    ]
    state = draw(st.sampled_from(["Enabled", "Enabled", "Disabled"]))
    tags = draw(st.sampled_from([{}, {TAG: "other"}, {TAG: VALUE}]))
    return key(policy, *grants, id=names.key, account=owner, state=state, tags=tags)


def readers(found: Estate) -> set[str]:
    """Who reads for certain: what hangs on settings that these worlds do not have (access control lists) is left out."""
    place = found.stores.items[0].id
    answers = build(found).who_can(AccessKind.READ, place).answers
    held = {one.id for one in found.principals}
    return {one.principal for one in answers if one.principal in held and one.certainty == "certain"}


BOUNDED = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@settings(BOUNDED, max_examples=25)
@given(worlds())
def test_the_graph_agrees_with_exploring_every_state(found: Estate) -> None:
    assert readers(found) == World(found).readers()


@pytest.mark.slow
@BOUNDED
@given(worlds())
def test_the_graph_finds_exactly_those_whom_exploring_finds(found: Estate) -> None:
    assert readers(found) == World(found).readers()
