"""One thing that a state, or two states, say twice and differently is not known: whichever was applied last holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from states import ACCOUNT, ALLOW, resource, role, snapshot, state

from weightguard.api import assess, load
from weightguard.estate.fact import Fact, Unknown
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import open_snapshot

NOTHING = '{"Version":"2012-10-17","Statement":[]}'
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"
POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/p"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/m"
BLOCK = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def bucket(**values: Any) -> dict[str, Any]:
    return resource("aws_s3_bucket", arn="arn:aws:s3:::b", bucket="b", id="b", region="us-east-1", **values)


def block(on: bool) -> dict[str, Any]:
    return resource("aws_s3_account_public_access_block", **dict.fromkeys(BLOCK, on))


def key(*policies: str) -> list[dict[str, Any]]:
    attached = [resource("aws_kms_key_policy", key_id="k", policy=policy) for policy in policies]
    return [resource("aws_kms_key", arn=KEY, key_id="k", policy=""), *attached]


def point(*policies: str) -> list[dict[str, Any]]:
    attached = [
        resource("aws_s3control_access_point_policy", access_point_arn=POINT, policy=policy)
        for policy in policies
    ]
    return [bucket(), resource("aws_s3_access_point", arn=POINT, name="p", bucket="b"), *attached]


def own(*policies: str) -> list[dict[str, Any]]:
    return [
        role(),
        *(resource("aws_iam_role_policy", name="n", role="runner", policy=one) for one in policies),
    ]


def managed(policy: str) -> list[dict[str, Any]]:
    return [
        role(),
        resource("aws_iam_policy", arn=POLICY, name="m", policy=policy),
        resource("aws_iam_role_policy_attachment", role="runner", policy_arn=POLICY),
    ]


Reader = Callable[[Estate], Fact[Any]]
CASES: dict[str, tuple[Reader, list[dict[str, Any]], list[dict[str, Any]]]] = {
    "account block": (lambda e: e.accounts.items[0].public_access_block, [block(True)], [block(False)]),
    "key policy": (lambda e: e.keys.items[0].policy, key(NOTHING), key(ALLOW)),
    "access point policy": (
        lambda e: e.stores.items[0].access_points.items[0].policy, point(NOTHING), point(ALLOW)
    ),
    "own policy": (lambda e: e.principals.items[0].policies, own(NOTHING), own(ALLOW)),
    "trust": (
        lambda e: e.principals.items[0].trust, [role()], [role() | {"values": role()["values"] | {"assume_role_policy": NOTHING}}]
    ),
    "bucket policy": (lambda e: e.stores.items[0].policy, [bucket(policy=NOTHING)], [bucket(policy=ALLOW)]),
}  # fmt: skip


def read(folder: Path, *states: list[dict[str, Any]]) -> Estate:
    with open_snapshot(snapshot(folder, *(state(*one) for one in states))) as found:
        return read_estate([found])


@pytest.mark.parametrize("case", sorted(CASES))
def test_what_two_states_say_differently_is_not_known(tmp_path: Path, case: str) -> None:
    fact, one, other = CASES[case]
    assert isinstance(fact(read(tmp_path / "a", one, other)), Unknown)
    assert isinstance(fact(read(tmp_path / "b", other, one)), Unknown)
    assert fact(read(tmp_path / "c", one, one)) == fact(read(tmp_path / "d", one))
    assert not isinstance(fact(read(tmp_path / "e", other)), Unknown)


@pytest.mark.parametrize("made", [key, point, own])
def test_what_two_resources_of_one_state_say_differently_is_not_known(
    tmp_path: Path, made: Callable[..., list[dict[str, Any]]]
) -> None:
    fact = {key: "key policy", point: "access point policy", own: "own policy"}[made]
    reader = CASES[fact][0]
    assert isinstance(reader(read(tmp_path / "a", made(NOTHING, ALLOW))), Unknown)
    assert isinstance(reader(read(tmp_path / "b", made(ALLOW, NOTHING))), Unknown)
    spaced = json.dumps(json.loads(ALLOW), indent=1)
    assert not isinstance(reader(read(tmp_path / "c", made(ALLOW, spaced))), Unknown)


def test_a_managed_policy_of_which_two_states_hold_two_texts_has_none(tmp_path: Path) -> None:
    def texts(*states: list[dict[str, Any]]) -> list[Any]:
        (principal,) = read(tmp_path / str(len(list(tmp_path.iterdir()))), *states).principals
        return [one.document for one in principal.policies.value]  # type: ignore[union-attr]

    assert texts(managed(NOTHING), managed(ALLOW)) == [None]
    assert texts(managed(ALLOW), managed(NOTHING)) == [None]
    assert texts(managed(ALLOW), managed(ALLOW)) == [json.loads(ALLOW)]


def test_what_a_state_made_none_of_it_does_not_list(tmp_path: Path) -> None:
    """Networks, secrets, disk copies and repositories that a state does not manage may all the same be there."""
    empty = assess(load(snapshot(tmp_path / "a", state(bucket()))))
    secret = resource(
        "aws_secretsmanager_secret", arn=f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:s", name="s"
    )
    one = assess(load(snapshot(tmp_path / "b", state(bucket(), secret))))
    asked = {
        "WG-IAM-20",
        "WG-NET-04",
        "WG-NET-05",
        "WG-NET-08",
        "WG-NET-10",
        "WG-NET-12",
        "WG-STO-10",
        "WG-STO-12",
        "WG-INV-08",
    }
    statuses = {result.control: result.status for result in empty.results if result.control in asked}
    assert statuses == dict.fromkeys(asked, "unknown")
    assert {result.status for result in one.results if result.control == "WG-IAM-20"} == {"pass"}


def test_a_number_that_is_none_costs_its_attribute_and_not_the_state(tmp_path: Path) -> None:
    text = json.dumps(state(bucket(), resource("aws_ami", weight="X"), key(ALLOW)[0])).replace('"X"', "NaN")
    with open_snapshot(snapshot(tmp_path, text.replace('"key_id": "k"', '"key_id": 1e400'))) as found:
        made = read_estate([found])
    assert [one.name for one in made.stores] == ["b"]
    assert [one.id for one in made.keys] == [KEY]
