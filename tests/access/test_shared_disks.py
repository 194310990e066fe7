"""Disks that are shared with other accounts: sharing is half of it, the key is the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_estates import HOME, KEY, account, allow, disk, document, estate, key, known, user

from weightguard.access import AccessKind, Answer, build
from weightguard.estate.model import KeyGrant

SNAPSHOT = f"arn:aws:ec2:us-east-1:{HOME}:snapshot/snap-1"
PARTNER, OTHER = "999999999999", "222222222222"
OUT = f"arn:aws:iam::{PARTNER}:root"
OWN_ROOT = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}
ACCOUNTS = (account(), account(OTHER))
READER = user("reader", allow(["ec2:CreateVolume", "kms:Decrypt"]), account=OTHER)


def lets(*principals: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": list(principals)},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }


def found(*things: Any) -> dict[str, Answer]:
    return {one.principal: one for one in build(estate(*things)).who_can(AccessKind.READ, SNAPSHOT).answers}


def test_an_account_outside_reads_a_shared_disk_where_the_key_lets_it() -> None:
    shared = disk(SNAPSHOT, "snapshot", KEY, PARTNER)
    assert OUT not in found(*ACCOUNTS, shared, key(document(OWN_ROOT)))
    assert found(*ACCOUNTS, shared, key(document(OWN_ROOT, lets(OUT))))[OUT].certainty == "certain"
    grant = KeyGrant("g", f"arn:aws:iam::{PARTNER}:user/eva", ("Decrypt",), {}, None, None)
    assert OUT in found(*ACCOUNTS, shared, key(document(OWN_ROOT, lets(PARTNER)), grant))


def test_an_account_of_the_estate_reads_a_shared_disk_where_the_key_lets_it() -> None:
    shared = disk(SNAPSHOT, "snapshot", KEY, OTHER)
    assert READER.id not in found(*ACCOUNTS, READER, shared, key(document(OWN_ROOT)))
    assert READER.id in found(*ACCOUNTS, READER, shared, key(document(OWN_ROOT, lets(OTHER))))
    plain = disk(SNAPSHOT, "snapshot", None, OTHER)
    assert READER.id in found(*ACCOUNTS, READER, plain)


def test_a_key_policy_that_names_one_of_two_alike_lets_in_that_one() -> None:
    twin = user("twin", allow(["ec2:CreateVolume", "kms:Decrypt"]), account=OTHER)
    shared = disk(SNAPSHOT, "snapshot", KEY, OTHER)
    answers = found(*ACCOUNTS, READER, twin, shared, key(document(OWN_ROOT, lets(READER.id))))
    assert READER.id in answers
    assert twin.id not in answers


@pytest.mark.parametrize("name", [f"arn:aws:kms:us-east-1:{HOME}:alias/aws/ebs"])
def test_a_disk_under_the_providers_key_cannot_be_used_by_others(name: str) -> None:
    shared = replace(disk(SNAPSHOT, "snapshot", None, PARTNER, OTHER), encrypted=known(True), key=known(name))
    assert found(*ACCOUNTS, READER, shared) == {}
