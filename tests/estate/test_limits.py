"""Which limits an estate meets: each in a pair of estates that one fact tells apart."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "access"))

from small_estates import (
    HOME,
    STORE,
    allow,
    disk,
    document,
    estate,
    known,
    role,
    store,
    trusting,
)

from weightguard.access import AccessKind, build
from weightguard.estate.aws.store_settings import object_lists
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.limits import limits_of
from weightguard.estate.model import Contents, Estate, Versioning

UNREAD = Unknown(Reason.DENIED, Source.asked("aws", HOME, "s3", "GetBucketOwnershipControls"), "AccessDenied")
DELEGATED = document(
    {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{STORE}/*",
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": HOME}},
    }
)
PLAIN = document(
    {
        "Effect": "Allow",
        "Principal": {"AWS": HOME},
        "Action": "s3:GetObject",
        "Resource": f"{STORE}/*",
        "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    }
)


def met(found: Estate, kind: LimitKind) -> list[tuple[str, bool]]:
    return [(limit.about, limit.in_play) for limit in limits_of(found) if limit.kind is kind]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (known(object_lists("BucketOwnerEnforced")), []),
        (known(object_lists("BucketOwnerPreferred")), [(STORE, True)]),
        (known(object_lists("ObjectWriter")), [(STORE, True)]),
        (known(object_lists(None)), [(STORE, True)]),
        (UNREAD, [(STORE, True)]),
    ],
    ids=["off", "preferred", "writer", "never set", "unread"],
)
def test_lists_of_single_objects_are_in_play_unless_they_are_off(lists: object, expected: object) -> None:
    assert met(estate(store(object_lists=lists)), LimitKind.OBJECT_ACLS) == expected


def test_object_acls_make_reading_incomplete_and_leave_deletion_alone() -> None:
    """An object's list grants reading it and changing the list, never deleting (S3 user guide, "ACL overview")."""
    closed, open_ = (
        build(estate(store())),
        build(estate(store(object_lists=known(object_lists("ObjectWriter"))))),
    )
    assert closed.who_can(AccessKind.READ, STORE).complete
    for access, complete in (("read", False), ("copy", False), ("administer", False), ("delete", True)):
        found = open_.who_can(AccessKind(access), STORE)
        assert found.complete is complete, access
        acls = [limit for limit in found.limits if limit.kind is LimitKind.OBJECT_ACLS]
        assert bool(acls) is not complete


@pytest.mark.parametrize(("policy", "in_play"), [(DELEGATED, True), (PLAIN, False), (None, False)])
def test_multi_region_access_points_are_in_play_where_the_bucket_delegates(
    policy: object, in_play: bool
) -> None:
    found = met(estate(store(policy=policy)), LimitKind.MULTI_REGION_ACCESS_POINTS)  # type: ignore[arg-type]
    assert found == [(STORE, True) if in_play else ("*", False)]


def test_access_grants_are_in_play_in_an_account_with_a_role_for_them() -> None:
    grants = role("Locations", trust=trusting({"Service": "access-grants.s3.amazonaws.com"}))
    other = role("Backups", trust=trusting({"Service": "backup.amazonaws.com"}))
    assert met(estate(store(), grants), LimitKind.ACCESS_GRANTS) == [(HOME, True)]
    assert met(estate(store(), other), LimitKind.ACCESS_GRANTS) == [("*", False)]
    assert not build(estate(store(), grants)).who_can(AccessKind.READ, STORE).complete
    assert build(estate(store(), other)).who_can(AccessKind.READ, STORE).complete


def test_old_versions_are_told_where_there_may_be_some() -> None:
    assert met(estate(store(versioning=known(Versioning(True, True)))), LimitKind.OLD_VERSIONS) == [
        (STORE, False)
    ]
    assert met(estate(store(versioning=known(Versioning(False, True)))), LimitKind.OLD_VERSIONS) == [
        (STORE, False)
    ]
    assert met(estate(store(versioning=known(Versioning(False, False)))), LimitKind.OLD_VERSIONS) == []
    listed = known(Contents(1, 1, 0, old_versions=True))
    assert (
        met(estate(store(versioning=known(Versioning(True, True)), contents=listed)), LimitKind.OLD_VERSIONS)
        == []
    )


def test_what_lies_in_disks_is_not_known_where_there_are_disks() -> None:
    snapshot = disk(f"arn:aws:ec2:us-east-1:{HOME}:snapshot/snap-1")
    assert met(estate(store(), snapshot), LimitKind.DISK_CONTENTS) == [(HOME, False)]
    assert met(estate(store()), LimitKind.DISK_CONTENTS) == []
    assert build(estate(store(), snapshot)).who_can(AccessKind.READ, STORE).complete, "a disk is no store"


def test_a_standing_limit_is_told_and_makes_nothing_incomplete() -> None:
    graph = build(estate(store(), role("Anybody", allow("s3:GetObject"))))
    found = graph.who_can(AccessKind.READ, STORE)
    assert found.complete
    assert {limit.kind.id for limit in found.limits} == {"multi-region-access-points", "s3-access-grants"}
    assert not any(limit.in_play for limit in found.limits)


def test_every_kind_has_an_id_of_its_own_and_says_what_it_hides() -> None:
    assert len({kind.id for kind in LimitKind}) == len(LimitKind)
    accesses = {access.value for access in AccessKind}
    for kind in LimitKind:
        assert kind.id == kind.id.lower()
        assert kind.hides
        assert accesses.issuperset(kind.accesses)
        assert Limit(kind, "*").as_json()["id"] == kind.id
