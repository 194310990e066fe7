"""The techniques that change stores and keys, and those of pools and deployments, on estates as a laboratory would build them.

What the actor may do is written here by hand, from the provider's documentation, and never read from the data under test: a wrong
action or resource in a technique's entry shows. Every laboratory has a twin in which one thing is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    access_point,
    allow,
    arn,
    disk,
    document,
    estate,
    key,
    role,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, build
from weightguard.access.aws.technique_data.schema import OnStore, techniques
from weightguard.estate.fact import Collection
from weightguard.estate.model import Estate

ME = arn("user", "me")
OBJECTS = f"{STORE}/*"
SNAPSHOT = f"arn:aws:ec2:us-east-1:{HOME}:snapshot/snap-0"
IMAGE = f"arn:aws:ec2:us-east-1:{HOME}:image/ami-0"
RECOVERY = f"arn:aws:backup:us-east-1:{HOME}:recovery-point:r-0"
POINT = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/ap"
ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
SHUT = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}
DELEGATES = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [STORE, OBJECTS],
    "Condition": {"StringEquals": {"s3:DataAccessPointAccount": HOME}},
}


@dataclass(frozen=True)
class Lab:
    """One laboratory.

    Attributes:
        how: what the actor does, as the way says it.
        grants: the statements that it is given; each is needed.
        things: what is there besides.
        at: what it is after.
    """

    how: str
    grants: tuple[dict[str, Any], ...]
    things: Callable[[], tuple[Any, ...]]
    at: str = STORE
    access: AccessKind = AccessKind.READ


def plain() -> tuple[Any, ...]:
    return (store(),)


def wrapped(state: str = "Enabled", tags: Any = None) -> tuple[Any, ...]:
    return (store(key=KEY), key(document(ROOT), state=state, tags=tags))


def closed() -> tuple[Any, ...]:
    return (store(policy=document(SHUT)),)


def with_lists() -> tuple[Any, ...]:
    from small_estates import LISTS_ON, known

    return (store(object_lists=known(LISTS_ON)),)


def pointed(*statements: Any) -> tuple[Any, ...]:
    policy = document(*statements) if statements else None
    return (store(policy=document(DELEGATES), access_points=Collection((access_point("ap", policy),))),)


def replicated() -> tuple[Any, ...]:
    reads = allow(["s3:GetObjectVersionForReplication", "s3:GetObject"], OBJECTS)
    return (store(), role("copier", reads, trust=trusting({"Service": "s3.amazonaws.com"})))


READS = allow("s3:GetObject", OBJECTS)
USES = allow("kms:Decrypt", KEY)
TAGGED = allow("kms:Decrypt", "*", Condition={"StringEquals": {"aws:ResourceTag/team": "mine"}})
UNTAGGED = allow("kms:Decrypt", "*", Condition={"Null": {"aws:ResourceTag/team": "true"}})
ALIASED = allow(
    "kms:Decrypt", "*", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/open-*"}}
)
ALIASES = f"arn:aws:kms:us-east-1:{HOME}:alias/open-*"
GRANTS = f"arn:aws:s3:us-east-1:{HOME}:access-grants/default"
LABS: dict[str, Lab] = {
    "s3-002": Lab("s3:PutBucketPolicy", (allow("s3:PutBucketPolicy", STORE),), plain),
    "s3-003": Lab("s3:DeleteBucketPolicy", (allow("s3:DeleteBucketPolicy", STORE), READS), closed),
    "s3-004": Lab("s3:PutObjectAcl", (allow("s3:PutObjectAcl", OBJECTS),), with_lists),
    "s3-005": Lab("s3:PutBucketAcl", (allow("s3:PutBucketAcl", STORE),), with_lists, access=AccessKind.WRITE),
    "s3-006": Lab(
        "s3:PutBucketOwnershipControls + s3:PutObjectAcl",
        (allow("s3:PutBucketOwnershipControls", STORE), allow("s3:PutObjectAcl", OBJECTS)),
        plain,
    ),
    "s3-007": Lab(
        "s3:CreateAccessPoint + s3:PutAccessPointPolicy",
        (allow("s3:CreateAccessPoint", f"{POINT}-*"), allow("s3:PutAccessPointPolicy", f"{POINT}-*")),
        pointed,
    ),
    "s3-008": Lab(
        "s3:CreateAccessGrant + s3:GetDataAccess",
        (allow("s3:CreateAccessGrant", f"{GRANTS}*"), allow("s3:GetDataAccess", GRANTS)),
        plain,
    ),
    "s3-009": Lab(
        "iam:PassRole + s3:PutReplicationConfiguration",
        (allow("s3:PutReplicationConfiguration", STORE), allow("iam:PassRole", arn("role", "copier"))),
        replicated,
        access=AccessKind.COPY,
    ),
    "s3-010": Lab(
        "s3:PutLifecycleConfiguration",
        (allow("s3:PutLifecycleConfiguration", STORE),),
        plain,
        access=AccessKind.DELETE,
    ),
    "s3-012": Lab("s3:PutAccessPointPolicy", (allow("s3:PutAccessPointPolicy", POINT),), pointed),
    "s3-013": Lab(
        "s3:DeleteAccessPointPolicy",
        (allow("s3:DeleteAccessPointPolicy", POINT), allow("s3:GetObject", f"{POINT}/object/*")),
        lambda: pointed({**SHUT, "Resource": f"{POINT}/object/*"}),
    ),
    "kms-001": Lab("kms:CreateGrant", (READS, allow("kms:CreateGrant", KEY)), wrapped),
    "kms-002": Lab("kms:PutKeyPolicy", (READS, allow("kms:PutKeyPolicy", KEY)), wrapped),
    "kms-003": Lab(
        "kms:ScheduleKeyDeletion",
        (allow("kms:ScheduleKeyDeletion", KEY),),
        wrapped,
        access=AccessKind.DELETE,
    ),
    "kms-004": Lab("kms:DisableKey", (allow("kms:DisableKey", KEY),), wrapped, access=AccessKind.DELETE),
    "kms-005": Lab("kms:EnableKey", (READS, USES, allow("kms:EnableKey", KEY)), lambda: wrapped("Disabled")),
    "kms-006": Lab(
        "kms:CancelKeyDeletion + kms:EnableKey",
        (READS, USES, allow("kms:CancelKeyDeletion", KEY), allow("kms:EnableKey", KEY)),
        lambda: wrapped("PendingDeletion"),
    ),
    "kms-007": Lab(
        "kms:TagResource", (READS, TAGGED, allow("kms:TagResource", KEY)), lambda: wrapped(tags={"team": "x"})
    ),
    "kms-008": Lab(
        "kms:UntagResource",
        (READS, UNTAGGED, allow("kms:UntagResource", KEY)),
        lambda: wrapped(tags={"team": "x"}),
    ),
    "kms-009": Lab(
        "kms:CreateAlias",
        (READS, ALIASED, allow("kms:CreateAlias", KEY), allow("kms:CreateAlias", ALIASES)),
        wrapped,
    ),
}


def ways(lab: Lab, *grants: dict[str, Any], things: tuple[Any, ...] | None = None) -> list[list[str]]:
    here = estate(user("me", *grants), *(lab.things() if things is None else things))
    answers = build(here).who_can(lab.access, lab.at).answers
    return [[hop.how for hop in one.path] for one in answers if one.principal == ME]


@pytest.mark.parametrize("name", LABS)
def test_a_laboratory_is_solved_as_it_is_meant(name: str) -> None:
    lab = LABS[name]
    found = ways(lab, *lab.grants)
    assert len(found) == 1
    assert lab.how in found[0]


@pytest.mark.parametrize(
    ("name", "position"), [(name, n) for name, lab in LABS.items() for n in range(len(lab.grants))]
)
def test_a_laboratory_is_closed_by_each_missing_right(name: str, position: int) -> None:
    lab = LABS[name]
    left = [one for number, one in enumerate(lab.grants) if number != position]
    # Which other aliases a key has, no state is sure to say: the use of the key then hangs on them, and nothing is changed first.
    standing = [["s3:GetObject + kms:Decrypt"]] if name == "kms-009" and position > 1 else []
    assert ways(lab, *left) == standing


OF_DISKS = {
    "ebs-001", "ebs-002", "ebs-003", "ebs-004", "ec2-009", "ec2-010", "ec2-011", "backup-001", "backup-002",
}  # fmt: skip
"""Techniques of disks and backups, which have laboratories of their own beside those of stores."""


def test_every_technique_of_stores_and_keys_has_a_laboratory() -> None:
    held = {entry.id for entry in techniques() if isinstance(entry, OnStore)}
    assert {one for one in held if one.startswith(("s3-", "kms-"))} == set(LABS)


@pytest.mark.parametrize(
    ("at", "things", "grants"),
    [
        (SNAPSHOT, (disk(SNAPSHOT),), [allow("ec2:ModifySnapshotAttribute", SNAPSHOT)]),
        (SNAPSHOT, (disk(SNAPSHOT),), [allow(["ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock"], "*")]),
        (IMAGE, (disk(IMAGE, "image"),), [allow("ec2:ModifyImageAttribute", IMAGE)]),
    ],
    ids=["share a snapshot", "read its blocks", "share an image"],
)
def test_a_disk_is_had_by_hand_written_rights(at: str, things: tuple[Any, ...], grants: list[Any]) -> None:
    def reached(*given: Any) -> bool:
        here = estate(user("me", *given), store(), *things)
        return any(one.principal == ME for one in build(here).who_can(AccessKind.COPY, at).answers)

    assert reached(*grants)
    assert not reached(allow("ec2:DescribeSnapshots"))


# --- identity pools and deployments ---------------------------------------------------------------------------------------------

POOL = f"arn:aws:cognito-identity:us-east-1:{HOME}:identitypool/us-east-1:1"


def trusts_pool(pool: str, kind: str) -> dict[str, Any]:
    tests = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind},
    }
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": tests,
        }
    )


def pool_estate(*grants: Any, trust: Any = None, guests: bool = True, pool: bool = True) -> Estate:
    things: list[Any] = [
        user("me", *grants),
        role("app", READS, trust=trust or trusts_pool("us-east-1:1", "unauthenticated")),
        store(),
    ]
    if pool:
        things.append(workload(POOL, "cognito-identity", "identity_pool", public=guests))
    return estate(*things)


SETS = allow("cognito-identity:SetIdentityPoolRoles")
PASSES = allow("iam:PassRole", arn("role", "app"))


def certainty(here: Estate) -> str | None:
    answers = build(here).who_can(AccessKind.READ, STORE).answers
    return next((one.certainty for one in answers if one.principal == ME), None)


def test_a_role_is_given_to_a_pool_whose_guests_it_trusts() -> None:
    assert certainty(pool_estate(SETS, PASSES)) == "certain"
    assert certainty(pool_estate(SETS)) is None
    assert certainty(pool_estate(PASSES)) is None
    assert certainty(pool_estate(SETS, PASSES, pool=False)) is None
    assert certainty(pool_estate(SETS, PASSES, guests=False)) is None
    other = trusts_pool("us-east-1:2", "unauthenticated")
    assert certainty(pool_estate(SETS, PASSES, trust=other)) is None
    ec2 = trusting({"Service": "ec2.amazonaws.com"})
    assert certainty(pool_estate(SETS, PASSES, trust=ec2)) is None


def test_a_role_for_those_who_sign_in_hangs_on_signing_in() -> None:
    for guests in (True, False):
        signed = trusts_pool("us-east-1:1", "authenticated")
        assert certainty(pool_estate(SETS, PASSES, trust=signed, guests=guests)) == "conditional"


DEPLOYS = allow(
    [
        "codedeploy:CreateDeployment",
        "codedeploy:RegisterApplicationRevision",
        "codedeploy:GetApplicationRevision",
        "codedeploy:GetDeploymentConfig",
    ]
)


def fleet(*grants: Any, group: bool = True) -> Estate:
    machine = workload(
        f"arn:aws:ec2:us-east-1:{HOME}:instance/i-0",
        "ec2",
        "instance",
        arn("role", "app"),
        **{"State.Name": "running"},
    )
    things = [
        machine,
        workload(
            f"arn:aws:codedeploy:us-east-1:{HOME}:deploymentgroup:a/g", "codedeploy", "deployment_group"
        ),
    ]
    app = role("app", READS, trust=trusting({"Service": "ec2.amazonaws.com"}))
    return estate(user("me", *grants), app, store(), *things[: 2 if group else 1])


def test_who_deploys_runs_scripts_on_the_instances_of_a_group() -> None:
    assert certainty(fleet(DEPLOYS)) == "conditional"
    assert certainty(fleet(DEPLOYS, group=False)) is None
    assert certainty(fleet(allow("codedeploy:CreateDeployment"))) is None
    assert certainty(fleet(allow("codedeploy:Get*"))) is None
