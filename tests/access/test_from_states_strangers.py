"""Strangers and members, from states of several accounts: who is known from a list, and whose access points lead to a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attack_labs.answering import answers, snapshot
from attack_labs.lab import HOME, Lab, allow, policy

from weightguard.api import load

OTHER, MEMBER, PARTNER = "222222222222", "333333333333", "999999999999"
BUCKET = "shared-weights"
STORE = f"arn:aws:s3:::{BUCKET}"
ORGANISATION = "o-own"


def let(principal: Any, **condition: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{STORE}/*"}
    return {**found, "Condition": condition} if condition else found


def home(*statements: dict[str, Any]) -> Lab:
    lab = Lab(HOME)
    lab.bucket(BUCKET, *statements)
    return lab


def organised(lab: Lab, *accounts: str, listed: bool = True) -> Lab:
    """The account manages the organisation, whose other accounts are these."""
    rows = [{"id": one, "name": one, "status": "ACTIVE", "arn": ""} for one in (HOME, *accounts)]
    lab.add(
        "aws_organizations_organization",
        "own",
        id=ORGANISATION,
        arn=f"arn:aws:organizations::{HOME}:organization/{ORGANISATION}",
        master_account_id=HOME,
        feature_set="ALL",
        roots=[{"id": "r-root", "policy_types": [], "name": "Root", "arn": ""}],
        **({"accounts": rows} if listed else {}),
    )
    return lab


OWN = let("*", StringEquals={"aws:PrincipalOrgID": ORGANISATION})


def test_a_listed_member_without_a_state_is_an_answer(tmp_path: Path) -> None:
    found = answers(tmp_path, organised(home(OWN), MEMBER), store=STORE, everybody=True)
    assert f"arn:aws:iam::{MEMBER}:root" in found
    assert "*" not in found


def test_a_member_with_a_state_is_asked_by_its_principals(tmp_path: Path) -> None:
    member = Lab(MEMBER)
    member.user("reader", allow("s3:GetObject"))
    found = answers(tmp_path, organised(home(OWN), MEMBER), member, store=STORE, everybody=True)
    assert found[f"arn:aws:iam::{MEMBER}:user/reader"] == "certain"
    assert f"arn:aws:iam::{MEMBER}:root" not in found


def test_an_organisation_whose_accounts_nobody_listed_leaves_any_member(tmp_path: Path) -> None:
    found = answers(tmp_path, organised(home(OWN), listed=False), store=STORE, everybody=True)
    assert found["*"] == "conditional"


def test_an_account_that_is_not_on_the_list_is_no_member(tmp_path: Path) -> None:
    stranger = Lab(OTHER)
    stranger.user("reader", allow("s3:GetObject"))
    apart = answers(tmp_path, organised(home(OWN), MEMBER), stranger, store=STORE, everybody=True)
    assert f"arn:aws:iam::{OTHER}:user/reader" not in apart


def pointed(letting: dict[str, Any]) -> Lab:
    """An account that made an access point for the bucket of another."""
    lab = Lab(OTHER)
    arn = lab.arn("s3", "accesspoint/eval")
    inside = {**letting, "Resource": f"{arn}/object/*"}
    switches = dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    )
    lab.add(
        "aws_s3_access_point",
        "eval",
        arn=arn,
        name="eval",
        bucket=BUCKET,
        bucket_account_id=HOME,
        account_id=OTHER,
        network_origin="Internet",
        policy=policy(inside),
        public_access_block_configuration=[switches],
    )
    return lab


def test_an_access_point_in_another_accounts_state_stands_at_the_bucket(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("trusted", "ours")]
    for folder in folders:
        folder.mkdir()
    trusted = home(let("*", StringEquals={"s3:DataAccessPointAccount": OTHER}))
    partner = let({"AWS": f"arn:aws:iam::{PARTNER}:root"})
    found = answers(folders[0], trusted, pointed(partner), store=STORE, everybody=True)
    assert found[f"arn:aws:iam::{PARTNER}:root"] == "certain"
    ours = home(let("*", StringEquals={"s3:DataAccessPointAccount": HOME}))
    found = answers(folders[1], ours, pointed(partner), store=STORE, everybody=True)
    assert f"arn:aws:iam::{PARTNER}:root" not in found


def test_an_access_point_is_of_the_account_that_its_arn_names(tmp_path: Path) -> None:
    estate = load(snapshot(tmp_path, [home(), pointed(let("*"))])).estate
    [store] = [one for one in estate.stores if one.id == STORE]
    assert [(point.account, point.store) for point in store.access_points] == [(OTHER, STORE)]
