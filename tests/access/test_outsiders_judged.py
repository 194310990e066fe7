"""What controls say of outsiders who are let in by conditions rather than by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_estates import HOME, account, document, estate, organisation, store, user

from weightguard.access import build
from weightguard.config import Config
from weightguard.controls.catalogue import load_catalogue
from weightguard.controls.engine import judge
from weightguard.controls.schema import Status
from weightguard.estate.model import Estate

PARTNER = "999999999999"
OUT = f"arn:aws:iam::{PARTNER}:root"
CATALOGUE = load_catalogue()
CATALOGUE = replace(
    CATALOGUE, controls=tuple(one for one in CATALOGUE.controls if one.id in ("WG-IAM-05", "WG-STO-16"))
)
OURS = (account(organisation="o-own", management=True), organisation("o-own", HOME), user("idle"))


def let(principal: Any, condition: Any = None, effect: str = "Allow", action: str = "s3:GetObject") -> Any:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return statement if condition is None else {**statement, "Condition": condition}


def held(*statements: Any) -> Estate:
    return estate(*OURS, store(policy=document(*statements)))


def verdict(things: Estate, control: str) -> Status:
    results = judge(CATALOGUE, things, build(things), Config()).results
    return next(one.status for one in results if one.control == control and one.subject.endswith("weights"))


SHAPES = {
    "account narrowed by name": [
        let({"AWS": OUT}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}})
    ],
    "account narrowed by type": [let({"AWS": OUT}, {"StringEquals": {"aws:PrincipalType": "User"}})],
    "account narrowed by user name": [let({"AWS": OUT}, {"StringLike": {"aws:username": "bot-*"}})],
    "denial that excepts": [
        let({"AWS": OUT}),
        let("*", {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}}, "Deny"),
    ],
    "everybody of an organisation": [let("*", {"StringEquals": {"aws:PrincipalOrgID": "o-partner"}})],
    "everybody in a unit": [
        let("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-partner/r-1/ou-2/*"}})
    ],
    "everybody of an account": [let("*", {"StringEquals": {"aws:PrincipalAccount": PARTNER}})],
    "everybody of a name": [let("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}})],
    "whoever makes an access point": [let("*", {"StringEquals": {"s3:DataAccessPointAccount": PARTNER}})],
    "federated user": [let({"AWS": f"arn:aws:sts::{PARTNER}:federated-user/bob"})],
}
OWN = {
    "the own organisation": [let("*", {"StringEquals": {"aws:PrincipalOrgID": "o-own"}})],
    "the own account": [let("*", {"StringEquals": {"aws:PrincipalAccount": HOME}})],
    "a name of ours": [let({"AWS": HOME}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}})],
    "a stranger who is to be a member": [
        let({"AWS": OUT}),
        let("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-own"}}, "Deny"),
    ],
}


@pytest.mark.parametrize("control", ["WG-IAM-05", "WG-STO-16"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_outsiders_fail_the_controls_however_they_are_let_in(shape: list[Any], control: str) -> None:
    assert verdict(held(*shape), control) is Status.FAIL


@pytest.mark.parametrize("control", ["WG-IAM-05", "WG-STO-16"])
@pytest.mark.parametrize("shape", OWN.values(), ids=OWN)
def test_what_is_held_to_ones_own_passes_them(shape: list[Any], control: str) -> None:
    assert verdict(held(*shape), control) is Status.PASS


def test_own_access_points_fail_neither_and_multi_region_ones_may_be_behind_them() -> None:
    own = held(let("*", {"StringEquals": {"s3:DataAccessPointAccount": HOME}}))
    assert verdict(own, "WG-STO-16") is Status.PASS
    assert verdict(own, "WG-IAM-05") is Status.UNKNOWN


@pytest.mark.parametrize("source", [PARTNER, HOME])
def test_a_service_that_acts_for_an_outsider_is_the_outsiders(source: str) -> None:
    for condition in (
        {"StringEquals": {"aws:SourceAccount": source}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{source}:distribution/E1"}},
    ):
        found = verdict(held(let({"Service": "cloudfront.amazonaws.com"}, condition)), "WG-IAM-05")
        assert (found is Status.FAIL) is (source == PARTNER)
